"""An error report in words, and the tables that are shown to a reader."""

import numpy as np

from skdigits.inspection._numbers import (
    as_text,
    enumeration,
    markdown_table,
    p_text,
    percent,
)

# What a reader sees of the tables, and how many lines of the long ones.
_HEADINGS = {
    "per_class": "Classes",
    "recall_tests": "Each class against all others",
    "confusions": "Confusions",
    "mistakes": "Mistakes",
    "calibration": "Calibration",
    "referral": "What to hand to a person",
    "class_ranking": "How well each class is told apart from all others",
}
_SHOWN = 20

# What the pretrained model predicts for something that is no digit.
NO_DIGIT = "-1"

# The summary says what the next of these above the accuracy would cost.
_WANTED = (0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 1.0)

# A tie of more pairs than this is not worth their names.
_NAMED_PAIRS = 3

# Longer titles of mistakes are broken.
_LONG = 13


def sentences(report):
    """Return five sentences on a report, each true to its figures."""
    common = [
        accuracy_sentence(report),
        hardest_sentence(report),
        confusion_sentence(report),
    ]
    if report.y_proba is not None:
        return [*common, calibration_sentence(report), referral_sentence(report)]
    return [
        *common,
        precision_sentence(report),
        "No probabilities were passed, so calibration and doubtful cases are left out.",
    ]


def noun(report):
    """Return the noun for the rows."""
    return "rows" if report.images is None else "images"


def accuracy_sentence(report):
    """Return a sentence on the accuracy."""
    low, high = report.accuracy_interval
    return (
        f"{report.n_rows - report.n_errors:,} of {report.n_rows:,} {noun(report)} are "
        f"classified correctly: an accuracy of {percent(report.accuracy)} (95 % "
        f"interval {percent(low)} to {percent(high)})."
    )


def hardest_sentence(report, alpha=0.05):
    """Return a sentence that names the hardest classes, if the data show any."""
    tests = report.recall_tests
    if len(tests) < 2:
        return f"All {noun(report)} are of one class, so no class can be harder."
    if tests["recall"].nunique() == 1:
        return "All classes have the same recall, so none is harder than the others."
    by = f"by Fisher's exact test with Holm's correction at {100 * alpha:g} %"
    hardest = report.hardest(alpha)
    if hardest.empty:
        lowest = tests.index[tests["recall"] == tests["recall"].min()]
        return (
            f"No class is shown to be harder than all others together {by} (smallest "
            f"corrected {p_text(tests['p_corrected'].min())}); the lowest recall, "
            f"{percent(tests['recall'].min())}, is that of {enumeration(lowest)}."
        )
    names = enumeration(
        f"{line.Index} ({percent(line.recall)}, {p_text(line.p_corrected)})"
        for line in hardest.itertuples()
    )
    verb = "has" if len(hardest) == 1 else "have each"
    return f"{names} {verb} a lower recall than all other classes together, {by}."


def confusion_sentence(report):
    """Return a sentence with the most frequent confusion."""
    confusions = report.confusions
    if confusions.empty:
        return "No class is taken for another."
    most = confusions["count"].max()
    times = "once" if most == 1 else f"{most:,} times"
    pairs = confusions[confusions["count"] == most]
    if len(pairs) > _NAMED_PAIRS:
        return (
            f"No confusion stands out: {len(pairs)} pairs of classes are confused "
            f"{times}, and none more often."
        )
    names = enumeration(
        " ".join(_words(true, predicted, "taken for"))
        for true, predicted in zip(pairs["true"], pairs["predicted"], strict=True)
    )
    share = percent(pairs["count"].sum() / report.n_errors)
    kind, each = (
        ("confusion is", "") if len(pairs) == 1 else ("confusions are", " each")
    )
    return f"The most frequent {kind} {names}, {times}{each}: {share} of all mistakes."


def _words(true, predicted, verb):
    """Return the true label and what it is predicted as, in words."""
    true = "no digit" if str(true) == NO_DIGIT else str(true)
    is_rejected = str(predicted) == NO_DIGIT
    return true, "rejected as no digit" if is_rejected else f"{verb} {predicted}"


def precision_sentence(report):
    """Return a sentence with the class of lowest precision."""
    precision = report.per_class["precision"]
    lowest = precision.min()
    names = enumeration(precision.index[precision == lowest])
    return f"The lowest precision is {percent(lowest)}, that of {names}."


def calibration_sentence(report):
    """Return a sentence on the mean probability and the accuracy."""
    bins = report.calibration()
    mean = float(np.average(bins["probability"], weights=bins["count"]))
    points = f"{100 * abs(mean - report.accuracy):.2f}"
    direction = "above" if mean > report.accuracy else "below"
    against = "equal to" if float(points) == 0 else f"{points} points {direction}"
    return (
        f"The mean probability of the predictions is {percent(mean)}, {against} the "
        "accuracy, and the expected calibration error over 15 bins is "
        f"{report.calibration_error():.4f}."
    )


def referral_sentence(report):
    """Return a sentence on the cost of a higher accuracy."""
    if report.n_errors == 0:
        return "There are no mistakes, so nothing needs to be handed to a person."
    wanted = next(share for share in _WANTED if share > report.accuracy)
    line = report.referral([wanted]).iloc[0]
    goal = f"right in {percent(wanted)} of the {noun(report)} that it keeps"
    if line["share"] == 1:
        return f"No threshold on the probability lets the classifier be {goal}."
    return (
        f"To be {goal}, the classifier has to hand {int(line['rows']):,} of them "
        f"({percent(line['share'])}) to a person: those with a probability below about "
        f"{line['threshold']:.4f}."
    )


def mistake_titles(mistakes):
    """Return the text above the image of each mistake."""
    titles = []
    for line in mistakes.itertuples():
        words = _words(line.true, line.predicted, "read as")
        title = " ".join(words)
        if len(title) > _LONG:
            title = "\n".join(words)
        if "probability" in mistakes:
            title += f"\nat {100 * line.probability:.0f} %"
        titles.append(title)
    return titles


def all_tables(report):
    """Return each table of a report by its name."""
    tables = {
        "per_class": report.per_class,
        "recall_tests": report.recall_tests,
        "confusions": report.confusions,
        "mistakes": report.mistakes,
    }
    if report.y_proba is not None:
        tables["calibration"] = report.calibration()
        tables["referral"] = report.referral()
        tables["risk_coverage"] = report.risk_coverage
        tables["class_ranking"] = report.class_ranking
    return tables


def shown_tables(report, every_class=True):
    """Return the heading and the cells, as text, of each table to show.

    Unless ``every_class``, classes without a row are left out.
    """
    tables, shown = all_tables(report), {}
    for name, heading in _HEADINGS.items():
        if name not in tables or tables[name].empty:
            continue
        table = tables[name]
        if name == "per_class" and not every_class:
            table = table[table["support"] > 0]
        n_lines = len(table)
        if name in ("confusions", "mistakes") and n_lines > _SHOWN:
            heading = f"{heading}: the first {_SHOWN} of {n_lines:,}"
            table = table[:_SHOWN]
        shown[name] = heading, as_text(table)
    return shown


def markdown(report):
    """Return the summary and the tables as Markdown."""
    parts = ["# Error report", " ".join(sentences(report))]
    for heading, table in shown_tables(report).values():
        parts += [f"## {heading}", markdown_table(table)]
    return "\n\n".join(parts) + "\n"
