"""skdigits export."""

from skdigits import load, to_onnx
from skdigits._files import check_writable, replacing
from skdigits.cli._console import new_console, say
from skdigits.persistence import read_card


def run(model, output, dtype):
    """Load the model, write its graph, and say how it is used."""
    if model.resolve() == output.resolve():
        raise ValueError(
            f"Got {str(output)!r} for both the model and the graph, but expected two "
            "files. Change one."
        )
    check_writable(output)
    graph = to_onnx(load(model), dtype=dtype, card=read_card(model))
    with replacing(output) as temporary:
        temporary.write_bytes(graph.SerializeToString())
    console = new_console()
    say(console, graph.doc_string)
    say(console, f"Graph: {output}")
