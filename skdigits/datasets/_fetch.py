"""Code shared by all fetchers: loading published data from disk or the internet."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skdigits._validation import (
    check_bool,
    check_choice,
    check_integer,
    check_number,
    check_path,
)
from skdigits.datasets._bunch import make_bunch
from skdigits.datasets._download import download
from skdigits.datasets._known_files import DamagedFile


@dataclass(frozen=True)
class Source:
    """A published data set.

    Parameters
    ----------
    name : str
        Of its subfolder in a data home.

    mirrors : tuple of str
        Where its files are, with a slash in the end.

    files : dict of str to tuple of files
        Of each subset; "all" are those of both, unless it is there. What the files of
        a subset hold is images, labels, images, labels and so on.

    target_names : list of str

    descr : str

    in_home : bool, default=False
        Whether the files may be in a data home itself: no other's have such names.
    """

    name: str
    mirrors: tuple[str, ...]
    files: dict[str, tuple]
    target_names: list[str]
    descr: str
    in_home: bool = False


def fetch(source, *, subset, data_home, download_if_missing, n_retries, delay, **form):
    """Return a data set as `fetch_mnist` does, whose parameters these are.

    ``form`` are the last two, ``return_X_y`` and ``as_frame``.
    """
    check_choice("subset", subset, ("all", "train", "test"))
    n_retries = check_integer("n_retries", n_retries, minimum=0)
    delay = check_number("delay", delay, low=0, high=3600)
    may_download = check_bool("download_if_missing", download_if_missing)
    form = {name: check_bool(name, value) for name, value in form.items()}
    if data_home is not None:
        data_home = check_path("data_home", data_home)
    places = _places(source, data_home)
    folder = places[-1] if data_home is None else places[0]
    arrays = []
    parts = (subset,) if subset in source.files else ("train", "test")
    for file in [file for part in parts for file in source.files[part]]:
        held = _find(file, places)
        if held is None and not may_download:
            looked = ", ".join(map(str, places))
            raise OSError(
                f"Got no intact copy of {file.name} in {looked}, but expected one "
                "there. Pass download_if_missing=True, or pass the folder that has it "
                "as data_home or in the environment variable SKDIGITS_DATA."
            )
        arrays += held or download(file, folder, source.mirrors, n_retries, delay)
    return make_bunch(
        np.concatenate(arrays[::2]),
        np.concatenate(arrays[1::2]).astype(np.int64),
        DESCR=source.descr,
        target_names=list(source.target_names),
        **form,
    )


def _places(source, data_home):
    """Return the folders to look in, in order; scikit-learn's data home is the last."""
    named = os.environ.get("SKDIGITS_DATA")
    places = []
    for home in filter(None, (data_home, named and Path(named).expanduser())):
        places += [home, home / source.name] if source.in_home else [home / source.name]
    # not get_data_home(), which creates the folder
    home = os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")
    places.append(Path(home).expanduser() / source.name)
    # the same folder may be named twice, and would be warned about twice
    return list(dict.fromkeys(places))


def _find(file, places):
    """Return what the first intact copy of ``file`` holds, None if there is none."""
    paths = [path for place in places for path in file.paths_in(place)]
    # Path.is_file raises if access is denied
    for path in filter(os.path.isfile, paths):
        try:
            return file.read(path)
        except DamagedFile as error:
            warnings.warn(f"{path} is ignored: {error}.", UserWarning, stacklevel=4)
    return None
