"""How well images of handwriting are read, beside OCR engines.

Run by hand on a folder with a table of its images, labels.csv, with the columns file,
kind (single, multi, mixed or nondigit), text (the digits; lines split by "|"), flag,
source and notes:

    python tests/benchmarks/bench_reading.py FOLDER
    python tests/benchmarks/bench_reading.py FOLDER --contenders skdigits Tesseract
    python tests/benchmarks/bench_reading.py FOLDER --kinds multi --turned 90
    python tests/benchmarks/bench_reading.py FOLDER --calibration

The sources are split by their names into two parts: settings are chosen on "tune", and
then tested on "check", a third of the sources. Both are printed.

Tesseract is the program of that name, with digits only; RapidOCR the package of that
name, of whose answer the digits are taken. A "?" never counts as right. For single
digits: the share read right, and of wrong answers; for sheets: the share of digits
right by edit distance, and of images without any mistake; for what is no digit: the
share of images in which none was read.
"""

import argparse
import csv
import json
import subprocess
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from zlib import crc32


def skdigits_reader(options):
    from skdigits import read_digits

    def read(path, kind):
        try:
            return read_digits(path, model=options.model).text
        except ValueError:
            return ""

    return read


def tesseract_reader(options):
    def read(path, kind):
        layout = "10" if kind == "single" else "6"
        words = "--psm", layout, "-c", "tessedit_char_whitelist=0123456789"
        command = ["tesseract", path, "-", *words]
        return subprocess.run(command, capture_output=True, text=True).stdout

    return read


def rapidocr_reader(options):
    from rapidocr import RapidOCR

    engine = RapidOCR()

    def read(path, kind):
        return "\n".join(engine(str(path)).txts or ())

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
    """Return the figures of each kind of image."""
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


def part_of(row):
    name = row["source"] or row["file"].split("/")[0]
    return "check" if crc32(name.encode()) % 3 == 0 else "tune"


def turned(path, degrees, folder):
    """Return the path of the image turned against the clock."""
    if not degrees:
        return path
    from PIL import Image, ImageOps

    target = Path(folder, "turned.png")
    with Image.open(path) as image:
        image = ImageOps.exif_transpose(image).convert("RGB")
        image.rotate(degrees, expand=True).save(target)
    return target


def calibration(folder, rows, model):
    """Return the calibration error of single digits, and how many were read."""
    import numpy as np

    from skdigits import read_digits

    confidences, right = [], []
    for row in rows:
        if row["kind"] == "single" and group_of(row):
            boxes = read_digits(
                folder / row["file"], model=model, min_confidence=0
            ).boxes
            if len(boxes) == 1:
                confidences.append(boxes[0].confidence)
                right.append(str(boxes[0].digit) == row["text"])
    bins = np.minimum((10 * np.array(confidences)).astype(int), 9)
    off = np.array(confidences) - right
    error = sum(abs(off[bins == number].sum()) for number in range(10)) / len(bins)
    return {"calibration error": float(error), "n": len(bins)}


def show(name, rows, answers):
    for part in ("tune", "check"):
        chosen = [i for i, row in enumerate(rows) if part_of(row) == part]
        print(f"{name}, {part}:")
        of_part = [[rows[i] for i in chosen], [answers[i] for i in chosen]]
        for kind, its in scores(*of_part).items():
            print(f"  {kind:16}" + ", ".join(f"{k} {v:.4g}" for k, v in its.items()))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument(
        "--contenders", nargs="+", default=["skdigits"], choices=READERS
    )
    options.add_argument("--model", help="in place of the pretrained model")
    options.add_argument("--kinds", nargs="+", help="of images")
    options.add_argument("--turned", type=int, default=0, choices=(0, 90, 180, 270))
    options.add_argument("--calibration", action="store_true", help="of single digits")
    options.add_argument("--predictions", type=Path, help="where they go, as JSON")
    options = options.parse_args()
    with open(options.folder / "labels.csv", newline="") as file:
        rows = [
            r for r in csv.DictReader(file) if r["kind"] in (options.kinds or r["kind"])
        ]
    if options.calibration:
        for part in ("tune", "check"):
            of_part = [row for row in rows if part_of(row) == part]
            print(part, calibration(options.folder, of_part, options.model))
        return
    for name in options.contenders:
        read, answers, start = READERS[name](options), [], perf_counter()
        with TemporaryDirectory() as folder:
            for row in rows:
                path = turned(options.folder / row["file"], options.turned, folder)
                answers.append(read(path, row["kind"]))
        seconds = perf_counter() - start
        print(f"{name}: {len(rows) / seconds:.1f} images a second")
        show(name, rows, answers)
        if options.predictions:
            lines = (
                json.dumps({"file": row["file"], "text": answer})
                for row, answer in zip(rows, answers, strict=True)
            )
            options.predictions.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
