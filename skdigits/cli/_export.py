"""skdigits export."""

from pathlib import Path
from typing import Annotated

import typer

import skdigits
from skdigits.cli import _options as options
from skdigits.cli._console import new_console, say
from skdigits.cli._outputs import check_different, check_outputs


def export(
    model: options.Model,
    output: Annotated[
        Path, typer.Argument(metavar="FILE.onnx", help="Where to save the graph.")
    ],
    dtype: Annotated[
        str | None,
        typer.Option(
            metavar="uint8|float32",
            help="Type of the pixels that the graph accepts.",
            show_default="uint8 for pixels up to 255, else float32",
        ),
    ] = None,
    debug: options.Debug = False,
):
    """Write a saved classifier as an ONNX graph, to predict without Python.

    Examples:
      skdigits export digits.safetensors digits.onnx
    """
    from skdigits._files import replacing
    from skdigits.persistence import load_with_card

    check_different(model=model, graph=output)
    check_outputs(graph=output)
    estimator, card = load_with_card(model)
    graph = skdigits.to_onnx(estimator, dtype=dtype, card=card)
    with replacing(output) as temporary:
        temporary.write_bytes(graph.SerializeToString())
    console = new_console()
    say(console, graph.doc_string)
    say(console, f"Graph: {output}")
