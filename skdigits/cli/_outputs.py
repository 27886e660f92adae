"""The files that commands write: checked before the work, then whole or not there."""

import os
from pathlib import Path

from skdigits._files import replacing


def check_figure(path):
    """Raise an error now rather than after the training."""
    from matplotlib.backend_bases import FigureCanvasBase

    kinds = FigureCanvasBase.get_supported_filetypes()
    if Path(path).suffix.lower().lstrip(".") not in kinds:
        raise ValueError(
            f"Got figure={str(path)!r}, but expected a name that ends in one of "
            f"{', '.join(sorted(kinds))}. Change the suffix."
        )
    check_folder(path)


def check_report_folder(path):
    """Raise an error now rather than after the training."""
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(
            f"Got {str(path)!r}, which is a file, but expected a folder. Choose "
            "another name."
        )
    # the report makes the folder, but not those above it
    check_folder(path / "index.html" if path.is_dir() else path)


def check_folder(path):
    """Raise an error now rather than after the training."""
    folder = Path(path).parent
    if Path(path).is_dir():
        raise IsADirectoryError(
            f"Got {str(path)!r}, which is a folder, but expected the name of a file. "
            "Add one."
        )
    if folder.is_dir() and not os.access(folder, os.W_OK):
        raise PermissionError(
            f"Got the file {str(path)!r}, but expected a folder that you may write "
            "to. Choose another."
        )
    if not folder.is_dir():
        raise FileNotFoundError(
            f"Got the file {str(path)!r}, but expected an existing folder. Create "
            f"{str(folder)!r} first."
        )


def save_confusion_matrix(matrix, labels, path):
    """Draw the confusion matrix with integers and save it in one step."""
    from sklearn.metrics import ConfusionMatrixDisplay

    side = 3 + 0.45 * len(labels)
    drawing = new_figure(side, side)
    display = ConfusionMatrixDisplay(matrix, display_labels=labels)
    display.plot(ax=drawing.subplots(), cmap="Blues", colorbar=False, values_format="d")
    save_figure(drawing, path)


def new_figure(width, height):
    """Return a figure, its sides in inches, that no window will show."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(drawing)
    return drawing


def save_figure(drawing, path):
    """Save a figure in one step, as the suffix of its name says."""
    with replacing(path) as temporary:
        kind = Path(path).suffix.lower().lstrip(".")
        drawing.savefig(temporary, format=kind, dpi=150)
