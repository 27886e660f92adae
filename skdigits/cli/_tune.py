"""skdigits tune."""

import json
from pathlib import Path
from sys import maxsize

import pandas as pd
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from skdigits import make_digit_pipeline
from skdigits._files import check_writable
from skdigits._validation import check_choice, check_integer, check_n_jobs
from skdigits.cli._console import new_console, say
from skdigits.cli._outputs import (
    check_figure,
    figure_output,
    model_output,
    new_figure,
    write_outputs,
)
from skdigits.cli._printed_report import accuracy_line, as_plain, report_on_test
from skdigits.cli._setup import data_and_classifier, with_normalizer
from skdigits.cli._training_card import training_card
from skdigits.model_selection import HalvingEpochSearchCV

_SHOWN = 10


def run(setup, grid, cv, search, n_jobs, files, command, quiet, as_json):
    """Load the data, search, train the winner, test and save it.

    ``setup`` is what `data_and_classifier` takes, ``grid`` are the texts of filters and
    dropout, ``files`` the paths of the model, the table and the figure, ``command`` is
    what the user typed, for the card.
    """
    console = new_console(quiet or as_json)
    _check_files(files)
    _check_search(cv, search, n_jobs)
    filters, dropout = grid
    grid = {
        "cnn__filters": _parsed("filters", filters, _filters),
        "cnn__dropout": _parsed("dropout", dropout, float),
    }
    digits, classifier = data_and_classifier(console, **setup)
    searched = HalvingEpochSearchCV(
        make_digit_pipeline(classifier),
        grid,
        min_epochs=maxsize if search == "grid" else 1,
        cv=cv,
        n_jobs=n_jobs,
        progress=_bar(console),
        error_score="raise",
    )
    model, table, figure = files
    outputs = {
        "Table": (table, lambda temporary: _write_table(searched, temporary)),
        "Figure": figure_output(lambda: _drawing(searched), figure),
    }
    _fit_and_show(console, searched, digits.train, outputs)
    winner = searched.best_estimator_
    report = report_on_test(winner, digits)
    card = training_card(command, digits, winner, report, setup["preset"])
    say(console, f"Winner: {_words(searched.best_params_)}")
    say(console, accuracy_line(report))
    outputs["Model"] = model_output(with_normalizer(winner, digits), model, card)
    write_outputs(console, outputs)
    if as_json:
        print(json.dumps(_as_plain(searched, digits, report)))


def _as_plain(searched, digits, report):
    """Return what was found as JSON holds it."""
    results = _by_candidate(searched).head(_SHOWN)
    names = ("filters", "dropout")
    return {
        "data": digits.description,
        "winner": dict(zip(names, _values(searched.best_params_), strict=True)),
        "test": as_plain(report),
        "candidates": [
            dict(zip(names, _values(row["params"]), strict=True))
            | {"epochs": int(row["n_resources"]), "accuracy": row["mean_test_score"]}
            | {"spread": row["std_test_score"], "seconds": row["seconds"]}
            for row in results.to_dict("records")
        ],
    }


def _fit_and_show(console, searched, data, outputs):
    """Search; show the results, and write those so far if it is interrupted."""
    try:
        searched.fit(*data)
    except BaseException:
        if hasattr(searched, "cv_results_"):
            console.print(_best_table(searched))
            write_outputs(console, {"Table": outputs["Table"]})
        raise
    console.print(_best_table(searched))


def _bar(console):
    """Return what shows a bar over the candidates and folds of a rung."""

    def show(folds, n_folds, title):
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=15),
            MofNCompleteColumn(),
            TextColumn("folds"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as bar:
            yield from bar.track(folds, total=n_folds, description=title)

    return show


def _check_files(files):
    model, table, figure = files
    if len({Path(path).resolve() for path in files}) < len(files):
        raise ValueError(
            f"Got {', '.join(map(str, files))} for the model, the table and the "
            "figure, but expected three files. Change one."
        )
    check_writable(model)
    check_writable(table)
    check_figure(figure)


def _check_search(cv, search, n_jobs):
    check_integer("cv", cv, minimum=2)
    check_choice("search", search, ("grid", "halving"))
    check_n_jobs(n_jobs)


def _parsed(name, text, convert):
    """Return the values in a text such as "16,32"."""
    try:
        return [convert(value) for value in text.split(",")]
    except ValueError:
        raise ValueError(
            f"Got {name}={text!r}, but expected values with commas between them. "
            "Write --filters 16,32 or --filters 16-24-48,32-48-64, and "
            "--dropout 0.25,0.5."
        ) from None


def _filters(text):
    """Return 16 for "16", and (16, 24, 48) for "16-24-48"."""
    filters = tuple(int(number) for number in text.split("-"))
    return filters if len(filters) > 1 else filters[0]


def _write_table(searched, path):
    """Write what was found of all candidates to a CSV file."""
    results = pd.DataFrame(searched.cv_results_)
    results.drop(columns="params").to_csv(path, index=False)


def _by_candidate(searched):
    """Return the candidates, the best of those that came furthest first."""
    results = pd.DataFrame(searched.cv_results_)
    key = results["params"].map(str)
    results = results.assign(seconds=results["mean_fit_time"].groupby(key).cumsum())
    results = results.sort_values("iter").groupby(key.loc[results.index]).tail(1)
    return results.sort_values(["iter", "mean_test_score"], ascending=False)


def _best_table(searched):
    results = _by_candidate(searched)
    table = Table(title=f"The best {min(len(results), _SHOWN)} of {len(results)}")
    for heading in ("filters", "dropout", "epochs", "accuracy", "spread", "seconds"):
        table.add_column(heading, justify="right")
    for row in results.head(_SHOWN).to_dict("records"):
        table.add_row(
            *(str(value) for value in _values(row["params"])),
            str(row["n_resources"]),
            f"{row['mean_test_score']:.2%}",
            f"± {row['std_test_score']:.2%}",
            f"{row['seconds']:.1f}",
        )
    return table


def _values(params):
    return params["cnn__filters"], params["cnn__dropout"]


def _words(params):
    return "filters={}, dropout={}".format(*_values(params))


def _drawing(searched):
    """Return the drawing of the scores over filters and dropout."""
    from skdigits.inspection import SearchResultsDisplay

    rows, columns = (len(set(map(str, v))) for v in searched.param_grid.values())
    drawing = new_figure(3 + 1.3 * columns, 2.5 + rows)
    SearchResultsDisplay.from_estimator(searched, ax=drawing.subplots())
    return drawing
