"""skdigits tune."""

import json
from functools import partial
from pathlib import Path
from sys import maxsize
from typing import Annotated

import typer

import skdigits
from skdigits.cli import _options as options
from skdigits.cli._console import new_bar, new_console, new_table, say
from skdigits.cli._outputs import (
    check_new,
    check_outputs,
    figure_output,
    new_figure,
    write_outputs,
)
from skdigits.cli._printed_report import accuracy_line, as_plain, percent
from skdigits.cli._train_and_tune import data_and_classifier, model_output

TABLE, FIGURE = Path("search_results.csv"), Path("search_results.png")

_SHOWN = 10


def tune(
    context: typer.Context,
    data: Annotated[str, options.data("What to train on, as for train.")] = "auto",
    normalize: options.Normalize = None,
    label_column: options.LabelColumn = None,
    preset: Annotated[
        str, options.preset("What all candidates have in common")
    ] = "balanced",
    epochs: options.Epochs = None,
    filters: Annotated[
        str,
        typer.Option(
            metavar="16,32",
            help="Filters to try: a number for two blocks of layers, or one for "
            "each block, as in 16-24-48.",
        ),
    ] = "16,32",
    dropout: Annotated[
        str, typer.Option(metavar="0.25,0.5", help="Dropout rates to try.")
    ] = "0.25,0.5",
    cv: Annotated[int, typer.Option(help="Number of cross-validation folds.")] = 3,
    search: Annotated[
        str,
        typer.Option(
            metavar="grid|halving",
            help="grid trains every candidate to the end; halving stops those that "
            "fall behind.",
        ),
    ] = "halving",
    n_jobs: Annotated[
        int, options.n_jobs("How many folds to train at the same time")
    ] = 1,
    seed: options.Seed = 0,
    resume: Annotated[
        Path | None,
        options.folder(
            "Folder for what has been trained: after an interruption, the same "
            "command continues from it. It holds pickles, so nobody else may "
            "have write access.",
            "nothing is kept",
        ),
    ] = None,
    output: Annotated[
        Path, options.file("Where to save the best model.")
    ] = options.MODEL,
    table: Annotated[
        Path, options.file("Where to save the table of results, as CSV.")
    ] = TABLE,
    figure: Annotated[Path, options.file("Where to save the figure.")] = FIGURE,
    force: options.Force = False,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
):
    """Search for the best filters and dropout; train, test and save the winner.

    Examples:
      skdigits tune --data digits
      skdigits tune --data mnist --filters 16-32,16-32-64 --dropout 0,0.25 --n-jobs 2
      skdigits tune --data mnist --resume search
    """
    console = new_console(quiet or as_json)
    check_outputs(model=output, table=table, figure=figure)
    check_new(output, force)
    _check_search(cv, search, n_jobs)
    grid = _grid(filters, dropout)
    digits, classifier = data_and_classifier(
        console,
        data=data,
        normalize=normalize,
        label_column=label_column,
        preset=preset,
        epochs=epochs,
        random_state=seed,
    )
    options_of_search = {"cv": cv, "n_jobs": n_jobs, "memory": resume}
    searched = _search(console, classifier, grid, search, **options_of_search)
    outputs = {
        "Table": (table, lambda temporary: _write_table(searched, temporary)),
        "Figure": figure_output(figure, _drawing, searched),
    }
    _fit_and_show(console, searched, digits.train, outputs)
    winner = searched.best_estimator_
    report = skdigits.inspection.ErrorReport.from_estimator(winner, *digits.test)
    words = "Winner: filters={filters}, dropout={dropout}"
    say(console, words.format(**_chosen(searched.best_params_)))
    say(console, accuracy_line(report))
    about = {"preset": preset, "normalize": normalize}
    model = model_output(output, winner, digits, report, context.obj, about)
    write_outputs(console, outputs | {"Model": model})
    if as_json:
        print(json.dumps(_as_plain(searched, digits, report)))


def _grid(filters, dropout):
    """Return the grid of the candidates from the texts of the options."""
    return {
        "cnn__filters": _parsed("filters", filters, _filters),
        "cnn__dropout": _parsed("dropout", dropout, float),
    }


def _search(console, classifier, grid, kind, **params):
    """Return the search, not fitted; a grid search stops no candidate early."""
    return skdigits.model_selection.HalvingEpochSearchCV(
        skdigits.make_digit_pipeline(classifier),
        grid,
        min_epochs=maxsize if kind == "grid" else 1,
        progress=partial(_with_bar, console),
        error_score="raise",
        **params,
    )


def _as_plain(searched, digits, report):
    """Return what was found as JSON holds it."""
    results = _by_candidate(searched).head(_SHOWN)
    return {
        "data": digits.description,
        "winner": _chosen(searched.best_params_),
        "test": as_plain(report),
        "candidates": [
            _chosen(row["params"])
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


def _with_bar(console, folds, n_folds, title):
    """Show a bar over the candidates and folds of a rung."""
    with new_bar(console, "{task.description}", "folds") as bar:
        yield from bar.track(folds, total=n_folds, description=title)


def _check_search(cv, search, n_jobs):
    from skdigits._validation import check_choice, check_integer, check_n_jobs

    check_integer("cv", cv, minimum=2)
    check_choice("search", search, ("grid", "halving"))
    check_n_jobs(n_jobs)


def _parsed(name, text, convert):
    """Return the values in a text such as "16,32"."""
    try:
        return [convert(value) for value in text.split(",")]
    except ValueError:
        raise ValueError(
            f"Got {name}={text!r}, but expected values separated by commas. Write "
            "--filters 16,32 or --filters 16-24-48,32-48-64, and --dropout 0.25,0.5."
        ) from None


def _filters(text):
    """Return 16 for "16", and (16, 24, 48) for "16-24-48"."""
    filters = tuple(int(number) for number in text.split("-"))
    return filters if len(filters) > 1 else filters[0]


def _write_table(searched, path):
    """Write what was found of all candidates to a CSV file."""
    import pandas as pd

    results = pd.DataFrame(searched.cv_results_)
    results.drop(columns="params").to_csv(path, index=False)


def _by_candidate(searched):
    """Return the candidates, the best of those that came furthest first."""
    import pandas as pd

    results = pd.DataFrame(searched.cv_results_)
    key = results["params"].map(str)
    results = results.assign(seconds=results["mean_fit_time"].groupby(key).cumsum())
    results = results.sort_values("iter").groupby(key).tail(1)
    return results.sort_values(["iter", "mean_test_score"], ascending=False)


def _best_table(searched):
    results = _by_candidate(searched)
    headings = ("filters", "dropout", "epochs", "accuracy", "spread", "seconds")
    title = f"The best {min(len(results), _SHOWN)} of {len(results)}"
    table = new_table(*headings, title=title)
    for row in results.head(_SHOWN).to_dict("records"):
        table.add_row(
            *map(str, _chosen(row["params"]).values()),
            str(row["n_resources"]),
            percent(row["mean_test_score"]),
            f"± {percent(row['std_test_score'])}",
            f"{row['seconds']:.1f}",
        )
    return table


def _chosen(params):
    return {"filters": params["cnn__filters"], "dropout": params["cnn__dropout"]}


def _drawing(searched):
    """Return the drawing of the scores over filters and dropout."""
    rows, columns = (len(set(map(str, v))) for v in searched.param_grid.values())
    drawing = new_figure(3 + 1.3 * columns, 2.5 + rows)
    display = skdigits.inspection.SearchResultsDisplay
    display.from_estimator(searched, ax=drawing.subplots())
    return drawing
