"""What to train and test on: one record for each kind of data that ``--data`` names.

What loads is imported when it is used, so ``--help`` does not wait for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

# Fixed, so `evaluate` tests on what `train` held out, whatever its seed.
_SPLIT_SEED = 0
_TEST_SHARE = 0.2


@dataclass(frozen=True)
class Digits:
    """Images (n, height, width) with labels (n,) to test on, and to train on.

    ``train`` is None if nothing is to be trained, ``test`` if there are too few images;
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

    ``load`` returns `Digits` of two parts; with ``test_only``, those that a saved model
    is tested on: what it otherwise holds out, or all of the user's images. ``words``
    and ``test_words`` describe the one and the other in the help.
    """

    load: Callable[..., Digits]
    words: str
    test_words: str
    image_shape: tuple[int, int] | None = None


def find_source(
    name, image_shape=None, normalize=None, label_column=None, may_be_few=False
):
    """Return the `Source` that ``--data`` names.

    ``image_shape`` is that of the images a saved model accepts: "auto" is then what
    fits it, and the user's images are brought to it. ``normalize`` (None is "auto") and
    ``label_column`` are for the user's images, as in `load_digit_images`. With
    ``may_be_few``, these may be too few to hold any out.
    """
    if name not in _NAMED:
        load = partial(
            _images_at, name, image_shape, normalize, label_column, may_be_few
        )
        return replace(_YOURS, load=load)
    if label_column is not None:
        raise ValueError(
            f"Got --label-column with --data {name}, but expected a table of your "
            "own. Leave the option out."
        )
    if normalize is True and not image_shape:
        raise ValueError(
            f"Got --normalize with --data {name}, but expected images of your own. "
            "Leave the option out."
        )
    if name != "auto" or image_shape is None:
        return _NAMED[name]
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
        reason = ", because MNIST is not on this machine and cannot be downloaded"
        return _bundled_digits(reason=reason)


def _mnist(test_only=False, **options):
    train = None if test_only else mnist_part("train", **options)
    words = "MNIST, 60,000 images of 28 x 28 pixels to train on, 10,000 to test on"
    if test_only:
        words = "MNIST's test set, 10,000 images of 28 x 28 pixels"
    return Digits(words, train, mnist_part("test", **options))


def _part(fetcher, subset, **options):
    from skdigits import datasets

    part = getattr(datasets, fetcher)(subset=subset, **options)
    return part.images, part.target


mnist_part = partial(_part, "fetch_mnist")


def _sibling(fetcher, title, side=28):
    """Return the `Source` of a published data set with a test part."""
    words = f"{title}, images of {side} x {side} pixels"

    def load(test_only=False):
        if test_only:
            return Digits(f"the test set of {words}", None, _part(fetcher, "test"))
        return Digits(words, _part(fetcher, "train"), _part(fetcher, "test"))

    return Source(load, title, f"the test set of {title}", (side, side))


def _bundled_digits(test_only=False, reason=""):
    from sklearn.datasets import load_digits

    digits, words = load_digits(), "scikit-learn's 1,797 digits of 8 x 8 pixels"
    train, test = split(digits.images, digits.target)
    if test_only:
        n = len(test[1])
        return Digits(f"the {n} of {words} that train holds out", None, test)
    words += f"{reason}; a fifth of them are held out for testing"
    return Digits(words, train, test)


def _images_at(path, image_shape, normalize, label_column, may_be_few, test_only=False):
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
    images = digits.images, digits.target
    if test_only:
        description += ", all of them for testing"
        return Digits(description, None, images, digits.normalized)
    if may_be_few and _are_few(digits.target):
        description += ", all for training, as they are too few to hold some out"
        return Digits(description, images, None, digits.normalized)
    description += ", a fifth of them held out for testing"
    return Digits(description, *split(*images), digits.normalized)


def _name_or_number(column):
    return int(column) if column is not None and column.isdigit() else column


def split(images, target):
    """Return the part to train on and the part to test on."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    if _are_few(target):
        labels, counts = np.unique(target, return_counts=True)
        raise ValueError(
            f"Got {len(target)} images of {len(labels)} classes, only {counts.min()} "
            f"of them of class {labels[counts.argmin()]}, but expected at least five "
            "of each class, to hold one out for testing. Add images."
        )
    options = {"test_size": _TEST_SHARE, "random_state": _SPLIT_SEED}
    parts = train_test_split(images, target, stratify=target, **options)
    return tuple(parts[::2]), tuple(parts[1::2])


def _are_few(target):
    import numpy as np

    labels, counts = np.unique(target, return_counts=True)
    return counts.min() < 2 or len(target) * _TEST_SHARE < len(labels)


# to test a model, `find_source` uses what fits it
AUTO = Source(
    _mnist_if_possible,
    words="auto uses MNIST if it is available, else the 8 x 8 digits",
    test_words="auto uses what fits the model",
)
MNIST = Source(_mnist, "MNIST", "MNIST's test set", (28, 28))
DIGITS = Source(
    _bundled_digits,
    words="scikit-learn's 8 x 8 digits",
    test_words="the part of scikit-learn's digits that train holds out",
    image_shape=(8, 8),
)
SIBLINGS = {
    "fashion": _sibling("fetch_fashion_mnist", "Fashion-MNIST"),
    "kmnist": _sibling("fetch_kmnist", "KMNIST"),
    "emnist": _sibling("fetch_emnist", "the digits of EMNIST"),
    "usps": _sibling("fetch_usps", "USPS", side=16),
}
_YOURS = Source(
    _images_at,
    words="a folder or file of your own",
    test_words="all of a folder or file of your own",
)
_NAMED = {"auto": AUTO, "mnist": MNIST, "digits": DIGITS, **SIBLINGS}
_TOLD = (MNIST, DIGITS, *SIBLINGS.values(), _YOURS, AUTO)

METAVAR = "|".join([*_NAMED, "PATH"])
HELP = f"What to train on: {'; '.join(source.words for source in _TOLD)}."
TEST_HELP = f"What to test on: {'; '.join(source.test_words for source in _TOLD)}."
