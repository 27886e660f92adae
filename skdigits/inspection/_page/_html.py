"""An error report as one page that needs nothing else."""

from base64 import b64encode
from html import escape
from io import BytesIO

import numpy as np

from skdigits.inspection._inputs import drawable
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
_MAX_IMAGES = 200

# Text and background have a contrast of 7 to 1 at least. The policy forbids the page
# to fetch anything.
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light; }}
body {{ margin: 0 auto; max-width: 62rem; padding: 1rem 1.5rem 4rem;
  font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }}
h1 {{ line-height: 1.2; }}
h2 {{ margin-top: 3rem; border-bottom: 2px solid #d0d0d0; }}
a {{ color: #00446b; }}
nav li {{ display: inline-block; margin-right: 1.5rem; }}
nav ul {{ padding: 0; }}
figure {{ margin: 1rem 0; break-inside: avoid; }}
figure > img {{ max-width: 100%; height: auto; }}
.wide {{ overflow-x: auto; margin: 1.5rem 0; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
caption {{ text-align: left; font-weight: 600; padding: 0.3rem 0; }}
th, td {{ padding: 0.2rem 0.7rem; text-align: right; }}
td, tbody th {{ white-space: nowrap; border-bottom: 1px solid #d0d0d0; }}
thead th {{ vertical-align: bottom; border-bottom: 2px solid #595959; }}
tr {{ break-inside: avoid; }}
.gallery {{ display: grid; gap: 1rem; padding: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); }}
.gallery figure {{ margin: 0; }}
.gallery img {{ width: 6rem; image-rendering: pixelated; border: 1px solid #8c8c8c; }}
.gallery figcaption {{ font-size: 0.85rem; line-height: 1.3; }}
@media print {{
  body {{ max-width: none; padding: 0; font-size: 10pt; }}
  nav {{ display: none; }}
  .wide {{ overflow: visible; break-inside: avoid; }}
  h2 {{ break-after: avoid; }}
}}
</style>
</head>
<body>
"""


def page(report, title, files=()):
    """Return the page; ``files`` are the names of those beside it to link to."""
    sections = _sections(report, files)
    contents = "".join(
        f'<li><a href="#{name.lower()}">{name}</a></li>' for name in sections
    )
    body = "".join(
        f'<section aria-labelledby="{name.lower()}">\n'
        f'<h2 id="{name.lower()}">{name}</h2>\n{content}</section>\n'
        for name, content in sections.items()
    )
    return (
        f"{_HEAD.format(title=escape(title))}<header>\n<h1>{escape(title)}</h1>\n"
        f'<nav aria-label="Contents"><ul>{contents}</ul></nav>\n</header>\n'
        f"<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _sections(report, files):
    """Return the contents of each section under its heading."""
    tables = shown_tables(report)
    sections = {
        "Summary": _list(sentences(report)),
        "Classes": _class_section(report, tables),
        "Confusions": _confusion_section(report, tables),
    }
    if report.y_proba is not None:
        sections["Probabilities"] = _probability_section(report, tables)
    if report.n_errors:
        sections["Mistakes"] = _mistake_section(report, tables)
    if files:
        links = [f'<a href="{escape(name)}">{escape(name)}</a>' for name in files]
        sections["Files"] = (
            f"<p>The same figures, unrounded and complete: {', '.join(links)}.</p>"
        )
    return sections


def _class_section(report, tables):
    drawing = _drawing(PerClassDisplay, report)
    alt = f"Recall of each class with its 95 % interval. {hardest_sentence(report)}"
    return (
        _figure(drawing, alt, "Recall of each class, the lowest first.")
        + _table(tables, "per_class")
        + _table(tables, "recall_tests")
        + "<p>Recall low and recall high bound Wilson's 95 % interval. The p-values "
        "are those of Fisher's exact test of each class against all others together, "
        "one-sided; p corrected is Holm's correction for their number.</p>\n"
    )


def _confusion_section(report, tables):
    drawing = _drawing(ConfusionHeatmapDisplay, report, grey_diagonal=True)
    alt = f"Heat map of the confusion matrix. {confusion_sentence(report)}"
    caption = f"Number of {noun(report)}; what is classified correctly is grey."
    return _figure(drawing, alt, caption) + _table(tables, "confusions")


def _probability_section(report, tables):
    reliability = _drawing(ReliabilityDisplay, report)
    risk = _drawing(RiskCoverageDisplay, report)
    return (
        _figure(
            reliability,
            "How often predictions are right, by their probability; the table of the "
            "calibration has the same figures.",
            "Are the probabilities calibrated?",
        )
        + _table(tables, "calibration")
        + _figure(
            risk,
            "The share of mistakes against the share of predictions kept; the table of "
            "what to hand to a person has points of this curve.",
            "How few mistakes are left if the least sure predictions go to a person?",
        )
        + _table(tables, "referral")
        + f"<p>The thresholds are chosen on the very {noun(report)} that they are "
        "measured on, which flatters them a little.</p>\n"
    )


def _mistake_section(report, tables):
    if report.images is None:
        return _table(tables, "mistakes")
    mistakes = report.mistakes[:_MAX_IMAGES]
    order = "in their order" if report.y_proba is None else "the most confident first"
    count = f"{len(mistakes):,} of {report.n_errors:,} mistakes, {order}."
    images = drawable(report.images[mistakes.index])
    titles = mistake_titles(mistakes)
    items = "".join(map(_gallery_item, images, mistakes.index, titles))
    return f'<p>{count}</p>\n<ul class="gallery">\n{items}</ul>\n'


def _gallery_item(image, row, title):
    caption = escape(title).replace("\n", "<br>")
    return (
        f'<li><figure><img alt="The image in row {row}" src="{_png(image)}">'
        f"<figcaption>{caption}<br>row {row}</figcaption></figure></li>\n"
    )


def _list(items):
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>\n"


def _figure(source, alt, caption):
    return (
        f'<figure><img alt="{escape(alt)}" src="{source}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>\n"
    )


def _table(tables, name):
    if name not in tables:
        return ""
    heading, table = tables[name]
    columns = "".join(f'<th scope="col">{escape(text)}</th>' for text in table)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in rest)}</tr>\n"
        for first, *rest in table.to_numpy()
    )
    caption = escape(heading)
    return (
        f'<div class="wide" role="region" aria-label="Table: {caption}" tabindex="0">\n'
        f"<table>\n<caption>{caption}</caption>\n"
        f"<thead><tr>{columns}</tr></thead>\n<tbody>\n{lines}</tbody>\n"
        "</table>\n</div>\n"
    )


def _drawing(display, report, **options):
    """Draw in matplotlib's own style, outside pyplot; return a data URI."""
    import matplotlib.style
    from matplotlib.figure import Figure

    with matplotlib.style.context("default"):
        figure = Figure(layout="constrained")
        drawn = display.from_report(report, ax=figure.subplots(), **options)
        figure.set_size_inches(drawn.figsize())
        content = BytesIO()
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
