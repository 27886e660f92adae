"""skdigits evaluate."""

import json

import numpy as np
from sklearn.pipeline import Pipeline

from skdigits import load
from skdigits._files import write_files
from skdigits._validation import check_integer
from skdigits.cli._console import new_console, say
from skdigits.cli._given_data import find_source
from skdigits.cli._outputs import (
    check_figure,
    check_report_folder,
    confusion_matrix_output,
)
from skdigits.cli._printed_report import (
    as_plain,
    plain_rows,
    print_repetition,
    print_report,
)
from skdigits.cli._setup import say_data
from skdigits.datasets import MNIST_SHAPE
from skdigits.handwriting import HandwritingNormalizer
from skdigits.inspection import ErrorReport, repeat_over_seeds, report_writers


def run(
    model, data, normalize, label_column, figure, report_folder, n_seeds, quiet, as_json
):
    """Load the model and the data, test."""
    console = new_console(quiet or as_json)
    _check_options(figure, report_folder, n_seeds)
    estimator = load(model)
    classifier = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    normalizes = _normalizes(estimator)
    normalize = _whether_to_normalize(normalize, classifier, normalizes)
    source = find_source(data, classifier.image_shape_, normalize, label_column)
    digits = source.load_test()
    say_data(console, digits, normalize)
    if normalizes and digits.normalized:
        # once is enough
        estimator = estimator[1:]
    report = _tested(estimator, classifier.classes_, *digits.test)
    print_report(console, report)
    title = f"Errors of {model.name}: {digits.description}"
    _write(console, report, title, model.name, figure, report_folder)
    answer = {"data": digits.description} | as_plain(report)
    if n_seeds is not None:
        repetition = _repeat(console, estimator, source.load(), n_seeds)
        answer["seeds"] = plain_rows(repetition.table.reset_index())
    if as_json:
        print(json.dumps(answer))


def _normalizes(estimator):
    is_pipeline = isinstance(estimator, Pipeline)
    return is_pipeline and isinstance(estimator[0], HandwritingNormalizer)


def _whether_to_normalize(normalize, classifier, normalizes):
    """Return what `load_digit_images` takes for the user's pictures."""
    if normalizes and normalize is False:
        raise ValueError(
            "Got --no-normalize for a model that brings pictures into MNIST's form "
            "itself, but expected another model. Leave the option out."
        )
    if normalize is not None or normalizes:
        return normalize or normalizes
    return "auto" if classifier.image_shape_ == MNIST_SHAPE else False


def _check_options(figure, report_folder, n_seeds):
    if figure is not None:
        check_figure(figure)
    if report_folder is not None:
        check_report_folder(report_folder)
    if n_seeds is not None:
        check_integer("seeds", n_seeds)


def _write(console, report, title, model, figure, report_folder):
    """Write what is wanted, all or none, as it belongs together; say where it is."""
    places, writers = {}, {}
    if figure is not None:
        path, write = confusion_matrix_output(report, figure)
        places["Confusion matrix"], writers[path] = path, write
    if report_folder is not None:
        places["Report"], its_writers = report_writers(
            report, report_folder, title, model
        )
        writers |= its_writers
    write_files(writers)
    for words, path in places.items():
        say(console, f"{words}: {path}")


def _tested(estimator, labels, images, target):
    """Return the `ErrorReport` on pictures of known labels."""
    return ErrorReport.from_predictions(
        _as_known(target, labels),
        y_proba=estimator.predict_proba(images),
        X=images,
        labels=labels,
    )


def _as_known(target, labels):
    """Return the true labels as the model knows them, or raise a ValueError."""
    if labels.dtype.kind == "U":
        # folders 0 to 9 are integers, which the model may know as strings
        target = target.astype(str)
    unknown = np.setdiff1d(target, labels).tolist()
    if unknown:
        raise ValueError(
            f"Got pictures of {unknown[0]!r}, but expected only the labels of the "
            f"model, {labels.tolist()}. Test on other data."
        )
    return target


def _repeat(console, estimator, digits, n_seeds):
    """Train again, with other seeds; tell which digits are the hardest, return it."""
    say(console, f"Training {n_seeds} times on: {digits.description}.")
    with console.status("Training"):
        repetition = repeat_over_seeds(
            estimator, *digits.train, *digits.test, n_seeds=n_seeds
        )
    print_repetition(console, repetition)
    return repetition
