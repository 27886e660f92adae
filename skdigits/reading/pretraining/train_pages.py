"""``python -m skdigits.reading.pretraining.train_pages``: train the page network.

It saves its state in a folder from time to time, and resumes from there when it is run
again.
"""

import argparse
import json
import shlex
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from skdigits import __version__
from skdigits._files import check_writable, replacing
from skdigits.datasets import fetch_mnist
from skdigits.reading.pretraining._page_network import (
    FILTERS,
    average_with,
    to_onnx,
)
from skdigits.reading.pretraining._page_training import (
    BATCH_SIZE,
    STEPS,
    batches_of_epoch,
    train_page_network,
)
from skdigits.reading.pretraining._quantized import quantized
from skdigits.training import keras

MODULE = "skdigits.reading.pretraining.train_pages"

LIMITS = (
    "It finds digits that are at least 11 pixels high.",
    "The only handwriting of real people in its training data is MNIST's.",
    "It may take an opening bracket or the end of a line for a 1.",
)

# Batches of pages that tell the ranges of feature maps.
BATCHES_TO_CALIBRATE = 4

# Kinds of files that Pillow reads as fonts.
FONTS = {".otf", ".ttf", ".woff", ".woff2"}


def main(arguments=None):
    """Draw pages and train on them, then write the network as ONNX."""
    options = _parser().parse_args(arguments)
    try:
        check_writable(options.output)
        initial = None if options.initial is None else _network_in(options.initial)
        others = [_network_in(path) for path in options.mean_with]
        keras.config.set_dtype_policy(options.dtype)
        train = fetch_mnist(subset="train", data_home=options.data_home)
        drawn_from = (train.data, train.target), fonts_in(options.fonts)
        model = _trained(options, initial, *drawn_from)
        graph = to_onnx(model)
        average_with(graph, others)
        graph = quantized(graph, _pages_after(options, *drawn_from))
        graph.doc_string = json.dumps(_card(model, initial, options))
        graph = graph.SerializeToString()
        with replacing(options.output) as path:
            path.write_bytes(graph)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    print(f"{options.output}: {len(graph):,} bytes, {model.count_params():,} weights")


def _network_in(path):
    """Return the page network in a file, or raise a ValueError if there is none."""
    try:
        graph = onnx.load(path)
        json.loads(graph.doc_string)["steps"]
    except (DecodeError, ValueError, TypeError, KeyError):
        raise ValueError(
            f"Got {path}, but expected an ONNX file that this command wrote."
        ) from None
    return graph


def _card(model, initial, options):
    """Return the card of the page network: from what it was made, and its limits."""
    arguments = ["--steps", options.steps, "--dtype", options.dtype]
    arguments += ["--seed", options.seed]
    if options.initial:
        arguments += ["--initial", Path(options.initial).name]
    if options.mean_with:
        names = (Path(folder).name for folder in options.mean_with)
        arguments += ["--mean-with", *names]
    before = [] if initial is None else json.loads(initial.doc_string)["steps"]
    return {
        "command": shlex.join(["python", "-m", MODULE, *map(str, arguments)]),
        "data": {
            "description": "synthetic pages of make_digit_pages, with MNIST's training "
            "images written anew, and fonts under the SIL Open Font License, the "
            "Apache License 2.0 and the Ubuntu Font Licence",
            "n_fonts": len(fonts_in(options.fonts)),
        },
        "steps": [*before, options.steps],
        "pages a step": BATCH_SIZE,
        "seed": options.seed,
        "weights": model.count_params(),
        "versions": {"skdigits": __version__, "keras": keras.__version__},
        "limits": list(LIMITS),
    }


def _trained(options, initial, digits, fonts):
    return train_page_network(
        options.state,
        digits,
        fonts,
        n_steps=options.steps,
        steps_per_epoch=options.steps_per_epoch,
        seed=options.seed,
        n_jobs=options.n_jobs,
        filters=tuple(options.filters),
        initial=initial,
    )


def _pages_after(options, digits, fonts):
    """Return batches of pages that come after those of the training."""
    epoch = options.steps // options.steps_per_epoch
    batches = batches_of_epoch(
        options.seed, epoch, BATCHES_TO_CALIBRATE, digits, fonts, n_jobs=options.n_jobs
    )
    return [pages for pages, _ in batches]


def fonts_in(folder):
    """Return the files of fonts below a folder, in a fixed order."""
    if folder is None:
        return ()
    fonts = sorted(path for path in Path(folder).rglob("*") if path.suffix in FONTS)
    if not fonts:
        raise SystemExit(f"Got --fonts {folder}, but there is no font in it.")
    return tuple(map(str, fonts))


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m skdigits.reading.pretraining.train_pages"
    )
    parser.description = "Train the page network of the reader."
    parser.add_argument("--output", required=True, help="the ONNX file that it writes")
    parser.add_argument("--state", required=True, help="the folder of its state")
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--initial",
        help="the ONNX file of a network that it goes on from, such as the package's",
    )
    parser.add_argument(
        "--mean-with",
        nargs="+",
        default=(),
        metavar="FILE",
        help="the ONNX files of other networks; the mean of the weights of all is "
        "written, in which a file that is named twice counts twice",
    )
    parser.add_argument("--fonts", help="a folder with files of fonts")
    parser.add_argument("--steps", type=int, default=STEPS, help="of 16 pages each")
    parser.add_argument("--steps-per-epoch", type=int, default=100)
    start.add_argument("--filters", type=int, nargs=5, default=FILTERS)
    parser.add_argument(
        "--dtype",
        choices=("float32", "mixed_bfloat16"),
        default="float32",
        help="mixed_bfloat16 is faster where the processor has it",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-jobs", type=int, default=1, help="processes that draw")
    parser.add_argument("--data-home", help="the folder that has MNIST")
    return parser


if __name__ == "__main__":
    main()
