"""What predict is to read: files, and the images in folders."""

import os
from typing import NamedTuple

from skdigits.cli._outputs import check_report_folder


class Job(NamedTuple):
    """One image to read: its name as printed, and the path of its drawing."""

    name: str
    drawing: str | None


def jobs_of(paths, annotate):
    """Return a `Job` for each image, and the names of the other files in folders."""
    jobs, skipped = [], []
    for path in paths:
        images, others = _names_in(path)
        skipped += [os.path.join(path, name) for name in others]
        inside = [(os.path.join(path, name), name) for name in images]
        # a folder without images is reported as a file would be
        for whole, name in inside or [(path, os.path.basename(path))]:
            jobs.append(Job(whole, annotate and os.path.join(annotate, name)))
    if annotate:
        check_report_folder(annotate)
        _check_drawings(jobs)
    return jobs, skipped


def _names_in(folder):
    """Return the sorted names of images, and of other files, below a folder.

    Hidden ones are skipped.
    """
    from skdigits.images import DOCUMENTS, SUFFIXES

    images, others = [], []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            is_image = name.lower().endswith((*SUFFIXES, *DOCUMENTS))
            if not name.startswith("."):
                path = os.path.relpath(os.path.join(place, name), folder)
                (images if is_image else others).append(path)
    return sorted(images), sorted(others)


def _check_drawings(jobs):
    """Raise an error if a drawing would overwrite an image or another drawing."""
    sources = {}
    for job in jobs:
        target = os.path.realpath(job.drawing)
        other = sources.setdefault(target, job.name)
        if other is not job.name or target == os.path.realpath(job.name):
            raise ValueError(
                f"Got {other!r} and {job.name!r}, one of which would be lost in "
                f"{job.drawing!r}, but expected a file for each. Rename one, or pass "
                "another folder to --annotate."
            )
