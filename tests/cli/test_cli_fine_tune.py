"""train --from: a saved model learns on from new images, and forgets nothing."""

import re
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import skdigits
from skdigits.cli import _fine_tune, main
from skdigits.persistence import read_card

pytestmark = pytest.mark.slow

X, Y = load_digits(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8).astype(np.uint8)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder, no MNIST on this machine, no mirror."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setattr("skdigits.datasets._mnist.MIRRORS", ())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """One of scikit-learn's digits."""
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    pipeline = skdigits.make_digit_pipeline(filters=16, epochs=8, random_state=0)
    skdigits.save(pipeline.fit(IMAGES[300:], Y[300:]), path)
    return path


def write_zip(images, labels, path="corrections.zip"):
    """Write a file as the page does."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            content = BytesIO()
            Image.fromarray(image).save(content, "PNG")
            name = f"corrections/{label}/{number:04}.png"
            archive.writestr(name, content.getvalue())
    return path


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(["train", *map(str, arguments)])
    out, err = capsys.readouterr()
    return end.value.code, " ".join(out.split()), err


def test_learns_the_new_and_keeps_the_old(model, capsys):
    """The new digits are off their place, where the model misreads most."""
    moved = np.roll(IMAGES, 2, axis=2)
    write_zip(moved[:150], Y[:150])
    code, out, err = run(capsys, "--from", model, "--data", "corrections.zip")
    assert (code, err) == (0, "")
    assert "Data: 150 images of 8 x 8 pixels in corrections.zip, a fifth of" in out
    assert "Mixed in: 1,000 images of scikit-learn's 1,797 digits" in out
    old, new = skdigits.load(model), skdigits.load("digits.safetensors")
    assert new.score(moved[150:300], Y[150:300]) > 0.85
    assert old.score(moved[150:300], Y[150:300]) < 0.6
    kept = old.score(IMAGES[:300], Y[:300]) - new.score(IMAGES[:300], Y[:300])
    assert kept < 0.02
    card = read_card("digits.safetensors")
    assert card["from"] == str(model) and card["data"]["n_train"] == 120
    assert card["after"]["New images"] > card["before"]["New images"]
    assert card["n_train"] == {"New images": 120, "Known images": 1000}
    for name in ("New images", "Known images"):
        assert re.search(rf"{name}: [\d.]+ % before training, [\d.]+ % after\.", out)


def test_a_few_of_one_class_are_all_learned_from(model, capsys):
    write_zip(IMAGES[Y == 3][:2], [3, 3])
    options = ["--from", model, "--data", "corrections.zip", "--epochs", 1]
    code, out, _ = run(capsys, *options)
    assert code == 0
    assert "all for training, as they are too few to hold some out" in out
    assert "% of 360 (95 %" in out  # those that `train` holds out
    assert skdigits.load("digits.safetensors").classes_.tolist() == list(range(10))
    code, _, err = run(capsys, *options)
    assert code == 1 and "which already exists, but expected a new file" in err
    assert run(capsys, *options, "--force")[0] == 0


def test_a_model_of_images_as_they_are_gets_such(capsys):
    """Dark on light, which would be normalized else."""
    rows = np.pad(np.kron(IMAGES[:100], np.ones((3, 3), np.uint8)), ((0,), (2,), (2,)))
    write_zip(255 - 15 * rows, Y[:100])
    data = ["--data", "corrections.zip", "--epochs", 1]
    options = ["--no-normalize", "--preset", "fast", "--output", "own.st"]
    assert run(capsys, *data, *options)[0] == 0
    code, out, _ = run(capsys, *data, "--from", "own.st", "--output", "better.st")
    assert code == 0 and "brought into MNIST format" not in out
    # and so does the model that comes of it
    with pytest.raises(SystemExit):
        main(["evaluate", "better.st", "--data", "corrections.zip"])
    assert "brought into MNIST format" not in capsys.readouterr().out
    assert "normalize" not in skdigits.load("better.st").named_steps
    message = "Got --normalize for a model that was trained with --no-normalize"
    for model in ("own.st", "better.st"):
        assert message in run(capsys, *data, "--from", model, "--normalize")[2]
    card = read_card("better.st")
    assert card["n_train"] == {"New images": 80, "Known images": 0}


def test_nothing_is_at_hand_that_the_model_knows(tmp_path, capsys):
    """Its labels are those of digits, but it knows something else."""
    clf = skdigits.make_digit_pipeline(filters=4, epochs=1, random_state=0)
    skdigits.save(clf.fit(IMAGES[:200, ::-1, ::-1], (Y[:200] + 3) % 10), "own.st")
    write_zip(IMAGES[:100], Y[:100])
    options = ["--from", "own.st", "--epochs", 1, "--data", "corrections.zip"]
    code, out, _ = run(capsys, *options)
    assert code == 0
    assert "Mixed in: nothing, as no images like those that" in out
    assert "it may forget some of what it learned" in out and "Known images" not in out
    write_zip(IMAGES[:10], Y[:10])
    code, _, err = run(capsys, *options, "--force")
    assert code == 1 and "but expected at least five of each class" in err


def test_the_pretrained_model_keeps_its_non_digits(monkeypatch, capsys):
    monkeypatch.setattr(_fine_tune, "N_KNOWN", 80)
    ring = Image.new("L", (28, 28))
    ring.paste(255, (8, 4, 20, 24))
    ring.paste(0, (11, 7, 17, 21))
    write_zip([np.asarray(ring)] * 3, [0, 0, -1])
    options = ["--from", "pretrained", "--data", "corrections.zip", "--epochs", 1]
    code, out, err = run(capsys, *options)
    assert (code, err) == (0, "")
    assert "Mixed in: 80 digits and non-digits, drawn, as MNIST is not on" in out
    assert "brought into MNIST format" not in out  # they have it already
    pipeline = skdigits.load("digits.safetensors")
    assert list(pipeline.named_steps) == ["normalize", "scale", "reshape", "cnn"]
    assert pipeline["cnn"].classes_.tolist() == list(range(-1, 10))
    blank = np.full((60, 60), 230, np.uint8)
    assert pipeline.predict([blank]).tolist() == [-1]


def test_the_label_that_is_unknown_is_named(capsys):
    write_zip(IMAGES[:2], [1, "zero"])
    options = ["--from", "pretrained", "--data", "corrections.zip"]
    code, _, err = run(capsys, *options)
    assert code == 1 and err.startswith("Error: Got images labelled 'zero', but")


@pytest.mark.parametrize(
    "options, message",
    [
        ([], "Got --from {model} without new images, but expected some. Pass --data."),
        (
            ["--data", "corrections.zip"],
            "Got images labelled -1, but expected only the lab",
        ),
        (["--data", "mnist", "--preset", "fast"], "Got --preset fast with --from"),
        (["--data", "digits", "--epochs", 0], "Got epochs=0, but expected"),
    ],
)
def test_errors_are_one_line(model, capsys, options, message):
    write_zip(IMAGES[:1], [-1])
    code, _, err = run(capsys, "--from", model, *options)
    assert code == 1 and err.count("\n") == 1
    assert err.startswith("Error: " + message.format(model=model))
