"""Images with the boxes and predictions drawn in."""

from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from skdigits._files import replacing

# Blue and orange differ to every eye.
SURE, UNSURE = (31, 119, 180), (255, 127, 14)


def annotate(readings, path):
    """Draw the boxes and predictions of each `Reading` into their image, and save that.

    The folder of ``path`` is made; a suffix that Pillow cannot write becomes a PNG
    file of that name.
    """
    path = Path(path)
    drawn = _drawn(*readings)
    kind = Image.registered_extensions().get(path.suffix.lower())
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        drawn.save(temporary, format=kind if kind in Image.SAVE else "PNG")


def _drawn(first, *others):
    grey = np.clip(np.asarray(first.image) * 255, 0, 255).round().astype(np.uint8)
    drawn = Image.fromarray(grey).convert("RGB")
    draw = ImageDraw.Draw(drawn)
    thickness = max(1, round(max(drawn.size) / 500))
    for box in chain(first.boxes, *(reading.boxes for reading in others)):
        colour = UNSURE if box.digit is None else SURE
        right, bottom = box.left + box.width - 1, box.top + box.height - 1
        draw.rectangle((box.left, box.top, right, bottom), None, colour, thickness)
        size = max(10, round(0.3 * box.height))
        # above the box, or in it where there is no room
        top = box.top - size - thickness if box.top > size else box.top + thickness
        digit = "?" if box.digit is None else str(box.digit)
        font = ImageFont.load_default(size)
        draw.text((box.left + thickness, top), digit, colour, font)
    return drawn
