"""skdigits train."""

from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from skdigits import make_digit_pipeline, save
from skdigits._classifier import DigitCNN
from skdigits._validation import check_integer
from skdigits.cli._data import load_training_data
from skdigits.cli._report import check_figure, check_folder, print_report
from skdigits.inspection import ErrorReport

# Below this many pictures the few epochs of "balanced" are too few steps.
_SMALL = 10_000


def run(data, preset, epochs, seed, output, figure):
    """Load the data, train, test, save."""
    console = Console()
    if Path(output).resolve() == Path(figure).resolve():
        raise ValueError(
            f"Got {str(output)!r} for both the model and the figure, but expected two "
            "files. Change one."
        )
    check_folder(output)
    check_figure(figure)
    check_seed(seed)
    overrides = {"random_state": seed}
    if epochs is not None:
        overrides["epochs"] = check_integer("epochs", epochs)
    if preset is not None:
        DigitCNN.from_preset(preset)
    digits = load_training_data(data)
    console.print(f"Data: {digits.description}.", highlight=False, soft_wrap=True)
    images, target = digits.train
    preset = preset or fitting_preset(images)
    classifier = DigitCNN.from_preset(preset, **overrides)
    console.print(f"Preset: {preset}.", highlight=False)
    pipeline = make_digit_pipeline(classifier)
    with _epoch_bar(console, classifier.epochs) as callback:
        classifier.set_params(callbacks=[callback])
        pipeline.fit(images, target)
        classifier.set_params(callbacks=None)
    test_images, test_target = digits.test
    report = ErrorReport.from_predictions(
        test_target,
        pipeline.predict(test_images),
        labels=classifier.classes_,
    )
    save(pipeline, output)
    print_report(console, report, figure)
    console.print(f"Model: {output}", highlight=False, soft_wrap=True)


def check_seed(seed):
    """Raise a ValueError unless NumPy takes the seed."""
    if not 0 <= seed < 2**32:
        raise ValueError(
            f"Got seed={seed}, but expected an integer from 0 to {2**32 - 1}."
        )


def fitting_preset(images):
    """Return the name of the preset for so many pictures."""
    return "small" if len(images) < _SMALL else "balanced"


@contextmanager
def _epoch_bar(console, epochs):
    """Show a bar over the epochs; yields the callback that moves it."""
    from skdigits._training import after_each_epoch

    with Progress(
        TextColumn("Training"),
        BarColumn(bar_width=15),
        TextColumn("{task.completed}/{task.total} epochs"),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("", total=epochs)

        def show(epoch, logs):
            figures = f"loss {logs['loss']:.4f}"
            if "val_accuracy" in logs:
                figures += f", val_accuracy {logs['val_accuracy']:.4f}"
            bar.update(task, completed=epoch + 1, description=figures)

        yield after_each_epoch(show)
