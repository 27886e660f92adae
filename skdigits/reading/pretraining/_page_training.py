"""Training the page network on an endless supply of pages, with its state on disk."""

from collections import deque
from functools import partial
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from PIL import Image

from skdigits._validation import check_integer, check_n_jobs
from skdigits.datasets import make_digit_pages
from skdigits.datasets.pages import log_uniform
from skdigits.handwriting import MARGIN, with_margin
from skdigits.reading.pretraining._page_network import (
    FILTERS,
    from_onnx,
    page_network,
)
from skdigits.reading.pretraining._page_targets import (
    SMALLEST,
    WHOLE,
    page_loss,
    targets_of,
)
from skdigits.training import keras

SIDE, BATCH_SIZE, STEPS = 256, 16, 8000

# The peak of the learning rate, the share of steps in which it rises, the decay of the
# kernels, and the largest norm of a gradient.
LEARNING_RATE, RISING, WEIGHT_DECAY, CLIPNORM = 0.003, 0.04, 1e-4, 5.0

# The peak for a network that has learned already, in shares of that of a new one.
OF_TRAINED = 0.3

# The state of a training.
STATE = "page_network.keras"

# Steps between two states on the disk.
STEPS_PER_EPOCH = 100

# How often a page is used, and the chunks of pages that a batch is taken from.
USES, RECENT = 4, 12

# The part of a page that is used, in sides of a batch's pages; how often light and dark
# are exchanged once more; how often the light changes.
SMALLEST_CROP, LARGEST_CROP, INVERTED, RELIT = 0.8, 1.25, 0.3, 0.3

# How often signs are cut out one by one, in how many rows, and how often in so few
# pixels as data sets have them. The least side in pixels, and how few they may be in
# shares of it. The paper that there is around a sign at most, in shares of its longer
# side: none, some, that of a cell.
CUT_OUT, ROWS_OF_CUT_OUTS, OF_FEW_PIXELS = 0.15, (2, 4), 0.35
LEAST_CUT_OUT, FEWEST, PAPER_AROUND = 14, 0.5, (0.05, 0.4, 1.5)


def batches_of_epoch(
    seed, epoch, n_steps, digits, fonts, *, size=BATCH_SIZE, side=SIDE, n_jobs=None
):
    """Draw the pages of an epoch, and what the network is to say of them.

    To draw a page costs as much as to learn from it, so that each is cropped `USES`
    times. A batch takes its crops from the `RECENT` last chunks of pages.

    Yields
    ------
    pages : ndarray of shape (size, side, side, 1), dtype float32
        In [0, 1].

    targets : ndarray of shape (size, side / 4, side / 4, n_targets), dtype float32
    """
    drawn_side = round(side * LARGEST_CROP)
    chunks = Parallel(n_jobs, return_as="generator")(
        delayed(make_digit_pages)(
            size,
            shape=(drawn_side, drawn_side),
            digits=digits,
            fonts=fonts,
            random_state=int(
                np.random.default_rng([seed, epoch, step]).integers(2**31)
            ),
            n_jobs=1,
        )
        for step in range(0, n_steps, USES)
    )
    recent = deque(maxlen=RECENT)
    for step in range(n_steps):
        if step % USES == 0:
            chunk = next(chunks)
            parts = chunk.images, chunk.boxes, chunk.labels, chunk.visible, chunk.ink
            recent.append(list(zip(*parts, strict=True)))
        rng = np.random.default_rng([seed, epoch, step, 1])
        pages = [page for chunk in recent for page in chunk]
        chosen = rng.choice(len(pages), size, replace=False)
        crops = [
            cut_outs(pages, rng, side)
            if rng.random() < CUT_OUT
            else cropped(*pages[i], rng, side)
            for i in chosen
        ]
        yield (
            np.stack([relit(pixels, rng) for pixels, *_ in crops])[..., None],
            np.stack([targets_of(*signs) for _, *signs in crops]),
        )


def cropped(pixels, boxes, labels, visible, ink, rng, side):
    """Return a square part of a page, scaled to that side, with its signs."""
    part = min(round(side * log_uniform(rng, SMALLEST_CROP, LARGEST_CROP)), len(ink))
    top, left = (int(rng.integers(length - part + 1)) for length in ink.shape)
    place = slice(top, top + part), slice(left, left + part)
    return _part_of(pixels, boxes, labels, visible, ink, place, (side, side))


def _part_of(pixels, boxes, labels, visible, ink, place, shape):
    """Return what is at a place of a page, scaled to a shape, with its signs."""
    n = len(labels) + 1
    before = np.bincount(ink.ravel(), minlength=n)[1:]
    after = np.bincount(ink[place].ravel(), minlength=n)[1:]
    visible = visible * after / np.maximum(before, 1)
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    rows, columns = place
    part = np.array([columns.stop - columns.start, rows.stop - rows.start] * 2)
    corners = np.clip(corners - [columns.start, rows.start] * 2, 0, part)
    corners = corners * (np.array([*shape[::-1]] * 2) / part)
    low = np.floor(corners[:, :2]).astype(int)
    sides = np.maximum(np.ceil(corners[:, 2:]).astype(int) - low, 1)
    pixels, ink = (
        np.asarray(Image.fromarray(array[place]).resize(shape[::-1], kind))
        for array, kind in (
            (pixels, Image.Resampling.BILINEAR),
            (ink.astype(np.int32), Image.Resampling.NEAREST),
        )
    )
    return pixels, np.concatenate([low, sides], axis=1), labels, visible, ink


def cut_outs(pages, rng, side):
    """Return a page of single signs, each in the margin that the reader gives it."""
    n_rows = int(
        min(rng.choice(ROWS_OF_CUT_OUTS), side // (LEAST_CUT_OUT + 2 * MARGIN))
    )
    cell = side // n_rows
    pixels, ink = np.zeros((side, side), np.uint8), np.zeros((side, side), np.int32)
    signs = [(np.zeros((0, 4), int), np.zeros(0, int), np.zeros(0))]
    for top, left in np.ndindex(n_rows, n_rows):
        page = pages[rng.integers(len(pages))]
        place = tuple(slice(at * cell, (at + 1) * cell) for at in (top, left))
        pixels[place], boxes, labels, visible, ink[place] = _cut_out(page, rng, cell)
        signs.append((boxes + [left * cell, top * cell, 0, 0], labels, visible))
    return pixels, *map(np.concatenate, zip(*signs, strict=True)), ink


def _cut_out(page, rng, side):
    """Return a sign of a page, or a part of the page that has none, in its margin."""
    pixels, boxes, _, visible, ink = page
    whole = np.flatnonzero((visible > WHOLE) & (boxes[:, 3] >= SMALLEST))
    box = [*rng.integers(0, min(ink.shape) // 2, 2), *rng.integers(16, 64, 2)]
    if len(whole):
        box = boxes[rng.choice(whole)]
    paper = rng.uniform(0, rng.choice(PAPER_AROUND, p=(0.4, 0.3, 0.3)), 4)
    place = _place_around(np.asarray(box), paper, ink.shape)
    sides = np.array([part.stop - part.start for part in place])
    least = min(LEAST_CUT_OUT * sides.max() / max(box[2:]), side - 2 * MARGIN)
    longest = log_uniform(rng, least, side - 2 * MARGIN)
    shape = [max(1, round(n)) for n in sides * (longest / sides.max())]
    part, boxes, labels, visible, ink = _part_of(*page, place, tuple(shape))
    if rng.random() < OF_FEW_PIXELS:
        few = log_uniform(rng, FEWEST * least, longest) / longest
        part = _through_few_pixels(pixels[place], few, shape)
    part = np.round(with_margin(part, (side, side))).astype(np.uint8)
    ink = np.pad(ink, [(MARGIN, side - MARGIN - n) for n in shape])
    return part, boxes + [MARGIN, MARGIN, 0, 0], labels, visible, ink


def _through_few_pixels(pixels, share, shape):
    """Return pixels scaled to a share of a shape, and then to the shape."""
    image, kind = Image.fromarray(pixels), Image.Resampling.BILINEAR
    small = [max(1, round(n * share)) for n in shape[::-1]]
    return np.asarray(image.resize(small, kind).resize(shape[::-1], kind))


def _place_around(box, paper, shape):
    """Return the rows and columns of a box with paper, in shares of its longer side."""
    left, top, wide, tall = box
    before, after = np.reshape(paper * max(tall, wide), (2, 2))
    low = np.maximum([top, left] - before, 0).astype(int)
    high = np.minimum(np.ceil([top + tall, left + wide] + after), shape).astype(int)
    return tuple(map(slice, low, np.maximum(high, low + 1)))


def relit(pixels, rng):
    """Return a page as levels in [0, 1] in other light, or with light and dark changed.

    Parameters
    ----------
    pixels : ndarray of dtype uint8

    rng : numpy.random.Generator
    """
    page = pixels.astype(np.float32) / 255
    if rng.random() < INVERTED:
        page = 1 - page
    if rng.random() < RELIT:
        low, high = np.sort(rng.uniform(0, 1, 2))
        page = low + max(high - low, 0.3) * page ** rng.uniform(0.6, 1.6)
    return np.clip(page, 0, 1).astype(np.float32)


def compiled_page_network(n_steps=STEPS, filters=FILTERS):
    """Return a page network that has learned nothing, ready for so many steps."""
    return _compiled(page_network(filters), n_steps, LEARNING_RATE)


def _compiled(model, n_steps, peak):
    rising = max(1, round(RISING * n_steps))
    rate = keras.optimizers.schedules.CosineDecay(
        peak / 100,
        max(1, n_steps - rising),
        alpha=0.01,
        warmup_target=peak,
        warmup_steps=rising,
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=CLIPNORM),
        page_loss,
        jit_compile=False,
    )
    return model


class _Saver(keras.callbacks.Callback):
    """Keras' ModelCheckpoint would leave a broken file where it is killed.

    Keras writes to files of its own suffix only, so that the temporary one has it too.
    """

    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch, logs=None):
        part = self.path.with_name(f"part_of_{self.path.name}")
        self.model.save(part)
        part.replace(self.path)


def train_page_network(
    folder,
    digits,
    fonts=(),
    *,
    n_steps=STEPS,
    steps_per_epoch=STEPS_PER_EPOCH,
    seed=0,
    n_jobs=None,
    verbose=2,
    filters=FILTERS,
    initial=None,
    **size,
):
    """Train the page network, on from where an earlier call was stopped.

    Parameters
    ----------
    folder : path
        Of the state, which is written after each epoch.

    digits, fonts
        As for `make_digit_pages`.

    n_steps, steps_per_epoch : int
        Steps in all, and between two states, of which the first is a multiple. A state
        goes on with the schedule and the filters that it began with.

    seed : int, default=0
        Decides the pages, and the initial weights if there is no network with them.

    n_jobs : int, default=None
        Number of processes that draw pages, as joblib counts them.

    verbose : int, default=2
        As Keras takes it.

    filters, **size
        As for `page_network` and `batches_of_epoch`.

    initial : onnx.ModelProto, default=None
        A trained network, whose filters and weights are the initial ones.

    Returns
    -------
    keras.Model
    """
    check_n_jobs(n_jobs)
    check_integer("n_steps", n_steps)
    if n_steps % check_integer("steps_per_epoch", steps_per_epoch):
        raise ValueError(
            f"Got n_steps={n_steps}, but expected a multiple of steps_per_epoch="
            f"{steps_per_epoch}. Change one of them."
        )
    drawn = partial(
        batches_of_epoch, seed, digits=digits, fonts=fonts, n_jobs=n_jobs, **size
    )
    state = Path(folder, STATE)
    if state.is_file():
        model = keras.saving.load_model(state)
    elif initial is None:
        keras.utils.set_random_seed(seed)
        model = compiled_page_network(n_steps, filters)
    else:
        (pages, _), *_ = drawn(epoch=0, n_steps=1)
        peak = OF_TRAINED * LEARNING_RATE
        model = _compiled(from_onnx(initial, pages), n_steps, peak)
    state.parent.mkdir(parents=True, exist_ok=True)
    done = int(model.optimizer.iterations)
    if done >= n_steps:
        return model
    batches = (
        batch
        for epoch in range(done // steps_per_epoch, n_steps // steps_per_epoch)
        for batch in drawn(epoch=epoch, n_steps=steps_per_epoch)
    )
    model.fit(
        batches,
        initial_epoch=done // steps_per_epoch,
        epochs=n_steps // steps_per_epoch,
        steps_per_epoch=steps_per_epoch,
        callbacks=[_Saver(state)],
        shuffle=False,
        verbose=verbose,
    )
    return model
