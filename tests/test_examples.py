import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("plot_*.py"))


def test_there_are_examples():
    assert len(EXAMPLES) >= 3


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_runs_offline_and_draws(path, capsys):
    runpy.run_path(str(path))
    figures = plt.get_fignums()
    plt.close("all")
    assert figures
    output = capsys.readouterr()
    assert output.out and not output.err
