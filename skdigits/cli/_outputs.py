"""The files that commands write: checked before the work, then whole or not there."""

from pathlib import Path

from skdigits._files import check_writable, write_files
from skdigits.cli._console import say


def check_figure(path):
    """Raise an error now rather than after the training."""
    from matplotlib.backend_bases import FigureCanvasBase

    kinds = FigureCanvasBase.get_supported_filetypes()
    if Path(path).suffix.lower().lstrip(".") not in kinds:
        raise ValueError(
            f"Got figure={str(path)!r}, but expected a name that ends in one of "
            f"{', '.join(sorted(kinds))}. Change the suffix."
        )
    check_writable(path)


def check_report_folder(path):
    """Raise an error now rather than after the training."""
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(
            f"Got {str(path)!r}, which is a file, but expected a folder. Choose "
            "another name."
        )
    # the report makes the folder, but not those above it
    check_writable(path / "index.html" if path.is_dir() else path)


def write_outputs(console, outputs):
    """Write files at the same moment and say which; one that fails takes no other.

    Parameters
    ----------
    console : rich.console.Console

    outputs : dict
        Of what is said of each file: its path, and a function that takes a temporary
        path and writes there.

    Raises
    ------
    Exception
        The first one of those that could not be written.
    """
    failures = {}
    write_files(dict(outputs.values()), failures)
    for words, (path, _) in outputs.items():
        if path not in failures:
            say(console, f"{words}: {path}")
    for error in failures.values():
        raise error


def model_output(estimator, path, card):
    """Return an output: a fitted estimator as `save` writes it."""
    from skdigits.persistence import file_content

    def write(temporary):
        temporary.write_bytes(file_content(estimator, card=card))

    return path, write


def confusion_matrix_output(report, path):
    """Return an output: the confusion matrix of an `ErrorReport`, with integers."""

    def draw():
        from sklearn.metrics import ConfusionMatrixDisplay

        side = 3 + 0.45 * len(report.labels)
        drawing = new_figure(side, side)
        ConfusionMatrixDisplay(
            report.confusion_matrix, display_labels=report.labels
        ).plot(ax=drawing.subplots(), cmap="Blues", colorbar=False, values_format="d")
        return drawing

    return figure_output(draw, path)


def figure_output(draw, path):
    """Return an output: the figure that ``draw`` returns, as the path's suffix says."""
    kind = Path(path).suffix.lower().lstrip(".")
    return path, lambda temporary: draw().savefig(temporary, format=kind, dpi=150)


def new_figure(width, height):
    """Return a figure, its sides in inches, that no window will show."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(drawing)
    return drawing
