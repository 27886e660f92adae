"""Which mistakes do five networks share, and what do they look like?

Run by hand, with SKDIGITS_DATA set to the folder of MNIST:

    python tests/benchmarks/bench_mistakes.py --image mistakes.png

Networks that differ by their seeds learn from the first 50,000 of MNIST's training
images and read the last 10,000. What all of them read wrong is drawn, for people to
judge: where the label is wrong, or nobody could tell, no network can be better.
"""

import argparse

N_VALIDATION = 10_000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--seeds", type=int, default=5, help="how many networks")
    parser.add_argument("--image", help="draw the mistakes that all share")
    options = parser.parse_args()
    from skdigits import DigitCNN, make_digit_pipeline
    from skdigits.datasets import fetch_mnist
    from skdigits.inspection import DigitGridDisplay, repeat_over_seeds

    X, y = fetch_mnist(subset="train", return_X_y=True)
    first, last = slice(-N_VALIDATION), slice(-N_VALIDATION, None)
    pipeline = make_digit_pipeline(DigitCNN.from_preset(options.preset))
    repetition = repeat_over_seeds(
        pipeline, X[first], y[first], X[last], y[last], n_seeds=options.seeds
    )
    print(repetition.summary())
    shared = repetition.shared_mistakes
    print(shared.to_string())
    if options.image and len(shared):
        titles = [f"{its.true}, read {its.predicted}" for its in shared.itertuples()]
        display = DigitGridDisplay(X[last][shared.index], titles).plot()
        display.figure_.savefig(options.image, dpi=150)


if __name__ == "__main__":
    main()
