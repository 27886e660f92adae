"""What is shown of a tested classifier."""

import os
import secrets
from pathlib import Path

import numpy as np
from rich.table import Table


def report(console, labels, target, predicted, figure):
    """Print accuracy and a table of the classes; save the confusion matrix."""
    from sklearn.metrics import confusion_matrix

    matrix = confusion_matrix(target, predicted, labels=labels)
    console.print(accuracy_line(matrix), highlight=False)
    console.print(_class_table(matrix, labels))
    if figure is not None:
        save_confusion_matrix(matrix, labels, figure)
        console.print(f"Confusion matrix: {figure}", highlight=False, soft_wrap=True)


def accuracy_line(matrix):
    """Return the accuracy in a confusion matrix, with its interval, in words."""
    from scipy.stats import binomtest

    hits, total = int(np.trace(matrix)), int(matrix.sum())
    interval = binomtest(hits, total).proportion_ci(method="wilson")
    return (
        f"Test accuracy: {hits / total:.2%} of {total:,} "
        f"(95 % interval {interval.low:.2%} to {interval.high:.2%})"
    )


def _class_table(matrix, labels):
    table = Table()
    for heading in ("digit", "support", "recall", "precision"):
        table.add_column(heading, justify="right")
    table.add_column("most confused with")
    for row, label in enumerate(labels):
        hits, support = matrix[row, row], matrix[row].sum()
        table.add_row(
            str(label),
            f"{support:,}",
            _share(hits, support),
            _share(hits, matrix[:, row].sum()),
            _most_confused_with(matrix[row], row, labels),
        )
    return table


def _share(part, whole):
    return f"{part / whole:.2%}" if whole else "-"


def _most_confused_with(counts, row, labels):
    mistakes = counts.copy()
    mistakes[row] = 0
    if not mistakes.any():
        return "-"
    worst = mistakes.max()
    names = [str(labels[column]) for column in np.flatnonzero(mistakes == worst)]
    return f"{', '.join(names)} ({worst} {'time' if worst == 1 else 'times'})"


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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from sklearn.metrics import ConfusionMatrixDisplay

    side = 3 + 0.45 * len(labels)
    drawing = Figure(figsize=(side, side), layout="constrained")
    FigureCanvasAgg(drawing)
    display = ConfusionMatrixDisplay(matrix, display_labels=labels)
    display.plot(ax=drawing.subplots(), cmap="Blues", colorbar=False, values_format="d")
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp")
    try:
        drawing.savefig(temporary, format=path.suffix.lower().lstrip("."), dpi=150)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
