"""Figures as text."""

from html import escape

import numpy as np
import pandas as pd

_SHARES = {
    *("recall", "recall_low", "recall_high", "recall_of_others", "precision"),
    *("rate", "share", "accuracy", "accuracy_low", "accuracy_high", "wanted_accuracy"),
}
# Integers that are names, not counts.
_NAMES = {"row", "label", "true", "predicted"}


def percent(share):
    """Return a share as a percentage; rounding never makes it 0 % or 100 %."""
    if np.isnan(share):
        return "undefined"
    for digits in range(2, 16):
        number = f"{100 * share:.{digits}f}"
        if share in (0, 1) or float(number) not in (0, 100):
            break
    return f"{number} %"


def p_text(p):
    """Return a p-value as text for a sentence."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def html_of(summary, table, form="{:.3f}", figure=""):
    """Return a summary, a figure in HTML and a table as a notebook shows them."""
    # the name of the index in the corner: pandas would leave a row for it
    table = table.rename_axis(index=None, columns=table.index.name or "class")
    # as many rows as pandas shows of its own
    most = pd.get_option("display.max_rows")
    shown = table.to_html(float_format=form.format, max_rows=most)
    return f"<p>{escape(summary)}</p>\n{figure}{shown}"


def enumeration(parts):
    """Join parts as in a sentence."""
    *most, last = [str(part) for part in parts]
    return f"{', '.join(most)} and {last}" if most else last


def as_text(table):
    """Return a table with its index, if it has a name, and all cells as text."""
    if table.index.name is not None:
        table = table.reset_index()
    cells = {
        column: [_cell(column, value) for value in table[column]] for column in table
    }
    table = pd.DataFrame(cells, dtype=object)
    return table.rename(columns=lambda column: column.replace("_", " "))


def _cell(column, value):
    if isinstance(value, int | np.integer) and column not in _NAMES:
        return f"{value:,}"
    if not isinstance(value, float | np.floating) or column in _NAMES:
        return str(value)
    if np.isnan(value):
        return "-"
    if column in _SHARES:
        return percent(value)
    return f"{value:.4f}" if value >= 0.001 or value == 0 else f"{value:.1e}"


def markdown_table(table):
    """Return a table of text as Markdown."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)
