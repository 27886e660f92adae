"""What the page of an error report shows besides the report itself."""

from base64 import b64encode
from functools import partial
from io import BytesIO

import numpy as np

from skdigits.inspection._inputs import drawable
from skdigits.inspection._numbers import percent
from skdigits.inspection._page._curves import draw_curves
from skdigits.inspection._plot._confusion import ConfusionHeatmapDisplay
from skdigits.inspection._plot._per_class import PerClassDisplay
from skdigits.inspection._plot._probabilities import (
    ReliabilityDisplay,
    RiskCoverageDisplay,
)
from skdigits.inspection._summary import (
    confusion_sentence,
    hardest_sentence,
    mistake_titles,
    noun,
    sentences,
    shown_tables,
)

# The gallery of a hopeless classifier would never load.
MAX_IMAGES = 200

# Classes that are named for each mistake.
LIKELIEST = 3


def content_of(report):
    """Return what the template needs besides a `Report`: sentences, tables, images."""
    return {
        "noun": noun(report),
        "percent": percent,
        "sentences": sentences(report),
        "hardest": hardest_sentence(report),
        "most_confused": confusion_sentence(report),
        "tables": shown_tables(report, every_class=False),
        "drawings": _drawings(report),
        "mistakes": [] if report.images is None else _mistakes(report),
    }


def _drawings(report):
    """Return the figures as data URIs."""
    drawings = {
        "classes": draw_display(PerClassDisplay, report),
        "confusions": draw_display(ConfusionHeatmapDisplay, report, grey_diagonal=True),
    }
    if report.y_proba is not None:
        drawings |= {
            "reliability": draw_display(ReliabilityDisplay, report),
            "risk_coverage": draw_display(RiskCoverageDisplay, report),
            "curves": _svg(partial(draw_curves, report)),
        }
    return drawings


def draw_display(display, report, **options):
    """Return a display of a report as the data URI of an SVG image."""

    def draw(figure):
        drawn = display.from_report(report, ax=figure.subplots(), **options)
        figure.set_size_inches(drawn.figsize())

    return _svg(draw)


def _svg(draw):
    """Draw in matplotlib's own style, outside pyplot; return a data URI."""
    import matplotlib.style
    from matplotlib.figure import Figure

    content = BytesIO()
    # a label such as "$\frac$" is no formula
    with matplotlib.style.context(["default", {"text.parse_math": False}]):
        figure = Figure(layout="constrained")
        draw(figure)
        figure.savefig(content, format="svg", metadata={"Date": None})
    return _data_uri("image/svg+xml", content.getvalue())


def _mistakes(report):
    """Return row, image and lines of text of the misclassified images."""
    mistakes = report.mistakes[:MAX_IMAGES]
    images = drawable(report.images[mistakes.index])
    return [
        (row, _png(image), [*title.split("\n"), *_likeliest(report, row)])
        for image, row, title in zip(
            images, mistakes.index, mistake_titles(mistakes), strict=True
        )
    ]


def _likeliest(report, row):
    """Return the most probable classes of a row in words."""
    if report.y_proba is None:
        return []
    shares = report.y_proba[row]
    best = np.argsort(-shares, kind="stable")[:LIKELIEST]
    return [", ".join(f"{report.labels[i]}: {100 * shares[i]:.0f} %" for i in best)]


def _png(image):
    """Return an image as a data URI; a grey one as dark ink on white paper."""
    from PIL import Image

    if image.ndim == 2:
        image = image.astype(float) - image.min()
        image = 1 - image / (image.max() or 1)
    content = BytesIO()
    Image.fromarray(np.uint8(255 * image)).save(content, format="PNG")
    return _data_uri("image/png", content.getvalue())


def _data_uri(kind, content):
    return f"data:{kind};base64,{b64encode(content).decode()}"
