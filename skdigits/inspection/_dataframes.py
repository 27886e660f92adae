"""The tables of an error report, as pure functions of codes and labels."""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from skdigits.inspection._statistics import (
    holm,
    lower_recall_p_values,
    wilson_intervals,
)


def label_index(labels, name="label"):
    """Return labels as an index; tuples stay whole."""
    return pd.Index(labels, name=name, tupleize_cols=False)


def per_class_table(labels, matrix):
    """Return support, errors, recall and its interval, precision, F1, confusions."""
    hits, support, named = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    intervals = wilson_intervals(hits, support)
    mistakes = matrix - np.diag(hits)
    most = mistakes.max(axis=1)
    partners = [
        ", ".join(str(label) for label in labels[(row == row.max()) & (row > 0)])
        for row in mistakes
    ]
    # what is undefined is 0 / 0
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {
                "support": support,
                "errors": support - hits,
                "recall": hits / support,
                "recall_low": intervals[:, 0],
                "recall_high": intervals[:, 1],
                "precision": hits / named,
                "f1": 2 * hits / (support + named),
                "most_confused_with": pd.Series(partners, dtype=object).to_numpy(),
                "times": most,
            },
            index=label_index(labels),
        )


def class_ranking_table(labels, true, y_proba):
    """Return the areas below the curves of each class against all others."""
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
    mistakes = matrix - np.diag(matrix.diagonal())
    true, predicted = np.nonzero(mistakes)
    counts = mistakes[true, predicted]
    order = np.argsort(-counts, kind="stable")
    true, predicted, counts = true[order], predicted[order], counts[order]
    return pd.DataFrame(
        {
            "true": labels[true],
            "predicted": labels[predicted],
            "count": counts,
            "rate": counts / matrix.sum(axis=1)[true],
        }
    )


def mistakes_table(labels, true, predicted, y_proba):
    """Return the wrong rows, the most confident first, or in order of the rows."""
    rows = np.flatnonzero(true != predicted)
    if y_proba is not None:
        confidence = y_proba[rows, predicted[rows]]
        rows = rows[np.argsort(-confidence, kind="stable")]
    table = pd.DataFrame(
        {"true": labels[true[rows]], "predicted": labels[predicted[rows]]},
        index=pd.Index(rows, name="row"),
    )
    if y_proba is not None:
        table["probability"] = y_proba[rows, predicted[rows]]
        # as scikit-learn's log_loss, so that no loss is infinite
        of_truth = np.maximum(y_proba[rows, true[rows]], np.finfo(float).eps)
        table["loss"] = -np.log(of_truth)
    return table


def recall_tests_table(labels, matrix):
    """Return each class with rows against all others, the smallest p-value first."""
    support = matrix.sum(axis=1)
    hits = matrix.diagonal()
    p_values = lower_recall_p_values(matrix)
    with np.errstate(invalid="ignore"):
        table = pd.DataFrame(
            {
                "support": support,
                "errors": support - hits,
                "recall": hits / support,
                "recall_of_others": (hits.sum() - hits) / (support.sum() - support),
                "p_value": p_values,
                "p_corrected": holm(p_values),
            },
            index=label_index(labels),
        )
    return table[support > 0].sort_values("p_value", kind="stable")
