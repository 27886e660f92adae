"""How networks answer: convolutions against their definition, threads, company."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate
from skdigits.network._answers import MANY_ROWS, ROWS_PER_CALL, answer
from skdigits.network._convolution import (
    convolution,
    pooled_convolution,
    transformed_kernel,
)
from skdigits.network._layers import Dropout, with_late_biases
from skdigits.network._threads import one_blas_thread
from threadpoolctl import ThreadpoolController

from skdigits.network import Answers, NetworkSpec, weight_shapes
from skdigits.network._spec import layers_of


def by_definition(maps, kernel):
    """Convolve (height, width, n, channels) without padding, one by one."""
    sums = [
        sum(
            correlate(maps[:, :, row, channel], kernel[:, :, channel, filter], "valid")
            for channel in range(maps.shape[3])
        )
        for row in range(maps.shape[2])
        for filter in range(kernel.shape[3])
    ]
    sums = np.array(sums).reshape(maps.shape[2], kernel.shape[3], *sums[0].shape)
    return sums.transpose(2, 3, 0, 1)


def random(*shape):
    return np.random.default_rng(shape).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size, stride", [(5, 2), (3, 1), (2, 1)])
def test_convolution(channels, size, stride):
    maps, kernel = random(9, 8, 4, channels), random(size, size, channels, 6)
    expected = by_definition(maps, kernel)[::stride, ::stride]
    assert_allclose(convolution(maps, kernel, stride), expected, atol=1e-5)


@pytest.mark.parametrize("height, width", [(14, 14), (7, 7), (4, 5), (5, 8), (3, 3)])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_pooled_convolution(height, width, padding):
    if padding == "valid":
        height, width = height + 2, width + 2
    maps, kernel = random(height, width, 3, 4), random(3, 3, 4, 5)
    if padding == "same":
        around = np.pad(maps, ((1, 1), (1, 1), (0, 0), (0, 0)))
        sums = by_definition(around, kernel)
        odd = [(0, side % 2) for side in (height, width)]
        sums = np.pad(sums, (*odd, (0, 0), (0, 0)), constant_values=-np.inf)
    else:
        sums = by_definition(maps, kernel)
        sums = sums[: (height - 2) // 2 * 2, : (width - 2) // 2 * 2]
    tall, wide, *others = sums.shape
    expected = sums.reshape(tall // 2, 2, wide // 2, 2, *others).max(axis=(1, 3))
    found = pooled_convolution(maps, transformed_kernel(kernel), padding)
    assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("side", [12, 13, 15])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("early_downsampling", [True, False])
@pytest.mark.parametrize("filters, kernel_size", [((1, 1), 3), ((2, 1), 2), ((3,), 5)])
def test_pooling_within_convolutions_changes_nothing(
    side, padding, early_downsampling, filters, kernel_size
):
    sizes = (kernel_size,) * len(filters)
    shape = (side, side + 2)
    spec = NetworkSpec(
        shape, 4, filters, sizes, None, 0.0, False, padding, early_downsampling
    )
    arrays = {name: random(*shape) for name, shape in weight_shapes(spec).items()}
    images = random(3, *spec.image_shape, 1)
    maps = images.transpose(1, 2, 0, 3)
    for layer in with_late_biases(layers_of(spec)):
        if not isinstance(layer, Dropout):
            start = f"{layer.name}/"
            its = {n[len(start) :]: a for n, a in arrays.items() if n.startswith(start)}
            maps = answer(layer, its)(maps)
    assert_allclose(Answers(spec, arrays)(images), maps[:, 0], atol=1e-4)


@pytest.mark.parametrize("early_downsampling", [True, False])
def test_pictures_answer_alone_as_in_company_to_the_last_bit(early_downsampling):
    spec = NetworkSpec(
        (28, 28), 10, (8, 16, 24), (5, 3, 3), 16, 0.0, True, "same", early_downsampling
    )
    arrays = {name: random(*shape) for name, shape in weight_shapes(spec).items()}
    arrays |= {n: np.abs(a) for n, a in arrays.items() if n.endswith("variance")}
    answers, images = Answers(spec, arrays), random(MANY_ROWS + 5, 28, 28, 1)
    together = answers(images)
    for n in (1, 2, ROWS_PER_CALL, ROWS_PER_CALL + 1):
        assert_array_equal(answers(images[-n:]), together[-n:])


def test_blas_has_one_thread_while_somebody_is_inside_and_then_as_many_as_before():
    def numbers():
        blas = ThreadpoolController().select(user_api="blas")
        return [library["num_threads"] for library in blas.info()]

    both = Barrier(2)

    def ask(_):
        with one_blas_thread() as granted:
            both.wait(60)
            inside = numbers()
            both.wait(60)
        return granted, inside

    before = numbers()
    with ThreadPoolExecutor(2) as pool:
        for granted, inside in pool.map(ask, range(2)):
            assert granted == max(before)
            assert set(inside) == {1}
    assert numbers() == before
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert numbers() == before
