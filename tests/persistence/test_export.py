"""The ONNX graph of a classifier: ONNX Runtime predicts with it as we do."""

import json
import subprocess
import sys
from copy import copy
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
from _networks import random_classifier
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler

import skdigits
from skdigits import DigitCNN, make_digit_pipeline
from skdigits._validation import as_label_array
from skdigits.cli import main
from skdigits.network import layers_of, records
from skdigits.persistence import read_card
from skdigits.preprocessing import ImageReshaper, PixelScaler
from skdigits.reading import PRETRAINED


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def predictions_of(model, X):
    """Return the label and the probabilities of each row."""
    return session_of(model).run(["label", "probabilities"], {"X": X})


def metadata_of(model):
    return {entry.key: json.loads(entry.value) for entry in model.metadata_props}


def random_pixels(classifier):
    """Return rows that differ much from each other."""
    rng = np.random.default_rng(1)
    ground = 4 * rng.normal(size=(20, 1))
    pixels = ground + rng.normal(size=(20, classifier.n_features_in_))
    return pixels.astype(np.float32)


NETWORKS = {
    "default": {},
    "strides": {"early_downsampling": True},
    "strides, odd": {"early_downsampling": True, "image_shape": (17, 23)},
    "strides, no norm": {"early_downsampling": True, "batch_norm": False},
    "strides, valid": {
        "early_downsampling": True,
        "padding": "valid",
        "filters": (3, 4),
        "image_shape": (20, 21),
    },
    "pooled": {"early_downsampling": False, "image_shape": (16, 16)},
    "valid": {"padding": "valid", "filters": 3, "image_shape": (19, 22)},
    "no norm": {"batch_norm": False},
    "even kernels": {"kernel_size": (5, 2, 4), "image_shape": (28, 28)},
    "wide": {"kernel_size": 7, "image_shape": (5, 30)},
    "one block": {"filters": (6,), "kernel_size": 3},
    "dense": {"dense_units": 7, "dropout": 0.5},
    "table": {"image_shape": (1, 13)},
    "two classes": {"labels": (-1, 1)},
    "colour": {"image_shape": (9, 12, 3), "seed": 1},
    "colour, strides": {"early_downsampling": True, "image_shape": (17, 23, 3)},
    "notebook": {
        **skdigits._presets.PRESETS["notebook"],
        "filters": 4,
        "image_shape": (28, 28),
    },
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_predicts_as_it_does_here(name):
    classifier = random_classifier(**NETWORKS[name])
    X = random_pixels(classifier)
    label, probabilities = predictions_of(skdigits.to_onnx(classifier), X)
    expected = classifier.predict_proba(X)
    assert np.ptp(expected, axis=0).max() > 0.02
    assert probabilities.dtype == np.float32
    assert_allclose(probabilities, expected, rtol=0, atol=1e-5)
    assert_array_equal(label, classifier.predict(X))


def test_every_kind_of_layer_is_in_one_of_them():
    kinds = {
        type(layer)
        for options in NETWORKS.values()
        for layer in layers_of(random_classifier(**options).network_.spec)
    }
    # and none of those that tests make
    own = [
        c for c in records.Layer.__subclasses__() if c.__module__ == records.__name__
    ]
    assert kinds == set(own)


def test_a_pipeline_on_raw_pixels(fitted, digits):
    _, X, _, _ = digits
    model = skdigits.to_onnx(fitted)
    label, probabilities = predictions_of(model, X.astype(np.float32))
    assert_allclose(probabilities, fitted.predict_proba(X), rtol=0, atol=1e-5)
    assert_array_equal(label, fitted.predict(X))
    assert label.dtype == np.int64


def test_a_colour_pipeline_on_raw_pixels():
    images = np.random.default_rng(5).integers(0, 256, (30, 9, 12, 3), dtype=np.uint8)
    images[::3] //= 5
    classifier = random_classifier(image_shape=(9, 12, 3))
    scaler, reshaper = PixelScaler(scale=255).fit(images), ImageReshaper().fit(images)
    pipeline = make_pipeline(scaler, reshaper, classifier)
    model = skdigits.to_onnx(pipeline)
    (pixels,) = session_of(model).get_inputs()
    assert (pixels.type, pixels.shape) == ("tensor(uint8)", ["n", 324])
    label, probabilities = predictions_of(model, images.reshape(30, -1))
    expected = pipeline.predict_proba(images)
    assert_allclose(probabilities, expected, rtol=0, atol=1e-5)
    assert_array_equal(label, pipeline.predict(images))
    assert metadata_of(model)["image_shape"] == [9, 12, 3]
    text = "9 x 12 pixels line by line, each as red, green and blue, from 0 to 255."
    assert text in model.doc_string


def test_uint8(fitted, digits):
    _, X, _, _ = digits
    model = skdigits.to_onnx(fitted, dtype="uint8")
    label, probabilities = predictions_of(model, X.astype(np.uint8))
    assert_allclose(probabilities, fitted.predict_proba(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize("scale, dtype", [(255, "uint8"), (16, "float"), (1, "float")])
def test_pixels_up_to_255_are_uint8(fitted, digits, scale, dtype):
    _, X, _, _ = digits
    pipeline = Pipeline(fitted.steps)
    scaler = PixelScaler(scale=scale).fit(X)
    model = skdigits.to_onnx(pipeline.set_params(scale=scaler))
    (pixels,) = session_of(model).get_inputs()
    assert pixels.type == f"tensor({dtype})"
    assert f"from 0 to {scale}." in model.doc_string


def test_names_and_shapes_are_those_of_sklearn_onnx(fitted):
    session = session_of(skdigits.to_onnx(fitted))
    found = [
        (value.name, value.type, value.shape)
        for value in [*session.get_inputs(), *session.get_outputs()]
    ]
    assert found == [
        ("X", "tensor(float)", ["n", 64]),
        ("label", "tensor(int64)", ["n"]),
        ("probabilities", "tensor(float)", ["n", 10]),
    ]


@pytest.mark.parametrize("n", [0, 1, 2, 33])
def test_any_number_of_rows(fitted, digits, n):
    _, X, _, _ = digits
    X = X.astype(np.float32)
    model = skdigits.to_onnx(fitted)
    label, probabilities = predictions_of(model, X[:n])
    assert label.shape == (n,) and probabilities.shape == (n, 10)
    _, of_all = predictions_of(model, X)
    assert_allclose(probabilities, of_all[:n], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "labels, expected",
    [
        (np.array(list("abcdefghij")), list("abcdefghij")),
        (np.arange(10, dtype=np.int16) - 4, list(range(-4, 6))),
        (np.arange(10) * 1e5, list(range(0, 1_000_000, 100_000))),
        (as_label_array(["äh", *"bcdefghij"]), ["äh", *"bcdefghij"]),
        (as_label_array([2**40, *range(9)]), [2**40, *range(9)]),
    ],
    ids=["strings", "int16", "floats", "objects", "integer objects"],
)
def test_labels(fitted, digits, labels, expected):
    classifier = copy(fitted["cnn"])
    classifier.classes_ = labels
    X = (digits[1] / 16).astype(np.float32)
    model = skdigits.to_onnx(classifier)
    label, _ = predictions_of(model, X)
    assert metadata_of(model)["classes"] == expected
    assert_array_equal(label, classifier.predict(X))
    assert label.dtype == (object if isinstance(expected[0], str) else np.int64)


def test_false_and_true_are_0_and_1():
    model = skdigits.to_onnx(random_classifier(labels=(False, True)))
    assert metadata_of(model)["classes"] == [0, 1]
    assert session_of(model).get_outputs()[0].type == "tensor(int64)"


@pytest.mark.parametrize("label", [0.5, None, (1, 2), 2**63, np.inf], ids=str)
def test_other_labels_are_refused(label):
    classifier = random_classifier(labels=range(2))
    classifier.classes_ = as_label_array([1, label])
    with pytest.raises(ValueError, match=r"Got the label .*, but expected whole numb"):
        skdigits.to_onnx(classifier)


def test_the_pretrained_model(mnist):
    pipeline = skdigits.load_pretrained()
    model = skdigits.to_onnx(pipeline)
    assert "HandwritingNormalizer makes it from any image: that step is not in the" in (
        model.doc_string
    )
    assert metadata_of(model)["steps_left_out"] == ["HandwritingNormalizer"]
    X = mnist["test"].data[:1000].astype(np.uint8)
    label, probabilities = predictions_of(model, X)
    assert_allclose(probabilities, pipeline[1:].predict_proba(X), rtol=0, atol=1e-5)
    assert_array_equal(label, pipeline[1:].predict(X))


def test_the_pretrained_model_on_images():
    """The rows that the graph asks for are those of the step that is not in it."""
    images = np.full((3, 60, 60), 230, dtype=np.uint8)
    images[0, 10:50, 28:33] = images[1, 10:50, [8, 9, 10, 48, 49, 50]] = 40
    pipeline = skdigits.load_pretrained()
    rows = pipeline["normalize"].transform(images)
    label, probabilities = predictions_of(skdigits.to_onnx(pipeline), rows)
    assert_array_equal(label, pipeline.predict(images))
    expected = pipeline.predict_proba(images)
    assert_allclose(probabilities, expected, rtol=0, atol=1e-5)


def test_it_says_what_it_is(fitted):
    model = skdigits.to_onnx(fitted, card={"data": "scikit-learn's digits"})
    assert model.producer_name == "skdigits"
    assert model.producer_version == skdigits.__version__
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 15)]
    assert metadata_of(model) == {
        "classes": list(range(10)),
        "image_shape": [8, 8],
        "scale": 16.0,
        "steps": ["PixelScaler", "ImageReshaper", "DigitCNN"],
        "steps_left_out": [],
        "card": {"data": "scikit-learn's digits"},
    }
    assert "its 8 x 8 pixels line by line, from 0 to 16." in model.doc_string
    assert "HandwritingNormalizer" not in model.doc_string
    onnx.checker.check_model(model, full_check=True)


def test_a_card_as_it_is_read():
    card = read_card(PRETRAINED)
    model = skdigits.to_onnx(skdigits.load_pretrained(), card=card)
    assert metadata_of(model)["card"] == card


@pytest.mark.parametrize(
    "card, message", [("x", "Got card='x'"), ({"x": {1}}, r"card\['x'\]={1}")]
)
def test_wrong_cards(fitted, card, message):
    with pytest.raises(ValueError, match=message):
        skdigits.to_onnx(fitted, card=card)


def test_wrong_dtype(fitted):
    with pytest.raises(ValueError, match="Got dtype='int8', but expected 'uint8' or "):
        skdigits.to_onnx(fitted, dtype="int8")


@pytest.mark.parametrize(
    "estimator, got",
    [
        (MinMaxScaler(), "MinMaxScaler of .'MinMaxScaler'."),
        (make_pipeline(MinMaxScaler(), DigitCNN()), "Pipeline of .'MinMaxScaler', 'Di"),
        (make_pipeline(DigitCNN(), PixelScaler()), "Pipeline of .'DigitCNN', 'PixelSc"),
        (make_digit_pipeline(VotingClassifier([])), "'VotingClassifier'."),
        (GridSearchCV(DigitCNN(), {}), "GridSearchCV of "),
        (skdigits.load_pretrained()[:1], "Pipeline of .'HandwritingNormalizer'."),
    ],
)
def test_foreign_steps_are_refused(estimator, got):
    with pytest.raises(ValueError, match=f"Got .*{got}.*expected a DigitCNN, or a Pip"):
        skdigits.to_onnx(estimator)


def test_a_normalizer_that_is_not_the_first_step():
    estimator = make_pipeline(ImageReshaper(), *skdigits.load_pretrained())
    estimator.steps[0][1].fit(np.zeros((1, 784)))
    with pytest.raises(
        ValueError, match="'ImageReshaper', 'HandwritingNormalizer', .* the first step"
    ):
        skdigits.to_onnx(estimator)


def test_a_search_is_told_what_to_export():
    with pytest.raises(ValueError, match="Pass search.best_estimator_ for a search"):
        skdigits.to_onnx(GridSearchCV(DigitCNN(), {}))


@pytest.mark.parametrize("estimator", [DigitCNN(), make_digit_pipeline()])
def test_what_is_not_fitted_is_refused(estimator):
    with pytest.raises(NotFittedError):
        skdigits.to_onnx(estimator)


def test_parameters_set_after_the_fit_change_nothing():
    classifier = random_classifier()
    before = skdigits.to_onnx(classifier)
    classifier.set_params(filters=7, batch_norm=False)
    assert skdigits.to_onnx(classifier) == before


def test_onnx_is_imported_by_nothing_else():
    code = (
        "import sys, skdigits; skdigits.to_onnx; skdigits.load_pretrained();"
        "from typer.testing import CliRunner; from skdigits.cli._commands import app;"
        "assert 'export' in CliRunner().invoke(app, ['--help']).output;"
        "assert not {'onnx', 'onnxruntime'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class TestCommand:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path, monkeypatch, fitted):
        monkeypatch.chdir(tmp_path)
        skdigits.save(fitted, "digits.st", card={"data": "scikit-learn's digits"})
        return tmp_path

    @pytest.fixture
    def run(self, capsys):
        def run(*arguments):
            with pytest.raises(SystemExit) as end:
                main(["export", *map(str, arguments)])
            out, err = capsys.readouterr()
            return SimpleNamespace(code=end.value.code, out=out, err=err)

        return run

    def test_it_writes_what_to_onnx_returns(self, run, folder, fitted):
        (folder / "digits.onnx").write_text("something older")
        result = run("digits.st", "digits.onnx")
        assert (result.code, result.err) == (0, "")
        model = onnx.load("digits.onnx")
        assert model == skdigits.to_onnx(fitted, card=read_card("digits.st"))
        assert result.out == f"{model.doc_string}\nGraph: digits.onnx\n"
        assert sorted(p.name for p in folder.iterdir()) == ["digits.onnx", "digits.st"]

    def test_dtype(self, run):
        assert run("digits.st", "digits.onnx", "--dtype", "uint8").code == 0
        (pixels,) = session_of(onnx.load("digits.onnx")).get_inputs()
        assert pixels.type == "tensor(uint8)"

    @pytest.mark.parametrize(
        "arguments, message",
        [
            (
                ["nothing", "a.onnx"],
                "Got path='nothing', but expected an existing file. Save a ",
            ),
            (["digits.st", "digits.st"], "Got 'digits.st' for both the model and the "),
            (
                ["digits.st", "no/a.onnx"],
                "Got the file 'no/a.onnx' in a missing folder, but expected an e",
            ),
            (
                ["digits.st", "."],
                "Got '.', which is a folder, but expected a file. Add the name",
            ),
            (["digits.st", "a.onnx", "--dtype", "int8"], "Got dtype='int8', but expec"),
        ],
    )
    def test_errors_are_one_line(self, run, folder, arguments, message):
        result = run(*arguments)
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith(f"Error: {message}")
        assert result.err.count("\n") == 1
        assert [path.name for path in folder.iterdir()] == ["digits.st"]
        assert skdigits.load("digits.st")

    def test_a_missing_argument(self, run):
        result = run("digits.st")
        assert (result.code, result.out) == (2, "")
        assert result.err == "Error: Missing argument 'FILE.onnx'.\n"

    def test_neither_keras_nor_tensorflow_is_imported(self):
        code = (
            "import sys\n"
            "from skdigits.cli import main\n"
            "try:\n"
            "    main(['export', 'digits.st', 'digits.onnx'])\n"
            "except SystemExit as end:\n"
            "    assert not end.code\n"
            "heavy = {'keras', 'tensorflow', 'scikeras', 'onnxruntime'}\n"
            "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
