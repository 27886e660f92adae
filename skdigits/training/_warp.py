"""Pictures warped at random, in the graph of the training steps."""

from functools import partial
from math import pi

from skdigits.training._tensorflow import tf

# What augment=1 stands for: degrees, shares of the sides, and a shear.
ROTATION, SHIFT, ZOOM, SHEAR = 10.0, 1 / 14, 0.1, 0.1

# On smaller pictures a shift of a pixel is another picture.
SMALLEST_WARPED = 8


def can_be_warped(image_shape):
    """Tell whether pictures are large enough."""
    return min(image_shape) >= SMALLEST_WARPED


def is_warped(image_shape, augment):
    """Tell whether the pictures are augmented."""
    return augment > 0 and can_be_warped(image_shape)


def warp(images, strength, seed):
    """Rotate, zoom, shear and shift each picture a little, as chance will have it."""
    height, width = images.shape[1:3]
    draw = partial(tf.random.stateless_uniform, minval=-strength, maxval=strength)
    turn, shear, high, wide, down, right = tf.unstack(
        draw((tf.shape(images)[0], 6), seed=seed), axis=1
    )
    angle = turn * (ROTATION * pi / 180.0)
    cos, sin, shear = tf.cos(angle), tf.sin(angle), shear * SHEAR
    high, wide = tf.exp(high * ZOOM), tf.exp(wide * ZOOM)
    xx, xy = wide * cos, wide * (cos * shear - sin)
    yx, yy = high * sin, high * (sin * shear + cos)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    from_x = middle_x * (1.0 - xx) - xy * middle_y + right * (SHIFT * width)
    from_y = middle_y * (1.0 - yy) - yx * middle_x + down * (SHIFT * height)
    zero = tf.zeros_like(angle)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([xx, xy, from_x, yx, yy, from_y, zero, zero], axis=1),
        output_shape=(height, width),
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )
