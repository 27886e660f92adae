import json
import os
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from safetensors.numpy import load_file, save_file
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler

import skdigits
from skdigits import DigitCNN, make_digit_pipeline
from skdigits.handwriting import HandwritingNormalizer
from skdigits.persistence import load_network, read_card
from skdigits.persistence._plain_values import describe_labels, restored_labels

DATA = Path(__file__).parent / "data"


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


def test_it_can_learn_on(path, digits):
    X, _, y, _ = digits
    again = skdigits.load(path)
    again[-1].partial_fit(again[:-1].transform(X), y)
    assert again[-1].n_iter_ == 7


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


def test_parameters_changed_after_fit_do_not_disturb(tmp_path, digits):
    X, _, y, _ = digits
    clf = DigitCNN(filters=4, epochs=1, random_state=0).fit(X / 16, y)
    clf.set_params(filters=64, batch_norm=True)
    skdigits.save(clf, tmp_path / "model")
    again = skdigits.load(tmp_path / "model")
    assert again.filters == 64
    assert_array_equal(again.predict_proba(X / 16), clf.predict_proba(X / 16))


@pytest.mark.parametrize("number", [1, 2])
def test_a_file_of_an_old_version_loads_for_ever(number):
    """Made once, with that format; never to be made again."""
    path = DATA / f"version_{number}.safetensors"
    X = np.load(path.with_suffix(".npz"))
    pipeline = skdigits.load(path)
    assert document_of(path)["format_version"] == number
    assert pipeline.classes_.tolist() == list(range(10))
    assert_allclose(pipeline.predict_proba(X["x"]), X["probabilities"], atol=1e-5)


def test_version_1_knew_neither_cycle_nor_warping():
    params = skdigits.load(DATA / "version_1.safetensors").get_params()
    assert params["cnn__augment"] == params["cnn__weight_decay"] == 0
    assert params["cnn__label_smoothing"] == 0
    assert params["cnn__schedule"] == "constant"
    assert params["cnn__early_downsampling"] is False


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
    again = restored_labels(describe_labels(labels))
    assert again.dtype == labels.dtype and again.tolist() == labels.tolist()


def test_labels_have_a_million_characters_at_most():
    most = np.char.add(np.char.zfill(np.arange(1024).astype(str), 1023), "x")
    assert restored_labels(describe_labels(most)).tolist() == most.tolist()
    with pytest.raises(ValueError, match="Got labels of 1,049,600 characters, but"):
        describe_labels(np.char.add(most, "y"))
    with pytest.raises(ValueError, match=r"Got labels such as \(1, 2\), but expected"):
        other = np.empty(2, dtype=object)
        other[:] = [(1, 2), "a"]
        describe_labels(other)


def test_integers_count_as_one_character_each():
    most = {"dtype": "<i8", "values": list(range(2**20))}
    assert len(restored_labels(most)) == 2**20
    most["values"].append(-1)
    with pytest.raises(ValueError, match="more labels than a classifier has"):
        restored_labels(most)


def test_version_1_normalized_before_pooling():
    """Its networks live on with the same answers, whatever the sign of gamma."""
    from skdigits.network import Answers, NetworkSpec
    from skdigits.persistence._old import pooled_before_normalization
    from skdigits.training import keras

    layers = keras.layers
    old = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(6, 3, padding="same", use_bias=False, name="conv_1"),
            layers.BatchNormalization(name="norm_1"),
            layers.ReLU(),
            layers.MaxPooling2D(padding="same"),
            layers.Flatten(),
            layers.Dense(3, name="logits"),
        ]
    )
    rng = np.random.default_rng(0)
    for variable in old.weights:
        value = rng.normal(0, 1, variable.shape)
        variable.assign(abs(value) if "variance" in variable.name else value)
    arrays = {
        f"{layer.name}/{variable.name}": variable.numpy()
        for layer in old.layers
        for variable in layer.weights
    }
    assert (arrays["norm_1/gamma"] < 0).any()
    spec = NetworkSpec((8, 8), 3, (6,), (3,), None, 0.0, True, "same", False)
    images = rng.random((5, 8, 8, 1), dtype=np.float32)
    new = Answers(spec, pooled_before_normalization(arrays))
    assert_allclose(new(images), np.asarray(old(images)), rtol=1e-4, atol=1e-4)


def test_a_loaded_model_answers_without_tensorflow(path):
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
        self.refuse(path, "Save the model again")
        save_file({"a": np.zeros(3)}, path)
        self.refuse(path, "damaged content")

    def test_oversized(self, path):
        os.truncate(path, 2**28 + 1)
        self.refuse(path, "it has 268,435,457 bytes, the limit is 268,435,456")

    def test_oversized_header(self, path):
        content = bytearray(path.read_bytes())
        content[:8] = (2**40).to_bytes(8, "little")
        path.write_bytes(content)
        self.refuse(path, "a header of 1099511627776 bytes")

    def test_unknown_version(self, path):
        rewrite(path, document={**document_of(path), "format_version": 4})
        self.refuse(
            path, "of format version 4, but expected at most 3. Upgrade skdigits"
        )

    def test_weights_that_are_not_finite(self, path):
        arrays = load_file(path)
        arrays["logits/bias"][0] = np.nan
        rewrite(path, arrays=arrays)
        self.refuse(path, "weights that are not finite")

    def test_wrong_shapes(self, path):
        arrays = load_file(path)
        arrays["logits/bias"] = arrays["logits/bias"][:-1]
        rewrite(path, arrays=arrays)
        self.refuse(path, "weights 'logits/bias' of another shape or type")
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
        document["steps"][-1]["fitted"]["network"].update(change)
        rewrite(path, document=document)
        self.refuse(path, "Save the model again")

    @pytest.mark.parametrize(
        "change",
        [
            {"image_shape": [10**9, 10**9]},
            {"n_features_in": 65},
            {"classes": {"dtype": "<U999999999", "values": list("abcdefghij")}},
            {"classes": {"dtype": "|V8", "values": list("abcdefghij")}},
            {"classes": {"dtype": "<U0", "values": ["a" * 10**6, *"bcdefghij"]}},
            {"classes": {"dtype": "<U", "values": ["a" * 10**6, *"bcdefghij"]}},
            {"classes": {"dtype": "<i8", "values": [1] * 10}},
            {"classes": {"dtype": "<i8", "values": [i + 0.5 for i in range(10)]}},
            {"classes": {"dtype": "|O", "values": [{} for _ in range(10)]}},
            {"history": {}},
            {"history": {"loss": 5}},
            {"history": {"loss": ["a"] * 6}},
            {"seed": -1},
            {"seed": 10**30},
            {"temperature": 0.0},
            {"classes": {"dtype": "<f8", "values": [*range(9), float("nan")]}},
            {"n_features_in": 64.5},
            {"feature_names_in": ["pixel"]},
        ],
        ids=str,
    )
    def test_learned_attributes_that_do_not_fit(self, path, change):
        document = document_of(path)
        document["steps"][-1]["fitted"].update(change)
        rewrite(path, document=document)
        self.refuse(path, "Save the model again")

    @pytest.mark.parametrize(
        "change, message",
        [
            ({0: {"name": "reshape"}}, "two steps of the same name"),
            ({0: {"name": ""}}, "steps of the names "),
            ({0: {"name": "a__b"}}, "steps of the names .'a__b', 'reshape', 'cnn'."),
            ({0: {"name": 3}}, "steps of the names "),
            ({0: {"fitted": {"scale": 16.0, "n_features_in": 65}}}, "different sizes"),
            (
                {1: {"fitted": {"image_shape": [4, 16], "n_features_in": 64}}},
                "steps for pictures of different sizes",
            ),
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

    @pytest.mark.parametrize("is_pipeline", [False, "no"])
    def test_whether_it_is_a_pipeline(self, path, is_pipeline):
        rewrite(path, document={**document_of(path), "pipeline": is_pipeline})
        self.refuse(path, "several steps that are no pipeline|damaged content")

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
            (2, {"class_weight": {"dtype": "<i8", "values": [99], "weights": [1.0]}}),
        ],
        ids=str,
    )
    def test_parameters_that_nobody_can_pass(self, path, place, params):
        document = document_of(path)
        document["steps"][place]["params"].update(params)
        rewrite(path, document=document)
        self.refuse(path, "not finite|other entries|damaged content")

    @pytest.mark.parametrize(
        "place",
        [
            (),
            ("steps", 0),
            ("steps", 0, "fitted"),
            ("steps", 2, "params"),
            ("steps", 2, "fitted"),
            ("steps", 2, "fitted", "classes"),
            ("steps", 2, "fitted", "network"),
            ("steps", 2, "fitted", "recipe"),
        ],
        ids=str,
    )
    def test_entries_that_nobody_knows(self, path, place):
        document = entry = document_of(path)
        for key in place:
            entry = entry[key]
        entry["unknown"] = 1
        rewrite(path, document=document)
        self.refuse(path, "other entries than it has to have|damaged content")

    def test_what_contradicts_itself(self, path):
        document = document_of(path)
        document["steps"][-1]["fitted"]["network"]["n_classes"] = 3
        rewrite(path, document=document)
        self.refuse(path, "other entries than it has to have")
        with pytest.raises(ValueError, match="other entries than it has to have"):
            load_network(path)

    def test_weights_that_no_training_gives(self, path):
        arrays = load_file(path)
        arrays["norm_1/moving_variance"][0] = -1
        rewrite(path, arrays=arrays)
        self.refuse(path, "variances below zero")

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

    def test_other_types_and_parameters(self, path):
        document = document_of(path)
        document["steps"][0]["type"] = "os.system"
        rewrite(path, document=document)
        self.refuse(path, "damaged content")
        document["steps"][0]["type"] = "PixelScaler"
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
            with pytest.raises(FileNotFoundError, match="but expected a file"):
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
        with pytest.raises(ValueError, match="Save search.best_estimator_ for a searc"):
            skdigits.save(GridSearchCV(fitted, {"cnn__epochs": [1]}), path)
        with pytest.raises(NotFittedError):
            skdigits.save(make_digit_pipeline(), path)
        labels = np.empty(len(y), dtype=object)
        labels[:] = [(digit % 2,) for digit in y]
        clf = DigitCNN(filters=4, epochs=1).fit(X / 16, labels)
        with pytest.raises(ValueError, match=r"labels such as \(.*,\), but expected"):
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
        with pytest.raises(ValueError, match="Got an estimator with steps of the nam"):
            skdigits.save(renamed, path)
        for params, message in (
            ({"dropout": np.nan}, "Got dropout=nan, but expected a plain value"),
            ({"class_weight": {3: np.inf}}, "Got class_weight.3.=inf, but expected a"),
            ({"padding": "x"}, "Got padding='x', but expected 'same' or 'valid'"),
            ({"random_state": 10**30}, "Seed must be between"),
        ):
            changed = deepcopy(fitted["cnn"]).set_params(**params)
            with pytest.raises(ValueError, match=message):
                skdigits.save(changed, path)
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
        assert card.pop("format_version") == 3
        assert card.pop("versions")["skdigits"] == skdigits.__version__
        assert card == self.CARD | {
            "test": {"accuracy": 0.5, "interval": [0.4, 0.6], "n": 9}
        }
        assert skdigits.load(path).classes_.tolist() == list(range(10))

    @pytest.mark.parametrize("number", [1, 2])
    def test_older_files_have_none(self, number):
        card = read_card(DATA / f"version_{number}.safetensors")
        assert set(card) == {"format_version", "versions"}

    def test_a_card_is_so_deep_and_no_deeper(self, tmp_path, fitted):
        card = {"a": [[[[1]]]], "b": {"c": {"d": {"e": 1}}}}
        skdigits.save(fitted, tmp_path / "model", card=card)
        read = read_card(tmp_path / "model")
        assert {name: read[name] for name in card} == card
        for deeper in {"a": [[[[[1]]]]]}, {"b": {"c": {"d": {"e": {"f": {}}}}}}:
            with pytest.raises(ValueError, match="Got a card with"):
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
            ({"a": {1, 2}}, r"Got a card with a=\{1, 2\}, but expected text, finite"),
            ({"a": [{"b": np.nan}]}, "Got a card with b=nan, but expected"),
            ({"a": {1: 2}}, r"Got a card with a=\{1: 2\}, but expected"),
            ({"a": "x" * 2**16}, "Got a card of 65,545 characters, but expected at mo"),
            ({"a": [[[[[[1]]]]]]}, "Got a card with a="),
            ({"a": {"b": {"c": {"d": {"e": {"f": {}}}}}}}, "Got a card with "),
            ({"versions": {}}, "Got a card with 'versions', but expected other names"),
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
                ValueError, match="(content|text|finite), but.*Save the"
            ):
                read(path)


def test_a_pipeline_that_normalizes(path, fitted, digits):
    """Its first step takes pictures of any size, and counts no pixels."""
    X, _, y, _ = digits
    normalizer = HandwritingNormalizer(n_jobs=1)
    cnn = make_digit_pipeline(filters=2, epochs=1).fit(
        normalizer.fit_transform(X[:50]), y[:50]
    )
    pipeline = Pipeline([("normalize", normalizer), *cnn.steps])
    skdigits.save(pipeline, path)
    again = skdigits.load(path)
    assert repr(again) == repr(pipeline)
    pictures = [X[0].reshape(8, 8), np.zeros((40, 20), np.uint8)]
    expected = pipeline.predict_proba(pictures)
    assert_allclose(again.predict_proba(pictures), expected, atol=1e-6)
    document = document_of(path)
    del document["steps"][1]["fitted"]["n_features_in"]
    rewrite(path, document=document)
    with pytest.raises(ValueError, match="damaged content"):
        skdigits.load(path)


class TestLoadNetwork:
    def test_it_answers_as_the_whole_estimator(self, path, fitted, digits):
        X = digits[1]
        network = load_network(path)
        assert network.classes_.tolist() == fitted.classes_.tolist()
        assert network.image_shape_ == (8, 8)
        assert network.card == read_card(path)
        expected = skdigits.load(path).predict_proba(X)
        assert_array_equal(network.predict_proba(X.astype(np.uint8)), expected)

    @pytest.mark.parametrize("number", [1, 2])
    def test_files_of_old_versions(self, number):
        path = DATA / f"version_{number}.safetensors"
        X = np.load(path.with_suffix(".npz"))
        probabilities = load_network(path).predict_proba(X["x"].astype(np.float32))
        assert_allclose(probabilities, X["probabilities"], atol=1e-5)

    @pytest.mark.parametrize(
        "change, message",
        [
            ({0: {"type": "os.system"}}, "a step of the type 'os.system'"),
            ({2: {"type": "PixelScaler"}}, "another classifier than DigitCNN"),
            ({0: {"fitted": {"scale": -1.0}}}, "damaged content"),
            ({0: {"fitted": {"scale": "1"}}}, "damaged content"),
        ],
        ids=str,
    )
    def test_hostile_files(self, path, change, message):
        document = document_of(path)
        for place, values in change.items():
            document["steps"][place].update(values)
        rewrite(path, document=document)
        with pytest.raises(ValueError, match=message):
            load_network(path)
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(ValueError, match="Save the model again"):
            load_network(path)
        with pytest.raises(FileNotFoundError, match="but expected a file"):
            load_network("nothing")
