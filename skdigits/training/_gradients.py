"""Gradients with respect to the pixels."""

import numpy as np

from skdigits.training._tensorflow import keras, tf


def integrated_gradients(model, image, code, other, n_steps):
    """Return the integrated gradients of a difference of logits.

    Parameters
    ----------
    model : keras.Model
        A model with a layer named ``logits``.

    image : ndarray of shape (height, width, channels), dtype float32

    code, other : int
        The outputs whose difference is explained.

    n_steps : int
        Number of points of the midpoint rule.

    Returns
    -------
    attributions : ndarray of shape (height, width, channels), dtype float32
    """
    to_logits = keras.Model(model.inputs, model.get_layer("logits").output)
    shares = (np.arange(n_steps, dtype=np.float32) + 0.5) / n_steps
    steps = tf.constant(shares[:, None, None, None] * image)
    with tf.GradientTape() as tape:
        tape.watch(steps)
        logits = to_logits(steps, training=False)
        difference = logits[:, code] - logits[:, other]
    gradients = tape.gradient(difference, steps).numpy()
    return gradients.mean(axis=0) * image
