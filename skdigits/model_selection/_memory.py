"""Storage of what a search has trained, from which another one can continue."""

from functools import partial
from pickle import PicklingError

import joblib
import numpy as np

import skdigits
from skdigits._files import check_writable
from skdigits._validation import check_path, one_line, reason_of
from skdigits.model_selection._scikit_learn import fit_and_score


def fold_trainer(memory, estimator, splits, options):
    """Return a function that trains one fold, or loads it if it was trained before.

    It accepts the same arguments as `_remembered`, except ``search``; ``options`` are
    those that are the same for all folds.

    Raises
    ------
    ValueError
        If ``memory`` is not of a type that the search accepts, or if the search cannot
        be recognized.
    OSError
        If it is a folder that cannot be written to; the message is one sentence.
    """
    if not isinstance(memory, joblib.Memory):
        folder = None if memory is None else _folder(memory)
        memory = joblib.Memory(folder, verbose=0)
    key = _key(estimator, splits, options) if memory.location else None
    remembered = memory.cache(_remembered, ignore=["estimator", "X", "y", "**"])
    return partial(_train_fold, remembered, search=key)


def _folder(memory):
    """Make a folder and return its path, or raise an OSError of one sentence."""
    path = check_path("memory", memory)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"Got memory={one_line(repr(str(path)))}, which cannot be created "
            f"({reason_of(error)}), but expected a folder. Choose another."
        ) from error
    check_writable(path / "one")
    # in which joblib takes another folder than in a Path
    return str(path)


def _key(estimator, splits, options):
    """Return a text that differs for other data, folds, scores or versions."""
    # arrays, as lists are slow here
    rows = [np.asarray(rows) for split in splits for rows in split]
    try:
        return joblib.hash(
            (skdigits.__version__, estimator, rows, options), coerce_mmap=True
        )
    except (PicklingError, AttributeError, TypeError) as error:
        raise ValueError(
            "Got memory with an estimator, data or scoring that cannot be pickled "
            f"({reason_of(error)}), but expected ones that another process can load. "
            "Define functions in a module, or pass memory=None."
        ) from error


class _FitFailed(Exception):
    """Carries the result of a failed fit past joblib, which then stores none."""


def _train_fold(remembered, **arguments):
    try:
        return remembered(**arguments)
    except _FitFailed as failure:
        return failure.args[0]


def _remembered(search, params, fold, epochs, estimator, X, y, **options):
    """Return what `fit_and_score` does.

    joblib identifies a call by the first four: the search, the parameters of a
    candidate, the number of the fold, and the last epoch of the rung. All others follow
    from them.
    """
    result = fit_and_score(estimator, X, y, **options)
    if result["fit_error"] is not None:
        raise _FitFailed(result)
    return result
