"""Train on MNIST's 60,000 images, test on its 10,000: skdigits against its peers.

Run by hand, with SKDIGITS_DATA set to the folder of MNIST:

    python tests/benchmarks/bench_training.py --output training.json

Every turn is a process of its own, and contenders take turns: one round for each of
``--seeds``. Imports and reading the data are not timed; compiling is. "processor" is
the processor's time, over all cores, which other programs disturb less.
"""

import json
import statistics
from time import perf_counter, process_time

from _common import median, parser, spread, take_turns, write

PRESETS = ("fast", "balanced", "accurate", "notebook")


def data():
    from skdigits.datasets import fetch_mnist

    parts = (fetch_mnist(subset=name, return_X_y=True) for name in ("train", "test"))
    (X, y), (X_test, y_test) = parts
    return X, y, X_test, y_test


def notebook_network():
    """The network of the notebook, as it stands there."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(32, (5, 5), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (2, 2), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def compiled_network():
    network = notebook_network()
    network.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return network


def as_images(X):
    return X.reshape(-1, 28, 28, 1).astype("float32") / 255


def compiled_network_of_flat_rows(X, y):
    """The same for `keras.wrappers`, which take two dimensions only."""
    from keras import Sequential, layers

    network = Sequential([layers.Reshape((28, 28, 1)), notebook_network()])
    network.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return network


class PlainKeras:
    def fit(self, X, y):
        from keras.utils import to_categorical

        self.network = compiled_network()
        self.network.fit(
            as_images(X),
            to_categorical(y),
            batch_size=64,
            epochs=10,
            validation_split=0.1,
            verbose=0,
        )

    def predict(self, X):
        return self.network.predict(as_images(X), verbose=0).argmax(axis=1)


FIT = {"batch_size": 64, "epochs": 10, "validation_split": 0.1, "verbose": 0}


def contender(name, seed):
    """Return an estimator, with everything imported and seeded."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    if name in PRESETS:
        import skdigits.training  # noqa: F401
        from skdigits import DigitCNN, make_digit_pipeline

        return make_digit_pipeline(DigitCNN.from_preset(name, random_state=seed))
    if name == "MLPClassifier":
        from sklearn.neural_network import MLPClassifier

        scale = FunctionTransformer(lambda X: X / 255)
        return make_pipeline(scale, MLPClassifier(random_state=seed))
    import keras

    keras.utils.set_random_seed(seed)
    if name == "plain Keras":
        return PlainKeras()
    if name == "scikeras":
        from scikeras.wrappers import KerasClassifier

        wrapped = KerasClassifier(notebook_network, loss="categorical_crossentropy")
        wrapped.set_params(optimizer="adam", metrics=["accuracy"], **FIT)
    else:
        from keras.wrappers import SKLearnClassifier

        scale = FunctionTransformer(lambda X: X.astype("float32") / 255)
        wrapped = SKLearnClassifier(compiled_network_of_flat_rows, fit_kwargs=FIT)
        return make_pipeline(scale, wrapped)
    return make_pipeline(FunctionTransformer(as_images), wrapped)


CONTENDERS = (
    "plain Keras",
    "scikeras",
    "keras.wrappers",
    "MLPClassifier",
    "notebook",
    "fast",
    "balanced",
    "accurate",
)


def worker(name, seed):
    X, y, X_test, y_test = data()
    estimator = contender(name, seed)
    start, processor = perf_counter(), process_time()
    estimator.fit(X, y)
    seconds, processor = perf_counter() - start, process_time() - processor
    accuracy = float((estimator.predict(X_test) == y_test).mean() * 100)
    turn = {"seconds": seconds, "processor": processor, "accuracy": accuracy}
    if name in PRESETS:
        turn |= probabilities(estimator.predict_proba(X_test), y_test)
    print(json.dumps(turn))


def probabilities(y_proba, y_true):
    """Return the calibration error and the log loss."""
    from sklearn.metrics import log_loss

    from skdigits.inspection import ErrorReport

    report = ErrorReport.from_predictions(y_true, y_proba=y_proba)
    loss = log_loss(y_true, y_proba.astype(float))
    return {"calibration": report.calibration_error(), "log_loss": float(loss)}


def main():
    options = parser(__doc__.splitlines()[0], CONTENDERS, rounds=3).parse_args()
    if options.worker:
        return worker(options.worker[0], int(options.worker[1]))
    turns = take_turns(__file__, options.contenders or CONTENDERS, options.seeds)
    write(options.output, turns)
    notebook = turns.get("plain Keras")
    print(
        f"{'':16}{'seconds':>9}{'ratio':>7}{'processor':>11}{'accuracy':>10}{'sd':>6}"
        "  spread of seconds"
    )
    for name, its in turns.items():
        seconds = median(its, "seconds")
        ratio = seconds / median(notebook, "seconds") if notebook else float("nan")
        hits = [turn["accuracy"] for turn in its]
        sd = statistics.stdev(hits) if len(hits) > 1 else float("nan")
        print(
            f"{name:16}{seconds:9.1f}{ratio:7.3f}{median(its, 'processor'):11.1f}"
            f"{statistics.mean(hits):10.2f}{sd:6.2f}  {spread(its, 'seconds')}"
        )
    for name, its in turns.items():
        if "calibration" in its[0]:
            error, loss = (
                statistics.mean(turn[figure] for turn in its)
                for figure in ("calibration", "log_loss")
            )
            print(f"{name:16} calibration error {error:.4f}, log loss {loss:.4f}")


if __name__ == "__main__":
    main()
