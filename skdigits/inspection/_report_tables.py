"""The tables of an error report, as pure functions of codes and labels."""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from skdigits.inspection._statistics import (
    holm,
    lower_recall_p_values,
    wilson_intervals,
)


def label_index(labels):
    """Return labels as an index; tuples stay whole."""
    return pd.Index(labels, name="label", tupleize_cols=False)


def mistakes_of(matrix):
    """Return a confusion matrix without its diagonal."""
    return matrix - np.diag(matrix.diagonal())


def _recalls(labels, matrix):
    hits, support = matrix.diagonal(), matrix.sum(axis=1)
    # what is undefined is 0 / 0
    with np.errstate(invalid="ignore"):
        recall = hits / support
    columns = {"support": support, "errors": support - hits, "recall": recall}
    return pd.DataFrame(columns, index=label_index(labels))


def per_class_table(labels, matrix):
    """Return support, errors, recall and its interval, precision, F1, confusions."""
    hits, support, named = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    mistakes = mistakes_of(matrix)
    partners = [
        ", ".join(str(label) for label in labels[(row == row.max()) & (row > 0)])
        for row in mistakes
    ]
    table = _recalls(labels, matrix)
    table[["recall_low", "recall_high"]] = wilson_intervals(hits, support)
    with np.errstate(invalid="ignore"):
        table["precision"] = hits / named
        table["f1"] = 2 * hits / (support + named)
    table["most_confused_with"] = np.array(partners, dtype=object)
    table["times"] = mistakes.max(axis=1)
    return table


def class_ranking_table(labels, true, y_proba):
    """Return the areas under the curves of each class against all others."""
    counts = np.bincount(true, minlength=len(labels))
    shown = np.flatnonzero((counts > 0) & (counts < len(true)))
    metrics = {"roc_auc": roc_auc_score, "average_precision": average_precision_score}
    areas = {
        name: [area(true == i, y_proba[:, i]) for i in shown]
        for name, area in metrics.items()
    }
    return pd.DataFrame(areas, index=label_index(labels[shown]), dtype=float)


def confusions_table(labels, matrix):
    """Return the pairs (true, predicted) that occur, the most frequent first."""
    mistakes = mistakes_of(matrix)
    true, predicted = np.nonzero(mistakes)
    counts = mistakes[true, predicted]
    table = pd.DataFrame(
        {
            "true": labels[true],
            "predicted": labels[predicted],
            "count": counts,
            "rate": counts / matrix.sum(axis=1)[true],
        }
    )
    how = {"ascending": False, "kind": "stable", "ignore_index": True}
    return table.sort_values("count", **how)


def mistakes_table(labels, true, predicted, y_proba):
    """Return the misclassified rows, the most confident first or in row order."""
    rows = np.flatnonzero(true != predicted)
    table = pd.DataFrame(
        {"true": labels[true[rows]], "predicted": labels[predicted[rows]]},
        index=pd.Index(rows, name="row"),
    )
    if y_proba is None:
        return table
    table["probability"] = y_proba[rows, predicted[rows]]
    # as scikit-learn's log_loss, so that no loss is infinite
    of_truth = np.maximum(y_proba[rows, true[rows]], np.finfo(float).eps)
    table["loss"] = -np.log(of_truth)
    return table.sort_values("probability", ascending=False, kind="stable")


def recall_tests_table(labels, matrix):
    """Return each class with rows against all others, the smallest p-value first."""
    support, hits = matrix.sum(axis=1), matrix.diagonal()
    table = _recalls(labels, matrix)
    with np.errstate(invalid="ignore"):
        others = (hits.sum() - hits) / (support.sum() - support)
    table["recall_of_others"] = others
    table["p_value"] = lower_recall_p_values(matrix)
    table["p_corrected"] = holm(table["p_value"])
    return table[support > 0].sort_values("p_value", kind="stable")
