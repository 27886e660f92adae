"""What predict read on an image: as text, as JSON, and as rows of tables."""

import json
import sys
from dataclasses import dataclass, field
from typing import NamedTuple

from skdigits.cli._console import printable

# The name of what was read if no boxes are given; no box has it.
WHOLE = ""

# The columns of the table of images beside those of the boxes.
FILE, CONFIDENCE, CHECK = COLUMNS = ("file", "confidence", "check")


class Part(NamedTuple):
    """What a `Reading` of an image, or of a box on it, says, without the image."""

    text: str
    boxes: tuple
    rotation: int


@dataclass(frozen=True)
class Result:
    """What was read on one image, or why it was not.

    ``parts`` has each box by its name, or all as `WHOLE`; ``check`` is what a person
    should look at.
    """

    name: str
    parts: dict[str, Part] = field(default_factory=dict)
    check: tuple[str, ...] = ()
    error: str | None = None


def result_of(name, readings, n_digits):
    """Return the `Result` of the readings of an image, by the names of its parts."""
    parts = {its: Part(r.text, r.boxes, r.rotation) for its, r in readings.items()}
    check = [
        f"{its}: {problem}" if its else problem
        for its, part in parts.items()
        for problem in _problems(part.boxes, n_digits)
    ]
    return Result(name, parts, tuple(check))


def _problems(digits, n_digits):
    if any(box.digit is None for box in digits):
        yield "not sure"
    if n_digits not in (None, len(digits)):
        yield f"{len(digits)} digit{'s' * (len(digits) != 1)} instead of {n_digits}"


def print_json(result, with_check):
    """Print one line."""
    from skdigits.reading import as_plain

    document = {"file": result.name}
    if result.error is not None:
        document["error"] = result.error
    elif WHOLE in result.parts:
        document |= as_plain(result.parts[WHOLE])
    else:
        parts = result.parts.items()
        document["boxes"] = {name: as_plain(part) for name, part in parts}
    if with_check and result.error is None:
        document["check"] = result.check
    print(json.dumps(document), flush=True)


def print_text(result, with_check):
    """Print the lines that were read, with the probability of each digit."""
    if result.error is not None:
        print(f"Error: {printable(result.error)}", file=sys.stderr)
        return
    rows = [row for part in result.parts.items() for row in _rows_of(*part)]
    print(printable(result.name))
    if WHOLE in result.parts:
        whole = result.parts[WHOLE]
        rows = [row[1:] for row in rows] if whole.boxes else []
        if whole.rotation:
            print(f"  turned by {whole.rotation} degrees anticlockwise")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:{w}}" for cell, w in zip(row, widths, strict=True))
        print(f"  {'  '.join(cells)}".rstrip())
    if not rows:
        print("  no digits")
    if with_check and result.check:
        print(f"  check: {printable('; '.join(result.check))}")
    sys.stdout.flush()


def _rows_of(name, part):
    """Return a row for each line: the name of its box, its text, its probabilities."""
    lines: dict = {}
    for box in part.boxes:
        lines.setdefault(box.line, []).append(f"{box.confidence:.2f}")
    confidences = [" ".join(line) for line in lines.values()] or [""]
    names = [printable(name)] + [""] * (len(confidences) - 1)
    return list(zip(names, part.text.split("\n"), confidences, strict=True))


def table_of_images(results, names):
    """Return a DataFrame with a row for each image, and a column for each box."""
    import pandas as pd

    columns = {WHOLE: "text"} if names is None else {name: name for name in names}
    rows = []
    for result in results:
        row = {
            column: result.parts[name].text or None
            for name, column in columns.items()
            if name in result.parts
        }
        sure = [box.confidence for part in result.parts.values() for box in part.boxes]
        row[FILE], row[CONFIDENCE] = printable(result.name), min(sure, default=None)
        row[CHECK] = result.error or "; ".join(result.check) or None
        rows.append(row)
    table = pd.DataFrame(rows, columns=[FILE, *columns.values(), CONFIDENCE, CHECK])
    return table.astype({CONFIDENCE: float}).round({CONFIDENCE: 4})


def table_of_digits(results, names):
    """Return a DataFrame with a row for each digit."""
    import pandas as pd

    box = [] if names is None else ["box"]
    place = ["left", "top", "width", "height", "line", "number"]
    rows = [
        (printable(result.name), name, *digit)
        for result in results
        for name, part in result.parts.items()
        for digit in part.boxes
    ]
    table = pd.DataFrame(rows, columns=[FILE, "box", "digit", CONFIDENCE, *place])
    table = table.astype({"digit": "Int64", CONFIDENCE: float}).round({CONFIDENCE: 4})
    return table[[FILE, *box, "line", "number", "digit", CONFIDENCE, *place[:4]]]
