"""make_digit_pages: synthetic pages of handwriting with boxes, labels and ink."""

import os
from itertools import pairwise
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from PIL import ImageFont
from scipy import ndimage
from sklearn.utils import Bunch, check_random_state

from skdigits._validation import check_integer, check_n_jobs, one_line
from skdigits.datasets.pages._light_and_camera import (
    camera_view,
    line_ends,
    log_uniform,
    paper,
    photographed,
    ruling,
    texture,
    viewed,
    waves,
    with_table_beside,
)
from skdigits.datasets.pages._page_layouts import (
    LAYOUTS,
    circle_a_digit,
    lines,
    printed_text,
    single,
    words_beside,
)
from skdigits.datasets.pages._sheet import TARGET_NAMES, Hand, Sheet
from skdigits.datasets.pages._writer import Writer

# Heights of digits in pixels, and of those on pages of very large ones.
SMALLEST, LARGEST, HUGE = 13, 62, (85, 240)

# The least side of a page, and of those that share one.
LEAST_SIDE, LEAST_PART = 32, 40

# How often a page is of several small ones, has huge digits, printed text, printed
# words beside the writing, something circled, ruled lines, pieces of lines, waves, a
# watermark, writing that shows through, or a table beside it.
SEVERAL, OF_HUGE_DIGITS, OF_PRINTED_TEXT, WITH_WORDS = 0.22, 0.05, 0.05, 0.18
CIRCLED, RULED, LINE_ENDS, WAVES, WATERMARK = 0.06, 0.28, 0.1, 0.06, 0.1
SHOWS_THROUGH, BESIDE_A_TABLE = 0.05, 0.12

# How often the camera is turned a little, and looks from aside.
HELD_ASKEW = 0.35


def make_digit_pages(
    n_samples: int = 100,
    *,
    shape: tuple[int, int] = (256, 256),
    digits: tuple[Any, Any] | None = None,
    fonts: Any = (),
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
) -> Bunch:
    """Draw synthetic pages of handwritten digits, for training digit detectors.

    Each page imitates a writer with a certain pen, slant and habits. A page shows lines
    of numbers, scattered digits, a table, a form, equations, words, a single digit or
    nothing. The paper is in good or bad light, as captured by a camera or a scanner.
    Digits are about 13 to 62 pixels high; on a few pages they are larger.

    Parameters
    ----------
    n_samples : int, default=100
        Number of pages.

    shape : tuple of int (height, width), default=(256, 256)
        Size of each page in pixels; each side must be at least 32.

    digits : tuple of array-like (X, y), default=None
        Images of single digits, as `fetch_mnist` returns them: X of shape (n, 784) or
        (n, 28, 28), with light ink on a dark background and values from 0 to 255; and y
        of shape (n,), with the digits. There must be images of every digit from 0 to 9.
        About half of the writers redraw these images with another pen and slant. If
        None, digits are drawn as strokes, or in one of the ``fonts``.

    fonts : sequence of str or path, default=()
        Font files, for handwriting or print. Some writers write in these fonts. Forms,
        and words beside the writing, are printed in them.

    random_state : int, RandomState instance or None, default=None
        Pass an int to get the same pages in each call. A larger ``n_samples`` then adds
        pages without changing the first ones.

    n_jobs : int, default=None
        Number of parallel processes. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all processors.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        An object with these attributes:

        images : ndarray of shape (n_samples, height, width), dtype uint8
            Grey levels.
        boxes : list of n_samples ndarray of shape (n_signs, 4), dtype int32
            Left, top, width and height of the visible part of each sign, in pixels.
        labels : list of n_samples ndarray of shape (n_signs,), dtype int32
            Indices into ``target_names``.
        visible : list of n_samples ndarray of shape (n_signs,), dtype float32
            The fraction of the ink of each sign that is on the page and not covered.
        ink : ndarray of shape (n_samples, height, width), dtype uint16
            For each pixel, the sign whose ink it is: i + 1 for the sign in row i of
            ``boxes``, 0 for no sign.
        target_names : tuple of str
            "0" to "9", ".", ",", "-", "/", ":" and "other", for any letter or other
            sign. Printed words and ruled lines have no boxes.

    Raises
    ------
    ValueError
        If a parameter is invalid.

    See Also
    --------
    fetch_mnist : Images of single digits.
    skdigits.read_digits : Reads pages.

    Examples
    --------
    >>> from skdigits.datasets import make_digit_pages
    >>> pages = make_digit_pages(4, random_state=0)
    >>> pages.images.shape
    (4, 256, 256)
    >>> len(pages.boxes[0]) == len(pages.labels[0])
    True
    """
    n_samples = check_integer("n_samples", n_samples)
    shape = _checked_shape(shape)
    by_digit = None if digits is None else _images_of_each(digits)
    check_n_jobs(n_jobs)
    seed = int(check_random_state(random_state).randint(2**31))
    fonts = _checked_fonts(fonts)
    drawn = Parallel(n_jobs)(
        delayed(_page_of)(seed, number, shape, by_digit, fonts)
        for number in range(n_samples)
    )
    images, ink, boxes, labels, visible = zip(*drawn, strict=True)
    return Bunch(
        images=np.stack(images),
        boxes=list(boxes),
        labels=list(labels),
        visible=list(visible),
        ink=np.stack(ink),
        target_names=TARGET_NAMES,
    )


def _checked_shape(shape):
    try:
        height, width = (check_integer("shape", n, minimum=LEAST_SIDE) for n in shape)
    except (TypeError, ValueError):
        raise ValueError(
            f"Got shape={one_line(repr(shape))}, but expected a height and a width of "
            f"at least {LEAST_SIDE} pixels."
        ) from None
    return height, width


def _checked_fonts(fonts):
    """Return the names of files that Pillow reads as fonts."""
    if isinstance(fonts, str | os.PathLike):
        fonts = (fonts,)
    fonts = tuple(map(str, fonts))
    for font in fonts:
        try:
            ImageFont.truetype(font)
        except OSError:
            raise ValueError(
                f"Got fonts={one_line(repr(fonts))}, but expected font files, and "
                f"Pillow cannot read {font!r}. Leave it out."
            ) from None
    return fonts


def _images_of_each(digits):
    """Return the images of each digit."""
    try:
        X, y = (np.asarray(part) for part in digits)
        side = round(np.sqrt(X.size / len(X)))
    except (TypeError, ValueError, ZeroDivisionError):
        raise ValueError(
            f"Got digits={one_line(repr(digits))}, but expected a tuple of images "
            "and labels. Pass fetch_mnist(return_X_y=True)."
        ) from None
    if y.shape != (len(X),) or X.size != len(X) * side * side:
        raise ValueError(
            f"Got digits of shapes {X.shape} and {y.shape}, but expected square "
            "images and a label for each. Pass fetch_mnist(return_X_y=True)."
        )
    images, y = X.reshape(-1, side, side).astype(np.uint8), y.astype(str)
    inked = (images > 128).any(axis=(1, 2))
    by_digit = [images[(y == str(digit)) & inked] for digit in range(10)]
    if missing := [digit for digit in range(10) if not len(by_digit[digit])]:
        raise ValueError(
            f"Got digits without an image of {missing[0]}, but expected some of "
            "every digit from 0 to 9. Pass more images, or digits=None."
        )
    return by_digit


def _page_of(seed, number, shape, digits, fonts):
    rng = np.random.default_rng([seed, number])
    if rng.random() < SEVERAL:
        return _several(shape, rng, digits, fonts)
    return _page(shape, rng, digits, fonts, BESIDE_A_TABLE)


def _page(shape, rng, digits, fonts, beside_a_table=0.0):
    """Return pixels, the ink of each sign, boxes, labels and visible shares."""
    sheet, writer = Sheet(shape), Writer(rng, digits, fonts)
    largest = min(LARGEST, 0.9 * min(shape))
    height = log_uniform(rng, min(SMALLEST, largest), largest)
    shares = np.array(list(LAYOUTS.values()))
    layout = rng.choice(list(LAYOUTS), p=shares / shares.sum())
    kind = rng.random()
    if kind < OF_HUGE_DIGITS:
        height, layout = rng.uniform(*HUGE), rng.choice([single, lines])
    elif kind < OF_HUGE_DIGITS + OF_PRINTED_TEXT and fonts:
        layout = printed_text
    hand = Hand(sheet, writer, height)
    layout(hand)
    if fonts and rng.random() < WITH_WORDS:
        words_beside(hand)
    if rng.random() < CIRCLED:
        circle_a_digit(hand)
    strength = _strength(writer.pen * height, rng)
    light = paper(shape, rng, strength)
    contrast = strength * float(np.median(light))
    light = light * (1 - _covered(hand, strength))
    owner, visible = sheet.owner, np.array(sheet.visible, np.float32)
    boxes = np.array(sheet.boxes, np.int32).reshape(-1, 4)
    if rng.random() < HELD_ASKEW:
        view = camera_view(shape, rng)
        light = viewed(light, view, smooth=True)
        owner, boxes, visible = _signs_in(view, owner, boxes, visible)
    if rng.random() < beside_a_table:
        light, table = with_table_beside(light, rng)
        owner, visible = _without(owner, visible, table)
    pixels = photographed(light, rng, height, contrast)
    boxes[:, 2:] -= boxes[:, :2]
    return pixels, owner, boxes, np.array(sheet.labels, np.int32), visible


def _signs_in(view, owner, boxes, visible):
    """Return the ink, boxes and visible shares of signs that a camera sees askew."""
    n, (height, width) = len(boxes), owner.shape
    before = np.bincount(owner.ravel(), minlength=n + 1)[1:]
    owner = viewed(owner, view, smooth=False)
    after = np.bincount(owner.ravel(), minlength=n + 1)[1:]
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)
    seen = np.c_[corners, np.ones(len(corners))] @ np.linalg.inv(view).T
    seen = (seen[:, :2] / seen[:, 2:]).reshape(n, 4, 2)
    low, high = seen.min(axis=1), seen.max(axis=1)
    inside = ((low >= 0) & (high <= (width, height))).all(axis=1)
    # how many pixels of the page are one of the image, in the middle of it
    area = abs(np.linalg.det(view)) / (view[2] @ (width / 2, height / 2, 1)) ** 3
    shares = np.minimum(after * area / np.maximum(before, 1), 1)
    low = np.clip(low, 0, (width - 1, height - 1)).astype(np.int32)
    high = np.clip(np.ceil(high).astype(np.int32), low + 1, (width, height))
    boxes = np.concatenate([low, high], axis=1)
    for box, place in zip(boxes, ndimage.find_objects(owner, n), strict=True):
        if place is not None:
            rows, columns = place
            box[:] = columns.start, rows.start, columns.stop, rows.stop
    return owner, boxes, np.where(inside, visible, visible * shares).astype(np.float32)


def _strength(pen, rng):
    """Return how dark the ink is; that of the thinnest pens is not faint."""
    bounds = (0.35, 0.97) if rng.random() < 0.87 else (0.12, 0.35)
    strength = rng.uniform(*bounds)
    return max(strength, 0.22) if pen < 1.5 else strength


def _covered(hand, strength):
    """Return the share of light that ink and lines take."""
    rng, writer, shape = hand.rng, hand.writer, hand.sheet.shape
    ink, printed = hand.sheet.ink, hand.sheet.lines * rng.uniform(0.4, 1)
    if rng.random() < RULED:
        printed = np.maximum(printed, ruling(shape, rng, hand.height))
    if rng.random() < LINE_ENDS:
        printed = np.maximum(printed, line_ends(shape, rng, hand.height))
    if writer.kind == "rough" or rng.random() < 0.15:
        ink = ink * np.clip(1 + rng.uniform(0, 3) * texture(shape, rng), 0.3, 1)
    if rng.random() < WAVES:
        printed = np.maximum(printed, waves(shape, rng))
    if writer.fonts and rng.random() < WATERMARK:
        printed = np.maximum(printed, _watermark(hand))
    if rng.random() < SHOWS_THROUGH:
        behind = Sheet(shape)
        lines(Hand(behind, Writer(rng, writer.digits, writer.fonts), hand.height))
        behind = np.fliplr(behind.ink) * rng.uniform(0.05, 0.2)
        printed = np.maximum(printed, behind)
    # faint ink beside lines that are not much darker
    depth = max(strength, 0.3) * min(1, 2 * strength)
    return np.maximum(strength * ink, depth * printed)


def _watermark(hand):
    """Return large faint letters that are printed across a page."""
    rng, behind = hand.rng, Sheet(hand.sheet.shape)
    printed_text(Hand(behind, hand.writer, rng.uniform(1.5, 4) * hand.height))
    turned = ndimage.rotate(behind.lines, rng.uniform(-50, 50), reshape=False, order=1)
    return turned * rng.uniform(0.05, 0.3)


def _without(owner, visible, covered):
    """Return the ink of each sign, and visible shares, less what is covered."""
    n = len(visible) + 1
    before = np.bincount(owner.ravel(), minlength=n)[1:]
    owner = np.where(covered, 0, owner).astype(owner.dtype)
    after = np.bincount(owner.ravel(), minlength=n)[1:]
    return owner, visible * (after / np.maximum(before, 1)).astype(np.float32)


def _several(shape, rng, digits, fonts):
    """Return a page of several small ones, each on its own paper."""
    ys, xs = (_edges(side, rng) for side in shape)
    pixels, owner = np.zeros(shape, np.uint8), np.zeros(shape, np.uint16)
    boxes, labels, visible = [], [], []
    for top, bottom in pairwise(ys):
        for left, right in pairwise(xs):
            part = _page((bottom - top, right - left), rng, digits, fonts)
            place = slice(top, bottom), slice(left, right)
            pixels[place], its_owner, its_boxes, its_labels, its_visible = part
            owner[place] = np.where(its_owner, its_owner + len(labels), 0)
            boxes.append(its_boxes + np.array([left, top, 0, 0], np.int32))
            labels.extend(its_labels)
            visible.extend(its_visible)
    labels, visible = np.array(labels, np.int32), np.array(visible, np.float32)
    return pixels, owner, np.concatenate(boxes), labels, visible


def _edges(side, rng):
    """Return where one to four parts of a page begin, and where the last ends."""
    cuts = np.sort(rng.uniform(0.15, 0.85, rng.integers(4))) * side
    edges = [0]
    for cut in cuts.astype(int):
        if min(cut - edges[-1], side - cut) >= LEAST_PART:
            edges.append(int(cut))
    return [*edges, side]
