import json
import os
import pickle
import signal
import subprocess
import sys
import time
from copy import deepcopy

import joblib
import numpy as np
import pytest
import sklearn
from _networks import random_classifier
from numpy.testing import assert_allclose, assert_array_equal
from safetensors.numpy import load_file, save_file
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler

import skdigits
from skdigits import DigitCNN, make_digit_pipeline
from skdigits._validation import as_label_array
from skdigits.handwriting import HandwritingNormalizer
from skdigits.persistence import load_network, read_card
from skdigits.persistence._plain_values import plain_labels, restored_labels
from skdigits.preprocessing import ImageReshaper, PixelScaler

pytestmark = pytest.mark.slow


@pytest.fixture
def path(tmp_path, fitted):
    path = tmp_path / "digits.safetensors"
    skdigits.save(fitted, path)
    return path


def document_of(path):
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["skdigits"])


def rewrite(path, *, document=None, arrays=None):
    """Write a file with a changed document or weights and a right checksum."""
    from skdigits.persistence._safetensors import checksum

    document = document or document_of(path)
    arrays = arrays or load_file(path)
    document["sha256"] = checksum(document, arrays)
    save_file(arrays, path, {"skdigits": json.dumps(document)})


def test_a_pipeline_comes_back(path, fitted, digits):
    _, X, _, y = digits
    again = skdigits.load(path)
    assert_allclose(again.predict_proba(X), fitted.predict_proba(X), rtol=0, atol=1e-6)
    assert repr(again) == repr(fitted)
    for ours, theirs in zip(again, fitted, strict=True):
        assert ours.n_features_in_ == theirs.n_features_in_
    assert again["scale"].scale_ == 16
    assert again["reshape"].image_shape_ == again["cnn"].image_shape_ == (8, 8)
    assert again["cnn"].history_ == fitted["cnn"].history_
    assert again["cnn"].n_iter_ == fitted["cnn"].n_iter_


def test_a_scaler_that_comes_back_warns_of_other_images(path, digits):
    _, X, _, _ = digits
    assert skdigits.load(path)["scale"].background_ == 0
    with pytest.warns(UserWarning, match="with a light background"):
        skdigits.load(path).predict(16 - X)
    with pytest.warns(UserWarning, match="Got pixels from 0 to 1, but expected"):
        skdigits.load(path).predict(X / 16)


@pytest.mark.parametrize("X", [np.zeros((9, 64)), [[0, 1, 1, 0]] * 9], ids=str)
def test_a_scaler_that_saw_no_background(X, tmp_path):
    y = [0, 1, 2] * 3
    pipeline = make_digit_pipeline(filters=2, epochs=1).fit(X, y)
    assert pipeline["scale"].background_ is None
    skdigits.save(pipeline, tmp_path / "model")
    assert skdigits.load(tmp_path / "model")["scale"].background_ is None


def test_it_can_learn_on(path, fitted, digits):
    X, _, y, _ = digits
    again = skdigits.load(path)
    again[-1].partial_fit(again[:-1].transform(X), y)
    assert again[-1].n_iter_ == fitted[-1].n_iter_ + 1


def test_a_figure_that_an_epoch_does_not_have_comes_back(tmp_path, digits):
    X, _, y, _ = digits
    clf = DigitCNN(filters=4, epochs=1, validation_split=0.2).fit(X / 16, y)
    clf.partial_fit(X / 16, y)
    skdigits.save(clf, tmp_path / "model")
    assert np.isnan(clf.history_["val_loss"]).tolist() == [False, True]
    again = skdigits.load(tmp_path / "model")
    assert_array_equal(again.history_["val_loss"], clf.history_["val_loss"])


@pytest.mark.parametrize(
    "labels",
    [
        np.array([3, -4], dtype=np.int16),
        np.array([0.0, 1e6]),
        np.array([False, True]),
        np.array(["null", "eins"]),
        np.array(["null", 1], dtype=object),
    ],
    ids=str,
)
def test_labels_keep_their_dtype(tmp_path, digits, labels):
    X, _, y, _ = digits
    clf = DigitCNN(filters=4, epochs=1, batch_norm=True, random_state=0)
    clf.fit(X / 16, labels[y % 2])
    skdigits.save(clf, tmp_path / "model")
    again = skdigits.load(tmp_path / "model")
    assert isinstance(again, DigitCNN)
    assert again.classes_.dtype == clf.classes_.dtype
    assert_array_equal(again.predict(X / 16), clf.predict(X / 16))


def test_parameters_and_names_come_back(tmp_path, digits):
    import pandas as pd

    X, _, y, _ = digits
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(64)])
    pipeline = make_digit_pipeline(
        filters=np.int64(4),
        kernel_size=(3, 5),
        class_weight={3: 2.0, 4: 0.5},
        image_shape=(4, 16),
        epochs=1,
        random_state=np.random.RandomState(0),
    ).fit(frame, y)
    skdigits.save(pipeline, tmp_path / "model")
    again = skdigits.load(tmp_path / "model")
    params = again.get_params()
    assert params["cnn__filters"] == 4
    assert params["cnn__kernel_size"] == (3, 5)
    assert params["cnn__class_weight"] == {3: 2.0, 4: 0.5}
    assert params["cnn__random_state"] is None
    assert again.feature_names_in_.tolist() == frame.columns.tolist()
    assert_array_equal(again.predict(frame), pipeline.predict(frame))


def test_settings_of_the_pipeline_do_not_come_back(tmp_path, fitted):
    pipeline = deepcopy(fitted).set_output(transform="pandas")
    pipeline.set_params(memory=str(tmp_path), transform_input=["X_val"], verbose=True)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline[-1].set_fit_request(X_val=True, y_val=True)
    skdigits.save(pipeline, tmp_path / "model")
    again = skdigits.load(tmp_path / "model")
    assert (again.memory, again.transform_input, again.verbose) == (None, None, False)
    for step in again:
        assert not {"_sklearn_output_config", "_metadata_request"} & set(vars(step))


def test_parameters_changed_after_fit_do_not_disturb(tmp_path, digits):
    X, _, y, _ = digits
    clf = DigitCNN(filters=4, epochs=1, random_state=0).fit(X / 16, y)
    clf.set_params(filters=64, batch_norm=True)
    skdigits.save(clf, tmp_path / "model")
    again = skdigits.load(tmp_path / "model")
    assert again.filters == 64
    assert_array_equal(again.predict_proba(X / 16), clf.predict_proba(X / 16))


@pytest.mark.parametrize(
    "labels",
    [
        np.array([f"class {i:03}" for i in range(500)]),
        np.array(["x" * 1023 + str(i) for i in range(8)]),
        np.array([7]),
        np.array([True, False]),
        np.array([0.5, 2.0]),
    ],
    ids="many long one boolean float".split(),
)
def test_labels_come_back(labels):
    again = restored_labels(plain_labels(labels))
    assert again.dtype == labels.dtype and again.tolist() == labels.tolist()


def test_labels_have_a_million_characters_at_most():
    most = np.char.add(np.char.zfill(np.arange(1024).astype(str), 1023), "x")
    assert restored_labels(plain_labels(most)).tolist() == most.tolist()
    with pytest.raises(ValueError, match="labels of 1,049,600 characters, above 1,04"):
        restored_labels(plain_labels(np.char.add(most, "y")))


@pytest.mark.parametrize(
    "labels, got",
    [
        (as_label_array([(1, 2), "a"]), r"the label=\(1, 2\), but expected text, a fi"),
        (as_label_array([np.inf, 1]), "the label=inf, but expected text, a finite"),
        (np.array([1, 2], dtype=np.longdouble), "the label="),
        (np.array([b"a", b"b"]), "the label=b'a', but expected text"),
        (np.array(["2024-01-01", "2025"], dtype="M8[D]"), "the label=datetime.date"),
        (np.array([1j, 2j]), "the label=1j, but expected text"),
    ],
    ids="tuple infinity longdouble bytes date complex".split(),
)
def test_other_labels_cannot_be_saved(tmp_path, labels, got):
    classifier = random_classifier(labels=(0, 1))
    classifier.classes_ = labels
    with pytest.raises(ValueError, match=f"Got {got}.*Convert"):
        skdigits.save(classifier, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_times_in_nanoseconds_do_not_come_back_as_numbers(tmp_path):
    """NumPy has integers for their values."""
    classifier = random_classifier(labels=(0, 1))
    classifier.classes_ = np.array(["2024", "2025"], dtype="M8[ns]")
    with pytest.raises(ValueError, match="Got an estimator with labels of the dtype '"):
        skdigits.save(classifier, tmp_path / "model")


def test_integers_that_are_many():
    many = {"dtype": "<i8", "values": list(range(2**16))}
    assert len(restored_labels(many)) == 2**16


def test_a_loaded_model_predicts_without_tensorflow(path):
    code = (
        "import sys, numpy, skdigits\n"
        f"pipeline = skdigits.load({str(path)!r})\n"
        "print(pipeline.predict(numpy.zeros((1, 64))))\n"
        "assert not {'keras', 'tensorflow', 'scikeras'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_loaded_model_has_its_keras_model(path, fitted, digits):
    _, X, _, y = digits
    again = skdigits.load(path)
    images = again[:-1].transform(X)
    assert again["cnn"].keras_classifier_.score(images, y) == again.score(X, y)
    probabilities = again["cnn"].model_.predict(images, verbose=0)
    # the temperature magnifies what is rounded otherwise
    assert_allclose(probabilities, fitted.predict_proba(X), atol=5e-6)


class TestRefused:
    def refuse(self, path, message):
        with pytest.raises(ValueError, match=message) as caught:
            skdigits.load(path)
        assert str(caught.value).startswith(f"Got '{path}'")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("keep", [0, 4, 8, 100, 3000, -1])
    def test_truncated(self, path, keep):
        path.write_bytes(path.read_bytes()[:keep])
        self.refuse(path, "Save the model again")

    def test_any_altered_byte(self, path):
        content = path.read_bytes()
        places = np.random.default_rng(0).integers(0, len(content), 60)
        for place in [*places, *range(8, 30)]:
            altered = bytearray(content)
            altered[place] ^= 4
            path.write_bytes(altered)
            self.refuse(path, "Save the model again|Upgrade skdigits")

    def test_not_a_model(self, path):
        path.write_bytes(b"this is no model at all" * 100)
        message = (
            r"\(not a model file of skdigits\), but expected a file made by skdigits"
        )
        self.refuse(path, rf"{message}\.save\. Save the model again")
        path.write_bytes(b"")
        self.refuse(path, "an empty file.*Save the model again")
        for metadata in (None, {"made": "elsewhere"}):
            save_file({"a": np.zeros(3)}, path, metadata)
            self.refuse(
                path, "a safetensors file of another program.*Save the model again"
            )

    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_a_pickle(self, path, protocol, fitted):
        path.write_bytes(pickle.dumps(fitted, protocol))
        self.refuse(path, r"\(a pickle\).*Load it with joblib.load, if you trust who")

    @pytest.mark.parametrize(
        "name, options, found",
        [
            ("a.joblib", {}, "a pickle"),
            ("a.joblib", {"compress": 3}, "probably a pickle"),
            ("a.pkl", {"protocol": 0}, "probably a pickle"),
            ("a.gz", {"compress": ("gzip", 3)}, "a file compressed by gzip"),
        ],
    )
    def test_a_file_of_joblib(self, tmp_path, name, options, found, fitted):
        joblib.dump(fitted, tmp_path / name, **options)
        self.refuse(tmp_path / name, f"{found}.*Load it with joblib.load, if you trust")

    @pytest.mark.parametrize(
        "suffix, found",
        [(".keras", "a ZIP archive, as .keras files are"), (".h5", "an HDF5 file")],
    )
    @pytest.mark.filterwarnings("ignore:__array__ implementation doesn't acc")
    def test_a_file_of_keras(self, tmp_path, suffix, found, fitted):
        path = tmp_path / f"model{suffix}"
        fitted[-1].model_.save(path)
        self.refuse(path, f"{found}.*Load it with keras.models.load_model")
        with pytest.raises(ValueError, match=found):
            load_network(path)

    def test_a_model_of_onnx_and_an_array(self, path, fitted):
        path.write_bytes(skdigits.to_onnx(fitted).SerializeToString())
        self.refuse(path, "an ONNX model.*Run it with ONNX Runtime")
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
        self.refuse(path, "a NumPy array.*Load it with numpy.load")

    def test_oversized(self, path):
        os.truncate(path, 2**28 + 1)
        self.refuse(path, "it has 268,435,457 bytes; the limit is 268,435,456")

    def test_oversized_header(self, path):
        content = bytearray(path.read_bytes())
        content[:8] = (2**40).to_bytes(8, "little")
        path.write_bytes(content)
        self.refuse(path, "a header of 1099511627776 bytes")

    def test_unknown_version(self, path):
        rewrite(path, document={**document_of(path), "format_version": 4})
        self.refuse(path, "format version 4.*but expected .* Upgrade skdigits to")

    def test_weights_that_are_not_finite(self, path):
        arrays = load_file(path)
        arrays["logits/bias"][0] = np.nan
        rewrite(path, arrays=arrays)
        self.refuse(path, "weights 'logits/bias' that are not finite float32")

    def test_wrong_shapes(self, path):
        arrays = load_file(path)
        arrays["logits/bias"] = arrays["logits/bias"][:-1]
        rewrite(path, arrays=arrays)
        self.refuse(path, "weights of another network")
        del arrays["logits/bias"]
        rewrite(path, arrays=arrays)
        self.refuse(path, "weights of another network")

    @pytest.mark.parametrize(
        "change",
        [
            {"dense_units": 10**12},
            {"filters": [10**9, 10**9]},
            {"filters": [8] * 5000},
            {"kernel_size": [10**6, 10**6]},
            {"dropout": "os.system"},
            {"filters": [1] * 300, "kernel_size": [1] * 300},
            {"padding": "valid"},
        ],
        ids=str,
    )
    def test_a_network_that_does_not_fit_takes_no_memory(self, path, change):
        document = document_of(path)
        document["network"]["spec"].update(change)
        rewrite(path, document=document)
        self.refuse(path, "Save the model again")

    @pytest.mark.parametrize(
        "change",
        [
            {"dtype": "<U999999999", "values": list("abcdefghij")},
            {"dtype": "<U" + "9" * 30, "values": list("abcdefghij")},
            {"dtype": "|V8", "values": list("abcdefghij")},
            {"dtype": "(9,9)<i8", "values": list(range(10))},
            {"dtype": "<U0", "values": ["a" * 10**6, *"bcdefghij"]},
            {"dtype": "<U", "values": ["a" * 10**6, *"bcdefghij"]},
            {"dtype": "<U1", "values": ["aa", *"bcdefghij"]},
            {"dtype": "<U1", "values": list(range(10))},
            {"dtype": "<i8", "values": [1] * 10},
            {"dtype": "<i8", "values": [i + 0.5 for i in range(10)]},
            {"dtype": "<i8", "values": [float(i) for i in range(10)]},
            {"dtype": "<i8", "values": list("0123456789")},
            {"dtype": "<i8", "values": list(range(11))},
            {"dtype": "|i1", "values": [*range(9), 300]},
            {"dtype": "|b1", "values": list(range(10))},
            {"dtype": "|O", "values": [{} for _ in range(10)]},
            {"dtype": "|O", "values": [[i] for i in range(10)]},
            {"dtype": "<f8", "values": [*map(float, range(9)), float("nan")]},
            {"dtype": "<i8", "values": []},
            {"dtype": "<i8", "values": 5},
            {"dtype": 8, "values": list(range(10))},
            {"dtype": "<i8"},
            {},
            [],
        ],
        ids=str,
    )
    def test_labels_that_do_not_fit(self, path, change):
        rewrite(path, document={**document_of(path), "classes": change})
        for load in (skdigits.load, load_network):
            with pytest.raises(ValueError, match=r"^Got '.*Save the model again\.$"):
                load(path)

    @pytest.mark.parametrize(
        "change",
        [
            {"history": {}},
            {"history": {"loss": 5}},
            {"history": {"loss": ["a"] * 6}},
            {"history": {"loss": ["1.5"] * 6}},
            {"history": {"loss": [1] * 6}},
            {"history": {"loss": [1.0] * 6, "accuracy": [1.0] * 5}},
            {"history": {"accuracy": [1.0] * 6}},
            {"seed": -1},
            {"seed": 10**30},
            {"seed": 2**32},
            {"seed": 1.0},
            {"temperature": 0.0},
            {"temperature": float("nan")},
            {"temperature": float("inf")},
            {"temperature": "1"},
            {"temperature": [1.0]},
            {"recipe": None},
            {"spec": {}},
            {"weights": {}},
        ],
        ids=str,
    )
    def test_a_network_that_no_fit_gives(self, path, change):
        document = document_of(path)
        document["network"].update(change)
        rewrite(path, document=document)
        for load in (skdigits.load, load_network):
            with pytest.raises(ValueError, match=r"^Got '.*Save the model again\.$"):
                load(path)

    @pytest.mark.parametrize(
        "place, change",
        [
            (0, {"n_features_in_": 65}),
            (0, {"n_features_in_": 64.0}),
            (0, {"image_shape_": [8, 8]}),
            (1, {"image_shape_": [4, 16]}),
            (1, {"image_shape_": [8, 8, 1]}),
            (1, {"scale_": 2.0}),
            (0, {"background_": "dark"}),
            (0, {"background_": 0}),
            (0, {"background_": np.inf}),
            (0, {"background_": [0.0]}),
            (1, {"background_": 0.0}),
            (0, {"black_": None}),
            (0, {"black_": "dark"}),
            (2, {"image_shape_": [10**9, 10**9]}),
            (2, {"n_features_in_": 65}),
            (2, {"n_features_in_": 64.5}),
            (0, {"feature_names_in_": ["pixel"]}),
            (0, {"feature_names_in_": 64 * [1]}),
            (0, {"feature_names_in_": 64 * [[]]}),
            (2, {"classes_": [1]}),
        ],
        ids=str,
    )
    def test_learned_attributes_that_do_not_fit(self, path, place, change):
        document = document_of(path)
        document["steps"][place]["learned"].update(change)
        rewrite(path, document=document)
        self.refuse(path, "Save the model again")

    @pytest.mark.parametrize(
        "place, attribute",
        [
            (0, "scale_"),
            (0, "black_"),
            (0, "background_"),
            (0, "n_features_in_"),
            (1, "image_shape_"),
            (2, "image_shape_"),
        ],
    )
    def test_a_learned_attribute_that_is_not_there(self, path, place, attribute):
        document = document_of(path)
        del document["steps"][place]["learned"][attribute]
        rewrite(path, document=document)
        self.refuse(path, "unexpected entries|damaged content")

    @pytest.mark.parametrize(
        "change, message",
        [
            (
                {0: {"name": "reshape"}},
                "steps named .'reshape', 'reshape', 'cnn'.",
            ),
            ({0: {"name": ""}}, "steps named "),
            ({0: {"name": "a__b"}}, "steps named .'a__b', 'reshape', 'cnn'."),
            ({0: {"name": 3}}, "steps named "),
            ({0: {"type": "os.system"}}, "steps of types .'os.system', 'Imag"),
            ({0: {"type": ["PixelScaler"]}}, "damaged content"),
            ({0: {"type": "DigitCNN"}}, "steps of types .'DigitCNN', 'ImageRe"),
            ({2: {"type": "PixelScaler"}}, "steps of types "),
            ({0: {"learned": {}}}, "damaged content"),
            ({0: {"learned": {"scale_": -1.0}}}, "damaged content"),
            ({0: {"learned": {"scale_": "1"}}}, "damaged content"),
        ],
        ids=str,
    )
    def test_steps_that_are_of_no_pipeline(self, path, change, message):
        document = document_of(path)
        for place, values in change.items():
            document["steps"][place].update(values)
        rewrite(path, document=document)
        self.refuse(path, message)
        with pytest.raises(ValueError, match=message):
            load_network(path)

    @pytest.mark.parametrize("steps", [[], {}, None, [[]], "abc"], ids=str)
    def test_what_is_no_list_of_steps(self, path, steps):
        rewrite(path, document={**document_of(path), "steps": steps})
        for load in (skdigits.load, load_network):
            with pytest.raises(ValueError, match=r"^Got '.*Save the model again\.$"):
                load(path)

    @pytest.mark.parametrize("is_pipeline", [False, "no"])
    def test_whether_it_is_a_pipeline(self, path, is_pipeline):
        rewrite(path, document={**document_of(path), "pipeline": is_pipeline})
        self.refuse(path, "missing or unexpected entries")

    @pytest.mark.parametrize(
        "place, params",
        [
            (0, {"scale": "x"}),
            (1, {"image_shape": [1]}),
            (2, {"dropout": np.nan}),
            (2, {"dropout": "x"}),
            (2, {"filters": 1e30}),
            (2, {"kernel_size": 0}),
            (2, {"epochs": "many"}),
            (2, {"random_state": 10**30}),
            (2, {"random_state": "x"}),
            (2, {"callbacks": "x"}),
            (2, {"verbose": -1}),
            (2, {"warm_start": 0.5}),
            (2, {"image_shape": 0}),
            (2, {"class_weight": [[99, 1.0]]}),
            (2, {"class_weight": [[3, 1.0], [3, 1.0]]}),
            (2, {"class_weight": [[[], 1.0]]}),
            (2, {"class_weight": [3, 1.0]}),
            (2, {"calibration": 1}),
            (2, {"early_stopping": -1}),
        ],
        ids=str,
    )
    def test_parameters_that_nobody_can_pass(self, path, place, params):
        document = document_of(path)
        document["steps"][place]["params"].update(params)
        rewrite(path, document=document)
        self.refuse(path, "unexpected entries|damaged content")

    @pytest.mark.parametrize(
        "place",
        [
            (),
            ("steps", 0),
            ("steps", 0, "learned"),
            ("steps", 2, "params"),
            ("steps", 2, "learned"),
            ("classes",),
            ("network",),
            ("network", "spec"),
            ("network", "recipe"),
        ],
        ids=str,
    )
    def test_entries_that_nobody_knows(self, path, place):
        document = entry = document_of(path)
        for key in place:
            entry = entry[key]
        entry["unknown"] = 1
        rewrite(path, document=document)
        self.refuse(
            path, "missing or unexpected entries|damaged content|that are repeated"
        )

    def test_what_contradicts_itself(self, path):
        document = document_of(path)
        document["network"]["spec"]["n_classes"] = 3
        rewrite(path, document=document)
        self.refuse(path, "missing or unexpected entries")
        with pytest.raises(ValueError, match="missing or unexpected entries"):
            load_network(path)

    @pytest.mark.parametrize(
        "place",
        [
            ("network", "recipe", "patience"),
            ("network", "recipe", "epochs"),
            ("network", "spec", "dropout"),
            ("network", "spec", "batch_norm"),
            ("network", "spec", "early_downsampling"),
        ],
        ids=str,
    )
    def test_values_that_only_look_like_the_right_ones(self, path, place):
        for value in ("auto", 0, [0], 1.0, True, float("nan"), 10**400, "", None):
            document = entry = document_of(path)
            for key in place[:-1]:
                entry = entry[key]
            before = json.dumps(entry[place[-1]])
            entry[place[-1]] = value
            if json.dumps(value) == before:
                continue
            rewrite(path, document=document)
            try:
                spec = load_network(path).network
            except ValueError as error:
                assert str(error).endswith("Save the model again.")
            else:
                found = spec.recipe if place[1] == "recipe" else spec.spec
                assert json.dumps(getattr(found, place[2])) == json.dumps(value)

    @pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32, bool])
    def test_weights_of_another_type(self, path, dtype):
        arrays = load_file(path)
        arrays["logits/bias"] = arrays["logits/bias"].astype(dtype)
        rewrite(path, arrays=arrays)
        self.refuse(path, "weights 'logits/bias' that are not finite float32")

    def test_weights_that_no_training_gives(self, path):
        arrays = load_file(path)
        arrays["norm_1/moving_variance"][0] = -1
        rewrite(path, arrays=arrays)
        self.refuse(path, "negative variances")

    def test_the_same_name_twice(self, path):
        from skdigits.persistence._safetensors import checksum

        document, arrays = document_of(path), load_file(path)
        document["sha256"] = checksum(document, arrays)
        text = json.dumps(document)
        doubled = text.replace(
            '"pipeline": true', '"pipeline": false, "pipeline": true'
        )
        assert text != doubled
        save_file(arrays, path, {"skdigits": doubled})
        self.refuse(path, "the same name twice")
        save_file(arrays, path, {"skdigits": text})
        content = path.read_bytes()
        header = content[8 : 8 + int.from_bytes(content[:8], "little")]
        start = (
            b'{"logits/bias":'
            + header.partition(b'"logits/bias":')[2].partition(b"}")[0]
        )
        header = start + b"}," + header[1:]
        path.write_bytes(
            len(header).to_bytes(8, "little")
            + header
            + content[-sum(a.nbytes for a in arrays.values()) :]
        )
        self.refuse(path, "the same name twice")

    def test_other_parameters(self, path):
        document = document_of(path)
        document["steps"][0]["params"]["command"] = "ls"
        rewrite(path, document=document)
        self.refuse(path, "damaged content")

    def test_what_is_no_path(self, fitted):
        for path in (None, 3, b"model"):
            for load in (skdigits.load, load_network, read_card):
                with pytest.raises(ValueError, match="^Got path=.* expected a path"):
                    load(path)
            with pytest.raises(ValueError, match="^Got path=.* expected a path"):
                skdigits.save(fitted, path)

    @pytest.mark.parametrize("size", [2**22 + 1, 5_000_000, 2**63])
    def test_a_header_is_not_read_before_its_size(self, tmp_path, size):
        path = tmp_path / "model"
        path.write_bytes(size.to_bytes(8, "little") + b"{}" * 100)
        with pytest.raises(ValueError, match=f"a header of {size} bytes"):
            skdigits.load(path)

    def test_missing(self, tmp_path):
        for name in ("nothing", "a" * 300):
            with pytest.raises(
                FileNotFoundError, match="but expected an existing file"
            ):
                skdigits.load(tmp_path / name)


def test_class_weight_of_mixed_labels(tmp_path, digits):
    X, _, y, _ = digits
    labels = np.empty(len(y), dtype=object)
    labels[:] = [digit if digit < 5 else f"d{digit}" for digit in y]  # numpy's ints
    weights = {0: 2.0, "d7": 3.0}
    clf = DigitCNN(filters=4, epochs=1, class_weight=weights).fit(X / 16, labels)
    skdigits.save(clf, tmp_path / "model")
    assert skdigits.load(tmp_path / "model").class_weight == weights


class TestSaving:
    def test_what_cannot_be_saved(self, tmp_path, fitted, digits):
        X, _, y, _ = digits
        path = tmp_path / "model"
        other = make_pipeline(MinMaxScaler(), DigitCNN())
        with pytest.raises(ValueError, match="Pipeline of .*'MinMaxScaler', 'DigitCNN"):
            skdigits.save(other, path)
        with pytest.raises(ValueError, match="Pass search.best_estimator_ for a searc"):
            skdigits.save(GridSearchCV(fitted, {"cnn__epochs": [1]}), path)
        with pytest.raises(NotFittedError):
            skdigits.save(make_digit_pipeline(), path)
        labels = np.empty(len(y), dtype=object)
        labels[:] = [(digit % 2,) for digit in y]
        clf = DigitCNN(filters=4, epochs=1).fit(X / 16, labels)
        with pytest.raises(ValueError, match=r"the label=\(.*,\), but expected"):
            skdigits.save(clf, path)
        with pytest.raises(FileNotFoundError, match="expected an existing folder"):
            skdigits.save(fitted, tmp_path / "nowhere" / "model")
        half = make_digit_pipeline(fitted["cnn"])
        with pytest.raises(NotFittedError):
            skdigits.save(half, path)
        long = np.array(["x" * 10**6, "y"])
        clf = DigitCNN(filters=4, epochs=1).fit(X[:2] / 16, long)
        with pytest.raises(ValueError, match="labels of 2,000,000 characters"):
            skdigits.save(clf, path)
        renamed = Pipeline([("", fitted[0]), *fitted.steps[1:]])
        with pytest.raises(ValueError, match="Got an estimator with steps named "):
            skdigits.save(renamed, path)
        for params, message in (
            ({"dropout": np.nan}, "Got dropout=nan, but expected text, a finite"),
            (
                {"class_weight": {3: np.inf}},
                r"Got class_weight\[0\]\[1\]=inf, but expect",
            ),
            ({"padding": "x"}, "Got padding='x', but expected 'same' or 'valid'"),
            ({"random_state": 10**30}, "Seed must be between"),
            ({"class_weight": {99: 1.0}}, "Got class_weight with the unknown label 99"),
        ):
            changed = deepcopy(fitted["cnn"]).set_params(**params)
            with pytest.raises(ValueError, match=message):
                skdigits.save(changed, path)
        for place in (0, 1):
            smaller = deepcopy(fitted)
            smaller.steps[place][1].fit(X[:, :49])
            with pytest.raises(
                ValueError, match="steps that accept the same images and"
            ):
                skdigits.save(smaller, path)
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(IsADirectoryError, match="which is a folder"):
            skdigits.save(fitted, tmp_path)

    def test_a_failed_save_leaves_the_old_file(self, path, fitted, monkeypatch):
        before = path.read_bytes()

        def fail(_):
            raise OSError("disk full")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            skdigits.save(fitted, path)
        assert path.read_bytes() == before
        assert [p.name for p in path.parent.iterdir()] == [path.name]

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
    def test_a_kill_leaves_a_whole_file(self, path):
        """Kill a process that writes over the file again and again."""
        code = (
            "import sys\n"
            "from pathlib import Path\n"
            "from skdigits._files import replacing\n"
            "path = Path(sys.argv[1])\n"
            "content = path.read_bytes()\n"
            "print('ready', flush=True)\n"
            "while True:\n"
            "    with replacing(path) as temporary:\n"
            "        temporary.write_bytes(content)\n"
        )
        content = path.read_bytes()
        for pause in (0.0, 0.01, 0.03):
            process = subprocess.Popen(
                [sys.executable, "-c", code, path], stdout=subprocess.PIPE
            )
            process.stdout.readline()
            time.sleep(pause)
            process.kill()
            process.communicate()
            assert path.read_bytes() == content


def test_load_follows_no_import_of_the_file(path):
    """Nothing is imported for a file but what reads its format."""
    code = (
        "import sys, skdigits\n"
        "skdigits.load, skdigits.DigitCNN\n"
        "before = set(sys.modules)\n"
        f"skdigits.load({str(path)!r})\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new))\n"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert set(result.stdout.split()) <= {"safetensors"}
    assert set(document_of(path)["versions"]) >= {"skdigits", "keras", "scikit-learn"}


class TestCard:
    CARD = {
        "command": "skdigits train",
        "test": {"accuracy": np.float64(0.5), "interval": (0.4, 0.6), "n": np.int64(9)},
        "limits": ["no letters", None, True],
    }

    def test_it_comes_back(self, tmp_path, fitted):
        path = tmp_path / "model"
        skdigits.save(fitted, path, card=self.CARD)
        card = read_card(path)
        assert card.pop("format_version") == 1
        assert card.pop("versions")["skdigits"] == skdigits.__version__
        assert card == self.CARD | {
            "test": {"accuracy": 0.5, "interval": [0.4, 0.6], "n": 9}
        }
        assert skdigits.load(path).classes_.tolist() == list(range(10))

    def test_a_card_is_so_deep_and_no_deeper(self, tmp_path, fitted):
        card = {"a": [[[[1]]]], "b": {"c": {"d": {"e": 1}}}}
        skdigits.save(fitted, tmp_path / "model", card=card)
        read = read_card(tmp_path / "model")
        assert {name: read[name] for name in card} == card
        for deeper in {"a": [[[[[1]]]]]}, {"b": {"c": {"d": {"e": {"f": {}}}}}}:
            with pytest.raises(ValueError, match="Got card"):
                skdigits.save(fitted, tmp_path / "model", card=deeper)

    def test_the_longest_card_comes_back(self, tmp_path, fitted):
        card = {"a": "x" * (2**16 - 9)}
        skdigits.save(fitted, tmp_path / "model", card=card)
        skdigits.load(tmp_path / "model")
        assert read_card(tmp_path / "model")["a"] == card["a"]

    @pytest.mark.parametrize(
        "card, message",
        [
            ("text", "Got card='text', but expected a dict"),
            ({"a": {1, 2}}, r"Got card\['a'\]=\{1, 2\}, but expected text, a fi"),
            ({"a": [{"b": np.nan}]}, r"Got card\['a'\]\[0\]\['b'\]=nan, but expected"),
            ({"a": {1: 2}}, r"Got card\['a'\]=\{1: 2\}, but expected"),
            (
                {"a": "x" * 2**16},
                "Got a model card of 65,545 characters, but expected at mo",
            ),
            ({"a": [[[[[[1]]]]]]}, r"Got card\['a'\]\[0\]"),
            ({"a": {"b": {"c": {"d": {"e": {"f": {}}}}}}}, r"Got card\['a'\]"),
            (
                {"versions": {}},
                "Got a model card with 'versions', but expected other names",
            ),
        ],
    )
    def test_what_it_cannot_hold(self, tmp_path, fitted, card, message):
        with pytest.raises(ValueError, match=message):
            skdigits.save(fitted, tmp_path / "model", card=card)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "change",
        [
            {"card": []},
            {"card": {"a": [[[[[[1]]]]]]}},
            {"card": {"a": float("inf")}},
            {"card": {"a": "x" * 2**17}},
            {"card": {"versions": {}}},
            {"versions": []},
            {"versions": {"keras": {"a": 1}}},
        ],
        ids=lambda change: str(change)[:40],
    )
    def test_hostile_ones_are_refused(self, path, change):
        rewrite(path, document=document_of(path) | change)
        for read in (read_card, skdigits.load):
            with pytest.raises(
                ValueError, match="(content|text).*, but expected.*Save the"
            ):
                read(path)


def test_a_pipeline_that_normalizes(path, fitted, digits):
    """Its first step takes images of any size, and counts no pixels."""
    X, _, y, _ = digits
    normalizer = HandwritingNormalizer(n_jobs=1)
    cnn = make_digit_pipeline(filters=2, epochs=1).fit(
        normalizer.fit_transform(X[:50]), y[:50]
    )
    pipeline = Pipeline([("normalize", normalizer), *cnn.steps])
    skdigits.save(pipeline, path)
    again = skdigits.load(path)
    assert repr(again) == repr(pipeline)
    images = [X[0].reshape(8, 8), np.zeros((40, 20), np.uint8)]
    expected = pipeline.predict_proba(images)
    assert_allclose(again.predict_proba(images), expected, atol=1e-6)
    document = document_of(path)
    del document["steps"][1]["learned"]["n_features_in_"]
    rewrite(path, document=document)
    with pytest.raises(ValueError, match="missing or unexpected entries"):
        skdigits.load(path)


class TestLoadNetwork:
    def test_it_predicts_as_the_whole_estimator(self, path, fitted, digits):
        X = digits[1]
        network = load_network(path)
        assert network.classes_.tolist() == fitted.classes_.tolist()
        assert network.image_shape_ == (8, 8)
        assert network.card == read_card(path)
        expected = skdigits.load(path).predict_proba(X)
        assert_array_equal(network.predict_proba(X.astype(np.uint8)), expected)

    def test_files_that_are_none(self, path):
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(ValueError, match="Save the model again"):
            load_network(path)
        with pytest.raises(FileNotFoundError, match="but expected an existing file"):
            load_network("nothing")

    def test_it_imports_neither_scikit_learn_nor_tensorflow(self, path):
        code = (
            "import sys, numpy\n"
            "from skdigits.persistence import load_network\n"
            f"model = load_network({str(path)!r})\n"
            "model.predict_proba(numpy.zeros((1, 64), numpy.uint8))\n"
            "heavy = {'sklearn', 'keras', 'tensorflow', 'scipy', 'joblib'}\n"
            "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


class TestColour:
    """Images of shape (height, width, 3)."""

    @pytest.fixture
    def images(self):
        rng = np.random.default_rng(3)
        return rng.integers(0, 256, (20, 1, 1, 3), dtype=np.uint8) // rng.integers(
            1, 9, (20, 9, 12, 3), dtype=np.uint8
        )

    @pytest.fixture
    def pipeline(self, images):
        classifier = random_classifier(image_shape=(9, 12, 3))
        scaler, reshaper = PixelScaler(scale=4).fit(images), ImageReshaper().fit(images)
        return make_pipeline(scaler, reshaper, classifier)

    def test_it_comes_back(self, tmp_path, pipeline, images):
        skdigits.save(pipeline, tmp_path / "model")
        again = skdigits.load(tmp_path / "model")
        expected = pipeline.predict_proba(images)
        assert np.ptp(expected, axis=0).max() > 0.02
        assert_array_equal(again.predict_proba(images), expected)
        rows = images.reshape(len(images), -1)
        assert_array_equal(again.predict_proba(rows), expected)
        assert again[1].image_shape_ == again[2].image_shape_ == (9, 12, 3)
        assert again[2].n_features_in_ == 324

    def test_load_network(self, tmp_path, pipeline, images):
        skdigits.save(pipeline, tmp_path / "model")
        network = load_network(tmp_path / "model")
        assert network.image_shape_ == (9, 12, 3)
        probabilities = network.predict_proba(images.reshape(len(images), -1))
        assert_array_equal(probabilities, pipeline.predict_proba(images))

    @pytest.mark.parametrize(
        "shape", [[9, 12], [9, 12, 1], [9, 12, 4], [9, 12, 3, 1], [36, 3, 3], [9]]
    )
    def test_other_shapes_are_refused(self, tmp_path, pipeline, shape):
        path = tmp_path / "model"
        skdigits.save(pipeline, path)
        document = document_of(path)
        document["network"]["spec"]["image_shape"] = shape
        rewrite(path, document=document)
        for load in (skdigits.load, load_network):
            with pytest.raises(ValueError, match=r"^Got '.*Save the model again\.$"):
                load(path)
