import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skdigits import make_digit_pipeline
from skdigits.preprocessing import ImageReshaper, OneHotLabelEncoder, PixelScaler


@pytest.mark.parametrize(
    "X, scale",
    [
        (np.array([[0, 7]], dtype=np.uint8), 16),
        (np.array([[0, 200]], dtype=np.uint8), 255),
        (np.array([[0, 200]]), 255),
        (np.array([[0.0, 16.0]]), 16),
        (np.array([[0.0, 0.4]]), 1),
        (np.array([[0.0, 1.0]]), 1),
        (np.array([[0, 65535]], dtype=np.uint16), 65535),
        (np.array([[0.0, 0.0]]), 1),
    ],
)
def test_scale_is_learned_from_the_training_data(X, scale):
    scaler = PixelScaler().fit(X)
    assert scaler.scale_ == scale
    scaled = scaler.transform(X)
    assert scaled.dtype == np.float32
    assert_allclose(scaled, X / scale, rtol=1e-6)


def test_scale_does_not_depend_on_the_batch():
    scaler = PixelScaler().fit(np.array([[0, 255]], dtype=np.uint8))
    dark = np.array([[0, 16]], dtype=np.uint8)
    assert_allclose(scaler.transform(dark), dark / 255, rtol=1e-6)
    assert_allclose(scaler.transform(dark.astype(float)), dark / 255, rtol=1e-6)


def test_pixels_beyond_float32_do_not_overflow_on_the_way():
    X = np.array([[0.0, 2e300], [1e300, 5e299]])
    scaler = PixelScaler()
    for scaled in (scaler.fit_transform(X), scaler.transform(X)):
        assert scaled.dtype == np.float32
        assert_allclose(scaled, [[0, 1], [0.5, 0.25]], rtol=1e-6)


def test_given_scale_wins():
    for scale in (10, 0.5):
        assert PixelScaler(scale=scale).fit([[0, 255]]).scale_ == scale
    with pytest.raises(ValueError, match=r"Got scale=0, but expected a number in"):
        PixelScaler(scale=0).fit([[0, 255]])


@pytest.mark.parametrize("shape", [(3, 16), (3, 4, 4), (3, 4, 4, 1)])
def test_shapes_pass_through_and_come_back(shape):
    X = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    scaler = PixelScaler().fit(X)
    assert scaler.n_features_in_ == 16
    assert scaler.transform(X).shape == shape
    assert_allclose(scaler.inverse_transform(scaler.transform(X)), X, rtol=1e-6)
    reshaper = ImageReshaper().fit(X)
    images = reshaper.transform(X)
    assert images.shape == (3, 4, 4, 1)
    assert_array_equal(reshaper.inverse_transform(images), X.reshape(3, 16))


def test_names_of_columns_are_kept_and_checked():
    X = pd.DataFrame(np.arange(8).reshape(2, 4), columns=list("abcd"))
    scaler = PixelScaler().set_output(transform="pandas")
    assert scaler.fit_transform(X).columns.tolist() == list("abcd")
    assert scaler.get_feature_names_out().tolist() == list("abcd")
    reshaper = ImageReshaper().fit(X)
    assert reshaper.feature_names_in_.tolist() == list("abcd")
    for transformer in (scaler, reshaper):
        with pytest.raises(ValueError, match="in the same order"):
            transformer.transform(X[list("dcba")])


def test_set_output_reaches_through_a_pipeline():
    X = pd.DataFrame(np.arange(8).reshape(2, 4), columns=list("abcd"))
    pipeline = make_pipeline(PixelScaler(), ImageReshaper())
    images = pipeline.set_output(transform="pandas").fit_transform(X)
    assert images.shape == (2, 2, 2, 1)


@pytest.mark.parametrize("transformer", [PixelScaler(), ImageReshaper()])
def test_input_is_not_changed(transformer):
    X = np.arange(32.0).reshape(2, 16)
    before = X.copy()
    transformer = clone(transformer).fit(X)
    transformer.inverse_transform(transformer.transform(X))
    assert_array_equal(X, before)


def test_shape_of_the_pictures():
    rows = np.zeros((2, 6 * 9))
    assert ImageReshaper((6, 9)).fit(rows).image_shape_ == (6, 9)
    assert ImageReshaper().fit(np.zeros((2, 6, 9))).image_shape_ == (6, 9)
    assert ImageReshaper().fit(np.zeros((2, 784))).image_shape_ == (28, 28)
    assert ImageReshaper().fit(np.zeros((2, 5))).image_shape_ == (1, 5)


@pytest.mark.parametrize(
    "image_shape, X, message",
    [
        (None, np.zeros((2, 783)), r"783 features, but expected a square number of "),
        ((5, 5), np.zeros((2, 24)), r"24 pixels and image_shape=\(5, 5\), but expecte"),
        ((5, 5), np.zeros((2, 1, 25)), r"shape \(1, 25\) and image_shape=\(5, 5\)"),
        ((0, 5), np.zeros((2, 5)), r"expected two positive integers, \(height, width"),
        (28, np.zeros((2, 784)), r"Got image_shape=28, but expected two positive in"),
        (None, np.zeros((2, 8, 8, 3)), r"Convert colour pictures to grey first"),
        (None, [[[1, 2]], [[1, 2, 3]]], r"different sizes, but expected all of one"),
        (None, np.full((2, 4), np.nan), r"Input X contains NaN"),
    ],
)
def test_errors_say_what_to_do(image_shape, X, message):
    with pytest.raises(ValueError, match=message):
        ImageReshaper(image_shape).fit(X)


def test_other_pictures_than_in_fit_are_refused():
    reshaper = ImageReshaper().fit(np.zeros((2, 64)))
    with pytest.raises(ValueError, match="expecting 64 features"):
        reshaper.transform(np.zeros((2, 81)))
    with pytest.raises(ValueError, match=r"shape \(4, 16\)"):
        reshaper.transform(np.zeros((2, 4, 16)))
    with pytest.raises(ValueError, match=r"shape \(4, 16\)"):
        reshaper.inverse_transform(np.zeros((2, 4, 16)))


@pytest.mark.parametrize(
    "y",
    [
        [3, 1, 3, 2],
        ["three", "one", "three"],
        [True, False],
        pd.Series([0.0, 7.0]),
        [(1, "a"), (2, "b"), (1, "a")],
        np.array(["one", 2, "one"], dtype=object),
    ],
    ids=str,
)
def test_labels_to_one_hot_rows_and_back(y):
    encoder = OneHotLabelEncoder()
    rows = encoder.fit_transform(y)
    assert rows.dtype == np.float32
    assert rows.shape == (len(y), len(encoder.classes_))
    assert_array_equal(rows.sum(axis=1), 1)
    assert_array_equal(rows, clone(encoder).fit(y).transform(y))
    assert encoder.inverse_transform(rows).tolist() == list(y)
    probabilities = 0.1 + 0.5 * rows
    assert encoder.inverse_transform(probabilities).tolist() == list(y)


def test_classes_of_the_encoder_may_be_more_than_those_seen():
    encoder = OneHotLabelEncoder(classes=[9, 1, 5]).fit([5, 1])
    assert encoder.classes_.tolist() == [9, 1, 5]
    assert encoder.transform([9]).tolist() == [[1, 0, 0]]
    assert encoder.inverse_transform([[0, 0, 1]]).tolist() == [5]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda e: e.fit([1, 2]).transform([3]), "unknown label 3, but expected only"),
        (
            lambda e: e.fit([1, None]),
            "missing labels|contains NaN|not suppo",
        ),
        (lambda e: e.fit([[1], [2, 3]]), "inhomogeneous|1d array|cannot be hashed"),
        (lambda e: e.fit([1, 2]).inverse_transform([[1]]), r"Y of shape \(1, 1\), but"),
        (lambda e: e.set_params(classes=[1]).fit([2]), "unknown label 2"),
    ],
)
def test_labels_that_cannot_be_encoded(call, message):
    with pytest.raises(ValueError, match=message):
        call(OneHotLabelEncoder())


def test_each_step_of_a_pipeline_looks_through_the_pixels_once(digits, monkeypatch):
    """Each look takes time; a copy on the way takes memory."""
    from sklearn.utils import validation

    X, _, y, _ = digits
    looks, check_array = [], validation.check_array

    def counting(array, *arguments, **options):
        looks.append(np.size(array) == X.size)
        return check_array(array, *arguments, **options)

    monkeypatch.setattr(validation, "check_array", counting)
    pipeline = make_digit_pipeline(filters=4, epochs=1).fit(X, y)
    assert sum(looks) == 3
    pipeline.predict(X)
    # what a step hands on as float32 needs no further look
    assert sum(looks) == 4
    pipeline.predict(X.astype(np.uint8))
    assert sum(looks) == 4


@pytest.mark.parametrize("estimator", [PixelScaler(), ImageReshaper()], ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pixels_that_need_few_checks_are_checked(estimator, dtype):
    X = np.ones((3, 16), dtype=dtype)
    with pytest.raises(NotFittedError):
        estimator.transform(X)
    fitted = clone(estimator).fit(X)
    for bad in (X[:, :9], X[:0], X[0], X.reshape(3, 2, 8, 1)[:, :, :6]):
        with pytest.raises(ValueError):
            fitted.transform(bad)
    if dtype is np.float32:
        for bad in (np.nan, np.inf):
            with pytest.raises(ValueError, match="NaN|infinity"):
                fitted.transform(np.where(np.eye(3, 16), bad, X).astype(dtype))
        huge = np.full((3, 16), 3e38, dtype=dtype)
        assert fitted.transform(huge).max() == np.float32(3e38)
    named = clone(estimator).fit(pd.DataFrame(X).add_prefix("pixel"))
    with pytest.warns(UserWarning, match="valid feature names"):
        named.transform(X)


@pytest.mark.parametrize("transformer", [PixelScaler(), ImageReshaper()], ids=str)
@pytest.mark.parametrize("shape", [(3, 16), (3, 4, 4)])
def test_fit_transform_is_fit_and_transform(transformer, shape):
    X = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    expected = clone(transformer).fit(X).transform(X)
    assert_array_equal(clone(transformer).fit_transform(X), expected)


def test_inverses_name_the_number_of_features():
    scaler = PixelScaler().fit(np.zeros((3, 64)))
    with pytest.raises(ValueError, match="Got X with 5 features, but expected the 64"):
        scaler.inverse_transform(np.zeros((2, 5)))
