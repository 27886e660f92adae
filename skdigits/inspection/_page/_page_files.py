"""An error report as files."""

import json
from pathlib import Path

from skdigits.inspection._page._render import page
from skdigits.inspection._summary import all_tables, sentences


def report_writers(report, folder, title, model=None):
    """Create the folder; return the path of the page and the input of `write_files`."""
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            f"Got folder={str(folder)!r}, which is a file, but expected a folder. "
            "Choose another name."
        )
    # indices that only count would be a column without a name
    tables = {
        name: table.rename_axis("number") if table.index.name is None else table
        for name, table in all_tables(report).items()
    }
    texts = {f"{name}.csv": table.to_csv() for name, table in tables.items()}
    texts["report.json"] = json.dumps(
        _document(report, title, tables), indent=1, allow_nan=False, default=str
    )
    texts["index.html"] = page(report, title, model, files=tuple(texts))
    folder.mkdir(parents=True, exist_ok=True)
    writers = {folder / name: _writer(text) for name, text in texts.items()}
    return folder / "index.html", writers


def _writer(text):
    return lambda path: path.write_text(text, encoding="utf-8", newline="")


def _document(report, title, tables):
    return {
        "title": title,
        "summary": sentences(report),
        "n_rows": report.n_rows,
        "n_errors": report.n_errors,
        "accuracy": report.accuracy,
        "accuracy_interval": report.accuracy_interval,
        "labels": report.labels.tolist(),
        "confusion_matrix": report.confusion_matrix.tolist(),
        "calibration_error": (
            None if report.y_proba is None else report.calibration_error()
        ),
        "tables": {name: _columns(table) for name, table in tables.items()},
    }


def _columns(table):
    """Return the columns of a table as lists, with None for what is undefined."""
    table = table.reset_index().astype(object)
    return table.where(table.notna(), None).to_dict("list")
