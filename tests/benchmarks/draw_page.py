"""Draw docs/images/page.png: 407 on the page to draw on. Needs Chromium.

python tests/benchmarks/draw_page.py docs/images/page.png
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

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


def main(path):
    with serving() as (_, address), tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile, width=1000, height=600)
        try:
            browser.open(address)
            for stroke in STROKES:
                browser.stroke(smooth(stroke))
            browser.wait_for("document.getElementById('text').ariaBusy === 'false'")
            browser.screenshot(Path(path))
        finally:
            browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
