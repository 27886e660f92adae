"""Predict with a pipeline, with its bare network, and with ONNX Runtime on its graph.

All three end in ONNX Runtime; what is measured is what the package adds to it.

Run by hand, with SKDIGITS_DATA set to the folder of MNIST:

    python tests/benchmarks/bench_onnx.py --output onnx.json
    python tests/benchmarks/bench_onnx.py --side-by-side --output side_by_side.json

Every turn is a process of its own, contenders take turns; after the name of a contender
is the number of its threads. MNIST's test images go in as rows of raw pixels, but
into the bare network scaled and folded. "1", "100" and "10,000" are the median times of
that many probabilities, "labels" that of `predict` on 10,000, "processor" the time of
the processor for 10,000 probabilities, which other programs disturb less. "cold" is the
time of a fresh process that loads the model from its file and answers once, less that
of a process that does nothing. "memory" is what a process holds after its first answer,
"peak" the most it held while it answered 10,000, in MB. "alone" is the furthest that
the probability of a row, asked for alone, is from the same among 10,000, "apart" the
furthest from the pipeline's.
"""

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import process_time

from _common import in_a_process_of_its_own, median, parser, spread, write
from bench_memory import megabytes, peak_of

CONTENDERS = {
    f"{way}, {threads}": (way, threads)
    for way in ("pipeline", "network", "ONNX Runtime")
    for threads in (1, 2)
}
COLD = {
    "pipeline": "import skdigits; skdigits.load('model.st')[-3:].predict_proba(X)",
    "network": (
        "from skdigits.persistence import load_network;"
        "load_network('model.st').predict_proba(X)"
    ),
    "ONNX Runtime": (
        "import onnxruntime as ort; options = ort.SessionOptions();"
        "options.intra_op_num_threads = int(os.environ['OMP_NUM_THREADS']);"
        "ort.InferenceSession('model.onnx', options).run(None, {'X': X})"
    ),
}
SIDE_BY_SIDE = "side by side"
TIMES = {1: 300, 100: 20, 10_000: 3}
UNITS = {
    **dict.fromkeys(("1", "100", "10,000", "labels", "processor", "cold"), "ms"),
    **dict.fromkeys(("memory", "peak"), "MB"),
    **dict.fromkeys(("alone", "apart"), ""),
}


def answers_of(way, threads):
    """Return the functions from pixels to probabilities and to labels, and the pixels.

    They are made from the files in the working directory.
    """
    import numpy as np

    X = np.load("pixels.npy")
    if way == "pipeline":
        import skdigits

        pipeline = skdigits.load("model.st")[-3:]
        return pipeline.predict_proba, pipeline.predict, X
    if way == "network":
        from skdigits.persistence import load_network

        model = load_network("model.st")
        network, classes = model.network, model.classes_
        images = (X / np.float32(model.scale)).reshape(-1, *network.spec.input_shape)
        return (
            lambda images: network.probabilities(network.logits(images)),
            lambda images: classes[network.logits(images).argmax(axis=1)],
            images,
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession("model.onnx", options)
    return (
        lambda X: session.run(["probabilities"], {"X": X})[0],
        lambda X: session.run(["label"], {"X": X})[0],
        X,
    )


def worker(name, folder):
    way, threads = CONTENDERS[name]
    # before NumPy is imported
    os.environ |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
    os.chdir(folder)
    probabilities, labels, X = answers_of(way, threads)
    probabilities(X[:1])
    turn = {"memory": megabytes("VmRSS")}
    turn["peak"] = turn["memory"] + peak_of(lambda: probabilities(X))

    import numpy as np
    from bench_prediction import process_seconds, seconds

    for n, times in TIMES.items():
        turn[f"{n:,}"] = seconds(lambda n=n: probabilities(X[:n]), times)
    turn["labels"] = seconds(lambda: labels(X), TIMES[10_000])
    turn["processor"] = processor_seconds(lambda: probabilities(X), TIMES[10_000])
    code = f"import os, numpy; os.chdir({folder!r}); X = numpy.load('pixels.npy')[:1];"
    turn["cold"] = process_seconds(code + COLD[way]) - process_seconds("pass")
    of_all = probabilities(X)
    np.save(f"{name}.npy", of_all)
    alone = np.concatenate([probabilities(X[row : row + 1]) for row in range(500)])
    turn["alone"] = float(np.abs(alone - of_all[:500]).max())
    print(json.dumps(turn))


def processor_seconds(function, times):
    return statistics.median(one_processor_time(function) for _ in range(times))


def one_processor_time(function):
    start = process_time()
    function()
    return process_time() - start


def side_by_side(folder):
    """Print the processor's time of both by number of images."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    os.chdir(folder)
    ours, our_labels, X = answers_of("pipeline", 1)
    theirs, *_ = answers_of("ONNX Runtime", 1)
    turn = {}
    for n, times in TIMES.items():
        calls = {"pipeline": our_labels if n == 1 else ours, "ONNX Runtime": theirs}
        durations = {way: [] for way in calls}
        for _ in range(2 * times):
            for way, call in calls.items():
                durations[way].append(one_processor_time(lambda c=call, n=n: c(X[:n])))
        for way, its in durations.items():
            turn[f"{way}, {n:,}"] = statistics.median(its[1:])
    print(json.dumps(turn))


def prepare(model, folder):
    """Write the pixels, the model and its graph."""
    import numpy as np

    import skdigits
    from skdigits.datasets import fetch_mnist

    pipeline = skdigits.load(model)[-3:]
    X = fetch_mnist(subset="test", return_X_y=True)[0].astype(np.uint8)
    np.save(folder / "pixels.npy", X)
    np.save(folder / "pipeline.npy", pipeline.predict_proba(X))
    skdigits.save(pipeline, folder / "model.st")
    graph = skdigits.to_onnx(pipeline, dtype="uint8")
    (folder / "model.onnx").write_bytes(graph.SerializeToString())


def add_distances(turns, folder):
    """Add to each turn how far its probabilities are from the pipeline's."""
    import numpy as np

    ours = np.load(folder / "pipeline.npy")
    for name, its in turns.items():
        apart = np.abs(np.load(folder / f"{name}.npy") - ours).max()
        for turn in its:
            turn["apart"] = float(apart)


def main():
    options = parser(__doc__.splitlines()[0], CONTENDERS, rounds=5)
    options.add_argument("--model", type=Path, help="a file; else the model in the box")
    options.add_argument("--side-by-side", action="store_true", help="call by call")
    options.add_argument("--folder")
    options = options.parse_args()
    if options.worker and options.worker[0] == SIDE_BY_SIDE:
        return side_by_side(options.folder)
    if options.worker:
        return worker(options.worker[0], options.folder)
    if options.model is None:
        from skdigits.reading import PRETRAINED as model
    else:
        model = options.model
    names = [SIDE_BY_SIDE] if options.side_by_side else options.contenders or CONTENDERS
    turns = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        prepare(model, Path(folder))
        for seed in options.seeds:
            for name, its in turns.items():
                arguments = ("--folder", folder)
                its.append(in_a_process_of_its_own(__file__, name, seed, *arguments))
                print(f"turn {seed}: {name} {its[-1]}", file=sys.stderr)
        if not options.side_by_side:
            add_distances(turns, Path(folder))
    write(options.output, turns)
    if options.side_by_side:
        show_side_by_side(turns[SIDE_BY_SIDE])
    else:
        show(turns)


def show_side_by_side(turns):
    for n in TIMES:
        ours, theirs = (
            1000 * median(turns, f"{way}, {n:,}")
            for way in ("pipeline", "ONNX Runtime")
        )
        print(f"{n:>8,}{ours:10.3f} ms{theirs:10.3f} ms{ours / theirs:8.2f}")


def show(turns):
    for figure, unit in UNITS.items():
        print(figure)
        factor = 1000 if unit == "ms" else 1
        for name, its in turns.items():
            value = factor * median(its, figure)
            around = f"{spread(its, figure)} {unit.replace('ms', 's')}"
            print(f"  {name:18}{value:12.4g} {unit:4}{around}")


if __name__ == "__main__":
    main()
