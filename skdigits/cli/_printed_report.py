"""What is shown of a tested classifier."""

import json
from math import isnan

from rich.table import Table

from skdigits.cli._console import say
from skdigits.inspection import ErrorReport, percent


def report_on_test(estimator, digits):
    """Return the `ErrorReport` of a trained classifier on what was held out."""
    images, target = digits.test
    y_proba = estimator.predict_proba(images)
    return ErrorReport.from_predictions(
        target, y_proba=y_proba, labels=estimator.classes_
    )


def as_plain(report):
    """Return the figures of a report as JSON holds them."""
    per_class = report.per_class[["support", "errors", "recall", "precision"]]
    return {
        "n": report.n_rows,
        "n_errors": report.n_errors,
        "accuracy": report.accuracy,
        "accuracy_interval_95": report.accuracy_interval,
        "calibration_error": report.calibration_error(),
        "hardest": report.hardest_in_words(),
        "classes": plain_rows(per_class.reset_index()),
    }


def plain_rows(table):
    """Return the rows of a table as dictionaries, with None for what is undefined."""
    return json.loads(table.to_json(orient="records", double_precision=15))


def print_report(console, report):
    """Print accuracy and a table of the classes."""
    say(console, accuracy_line(report))
    console.print(_class_table(report.per_class))


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
    console.print(repetition.summary())
    table = Table()
    for heading in ("digit", "among hardest", "mean recall", "lowest", "highest"):
        table.add_column(heading, justify="right")
    for label, seeds, *recalls in repetition.table.itertuples():
        table.add_row(str(label), str(seeds), *map(percent, recalls))
    console.print(table)
