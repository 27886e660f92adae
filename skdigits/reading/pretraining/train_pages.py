"""``python -m skdigits.reading.pretraining.train_pages``: train the page network.

It saves its state in a folder from time to time, and resumes from there when it is run
again.
"""

import argparse
import json
import shlex
from pathlib import Path

from skdigits import __version__
from skdigits._files import check_writable, replacing
from skdigits._validation import check_number
from skdigits.datasets import fetch_mnist
from skdigits.reading.pretraining._page_network import FILTERS, to_onnx
from skdigits.reading.pretraining._page_training import (
    BATCH_SIZE,
    STEPS,
    average_with,
    batches_of_epoch,
    steps_of,
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

# How much the trained weights count in the mean that is written.
HALF = 0.5

# Batches of pages that tell the ranges of feature maps.
BATCHES_TO_CALIBRATE = 4

# Kinds of files that Pillow reads as fonts.
FONTS = {".otf", ".ttf", ".woff", ".woff2"}


def main(arguments=None):
    """Draw pages and train on them, then write the network as ONNX."""
    options = _parser().parse_args(arguments)
    try:
        check_writable(options.output)
        keras.config.set_dtype_policy(options.dtype)
        train = fetch_mnist(subset="train", data_home=options.data_home)
        drawn_from = (train.data, train.target), fonts_in(options.fonts)
        model = _trained(options, *drawn_from)
        if other := options.mean_with or options.initial:
            share = check_number("share", options.share, low=0, high=1)
            average_with(model, other, share)
        graph = quantized(to_onnx(model), _pages_after(options, *drawn_from))
        graph.doc_string = json.dumps(_card(model, options))
        graph = graph.SerializeToString()
        with replacing(options.output) as path:
            path.write_bytes(graph)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    print(f"{options.output}: {len(graph):,} bytes, {model.count_params():,} weights")


def _card(model, options):
    """Return the card of the page network: from what it was made, and its limits."""
    arguments = ["--steps", options.steps, "--dtype", options.dtype]
    arguments += ["--seed", options.seed]
    for name in ("initial", "mean_with"):
        if folder := getattr(options, name):
            arguments += [f"--{name.replace('_', '-')}", Path(folder).name]
    if options.share != HALF:
        arguments += ["--share", options.share]
    return {
        "command": shlex.join(["python", "-m", MODULE, *map(str, arguments)]),
        "data": {
            "description": "synthetic pages of make_digit_pages, with MNIST's training "
            "images written anew, and fonts under the SIL Open Font License, the "
            "Apache License 2.0 and the Ubuntu Font Licence",
            "n_fonts": len(fonts_in(options.fonts)),
        },
        "steps": steps_of(options.state),
        "pages a step": BATCH_SIZE,
        "seed": options.seed,
        "weights": model.count_params(),
        "versions": {"skdigits": __version__, "keras": keras.__version__},
        "limits": list(LIMITS),
    }


def _trained(options, digits, fonts):
    return train_page_network(
        options.state,
        digits,
        fonts,
        n_steps=options.steps,
        steps_per_epoch=options.steps_per_epoch,
        seed=options.seed,
        n_jobs=options.n_jobs,
        filters=tuple(options.filters),
        initial=options.initial,
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
    parser.add_argument(
        "--initial",
        help="the folder of the state of a network that it goes on from; the mean of "
        "the weights of both is written",
    )
    parser.add_argument(
        "--mean-with",
        help="the folder of another state, in place of that of --initial in the mean",
    )
    parser.add_argument(
        "--share",
        type=float,
        default=HALF,
        help="how much the trained weights count in the mean, from 0 to 1",
    )
    parser.add_argument("--fonts", help="a folder with files of fonts")
    parser.add_argument("--steps", type=int, default=STEPS, help="of 16 pages each")
    parser.add_argument("--steps-per-epoch", type=int, default=100)
    parser.add_argument("--filters", type=int, nargs=5, default=FILTERS)
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
