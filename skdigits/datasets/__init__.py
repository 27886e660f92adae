"""Images of digits: MNIST and similar data sets, your own images, synthetic pages.

The names in `__all__` are public. The other names are for use by other sub-packages
only, and may change without notice.
"""

from skdigits.datasets._checksum import sha256_of as sha256_of
from skdigits.datasets._emnist import fetch_emnist
from skdigits.datasets._fashion_mnist import fetch_fashion_mnist
from skdigits.datasets._images import load_digit_images
from skdigits.datasets._kmnist import fetch_kmnist
from skdigits.datasets._mnist import fetch_mnist
from skdigits.datasets._mnist_format import MNIST_SHAPE as MNIST_SHAPE
from skdigits.datasets._usps import fetch_usps
from skdigits.datasets.pages import make_digit_pages

__all__ = [
    "fetch_emnist",
    "fetch_fashion_mnist",
    "fetch_kmnist",
    "fetch_mnist",
    "fetch_usps",
    "load_digit_images",
    "make_digit_pages",
]
