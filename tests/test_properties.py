"""What holds for any images, labels, networks and answers."""

import json
import pickle
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import pytest
from _networks import random_classifier
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import Pipeline

import skdigits
from skdigits.inspection import ErrorReport
from skdigits.preprocessing import ImageReshaper, OneHotLabelEncoder, PixelScaler

few = settings(max_examples=30, deadline=None, derandomize=True, database=None)
fewer = settings(few, max_examples=10)


@st.composite
def batches_of_images(draw):
    """Images of any numeric type and size, flat or not."""
    n, height, width = draw(st.tuples(*[st.integers(1, 6)] * 3))
    shape = draw(st.sampled_from([(n, height, width), (n, height, width, 1)]))
    dtype = np.dtype(draw(st.sampled_from(["u1", "i2", "i8", "f2", "f4", "f8", "?"])))
    elements = None
    if dtype.kind == "f":
        elements = {"min_value": 0, "max_value": 60_000, "allow_subnormal": False}
    if dtype.kind == "i":
        elements = {"min_value": 0, "max_value": 30_000}
    return draw(arrays.arrays(dtype, shape, elements=elements))


@few
@given(batches_of_images())
def test_any_images_through_scaler_and_reshaper_and_back(X):
    before = X.copy()
    shape = X.shape[1:3]
    scaler, reshaper = PixelScaler(), ImageReshaper(image_shape=shape)
    scaled = scaler.fit_transform(X)
    assert scaled.shape == X.shape and scaled.dtype == np.float32
    assert scaled.min() >= 0 and scaled.max() <= 1
    back = scaler.inverse_transform(scaled)
    assert_allclose(back, X.astype(np.float64), rtol=1e-6, atol=1e-30)
    images = reshaper.fit_transform(scaled)
    assert images.shape == (len(X), *shape, 1)
    flat = reshaper.inverse_transform(images)
    assert_array_equal(flat, scaled.reshape(len(X), -1))
    # rows and images are the same
    rows = X.reshape(len(X), -1)
    assert_array_equal(PixelScaler().fit_transform(rows), flat)
    assert_array_equal(ImageReshaper(image_shape=shape).fit_transform(flat), images)
    assert_array_equal(X, before)


labels = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20),
    st.lists(st.text(max_size=5), min_size=1, max_size=20),
    st.lists(st.booleans(), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 3), st.text(max_size=1)), min_size=1),
    st.lists(st.one_of(st.integers(0, 5), st.text("ab", max_size=2)), min_size=1),
)


@few
@given(labels)
def test_any_labels_through_the_encoder_and_back(y):
    # numpy's own strings end before a NUL
    assume(not any(isinstance(label, str) and "\0" in label for label in y))
    encoder = OneHotLabelEncoder()
    rows = encoder.fit_transform(y)
    assert rows.shape == (len(y), len(set(y)))
    assert_array_equal(rows.sum(axis=1), 1)
    assert encoder.inverse_transform(rows).tolist() == y
    assert len(set(encoder.classes_.tolist())) == len(encoder.classes_)


@st.composite
def classifiers(draw):
    """Networks of any shape and weights, with labels of several types."""
    n_blocks = draw(st.integers(1, 3))
    labels = draw(st.sampled_from([(0, 1), tuple("abc"), tuple(range(10)), (-1, 7)]))
    return random_classifier(
        image_shape=draw(st.tuples(st.integers(8, 17), st.integers(8, 17))),
        labels=labels,
        seed=draw(st.integers(0, 99)),
        filters=tuple(draw(st.integers(1, 5)) for _ in range(n_blocks)),
        kernel_size=draw(st.integers(1, 4)),
        dense_units=draw(st.sampled_from([None, 1, 7])),
        batch_norm=draw(st.booleans()),
        early_downsampling=draw(st.sampled_from([True, False, "auto"])),
    )


@fewer
@given(classifiers(), st.sampled_from([1, 16, 255, 1000.5]))
def test_any_network_through_files_pickles_and_onnx(classifier, scale):
    n_pixels = classifier.n_features_in_
    X = np.random.default_rng(0).random((5, n_pixels), dtype=np.float32) * scale
    scaler = PixelScaler(scale=scale).fit(X)
    pipeline = Pipeline([("scale", scaler), ("cnn", classifier)])
    expected = pipeline.predict_proba(X)
    for again in (_saved_and_loaded(pipeline), pickle.loads(pickle.dumps(pipeline))):
        assert_array_equal(again.predict_proba(X), expected)
        assert again.classes_.tolist() == classifier.classes_.tolist()
        assert str(again.get_params()) == str(pipeline.get_params())
    graph = skdigits.to_onnx(pipeline, dtype="float32").SerializeToString()
    session = onnxruntime.InferenceSession(graph)
    label, probabilities = session.run(["label", "probabilities"], {"X": X})
    assert_allclose(probabilities, expected, atol=1e-5)
    decided = np.sort(expected, axis=1)[:, -2:] @ [-1, 1] > 1e-4
    assert label[decided].tolist() == pipeline.predict(X)[decided].tolist()


def _saved_and_loaded(pipeline):
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.chdir(folder)
        skdigits.save(pipeline, "model")
        return skdigits.load("model")


@fewer
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")),
        min_size=1,
        max_size=30,
    ),
    st.booleans(),
)
def test_any_answers_through_the_report(answers, with_probabilities):
    true, predicted = map(list, zip(*answers, strict=True))
    names = sorted({*true, *predicted})
    y_proba = None
    if with_probabilities:
        y_proba = np.full((len(true), len(names)), 0.1 / max(1, len(names) - 1))
        y_proba[range(len(true)), [names.index(name) for name in predicted]] = 0.9
        y_proba /= y_proba.sum(axis=1, keepdims=True)
    report = ErrorReport.from_predictions(
        true, None if with_probabilities else predicted, y_proba=y_proba, labels=names
    )
    n_errors = sum(a != b for a, b in answers)
    assert (report.n_rows, report.n_errors) == (len(true), n_errors)
    assert report.confusion_matrix.sum() == len(true)
    assert report.confusion_matrix.trace() == len(true) - n_errors
    with TemporaryDirectory() as folder:
        page = report.write(folder, "any <b>answers</b>")
        text = page.read_text(encoding="utf-8")
        document = json.loads((page.parent / "report.json").read_text("utf-8"))
    assert "<b>" not in text and "&lt;b&gt;answers" in text
    assert document["n_errors"] == n_errors
    assert document["confusion_matrix"] == report.confusion_matrix.tolist()
