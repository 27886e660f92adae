"""What the page of an error report shows, as plain dictionaries for its template."""

from base64 import b64encode
from datetime import date
from io import BytesIO

import numpy as np

from skdigits.inspection._inputs import drawable
from skdigits.inspection._numbers import percent
from skdigits.inspection._page._curves import curves
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


def content_of(report, title, model=None, files=()):
    """Return what the template takes.

    Parameters
    ----------
    report : Report

    title : str

    model : str, default=None
        Its name, for a tile.

    files : sequence of str, default=()
        Names of those beside the page, to link to.
    """
    return {
        "title": title,
        "tiles": _tiles(report, model),
        "sections": [
            {"id": name.lower(), "name": name, "parts": [p for p in parts if p]}
            for name, parts in _sections(report, files).items()
        ],
    }


def _tiles(report, model):
    low, high = report.accuracy_interval
    interval = f"95 % interval {percent(low)} to {percent(high)}"
    tiles = [
        {"name": "Accuracy", "value": percent(report.accuracy), "note": interval},
        {
            "name": "Mistakes",
            "value": f"{report.n_errors:,}",
            "note": f"of {report.n_rows:,} {noun(report)}",
        },
    ]
    if report.y_proba is not None:
        error = f"{report.calibration_error():.4f}"
        tiles.append({"name": "Calibration error", "value": error})
    if model is not None:
        tiles.append({"name": "Model", "value": model})
    return [*tiles, {"name": "Date", "value": date.today().isoformat()}]


def _sections(report, files):
    """Return the parts of each section under its heading."""
    tables = shown_tables(report, every_class=False)
    sections = {
        "Summary": [{"kind": "list", "items": sentences(report)}],
        "Classes": _classes(report, tables),
        "Confusions": _confusions(report, tables),
    }
    if report.y_proba is not None:
        sections["Probabilities"] = _probabilities(report, tables)
    if report.n_errors:
        sections["Mistakes"] = _mistakes(report, tables)
    if files:
        text = "The same figures, unrounded and complete:"
        sections["Files"] = [{"kind": "links", "text": text, "names": files}]
    return sections


def _classes(report, tables):
    alt = f"Recall of each class with its 95 % interval. {hardest_sentence(report)}"
    caption = "Recall of each class, the lowest first."
    return [
        _figure(_drawing(PerClassDisplay, report), alt, caption),
        _table(tables, "per_class"),
        _table(tables, "recall_tests"),
        _text(
            "Recall low and recall high bound Wilson's 95 % interval. The p-values are "
            "those of Fisher's exact test of each class against all others together, "
            "one-sided; p corrected is Holm's correction for their number."
        ),
    ]


def _confusions(report, tables):
    drawing = _drawing(ConfusionHeatmapDisplay, report, grey_diagonal=True)
    alt = f"Heat map of the confusion matrix. {confusion_sentence(report)}"
    caption = f"Number of {noun(report)}; what is classified correctly is grey."
    return [_figure(drawing, alt, caption), _table(tables, "confusions")]


def _probabilities(report, tables):
    return [
        _figure(
            _drawing(ReliabilityDisplay, report),
            "How often predictions are right, by their probability; the table of the "
            "calibration has the same figures.",
            "Are the probabilities calibrated?",
        ),
        _table(tables, "calibration"),
        _figure(
            _drawing(RiskCoverageDisplay, report),
            "The share of mistakes against the share of predictions kept; the table of "
            "what to hand to a person has points of this curve.",
            "How few mistakes are left if the least sure predictions go to a person?",
        ),
        _table(tables, "referral"),
        _text(
            f"The thresholds are chosen on the very {noun(report)} that they are "
            "measured on, which flatters them a little."
        ),
        _figure(
            _as_svg(curves(report)),
            "Receiver operating characteristic, and precision against recall, of each "
            "class; the table has the areas below them.",
            "How well is each class told from all others?",
        ),
        _table(tables, "class_ranking"),
    ]


def _mistakes(report, tables):
    if report.images is None:
        return [_table(tables, "mistakes")]
    mistakes = report.mistakes[:MAX_IMAGES]
    order = "in their order" if report.y_proba is None else "the most confident first"
    count = f"{len(mistakes):,} of {report.n_errors:,} mistakes, {order}."
    images = drawable(report.images[mistakes.index])
    items = [
        {
            "row": row,
            "source": _png(image),
            "lines": [*title.split("\n"), *_likeliest(report, row)],
        }
        for image, row, title in zip(
            images, mistakes.index, mistake_titles(mistakes), strict=True
        )
    ]
    return [{"kind": "gallery", "text": count, "images": items}]


def _likeliest(report, row):
    """Return the most probable classes of a row in words."""
    if report.y_proba is None:
        return []
    shares = report.y_proba[row]
    best = np.argsort(-shares, kind="stable")[:LIKELIEST]
    return [", ".join(f"{report.labels[i]}: {100 * shares[i]:.0f} %" for i in best)]


def _text(text):
    return {"kind": "text", "text": text}


def _figure(source, alt, caption):
    return {"kind": "figure", "source": source, "alt": alt, "caption": caption}


def _table(tables, name):
    if name not in tables:
        return None
    caption, table = tables[name]
    rows = table.to_numpy().tolist()
    return {"kind": "table", "caption": caption, "columns": [*table], "rows": rows}


def _drawing(display, report, **options):
    """Draw in matplotlib's own style, outside pyplot; return a data URI."""
    import matplotlib.style
    from matplotlib.figure import Figure

    with matplotlib.style.context("default"):
        figure = Figure(layout="constrained")
        drawn = display.from_report(report, ax=figure.subplots(), **options)
        figure.set_size_inches(drawn.figsize())
        return _as_svg(figure)


def _as_svg(figure):
    import matplotlib.style

    content = BytesIO()
    with matplotlib.style.context("default"):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return _data_uri("image/svg+xml", content.getvalue())


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
