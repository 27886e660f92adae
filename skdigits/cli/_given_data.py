"""What to train and test on: one record for each kind of data that ``--data`` names.

What loads is imported when it is used, so that ``--help`` does not wait for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

# Fixed, so that `evaluate` tests on what `train` held out, whatever its seed.
_SPLIT_SEED = 0
_TEST_SHARE = 0.2


@dataclass(frozen=True)
class Digits:
    """Images (n, height, width) with labels (n,) to test on, and to learn from.

    ``train`` is None where nothing is to be learned, ``test`` where there are too few;
    ``normalized`` says whether `HandwritingNormalizer` brought the images into MNIST
    format.
    """

    description: str
    train: tuple | None
    test: tuple | None
    normalized: bool = False


@dataclass(frozen=True)
class Source:
    """One kind of data.

    ``load`` gives `Digits` of two parts, ``load_test`` those that a saved model is
    tested on: what ``load`` holds out, or all of the user's images. ``words`` and
    ``test_words`` stand in the help for the one and the other.
    """

    name: str
    image_shape: tuple[int, int] | None
    load: Callable[[], Digits]
    load_test: Callable[[], Digits] | None
    words: str
    test_words: str


def find_source(
    name, image_shape=None, normalize=None, label_column=None, may_be_few=False
):
    """Return the `Source` that ``--data`` names.

    ``image_shape`` is that of the images a saved model takes: "auto" is then what
    fits it, and the user's images are brought to it. ``normalize``, where None is
    "auto", and ``label_column`` are for those, as `load_digit_images` takes them.
    ``may_be_few`` takes so few of those, too, that none are held out.
    """
    named = {source.name: source for source in (AUTO, MNIST, DIGITS, *SIBLINGS)}
    if name not in named:
        return _source_at(name, image_shape, normalize, label_column, may_be_few)
    if label_column is not None:
        raise ValueError(
            f"Got --label-column with --data {name}, but expected a table of yours. "
            "Leave the option out."
        )
    if normalize is True and not image_shape:
        raise ValueError(
            f"Got --normalize with --data {name}, but expected images of yours. "
            "Leave the option out."
        )
    if name == AUTO.name and image_shape is not None:
        return fitting_source(image_shape)
    return named[name]


def fitting_source(image_shape):
    for source in (MNIST, DIGITS):
        if source.image_shape == image_shape:
            return source
    height, width = image_shape
    raise ValueError(
        f"Got a model for images of {height} x {width} pixels, but expected one for "
        f"{MNIST.words} or {DIGITS.words}. Pass --data PATH."
    )


def _mnist_if_possible():
    try:
        return _mnist(n_retries=0)
    except OSError:
        return _bundled_digits(
            ", because MNIST is not on this machine and cannot be downloaded"
        )


def _mnist(**options):
    return Digits(
        "MNIST, 60,000 images of 28 x 28 pixels to learn from and 10,000 to test",
        mnist_part("train", **options),
        mnist_part("test", **options),
    )


def _mnist_to_test():
    description = "MNIST's test part, 10,000 images of 28 x 28 pixels"
    return Digits(description, None, mnist_part("test"))


def mnist_part(subset, **options):
    from skdigits.datasets import fetch_mnist

    part = fetch_mnist(subset=subset, **options)
    return part.images, part.target


def _sibling(name, fetcher, title, side=28):
    """Return the `Source` of a published data set with a test part."""
    words = f"{title}, images of {side} x {side} pixels"

    def part(subset):
        from skdigits import datasets

        fetched = getattr(datasets, fetcher)(subset=subset)
        return fetched.images, fetched.target

    return Source(
        name,
        image_shape=(side, side),
        load=lambda: Digits(words, part("train"), part("test")),
        load_test=lambda: Digits(f"the test part of {words}", None, part("test")),
        words=title,
        test_words=f"the test part of {title}",
    )


def _bundled_digits(reason=""):
    from sklearn.datasets import load_digits

    digits = load_digits()
    return Digits(
        f"scikit-learn's 1,797 digits of 8 x 8 pixels, a fifth of them to test{reason}",
        *split(digits.images, digits.target),
    )


def _bundled_digits_to_test():
    _, target = test = _bundled_digits().test
    description = (
        f"{len(target)} of scikit-learn's 1,797 digits of 8 x 8 pixels, those that "
        "train holds out"
    )
    return Digits(description, None, test)


def _source_at(
    path, image_shape=None, normalize=None, label_column=None, may_be_few=False
):
    """Return the `Source` of the user's images."""
    read = partial(_images_at, path, image_shape, normalize, label_column)
    return Source(
        path,
        image_shape,
        load=partial(_images, read, may_be_few),
        load_test=partial(_images_to_test, read),
        words="a folder or file of yours",
        test_words="all of a folder or file of yours",
    )


def _images(read, may_be_few):
    description, images, normalized = read()
    if may_be_few and _are_few(images[1]):
        description += ", all to learn from, as they are too few to hold some out"
        return Digits(description, images, None, normalized)
    description = f"{description}, a fifth of them to test"
    return Digits(description, *split(*images), normalized)


def _images_to_test(read):
    description, images, normalized = read()
    return Digits(f"{description}, all of them to test", None, images, normalized)


def _images_at(path, image_shape, normalize, label_column):
    from skdigits.datasets import load_digit_images

    digits = load_digit_images(
        path,
        image_shape=image_shape,
        normalize="auto" if normalize is None else normalize,
        label_column=_name_or_number(label_column),
    )
    n, height, width = digits.images.shape
    description = f"{n:,} images of {height} x {width} pixels in {path}"
    if digits.label_column is not None:
        description += f", labels in column {digits.label_column!r}"
    return description, (digits.images, digits.target), digits.normalized


def _name_or_number(column):
    return int(column) if column is not None and column.isdigit() else column


def split(images, target):
    """Return the part to learn from and the part to test on."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    if _are_few(target):
        labels, counts = np.unique(target, return_counts=True)
        raise ValueError(
            f"Got {len(target)} images of {len(labels)} classes, "
            f"{counts.min()} of {labels[counts.argmin()]}, but expected at least five "
            "of each class, to hold one out for the test. Add images."
        )
    train_images, test_images, train_target, test_target = train_test_split(
        images,
        target,
        test_size=_TEST_SHARE,
        stratify=target,
        random_state=_SPLIT_SEED,
    )
    return (train_images, train_target), (test_images, test_target)


def _are_few(target):
    import numpy as np

    labels, counts = np.unique(target, return_counts=True)
    return counts.min() < 2 or len(target) * _TEST_SHARE < len(labels)


AUTO = Source(
    "auto",
    image_shape=None,
    load=_mnist_if_possible,
    load_test=None,  # where there is a model, `find_source` takes what fits it
    words="auto takes MNIST if it can be had, else the 8 x 8 digits",
    test_words="auto takes what fits the model",
)
MNIST = Source(
    "mnist",
    image_shape=(28, 28),
    load=_mnist,
    load_test=_mnist_to_test,
    words="MNIST",
    test_words="MNIST's test part",
)
DIGITS = Source(
    "digits",
    image_shape=(8, 8),
    load=_bundled_digits,
    load_test=_bundled_digits_to_test,
    words="scikit-learn's 8 x 8 digits",
    test_words="the part of scikit-learn's 8 x 8 digits that train holds out",
)
SIBLINGS = (
    _sibling("fashion", "fetch_fashion_mnist", "Fashion-MNIST"),
    _sibling("kmnist", "fetch_kmnist", "KMNIST"),
    _sibling("emnist", "fetch_emnist", "the digits of EMNIST"),
    _sibling("usps", "fetch_usps", "USPS", side=16),
)
_YOURS = _source_at("PATH")
_TOLD = (MNIST, DIGITS, *SIBLINGS, _YOURS, AUTO)

METAVAR = "|".join(source.name for source in (AUTO, MNIST, DIGITS, *SIBLINGS, _YOURS))
HELP = f"What to learn from: {'; '.join(source.words for source in _TOLD)}."
TEST_HELP = f"What to test on: {'; '.join(source.test_words for source in _TOLD)}."
