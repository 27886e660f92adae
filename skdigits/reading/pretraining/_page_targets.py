"""What the page network should predict for a page, and the loss of its predictions."""

import numpy as np

from skdigits.reading.pretraining._page_network import (
    N_INK,
    N_NAMES,
    N_OUTPUTS,
    STRIDE,
)
from skdigits.training import keras

# The parts of a target: heat, where it counts, sizes, where they count, ink.
WEIGHT, SIZES = N_NAMES, slice(N_NAMES + 1, N_NAMES + 3)
SIZED, INK = N_NAMES + 3, slice(N_NAMES + 4, N_NAMES + 4 + N_INK)
N_TARGETS = INK.stop

# Signs of which more is visible are whole, and those of which less is are nothing.
WHOLE, NOTHING = 0.85, 0.3

# In pixels: digits of which heights are to be found; sides from which on a sign is part
# of the background. A page is read at several scales, so another one finds it.
SMALLEST, LARGEST, BACKGROUND = 11, 68, 84

# The heat around a middle falls with the size of the sign, in shares of its sides.
WIDTH_OF_PEAK, LEAST_WIDTH = 0.19, 0.7

# What the parts of the loss weigh.
SHARE_OF_SIZES, SHARE_OF_INK = 1.0, 4.0


def targets_of(boxes, labels, visible, ink):
    """Return what the network is to say of a page.

    Parameters
    ----------
    boxes, labels, visible, ink
        Of one page, as `make_digit_pages` returns them.

    Returns
    -------
    ndarray of shape (height / 4, width / 4, `N_TARGETS`), dtype float32
    """
    height, width = (side // STRIDE for side in ink.shape)
    target = np.zeros((height, width, N_TARGETS), np.float32)
    target[..., WEIGHT] = 1
    for box, label, share in zip(boxes, labels, visible, strict=True):
        left, top, *sides = box
        if share <= NOTHING or max(sides) > BACKGROUND:
            continue
        if _is_doubtful(sides, label, share):
            rows, columns = (
                slice(start // STRIDE, (start + side) // STRIDE + 1)
                for start, side in ((top, sides[1]), (left, sides[0]))
            )
            target[rows, columns, WEIGHT] = 0
        else:
            _add_sign(target, box, label)
    cells = (ink > 0).reshape(height, STRIDE, width, STRIDE).transpose(0, 2, 1, 3)
    target[..., INK] = cells.reshape(height, width, N_INK)
    return target


def _is_doubtful(sides, label, share):
    """Return whether a sign may be found or not, as far as the loss goes."""
    too_small = sides[1] < SMALLEST or max(sides) > LARGEST
    return share <= WHOLE or (label < 10 and too_small)


def _add_sign(target, box, label):
    left, top, *sides = box
    x, y = (
        min(int((start + side / 2) / STRIDE), limit - 1)
        for start, side, limit in zip(
            (left, top), sides, target.shape[1::-1], strict=True
        )
    )
    spread = max(LEAST_WIDTH, WIDTH_OF_PEAK * np.mean(sides) / STRIDE)
    reach = int(np.ceil(2.5 * spread))
    rows = slice(max(0, y - reach), y + reach + 1)
    columns = slice(max(0, x - reach), x + reach + 1)
    heat = target[rows, columns, label]
    near_y, near_x = np.ogrid[: heat.shape[0], : heat.shape[1]]
    away = (near_y + rows.start - y) ** 2 + (near_x + columns.start - x) ** 2
    np.maximum(heat, np.exp(-away / (2 * spread**2)), out=heat)
    target[y, x, SIZES], target[y, x, SIZED] = np.log(sides), 1


@keras.saving.register_keras_serializable("skdigits")
def page_loss(target, output):
    """Return CenterNet's focal loss of the heat, with the errors of sizes and ink."""
    ops = keras.ops
    heat, weight = target[..., :N_NAMES], target[..., WEIGHT : WEIGHT + 1]
    logits = output[..., :N_NAMES]
    probability = ops.sigmoid(logits)
    is_middle = ops.cast(heat > 0.999, "float32")
    hit = is_middle * (1 - probability) ** 2 * ops.log_sigmoid(logits)
    miss = (1 - heat) ** 4 * probability**2 * ops.log_sigmoid(-logits)
    n_middles = ops.maximum(ops.sum(is_middle), 8)
    focal = -ops.sum(weight * (hit + (1 - is_middle) * miss)) / n_middles
    sized = target[..., SIZED : SIZED + 1]
    off = ops.abs(output[..., N_NAMES : N_NAMES + 2] - target[..., SIZES])
    sizes = ops.sum(sized * off) / ops.maximum(2 * ops.sum(sized), 1)
    logits, ink = output[..., N_NAMES + 2 : N_OUTPUTS], target[..., INK]
    off = ops.relu(logits) - logits * ink + ops.softplus(-ops.abs(logits))
    return focal + SHARE_OF_SIZES * sizes + SHARE_OF_INK * ops.mean(off)
