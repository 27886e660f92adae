"""Compare the time of `import skdigits` with that of `import sklearn, sklearn.base`.

Run by hand: python tests/benchmarks/bench_import.py
"""

import statistics
import subprocess
import sys

STATEMENTS = ("import sklearn, sklearn.base", "import skdigits")
ROUNDS = 15


def seconds(statement):
    code = (
        "from time import perf_counter\n"
        f"start = perf_counter()\n{statement}\nprint(perf_counter() - start)"
    )
    return float(subprocess.check_output([sys.executable, "-c", code]))


def main():
    times = {statement: [] for statement in STATEMENTS}
    for _ in range(ROUNDS):
        for statement in STATEMENTS:
            times[statement].append(seconds(statement))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        spread = f"{min(times[name]):.3f} to {max(times[name]):.3f} s"
        print(f"{name:30} median {median:.3f} s ({spread})")
    ours, theirs = medians[STATEMENTS[1]], medians[STATEMENTS[0]]
    print(f"ratio {ours / theirs:.3f}")


if __name__ == "__main__":
    main()
