"""Options that several commands share, and how a command's help is put together."""

from pathlib import Path
from typing import Annotated

import typer

from skdigits._presets import PRESETS
from skdigits.cli._given_data import METAVAR

MODEL = Path("digits.safetensors")

Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A model file made by train.")
]
Epochs = Annotated[
    int | None, typer.Option(help="Passes over the data.", show_default="the preset's")
]
Seed = Annotated[int, typer.Option(help="Seed for everything random.")]
Normalize = Annotated[
    bool | None,
    typer.Option(
        "--normalize/--no-normalize",
        help="Bring each of your images into MNIST format, 28 x 28 pixels, or use "
        "them as they are.",
        show_default="as they are if all have one size of at most 64 x 64 pixels "
        "and most are light on dark; a saved model may need one or the other",
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="For a table: the column of labels, by name or by number from 0.",
        show_default="the one named label, target, class, digit or y, else the first "
        "or the last",
    ),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Print ? for digits with a probability lower than this.",
        show_default="0.6",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing model.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="Print nothing but warnings and errors.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else.")
]
# `main` looks for it among the arguments.
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def data(what):
    return typer.Option(metavar=METAVAR, help=what)


def preset(what, default=True):
    return typer.Option(
        metavar="NAME",
        help=f"{what}: {', '.join(PRESETS)}; balanced fits any number of images.",
        show_default=default,
    )


def file(what, default=True):
    return typer.Option(metavar="FILE", help=what, show_default=default)


def folder(what, default):
    return typer.Option(metavar="FOLDER", help=what, show_default=default)


def n_jobs(what):
    return typer.Option(help=f"{what}; -1 for one per core.")


Reader = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="The model that reads: a file made by train, or pretrained.",
        show_default="pretrained",
        callback=lambda name: None if name == "pretrained" else name,
    ),
]
