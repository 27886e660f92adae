"""read_digits: read what is written in images."""

from functools import partial
from numbers import Integral
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from skdigits._validation import check_n_jobs, check_number, one_line
from skdigits.handwriting import (
    N_DIGITS,
    SIDE,
    Signs,
    distinct_signs_of,
    layout_of,
    mnist_format,
    own_ink,
    pixels_of,
)
from skdigits.images import grey_pages
from skdigits.reading._classifier_of import classifier_of
from skdigits.reading._confidence import probabilities_of
from skdigits.reading._number_signs import number_signs_of, with_signs
from skdigits.reading._orientation import likely_turns, turned
from skdigits.reading._reading import ReadDigit, Reading, ReadSign

# The degrees anticlockwise by which an image may be turned.
ROTATIONS = (0, 90, 180, 270)

# Below this probability a digit is "not sure".
MIN_CONFIDENCE = 0.6

# Signs with so much heat of a digit are classified, and those with this probability of
# a non-digit are left out.
MAYBE_A_DIGIT, NOT_A_DIGIT = 0.1, 0.5

# A page of so many signs, of this heat at least, may have another orientation if the
# sum of confidences is less than a share of their number, as it is for most short
# numbers that are upside down.
A_SHEET, A_SIGN, POORLY = 2, 0.3, 0.97

# It is read as it lies best if the sum of confidences is then more than a share of the
# number of signs, and than that share as it lies, and if the certainty is larger by so
# much a sign and by so much in all. Signs of less than a share of the usual height are
# not counted, and no digit leaves less doubt than the least. These numbers were chosen
# on synthetic pages.
SMALL, WELL, BETTER, BETTER_AT_LEAST, LEAST_DOUBT = 0.5, 0.6, 0.2, 3.0, 0.005

# Smaller digits, compared with the usual height in all orientations, do not count for
# the certainty: words in print look like small digits if they are upside down.
TALL = 0.65

# Of a box of a form, so much of the shorter side is also seen around it.
AROUND = 0.15


@overload
def read_digits(
    image_or_images: list[Any] | tuple[Any, ...],
    *,
    model: Any = None,
    min_confidence: float | None = None,
    rotation: Literal[0, 90, 180, 270] | None = None,
    n_jobs: int | None = None,
) -> list[Reading]: ...


@overload
def read_digits(
    image_or_images: Any,
    *,
    model: Any = None,
    min_confidence: float | None = None,
    rotation: Literal[0, 90, 180, 270] | None = None,
    n_jobs: int | None = None,
) -> Reading: ...


def read_digits(
    image_or_images: Any,
    *,
    model: Any = None,
    min_confidence: float | None = None,
    rotation: Literal[0, 90, 180, 270] | None = None,
    n_jobs: int | None = None,
) -> Reading | list[Reading]:
    """Read the handwritten digits of an image, or of each of several images.

    A page network finds the signs in the image and their ink at several scales, as in
    :func:`skdigits.handwriting.find_digits`. The ink of each sign is brought into MNIST
    format and classified. The outputs of the page network and the classifier are then
    combined into a calibrated probability. A sheet that lies on its side or upside down
    is turned before it is read, unless ``rotation`` is given. A minus is read if a
    digit follows it. A decimal point or comma, a slash or a colon is read if it is
    clear and between two digits.

    Parameters
    ----------
    image_or_images : image, or list or tuple of images
        An image is an array of shape (height, width) or (height, width, channels), a
        Pillow image, the path of a file, an open binary file or its bytes, or a dict
        with one of these as "composite", as returned by gradio's sketchpad. Photos are
        turned upright if they record how the camera was held (EXIF). Besides the usual
        image formats, files may be PDF (with the extra ``pdf``), TIFF with several
        pages, or HEIC (with the extra ``heic``). Arrays hold finite numbers from 0,
        with white at 1, 16, 255 or 65,535.

    model : estimator or path, default=None
        A fitted classifier for rows of 784 pixels in MNIST format, or the path of a
        file that holds one. Its classes are 0 to 9, and optionally -1 for a non-digit.
        None means the classifier of :func:`~skdigits.load_pretrained`. If the model is
        a pipeline that begins with a
        :class:`~skdigits.handwriting.HandwritingNormalizer`, this step is skipped,
        because the digits are already in MNIST format.

    min_confidence : float in [0, 1], default=None
        The probability below which a digit counts as "not sure": its value is missing
        in its row of ``digits``, and it is written as ``?`` in ``text``. None means
        0.6.

    rotation : {0, 90, 180, 270}, default=None
        The angle, in degrees anticlockwise, by which each image is turned to be read;
        0 leaves it as it is. None means the angle at which it reads best.

    n_jobs : int, default=None
        Number of parallel processes. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all processors.

    Returns
    -------
    Reading or list of Reading
        A reading has ``text``, ``digits``, ``signs`` and ``plot()``. A list of images
        gives a list; a file with several pages gives a list with one reading for each
        page.

    Raises
    ------
    FileNotFoundError
        If there is no file at the path of an image or of the model.
    ValueError
        If an input is not an image or cannot be decoded, or if the model is not for
        digits in MNIST format. For a list, the message says which image is at fault.

    Warns
    -----
    UserWarning
        If an image has more than 3,000 signs, as in
        :func:`~skdigits.handwriting.find_digits`.

    See Also
    --------
    skdigits.load_pretrained : For images of single digits.
    skdigits.handwriting.find_digits : Finds digits without reading them.

    Examples
    --------
    The digit 1, twice on the first line and once on the second:

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
    check_rotation(rotation)
    options = checked_options(model, min_confidence)
    read = partial(_reading_of, rotation=rotation, **options)
    return read_each(image_or_images, read, n_jobs)


def checked_options(model, min_confidence):
    """Return what reads a page, and from which probability on it is sure."""
    low = MIN_CONFIDENCE if min_confidence is None else min_confidence
    low = check_number("min_confidence", low, low=0, high=1)
    return {"classifier": classifier_of(model), "min_confidence": low}


def check_rotation(rotation):
    """Raise a ValueError unless it is None or one of `ROTATIONS`."""
    if rotation is None:
        return
    if not isinstance(rotation, Integral) or rotation not in ROTATIONS:
        raise ValueError(
            f"Got rotation={one_line(repr(rotation))}, but expected 0, 90, 180 or 270 "
            "degrees. Leave it out to have it found."
        )


def read_each(image_or_images, read, n_jobs):
    """Return what ``read`` returns of each page of one image, or of several ones."""
    check_n_jobs(n_jobs)
    if not isinstance(image_or_images, list | tuple):
        return _read_pages(image_or_images, read)
    from joblib import Parallel, delayed

    return Parallel(n_jobs)(
        delayed(_read_pages_at)(place, image, read)
        for place, image in enumerate(image_or_images)
    )


class _Page(NamedTuple):
    """The digits of an image, as it lies or turned.

    ``boxes`` (n, 4) are left, top, right and bottom; ``forms`` (n, 28, 28) what was
    classified; ``probabilities`` (n, 11) of a non-digit and of each digit; ``signs``
    are all signs, digits or not.
    """

    boxes: np.ndarray
    forms: np.ndarray
    probabilities: np.ndarray
    number_signs: list
    signs: Signs

    @property
    def confidence(self):
        """Of the most probable digits."""
        return self.probabilities[:, 1:].max(axis=1)

    @property
    def n_signs(self):
        """The number of signs that are seen clearly."""
        return int((self.signs.heat.max(axis=1) > A_SIGN).sum())

    @property
    def n_tall(self):
        """The number of those that are not small beside digits."""
        clear = self.signs.heat.max(axis=1) > A_SIGN
        return int((self.signs.heights[clear] > SMALL * self.signs.usual_height).sum())

    @property
    def share(self):
        """The sum of confidences as a share of the number of signs."""
        return self.confidence.sum() / self.n_signs

    @property
    def heights(self):
        """Of the digits."""
        return self.boxes[:, 3] - self.boxes[:, 1]

    def certainty(self, least):
        """Return how unlikely it is that all digits of this height are read wrongly."""
        doubt = 1 - self.confidence[self.heights > least]
        return -np.log(np.maximum(doubt, LEAST_DOUBT)).sum()


def _read_pages_at(place, image, read):
    """Return what `_read_pages` does of an image of a list; an error has its place."""
    try:
        return _read_pages(image, read)
    except ValueError as error:
        message = f"{error} It is image {place} of the list, counted from 0."
        raise ValueError(message) from error


def _read_pages(image, read):
    """Return the reading of an image, or a list of those of its pages."""
    many, pages = grey_pages(image)
    return [read(grey) for grey in pages] if many else read(next(pages))


def _reading_of(grey, classifier, min_confidence, rotation):
    turns = (rotation or 0) // 90
    page = _page(turned(grey, turns), classifier)
    if rotation is None and page.n_signs >= A_SHEET and page.share < POORLY:
        pages = {0: page}
        for other in likely_turns(grey, page.signs):
            pages[other] = _page(turned(grey, other), classifier)
        turns = _best_turns(pages)
        page = pages[turns]
    place = partial(_place, shape=grey.shape, turns=turns)
    return _as_reading(grey, page, place, min_confidence, rotation=90 * turns)


def reading_in(box, grey, classifier, min_confidence):
    """Return the reading of what has its middle in a box of a page, as it lies.

    ``box`` is left, top, width and height in pixels. Writing that goes over its edge is
    seen as a whole.
    """
    left, top, width, height = box
    margin = round(AROUND * min(width, height))
    x, y = max(left - margin, 0), max(top - margin, 0)
    seen = grey[y : top + height + margin, x : left + width + margin]
    page = _page(seen, classifier)
    middles = (page.boxes[:, :2] + page.boxes[:, 2:]) / 2 + (x - left, y - top)
    inside = ((middles >= 0) & (middles < (width, height))).all(axis=1)
    page = _Page(*(values[inside] for values in page[:3]), *page[3:])

    def place(box):
        left, top, *sides = pixels_of(box, seen.shape)
        return x + left, y + top, *sides

    return _as_reading(grey, page, place, min_confidence)


def _as_reading(grey, page, place, min_confidence, rotation=0):
    order, signs = with_signs(layout_of(page.boxes), page.boxes, page.number_signs)
    read = (
        _as_read(page, i, min_confidence, (*place(page.boxes[i]), *where))
        for i, *where in order
    )
    return Reading(
        grey,
        read,
        rotation=rotation,
        forms=page.forms[[i for i, *_ in order]],
        signs=(
            ReadSign(sign.sign, sign.confidence, *place(sign.box), *where)
            for sign, *where in signs
        ),
    )


def _page(grey, classifier):
    signs = distinct_signs_of(grey)
    maybe, boxes, forms, classified = candidates_of(signs, classifier)
    if not len(maybe):
        return _Page(boxes, forms, classified, [], signs)
    probabilities = probabilities_of(signs, maybe, classified)
    kept = (probabilities[:, 0] < NOT_A_DIGIT) & (boxes[:, 3] > boxes[:, 1])
    found = boxes[kept], forms[kept], probabilities[kept]
    return _Page(*found, number_signs_of(signs), signs)


def candidates_of(signs, classifier):
    """Return the signs that may be digits, and what the classifier says of them.

    Returns
    -------
    indices : ndarray of shape (n,)
        Of these in ``signs``.

    boxes : ndarray of shape (n, 4)
        Of their ink.

    forms : ndarray of shape (n, 28, 28)
        Their ink in MNIST format.

    classified : ndarray of shape (n, 11)
        The probabilities of a non-digit and of the digits, 0 for those not known.
    """
    indices = np.flatnonzero(signs.heat[:, :N_DIGITS].max(axis=1) > MAYBE_A_DIGIT)
    inked = [own_ink(signs, i) for i in indices]
    boxes = np.reshape([box for _, box in inked], (-1, 4))
    forms = np.reshape([mnist_format(ink) for ink, _ in inked], (-1, SIDE, SIDE))
    classified = np.zeros((len(indices), 1 + N_DIGITS))
    if len(indices):
        found = classifier.predict_proba(forms.reshape(len(forms), -1))
        for column, label in enumerate(classifier.classes_):
            classified[:, int(label) + 1] = found[:, column]
    return indices, boxes, forms, classified


def _best_turns(pages):
    """Return by how many quarters a sheet is turned best; ``pages`` has some turns."""
    heights = np.concatenate([page.heights for page in pages.values()])
    if not len(heights):
        return 0
    weights = np.concatenate([page.confidence**2 for page in pages.values()]) * heights
    least = TALL * np.average(heights, weights=weights)
    certainty = {turns: page.certainty(least) for turns, page in pages.items()}
    best = max(certainty, key=certainty.get)
    well = max(WELL, pages[0].share) * pages[best].n_tall
    is_well = pages[best].confidence.sum() > well
    is_sheet = len(pages[best].confidence) >= A_SHEET
    gain = certainty[best] - certainty[0] - BETTER_AT_LEAST
    is_better = gain > BETTER * max(page.n_tall for page in pages.values())
    return best if is_sheet and is_well and is_better else 0


def _place(box, shape, turns):
    """Return left, top, width and height of a box of a turned image, before turning."""
    height, width = shape
    left, top, right, bottom = box
    if turns == 1:
        box = width - bottom, left, width - top, right
    elif turns == 2:
        box = width - right, height - bottom, width - left, height - top
    elif turns == 3:
        box = top, height - right, bottom, height - left
    return pixels_of(box, shape)


def _as_read(page, i, min_confidence, box):
    confidence = float(page.confidence[i])
    digit = int(page.probabilities[i, 1:].argmax())
    return ReadDigit(digit if confidence >= min_confidence else None, confidence, *box)
