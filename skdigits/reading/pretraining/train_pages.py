"""``python -m skdigits.reading.pretraining.train_pages``: train the page network.

It writes its state into a folder from time to time, and goes on from there when it is
called again.
"""

import argparse
from pathlib import Path

from skdigits._files import check_writable, replacing
from skdigits.datasets import fetch_mnist
from skdigits.reading.pretraining._page_network import FILTERS, to_onnx
from skdigits.reading.pretraining._page_training import STEPS, train_page_network

# Kinds of files that Pillow reads as fonts.
FONTS = {".otf", ".ttf", ".woff", ".woff2"}


def main(arguments=None):
    """Draw pages and train on them, then write the network as ONNX."""
    options = _parser().parse_args(arguments)
    try:
        check_writable(options.output)
        model = _trained(options)
        graph = to_onnx(model).SerializeToString()
        with replacing(options.output) as path:
            path.write_bytes(graph)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    print(f"{options.output}: {len(graph):,} bytes, {model.count_params():,} weights")


def _trained(options):
    train = fetch_mnist(subset="train", data_home=options.data_home)
    return train_page_network(
        options.state,
        (train.data, train.target),
        _fonts_in(options.fonts),
        n_steps=options.steps,
        steps_per_epoch=options.steps_per_epoch,
        seed=options.seed,
        n_jobs=options.n_jobs,
        filters=tuple(options.filters),
        initial=options.initial,
    )


def _fonts_in(folder):
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
    parser.add_argument("--fonts", help="a folder with files of fonts")
    parser.add_argument("--initial", help="a .keras file whose weights it begins with")
    parser.add_argument("--steps", type=int, default=STEPS, help="of 16 pages each")
    parser.add_argument("--steps-per-epoch", type=int, default=100)
    parser.add_argument("--filters", type=int, nargs=5, default=FILTERS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-jobs", type=int, default=1, help="processes that draw")
    parser.add_argument("--data-home", help="the folder that has MNIST")
    return parser


if __name__ == "__main__":
    main()
