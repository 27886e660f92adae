"""The commands together; what they do is imported when they run."""

from typing import Annotated

import typer

from skdigits.cli import (
    _evaluate,
    _export,
    _info,
    _predict,
    _serve,
    _train,
    _tune,
)

app = typer.Typer(
    name="skdigits",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (_train, _evaluate, _predict, _info, _export, _serve, _tune):
    app.add_typer(command.app)


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
