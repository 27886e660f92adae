import os
import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

pytestmark = pytest.mark.slow

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("plot_*.py"))


def test_there_are_examples():
    assert len(EXAMPLES) >= 12


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
