"""Images with the boxes and predictions drawn in, as files."""

from pathlib import Path

from PIL import Image

from skdigits._files import replacing
from skdigits.reading import draw_readings


def annotate(readings, path):
    """Draw the boxes and predictions of each `Reading` into their image, and save that.

    The folder of ``path`` is made; a suffix that Pillow cannot write becomes a PNG
    file of that name.
    """
    path = Path(path)
    drawn = draw_readings(*readings)
    kind = Image.registered_extensions().get(path.suffix.lower())
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        drawn.save(temporary, format=kind if kind in Image.SAVE else "PNG")
