"""How well pictures of handwriting are read, beside OCR engines, and step by step.

Run by hand on a folder with a table of its pictures, labels.csv, with the columns file,
kind (single, multi, mixed or nondigit), text (the digits; lines split by "|"), flag and
notes:

    python tests/benchmarks/bench_reading.py FOLDER
    python tests/benchmarks/bench_reading.py FOLDER --contenders skdigits Tesseract
    python tests/benchmarks/bench_reading.py FOLDER --without light

Tesseract is the program of that name, with digits only; RapidOCR the package of that
name, of whose answer the digits are taken. A "?" never counts as right. For single
digits: the share read right, and of wrong answers; for sheets: the share of digits
right by edit distance, and of pictures without any mistake; for what is no digit: the
share of pictures in which none was answered.
"""

import argparse
import csv
import json
import subprocess
from collections import defaultdict
from pathlib import Path
from time import perf_counter

STEPS = ("light", "ruling", "pieces", "strokes")


def skdigits_reader(options):
    from skdigits import read_digits

    leave_out(options.without)

    def read(paths, kind):
        readings = []
        for path in paths:
            try:
                readings.append(read_digits(path, model=options.model).text)
            except ValueError:
                readings.append("")
        return readings

    return read


def leave_out(step):
    """Replace one step of the preparation of pictures by nothing."""
    import numpy as np

    from skdigits.handwriting import _find, _form, _ink, _one_digit

    def no_lines(mask, *_):
        return np.zeros(mask.shape, bool)

    def one_grey(grey, *_):
        return np.full_like(grey, np.median(grey))

    if step == "light":
        _ink.light_surface = _ink.paper_of = one_grey
    elif step == "ruling":
        _one_digit.ruling_of = _one_digit.frames_of = no_lines
        _find.long_lines = _find.ruling_of = no_lines
    elif step == "pieces":
        _one_digit.digit_pieces = lambda ink, in_a_box: ink
    elif step == "strokes":
        _form.with_usual_strokes = lambda ink: ink


def tesseract_reader(options):
    def read(paths, kind):
        layout = "10" if kind == "single" else "6"
        words = "--psm", layout, "-c", "tessedit_char_whitelist=0123456789"
        return [
            subprocess.run(
                ["tesseract", path, "-", *words], capture_output=True, text=True
            ).stdout
            for path in paths
        ]

    return read


def rapidocr_reader(options):
    from rapidocr import RapidOCR

    engine = RapidOCR()

    def read(paths, kind):
        return ["\n".join(engine(str(path)).txts or ()) for path in paths]

    return read


READERS = {
    "skdigits": skdigits_reader,
    "Tesseract": tesseract_reader,
    "RapidOCR": rapidocr_reader,
}


def edit_distance(a, b):
    """Return how many signs have to be put in, taken out or changed."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def group_of(row):
    if row["flag"] in ("looks-like-digit", "printed-and-hand"):
        return None
    if row["kind"] == "single":
        return "single, " + ("drawn" if "drawn" in row["notes"].lower() else "photo")
    return row["kind"]


def scores(rows, answers):
    """Return the figures of each kind of picture."""
    groups = defaultdict(list)
    for row, answer in zip(rows, answers, strict=True):
        if group_of(row):
            got = "".join(c for c in answer if c in "0123456789?")
            groups[group_of(row)].append((row, got))
    return {kind: figures(kind, its) for kind, its in sorted(groups.items())}


def figures(kind, pairs):
    n = len(pairs)
    if kind == "nondigit":
        silent = sum(not got.strip("?") for _, got in pairs)
        return {"n": n, "no digit answered": silent / n}
    if kind.startswith("single"):
        right = sum(got == row["text"] for row, got in pairs)
        wrong = sum(got.strip("?") not in ("", row["text"]) for row, got in pairs)
        return {"n": n, "right": right / n, "wrong": wrong / n}
    wrong = digits = exact = 0
    for row, got in pairs:
        got, want = got.replace("?", ""), row["text"].replace("|", "")
        if row["flag"] == "order-free":
            got, want = "".join(sorted(got)), "".join(sorted(want))
        distance = edit_distance(got, want)
        wrong, digits = wrong + min(distance, len(want)), digits + len(want)
        exact += not distance
    return {"n": n, "digits right": 1 - wrong / digits, "exact": exact / n}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument(
        "--contenders", nargs="+", default=["skdigits"], choices=READERS
    )
    options.add_argument("--without", choices=STEPS, help="leave out this step")
    options.add_argument("--model", help="a model in place of the one in the box")
    options.add_argument("--kinds", nargs="+", help="of pictures")
    options.add_argument("--answers", type=Path, help="where the answers go, as JSON")
    options = options.parse_args()
    with open(options.folder / "labels.csv", newline="") as file:
        rows = [
            r for r in csv.DictReader(file) if r["kind"] in (options.kinds or r["kind"])
        ]
    for name in options.contenders:
        read = READERS[name](options)
        answers, start = [], perf_counter()
        for row in rows:
            answers += read([options.folder / row["file"]], row["kind"])
        seconds = perf_counter() - start
        print(f"{name}: {len(rows) / seconds:.0f} pictures a second")
        for kind, its in scores(rows, answers).items():
            print(f"  {kind:16}" + ", ".join(f"{k} {v:.4g}" for k, v in its.items()))
        if options.answers:
            lines = (
                json.dumps({"file": row["file"], "text": answer})
                for row, answer in zip(rows, answers, strict=True)
            )
            options.answers.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
