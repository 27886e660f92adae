"""skdigits predict.

What takes long to import is imported where it is used: users wait for the output.
"""

import json
import os
import sys
from functools import cache, partial
from pathlib import Path
from typing import Annotated

import typer

import skdigits
from skdigits.cli import _options as options
from skdigits.cli._console import new_console, printable
from skdigits.cli._jobs import jobs_of
from skdigits.cli._outputs import check_tables, table_output, write_outputs
from skdigits.cli._results import (
    COLUMNS,
    WHOLE,
    Result,
    print_json,
    print_text,
    result_of,
    table_of_digits,
    table_of_images,
)

# A bar over fewer images would be gone before it is seen.
_MANY = 10

# At most so many skipped files are named.
_MOST_NAMES = 10


def predict(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Images, and folders of images."),
    ],
    model: options.Reader = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object for each image or skipped file, and nothing "
            "else.",
        ),
    ] = False,
    annotate: Annotated[
        str | None,
        options.folder(
            "Folder for copies of the images, annotated with boxes and predictions.",
            "nowhere",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        options.file(
            "Where to save a table with a row for each image: its text (with --boxes, "
            "the text of each box), its lowest probability, and what to check; .csv, "
            "or .xlsx with openpyxl.",
            "nowhere",
        ),
    ] = None,
    csv_digits: Annotated[
        Path | None,
        options.file("Where to save a table with a row for each digit.", "nowhere"),
    ] = None,
    boxes: Annotated[
        Path | None,
        options.file(
            "The boxes of a form, to read nothing but these on each image: a CSV "
            "file with the columns name, left, top, width, height, in pixels or "
            "fractions of the page.",
            "none",
        ),
    ] = None,
    n_digits: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help='Mark as "check" each image, or box, that has a different number '
            "of digits.",
            show_default="any number",
        ),
    ] = None,
    min_confidence: options.MinConfidence = None,
    rotation: Annotated[
        int | None,
        typer.Option(
            metavar="DEGREES",
            help="Turn each image by 0, 90, 180 or 270 degrees anticlockwise to read "
            "it; 0 leaves it as it is.",
            show_default="as it reads best; with --boxes, 0",
        ),
    ] = None,
    n_jobs: Annotated[
        int, options.n_jobs("How many images to read at the same time")
    ] = 1,
    debug: options.Debug = False,
):
    """Read the handwritten digits in images.

    Examples:
      skdigits predict sheet.jpg
      skdigits predict photos --annotate annotated --n-jobs -1
      skdigits predict sheet.jpg --json --min-confidence 0.9
      skdigits predict scans.pdf --boxes form.csv --csv points.csv --n-digits 2
    """
    _check_options(model, min_confidence, n_digits, rotation, n_jobs)
    check_tables(boxes=boxes, csv=csv, csv_digits=csv_digits)
    if rotation is not None and boxes is not None:
        raise ValueError(
            "Got --rotation and --boxes, but expected one of them: boxes are read as "
            "the page lies. Leave one out."
        )
    form = None if boxes is None else _loaded_boxes(boxes)
    jobs, skipped = jobs_of(paths, annotate)
    read = partial(
        _read,
        model=model,
        boxes=form,
        min_confidence=min_confidence,
        rotation=rotation,
        n_digits=n_digits,
    )
    tables = {"Table": (csv, table_of_images), "Digits": (csv_digits, table_of_digits)}
    tables = {words: table for words, table in tables.items() if table[0] is not None}
    show = partial(
        print_json if as_json else print_text, with_check=n_digits is not None
    )
    results = []
    for pages in _with_bar(_results(read, jobs, n_jobs), len(jobs)):
        _show(pages, show, to_the_end=bool(tables))
        results += pages
    outputs = {
        words: table_output(*table, results, form) for words, table in tables.items()
    }
    write_outputs(new_console(quiet=as_json), outputs)
    _report_skipped(skipped, as_json)
    return int(any(result.error is not None for result in results))


def _show(results, show, to_the_end):
    """Print results; go on if nobody reads them but there is more to do."""
    for result in results:
        try:
            show(result)
        except BrokenPipeError:
            if not to_the_end:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _loaded_boxes(path):
    """Return the boxes of a form, whose names are those of columns."""
    boxes = skdigits.reading.load_boxes(path)
    for name in boxes.keys() & COLUMNS:
        raise ValueError(
            f"Got a box named {name!r} in {str(path)!r}, but expected another name, "
            "as the table already has a column of that name. Rename the box."
        )
    return boxes


def _report_skipped(skipped, as_json):
    """Name the files in folders that are not images, on stderr or as JSON."""
    if as_json:
        for name in skipped:
            print(
                json.dumps({"file": name, "skipped": "it is not an image"}), flush=True
            )
    elif skipped:
        names = ", ".join(map(printable, skipped[:_MOST_NAMES]))
        more = len(skipped) - _MOST_NAMES
        names += f" and {more} more" if more > 0 else ""
        print(f"Skipped {len(skipped)} (not images): {names}", file=sys.stderr)


def _check_options(model, min_confidence, n_digits, rotation, n_jobs):
    """Raise an error now rather than once for each image."""
    from skdigits._validation import check_integer, check_n_jobs, check_number
    from skdigits.reading import check_rotation

    if min_confidence is not None:
        check_number("min_confidence", min_confidence, low=0, high=1)
    if n_digits is not None:
        check_integer("n_digits", n_digits)
    check_rotation(rotation)
    check_n_jobs(n_jobs)
    if model is not None:
        _loaded(model)


@cache
def _loaded(model):
    return skdigits.reading.classifier_of(model)


def _results(read, jobs, n_jobs):
    if n_jobs == 1:
        return map(read, jobs)
    from joblib import Parallel, delayed

    return Parallel(n_jobs, return_as="generator")(delayed(read)(job) for job in jobs)


def _read(job, model, boxes, min_confidence, rotation, n_digits):
    """Return a result for each page, and draw what was read if that is wanted."""
    from skdigits.images import SUFFIXES

    if os.path.isdir(job.name):
        kinds = ", ".join(SUFFIXES)
        message = (
            f"Got the folder {job.name!r} with no images in it, but expected files "
            f"that end in {kinds}. Add or convert images."
        )
        return [Result(job.name, error=message)]
    how = {"min_confidence": min_confidence}
    how["model"] = None if model is None else _loaded(model)
    try:
        if boxes is None:
            read = skdigits.read_digits(job.name, rotation=rotation, **how)
        else:
            read = skdigits.reading.read_boxes(job.name, boxes, **how)
        pages = _pages(job, read)
        if job.drawing:
            for _, drawing, readings in pages:
                _annotate(readings.values(), drawing)
    # whatever it is, the other images are still read
    except Exception as error:
        message = " ".join(str(error).split()) or type(error).__name__
        return [Result(job.name, error=message)]
    return [result_of(name, readings, n_digits) for name, _, readings in pages]


def _annotate(readings, path):
    """Draw the boxes and predictions of each `Reading` into their image, and save that.

    The folder of ``path`` is made; a suffix that Pillow cannot write becomes a PNG
    file of that name.
    """
    from PIL import Image

    from skdigits._files import replacing

    drawn = skdigits.reading.draw_readings(*readings)
    kind = Image.registered_extensions().get(Path(path).suffix.lower())
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with replacing(path) as temporary:
        drawn.save(temporary, format=kind if kind in Image.SAVE else "PNG")


def _pages(job, read):
    """Return the name of each page, where it is drawn, and its readings by name."""
    stem, suffix = os.path.splitext(job.drawing or "")
    pages = [(job.name, job.drawing, read)]
    if isinstance(read, list):
        pages = [
            (f"{job.name}#{number}", f"{stem}-{number}{suffix}", page)
            for number, page in enumerate(read, 1)
        ]
    return [
        (name, drawing, page if isinstance(page, dict) else {WHOLE: page})
        for name, drawing, page in pages
    ]


def _with_bar(results, n_results):
    """Show a bar if the wait is long and the results go to a file."""
    if n_results < _MANY or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from results
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    # redirected, stdout would be what the bar is on
    with Progress(console=console, transient=True, redirect_stdout=False) as bar:
        yield from bar.track(results, total=n_results, description="Reading")
