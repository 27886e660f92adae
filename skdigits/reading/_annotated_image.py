"""Drawing boxes and predictions onto images, without matplotlib."""

from base64 import b64encode
from io import BytesIO
from itertools import chain

import numpy as np
from PIL import Image, ImageDraw, ImageFont

# Blue and orange differ to every eye.
SURE, UNSURE = (31, 119, 180), (255, 127, 14)

# The longer side of what a notebook shows, in pixels.
_LEAST, _MOST = 240, 800


def draw_readings(first, *others, scale=1.0):
    """Return an image with the boxes and predictions of each `Reading` drawn in.

    Parameters
    ----------
    first, *others : Reading
        Of the same image.

    scale : float, default=1.0
        By how much the image is enlarged first.

    Returns
    -------
    PIL.Image.Image
        In colours, with at least one pixel.
    """
    drawn = _scaled(first.image, scale)
    draw = ImageDraw.Draw(drawn)
    thickness = max(1, round(max(drawn.size) / 500))
    for box in chain(first.boxes, *(reading.boxes for reading in others)):
        colour = UNSURE if box.digit is None else SURE
        left, top = round(scale * box.left), round(scale * box.top)
        height = round(scale * box.height)
        right = left + max(round(scale * box.width), 1) - 1
        bottom = top + max(height, 1) - 1
        draw.rectangle((left, top, right, bottom), None, colour, thickness)
        size = max(10, round(0.3 * min(height, drawn.height)))
        # above the box, or in it if there is no space
        above = top - size - thickness if top > size else top + thickness
        digit = "?" if box.digit is None else str(box.digit)
        font = ImageFont.load_default(size)
        draw.text((left + thickness, above), digit, colour, font)
    return drawn


def _scaled(image, scale):
    """Return grey levels in [0, 1] as an image in colours."""
    levels = np.nan_to_num(np.clip(image, 0, 1))
    grey = Image.fromarray((255 * levels).round().astype(np.uint8))
    if scale != 1:
        size = [max(1, round(scale * side)) for side in grey.size]
        grey = grey.resize(size, Image.Resampling.LANCZOS, reducing_gap=2)
    return grey.convert("RGB")


def data_uri(reading):
    """Return the image of a reading as a data URI, of a size that a notebook shows."""
    longest = max(reading.image.shape)
    scale = min(max(1.0, _LEAST / longest), _MOST / longest)
    content = BytesIO()
    # a third of the bytes of PNG; without subsampling, thin lines keep their colour
    drawn = draw_readings(reading, scale=scale)
    drawn.save(content, format="JPEG", quality=85, subsampling=0)
    return f"data:image/jpeg;base64,{b64encode(content.getvalue()).decode()}"
