"""The files that commands write: checked first, then written whole or not at all."""

import os
from importlib.util import find_spec
from pathlib import Path

from skdigits.cli._console import say


def check_outputs(figure=None, **files):
    """Raise an error now rather than after the work.

    The files are named by what they hold.
    """
    from skdigits._files import check_writable

    files |= {} if figure is None else {"figure": figure}
    check_different(**files)
    for path in files.values():
        check_writable(path)
    if figure is not None:
        _check_kind(figure)


def check_different(**files):
    """Raise an error if one file is given for two outputs, as one would be lost."""
    names: dict = {}
    for name, path in files.items():
        other = names.setdefault(Path(path).resolve(), name)
        if other != name:
            raise ValueError(
                f"Got {str(path)!r} for both the {other} and the {name}, but expected "
                "two files. Change one."
            )


def check_tables(boxes=None, **tables):
    """Raise an error now rather than after the work; some may be None."""
    tables = {name: path for name, path in tables.items() if path is not None}
    for name, path in tables.items():
        kind = path.suffix.lower()
        if kind not in (".csv", ".xlsx"):
            raise ValueError(
                f"Got {name}={str(path)!r}, but expected a name that ends in .csv or "
                ".xlsx. Change the suffix."
            )
        if kind == ".xlsx" and find_spec("openpyxl") is None:
            raise ValueError(
                f"Got {name}={str(path)!r}, but expected a name that ends in .csv, as "
                "openpyxl is not installed. Change the suffix, or install it with pip "
                "install openpyxl."
            )
    check_different(**tables | ({} if boxes is None else {"boxes": boxes}))
    check_outputs(**tables)


def check_new(model, force):
    """Raise an error if a model would be lost, which may have taken hours."""
    if os.path.exists(model) and not force:
        raise FileExistsError(
            f"Got {str(model)!r}, which already exists, but expected a new file. "
            "Choose another one with --output, or pass --force to overwrite it."
        )


def _check_kind(figure):
    from matplotlib.backend_bases import FigureCanvasBase

    kinds = FigureCanvasBase.get_supported_filetypes()
    if Path(figure).suffix.lower().lstrip(".") not in kinds:
        raise ValueError(
            f"Got figure={str(figure)!r}, but expected a name that ends in one of "
            f"{', '.join(sorted(kinds))}. Change the suffix."
        )


def check_report_folder(path):
    """Raise an error now rather than after the training."""
    from skdigits._files import check_writable

    path = Path(path)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(
            f"Got {str(path)!r}, which is a file, but expected a folder. Choose "
            "another name."
        )
    # the report makes the folder, but not those above it
    check_writable(path / "index.html" if path.is_dir() else path)


def write_outputs(console, outputs):
    """Write files at the same moment and print which; one that fails affects no other.

    Parameters
    ----------
    console : rich.console.Console

    outputs : dict
        For what is printed of each file: its path, and a function that writes to a
        temporary path.

    Raises
    ------
    Exception
        The first one of those that could not be written.
    """
    from skdigits._files import write_files

    failures: dict = {}
    write_files(dict(outputs.values()), failures)
    for words, (path, _) in outputs.items():
        if path not in failures:
            say(console, f"{words}: {path}")
    for error in failures.values():
        raise error


def figure_output(path, draw, *arguments):
    """Return an output: the figure that ``draw`` returns, as the path's suffix says."""
    kind = Path(path).suffix.lower().lstrip(".")

    def write(temporary):
        draw(*arguments).savefig(temporary, format=kind, dpi=150)

    return path, write


def table_output(path, make, *arguments):
    """Return an output: the DataFrame that ``make`` returns, as the suffix says."""

    def write(temporary):
        table = make(*arguments)
        if path.suffix.lower() == ".csv":
            table.to_csv(temporary, index=False)
        else:
            _write_workbook(table, temporary)

    return path, write


def _write_workbook(table, path):
    from pandas import ExcelWriter

    # not its path, whose suffix is another one
    with path.open("wb") as file, ExcelWriter(file, engine="openpyxl") as workbook:
        table.to_excel(workbook, index=False)
        for row in workbook.book.active.iter_rows():
            for cell in row:
                # a name that begins with = is text all the same
                if cell.data_type == "f":
                    cell.data_type = "s"


def new_figure(width, height):
    """Return a figure, its sides in inches, that no window will show."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(width, height), layout="constrained")
    # on which seaborn sees whether labels overlap, and turns them
    FigureCanvasAgg(drawing)
    return drawing
