"""What the benchmarks share: processes that take turns, a table, a JSON file."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = (
    "skdigits",
    "scikeras",
    "keras",
    "tensorflow",
    "scikit-learn",
    "numpy",
    "onnx",
    "onnxruntime",
)


def parser(description, contenders, rounds):
    """Return a parser with the options of every benchmark."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument(
        "--seeds", type=int, nargs="+", default=range(rounds), help="one for each round"
    )
    options.add_argument("--output", type=Path, help="write the figures as JSON")
    options.add_argument("--contenders", nargs="+", choices=contenders)
    options.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    return options


def in_a_process_of_its_own(script, name, seed, *options):
    """Run one turn and return what its worker printed last, as a dict."""
    command = [sys.executable, script, "--worker", name, str(seed), *options]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    if result.returncode:
        sys.exit(f"{name} failed:\n{result.stderr}")
    return json.loads(result.stdout.splitlines()[-1])


def take_turns(script, contenders, seeds):
    """Run each contender once with each seed; return its turns by name."""
    turns = {name: [] for name in contenders}
    for seed in seeds:
        for name in contenders:
            turns[name].append(in_a_process_of_its_own(script, name, seed))
            print(f"seed {seed}: {name} {turns[name][-1]}", file=sys.stderr)
    return turns


def median(turns, figure):
    return statistics.median(turn[figure] for turn in turns)


def spread(turns, figure):
    """Return "lowest to highest"."""
    figures = [turn[figure] for turn in turns]
    return f"{min(figures):.4g} to {max(figures):.4g}"


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def environment():
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = None
    return {
        "python": platform.python_version(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "versions": versions,
    }


def write(path, turns):
    """Write the environment and every turn of every contender."""
    if path:
        content = {"environment": environment(), "turns": turns}
        path.write_text(json.dumps(content, indent=1) + "\n")
