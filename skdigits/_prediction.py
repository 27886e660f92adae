"""How a fitted network answers."""

from functools import lru_cache

import numpy as np

from skdigits._backend import tf
from skdigits._network import stateless_network

# Bounds the memory of one call whatever the number of pictures.
ROWS_PER_CALL = 1024

# The last rows of a batch that does not fill the vector registers take another way
# through the matrix product and round otherwise; with filled ones an answer does not
# depend on the row's place. 16 float32 fill the widest registers. A lone picture is
# not worth sixteen times the work.
ROWS_PER_REGISTER = 16


def predict_logits(network, spec, images):
    """Return the outputs of ``network`` before the softmax.

    Parameters
    ----------
    network : keras.Model
    spec : NetworkSpec
        The shape of ``network``; networks of one shape share a compiled function.
    images : ndarray of shape (n, height, width, 1), dtype float32

    Returns
    -------
    logits : ndarray of shape (n, n_classes), dtype float32
    """
    forward = _compiled_forward(spec)
    weights = values_of(network.trainable_variables)
    others = values_of(network.non_trainable_variables)
    chunks = (
        _fill_registers(images[start : start + ROWS_PER_CALL])
        for start in range(0, len(images), ROWS_PER_CALL)
    )
    parts = [forward(weights, others, tf.constant(chunk)) for chunk in chunks]
    return np.concatenate([part.numpy() for part in parts])[: len(images)]


def _fill_registers(images):
    missing = -len(images) % ROWS_PER_REGISTER
    if not missing or len(images) == 1:
        return images
    return np.concatenate([images, np.zeros_like(images[:1]).repeat(missing, axis=0)])


def values_of(variables):
    """Return the values of Keras variables as a tuple of tensors."""
    return tuple(tf.convert_to_tensor(variable.value) for variable in variables)


@lru_cache(maxsize=32)
def _compiled_forward(spec):
    """Compile the forward pass of every network of this shape, for any batch size."""
    network = stateless_network(spec)

    @tf.function(
        input_signature=(
            network.weight_signature,
            network.other_signature,
            network.image_signature,
        ),
        autograph=False,
    )
    def forward(weights, others, images):
        return network.logits(weights, others, images, training=False)[0]

    # not the function itself, which counts every network as tracing again, and warns
    return forward.get_concrete_function()
