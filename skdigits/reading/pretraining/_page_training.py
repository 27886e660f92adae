"""The training of the page network: pages without end, and a state on the disk."""

from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from skdigits._validation import check_integer, check_n_jobs
from skdigits.datasets import make_digit_pages
from skdigits.reading.pretraining._page_network import FILTERS, page_network
from skdigits.reading.pretraining._page_targets import page_loss, targets_of
from skdigits.training import keras

SIDE, BATCH_SIZE, STEPS = 256, 16, 4000

# The peak of the learning rate, the share of steps in which it rises, the decay of the
# kernels, and the largest norm of a gradient.
LEARNING_RATE, RISING, WEIGHT_DECAY, CLIPNORM = 0.003, 0.04, 1e-4, 5.0

# Steps between two states on the disk.
STEPS_PER_EPOCH = 100

# How often light and dark are exchanged once more.
INVERTED = 0.3


def batch_of_pages(seed, step, digits, fonts, size=BATCH_SIZE, side=SIDE):
    """Draw the pages of a step, and what the network is to say of them.

    Returns
    -------
    pages : ndarray of shape (size, side, side, 1), dtype float32
        In [0, 1].

    targets : ndarray of shape (size, side / 4, side / 4, n_targets), dtype float32
    """
    rng = np.random.default_rng([seed, step])
    drawn = make_digit_pages(
        size,
        shape=(side, side),
        digits=digits,
        fonts=fonts,
        random_state=int(rng.integers(2**31)),
        n_jobs=1,
    )
    pages = drawn.images[..., None].astype(np.float32) / 255
    inverted = rng.random(size) < INVERTED
    pages[inverted] = 1 - pages[inverted]
    of_each = zip(drawn.boxes, drawn.labels, drawn.visible, drawn.ink, strict=True)
    return pages, np.stack([targets_of(*page) for page in of_each])


def compiled_page_network(n_steps=STEPS, filters=FILTERS):
    """Return a page network that has learned nothing, ready for so many steps."""
    rising = max(1, round(RISING * n_steps))
    rate = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 100,
        max(1, n_steps - rising),
        alpha=0.01,
        warmup_target=LEARNING_RATE,
        warmup_steps=rising,
    )
    model = page_network(filters)
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
        Decides the initial weights and the pages.

    n_jobs : int, default=None
        Number of processes that draw pages, as joblib counts them.

    verbose : int, default=2
        As Keras takes it.

    filters, **size
        As for `page_network` and `batch_of_pages`.

    Returns
    -------
    keras.Model
    """
    check_n_jobs(n_jobs)
    if check_integer("n_steps", n_steps) % check_integer(
        "steps_per_epoch", steps_per_epoch
    ):
        raise ValueError(
            f"Got n_steps={n_steps}, but expected a multiple of steps_per_epoch="
            f"{steps_per_epoch}. Change one of them."
        )
    state = Path(folder, "page_network.keras")
    if state.is_file():
        model = keras.saving.load_model(state)
    else:
        state.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(seed)
        model = compiled_page_network(n_steps, filters)
    done = int(model.optimizer.iterations)
    if done >= n_steps:
        return model
    batches = Parallel(n_jobs, return_as="generator", pre_dispatch="2*n_jobs")(
        delayed(batch_of_pages)(seed, step, digits, fonts, **size)
        for step in range(done, n_steps)
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
