"""The network as a pure function of its hyper-parameters."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from math import prod

from skdigits.network import records

# A quarter of a gigabyte, a hundred times as many as any network for digits needs.
MAX_WEIGHTS = 2**26


@dataclass(frozen=True)
class NetworkSpec:
    """Everything that determines the shape of a network; hashable, so it can be a key.

    ``image_shape`` is (height, width), or (height, width, channels).
    """

    image_shape: tuple[int, ...]
    n_classes: int
    filters: tuple[int, ...]
    kernel_size: tuple[int, ...]
    dense_units: int | None
    dropout: float
    batch_norm: bool
    padding: str
    early_downsampling: bool

    @property
    def input_shape(self):
        """The shape (height, width, channels) of an image."""
        return (*self.image_shape, 1)[:3]


def layers_of(spec):
    """Return the layers of a network, from images to logits."""
    layers = []
    for number, filters in enumerate(spec.filters, start=1):
        size = spec.kernel_size[number - 1]
        stride = 2 if spec.early_downsampling and number == 1 else 1
        name = f"conv_{number}"
        layers.append(records.Convolution(name, filters, size, stride, spec.padding))
        if stride == 1:
            layers.append(records.MaxPooling(f"pool_{number}", spec.padding))
        # what follows comes after the pooling, as there are fewer values: the maximum
        # of sums is the sum of the maximum, and ReLU of it the maximum of ReLU
        if spec.batch_norm:
            layers.append(records.BatchNormalization(f"norm_{number}"))
        else:
            layers.append(records.Bias(f"bias_{number}"))
        layers.append(records.ReLU(f"relu_{number}"))
    layers.append(records.Flatten("flatten"))
    if spec.dense_units is not None:
        layers.append(records.Dense("dense", spec.dense_units, relu=True))
    layers += [
        records.Dropout("dropout", spec.dropout),
        records.Dense("logits", spec.n_classes),
    ]
    return layers


def with_input_shapes(spec):
    """Yield each layer with the shape of its input."""
    shape = spec.input_shape
    for layer in layers_of(spec):
        yield layer, shape
        shape = layer.output_shape(shape)


def weight_shapes(spec):
    """Return the shape of each array of a network, by name, without building it."""
    return {
        f"{layer.name}/{name}": array_shape
        for layer, shape in with_input_shapes(spec)
        for name, array_shape in layer.weight_shapes(shape).items()
    }


def check_spec(spec):
    """Raise a ValueError if a network does not suit its images or cannot be saved."""
    if not _leaves_pixels(spec):
        smallest = 1 + bisect_left(
            range(1, 2**40),
            True,
            key=lambda side: _leaves_pixels(replace(spec, image_shape=(side, side))),
        )
        raise ValueError(
            f"Got images of {spec.image_shape[0]} x {spec.image_shape[1]} pixels, but "
            f"expected at least {smallest} x {smallest} for "
            f"kernel_size={spec.kernel_size} and padding='valid'. Pass padding='same' "
            "or larger images."
        )
    n_weights = sum(map(prod, weight_shapes(spec).values()))
    if n_weights > MAX_WEIGHTS:
        raise ValueError(
            f"Got a network of {n_weights:,} weights for filters={spec.filters} and "
            f"dense_units={spec.dense_units}, but expected at most {MAX_WEIGHTS:,}. "
            "Pass smaller numbers."
        )


def _leaves_pixels(spec):
    return all(min(shape) >= 1 for _, shape in with_input_shapes(spec))
