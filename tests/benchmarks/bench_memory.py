"""The growth of resident memory over many fits, and many answers, in one process.

Run by hand: python tests/benchmarks/bench_memory.py
"""

import gc
from pathlib import Path

from sklearn.datasets import load_digits

from skdigits import make_digit_pipeline

FITS, WARM_UP, CALLS = 50, 10, 100_000


def resident_megabytes():
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024


def main():
    X, y = load_digits(return_X_y=True)
    for fit in range(1, FITS + 1):
        pipeline = make_digit_pipeline(epochs=2, random_state=fit).fit(X, y)
        if fit == WARM_UP:
            before = resident_megabytes()
    growth = (resident_megabytes() - before) / (FITS - WARM_UP)
    print(f"fits {WARM_UP} to {FITS}: {growth:.3f} MB a fit")
    before = resident_megabytes()
    for _ in range(CALLS):
        pipeline.predict(X[:1])
    print(f"{CALLS:,} calls of predict: {resident_megabytes() - before:.2f} MB in all")


if __name__ == "__main__":
    main()
