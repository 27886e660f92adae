"""skdigits train."""

from pathlib import Path
from typing import Annotated

import typer

import skdigits
from skdigits.cli import _options as options
from skdigits.cli._console import new_console
from skdigits.cli._epoch_bar import epoch_bar
from skdigits.cli._fine_tune import fine_tuned
from skdigits.cli._given_data import HELP
from skdigits.cli._outputs import check_new, check_outputs, figure_output, write_outputs
from skdigits.cli._printed_report import confusion_matrix, print_report
from skdigits.cli._train_and_tune import data_and_classifier, model_output

FIGURE = Path("confusion_matrix.png")


def train(
    context: typer.Context,
    data: Annotated[str, options.data(HELP)] = "auto",
    model: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Continue with a model: a file made by train, or pretrained. "
            "Images like those that it was trained on are mixed in so that it "
            "does not forget them. --epochs is then 10 by default.",
            show_default="a new network",
        ),
    ] = None,
    normalize: options.Normalize = None,
    label_column: options.LabelColumn = None,
    preset: Annotated[
        str | None,
        options.preset(
            "Network and training", "balanced; with --from, the model's own network"
        ),
    ] = None,
    epochs: options.Epochs = None,
    seed: options.Seed = 0,
    output: Annotated[Path, options.file("Where to save the model.")] = options.MODEL,
    figure: Annotated[
        Path, options.file("Where to save the confusion matrix.")
    ] = FIGURE,
    force: options.Force = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
):
    """Train a classifier, test it, and save it with its confusion matrix.

    Examples:
      skdigits train
      skdigits train --data mnist --preset fast --seed 1 --output fast.safetensors
      skdigits train --data my_photos
      skdigits train --from pretrained --data corrections.zip
    """
    console = new_console(quiet)
    check_outputs(model=output, figure=figure)
    check_new(output, force)
    options_of_both = {
        "data": data,
        "normalize": normalize,
        "label_column": label_column,
        "epochs": epochs,
        "random_state": seed,
    }
    if model is None:
        trained = _new_model(console, preset or "balanced", **options_of_both)
    elif preset is None:
        trained = fine_tuned(console, model, **options_of_both)
    else:
        raise ValueError(
            f"Got --preset {preset} with --from {model}, which already has a "
            "network, but expected only one of the two. Leave one out."
        )
    digits, pipeline, about = trained
    report = skdigits.inspection.ErrorReport.from_estimator(pipeline, *digits.test)
    print_report(console, report)
    saved = model_output(output, pipeline, digits, report, context.obj, about)
    outputs = {
        "Confusion matrix": figure_output(figure, confusion_matrix, report),
        "Model": saved,
    }
    write_outputs(console, outputs)


def _new_model(console, preset, **options_of_data):
    digits, classifier = data_and_classifier(console, preset=preset, **options_of_data)
    pipeline = skdigits.make_digit_pipeline(classifier)
    with epoch_bar(console, classifier):
        pipeline.fit(*digits.train)
    about = {"preset": preset, "normalize": options_of_data["normalize"]}
    return digits, pipeline, about
