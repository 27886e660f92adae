"""Predict with the notebook's network: skdigits against Keras and scikeras.

Run by hand:

    python tests/benchmarks/bench_prediction.py --output prediction.json

Every turn is a process of its own, contenders take turns. "one" is the median time of
`predict` for one image, "10,000" that of the probabilities of ten thousand; "cold" is
the time of a fresh process that loads a model from its file and predicts once, less
that of a process that does nothing. Weights are random: they do not matter to the time.
What ONNX Runtime alone takes is in bench_onnx.py.
"""

import json
import pickle
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from _common import median, parser, spread, take_turns, write
from bench_training import PlainKeras, contender

CONTENDERS = ("skdigits", "scikeras", "plain Keras")
COLD = {
    "skdigits": "import skdigits; model = skdigits.load({path!r})",
    "scikeras": "import pickle; model = pickle.load(open({path!r}, 'rb'))",
}


def images(n):
    return np.random.default_rng(0).integers(0, 256, (n, 784), dtype=np.uint8)


def fitted(name):
    X, y = images(200), np.arange(200) % 10
    if name == "skdigits":
        return contender("notebook", 0).set_params(cnn__epochs=1).fit(X, y)
    if name == "scikeras":
        model = contender("scikeras", 0)
        model[-1].set_params(epochs=1)
        # a lambda or a function of a script cannot be pickled, the wrapper can
        return model.fit(X, y)[-1]
    model = PlainKeras()
    model.fit(X, y)
    return model


def seconds(function, times):
    function()
    durations = []
    for _ in range(times):
        start = perf_counter()
        function()
        durations.append(perf_counter() - start)
    return statistics.median(durations)


def ways(name, model):
    """Return `predict` and `predict_proba` from raw pixels."""
    if name == "plain Keras":
        return model.predict, model.predict
    if name != "scikeras":
        return model.predict, model.predict_proba
    return (
        lambda X: model.predict(X.reshape(-1, 28, 28, 1).astype(np.float32) / 255),
        lambda X: model.predict_proba(
            X.reshape(-1, 28, 28, 1).astype(np.float32) / 255
        ),
    )


def cold(name, model):
    """Return the seconds of a fresh process from start to its first answer."""
    if name not in COLD:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        if name == "skdigits":
            import skdigits

            skdigits.save(model, path)
            image = "(1, 784)"
        else:
            path.write_bytes(pickle.dumps(model))
            image = "(1, 28, 28, 1), dtype='float32'"
        code = COLD[name].format(path=str(path))
        code += f"; import numpy; model.predict(numpy.zeros({image}))"
        return process_seconds(code) - process_seconds("pass")


def process_seconds(code):
    start = perf_counter()
    here = Path(__file__).parent
    subprocess.run([sys.executable, "-c", code], check=True, cwd=here, stderr=-3)
    return perf_counter() - start


def worker(name):
    model = fitted(name)
    predict, predict_proba = ways(name, model)
    one, many = images(1), images(10_000)
    turn = {
        "one": seconds(lambda: predict(one), 100),
        "10,000": seconds(lambda: predict_proba(many), 3),
        "cold": cold(name, model),
    }
    print(json.dumps(turn))


def main():
    options = parser(__doc__.splitlines()[0], CONTENDERS, rounds=5).parse_args()
    if options.worker:
        return worker(options.worker[0])
    turns = take_turns(__file__, options.contenders or CONTENDERS, options.seeds)
    write(options.output, turns)
    for figure in ("one", "10,000", "cold"):
        print(figure)
        ours = median(turns["skdigits"], figure)
        for name, its in turns.items():
            if its[0][figure] is not None:
                its_median = median(its, figure)
                print(
                    f"  {name:14}{1000 * its_median:10.2f} ms"
                    f"{its_median / ours:9.1f} times ours  {spread(its, figure)} s"
                )


if __name__ == "__main__":
    main()
