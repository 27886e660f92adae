"""Digits in colour, and tables with names of pixels."""

import numpy as np
from sklearn.datasets import load_digits


def coloured_digits(n=300, seed=0):
    """Return images (n, 8, 8, 3) of dtype uint8 and labels; ink of any hue on black."""
    X, y = load_digits(return_X_y=True)
    ink = np.random.default_rng(seed).uniform(100, 255, (n, 1, 1, 3))
    return np.uint8(X[:n].reshape(n, 8, 8, 1) / 16 * ink), y[:n]


def make_table(kind, X):
    """Return rows as a table of pandas, polars or pyarrow that names each pixel."""
    names = [f"pixel{number}" for number in range(X.shape[1])]
    if kind == "pandas":
        import pandas

        return pandas.DataFrame(X, columns=names)
    if kind == "polars":
        import polars

        return polars.DataFrame(X, schema=names)
    import pyarrow

    return pyarrow.table(dict(zip(names, X.T, strict=True)))


def turned_round(table):
    """Return a table with the same columns in the opposite order."""
    if hasattr(table, "column_names"):
        return table.select(table.column_names[::-1])
    return table[list(table.columns)[::-1]]


TABLES = ["pandas", "polars", "pyarrow"]
