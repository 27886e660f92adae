"""The commands and their options; what they do is imported when they run."""

from pathlib import Path
from typing import Annotated

import typer

from skdigits._presets import PRESETS
from skdigits.cli._given_data import HELP, METAVAR, TEST_HELP
from skdigits.cli._sentences import one_line_errors

app = typer.Typer(
    name="skdigits",
    help="Read handwritten digits; train, tune and evaluate a network that does.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

MODEL = Path("digits.safetensors")

# What several commands take.
Epochs = Annotated[
    int | None, typer.Option(help="Passes over the data; by default the preset's.")
]
Seed = Annotated[int, typer.Option(help="Decides all that is random.")]
Normalize = Annotated[
    bool | None,
    typer.Option(
        "--normalize/--no-normalize",
        help="Bring each picture of yours into MNIST's form, 28 x 28 pixels, or take "
        "all as they are; by default as they are if they have one size, of at most "
        "64 x 64 pixels, and are light on dark.",
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of a table: the column of labels, or its number from 0; by default "
        "the one named label, target, class, digit or y, else the first or the last.",
    ),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        metavar="P", help="Answer ? where the probability is lower than this."
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="Print nothing but warnings and errors.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def _data(what):
    return typer.Option(metavar=METAVAR, help=what)


def _preset(what):
    return typer.Option(
        metavar="NAME",
        help=f"{what}: {', '.join(PRESETS)}; balanced fits any number of pictures.",
    )


def _examples(*commands):
    """Return what stands below the options of a command."""
    return "\n\n".join(["Examples:", *(f"  skdigits {its}" for its in commands)])


def _file(what):
    return typer.Option(metavar="FILE", help=what)


def _print_version(wanted: bool):
    if wanted:
        from skdigits import __version__

        print(__version__)
        raise typer.Exit()


@app.callback()
def _several_commands(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
):
    """Read handwritten digits; train, tune and evaluate a network that does."""


@app.command(
    epilog=_examples(
        "train",
        "train --data mnist --preset fast --seed 1 --output fast.safetensors",
        "train --data my_photos",
    )
)
def train(
    context: typer.Context,
    data: Annotated[str, _data(HELP)] = "auto",
    normalize: Normalize = None,
    label_column: LabelColumn = None,
    preset: Annotated[str, _preset("Network and training")] = "balanced",
    epochs: Epochs = None,
    seed: Seed = 0,
    output: Annotated[Path, _file("Where the model goes.")] = MODEL,
    figure: Annotated[Path, _file("Where the confusion matrix goes.")] = Path(
        "confusion_matrix.png"
    ),
    quiet: Quiet = False,
    debug: Debug = False,
):
    """Train a classifier, test it, and save it with its confusion matrix."""
    with one_line_errors(debug):
        from skdigits.cli._train import run

        setup: dict[str, object] = {"data": data, "normalize": normalize}
        setup |= {"label_column": label_column}
        setup |= {"preset": preset, "epochs": epochs, "seed": seed}
        run(setup, output, figure, context.obj, quiet)


@app.command(
    epilog=_examples(
        "evaluate digits.safetensors",
        "evaluate digits.safetensors --data more_photos --report errors",
        "evaluate digits.safetensors --seeds 5",
        "evaluate digits.safetensors --json",
    )
)
def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A file that train made.")
    ],
    data: Annotated[str, _data(TEST_HELP)] = "auto",
    normalize: Normalize = None,
    label_column: LabelColumn = None,
    figure: Annotated[Path | None, _file("Where the confusion matrix goes.")] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where a page on the mistakes goes, index.html, with its figures as "
            "JSON and CSV.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Train the same N times more, with seeds 0 to N - 1, and tell how "
            "often each digit was among the two hardest.",
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
):
    """Test a saved classifier."""
    with one_line_errors(debug):
        from skdigits.cli._evaluate import run

        given = data, normalize, label_column
        run(model, *given, figure, report, seeds, quiet, as_json)


@app.command(
    epilog=_examples(
        "predict sheet.jpg",
        "predict photos --annotate answers --n-jobs -1",
        "predict sheet.jpg --json --min-confidence 0.9",
    )
)
def predict(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Pictures, and folders of pictures."),
    ],
    model: Annotated[
        str | None,
        _file("What reads: a file that train made, else the model in the box."),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON object for each picture and nothing else."
        ),
    ] = False,
    annotate: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="Where pictures with boxes and answers go."
        ),
    ] = None,
    min_confidence: MinConfidence = None,
    n_jobs: Annotated[
        int, typer.Option(help="Pictures to read at the same time; -1 for every core.")
    ] = 1,
    debug: Debug = False,
):
    """Read the handwritten digits of pictures."""
    with one_line_errors(debug):
        from skdigits.cli._predict import run

        return run(paths, model, as_json, annotate, min_confidence, n_jobs)


@app.command(epilog=_examples("info", "info digits.safetensors --json"))
def info(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A file that train made; by default the model in the box.",
        ),
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
):
    """Tell what a model is, how well it did and what it cannot do; and the versions."""
    with one_line_errors(debug):
        from skdigits.cli._info import run

        run(model, as_json)


@app.command(epilog=_examples("export digits.safetensors digits.onnx"))
def export(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A file that train made.")
    ],
    output: Annotated[
        Path, typer.Argument(metavar="FILE.onnx", help="Where the graph goes.")
    ],
    dtype: Annotated[
        str | None,
        typer.Option(
            metavar="uint8|float32",
            help="The type of the pixels it takes; by default uint8 for pixels up to "
            "255, else float32.",
        ),
    ] = None,
    debug: Debug = False,
):
    """Write a saved classifier as an ONNX graph, to answer without Python."""
    with one_line_errors(debug):
        from skdigits.cli._export import run

        run(model, output, dtype)


@app.command(epilog=_examples("serve", "serve --model digits.safetensors --port 0"))
def serve(
    model: Annotated[
        str | None,
        _file("What reads: a file that train made, else the model in the box."),
    ] = None,
    host: Annotated[
        str,
        typer.Option(help="Where to listen; 0.0.0.0 for every address of the machine."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 for any that is free.")] = 8000,
    min_confidence: MinConfidence = None,
    n_jobs: Annotated[
        int, typer.Option(help="Processes that read; -1 for one on every core.")
    ] = -1,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A name by which this machine is asked, besides localhost and its IP "
            "addresses; may be repeated.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Other pages that may ask, as https://example.org; may be repeated.",
        ),
    ] = None,
    log_level: Annotated[
        str, typer.Option(help="What is logged on stderr; info has a line a request.")
    ] = "warning",
    debug: Debug = False,
):
    """Show a page to draw on, and read pictures that are sent over HTTP."""
    with one_line_errors(debug):
        from skdigits.cli._serve import run

        run(
            model,
            host,
            port,
            log_level,
            min_confidence=min_confidence,
            n_jobs=n_jobs,
            allow_hosts=allow_host or (),
            allow_origins=allow_origin or (),
        )


@app.command(
    epilog=_examples(
        "tune --data digits",
        "tune --data mnist --filters 16-32,16-32-64 --dropout 0,0.25 --n-jobs 2",
    )
)
def tune(
    context: typer.Context,
    data: Annotated[str, _data("What to learn from, as in train.")] = "auto",
    normalize: Normalize = None,
    label_column: LabelColumn = None,
    preset: Annotated[str, _preset("What stays the same")] = "balanced",
    epochs: Epochs = None,
    filters: Annotated[
        str,
        typer.Option(
            metavar="16,32",
            help="Filters to try: numbers for two blocks of layers, or one for each "
            "block as in 16-24-48.",
        ),
    ] = "16,32",
    dropout: Annotated[
        str, typer.Option(metavar="0.25,0.5", help="Shares of dropout to try.")
    ] = "0.25,0.5",
    cv: Annotated[int, typer.Option(help="Folds of cross-validation.")] = 3,
    search: Annotated[
        str,
        typer.Option(
            metavar="grid|halving",
            help="grid trains every candidate to the end; halving stops those that "
            "fall behind.",
        ),
    ] = "halving",
    n_jobs: Annotated[
        int, typer.Option(help="Folds to train at the same time; -1 for every core.")
    ] = 1,
    seed: Seed = 0,
    output: Annotated[Path, _file("Where the winner goes.")] = MODEL,
    table: Annotated[Path, _file("Where the table of results goes: CSV.")] = Path(
        "search_results.csv"
    ),
    figure: Annotated[Path, _file("Where their picture goes.")] = Path(
        "search_results.png"
    ),
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
):
    """Search for the best filters and dropout; train, test and save the winner."""
    with one_line_errors(debug):
        from skdigits.cli._tune import run

        files = (output, table, figure)
        setup: dict[str, object] = {"data": data, "normalize": normalize}
        setup |= {"label_column": label_column}
        setup |= {"preset": preset, "epochs": epochs, "seed": seed}
        grid, typed = (filters, dropout), context.obj
        run(setup, grid, cv, search, n_jobs, files, typed, quiet, as_json)
