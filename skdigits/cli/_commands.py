"""The commands together; what they do is imported when they run."""

from inspect import getdoc
from typing import Annotated

import typer

from skdigits.cli._evaluate import evaluate
from skdigits.cli._export import export
from skdigits.cli._info import info
from skdigits.cli._predict import predict
from skdigits.cli._serve import serve
from skdigits.cli._train import train
from skdigits.cli._tune import tune

app = typer.Typer(
    name="skdigits",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (train, evaluate, predict, info, export, serve, tune):
    description, _, examples = (getdoc(command) or "").partition("\n\n")
    # typer keeps the lines of a text apart only if there is an empty one between them
    app.command(help=description, epilog=examples.replace("\n", "\n\n"))(command)


def _print_version(wanted: bool):
    if wanted:
        from skdigits import __version__

        print(__version__)
        raise typer.Exit()


@app.callback()
def _options(
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
    """Read handwritten digits; train, tune and evaluate a network that reads them."""
