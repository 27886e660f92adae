"""skdigits train."""

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

import skdigits
from skdigits.cli import _options as options
from skdigits.cli._console import new_console
from skdigits.cli._given_data import HELP
from skdigits.cli._outputs import check_new, check_outputs, figure_output, write_outputs
from skdigits.cli._printed_report import confusion_matrix, print_report
from skdigits.cli._train_and_tune import data_and_classifier, model_output, tested

app = typer.Typer()
FIGURE = Path("confusion_matrix.png")


@app.command(
    epilog=options.examples(
        "train",
        "train --data mnist --preset fast --seed 1 --output fast.safetensors",
        "train --data my_photos",
    )
)
def train(
    context: typer.Context,
    data: Annotated[str, options.data(HELP)] = "auto",
    normalize: options.Normalize = None,
    label_column: options.LabelColumn = None,
    preset: Annotated[str, options.preset("Network and training")] = "balanced",
    epochs: options.Epochs = None,
    seed: options.Seed = 0,
    output: Annotated[Path, options.file("Where the model goes.")] = options.MODEL,
    figure: Annotated[Path, options.file("Where the confusion matrix goes.")] = FIGURE,
    force: options.Force = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
):
    """Train a classifier, test it, and save it with its confusion matrix."""
    console = new_console(quiet)
    check_outputs(model=output, figure=figure)
    check_new(output, force)
    digits, classifier = data_and_classifier(
        console,
        data=data,
        normalize=normalize,
        label_column=label_column,
        preset=preset,
        epochs=epochs,
        random_state=seed,
    )
    pipeline = skdigits.make_digit_pipeline(classifier)
    with _epoch_bar(console) as callback:
        classifier.set_params(callbacks=[callback])
        pipeline.fit(*digits.train)
        classifier.set_params(callbacks=None)
    report = tested(pipeline, digits)
    print_report(console, report)
    model = model_output(output, pipeline, digits, report, context.obj, preset)
    outputs = {
        "Confusion matrix": figure_output(figure, confusion_matrix, report),
        "Model": model,
    }
    write_outputs(console, outputs)


@contextmanager
def _epoch_bar(console):
    """Show a bar over the epochs; yields the callback that moves it."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from skdigits.training import keras

    with Progress(
        TextColumn("Training"),
        BarColumn(bar_width=15),
        TextColumn("{task.completed}/{task.total} epochs"),
        TextColumn("{task.description}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
    ) as bar:
        task = bar.add_task("", total=None, visible=False)

        class MoveBar(keras.callbacks.Callback):
            def __deepcopy__(self, memo):
                return self  # the bar is on one terminal

            def on_train_begin(self, logs=None):
                bar.update(task, total=self.params["epochs"], visible=True)

            def on_epoch_end(self, epoch, logs=None):
                figures = f"loss {logs['loss']:.4f}"
                if "val_accuracy" in logs:
                    figures += f", val_accuracy {logs['val_accuracy']:.4f}"
                bar.update(task, completed=epoch + 1, description=figures)

        yield MoveBar()
