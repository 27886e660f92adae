"""Pictures of digits: MNIST, and the user's own."""

from skdigits.datasets._images import load_digit_images
from skdigits.datasets._mnist import fetch_mnist

__all__ = ["fetch_mnist", "load_digit_images"]
