"""``python -m skdigits.reading.pretraining.fit_confidence``: fit confidence weights.

It draws pages that neither network has seen, and prints the weights for
`skdigits/reading/_confidence.py`, together with the calibration error on other pages.
"""

import argparse

import numpy as np
from scipy.optimize import minimize

from skdigits.datasets import fetch_mnist, make_digit_pages
from skdigits.handwriting import N_DIGITS, distinct_signs_of, shared_areas
from skdigits.reading._confidence import combined, evidence
from skdigits.reading._pretrained import shared_network
from skdigits.reading._read import candidates_of
from skdigits.reading.pretraining.train_pages import fonts_in

# Seeds of the pages that the weights are fitted on, and of those that they are tried
# on; a training of the page network draws its pages from others.
FITTED, TRIED = 900_001, 900_002

SHAPE = 320, 384

# A sign is one of the page where their boxes share so much; digits less visible than
# this, or smaller, count neither as digits nor as none.
SAME, WHOLE, SMALLEST = 0.35, 0.85, 11

# What keeps weights small that hardly matter.
RIDGE = 1e-4


def evidence_of_pages(pages):
    """Return what speaks for each digit and for none, and what is right.

    Parameters
    ----------
    pages : Bunch
        As `make_digit_pages` returns them.

    Returns
    -------
    of_digits : ndarray of shape (n, 10, 3)
    of_none : ndarray of shape (n, 6)
    classes : ndarray of shape (n,)
        0 for a non-digit, else 1 + the digit.
    """
    of_each = zip(pages.images, pages.boxes, pages.labels, pages.visible, strict=True)
    found = [part for page in of_each if (part := _evidence(*page)) is not None]
    return tuple(map(np.concatenate, zip(*found, strict=True)))


def _evidence(image, boxes, labels, visible):
    signs = distinct_signs_of(image.astype(np.float32) / 255)
    chosen, _, _, classified = candidates_of(signs, shared_network())
    if not len(chosen):
        return None
    found = evidence(signs, chosen, classified)
    whole = (visible > WHOLE) & (boxes[:, 3] >= SMALLEST)
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    classes = _classes(signs.boxes[chosen], corners.astype(float), labels, whole)
    return found[0][classes >= 0], found[1][classes >= 0], classes[classes >= 0]


def _classes(found, boxes, labels, whole):
    """Return the class of each sign, -1 where nobody could tell."""
    classes, free = np.zeros(len(found), int), np.ones(len(boxes), bool)
    for i, box in enumerate(found) if len(boxes) else ():
        union = np.where(free, shared_areas(box, boxes)[0], 0)
        best = int(union.argmax())
        if union[best] >= SAME:
            free[best] = False
            is_digit = labels[best] < N_DIGITS
            classes[i] = (1 + labels[best] if whole[best] else -1) if is_digit else 0
    return classes


def fitted(of_digits, of_none, classes):
    """Return the weights of digits and of none that make the classes most probable."""
    n_digit, n_none = of_digits.shape[2], of_none.shape[1]

    def cost(weights):
        found = combined(of_digits, of_none, weights[:n_digit], weights[n_digit:])
        own = found[np.arange(len(classes)), classes]
        return -np.log(own + 1e-9).mean() + RIDGE * (weights**2).sum()

    weights = minimize(cost, np.full(n_digit + n_none, 0.5), method="L-BFGS-B").x
    return weights[:n_digit], weights[n_digit:]


def calibration_error(probabilities, classes):
    """Return the expected calibration error of the digits, in ten bins."""
    confidence, digits = probabilities[:, 1:].max(axis=1), probabilities.argmax(axis=1)
    read = digits > 0
    bins = np.minimum((10 * confidence[read]).astype(int), 9)
    off = confidence[read] - (digits == classes)[read]
    return sum(abs(off[bins == number].sum()) for number in range(10)) / len(bins)


def main(arguments=None):
    """Draw pages, fit the weights, and print them."""
    options = _parser().parse_args(arguments)
    try:
        _fit_and_print(options)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None


def _fit_and_print(options):
    train = fetch_mnist(subset="train", data_home=options.data_home)
    digits, fonts = (train.data, train.target), fonts_in(options.fonts)

    def pages(seed):
        return make_digit_pages(
            options.pages,
            shape=SHAPE,
            digits=digits,
            fonts=fonts,
            random_state=seed,
            n_jobs=options.n_jobs,
        )

    weights = fitted(*evidence_of_pages(pages(FITTED)))
    for name, its in zip(("DIGIT_WEIGHTS", "NONE_WEIGHTS"), weights, strict=True):
        print(f"{name} = {tuple(round(float(weight), 3) for weight in its)}")
    of_digits, of_none, classes = evidence_of_pages(pages(TRIED))
    probabilities = combined(of_digits, of_none, *weights)
    right = (probabilities.argmax(axis=1) == classes)[classes > 0].mean()
    error = calibration_error(probabilities, classes)
    print(
        f"Of the digits found on other pages, {right:.1%} are right; calibration error"
    )
    print(f"of what is read as a digit: {error:.4f}")


def _parser():
    name = "python -m skdigits.reading.pretraining.fit_confidence"
    parser = argparse.ArgumentParser(prog=name)
    parser.description = "Fit how sure the reader is of a digit."
    parser.add_argument("--fonts", help="a folder with files of fonts")
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--n-jobs", type=int, default=1, help="processes that draw")
    parser.add_argument("--data-home", help="the folder that has MNIST")
    return parser


if __name__ == "__main__":
    main()
