"""read_digits: from pictures to what is written on them."""

import os
from functools import partial
from typing import Any, NamedTuple, overload

import numpy as np

from skdigits._validation import check_n_jobs, check_number
from skdigits.handwriting import (
    SIDE,
    DigitBox,
    as_one,
    digits_of,
    mnist_form,
    normalized,
)
from skdigits.images import grey_picture
from skdigits.reading._path import best_path, mean_cost, rows_of
from skdigits.reading._pretrained import NO_DIGIT, shared_network
from skdigits.reading._reading import ReadDigit, Reading

# Below this probability an answer is "not sure".
MIN_CONFIDENCE = 0.6

# What is no digit with at least this probability is a letter, a sign or a blot, and is
# left out; else it may be an unreadable digit.
CERTAINLY_NONE = 0.8

# Ink that is of one digit with this probability is not cut.
SURE = 0.9

# What is narrower than this share of its height is not cut either.
SEVERAL = 1.15

# At least this share of the digits into which ink is cut can be read. What hangs
# together is only cut where they are read with less than this mean cost, and where no
# more than one of them is a one: M and W fall into ones.
LEGIBLE, CLEAR = 0.7, 0.1

# A one is no wider than this multiple of its height.
WIDEST_ONE = 1.2

# So many digits may be the pieces of a single one.
FEW = range(1, 5)

# A sheet of so many digits that is read with less than this mean confidence is also
# read turned, and taken so if that is so much better.
A_SHEET, POORLY, MUCH_BETTER = 3, 0.75, 0.15


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

    Digits are found as :func:`skdigits.handwriting.find_digits` finds them, and each is
    classified; where ink makes more sense as a row of digits that touch, it is read
    so. A sheet that lies on its side or upside down is read turned.

    Parameters
    ----------
    image_or_images : picture, or list or tuple of pictures
        A picture is an array of shape (height, width) or (height, width, channels), an
        image of Pillow, or the path of a file.

    model : estimator or path, default=None
        A fitted classifier for rows of 784 pixels in MNIST's form with the classes 0 to
        9, and -1 for "no digit" if it can say that; or the file of one. By default that
        of :func:`~skdigits.load_pretrained`. A step that normalizes pictures is passed
        by, as each digit is in MNIST's form already.

    min_confidence : float in [0, 1], default=None
        The probability below which an answer is "not sure"; None is 0.6.

    n_jobs : int, default=None
        Number of processes that share the pictures, as joblib counts them. None is 1
        unless in a :func:`joblib.parallel_config` context.

    Returns
    -------
    Reading or list of Reading
        With ``text``, ``digits`` and ``plot()``.

    Raises
    ------
    ValueError
        If something is no picture or cannot be decoded, or if the model is for others
        than digits in MNIST's form.

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
    low = MIN_CONFIDENCE if min_confidence is None else min_confidence
    low = check_number("min_confidence", low, low=0, high=1)
    check_n_jobs(n_jobs)
    read = partial(_reading_of, classifier=classifier_of(model), min_confidence=low)
    if not isinstance(image_or_images, list | tuple):
        return read(image_or_images)
    from joblib import Parallel, delayed

    return Parallel(n_jobs)(delayed(read)(image) for image in image_or_images)


def classifier_of(model: Any) -> Any:
    """Return a classifier of rows in MNIST's form.

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
        If the model is for others than digits in MNIST's form.

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
            f"for {SIDE} x {SIDE}, MNIST's form. Train one with --data mnist or "
            "--normalize."
        )


def _reading_of(picture, classifier, min_confidence):
    grey = grey_picture(picture)
    answers, turns = _answers(digits_of(grey), classifier), 0
    if len(answers) in FEW:
        answers = _maybe_one_digit(answers, grey, classifier)
    if len(answers) >= A_SHEET and _quality(answers) < POORLY:
        answers, turns = _best_turned(grey, answers, classifier)
    answers = [answer for answer in answers if answer.none < CERTAINLY_NONE]
    read = (
        _as_read(answer, _turned_back(answer.box, turns, grey.shape), min_confidence)
        for answer in answers
    )
    forms = [answer.form for answer in answers]
    return Reading(grey, read, rotation=90 * turns, forms=forms)


def _without_normalizer(pipeline):
    from skdigits.handwriting import HandwritingNormalizer

    normalizes = isinstance(pipeline[0], HandwritingNormalizer)
    return pipeline[1:] if normalizes else pipeline


class _Answer(NamedTuple):
    """The most probable digit of a box, its probability, and that of none.

    ``form`` is what was classified, (28, 28).
    """

    box: DigitBox
    form: np.ndarray
    digit: int
    confidence: float
    none: float


def _answers(found, classifier):
    """Classify what was found, and see each piece as makes most sense."""
    wholes = _classified(found, classifier)
    rows = rows_of(found, wholes)
    parts = [
        as_one(found[row]).parts() if _may_be_others(wholes[row]) else []
        for row in rows
    ]
    answers = iter(_classified([p.digit for its in parts for p in its], classifier))
    chosen = []
    for row, its in zip(rows, parts, strict=True):
        chosen += _likeliest(wholes[row], its, [next(answers) for _ in its])
    return chosen


def _classified(found, classifier):
    if not found:
        return []
    forms = [mnist_form(digit.ink) for digit in found]
    return _of_forms(forms, [digit.box for digit in found], classifier)


def _of_forms(forms, boxes, classifier):
    rows = np.stack([form.ravel() for form in forms])
    probabilities = classifier.predict_proba(rows)
    classes = np.array([int(label) for label in classifier.classes_])
    is_digit = classes != NO_DIGIT
    none = probabilities[:, ~is_digit].sum(axis=1)
    best = probabilities[:, is_digit].argmax(axis=1)
    confidence = probabilities[:, is_digit].max(axis=1)
    digits = classes[is_digit][best]
    return [
        _none_if_it_lies(_Answer(box, form, int(digit), float(high), float(rest)))
        for box, form, digit, high, rest in zip(
            boxes, forms, digits, confidence, none, strict=True
        )
    ]


def _none_if_it_lies(answer):
    """Return the answer, but that of a dash is not a one."""
    box = answer.box
    if answer.digit != 1 or box.width <= WIDEST_ONE * box.height:
        return answer
    none = answer.none + answer.confidence
    return _Answer(box, answer.form, answer.digit, 0.0, none)


def _may_be_others(wholes):
    box = _around(wholes)
    doubtful = min(answer.confidence for answer in wholes) < SURE
    return doubtful and box.width >= SEVERAL * box.height


def _likeliest(wholes, parts, answers):
    """Return the answers of the way to see ink that makes most sense."""
    path = best_path(parts, answers)
    n_sure = sum(answer.confidence >= MIN_CONFIDENCE for answer in path)
    legible = path and n_sure >= LEGIBLE * len(path)
    if not legible or mean_cost(path) >= mean_cost(wholes):
        return wholes
    hangs_together = len(wholes) == 1
    return wholes if hangs_together and not _is_clear(path) else path


def _is_clear(path):
    n_ones = sum(answer.digit == 1 for answer in path)
    return mean_cost(path) < CLEAR and n_ones <= 1


def _maybe_one_digit(answers, grey, classifier):
    """See the picture as that of one digit, where that makes more sense.

    What is known of such a picture, that specks and pieces along its edges are no
    digits, cannot be known of a sheet.
    """
    box = answers[0].box if len(answers) == 1 else _around(answers)
    (whole,) = _of_forms([normalized(grey)], [box], classifier)
    if len(answers) == 1:
        return [max(whole, answers[0], key=lambda answer: answer.confidence)]
    doubtful = _quality(answers) < MIN_CONFIDENCE and whole.confidence > SURE
    return [whole] if doubtful else answers


def _around(answers):
    left, top = (min(answer.box[i] for answer in answers) for i in (0, 1))
    right = max(answer.box.left + answer.box.width for answer in answers)
    bottom = max(answer.box.top + answer.box.height for answer in answers)
    return DigitBox(left, top, right - left, bottom - top, 0, 0)


def _quality(answers):
    return sum(answer.confidence for answer in answers) / max(len(answers), 1)


def _best_turned(grey, answers, classifier):
    """Return the answers of the best way to turn a sheet, and its quarter turns."""
    best, turns = answers, 0
    for k in (1, 2, 3):
        turned = _answers(digits_of(np.rot90(grey, k)), classifier)
        if _quality(turned) > _quality(best) + (0 if turns else MUCH_BETTER):
            best, turns = turned, k
    return best, turns


def _turned_back(box, turns, shape):
    """Return a box of a picture turned by so many quarters in the picture itself."""
    height, width = shape
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    if turns == 1:
        left, top, right, bottom = width - bottom, left, width - top, right
    elif turns == 2:
        left, top = width - right, height - bottom
        right, bottom = left + box.width, top + box.height
    elif turns == 3:
        left, top, right, bottom = top, height - right, bottom, height - left
    return DigitBox(left, top, right - left, bottom - top, box.line, box.number)


def _as_read(answer, box, min_confidence):
    sure = answer.confidence >= min_confidence
    return ReadDigit(answer.digit if sure else None, answer.confidence, *box)
