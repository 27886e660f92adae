"""Finding the ink of a picture: uneven light and paper away, dark or light pens alike.

The paper is what is left when everything narrower than a few strokes is filled up, the
closing of mathematical morphology [1]_, after a smooth surface has taken away the bulk
of the light. What is darker than its paper by more than the noise is ink.

References
----------
.. [1] J. Serra, "Image Analysis and Mathematical Morphology", Academic Press, 1982.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skdigits.images import grey_picture

# The longest side of the reduced picture in which paper and light are looked for.
SMALL = 96

# The widest stroke, as a share of the shorter side of a picture.
WIDEST_STROKE = 0.45

# How much darker than paper ink has to be: in shares of the paper, and in times the
# noise of the paper. Below that a picture is blank.
FAINTEST, TIMES_THE_NOISE = 0.06, 3.0

# How much further than the other one a side of the greys reaches that is clearly ink.
CLEARLY = 2.5

# Bins of the histogram of darkness.
LEVELS = 128


def find_ink(image: Any) -> NDArray[np.float32]:
    """Tell the ink of a picture from its paper.

    Parameters
    ----------
    image : str, path, PIL.Image.Image or array-like
        A file, an image of Pillow, or an array of shape (height, width) or
        (height, width, channels), dark ink on light paper or light on dark.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        0 is paper, 1 is full ink; all zeros for a blank picture.

    Raises
    ------
    ValueError
        For what is no picture.

    See Also
    --------
    skdigits.handwriting.without_ruling : Takes the lines of the paper out of it.

    References
    ----------
    .. [1] J. Serra, "Image Analysis and Mathematical Morphology", Academic Press, 1982,
       for the closing that the paper is found with.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.handwriting import find_ink
    >>> paper = np.linspace(250, 120, 90) * np.ones((60, 1))
    >>> paper[10:50, [20, 21, 22, 70, 71, 72]] *= 0.4
    >>> ink = find_ink(paper)
    >>> np.flatnonzero(ink[30] > 0.5)
    array([20, 21, 22, 70, 71, 72])
    """
    return as_ink(darkness_of(grey_picture(image)))


def darkness_of(grey):
    """Return how much darker than its paper each pixel is, as a share of the paper.

    Lighter, where the ink is light on dark paper.
    """
    grey = np.asarray(grey, dtype=np.float32)
    light = light_surface(grey)
    if is_light_on_dark(grey - light):
        grey, light = 1 - grey, 1 - light
    paper = paper_of(grey, light)
    # dividing makes the ink in a shadow as black as that in the light
    return np.clip((paper - grey) / np.maximum(paper, 0.1), 0, None)


def as_ink(darkness):
    """Return the ink of what is darker than its paper, as `find_ink` does."""
    full = ink_level(darkness)
    if full is None:
        return np.zeros_like(darkness)
    # drawn by a program, without noise, even the faintest grey is of a stroke
    faint = 0.25 * full if np.median(darkness) > 0 else 0.0
    return np.clip((darkness - faint) / (full - faint), 0, 1)


def reduced(picture, longest):
    """Return ``picture`` at most ``longest`` pixels long, by averaging whole blocks."""
    step = -(-max(picture.shape) // longest)
    if step == 1:
        return picture
    height, width = (side // step * step or side for side in picture.shape)
    rows, columns = (min(step, side) for side in (height, width))
    blocks = picture[:height, :width].reshape(
        height // rows, rows, width // columns, columns
    )
    return blocks.mean(axis=(1, 3))


def light_surface(grey):
    """Return a smooth surface of the second degree through the paper.

    Fitted to a reduced picture again and again, each time with less weight for what is
    far from it (Tukey's biweight), so that ink does not count in the end.
    """
    small = reduced(grey, SMALL)
    values = small.ravel()
    middle = np.median(values)
    surface = np.full_like(values, middle)
    # a program's paper is of one grey
    if min(small.shape) >= 8 and (values == middle).mean() < 0.5:
        terms = _terms(*small.shape)
        for _ in range(4):
            off = np.abs(values - surface)
            scale = max(4.0 * np.median(off), 0.02)
            weight = np.clip(1 - (off / scale) ** 2, 0, None) ** 2
            weighted = terms * weight[:, None]
            flat = 1e-3 * weight.sum() * np.diag([0, 1, 1, 1, 1, 1])
            surface = terms @ np.linalg.solve(
                weighted.T @ terms + flat, weighted.T @ values
            )
    return _enlarged(surface.reshape(small.shape), grey.shape)


def _terms(height, width):
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    one = np.ones((height, width), np.float32)
    terms = [one, y * one, x * one, y * y * one, x * x * one, x * y]
    return np.stack([term.ravel() for term in terms], 1)


def _enlarged(small, shape):
    if small.shape == shape:
        return small.astype(np.float32)
    from PIL import Image

    image = Image.fromarray(np.asarray(small, np.float32))
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BILINEAR))


def is_light_on_dark(residual):
    """Tell the colour of the ink from how far each side of the paper's grey reaches.

    A shadow or a table reaches far too. Where both sides do, pixels are compared with
    those around them, from which only ink differs by much.
    """
    small = reduced(residual, 2 * SMALL)
    dark, light = _tails(small)
    if max(dark, light) < CLEARLY * min(dark, light):
        size = max(5, max(small.shape) // 6)
        dark, light = _tails(small - ndimage.uniform_filter(small, size))
    return light > dark


def _tails(values):
    """Return how far the lowest and the highest fiftieth of all values reach."""
    ordered = np.sort(values, axis=None)
    few = max(1, ordered.size // 50)
    return -ordered[:few].mean(), ordered[-few:].mean()


def paper_of(grey, light):
    """Return the grey of the paper below the ink and around it."""
    flat = grey - light + np.float32(0.5)
    small = reduced(flat, SMALL)
    size = max(3, round(WIDEST_STROKE * min(small.shape)))
    paper = ndimage.grey_closing(small, size=(size, size), mode="nearest")
    paper = ndimage.gaussian_filter(paper, 1.0, mode="nearest")
    return _enlarged(paper, grey.shape) + light - np.float32(0.5)


def ink_level(darkness):
    """Return how dark full ink is, or None where there is none (Otsu's threshold)."""
    highest = float(darkness.max())
    if highest < FAINTEST:
        return None
    levels = (darkness * (LEVELS / highest)).astype(np.intp).ravel()
    counts = np.bincount(np.minimum(levels, LEVELS - 1), minlength=LEVELS)
    middle = (np.arange(LEVELS) + 0.5) * (highest / LEVELS)
    below, sums = np.cumsum(counts), np.cumsum(counts * middle)
    above = np.maximum(below[-1] - below, 1)
    paper, ink = sums / np.maximum(below, 1), (sums[-1] - sums) / above
    split = int((below * above * (ink - paper) ** 2).argmax())
    spread = (middle[: split + 1] - paper[split]) ** 2
    noise = np.sqrt(np.average(spread, weights=counts[: split + 1]))
    if not ink[split] - paper[split] > max(FAINTEST, TIMES_THE_NOISE * noise):
        return None
    full = below[split] + 0.6 * (below[-1] - below[split])
    return float(middle[np.searchsorted(below, full)])
