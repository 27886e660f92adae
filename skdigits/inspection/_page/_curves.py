"""How well each class is separated from the others: ROC, precision and recall."""

from sklearn.metrics import precision_recall_curve, roc_curve


def draw_curves(report, figure):
    """Draw both curves for each class that has rows and is not the only one."""
    figure.set_size_inches(9, 4.4)
    roc, precision_recall = figure.subplots(1, 2)
    for number, label in enumerate(report.labels):
        is_it = report.true == number
        if not 0 < is_it.sum() < len(is_it):
            continue
        share = report.y_proba[:, number]
        false, true, _ = roc_curve(is_it, share)
        precision, recall, _ = precision_recall_curve(is_it, share)
        roc.plot(false, true, label=str(label), lw=1.2)
        precision_recall.plot(recall, precision, lw=1.2)
    roc.set(xlabel="False positive rate", ylabel="True positive rate", title="ROC")
    precision_recall.set(
        xlabel="Recall", ylabel="Precision", title="Precision and recall"
    )
    if 0 < len(roc.lines) <= 20:
        figure.legend(loc="outside right upper", title="class")
