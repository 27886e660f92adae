import errno
import html
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.utils import Bunch

import skdigits
from skdigits.cli import main
from skdigits.cli._printed_report import confusion_matrix
from skdigits.inspection import ErrorReport
from skdigits.persistence import read_card

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder, no MNIST on this machine, no mirror."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setattr("skdigits.datasets._mnist.MIRRORS", ())


@dataclass
class Result:
    exit_code: int
    stdout: str
    stderr: str


def run(*arguments):
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
    return Result(end.value.code, out.getvalue(), err.getvalue())


def failure(*arguments):
    """Run a command that must fail with one line on stderr; return the line."""
    result = run(*arguments)
    assert result.exit_code == 1, result.stderr
    assert result.stdout == "" or "Error" not in result.stdout
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The first command of the README, offline: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SCIKIT_LEARN_DATA", str(folder / "home"))
        patch.delenv("SKDIGITS_DATA", raising=False)
        patch.setattr("skdigits.datasets._mnist.MIRRORS", ())
        result = run("train")
    assert result.exit_code == 0, result.stderr
    return folder, result


def test_version():
    result = run("--version")
    assert result == Result(0, f"{skdigits.__version__}\n", "")


def test_json_has_the_figures_and_nothing_else_is_printed(trained):
    folder, _ = trained
    model = folder / "digits.safetensors"
    said = run("evaluate", model).stdout
    result = run("evaluate", model, "--json")
    answer = json.loads(result.stdout)
    assert result.stderr == ""
    assert f"Test accuracy: {100 * answer['accuracy']:.2f} % of {answer['n']}" in said
    assert [row["label"] for row in answer["classes"]] == list(range(10))
    assert sum(row["errors"] for row in answer["classes"]) == answer["n_errors"]
    assert run("evaluate", model, "--quiet") == Result(0, "", "")


def test_tune_as_json():
    grid = ("--filters", "4-4,8", "--dropout", "0", "--epochs", "1", "--cv", "2")
    result = run("tune", "--data", "digits", *grid, "--json")
    answer = json.loads(result.stdout)
    assert result.stderr == ""
    assert {str(row["filters"]) for row in answer["candidates"]} == {"[4, 4]", "8"}
    assert answer["winner"]["filters"] in ([4, 4], 8)
    assert 0 <= answer["test"]["accuracy"] <= 1
    assert Path("digits.safetensors").exists()


def test_train_quietly():
    result = run("train", "--data", "digits", "--epochs", "1", "--quiet")
    assert result == Result(0, "", "")
    assert Path("digits.safetensors").exists()


def test_train_offline(trained):
    folder, result = trained
    assert result.stderr == ""
    first, *_ = result.stdout.splitlines()
    assert first.startswith("Data: scikit-learn's 1,797 digits of 8 x 8 pixels")
    assert "because MNIST is not on this machine and cannot be downloaded" in first
    assert "Test accuracy: " in result.stdout and "95 % interval" in result.stdout
    for heading in ("digit", "support", "recall", "precision", "most confused with"):
        assert heading in result.stdout
    assert sorted(path.name for path in folder.iterdir()) == [
        "confusion_matrix.png",
        "digits.safetensors",
    ]
    with Image.open(folder / "confusion_matrix.png") as image:
        assert min(image.size) > 800


def test_train_reaches_98_percent_of_the_bundled_digits(trained):
    _, result = trained
    line = next(x for x in result.stdout.splitlines() if x.startswith("Test accuracy"))
    assert float(line.split()[2].rstrip("%")) >= 98.0


def test_evaluate_shows_the_same_table(trained):
    folder, trained_result = trained
    result = run("evaluate", folder / "digits.safetensors", "--figure", "again.png")
    assert result.exit_code == 0, result.stderr
    before, after = (
        text.stdout[text.stdout.index("Test accuracy") : text.stdout.rindex("└")]
        for text in (trained_result, result)
    )
    assert before == after
    with Image.open("again.png") as image:
        assert image.format == "PNG"


def test_the_saved_model_is_a_pipeline(trained, digits):
    folder, _ = trained
    X = digits[0]
    pipeline = skdigits.load(folder / "digits.safetensors")
    assert list(pipeline.named_steps) == ["scale", "reshape", "cnn"]
    assert pipeline.predict(X).shape == (len(X),)
    assert pipeline["cnn"].callbacks is None


def test_options(tmp_path):
    arguments = ["--data", "digits", "--epochs", 1, "--seed", 3]
    result = run("train", *arguments, "--output", "m.st", "--figure", "f.pdf")
    assert result.exit_code == 0, result.stderr
    assert "Preset: balanced." in result.stdout
    classifier = skdigits.load("m.st")["cnn"]
    assert classifier.n_iter_ == 1 and classifier.random_state == 3
    assert (tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")


def test_data_of_the_user(tmp_path, digits):
    X, _, y, _ = digits
    np.savez(tmp_path / "mine.npz", x=X[:200], y=np.array(list("abcdefghij"))[y[:200]])
    result = run("train", "--data", "mine.npz", "--epochs", 2)
    assert result.exit_code == 0, result.stderr
    assert "200 images of 8 x 8 pixels in mine.npz, a fifth of them" in result.stdout
    result = run("evaluate", "digits.safetensors", "--data", "mine.npz")
    assert "all of them for testing" in result.stdout and "of 200" in result.stdout
    assert "Got images labelled '0', but expected only the labels" in failure(
        "evaluate", "digits.safetensors", "--data", "digits"
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["train", "--preset", "huge"],
            "Got preset='huge', but expected 'notebook', 'fast',",
        ),
        (["train", "--epochs", "0"], "Got epochs=0, but expected an integer of at lea"),
        (["train", "--seed", "-1"], "Got seed=-1, but expected an integer from 0 to 4"),
        (["train", "--data", "mnist"], "Got no intact copy of train-images"),
        (["train", "--data", "nothing.csv"], "Got path='nothing.csv', but expected a"),
        (
            ["train", "--output", "no/m.st"],
            "Got the file 'no/m.st' in a missing folder, but expected an ex",
        ),
        (
            ["train", "--figure", "no/f.png"],
            "Got the file 'no/f.png' in a missing folder, but expected",
        ),
        (
            ["train", "--data", "digits", "--preset", "notebook"],
            "Got images of 8 x 8 pixels, but expected at least 10 x 10",
        ),
        (["evaluate", "nothing"], "Got path='nothing', but expected an existing file"),
    ],
)
def test_errors_are_one_line(arguments, message, tmp_path):
    assert failure(*arguments).startswith(f"Error: {message}")
    assert [p.name for p in tmp_path.iterdir() if p.name != "home"] == []


def test_unknown_kind_of_figure_is_told_before_the_training():
    assert "Got figure='f.xyz'" in failure("train", "--figure", "f.xyz")


def test_debug_shows_the_traceback():
    with pytest.raises(ValueError, match="Got preset='huge'"):
        main(["train", "--preset", "huge", "--debug"])


def test_interrupt_leaves_no_file(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(skdigits.DigitCNN, "_train", interrupt)
    result = run("train", "--data", "digits")
    assert result.exit_code == 130
    assert result.stderr.startswith("Interrupted")
    assert list(tmp_path.iterdir()) == []


def test_interrupt_while_the_command_line_is_imported(monkeypatch):
    class Interrupt:
        def find_spec(self, name, path=None, target=None):
            if name == "skdigits.cli._commands":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "skdigits.cli._commands", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupt(), *sys.meta_path])
    assert run("info") == Result(130, "", "Interrupted.\n")


def test_python_m_skdigits():
    command = [sys.executable, "-m", "skdigits", "--help"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0
    assert "train" in result.stdout and "evaluate" in result.stdout


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["train", "--epochs", "many"], "Error: Invalid value for '--epochs'"),
        (["bake"], "Error: No such command 'bake'"),
        (["evaluate"], "Error: Missing argument 'MODEL'"),
    ],
)
def test_usage_errors_are_one_line(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(message) and result.stderr.count("\n") == 1


def test_errors_are_cut():
    for arguments in (["train", "--preset", "x" * 10**5], ["x" * 10**5]):
        result = run(*arguments)
        assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
        assert 200 < len(result.stderr) < 2100


def test_a_pixel_of_too_many_digits_names_the_file(tmp_path):
    (tmp_path / "a.csv").write_text(f"7,0,1,2,{'9' * 400}\n" * 9)
    message = failure("train", "--data", "a.csv")
    assert "Got 'a.csv' with '999" in message and "of data line 1" in message


def test_the_column_of_labels_is_named(trained, tmp_path):
    """scikit-learn's own frame, whose column of labels is the last one."""
    from sklearn.datasets import load_digits

    model = trained[0] / "digits.safetensors"
    frame = load_digits(as_frame=True).frame
    frame.rename(columns={"target": "which"}).to_csv("own.csv", index=False)
    for options in ([], ["--label-column", "which"], ["--label-column", "64"]):
        result = run("evaluate", model, "--data", "own.csv", *options)
        first = result.stdout.splitlines()[0]
        assert "1,797 images of 8 x 8 pixels in own.csv, labels in column" in first
        assert "'which'" in first
        # most of them are those that it was trained on
        accuracy = re.search(r"Test accuracy: ([0-9.]+)", result.stdout)[1]
        assert float(accuracy) > 99
    sentence = failure("evaluate", model, "--data", "digits", "--label-column", "y")
    assert "Got --label-column with --data digits, but expected a table" in sentence


def test_outputs_that_would_be_lost(tmp_path):
    assert "which is a folder" in failure("train", "--output", tmp_path)
    same = ["--output", "a.png", "--figure", "a.png"]
    assert "for both the model and the figure" in failure("train", *same)


def test_names_are_checked_before_the_training(tmp_path, monkeypatch):
    monkeypatch.setattr(skdigits.DigitCNN, "fit", None)
    for option in ("--output", "--figure"):
        message = failure("train", "--data", "digits", option, "a" * 300 + ".png")
        assert "File name too long), but expected a shorter name." in message
    for option in ("--output", "--figure", "--table"):
        message = failure(*TUNE, option, "no/a.png")
        assert "Got the file 'no/a.png' in a missing folder, but expected" in message
        assert "expected an existing folder. Create 'no' first." in message


def no_room(path, *_, **__):
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_figure_names_the_accuracy_and_colours_mistakes_alone():
    figure = confusion_matrix(ErrorReport.from_predictions([0, 0, 0, 1], [0, 0, 1, 1]))
    assert figure.get_suptitle() == "Test accuracy 75.00 % of 4"
    (cells,) = figure.axes[0].images
    colours = cells.to_rgba(cells.get_array())
    assert (colours.max(-1) - colours[..., :3].min(-1) > 0.5).tolist() == [
        [False, True],
        [False, False],
    ]


def test_a_figure_that_fails_does_not_take_the_model_along(tmp_path, monkeypatch):
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", no_room)
    result = run("train", "--data", "digits", "--epochs", 1)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: Got 'confusion_matrix.png', which cannot be written (No space left on "
        "device), but expected enough space. Free some, or choose another folder.\n",
    )
    assert "Model: digits.safetensors" in result.stdout
    assert "Confusion matrix:" not in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["digits.safetensors"]
    skdigits.load("digits.safetensors")


def test_outputs_of_train_take_their_places_together(tmp_path, monkeypatch):
    def look(self, path, **options):
        assert {name.suffix for name in tmp_path.iterdir()} == {".tmp"}
        Path(path).touch()

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", look)
    assert run("train", "--data", "digits", "--epochs", 1).exit_code == 0
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("command", ["train", "tune"])
def test_a_model_is_replaced_only_if_forced(command, monkeypatch):
    Path("digits.safetensors").write_text("a day's work")
    options = [command, "--data", "digits", "--epochs", 1, "--preset", "fast"]
    options += [] if command == "train" else ["--filters", 2, "--cv", 2]
    with monkeypatch.context() as patch:
        patch.setattr(skdigits.DigitCNN, "fit", None)
        message = failure(*options)
    assert message.startswith(
        "Error: Got 'digits.safetensors', which already exists, but exp"
    )
    assert "--output" in message and "--force" in message
    assert Path("digits.safetensors").read_text() == "a day's work"
    assert run(*options, "--force").exit_code == 0
    skdigits.load("digits.safetensors")


def test_help_has_every_default():
    from typer.main import get_command

    from skdigits.cli._commands import app
    from skdigits.reading._read import MIN_CONFIDENCE

    options = [
        (command.name, option)
        for command in get_command(app).commands.values()
        for option in command.params
        if option.param_type_name == "option" and not getattr(option, "is_flag", 0)
    ]
    assert len(options) > 30
    for command, option in options:
        shown = option.show_default
        assert isinstance(shown, str) or option.default is not None, (command, option)
        if option.name == "min_confidence":
            assert shown == str(MIN_CONFIDENCE)


def test_too_few_images_to_hold_some_out(tmp_path):
    np.savez(tmp_path / "few.npz", x=np.zeros((30, 8, 8)), y=np.arange(30) % 10)
    assert "Got 30 images of 10 classes" in failure("train", "--data", "few.npz")


def test_each_class_gives_its_share_to_the_test(tmp_path, digits):
    from skdigits.cli._given_data import find_source

    for name in ("digits", str(tmp_path / "mine.npz")):
        X, _, y, _ = digits
        rare = np.flatnonzero((y > 0) | (np.cumsum(y == 0) <= 10))
        np.savez(tmp_path / "mine.npz", x=X[rare], y=y[rare])
        source = find_source(name)
        data = source.load()
        train, test = (np.bincount(part[1]) for part in (data.train, data.test))
        np.testing.assert_allclose(test, 0.2 * (train + test), atol=1)
    assert train[0] == 8 and test[0] == 2


def test_labels_of_a_subset_of_the_classes(tmp_path, digits):
    X, _, y, _ = digits
    few = y[:200] < 3
    names = np.array(["0", "1", "x"])[y[:200][few]]
    np.savez(tmp_path / "all.npz", x=X[:200][few], y=names)
    two = names != "x"
    np.savez(tmp_path / "two.npz", x=X[:200][few][two], y=names[two].astype(int))
    assert run("train", "--data", "all.npz", "--epochs", 2).exit_code == 0
    result = run("evaluate", "digits.safetensors", "--data", "two.npz")
    assert result.exit_code == 0, result.stderr


def test_a_damaged_file_is_one_line_and_the_next_place_is_tried(tmp_path, monkeypatch):
    from skdigits.cli import _given_data

    def warn(*_, **__):
        warnings.warn("mnist.gz is ignored: too short.", UserWarning, stacklevel=2)
        raise OSError("no MNIST")

    monkeypatch.setattr(_given_data, "_mnist", warn)
    result = run("train", "--epochs", 1)
    assert result.exit_code == 0
    assert result.stderr == "Warning: mnist.gz is ignored: too short.\n"
    assert "because MNIST is not on this machine" in result.stdout


def test_evaluate_speaks_only_of_what_it_tests_on(trained, monkeypatch):
    folder, _ = trained
    result = run("evaluate", folder / "digits.safetensors")
    assert result.stdout.startswith(
        "Data: the 360 of scikit-learn's 1,797 digits of 8 x 8 pixels that train "
        "holds out.\n"
    )

    def fetch(subset):
        assert subset == "test"
        return Bunch(images=np.zeros((10_000, 28, 28)), target=np.arange(10_000) % 10)

    monkeypatch.setattr("skdigits.datasets.fetch_mnist", fetch)
    X, y = np.zeros((10, 28, 28)), np.arange(10)
    pipeline = skdigits.make_digit_pipeline(filters=1, epochs=1)
    skdigits.save(pipeline.fit(X, y), "m.st")
    result = run("evaluate", "m.st", "--report", "report")
    words = "MNIST's test set, 10,000 images of 28 x 28 pixels"
    assert result.stdout.startswith(f"Data: {words}.\n")
    page = html.unescape(Path("report/index.html").read_text())
    assert f"Errors of m.st: {words}" in page


def test_names_in_brackets_are_printed_as_they_are(tmp_path, digits):
    X, _, y, _ = digits
    labels = np.array(["[red]", ":smile:"])[y[:200] % 2]
    np.savez(tmp_path / "my[old].npz", x=X[:200], y=labels)
    options = ["--epochs", 1, "--output", "[new].st"]
    result = run("train", "--data", "my[old].npz", *options)
    for name in ("my[old].npz", "[red]", ":smile:", "[new].st"):
        assert name in result.stdout


def test_auto_wants_a_model_of_known_images(tmp_path):
    X, y = np.zeros((4, 9, 9)), [0, 1, 0, 1]
    pipeline = skdigits.make_digit_pipeline(filters=1, epochs=1)
    skdigits.save(pipeline.fit(X, y), "m.st")
    assert (
        "Got a model for images of 9 x 9 pixels, but expected one for MNIST or "
        "scikit-learn's 8 x 8 digits. Pass --data PATH."
    ) in failure("evaluate", "m.st")


def test_evaluate_brings_images_to_the_shape_of_the_model(tmp_path, digits):
    """Those it is tested on, and those it learns from with other seeds."""
    X, _, y, _ = digits
    pipeline = skdigits.make_digit_pipeline(
        filters=1, epochs=1, image_shape=(4, 16), random_state=0
    )
    skdigits.save(pipeline.fit(X[:200], y[:200]), "m.st")
    np.savez(tmp_path / "flat.npz", x=X[:200].reshape(200, 64), y=y[:200])
    result = run("evaluate", "m.st", "--data", "flat.npz", "--seeds", 1)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("200 images of 4 x 16 pixels in flat.npz") == 2


def test_evaluate_writes_a_report(trained, tmp_path):
    folder, _ = trained
    model = folder / "digits.safetensors"
    result = run("evaluate", model, "--report", "new")
    assert result.exit_code == 0, result.stderr
    assert "Report: new/index.html" in result.stdout
    document = json.loads((tmp_path / "new" / "report.json").read_text())
    assert f"{100 * document['accuracy']:.2f} % of 360" in result.stdout
    page = (tmp_path / "new" / "index.html").read_text()
    assert document["summary"][0] in page
    assert page.count('alt="The image in row') == document["n_errors"]
    (tmp_path / "file").write_text("")
    assert "which is a file" in failure("evaluate", model, "--report", "file")
    assert "an existing folder" in failure("evaluate", model, "--report", "no/new")


def test_evaluate_writes_figure_and_report_or_none(trained, tmp_path):
    folder, _ = trained
    command = "evaluate", folder / "digits.safetensors", "--figure", "f.png"
    result = run(*command, "--report", "report")
    assert result.exit_code == 0, result.stderr
    with Image.open("f.png") as figure:
        assert figure.format == "PNG"
    Path("f.png").unlink()
    Path("report/report.json").unlink()
    Path("report/report.json").mkdir()
    assert "which is a folder" in failure(*command, "--report", "report")
    assert not Path("f.png").exists()


def test_evaluate_repeats_the_training_over_seeds(tmp_path):
    train = ["train", "--data", "digits", "--epochs", 1, "--seed", 1]
    before = run(*train, "--output", "m.st")
    result = run("evaluate", "m.st", "--seeds", 2)
    assert result.exit_code == 0, result.stderr
    assert "Training 2 times on: scikit-learn's 1,797 digits" in result.stdout
    assert "Over 2 seeds the mean accuracy is" in result.stdout
    assert "among hardest" in result.stdout
    # one of the two is the training of the model again
    rows = [line for line in before.stdout.splitlines() if line.startswith("│")]
    later = result.stdout[result.stdout.index("Over 2 seeds") :]
    assert len(rows) == 10
    for row in rows:
        assert row.split("│")[3].strip() in later
    assert "Got seeds=0" in failure("evaluate", "m.st", "--seeds", 0)


@pytest.mark.parametrize("reports", [False, True])
def test_evaluate_imports_only_what_it_uses(trained, tmp_path, reports):
    code = (
        "import sys\n"
        "from skdigits.cli import main\n"
        "try:\n"
        "    main(['evaluate', 'digits.safetensors', *sys.argv[1:]])\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "heavy = {'keras', 'tensorflow', 'scikeras'}\n"
        "heavy |= set() if sys.argv[1:] else {'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    folder, _ = trained
    options = ["--report", tmp_path / "report"] if reports else []
    command = [sys.executable, "-c", code, *options]
    subprocess.run(command, check=True, cwd=folder)


TUNE = ["tune", "--data", "digits", "--filters", "2,4-8-8"]


@pytest.mark.parametrize(
    "search, dropout, epochs",
    [("grid", "0.1,0.3", [3] * 4), ("halving", "0,0.3", [1, 1, 3])],
)
def test_tune(search, dropout, epochs):
    options = ["--epochs", 3, "--cv", 2, "--search", search, "--dropout", dropout]
    options += ["--seed", 1]
    result = run(*TUNE, *options)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    table = pd.read_csv("search_results.csv")
    assert f"4 candidates, to epoch {epochs[0]} of 3" in result.stdout
    assert "8/8 folds" in result.stdout
    assert set(epochs) == set(table["n_resources"])
    for heading in ("The best 4 of 4", "filters", "accuracy", "spread", "seconds"):
        assert heading in result.stdout
    last = table[table["iter"] == table["iter"].max()]
    best = last.loc[last["mean_test_score"].idxmax()]
    winner = next(line for line in lines if line.startswith("Winner: "))
    assert winner == "Winner: filters={}, dropout={}".format(
        best["param_cnn__filters"], best["param_cnn__dropout"]
    )
    assert any(line.startswith("Test accuracy: ") for line in lines)
    classifier = skdigits.load("digits.safetensors")["cnn"]
    assert str(classifier.filters) == best["param_cnn__filters"]
    assert classifier.n_iter_ == 3 and classifier.random_state == 1
    with Image.open("search_results.png") as image:
        assert image.format == "PNG" and min(image.size) > 500


def test_a_table_that_fails_does_not_take_the_winner_along(tmp_path, monkeypatch):
    monkeypatch.setattr(pd.DataFrame, "to_csv", no_room)
    name = f"{'a' * 240}.safetensors"
    options = ["--epochs", 1, "--cv", 2, "--dropout", "0,0.3", "--output", name]
    result = run(*TUNE, *options)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Got 'search_results.csv', which cannot be")
    assert result.stderr.count("\n") == 1
    assert f"Model: {name}" in result.stdout and "Figure: " in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        name,
        "search_results.png",
    ]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["--filters", "16;32"],
            "Got filters='16;32', but expected values separated by commas",
        ),
        (
            ["--dropout", "half"],
            "Got dropout='half', but expected values separated by commas",
        ),
        (["--dropout", "1.5,0"], "Got dropout=1.5, but expected a number in [0, 1)."),
        (["--search", "random"], "Got search='random', but expected 'grid' or 'halvi"),
        (["--cv", "1"], "Got cv=1, but expected an integer of at least 2."),
        (["--n-jobs", "0"], "Got n_jobs=0, but expected a number of processes"),
        (["--preset", "huge"], "Got preset='huge', but expected 'notebook', 'fast',"),
        (["--table", "search_results.png"], "Got 'search_results.png' for both the t"),
        (["--figure", "f.xyz"], "Got figure='f.xyz', but expected a name that ends"),
        (["--resume", os.devnull], "Got memory='/dev/null', which cannot be created ("),
    ],
)
def test_errors_of_tune_are_one_line(arguments, message, tmp_path):
    assert failure(*TUNE, "--epochs", 1, *arguments).startswith(f"Error: {message}")
    assert [p.name for p in tmp_path.iterdir() if p.name != "home"] == []


def test_interrupting_tune_keeps_the_results_so_far(tmp_path):
    """As Ctrl-C does it: the signal goes to the workers too."""
    dropout = ",".join(f"0.{number:03d}" for number in range(500))
    code = f"""
import signal
from pathlib import Path
from rich.progress import Progress
from skdigits.cli import main
from skdigits.cli._printed_report import confusion_matrix
from skdigits.inspection import ErrorReport
from skdigits.persistence import read_card

# a shell starts what runs in the background with this signal ignored
signal.signal(signal.SIGINT, signal.default_int_handler)

def marking(self, folds, track=Progress.track, **options):
    for number, fold in enumerate(track(self, folds, **options)):
        if number == 4:
            Path("two are ready").touch()
        yield fold

Progress.track = marking
main(
    "tune --data digits --filters 2 --dropout {dropout} --cv 2 --epochs 1 "
    "--n-jobs 2 --search grid".split()
)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while not (tmp_path / "two are ready").exists() and process.poll() is None:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=300)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, error) == (130, "Interrupted.\n")
    table = pd.read_csv(tmp_path / "search_results.csv")
    assert 2 <= len(table) < 500 and table["mean_test_score"].notna().all()
    assert "The best" in out and "Table: search_results.csv" in out
    assert not (tmp_path / "digits.safetensors").exists()


def test_interrupting_tune_before_there_are_results(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(skdigits.DigitCNN, "_train", interrupt)
    result = run(*TUNE)
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")
    assert list(tmp_path.iterdir()) == []


def test_tune_goes_on_where_it_was_interrupted(tmp_path, monkeypatch):
    options = ["--epochs", 1, "--cv", 2, "--dropout", "0,0.3", "--resume", "search"]
    train, calls = skdigits.DigitCNN._train, []

    def interrupted_once(*arguments, **options):
        calls.append(len(calls) + 1)
        if calls[-1] == 6:
            raise KeyboardInterrupt
        return train(*arguments, **options)

    monkeypatch.setattr(skdigits.DigitCNN, "_train", interrupted_once)
    result = run(*TUNE, *options)
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")
    table = pd.read_csv("search_results.csv")
    result = run(*TUNE, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(calls) == 6 + 3 + 1, "of 8 folds 5 were ready; the winner comes last"
    assert "8/8 folds" in result.stdout
    whole = pd.read_csv("search_results.csv")
    same = table.columns.drop("rank_test_score")
    pd.testing.assert_frame_equal(whole[same][: len(table)], table[same])
    assert Path("search").is_dir() and Path("digits.safetensors").exists()


class TestCard:
    def test_train_writes_one(self, trained):
        folder, result = trained
        card = read_card(folder / "digits.safetensors")
        assert card["command"] == "skdigits train"
        assert card["data"]["n_train"] == 1437 and card["data"]["n_test"] == 360
        assert len(card["data"]["sha256_train"]) == 64
        assert card["preset"] == "balanced" and card["seed"] == 0
        percentage = f"{100 * card['test']['accuracy']:.2f} % of 360"
        assert percentage in result.stdout
        low, high = card["test"]["accuracy_interval_95"]
        accuracy = card["test"]["accuracy"]
        assert low < accuracy < high or low < accuracy == high == 1
        assert 0 <= card["test"]["calibration_error"] < 0.1
        assert "whatever an image shows" in card["limits"][0]

    def test_the_command_is_that_of_the_user(self):
        options = ["--data", "digits", "--epochs", 1, "--output", "my model.st"]
        assert run("train", *options).exit_code == 0
        command = "skdigits train --data digits --epochs 1 --output 'my model.st'"
        assert read_card("my model.st")["command"] == command

    def test_info_prints_it(self, trained):
        folder, _ = trained
        result = run("info", folder / "digits.safetensors")
        assert (result.exit_code, result.stderr) == (0, "")
        for words in (
            "- cnn: DigitCNN",
            "command  skdigits train\n",
            "accuracy ",
            "sha256_test",
            "- It accepts images of one sign each",
            "tensorflow",
        ):
            assert words in result.stdout

    def test_info_of_the_pretrained_model_has_the_card_of_the_page_network(self):
        page_network = json.loads(run("info", "--json").stdout)["page network"]
        assert "train_pages" in page_network["command"]
        assert page_network["weights"] > 10**6 and page_network["limits"]
        assert "Open Font" in page_network["data"]["description"]

    def test_info_as_json(self, trained):
        folder, _ = trained
        path = folder / "digits.safetensors"
        result = run("info", path, "--json")
        assert result.stdout.count("\n") == 1
        about = json.loads(result.stdout)
        card = read_card(path)
        assert about["versions"]["of the file"] == card.pop("versions")
        assert about["model"]["format version"] == card.pop("format_version")
        assert about["model"]["labels"] == list(range(10))
        assert about["card"] == card
        assert about["versions"]["installed"]["skdigits"] == skdigits.__version__

    def test_without_a_card(self, trained, tmp_path):
        folder, _ = trained
        path = tmp_path / "m.st"
        skdigits.save(skdigits.load(folder / "digits.safetensors"), path)
        assert "\ncard      none\n" in run("info", path).stdout
        assert json.loads(run("info", path, "--json").stdout)["card"] is None
        assert "expected an existing file. Save a model there" in failure(
            "info", "nothing"
        )

    def test_no_card_moves_the_cursor(self, trained, tmp_path):
        folder, _ = trained
        pipeline = skdigits.load(folder / "digits.safetensors")
        card = {"a\x1b[2J": {"b": "\x1b[1A\r\nfile  other", "c": []}}
        skdigits.save(pipeline, tmp_path / "m.st", card=card)
        result = run("info", tmp_path / "m.st")
        assert "\x1b" not in result.stdout and "\r" not in result.stdout
        assert r"b  \x1b[1A\r\nfile  other" in result.stdout


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "photos"
    for number in range(20):
        for label in ("0", "1"):
            path = folder / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            photo(label, side=40 + 5 * number).save(path)
    return folder


@pytest.fixture(scope="module")
def own_model(photos):
    path = photos.parent / "own.st"
    figure = path.with_suffix(".png")
    options = ["--epochs", 60, "--output", path, "--figure", figure]
    result = run("train", "--data", photos, *options)
    assert result.exit_code == 0, result.stderr
    assert "40 images of 28 x 28 pixels" in result.stdout
    assert "Each image was brought into MNIST format with Handwr" in result.stdout
    assert "(--no-normalize uses them as they are)." in result.stdout
    return path


class TestPhotos:
    """Images of different sizes, dark on light: rings and strokes."""

    def test_the_model_takes_images_as_they_are(self, photos, own_model):
        pipeline = skdigits.load(own_model)
        assert list(pipeline.named_steps) == ["normalize", "scale", "reshape", "cnn"]
        images = [photo("1", side=70), photos / "0" / "3.png"]
        assert pipeline.predict(images).tolist() == [1, 0]
        card = read_card(own_model)
        assert card["data"]["normalized"] is True
        assert "of any size" in card["limits"][1]

    def test_evaluate(self, photos, own_model):
        result = run("evaluate", own_model, "--data", photos, "--seeds", 1)
        assert result.exit_code == 0, result.stderr
        assert "Test accuracy: 100.00 % of 40" in result.stdout
        expected = "Got --no-normalize for a model that brings images into"
        options = ["--data", photos, "--no-normalize"]
        assert expected in failure("evaluate", own_model, *options)

    def test_a_model_of_mnist_is_given_what_it_knows(self, photos, own_model, tmp_path):
        """It learned from images in MNIST format, and cannot make them itself."""
        skdigits.save(skdigits.load(own_model)[1:], "plain.st")
        result = run("evaluate", "plain.st", "--data", photos)
        assert "Each image was brought into MNIST format" in result.stdout
        assert "Test accuracy: 100.00 % of 40" in result.stdout
        for label in "01":
            (tmp_path / "small" / label).mkdir(parents=True)
            image = photo(label, side=28)
            image.save(tmp_path / "small" / label / "a.png")
        result = run("evaluate", "plain.st", "--data", "small")
        assert "Test accuracy: 100.00 % of 2" in result.stdout
        result = run("evaluate", "plain.st", "--data", "small", "--no-normalize")
        assert "brought into" not in result.stdout

    def test_as_they_are(self, photos):
        options = ["--data", photos, "--no-normalize"]
        assert "Got images of different sizes" in failure("train", *options)
        message = "Got --normalize with --data digits, but expected images of your own"
        assert message in failure("train", "--data", "digits", "--normalize")

    def test_tune(self, photos):
        grid = ["--filters", "4", "--dropout", "0", "--cv", 2, "--epochs", 2]
        result = run("tune", "--data", photos, *grid)
        assert result.exit_code == 0, result.stderr
        assert "Each image was brought into MNIST format" in result.stdout
        pipeline = skdigits.load("digits.safetensors")
        assert pipeline.predict([photo("0", side=50)]).shape == (1,)
        assert read_card("digits.safetensors")["command"].startswith("skdigits tune")


def photo(label, side):
    """Return an image of a ring or a stroke, dark on uneven paper."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    ink = abs(np.hypot(1.4 * x, y) - 0.6) < 0.1 if label == "0" else abs(x) < 0.08
    values = np.where(ink & (abs(y) < 0.8), 40, 200 + 25 * x)
    return Image.fromarray(values.astype(np.uint8))
