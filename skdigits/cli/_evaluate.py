"""skdigits evaluate."""

import json
from pathlib import Path
from typing import Annotated

import typer

import skdigits
from skdigits.cli import _options as options
from skdigits.cli._console import new_console, say
from skdigits.cli._given_data import TEST_HELP, find_source
from skdigits.cli._outputs import check_outputs, check_report_folder, figure_output
from skdigits.cli._printed_report import (
    as_plain,
    confusion_matrix,
    plain_rows,
    print_repetition,
    print_report,
)
from skdigits.cli._saved_model import as_known, whether_to_normalize
from skdigits.cli._train_and_tune import say_data


def evaluate(
    model: options.Model,
    data: Annotated[str, options.data(TEST_HELP)] = "auto",
    normalize: options.Normalize = None,
    label_column: options.LabelColumn = None,
    figure: Annotated[
        Path | None, options.file("Where to save the confusion matrix.", "nowhere")
    ] = None,
    report: Annotated[
        Path | None,
        options.folder(
            "Folder for an error report: a page, index.html, with its figures as JSON "
            "and CSV.",
            "nowhere",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Train N more times, with seeds 0 to N - 1, and report how often "
            "each digit was among the two hardest.",
            show_default="0",
        ),
    ] = None,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
):
    """Test a saved classifier.

    Examples:
      skdigits evaluate digits.safetensors
      skdigits evaluate digits.safetensors --data more_photos --report errors
      skdigits evaluate digits.safetensors --seeds 5
      skdigits evaluate digits.safetensors --json
    """
    from skdigits._pipeline import begins_with_normalizer
    from skdigits.persistence import load_with_card

    console = new_console(quiet or as_json)
    _check_options(figure, report, seeds)
    estimator, card = load_with_card(model)
    classifier = estimator[-1] if hasattr(estimator, "steps") else estimator
    normalizes = begins_with_normalizer(estimator)
    normalize = whether_to_normalize(normalize, classifier, normalizes, card)
    source = find_source(
        data,
        image_shape=classifier.image_shape_,
        normalize=normalize,
        label_column=label_column,
    )
    digits = source.load(test_only=True)
    say_data(console, digits, normalize)
    if normalizes and digits.normalized:
        # once is enough
        estimator = estimator[1:]
    images, target = digits.test
    target = as_known(target, classifier.classes_)
    errors = skdigits.inspection.ErrorReport.from_estimator(estimator, images, target)
    print_report(console, errors)
    title = f"Errors of {model.name}: {digits.description}"
    _write(console, errors, title, model.name, figure, report)
    result = {"data": digits.description} | as_plain(errors)
    if seeds is not None:
        repetition = _repeat(console, estimator, source.load(), seeds)
        result["seeds"] = plain_rows(repetition.table.reset_index())
    if as_json:
        print(json.dumps(result))


def _check_options(figure, report_folder, n_seeds):
    from skdigits._validation import check_integer

    check_outputs(figure=figure)
    if report_folder is not None:
        check_report_folder(report_folder)
    if n_seeds is not None:
        check_integer("seeds", n_seeds)


def _write(console, report, title, model, figure, report_folder):
    """Write the requested files, all or none, and print their paths."""
    from skdigits._files import write_files

    places, writers = {}, {}
    if figure is not None:
        path, write = figure_output(figure, confusion_matrix, report)
        places["Confusion matrix"], writers[path] = path, write
    if report_folder is not None:
        places["Report"], its_writers = skdigits.inspection.report_writers(
            report, report_folder, title, model
        )
        writers |= its_writers
    write_files(writers)
    for words, path in places.items():
        say(console, f"{words}: {path}")


def _repeat(console, estimator, digits, n_seeds):
    """Train again with other seeds; print and return which digits are the hardest."""
    say(console, f"Training {n_seeds} times on: {digits.description}.")
    with console.status("Training"):
        repetition = skdigits.inspection.repeat_over_seeds(
            estimator, *digits.train, *digits.test, n_seeds=n_seeds
        )
    print_repetition(console, repetition)
    return repetition
