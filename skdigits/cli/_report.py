"""What is shown of a tested classifier."""

import os
from math import isnan
from pathlib import Path

from rich.table import Table

from skdigits._files import replacing
from skdigits.inspection._format import percent


def print_report(console, report, figure):
    """Print accuracy and a table of the classes; save the confusion matrix."""
    console.print(accuracy_line(report), highlight=False)
    console.print(_class_table(report.per_class))
    if figure is not None:
        save_confusion_matrix(report.confusion_matrix, report.labels, figure)
        console.print(f"Confusion matrix: {figure}", highlight=False, soft_wrap=True)


def accuracy_line(report):
    """Return the accuracy with its interval, in words."""
    low, high = report.accuracy_interval
    return (
        f"Test accuracy: {percent(report.accuracy)} of {report.n_rows:,} "
        f"(95 % interval {percent(low)} to {percent(high)})"
    )


def _class_table(per_class):
    table = Table()
    for heading in ("digit", "support", "recall", "precision"):
        table.add_column(heading, justify="right")
    table.add_column("most confused with")
    for row in per_class.itertuples():
        times = "time" if row.times == 1 else "times"
        table.add_row(
            str(row.Index),
            f"{row.support:,}",
            _share_or_dash(row.recall),
            _share_or_dash(row.precision),
            f"{row.most_confused_with} ({row.times} {times})" if row.times else "-",
        )
    return table


def _share_or_dash(share):
    return "-" if isnan(share) else percent(share)


def print_repetition(console, repetition):
    """Print how often each class was among the hardest."""
    console.print(repetition.summary(), highlight=False)
    table = Table()
    for heading in ("digit", "among hardest", "mean recall", "lowest", "highest"):
        table.add_column(heading, justify="right")
    for label, seeds, *recalls in repetition.table.itertuples():
        table.add_row(str(label), str(seeds), *map(percent, recalls))
    console.print(table)


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
