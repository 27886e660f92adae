"""The race of the candidates: how far each rung goes, and which ones go on."""

from dataclasses import dataclass
from itertools import islice
from math import ceil

from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, ParameterSampler, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed

from skdigits._classifier import DigitCNN
from skdigits._parameters import epochs_and_batch_size
from skdigits._validation import check_integer, check_number


@dataclass
class Candidate:
    """Parameters in the race, and their estimators, one for each fold."""

    params: dict
    estimators: list


@dataclass(frozen=True)
class Row:
    """A candidate in one rung: the results of `fit_and_score` for each fold."""

    params: dict
    rung: int
    epochs: int
    folds: list


def make_splits(cv, X, y, split_params):
    """Return the rows of each fold, which are the same in all rungs.

    They are lists, which are sent with each call: joblib's Dask backend would place
    arrays on one worker, and the search would end if that worker were lost.
    """
    splits = check_cv(cv, y, classifier=True).split(X, y, **split_params)
    return [(list(train), list(test)) for train, test in splits]


def make_candidates(estimator, param_grid, n_splits):
    """Return a `Candidate` for each point of the grid, or raise a ValueError."""
    if not isinstance(param_grid, ParameterSampler):
        param_grid = ParameterGrid(param_grid)
    candidates = []
    for params in param_grid:
        chosen = clone(estimator).set_params(**clone(params, safe=False))
        _check_network(_network(chosen))
        candidates.append(Candidate(params, [clone(chosen) for _ in range(n_splits)]))
    return candidates


def _network(estimator):
    """Return the `DigitCNN` at the end of an estimator."""
    network = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(network, DigitCNN):
        raise ValueError(
            f"Got an estimator that ends with {type(network).__name__}, but expected a "
            "DigitCNN or a pipeline that ends with one. Use GridSearchCV for others."
        )
    return network


def _check_network(network):
    """Raise a ValueError for a parameter that is at odds with the pauses."""
    if network.early_stopping:
        raise ValueError(
            f"Got early_stopping={network.early_stopping!r}, but expected False: the "
            "search itself stops the candidates that fall behind."
        )
    if network.callbacks:
        raise ValueError(
            f"Got callbacks={network.callbacks!r}, but expected None: each rung "
            "would restart them. Remove them, or use GridSearchCV."
        )


def rung_stops(candidates, splits, factor, min_epochs):
    """Return the epoch that ends each rung; the last is the end of the cycle."""
    factor = check_number("factor", factor, low=1, closed="neither")
    # the smallest fold has the longest cycle, if the number of images decides
    n_images = min(len(train) for train, _ in splits)
    epochs = {
        epochs_and_batch_size(_network(candidate.estimators[0]), n_images)[0]
        for candidate in candidates
    }
    if len(epochs) > 1:
        raise ValueError(
            f"Got candidates of {sorted(epochs)} epochs, but expected the same for "
            "all: epochs are the resource that the search allocates. Take epochs out "
            "of param_grid, or, if batch_size is in it, set a number of epochs."
        )
    epochs = epochs.pop()
    min_epochs = min(check_integer("min_epochs", min_epochs), epochs)
    n_rungs = 1
    while factor**n_rungs <= len(candidates):
        n_rungs += 1
    stops = {ceil(epochs / factor**rung) for rung in range(n_rungs)}
    return sorted({max(stop, min_epochs) for stop in stops})


def race(search, candidates, stops, splits, train_fold, options, survivors):
    """Yield the `Row` of each candidate in each rung as soon as it is trained.

    The ``n_jobs``, ``verbose`` and ``progress`` of ``search`` are used. ``train_fold``,
    which `fold_trainer` returns, receives ``options``. ``survivors`` receives the
    candidates and the rows of a rung, and returns the candidates of the next one.
    """
    progress = search.progress
    if progress is not None and not callable(progress):
        raise ValueError(
            f"Got progress={progress!r}, but expected None or a function of the folds, "
            "their number and a title."
        )
    # one context for all rungs, so Dask scatters the data once
    with Parallel(n_jobs=search.n_jobs, return_as="generator") as parallel:
        for rung, stop in enumerate(stops):
            of_rung = {"verbose": search.verbose, "return_estimator": stop != stops[-1]}
            calls = _calls(train_fold, candidates, stop, splits, options | of_rung)
            title = (
                f"Rung {rung + 1} of {len(stops)}: {len(candidates)} candidates, "
                f"to epoch {stop} of {stops[-1]}"
            )
            if search.verbose:
                print(title)
            folds = parallel(calls)
            if progress is not None:
                folds = iter(progress(folds, len(candidates) * len(splits), title))
            rows = []
            for candidate in candidates:
                trained = list(islice(folds, len(splits)))
                # it goes on with these
                candidate.estimators = [fold.pop("estimator", None) for fold in trained]
                rows.append(Row(candidate.params, rung, stop, trained))
                yield rows[-1]
            next(folds, None)  # at its end joblib takes the next calls
            candidates = survivors(candidates, rows)


def _calls(train_fold, candidates, stop, splits, options):
    """Yield what trains each candidate on each fold until the epoch ``stop``."""
    for candidate in candidates:
        folds = zip(candidate.estimators, splits, strict=True)
        for number, (estimator, (train, test)) in enumerate(folds):
            # as no parameter is, it is forgotten by clones
            vars(_network(estimator))["_pause_after"] = stop
            yield delayed(train_fold)(
                params=candidate.params,
                fold=number,
                epochs=stop,
                estimator=estimator,
                train=train,
                test=test,
                **options,
            )
