"""``python -m skdigits.reading.pretraining``: train the pretrained model."""

import argparse
import shlex
import sys

from skdigits import load, save
from skdigits.datasets import fetch_mnist
from skdigits.reading.pretraining._pretraining_card import pretraining_card
from skdigits.reading.pretraining._training import (
    HELD_OUT,
    held_out_set,
    pretrain,
    training_set,
)


def main(arguments=None):
    """Draw, train, test on MNIST's test images, and save with a card."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(arguments)
    named = {"epochs": options.epochs, "filters": tuple(options.filters)}
    changed = {name: value for name, value in named.items() if value}
    try:
        initial = load(options.initial) if options.initial else None
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    train = fetch_mnist(subset="train", data_home=options.data_home)
    test = fetch_mnist(subset="test", data_home=options.data_home)
    few = train.data[: options.n_images], train.target[: options.n_images]
    n_held_out = max(1, min(HELD_OUT, len(few[0]) // 10))
    first = [part[:-n_held_out] for part in few]
    last = [part[-n_held_out:] for part in few]
    X, y = training_set(*first, options.seed, options.n_jobs)
    pipeline = pretrain(
        X,
        y,
        held_out_set(*last, options.seed, options.n_jobs),
        seed=options.seed,
        initial=initial,
        verbose=2,
        **changed,
    )
    pipeline[-1].set_params(verbose=0)
    command = shlex.join(["python", "-m", "skdigits.reading.pretraining", *arguments])
    card = pretraining_card(command, (X, y), pipeline, (test.data, test.target))
    save(pipeline, options.output, card=card)
    accuracy = 100 * card["test"]["accuracy"]
    print(f"{options.output}: {accuracy:.2f} % of MNIST's test images")


def _parser():
    parser = argparse.ArgumentParser(prog="python -m skdigits.reading.pretraining")
    parser.description = "Train the pretrained model."
    parser.add_argument("--output", required=True, help="the file that it writes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--initial", help="a file of this command that the training goes on from"
    )
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--filters", type=int, nargs="+", default=())
    parser.add_argument("--n-jobs", type=int, help="processes that draw images")
    parser.add_argument("--n-images", type=int, help="only the first of MNIST's")
    parser.add_argument("--data-home", help="the folder that has MNIST")
    return parser


if __name__ == "__main__":
    main()
