"""read_digits: from pictures to what is written on them."""

import os
from functools import partial
from typing import Any, NamedTuple, overload

import numpy as np

from skdigits._validation import check_n_jobs, check_number
from skdigits.handwriting import (
    N_DIGITS,
    SIDE,
    distinct_signs_of,
    layout_of,
    mnist_format,
    own_ink,
    pixels_of,
)
from skdigits.images import grey_pages
from skdigits.reading._confidence import probabilities_of
from skdigits.reading._number_signs import number_signs_of, with_signs
from skdigits.reading._pretrained import NO_DIGIT, shared_network
from skdigits.reading._reading import ReadDigit, Reading, ReadSign

# Below this probability a digit is "not sure".
MIN_CONFIDENCE = 0.6

# Signs with so much heat of a digit are classified, and those with this probability of
# a non-digit are left out.
MAYBE_A_DIGIT, NOT_A_DIGIT = 0.1, 0.5

# A page of so many signs, of this heat at least, is also looked at turned where the sum
# of confidences is less than a share of their number, at the one scale at which digits
# are about so high. It is read so if the sum is another share of the signs that are
# then seen, and more by one digit, and by a share of the signs.
A_SHEET, A_SIGN, POORLY, HEIGHT, WELL, MUCH_BETTER = 2, 0.3, 0.9, 28, 0.85, 0.15


@overload
def read_digits(
    image_or_images: list[Any] | tuple[Any, ...],
    *,
    model: Any = None,
    min_confidence: float | None = None,
    n_jobs: int | None = None,
) -> list[Reading]: ...


@overload
def read_digits(
    image_or_images: Any,
    *,
    model: Any = None,
    min_confidence: float | None = None,
    n_jobs: int | None = None,
) -> Reading: ...


def read_digits(
    image_or_images: Any,
    *,
    model: Any = None,
    min_confidence: float | None = None,
    n_jobs: int | None = None,
) -> Reading | list[Reading]:
    """Read the handwritten digits of a picture, or of each of several pictures.

    A page network finds the signs of the image and their ink at several scales, as
    :func:`skdigits.handwriting.find_digits` does; the ink of each is brought into MNIST
    format and classified, and what both say is combined to a calibrated probability. A
    sheet that lies on its side or upside down is read turned. The decimal point and
    comma, minus, slash and colon are read where they stand at digits.

    Parameters
    ----------
    image_or_images : image, or list or tuple of images
        An image is an array of shape (height, width) or (height, width, channels), an
        image of Pillow, the path of a file, an open binary file or its bytes, or a dict
        with one of these as "composite", as gradio's sketchpad hands over. Files may be
        PDF (with the extra ``pdf``), TIFF of several pages, or HEIC (with ``heic``).

    model : estimator or path, default=None
        A fitted classifier for rows of 784 pixels in MNIST format with the classes 0 to
        9, and -1 for a non-digit if it knows that; or the file of one. By default that
        of :func:`~skdigits.load_pretrained`. A step that normalizes pictures is passed
        by, as each digit is in MNIST format already.

    min_confidence : float in [0, 1], default=None
        The probability below which an answer is "not sure"; None is 0.6.

    n_jobs : int, default=None
        Number of processes that share the pictures, as joblib counts them. None is 1
        unless in a :func:`joblib.parallel_config` context.

    Returns
    -------
    Reading or list of Reading
        With ``text``, ``digits``, ``signs`` and ``plot()``. For a list of images a
        list; for a file of several pages a list with a reading of each page.

    Raises
    ------
    ValueError
        If something is no picture or cannot be decoded, or if the model is for others
        than digits in MNIST format.

    See Also
    --------
    skdigits.load_pretrained : For pictures of single digits.
    skdigits.handwriting.find_digits : Only finds them.

    Examples
    --------
    Two ones above a third one:

    >>> import numpy as np
    >>> import skdigits
    >>> paper = np.full((120, 80), 230, dtype=np.uint8)
    >>> for top, left in (10, 20), (10, 35), (70, 20):
    ...     paper[top:top + 30, left:left + 4] = 40
    >>> reading = skdigits.read_digits(paper)
    >>> print(reading.text)
    11
    1
    """
    read = reader_of_pages(model, min_confidence)
    return read_each(image_or_images, read, n_jobs)


def reader_of_pages(model, min_confidence):
    """Return a function of a page's grey levels that returns its `Reading`.

    Of its second argument, a box of the page, only that is read; ``model`` and
    ``min_confidence`` are as for `read_digits`.
    """
    low = MIN_CONFIDENCE if min_confidence is None else min_confidence
    low = check_number("min_confidence", low, low=0, high=1)
    return partial(_reading_of, classifier=classifier_of(model), min_confidence=low)


def read_each(image_or_images, read, n_jobs):
    """Return what ``read`` returns of each page of one image, or of several ones."""
    check_n_jobs(n_jobs)
    if not isinstance(image_or_images, list | tuple):
        return _read_pages(image_or_images, read)
    from joblib import Parallel, delayed

    return Parallel(n_jobs)(
        delayed(_read_pages)(image, read) for image in image_or_images
    )


def classifier_of(model: Any) -> Any:
    """Return a classifier of rows in MNIST format.

    Parameters
    ----------
    model : estimator, path or None
        As for `read_digits`.

    Returns
    -------
    estimator
        With ``predict_proba`` and ``classes_``.

    Raises
    ------
    ValueError
        If the model is for others than digits in MNIST format.

    Examples
    --------
    >>> from skdigits.reading import classifier_of
    >>> classifier_of(None).classes_.tolist()
    [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    if model is None:
        model = shared_network()
    elif isinstance(model, str | os.PathLike):
        from skdigits.persistence import load_network

        model = load_network(model)
    elif hasattr(model, "steps"):
        model = _without_normalizer(model)
    if not (hasattr(model, "predict_proba") and hasattr(model, "classes_")):
        raise ValueError(
            f"Got model={model!r}, but expected a fitted classifier with predict_proba "
            "and classes_, or the file of one. Fit it first."
        )
    if not set(map(str, model.classes_)) <= set(map(str, range(NO_DIGIT, 10))):
        raise ValueError(
            f"Got a model with the classes {list(map(str, model.classes_))}, but "
            "expected digits, and -1 for what is none. Pass a model of digits."
        )
    _check_shape(model)
    return model


def _check_shape(model):
    height, width = getattr(model, "image_shape_", (SIDE, SIDE))
    if (height, width) != (SIDE, SIDE):
        raise ValueError(
            f"Got a model for pictures of {height} x {width} pixels, but expected one "
            f"for {SIDE} x {SIDE}, MNIST format. Train one with --data mnist or "
            "--normalize."
        )


def _without_normalizer(pipeline):
    from skdigits.handwriting import HandwritingNormalizer

    normalizes = isinstance(pipeline[0], HandwritingNormalizer)
    return pipeline[1:] if normalizes else pipeline


class _Page(NamedTuple):
    """The digits of an image, as it lies or turned.

    ``boxes`` (n, 4) are left, top, right and bottom; ``forms`` (n, 28, 28) what was
    classified; ``probabilities`` (n, 11) of a non-digit and of each digit; ``n_signs``
    is the number of all signs, digits or not, and ``height`` their median height.
    """

    boxes: np.ndarray
    forms: np.ndarray
    probabilities: np.ndarray
    number_signs: list
    n_signs: int
    height: float

    @property
    def confidence(self):
        """Of the most probable digits."""
        return self.probabilities[:, 1:].max(axis=1)


def _read_pages(image, read):
    """Return the reading of an image, or a list of those of its pages."""
    many, pages = grey_pages(image)
    return [read(grey) for grey in pages] if many else read(next(pages))


def _reading_of(grey, box=None, *, classifier, min_confidence):
    """Return the reading of a page, or of a box on it, which is read as it lies."""
    left, top, width, height = box or (0, 0, *grey.shape[::-1])
    seen = grey[top : top + height, left : left + width]
    page, turns = _page(seen, classifier), 0
    n_signs = page.n_signs
    poorly = n_signs >= A_SHEET and page.confidence.sum() < POORLY * n_signs
    if box is None and poorly:
        turns = _best_turns(grey, page.height, classifier)
        if turns:
            page = _page(_turned(grey, turns), classifier)
    place = partial(_place, shape=seen.shape, turns=turns, corner=(left, top))
    order, signs = with_signs(layout_of(page.boxes), page.boxes, page.number_signs)
    read = (
        _as_read(page, i, min_confidence, (*place(page.boxes[i]), *where))
        for i, *where in order
    )
    return Reading(
        grey,
        read,
        rotation=90 * turns,
        forms=page.forms[[i for i, *_ in order]],
        signs=(
            ReadSign(sign.sign, sign.confidence, *place(sign.box), *where)
            for sign, *where in signs
        ),
    )


def _page(grey, classifier, scales=None):
    signs = distinct_signs_of(grey, scales)
    are_signs = signs.heat.max(axis=1) > A_SIGN
    heights = (signs.boxes[:, 3] - signs.boxes[:, 1])[are_signs]
    n_signs, height = len(heights), float(np.median(heights)) if len(heights) else 0.0
    maybe, boxes, forms, classified = candidates_of(signs, classifier)
    if not len(maybe):
        return _Page(boxes, forms, classified, [], n_signs, height)
    probabilities = probabilities_of(signs, maybe, boxes, classified)
    kept = (probabilities[:, 0] < NOT_A_DIGIT) & (boxes[:, 3] > boxes[:, 1])
    found = boxes[kept], forms[kept], probabilities[kept]
    return _Page(*found, number_signs_of(signs), n_signs, height)


def candidates_of(signs, classifier):
    """Return the signs that may be digits, and what the classifier says of them.

    Returns
    -------
    numbers : ndarray of shape (n,)
        Theirs in ``signs``.

    boxes : ndarray of shape (n, 4)
        Of their ink.

    forms : ndarray of shape (n, 28, 28)
        Their ink in MNIST format.

    classified : ndarray of shape (n, 11)
        The probabilities of a non-digit and of the digits, 0 for those not known.
    """
    numbers = np.flatnonzero(signs.heat[:, :N_DIGITS].max(axis=1) > MAYBE_A_DIGIT)
    inked = [own_ink(signs, i) for i in numbers]
    boxes = np.reshape([box for _, box in inked], (-1, 4))
    forms = np.reshape([mnist_format(ink) for ink, _ in inked], (-1, SIDE, SIDE))
    classified = np.zeros((len(numbers), 1 + N_DIGITS))
    if len(numbers):
        found = classifier.predict_proba(forms.reshape(len(forms), -1))
        for column, label in enumerate(classifier.classes_):
            classified[:, int(label) + 1] = found[:, column]
    return numbers, boxes, forms, classified


def _best_turns(grey, height, classifier):
    """Return by how many quarters a sheet is to be turned to be read."""
    scales = [min(1.0, HEIGHT / height)]
    pages = [_page(_turned(grey, k), classifier, scales) for k in range(4)]
    sums = [page.confidence.sum() for page in pages]
    best = int(np.argmax(sums))
    is_well = sums[best] > WELL * pages[best].n_signs
    more = max(1, MUCH_BETTER * pages[0].n_signs)
    return best if is_well and sums[best] > sums[0] + more else 0


def _turned(grey, turns):
    return np.ascontiguousarray(np.rot90(grey, turns))


def _place(box, shape, turns, corner):
    """Return left, top, width and height of a box of a turned image, before turning.

    They are those on a page where the image has its corner at some place.
    """
    height, width = shape
    left, top, right, bottom = box
    if turns == 1:
        box = width - bottom, left, width - top, right
    elif turns == 2:
        box = width - right, height - bottom, width - left, height - top
    elif turns == 3:
        box = top, height - right, bottom, height - left
    left, top, *sides = pixels_of(box, shape)
    return corner[0] + left, corner[1] + top, *sides


def _as_read(page, i, min_confidence, box):
    confidence = float(page.confidence[i])
    digit = int(page.probabilities[i, 1:].argmax())
    return ReadDigit(digit if confidence >= min_confidence else None, confidence, *box)
