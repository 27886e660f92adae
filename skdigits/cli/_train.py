"""skdigits train."""

from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from skdigits import make_digit_pipeline
from skdigits._files import check_writable
from skdigits.cli._console import new_console
from skdigits.cli._outputs import (
    check_figure,
    confusion_matrix_output,
    model_output,
    write_outputs,
)
from skdigits.cli._printed_report import print_report, report_on_test
from skdigits.cli._setup import data_and_classifier, with_normalizer
from skdigits.cli._training_card import training_card


def run(setup, output, figure, command, quiet):
    """Load the data, train, test, save.

    ``setup`` is what `data_and_classifier` takes, ``command`` what the user typed, for
    the card.
    """
    console = new_console(quiet)
    if Path(output).resolve() == Path(figure).resolve():
        raise ValueError(
            f"Got {str(output)!r} for both the model and the figure, but expected two "
            "files. Change one."
        )
    check_writable(output)
    check_figure(figure)
    digits, classifier = data_and_classifier(console, **setup)
    pipeline = make_digit_pipeline(classifier)
    with _epoch_bar(console) as callback:
        classifier.set_params(callbacks=[callback])
        pipeline.fit(*digits.train)
        classifier.set_params(callbacks=None)
    report = report_on_test(pipeline, digits)
    card = training_card(command, digits, pipeline, report, setup["preset"])
    print_report(console, report)
    outputs = {
        "Confusion matrix": confusion_matrix_output(report, figure),
        "Model": model_output(with_normalizer(pipeline, digits), output, card),
    }
    write_outputs(console, outputs)


@contextmanager
def _epoch_bar(console):
    """Show a bar over the epochs; yields the callback that moves it."""
    from skdigits.training import keras

    with Progress(
        TextColumn("Training"),
        BarColumn(bar_width=15),
        TextColumn("{task.completed}/{task.total} epochs"),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("", total=None)

        class MoveBar(keras.callbacks.Callback):
            def __deepcopy__(self, memo):
                return self  # the bar is on one terminal

            def on_train_begin(self, logs=None):
                bar.update(task, total=self.params["epochs"])

            def on_epoch_end(self, epoch, logs=None):
                figures = f"loss {logs['loss']:.4f}"
                if "val_accuracy" in logs:
                    figures += f", val_accuracy {logs['val_accuracy']:.4f}"
                bar.update(task, completed=epoch + 1, description=figures)

        yield MoveBar()
