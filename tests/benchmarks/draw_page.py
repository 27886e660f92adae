"""Draw the page to draw on, with 407 on it, and an error report. Needs Chromium.

python tests/benchmarks/draw_page.py docs/images

The report is of the classifier that the README's lines of Python train.
"""

import re
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.interpolate import CubicSpline

from skdigits.inspection import ErrorReport

sys.path.insert(0, str(Path(__file__).parent.parent))

from _browser import Browser  # noqa: E402
from _serving import serving  # noqa: E402

STROKES = [
    [(112, 175), (100, 205), (88, 232), (80, 252), (110, 254), (150, 250)],
    [(128, 222), (127, 260), (124, 310)],
    [
        (262, 180),
        (225, 200),
        (210, 250),
        (228, 298),
        (262, 300),
        (288, 258),
        (262, 180),
    ],
    [(345, 190), (380, 187), (420, 183), (405, 220), (388, 262), (376, 312)],
]


def smooth(points):
    steps = np.arange(len(points))
    return CubicSpline(steps, points)(np.linspace(0, steps[-1], 40)).tolist()


def draw_page(browser, path):
    with serving() as (_, address):
        browser.resize(1000, 600)
        browser.open(address)
        for stroke in STROKES:
            browser.stroke(smooth(stroke))
        browser.wait_for("document.getElementById('text').ariaBusy === 'false'")
        browser.screenshot(path)


def draw_report(browser, path):
    readme = Path(__file__).parents[2] / "README.md"
    names = {}
    exec(re.search(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)[1], names)
    search = names["search"]
    report = ErrorReport.from_estimator(search, names["X_test"], names["y_test"])
    with tempfile.TemporaryDirectory() as folder:
        page = report.write(folder, model="README's search")
        browser.resize(1000, 900)
        browser.open(page.as_uri())
        browser.screenshot(path)
    Image.open(path).crop((0, 0, 985, 985)).save(path, optimize=True)


def main(folder):
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            draw_page(browser, folder / "page.png")
            draw_report(browser, folder / "report.png")
        finally:
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
