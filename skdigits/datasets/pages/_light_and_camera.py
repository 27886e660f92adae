"""Paper, light, and how a camera or a scanner captures a page.

Light is an array of shape (height, width) with values in [0, 1].
"""

from io import BytesIO

import numpy as np
from PIL import Image
from scipy import ndimage


def log_uniform(rng, low, high):
    """Draw a number whose logarithm is uniform."""
    return np.exp(rng.uniform(np.log(low), np.log(max(low, high))))


def paper(shape, rng, contrast):
    """Return the light from an empty page.

    Parameters
    ----------
    shape : tuple of int (height, width)

    rng : numpy.random.Generator

    contrast : float
        Of the ink that will be on it; the texture stays below it.
    """
    level = rng.uniform(0.55, 1) if rng.random() < 0.8 else rng.uniform(0.15, 0.6)
    light = np.full(shape, level, np.float32)
    if rng.random() < 0.6:
        light *= 1 + rng.uniform(0, 0.25) * _slopes(shape, rng)
    if rng.random() < 0.35:
        light *= _shadow(shape, rng)
    for damage in _fold, _stain:
        if rng.random() < 0.05:
            light *= damage(shape, rng)
    if rng.random() < 0.35:
        light += texture(shape, rng) * min(1, 2.5 * contrast * level)
    return np.clip(light, 0.02, 1)


def _slopes(shape, rng):
    """Return a smooth field of about 1 in deviation."""
    coarse = Image.fromarray(rng.normal(0, 1, (3, 3)).astype(np.float32))
    return np.asarray(coarse.resize(shape[::-1], Image.Resampling.BICUBIC))


def _shadow(shape, rng):
    """Return the share of light that a shadow with a sharp or soft edge leaves."""
    height, width = shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle, phase = rng.uniform(0, 2 * np.pi, 2)
    depth = np.cos(angle) * x + np.sin(angle) * y - rng.uniform(-0.8, 0.8)
    depth += rng.uniform(0, 0.3) * np.sin(3 * y + phase)
    softness = log_uniform(rng, 0.003, 0.8)
    inside = 1 / (1 + np.exp(np.clip(-depth / softness, -30, 30)))
    return 1 - rng.uniform(0.2, 0.65) * inside


def _fold(shape, rng):
    """Return the share of light that paper with a fold gives."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    away = np.cos(angle) * (x - rng.uniform(0.1, 0.9) * shape[1])
    away += np.sin(angle) * (y - rng.uniform(0.1, 0.9) * shape[0])
    crease = rng.uniform(-0.25, 0.15) * np.exp(-((away / rng.uniform(0.7, 2.5)) ** 2))
    return 1 + crease + rng.uniform(-0.06, 0.06) * np.tanh(away / 3)


def _stain(shape, rng):
    """Return the share of light that a stain with a darker edge leaves."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    middle, flat = rng.uniform(0, 1, 2) * shape, rng.uniform(0.7, 1.4)
    away = np.hypot(flat * (y - middle[0]), (x - middle[1]) / flat)
    # a small ring would be a zero
    away -= rng.uniform(0.2, 0.4) * max(shape)
    inside = 1 / (1 + np.exp(np.clip(away / rng.uniform(0.5, 4), -30, 30)))
    edge = np.exp(-((away / rng.uniform(1, 4)) ** 2))
    return 1 - rng.uniform(0, 0.25) * inside - rng.uniform(0, 0.25) * edge


def texture(shape, rng):
    """Return the grain of paper, wood or cloth, 0 on average."""
    grain = rng.normal(0, 1, shape).astype(np.float32)
    sizes = np.exp(rng.uniform(np.log(0.5), np.log(8), 2))
    if rng.random() < 0.5:
        sizes[1] = sizes[0]
    grain = ndimage.gaussian_filter(grain, sizes)
    return grain / max(grain.std(), 1e-6) * log_uniform(rng, 0.005, 0.07)


def ruling(shape, rng, height):
    """Return the lines of ruled or squared paper, for digits of that height."""
    lines = np.zeros(shape, np.float32)
    step, slope = height * rng.uniform(0.4, 2.2), rng.normal(0, 0.02)
    thick = max(1, round(log_uniform(rng, 0.6, 0.07 * height + 0.7)))
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    depth, (first, second) = rng.uniform(0.1, 0.75), rng.uniform(0, step, 2)
    lines[(y + slope * x + first) % step < thick] = depth
    if rng.random() < 0.5:
        lines[(x - slope * y + second) % step < thick] = depth
    elif rng.random() < 0.15:
        margin = int(rng.uniform(0, 0.4) * shape[1])
        lines[:, margin : margin + thick] = depth
    return lines


def line_ends(shape, rng, height):
    """Return pieces of lines: level ones anywhere, upright ones from an edge on.

    An upright piece anywhere else would be a one.
    """
    lines = np.zeros(shape, np.float32)
    thick = max(1, round(log_uniform(rng, 0.6, 0.12 * height + 0.7)))
    depth = rng.uniform(0.3, 1)
    for _ in range(int(rng.integers(1, 7))):
        is_level = rng.random() < 0.4
        across = lines if is_level else lines.T
        length = round(log_uniform(rng, 0.3, 5) * height)
        last = max(0, across.shape[1] - length)
        start = int(rng.choice([0, last, rng.integers(last + 1) if is_level else 0]))
        at = int(rng.integers(across.shape[0]))
        across[at : at + thick, start : start + length] = depth
    return lines


def waves(shape, rng):
    """Return the fine waves that cheques and vote forms have behind the writing."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    lines = np.zeros(shape, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        angle, (phase, bend) = rng.uniform(0, np.pi), rng.uniform(0, (6.3, 12))
        along = np.cos(angle) * x + np.sin(angle) * y
        across = np.cos(angle) * y - np.sin(angle) * x
        across += bend * np.sin(2 * np.pi * along / rng.uniform(20, 150) + phase)
        step = log_uniform(rng, 4, 30)
        lines = np.maximum(lines, np.abs(across % step - step / 2) < step / 8)
    return ndimage.gaussian_filter(lines, rng.uniform(0, 1.2)) * rng.uniform(0.05, 0.4)


def with_table_beside(light, rng):
    """Return a page beside a table, and the mask of the table."""
    height, width = light.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    share, tilt = rng.uniform(0.03, 0.3), rng.normal(0, 0.06)
    distance = [
        x - share * width + tilt * y,
        width - x - share * width + tilt * y,
        y - share * height + tilt * x,
        height - y - share * height + tilt * x,
    ][rng.integers(4)]
    level = rng.uniform(0.02, 0.5) if rng.random() < 0.8 else rng.uniform(0.5, 1)
    surface = np.clip(level + texture(light.shape, rng), 0, 1)
    return np.where(distance < 0, surface, light), distance < 0


def camera_view(shape, rng):
    """Return where a camera that is held askew sees each pixel of its image.

    Returns
    -------
    ndarray of shape (3, 3)
        Takes (x, y, 1) of the image to a multiple of (x, y, 1) of the page. All of the
        image is of the page.
    """
    height, width = shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    middle = np.array([width, height]) / 2
    angle = np.clip(rng.normal(0, 0.06), -0.15, 0.15)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    seen = (corners - middle) @ turn
    seen += rng.uniform(-0.06, 0.06, (4, 2)) * min(shape)
    seen = middle + seen / max(1, (np.abs(seen) / middle).max())
    equations = []
    for (x, y), (u, v) in zip(corners, seen, strict=True):
        equations.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        equations.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return np.append(np.linalg.solve(equations, seen.ravel()), 1).reshape(3, 3)


def viewed(array, view, smooth):
    """Return an array of a page as a camera sees it, interpolated or not."""
    kind = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    image = Image.fromarray(array.astype(np.float32 if smooth else np.int32))
    data = view.ravel()[:8].tolist()
    image = image.transform(image.size, Image.Transform.PERSPECTIVE, data, kind)
    return np.asarray(image).astype(array.dtype)


def photographed(light, rng, height, contrast):
    """Return the pixels of a page as a camera or a scanner gives it.

    Parameters
    ----------
    light : ndarray of shape (height, width)

    rng : numpy.random.Generator

    height : float
        Of the digits, in pixels, which blur stays below.

    contrast : float
        Of the ink, in [0, 1], which noise stays below.

    Returns
    -------
    ndarray of shape (height, width), dtype uint8
    """
    if rng.random() < 0.5:
        sigma = log_uniform(rng, 0.3, 0.03 * height + 0.5)
        light = ndimage.gaussian_filter(light, sigma)
    if rng.random() < 0.08:
        light = _of_few_pixels(light, log_uniform(rng, 1.2, max(1.3, height / 8)))
    if rng.random() < 0.06:
        length = int(rng.integers(2, 3 + int(0.08 * height)))
        light = ndimage.uniform_filter1d(light, length, axis=int(rng.integers(2)))
    if rng.random() < 0.7:
        noise = log_uniform(rng, 0.003, min(0.07, 0.2 * contrast + 0.004))
        light = light + rng.normal(0, noise, light.shape)
    light = np.clip(light, 0, 1)
    if rng.random() < 0.1:
        # by one level for all of it, what lies in a shadow would vanish
        around = ndimage.uniform_filter(light, 41)
        light = (light > around - rng.uniform(0.03, 0.12)).astype(np.float32)
    if rng.random() < 0.2:
        light = 1 - light
    if rng.random() < 0.2:
        low, high = np.sort(rng.uniform(0, 1, 2))
        light = low + max(high - low, 0.15) * light
    pixels = np.round(255 * np.clip(light, 0, 1)).astype(np.uint8)
    return _through_jpeg(pixels, rng) if rng.random() < 0.35 else pixels


def _of_few_pixels(light, times):
    """Return light as a camera of fewer pixels gives it, enlarged again."""
    image, kinds = Image.fromarray(light.astype(np.float32)), Image.Resampling
    small = [max(8, round(side / times)) for side in image.size]
    return np.asarray(image.resize(small, kinds.BOX).resize(image.size, kinds.BILINEAR))


def _through_jpeg(pixels, rng):
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=int(rng.integers(15, 95)))
    return np.asarray(Image.open(file))
