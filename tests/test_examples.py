import os
import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").rglob("plot_*.py"))


def test_the_gallery_has_every_example_in_its_section():
    sections = runpy.run_path(str(ROOT / "docs" / "gallery_order.py"))["SECTIONS"]
    named = {
        ROOT / "examples" / section / f"plot_{name}.py"
        for section, names in sections.items()
        for name in names
    }
    assert named == set(EXAMPLES) and len(named) >= 12


@pytest.mark.filterwarnings("error", "ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_runs_offline_draws_and_warns_of_nothing(path, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path))
    assert plt.get_fignums()
    # capfd sees TensorFlow's log lines, which Python's sys.stderr does not
    output = capfd.readouterr()
    assert output.out and not output.err
    assert not os.listdir(tmp_path)
