"""What to train and test on."""

from dataclasses import dataclass

import numpy as np

# Fixed, so that `evaluate` tests on what `train` held out, whatever its seed.
_SPLIT_SEED = 0
_TEST_SHARE = 0.2


@dataclass(frozen=True)
class Digits:
    """Pictures (n, height, width) with labels (n,) to test on, and to learn from.

    ``train`` is None where nothing is to be learned.
    """

    description: str
    train: tuple[np.ndarray, np.ndarray] | None
    test: tuple[np.ndarray, np.ndarray]


def load_training_data(name):
    """Load MNIST, scikit-learn's digits, or the user's pictures, in two parts.

    "auto" is MNIST if it is on this machine or can be downloaded, else scikit-learn's
    digits; the description says which and why.
    """
    if name == "auto":
        return _mnist_if_possible()
    if name == "mnist":
        return _mnist(("train", "test"))
    if name == "digits":
        return _bundled_digits()
    images, target, description = _pictures_at(name)
    return _split(images, target, f"{description}, a fifth of them to test")


def load_test_data(name, image_shape):
    """Load what `load_training_data` holds out, or all of the user's pictures."""
    if name == "mnist":
        return _mnist(("test",))
    if name == "digits":
        return _bundled_digits()
    images, target, description = _pictures_at(name, image_shape)
    return Digits(f"{description}, all of them to test", None, (images, target))


def _mnist_if_possible():
    try:
        return _mnist(("train", "test"), n_retries=0)
    except OSError:
        return _bundled_digits(
            ", because MNIST is not on this machine and cannot be downloaded"
        )


def _mnist(subsets, **options):
    from skdigits.datasets import fetch_mnist

    parts = {subset: fetch_mnist(subset=subset, **options) for subset in subsets}
    pairs = {subset: (part.images, part.target) for subset, part in parts.items()}
    return Digits(
        "MNIST, 60,000 pictures of 28 x 28 pixels to learn from and 10,000 to test",
        pairs.get("train"),
        pairs["test"],
    )


def _bundled_digits(reason=""):
    from sklearn.datasets import load_digits

    digits = load_digits()
    return _split(
        digits.images,
        digits.target,
        f"scikit-learn's 1,797 digits of 8 x 8 pixels, a fifth of them to test{reason}",
    )


def _pictures_at(path, image_shape=None):
    from skdigits.datasets import load_digit_images

    digits = load_digit_images(path, image_shape=image_shape)
    n, height, width = digits.images.shape
    description = f"{n:,} pictures of {height} x {width} pixels in {path}"
    return digits.images, digits.target, description


def _split(images, target, description):
    from sklearn.model_selection import train_test_split

    labels, counts = np.unique(target, return_counts=True)
    if counts.min() < 2 or len(target) * _TEST_SHARE < len(labels):
        raise ValueError(
            f"Got {len(target)} pictures of {len(labels)} classes, "
            f"{counts.min()} of {labels[counts.argmin()]}, but expected at least five "
            "of each class, to hold one out for the test. Add pictures."
        )
    train_images, test_images, train_target, test_target = train_test_split(
        images,
        target,
        test_size=_TEST_SHARE,
        stratify=target,
        random_state=_SPLIT_SEED,
    )
    return Digits(description, (train_images, train_target), (test_images, test_target))
