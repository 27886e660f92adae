"""What is shown of a tested classifier."""

import json
from math import isnan

import skdigits
from skdigits.cli._console import new_table, say
from skdigits.cli._outputs import new_figure


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
    table = new_table("digit", "support", "recall", "precision")
    table.add_column("most confused with")
    for row in report.per_class.itertuples():
        times = "time" if row.times == 1 else "times"
        table.add_row(
            str(row.Index),
            f"{row.support:,}",
            percent(row.recall),
            percent(row.precision),
            f"{row.most_confused_with} ({row.times} {times})" if row.times else "-",
        )
    console.print(table)


def accuracy_line(report):
    """Return the accuracy with its interval, in words."""
    low, high = map(percent, report.accuracy_interval)
    return (
        f"Test accuracy: {percent(report.accuracy)} of {report.n_rows:,} "
        f"(95 % interval {low} to {high})"
    )


def percent(share):
    """Return a share as every command prints it."""
    return "-" if isnan(share) else skdigits.inspection.percent(share)


def print_repetition(console, repetition):
    """Print how often each class was among the hardest."""
    console.print(repetition.summary())
    table = new_table("digit", "among hardest", "mean recall", "lowest", "highest")
    for label, seeds, *recalls in repetition.table.itertuples():
        table.add_row(str(label), str(seeds), *map(percent, recalls))
    console.print(table)


def confusion_matrix(report):
    """Return the drawing of the confusion matrix of an `ErrorReport`, in integers."""
    drawing = new_figure(1, 1)
    display = skdigits.inspection.ConfusionHeatmapDisplay.from_report(
        report, grey_diagonal=True, ax=drawing.subplots()
    )
    width, height = display.figsize()
    # with room for the title
    drawing.set_size_inches(width, height + 0.4)
    drawing.suptitle(f"Test accuracy {percent(report.accuracy)} of {report.n_rows:,}")
    return drawing
