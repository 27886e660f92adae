"""skdigits predict.

What takes long to import is imported where it is used: an answer is waited for.
"""

import json
import os
import sys
import warnings
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated

import typer

import skdigits
from skdigits.cli._console import printable
from skdigits.cli._options import Debug, MinConfidence, Reader, examples
from skdigits.cli._outputs import check_report_folder

# A bar over fewer pictures would be gone before it is seen.
_MANY = 10

# Of skipped files, so many are named.
_MOST_NAMES = 10

app = typer.Typer()


@dataclass(frozen=True)
class Job:
    """One picture to read: its name as it is told, and where its drawing goes."""

    name: str
    drawing: str | None


@dataclass(frozen=True)
class Answer:
    """The boxes and the text of one picture, or why there are none."""

    name: str
    text: str = ""
    boxes: tuple = ()
    error: str | None = None


@app.command(
    epilog=examples(
        "predict sheet.jpg",
        "predict photos --annotate answers --n-jobs -1",
        "predict sheet.jpg --json --min-confidence 0.9",
    )
)
def predict(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Pictures, and folders of pictures."),
    ],
    model: Reader = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON object for each picture and nothing else."
        ),
    ] = False,
    annotate: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Where pictures with boxes and answers go.",
            show_default="nowhere",
        ),
    ] = None,
    min_confidence: MinConfidence = None,
    n_jobs: Annotated[
        int, typer.Option(help="Pictures to read at the same time; -1 for every core.")
    ] = 1,
    debug: Debug = False,
):
    """Read the handwritten digits of pictures."""
    _check_options(model, min_confidence, n_jobs)
    jobs = _jobs(paths, annotate)
    show = _as_json if as_json else _as_text
    exit_code = 0
    read = partial(_read, model=model, min_confidence=min_confidence)
    for answers in _with_bar(_answers(read, jobs, n_jobs), len(jobs)):
        for answer in answers:
            show(answer)
            if answer.error is not None:
                exit_code = 1
    _report_skipped(paths, as_json)
    return exit_code


def _report_skipped(paths, as_json):
    """Name the files in folders that are no images, on stderr or as JSON."""
    skipped = [
        os.path.join(path, name)
        for path in paths
        for name in _names_in(path, are_images=False)
    ]
    if as_json:
        for name in skipped:
            print(json.dumps({"file": name, "skipped": "it is no image"}), flush=True)
    elif skipped:
        names = ", ".join(map(printable, skipped[:_MOST_NAMES]))
        more = len(skipped) - _MOST_NAMES
        names += f" and {more} more" if more > 0 else ""
        print(f"Skipped {len(skipped)}, no images: {names}", file=sys.stderr)


def _check_options(model, min_confidence, n_jobs):
    """Raise an error now rather than once for each picture."""
    from skdigits._validation import check_n_jobs

    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise ValueError(
            f"Got min_confidence={min_confidence}, but expected a number in [0, 1]."
        )
    check_n_jobs(n_jobs)
    if model is not None:
        _loaded(model)


@cache
def _loaded(model):
    from skdigits.reading import classifier_of

    return classifier_of(model)


def _jobs(paths, annotate):
    """Return a `Job` for each path that is no folder, and each picture in folders."""
    named = [
        (path, name) for path in paths for name in (_names_in(path) or [None])
    ]  # a folder without pictures is told of as a file would be
    jobs = [
        Job(
            path if name is None else os.path.join(path, name),
            annotate and os.path.join(annotate, name or os.path.basename(path)),
        )
        for path, name in named
    ]
    if annotate:
        check_report_folder(annotate)
        _check_drawings(jobs)
    return jobs


def _names_in(folder, are_images=True):
    """Return the names of the visible files in a folder and those in it, sorted.

    Either of the images, or of the others.
    """
    from skdigits.images import DOCUMENTS, SUFFIXES

    names, suffixes = [], (*SUFFIXES, *DOCUMENTS)
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        names += [
            os.path.relpath(os.path.join(place, name), folder)
            for name in files
            if name.lower().endswith(suffixes) == are_images
            and not name.startswith(".")
        ]
    return sorted(names)


def _check_drawings(jobs):
    """Raise an error where a drawing would go over a picture or another drawing."""
    sources = {}
    for job in jobs:
        target = os.path.realpath(job.drawing)
        other = sources.setdefault(target, job.name)
        if other is not job.name or target == os.path.realpath(job.name):
            raise ValueError(
                f"Got {other!r} and {job.name!r}, one of which would be lost in "
                f"{job.drawing!r}, but expected a file for each. Choose another folder "
                "to annotate, or other names."
            )


def _answers(read, jobs, n_jobs):
    if n_jobs in (None, 1):
        return map(read, jobs)
    from joblib import Parallel, delayed

    # where nobody wants the answers any more, as head, nor how many there would be
    warnings.filterwarnings("ignore", ".* tasks which were still being processed")
    return Parallel(n_jobs, return_as="generator")(delayed(read)(job) for job in jobs)


def _read(job, model, min_confidence):
    """Return an answer for each page, and draw what was read where that is wanted."""
    from skdigits.images import SUFFIXES

    if os.path.isdir(job.name):
        kinds = ", ".join(SUFFIXES)
        message = (
            f"Got the folder {job.name!r} with no pictures in it, but expected files "
            f"that end in {kinds}. Add or convert pictures."
        )
        return [Answer(job.name, error=message)]
    classifier = None if model is None else _loaded(model)
    try:
        read = skdigits.read_digits(
            job.name, model=classifier, min_confidence=min_confidence
        )
        pages = _pages(job, read)
        if job.drawing:
            from skdigits.cli._annotate import annotate

            for _, drawing, reading in pages:
                annotate(reading, drawing)
    # whatever it is, the other pictures are still read
    except Exception as error:
        message = " ".join(str(error).split()) or type(error).__name__
        return [Answer(job.name, error=message)]
    return [
        Answer(name, reading.text, tuple(reading.boxes)) for name, _, reading in pages
    ]


def _pages(job, read):
    """Return the name of each page, where it is drawn, and its reading."""
    if not isinstance(read, list):
        return [(job.name, job.drawing, read)]
    stem, suffix = os.path.splitext(job.drawing or "")
    return [
        (f"{job.name}#{number}", f"{stem}-{number}{suffix}", reading)
        for number, reading in enumerate(read, 1)
    ]


def _with_bar(answers, n_answers):
    """Show a bar where there is much to wait for and the answers go to a file."""
    if n_answers < _MANY or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from answers
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    # redirected, stdout would be what the bar is on
    with Progress(console=console, transient=True, redirect_stdout=False) as bar:
        yield from bar.track(answers, total=n_answers, description="Reading")


def _as_json(answer):
    from skdigits.reading import as_plain

    if answer.error is not None:
        document = {"error": answer.error}
    else:
        document = as_plain(answer.text, answer.boxes)
    print(json.dumps({"file": answer.name} | document), flush=True)


def _as_text(answer):
    if answer.error is not None:
        print(f"Error: {printable(answer.error)}", file=sys.stderr)
        return
    lines = {}
    for box in answer.boxes:
        lines.setdefault(box.line, []).append(f"{box.confidence:.2f}")
    texts = answer.text.split("\n") if answer.boxes else []
    width = max(map(len, texts), default=0)
    print(printable(answer.name))
    for text, confidences in zip(texts, lines.values(), strict=True):
        print(f"  {text:{width}}  {' '.join(confidences)}")
    if not texts:
        print("  no digits")
    sys.stdout.flush()
