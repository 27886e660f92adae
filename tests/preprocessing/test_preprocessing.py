import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from _coloured import TABLES, make_table, turned_round
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
        (np.array([[-0.1, 1.1]]), 1),
        (np.array([[0.0, 290.5]]), 255),
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


def messages_of(method, X):
    """Return the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        method(X)
    assert {w.category for w in caught} <= {UserWarning}
    return [str(w.message) for w in caught]


BRIGHT = "Got {0} of {0} images with a light background, but expected a dark one as in"
RANGE = (
    "Got pixels from {} to {}, but expected the range seen in fit, 0 to 16. Bring them"
)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda X: X / 16, RANGE.format(0, 1)),
        (lambda X: 1 - X / 16, RANGE.format(0, 1)),
        (lambda X: (X / 16 * 255).astype(np.uint8), RANGE.format(0, 255)),
        (lambda X: X / 8 - 1, RANGE.format(-1, 1)),
        (lambda X: X * 2 - 16, RANGE.format(-16, 16)),
        (lambda X: 16 - X, BRIGHT),
    ],
    ids=["0 to 1", "inverted 0 to 1", "0 to 255", "-1 to 1", "-16 to 16", "inverted"],
)
@pytest.mark.parametrize("n", [1, 10])
@pytest.mark.parametrize("shape", [(64,), (8, 8)])
def test_images_unlike_those_of_fit_are_warned_of(digits, change, message, n, shape):
    X, X_test, _, _ = digits
    scaler = PixelScaler().fit(X.reshape(-1, *shape))
    got = messages_of(scaler.transform, change(X_test[:n].reshape(-1, *shape)))
    assert len(got) == 1 and got[0].startswith(message.format(n))
    assert messages_of(scaler.fit_transform, change(X_test)) == []


def test_dark_on_light_is_warned_of_as_well(digits):
    X = 16 - digits[0]
    scaler = PixelScaler().fit(X)
    assert scaler.background_ == 1
    assert messages_of(scaler.transform, X[:1]) == []
    (message,) = messages_of(scaler.transform, 16 - X[:10])
    assert message == (
        "Got 10 of 10 images with a dark background, but expected a light one as in "
        "fit. Invert them (16 - X), or fit again."
    )


def test_pixels_from_minus_one_are_a_range_of_their_own(digits):
    X, X_test, _, _ = digits
    scaler = PixelScaler().fit(X / 8 - 1)
    assert (scaler.black_, scaler.scale_, scaler.background_) == (-1, 1, 0)
    (message,) = messages_of(scaler.transform, X_test / 16)
    assert message.startswith(
        "Got pixels from 0 to 1, but expected the range seen in fit, -"
    )
    (message,) = messages_of(scaler.transform, 1 - X_test / 8)
    assert "with a light background" in message and "Invert them (0 - X)" in message


@pytest.mark.parametrize("change", [lambda X: X, lambda X: 16 - X, lambda X: X / 8 - 1])
def test_images_like_those_of_fit_are_not_warned_of(digits, change):
    X, X_test, _, _ = digits
    scaler = PixelScaler().fit(change(X))
    for n in (1, 2, 10):
        for start in range(0, len(X_test), n):
            batch = change(X_test[start : start + n])
            assert messages_of(scaler.transform, batch) == []


def test_half_the_contrast_is_not_warned_of(digits):
    X, X_test, _, _ = digits
    assert messages_of(PixelScaler().fit(X).transform, X_test / 2) == []


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((1, 784)),
        np.full((1, 784), 255),
        np.ones((1, 784)),
        np.random.default_rng(0).integers(0, 4, (3, 784)),
        np.pad(np.full((1, 200), 200), ((0, 2), (0, 584))),
    ],
    ids=["black", "white", "ones", "noise of a camera", "padded with blank images"],
)
def test_blank_images_are_not_warned_of(X):
    images = np.zeros((20, 784), dtype=np.uint8)
    images[:, 300:400] = 255
    assert messages_of(PixelScaler().fit(images).transform, X) == []


def test_nothing_is_warned_of_where_fit_saw_no_background(digits):
    X = digits[0]
    for images in (np.zeros((3, 64)), np.concatenate([X, 16 - X])):
        scaler = PixelScaler(scale=16).fit(images)
        assert scaler.background_ is None
        assert messages_of(scaler.transform, X[:5]) == []
        assert messages_of(scaler.transform, 16 - X[:5]) == []
    small = PixelScaler().fit([[0, 255, 0]])
    assert messages_of(small.transform, [[0.0, 1.0, 1.0]]) == []


def test_an_odd_image_among_many_is_not_warned_of(digits):
    X = digits[0][:20].copy()
    scaler = PixelScaler().fit(X)
    X[3] = 16 - X[3]
    assert messages_of(scaler.transform, X) == []
    X[4:6] = 16 - X[4:6]
    (message,) = messages_of(scaler.transform, X)
    assert message.startswith("Got 3 of 20 images with a light background")


def test_copies_warn(digits):
    X = digits[0]
    scaler = PixelScaler().fit(X)
    for copied in (pickle.loads(pickle.dumps(scaler)), copy.deepcopy(scaler)):
        assert len(messages_of(copied.transform, 16 - X)) == 1
    assert not hasattr(clone(scaler), "background_")


def test_a_pipeline_warns_where_it_is_called(fitted, digits):
    with pytest.warns(UserWarning, match="light background"):
        fitted.predict(16 - digits[1])


def test_given_scale_wins():
    for scale in (10, 0.5):
        assert PixelScaler(scale=scale).fit([[0, 255]]).scale_ == scale
    with pytest.raises(ValueError, match=r"Got scale=0, but expected a number in"):
        PixelScaler(scale=0).fit([[0, 255]])


@pytest.mark.parametrize(
    "shape, n_features, image_shape",
    [
        ((3, 16), 16, (4, 4)),
        ((3, 4, 4), 16, (4, 4)),
        ((3, 4, 4, 1), 16, (4, 4)),
        ((3, 4, 5, 3), 60, (4, 5, 3)),
        ((3, 1, 1, 3), 3, (1, 1, 3)),
    ],
)
def test_shapes_pass_through_and_come_back(shape, n_features, image_shape):
    X = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    scaler = PixelScaler().fit(X)
    assert scaler.n_features_in_ == n_features
    assert scaler.transform(X).shape == shape
    assert_allclose(scaler.inverse_transform(scaler.transform(X)), X, rtol=1e-6)
    reshaper = ImageReshaper().fit(X)
    assert reshaper.image_shape_ == image_shape
    images = reshaper.transform(X)
    assert images.shape == (3, *(*image_shape, 1)[:3])
    assert_array_equal(images, X.reshape(images.shape))
    assert_array_equal(reshaper.inverse_transform(images), X.reshape(3, n_features))


def test_flat_rows_fold_into_colour_images():
    X = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3)).astype(np.uint8)
    rows = X.reshape(3, 60)
    reshaper = ImageReshaper(image_shape=(4, 5, 3))
    assert_array_equal(reshaper.fit_transform(rows), X)
    assert reshaper.image_shape_ == (4, 5, 3)
    assert_array_equal(reshaper.transform(X), X)
    assert_array_equal(reshaper.inverse_transform(X), rows)
    assert ImageReshaper((4, 15, 1)).fit(rows).image_shape_ == (4, 15)


@pytest.mark.parametrize("kind", TABLES)
def test_names_of_columns_are_kept_and_checked(kind):
    X = make_table(kind, np.arange(8).reshape(2, 4))
    names = ["pixel0", "pixel1", "pixel2", "pixel3"]
    scaler = PixelScaler().set_output(transform="pandas")
    assert scaler.fit_transform(X).columns.tolist() == names
    reshaper = ImageReshaper().fit(X)
    assert_array_equal(reshaper.transform(X)[1, :, :, 0], [[4, 5], [6, 7]])
    for transformer in (scaler, reshaper):
        assert transformer.feature_names_in_.tolist() == names
        assert transformer.get_feature_names_out().tolist() == names
        with pytest.raises(ValueError, match="in the same order"):
            transformer.transform(turned_round(X))
        with pytest.raises(ValueError, match="not equal to feature_names_in_"):
            transformer.get_feature_names_out(["a", "b", "c", "d"])


def test_names_of_mixed_columns():
    import polars

    table = polars.DataFrame({"a": [0, 7], "b": [0.5, 1.5], "c": [1, 2], "d": [3, 4]})
    assert PixelScaler(scale=1).fit_transform(table)[1].tolist() == [7, 1.5, 2, 4]
    with pytest.raises(ValueError, match="Input X contains NaN"):
        PixelScaler().fit(polars.DataFrame({"a": [0.5, None]}))


def test_names_of_pixels_that_had_none():
    X = np.zeros((2, 2, 2, 3))
    reshaper = ImageReshaper()
    with pytest.raises(NotFittedError):
        reshaper.get_feature_names_out()
    names = [f"x{number}" for number in range(12)]
    assert reshaper.fit(X).get_feature_names_out().tolist() == names
    given = list("abcdefghijkl")
    assert reshaper.get_feature_names_out(given).tolist() == given
    with pytest.raises(ValueError, match="should have length equal to number of feat"):
        reshaper.get_feature_names_out(["a"])


@pytest.mark.parametrize("transform", ["default", "pandas", "polars"])
def test_pipelines_name_their_pixels(digits, transform):
    X, _, y, _ = digits
    pipeline = make_digit_pipeline(filters=4, epochs=1).set_output(transform=transform)
    pipeline.fit(make_table("pandas", X[:50]), y[:50])
    names = [f"pixel{number}" for number in range(64)]
    for steps in (pipeline[:-1], pipeline[:1]):
        assert steps.get_feature_names_out().tolist() == names


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


def test_shape_of_the_images():
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
        ((0, 5), np.zeros((2, 5)), r"expected positive integers: \(height, width\), "),
        (28, np.zeros((2, 784)), r"Got image_shape=28, but expected positive integer"),
        ((4, 4, 2), np.zeros((2, 32)), r"or \(height, width, 3\) for colour images"),
        ((9, 9, 3), np.zeros((2, 81)), r"81 pixels and .* 243 pixels as 9 x 9 x 3"),
        ((8, 8), np.zeros((2, 8, 8, 3)), r"shape \(8, 8, 3\) and image_shape=\(8, 8\)"),
        (None, np.zeros((2, 3072)), r"or \(height, width, 3\) for colour images"),
        (None, np.zeros((2, 3, 8, 8)), r"\(2, 3, 8, 8\),.* the channels to the last a"),
        (None, np.zeros((2, 1, 8, 8)), r"\(2, 1, 8, 8\),.* the channels to the last a"),
        (None, np.zeros((2, 8, 8, 4)), r"with 1 or 3 channels: convert it"),
        (None, [[[1, 2]], [[1, 2, 3]]], r"different sizes in X, but expected one size"),
        (None, np.full((2, 4), np.nan), r"Input X contains NaN"),
    ],
)
def test_errors_say_what_to_do(image_shape, X, message):
    with pytest.raises(ValueError, match=message):
        ImageReshaper(image_shape).fit(X)


@pytest.mark.parametrize("fit", ["fit", "fit_transform"])
@pytest.mark.parametrize(
    "transformer, params, X",
    [
        (PixelScaler(), {"scale": -1}, np.ones((2, 25))),
        (ImageReshaper(), {}, np.ones((2, 65))),
        (ImageReshaper(), {"image_shape": (5, 4)}, np.ones((2, 25))),
    ],
)
def test_a_failed_fit_changes_nothing(transformer, params, X, fit):
    unfitted = clone(transformer).set_params(**params)
    with pytest.raises(ValueError, match="expected"):
        getattr(unfitted, fit)(X)
    with pytest.raises(NotFittedError):
        unfitted.transform(X)
    fitted = clone(transformer).fit(np.ones((2, 16))).set_params(**params)
    before = dict(vars(fitted))
    with pytest.raises(ValueError, match="expected"):
        getattr(fitted, fit)(X)
    assert vars(fitted) == before


def test_errors_of_images_of_another_shape_than_in_fit():
    reshaper = ImageReshaper().fit(np.zeros((2, 64)))
    with pytest.raises(ValueError, match="expecting 64 features"):
        reshaper.transform(np.zeros((2, 81)))
    with pytest.raises(ValueError, match=r"shape \(4, 16\)"):
        reshaper.transform(np.zeros((2, 4, 16)))
    with pytest.raises(ValueError, match=r"shape \(4, 16\)"):
        reshaper.inverse_transform(np.zeros((2, 4, 16)))
    colour = ImageReshaper().fit(np.zeros((2, 4, 4, 3)))
    with pytest.raises(
        ValueError, match=r"shape \(4, 12\) and image_shape=\(4, 4, 3\)"
    ):
        colour.transform(np.zeros((2, 4, 12)))


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3), (64,), (8, 8, 1)])
def test_one_image_is_not_taken_for_several(shape):
    several = np.zeros((5, *shape))
    for transformer in (PixelScaler().fit(several), ImageReshaper().fit(several)):
        with pytest.raises(ValueError) as caught:
            transformer.transform(several[0])
        assert str(caught.value) == (
            f"Got X of shape {shape}, but expected several images along the first "
            "axis. Reshape your data: pass X[None] for one image."
        )
        assert len(transformer.transform(several[0][None])) == 1
        with pytest.raises(ValueError, match=r"pass \[X\] for one image"):
            transformer.transform(several[0].tolist())
        assert len(transformer.transform([several[0].tolist()])) == 1


def test_one_row_of_a_table_is_not_taken_for_several():
    X = pd.DataFrame(np.zeros((3, 4)), columns=list("abcd"))
    scaler = PixelScaler().fit(X)
    with pytest.raises(ValueError, match=r"pass X.to_frame\(\).T for one image"):
        scaler.transform(X.iloc[0])
    assert scaler.transform(X.iloc[0].to_frame().T).shape == (1, 4)


def test_as_many_images_as_pixels_are_several():
    X = np.zeros((8, 8))
    assert PixelScaler().fit(X).transform(X).shape == (8, 8)
    with pytest.raises(ValueError, match="X has 4 features, but PixelScaler is expec"):
        PixelScaler().fit(X).transform(X[:, :4])


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


def test_one_hot_rows_are_no_labels():
    rows = OneHotLabelEncoder().fit_transform([3, 1, 2])
    encoder = OneHotLabelEncoder()
    for given, remedy in [(rows, "y"), (rows.tolist(), r"np.asarray\(y\)")]:
        with pytest.raises(
            ValueError,
            match=r"Got y of shape \(3, 3\), but expected one label for each image. "
            rf"Pass {remedy}.argmax\(axis=1\) for one-hot rows.",
        ):
            encoder.fit(given)
    with pytest.raises(ValueError, match=r"Got classes of shape \(3, 3\), but expec"):
        OneHotLabelEncoder(classes=rows).fit([1, 2])


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
@pytest.mark.parametrize("shape", [(3, 16), (3, 4, 4), (3, 4, 4, 3)])
def test_fit_transform_is_fit_and_transform(transformer, shape):
    X = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    expected = clone(transformer).fit(X).transform(X)
    assert_array_equal(clone(transformer).fit_transform(X), expected)


def test_inverses_name_the_number_of_features():
    scaler = PixelScaler().fit(np.zeros((3, 64)))
    with pytest.raises(
        ValueError, match="Got X with 5 features, but expected 64, as in fit"
    ):
        scaler.inverse_transform(np.zeros((2, 5)))
