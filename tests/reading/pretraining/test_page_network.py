import json
from functools import partial

import numpy as np
import onnx
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdigits.handwriting import MARGIN
from skdigits.reading.pretraining._page_network import (
    N_NAMES,
    N_OUTPUTS,
    average_with,
    constants_of,
    from_onnx,
    page_network,
    to_onnx,
)
from skdigits.reading.pretraining._page_targets import (
    INK,
    N_TARGETS,
    SIZED,
    SIZES,
    WEIGHT,
    page_loss,
    targets_of,
)
from skdigits.reading.pretraining._page_training import (
    batches_of_epoch,
    cropped,
    cut_outs,
    relit,
    train_page_network,
)
from skdigits.reading.pretraining._quantized import quantized
from skdigits.training import weights_of

# of Keras, when it saves a model
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't acc"),
]

TINY = (4, 4, 4, 4, 4)


@pytest.fixture
def eager():
    """No function is compiled, which would take longer than all steps."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def run(graph, pages):
    """Return what ONNX Runtime makes of pages (n, height, width, 1)."""
    from onnxruntime import InferenceSession

    graph = graph.SerializeToString()
    session = InferenceSession(graph, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {"page": pages.transpose(0, 3, 1, 2)})
    return output.transpose(0, 2, 3, 1)


def page(box, label, visible=1.0, side=64):
    ink = np.zeros((side, side), np.uint16)
    left, top, width, height = box
    ink[top : top + height, left : left + width] = 1
    return np.array([box]), np.array([label]), np.array([visible]), ink


def test_the_reader_knows_the_names_of_the_pages():
    from skdigits.datasets.pages import TARGET_NAMES
    from skdigits.handwriting import NUMBER_SIGNS

    assert TARGET_NAMES == (*"0123456789", *NUMBER_SIGNS, "other")


@pytest.fixture
def random_network():
    """A page network, and some pages."""
    model = page_network(TINY)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(rng.uniform(0.1, 0.5, variable.shape))
    return model, rng.random((2, 64, 96, 1), np.float32)


def test_both_interpreters_say_the_same(random_network):
    model, pages = random_network
    expected = model(pages, training=False).numpy()
    assert expected.shape == (2, 16, 24, N_OUTPUTS)
    assert_allclose(run(to_onnx(model), pages), expected, rtol=1e-4, atol=1e-4)


def test_in_8_bits(random_network):
    model, pages = random_network
    graph = to_onnx(model)
    small = quantized(graph, [pages])
    kernels = [values for values in small.graph.initializer if len(values.dims) == 4]
    n_whole = sum(kernel.data_type == kernel.INT8 for kernel in kernels)
    assert n_whole == len(kernels) - 2 > 10
    expected, got = run(graph, pages), run(small, pages)
    assert np.abs(got - expected).max() < 0.05 * np.ptp(expected)


class TestTargets:
    def test_a_whole_digit(self):
        target = targets_of(*page((20, 12, 16, 24), 7))
        assert target.shape == (16, 16, N_TARGETS)
        heat = target[..., :N_NAMES]
        assert np.argwhere(heat == 1).tolist() == [[6, 7, 7]]
        assert heat.sum() == heat[..., 7].sum() > 1
        assert_allclose(target[6, 7, SIZES], np.log([16, 24]), rtol=1e-6)
        assert target[..., SIZED].sum() == 1
        assert target[..., WEIGHT].all()
        assert target[..., INK].sum() == 16 * 24
        assert target[3:9, 5:9, INK].all()

    @pytest.mark.parametrize(
        "box, label, visible",
        [
            ((20, 12, 16, 24), 7, 0.6),  # half of it is over the edge
            ((20, 12, 6, 9), 7, 1.0),  # too small to be found at this scale
            ((0, 0, 40, 70), 7, 1.0),  # too large
        ],
    )
    def test_what_is_doubtful_does_not_count(self, box, label, visible):
        target = targets_of(*page(box, label, visible, side=96))
        left, top, width, height = (side // 4 for side in box)
        assert not target[..., :N_NAMES].any()
        assert not target[top : top + height, left : left + width, WEIGHT].any()
        assert target[..., WEIGHT].any()

    @pytest.mark.parametrize(
        "box, visible", [((20, 12, 16, 24), 0.2), ((0, 0, 40, 90), 1)]
    )
    def test_what_is_background(self, box, visible):
        target = targets_of(*page(box, 7, visible, side=96))
        assert not target[..., :N_NAMES].any() and target[..., WEIGHT].all()

    def test_a_small_point_is_a_sign(self):
        target = targets_of(*page((20, 12, 3, 3), 10))
        assert target[..., 10].max() == 1


def test_the_loss_falls_towards_the_target():
    target = targets_of(*page((20, 12, 16, 24), 7))[None]
    perfect = np.zeros((1, 16, 16, N_OUTPUTS), np.float32)
    perfect[..., :N_NAMES] = np.where(target[..., :N_NAMES] == 1, 20, -20)
    perfect[..., N_NAMES : N_NAMES + 2] = target[..., SIZES]
    perfect[..., N_NAMES + 2 :] = 40 * target[..., INK] - 20
    best = float(page_loss(target, perfect))
    assert 0 <= best < 1e-3
    for place in (0, N_NAMES, N_NAMES + 2):
        worse = perfect.copy()
        worse[0, 6, 7, place : place + 1] += 30
        worse[0, 2, 2, place : place + 1] += 30
        assert float(page_loss(target, worse)) > best + 5e-3
    # what is doubtful counts for nothing
    target[..., WEIGHT] = 0
    missed = perfect.copy()
    missed[..., :N_NAMES] = -20
    target[..., :N_NAMES] = 0
    assert float(page_loss(target, missed)) < 1e-3


def test_batches():
    params = {"digits": None, "fonts": (), "size": 2, "side": 64}
    batches = list(batches_of_epoch(0, 3, 6, **params))
    assert len(batches) == 6
    for pages, targets in batches:
        assert pages.shape == (2, 64, 64, 1) and targets.shape == (2, 16, 16, N_TARGETS)
        assert pages.dtype == targets.dtype == np.float32
        assert 0 <= pages.min() and pages.max() <= 1
    again = list(batches_of_epoch(0, 3, 6, **params))
    assert_array_equal(again[5][0], batches[5][0])
    other = next(batches_of_epoch(0, 4, 6, **params))
    assert not np.array_equal(other[0], batches[0][0])
    # a page that is used again is cropped otherwise
    assert not np.array_equal(batches[1][0], batches[0][0])


def test_crops_keep_signs_in_their_boxes():
    ink = np.zeros((120, 120), np.uint16)
    ink[30:60, 50:62] = 1
    ink[:20, :10] = 2
    pixels = np.uint8(255 - 100 * (ink > 0))
    boxes, labels = np.array([[50, 30, 12, 30], [0, 0, 10, 20]]), np.array([7, 3])
    shares = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        page = cropped(pixels, boxes, labels, np.ones(2), ink, rng, 96)
        image, new_boxes, new_labels, visible, new_ink = page
        assert image.shape == new_ink.shape == (96, 96)
        assert new_labels.tolist() == [7, 3]
        for number, (left, top, width, height) in enumerate(new_boxes, 1):
            rows, columns = np.nonzero(new_ink == number)
            if len(rows):
                assert left - 1 <= columns.min() and columns.max() <= left + width + 1
                assert top - 1 <= rows.min() and rows.max() <= top + height + 1
        shares.add(round(float(visible[1]), 2))
        assert visible[0] == 1 or (new_boxes[0, :2] < 1).any() or not visible[0]
        assert (visible[1] == 0) == (not (new_ink == 2).any())
    assert len(shares) > 3


def test_cut_outs_are_single_signs_in_a_margin():
    digit = np.zeros((60, 60), np.uint16)
    digit[12:40, 20:36] = 1
    pixels = np.where(digit, 40, 210).astype(np.uint8)
    page = pixels, np.array([[20, 12, 16, 28]]), np.array([4]), np.ones(1), digit
    sides = set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        image, boxes, labels, visible, ink = cut_outs([page], rng, 256)
        assert image.shape == ink.shape == (256, 256) and image.dtype == np.uint8
        assert len(boxes) == len(labels) == len(visible) in (4, 16)
        assert set(labels) == {4} and visible.min() == 1
        cell = 256 // round(len(boxes) ** 0.5)
        sides.add(cell)
        for left, top, width, height in boxes:
            # the paper is drawn out beyond the sign, as the reader does it
            assert left % cell >= MARGIN and top % cell >= MARGIN
            assert left % cell + width <= cell - MARGIN + 1
            part = ink[top : top + height, left : left + width] > 0
            assert part.mean() > 0.5
            assert np.median(image[top : top + height, left : left + width]) < 110
    assert sides == {64, 128}


def test_light_changes():
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    pages = [relit(pixels, np.random.default_rng(seed)) for seed in range(30)]
    assert all(0 <= page.min() and page.max() <= 1 for page in pages)
    assert all(page.dtype == np.float32 for page in pages)
    falling = [page[0, 0] > page[-1, -1] for page in pages]
    assert 3 < sum(falling) < 20
    assert min(np.ptp(page) for page in pages) > 0.25


def test_a_training_goes_on_where_it_was_stopped(tmp_path, eager):
    params = {"filters": TINY, "size": 2, "side": 64, "verbose": 0}
    params |= {"digits": None, "steps_per_epoch": 2}
    whole = train_page_network(tmp_path / "whole", n_steps=4, **params)

    class Stopped(Exception):
        pass

    def stop_in_the_second(self, epoch, logs=None):
        if epoch:
            raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        from skdigits.training import keras

        saver = keras.callbacks.Callback
        patch.setattr(saver, "on_epoch_begin", stop_in_the_second)
        with pytest.raises(Stopped):
            train_page_network(tmp_path / "parts", n_steps=4, **params)
    parts = train_page_network(tmp_path / "parts", n_steps=4, **params)
    assert int(parts.optimizer.iterations) == 4
    expected = weights_of(whole)
    for name, values in weights_of(parts).items():
        assert_allclose(values, expected[name], rtol=1e-5, atol=1e-6, err_msg=name)


def test_a_network_comes_back_from_a_graph(random_network):
    model, pages = random_network
    graph = to_onnx(model)
    small = quantized(graph, [pages])
    assert constants_of(graph).keys() <= constants_of(small).keys()
    for graph_or_small, tolerance in ((graph, 1e-4), (small, 0.05)):
        again = from_onnx(graph_or_small, pages)
        expected = run(graph_or_small, pages)
        scale = np.ptp(expected)
        got = again(pages, training=False).numpy()
        assert_allclose(got, expected, atol=tolerance * scale)
        # the normalization is that of these pages, as in training
        got = again(pages, training=True).numpy()
        assert_allclose(got, expected, atol=(tolerance + 0.01) * scale)


def test_a_mean_of_networks(random_network):
    model, pages = random_network
    graph, other = to_onnx(model), to_onnx(page_network(TINY))
    before, others = constants_of(graph), constants_of(other)
    average_with(graph, [other, other])
    for name, mean in constants_of(graph).items():
        expected = (before[name] + 2 * others[name]) / 3
        assert_allclose(mean, expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="^Got networks with different numbers of fi"):
        average_with(graph, [to_onnx(page_network((4, 4, 4, 4, 8)))])


def test_a_training_begins_with_the_weights_of_another(tmp_path, eager):
    params = {"filters": TINY, "size": 2, "side": 64, "verbose": 0, "digits": None}
    params |= {"n_steps": 1, "steps_per_epoch": 1}
    first = train_page_network(tmp_path / "first", **params)
    params |= {"initial": to_onnx(first), "seed": 1}
    del params["filters"]
    second = train_page_network(tmp_path / "second", **params)
    assert int(second.optimizer.iterations) == 1
    # a first step is small
    arrays, others = (constants_of(to_onnx(model)) for model in (first, second))
    for name in arrays:
        if "kernel" in name:
            assert not np.array_equal(arrays[name], others[name])
            assert_allclose(arrays[name], others[name], rtol=0.1, atol=1e-2)


def test_the_command(tmp_path, monkeypatch, capsys, eager):
    from sklearn.utils import Bunch

    from skdigits.reading.pretraining import _page_training, train_pages

    X = np.full((10, 784), 255, np.uint8)
    monkeypatch.setattr(
        train_pages, "fetch_mnist", lambda **_: Bunch(data=X, target=np.arange(10))
    )
    small = {"size": 2, "side": 64}
    for name, options in {
        "train_page_network": {**small, "verbose": 0},
        "batches_of_epoch": small,
    }.items():
        smaller = partial(getattr(_page_training, name), **options)
        monkeypatch.setattr(train_pages, name, smaller)
    output = tmp_path / "pages.onnx"
    folders = ["--output", str(output), "--state", str(tmp_path / "state")]
    steps = ["--steps", "1", "--steps-per-epoch", "1"]
    for _ in range(2):  # there is nothing left to do in the second turn
        train_pages.main([*folders, *steps, "--filters", *"44444"])
        assert f"{output}: {output.stat().st_size:,} bytes" in capsys.readouterr().out
    first, written = tmp_path / "first.onnx", output.read_bytes()
    first.write_bytes(written)
    second = [*folders[:3], str(tmp_path / "second"), "--initial", str(first)]
    train_pages.main([*second, *steps, "--mean-with", str(first), str(first)])
    card = json.loads(onnx.load(output).doc_string)
    assert card["steps"] == [1, 1]
    expected = "--initial first.onnx --mean-with first.onnx first.onnx"
    assert card["command"].endswith(expected)
    output.write_bytes(written)
    wide = [*folders[:3], str(tmp_path / "wide"), *steps, "--filters", *"44448"]
    with pytest.raises(SystemExit, match="^Got networks with different numbers of fi"):
        train_pages.main([*wide, "--mean-with", str(first)])
    for content in (b"no network", onnx.ModelProto().SerializeToString()):
        first.write_bytes(content)
        with pytest.raises(SystemExit, match="^Got .*first.onnx, but expected an ONNX"):
            train_pages.main(second)
    assert output.read_bytes() == written
    with pytest.raises(SystemExit, match="there is no font in it"):
        train_pages.main([*folders, "--fonts", str(tmp_path)])
    for wrong, message in {
        ("--steps", "150"): "Got n_steps=150, but expected a multiple of steps_per_ep",
        ("--steps", "0"): "Got n_steps=0, but expected an integer of at least 1",
        ("--n-jobs", "0"): "n_jobs",
        ("--state", "x", "--initial", "no.onnx"): "no.onnx",
        ("--output", "no/such/folder.onnx"): "no/such/folder.onnx",
    }.items():
        with pytest.raises(SystemExit, match=message):
            train_pages.main([*folders, *wrong])
