"""``python -m skdigits.reading.pretraining``: train the model in the box."""

import argparse

from skdigits import save
from skdigits.datasets import fetch_mnist
from skdigits.reading.pretraining._training import EPOCHS, pretrain


def main(arguments=None):
    """Train, test on MNIST's test pictures, and save."""
    options = _parser().parse_args(arguments)
    train = fetch_mnist(subset="train", data_home=options.data_home)
    test = fetch_mnist(subset="test", data_home=options.data_home)
    X, y = train.data[: options.n_pictures], train.target[: options.n_pictures]
    params = {"epochs": options.epochs, "verbose": 1}
    if options.filters:
        params["filters"] = tuple(options.filters)
    pipeline = pretrain(X, y, seed=options.seed, n_jobs=options.n_jobs, **params)
    pipeline[-1].set_params(verbose=0)
    accuracy = pipeline.score(test.data, test.target)
    save(pipeline, options.output)
    print(f"{options.output}: {100 * accuracy:.2f} % of MNIST's test pictures")


def _parser():
    parser = argparse.ArgumentParser(prog="python -m skdigits.reading.pretraining")
    parser.description = "Train the model in the box."
    parser.add_argument("--output", required=True, help="the file that it writes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--filters", type=int, nargs="+", help="of each convolution")
    parser.add_argument("--n-jobs", type=int, help="processes that draw pictures")
    parser.add_argument("--n-pictures", type=int, help="only the first of MNIST's")
    parser.add_argument("--data-home", help="the folder that has MNIST")
    return parser


if __name__ == "__main__":
    main()
