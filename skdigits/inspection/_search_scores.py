"""The scores of a search, laid out over one or two of its parameters."""

import numpy as np
import pandas as pd


def laid_out(cv_results, params, metric, best_index):
    """Return the data of a `SearchResultsDisplay`, by the names of its parameters.

    Its `from_cv_results` describes the arguments.
    """
    _check_metric(cv_results, metric)
    names = _names(cv_results, params)
    values, places = zip(
        *(_distinct(cv_results[f"param_{name}"]) for name in names), strict=True
    )
    places = np.array(places)
    rows = _from_worst_to_best(cv_results, metric)

    def table(column, empty):
        cells = np.full([len(its) for its in values], empty)
        # of several candidates in one place the last one stays, which is the best
        cells[tuple(places[:, rows])] = np.asarray(cv_results[column])[rows]
        return cells

    return {
        "mean": table(f"mean_test_{metric}", np.nan),
        "spread": table(f"std_test_{metric}", np.nan),
        "names": names,
        "values": list(values),
        "best": None if best_index is None else tuple(places[:, best_index].tolist()),
        "resources": table("n_resources", 0.0) if "n_resources" in cv_results else None,
    }


def table_of(display):
    """Return the candidates of a display, those that were trained furthest first."""
    places = np.argwhere(np.isfinite(display.mean))
    rows = [list(map(str, values_at(display, place))) for place in places]
    table, at = pd.DataFrame(rows, columns=display.names), tuple(places.T)
    furthest = [f"mean {display.score_name}"]
    table[furthest[0]], table["spread"] = display.mean[at], display.spread[at]
    if display.resources is not None:
        furthest = [display.resource_name, *furthest]
        # without decimal places if there are none
        table[furthest[0]] = pd.to_numeric(display.resources[at], downcast="integer")
    return table.sort_values(furthest, ascending=False, kind="stable")


def values_at(display, place):
    """Return the values of the parameters at a place of a display."""
    return [its[i] for its, i in zip(display.values, place, strict=True)]


def _check_metric(cv_results, metric):
    if f"mean_test_{metric}" not in cv_results:
        known = [key[10:] for key in cv_results if key.startswith("mean_test_")]
        raise ValueError(
            f"Got metric={metric!r}, but expected one of {known}. Pass one of them."
        )


def _names(cv_results, params):
    """Return the one or two parameters to draw."""
    searched = [key[6:] for key in cv_results if key.startswith("param_")]
    if params is None:
        names = [
            name
            for name in searched
            if len(_distinct(cv_results[f"param_{name}"])[0]) > 1
            and not _is_resource(cv_results, name)
        ] or searched[:1]
    else:
        names = [params] if isinstance(params, str) else list(params)
    if not 1 <= len(names) <= 2 or not set(names) <= set(searched):
        remedy = f"Choose from {searched}."
        if params is None and searched:
            remedy = f"Pass params=({searched[0]!r}, {searched[-1]!r})."
        raise ValueError(
            f"Got the parameters {names} to draw, but expected one or two of those "
            f"that were searched. {remedy}"
        )
    return names


def _is_resource(cv_results, name):
    """Return whether successive halving changed this parameter on the way."""
    # == compares a tuple with a number of NumPy place by place
    return "n_resources" in cv_results and all(
        np.array_equal(value, resources)
        for value, resources in zip(
            cv_results[f"param_{name}"], cv_results["n_resources"], strict=True
        )
    )


def _distinct(column):
    """Return the distinct values, sorted if possible, and the position of each."""
    # by their text: values such as lists or estimators are no keys
    distinct = list({repr(value): value for value in column}.values())
    try:
        distinct.sort()
    except TypeError:
        pass
    place = {repr(value): number for number, value in enumerate(distinct)}
    return distinct, [place[repr(value)] for value in column]


def _from_worst_to_best(cv_results, metric):
    """Return the numbers of the rows that have a score, those that went far last."""
    mean = np.asarray(cv_results[f"mean_test_{metric}"], dtype=float)
    rungs = np.asarray(cv_results["iter"] if "iter" in cv_results else 0 * mean)
    order = np.lexsort((mean, rungs))
    return order[np.isfinite(mean[order])]
