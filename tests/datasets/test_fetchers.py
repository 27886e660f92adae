"""Fetchers of MNIST's siblings, against a small copy of each on this machine."""

import bz2
import dataclasses
import gzip
import hashlib
import io
import struct
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdigits.cli._given_data import find_source
from skdigits.datasets import (
    _emnist,
    _fashion_mnist,
    _kmnist,
    _usps,
    fetch_emnist,
    fetch_fashion_mnist,
    fetch_kmnist,
    fetch_usps,
)

RNG = np.random.default_rng(0)
IMAGES = {
    "train": RNG.integers(0, 256, (30, 28, 28)).astype(np.uint8),
    "test": RNG.integers(0, 256, (20, 28, 28)).astype(np.uint8),
}
LABELS = {"train": np.arange(30) % 10, "test": np.arange(20) % 10}
FETCHERS = {
    "fashion_mnist": fetch_fashion_mnist,
    "kmnist": fetch_kmnist,
    "emnist": fetch_emnist,
    "usps": fetch_usps,
}


def idx_gz(array):
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes())


def emnist_zip():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for split, first in (("digits", 0), ("letters", 1)):
            for part in IMAGES:
                name = f"gzip/emnist-{split}-{part}"
                transposed = IMAGES[part].swapaxes(1, 2)
                archive.writestr(f"{name}-images-idx3-ubyte.gz", idx_gz(transposed))
                labels = idx_gz(LABELS[part] + first)
                archive.writestr(f"{name}-labels-idx1-ubyte.gz", labels)
    return content.getvalue()


def svmlight(images, labels):
    lines = []
    for image, label in zip(images, labels, strict=True):
        values = image.ravel() / 127.5 - 1
        cells = [f"{i}:{v:.6f}" for i, v in enumerate(values, start=1) if v]
        lines.append(f"{label + 1} {' '.join(cells)}")
    return bz2.compress("\n".join(lines).encode())


def contents_of(name):
    """Return the content of each file of a small data set."""
    if name == "emnist":
        return {"gzip.zip": emnist_zip()}
    if name == "usps":
        return {
            file: svmlight(IMAGES[part][:, :16, :16], LABELS[part])
            for file, part in (("usps.bz2", "train"), ("usps.t.bz2", "test"))
        }
    return {
        f"{prefix}-{kind}-ubyte.gz": idx_gz(arrays[part])
        for prefix, part in (("train", "train"), ("t10k", "test"))
        for kind, arrays in (("images-idx3", IMAGES), ("labels-idx1", LABELS))
    }


CONTENTS = {name: contents_of(name) for name in FETCHERS}


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    for name, contents in CONTENTS.items():
        (folder / name).mkdir()
        for file, content in contents.items():
            (folder / name / file).write_bytes(content)
    handler = partial(Handler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def small_ones(monkeypatch, tmp_path, server):
    """No test sees the real addresses, files or data homes."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    for module in (_fashion_mnist, _kmnist, _usps):
        attribute = module.__name__.rpartition("._")[2].upper()
        source = getattr(module, attribute)
        small = dataclasses.replace(
            source,
            mirrors=(f"{server}/missing/", f"{server}/{source.name}/"),
            files={
                part: tuple(small_file(source.name, file, part) for file in files)
                for part, files in source.files.items()
            },
        )
        monkeypatch.setattr(module, attribute, small)
    content = CONTENTS["emnist"]["gzip.zip"]
    archive = ("gzip.zip", len(content), f"sha256:{sha256(content)}")
    monkeypatch.setattr(_emnist, "ARCHIVE", archive)
    monkeypatch.setattr(_emnist, "MIRRORS", (f"{server}/emnist/",))


def small_file(name, file, part):
    content = CONTENTS[name][file.name]
    known = {"max_bytes": len(content), "checksum": f"sha256:{sha256(content)}"}
    if name == "usps":
        known["parse"] = partial(file.parse.func, len(LABELS[part]))
    return dataclasses.replace(file, **known)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", FETCHERS)
class TestEach:
    def test_downloaded_once(self, name, tmp_path, monkeypatch):
        fetched = FETCHERS[name]()
        side = 16 if name == "usps" else 28
        expected = np.concatenate([IMAGES["train"], IMAGES["test"]])[:, :side, :side]
        assert_array_equal(fetched.images, expected)
        assert fetched.data.shape == (50, side * side)
        assert fetched.data.dtype == np.uint8
        assert_array_equal(fetched.target, [*LABELS["train"], *LABELS["test"]])
        assert fetched.target.dtype == np.int64
        assert len(fetched.target_names) == 10 and fetched.frame is None
        assert fetched.DESCR[0].isupper() and len(fetched.DESCR) > 200
        kept = sorted(path.name for path in (tmp_path / "home" / name).iterdir())
        assert kept == sorted(CONTENTS[name])
        again = FETCHERS[name](download_if_missing=False, as_frame=True)
        assert again.frame.shape == (50, side * side + 1)

    def test_subsets(self, name):
        X, y = FETCHERS[name](subset="test", return_X_y=True)
        assert_array_equal(y, LABELS["test"])
        X, y = FETCHERS[name](subset="train", return_X_y=True)
        assert len(X) == 30

    def test_places(self, name, tmp_path, monkeypatch):
        home = tmp_path / "mine"
        with pytest.raises(
            OSError, match=f"Got no intact copy of .*mine/{name}, .*Pas"
        ):
            FETCHERS[name](data_home=home, download_if_missing=False)
        FETCHERS[name](data_home=home)
        assert (home / name).is_dir() and not (tmp_path / "home").exists()
        monkeypatch.setenv("SKDIGITS_DATA", str(home))
        assert len(FETCHERS[name](download_if_missing=False).data) == 50

    def test_damaged_files_are_fetched_again(self, name, tmp_path):
        FETCHERS[name](data_home=tmp_path)
        for file in (tmp_path / name).iterdir():
            file.write_bytes(file.read_bytes()[:-1] + b"x")
        with pytest.warns(
            UserWarning, match="is ignored: its checksum is not the publ"
        ):
            with pytest.raises(OSError, match="Got no intact copy"):
                FETCHERS[name](data_home=tmp_path, download_if_missing=False)
        with pytest.warns(UserWarning, match=f"{name}/.* is ignored") as caught:
            assert len(FETCHERS[name](data_home=tmp_path).data) == 50
        assert {warning.filename for warning in caught} == {__file__}
        assert len(FETCHERS[name](data_home=tmp_path).data) == 50

    def test_parameters(self, name):
        with pytest.raises(ValueError, match="Got subset='val', but expected 'all', "):
            FETCHERS[name](subset="val")
        with pytest.raises(ValueError, match="Got n_retries=-1, but expected an int"):
            FETCHERS[name](n_retries=-1)


def test_a_file_that_is_too_large(tmp_path):
    (tmp_path / "usps").mkdir()
    (tmp_path / "usps" / "usps.bz2").write_bytes(bytes(2**20))
    with pytest.warns(UserWarning, match="it has 1,048,576 bytes, but the published"):
        fetch_usps(data_home=tmp_path, subset="train")


def test_letters_of_emnist():
    letters = fetch_emnist(split="letters", subset="test")
    assert_array_equal(letters.target, LABELS["test"])
    assert_array_equal(letters.images, IMAGES["test"])
    assert letters.target_names[:2] == ["a", "b"] and len(letters.target_names) == 26
    with pytest.raises(ValueError, match="Got split='words', but expected 'digits', "):
        fetch_emnist(split="words")
    with pytest.warns(UserWarning, match="it is not the archive of EMNIST .*no item "):
        with pytest.raises(OSError, match="Got no intact copy of gzip.zip"):
            fetch_emnist(split="balanced", n_retries=0)


def test_images_of_usps_that_are_not_all_there(monkeypatch):
    (file,) = _usps.USPS.files["test"]
    files = {"test": (dataclasses.replace(file, parse=partial(_usps._arrays, 7)),)}
    monkeypatch.setattr(_usps, "USPS", dataclasses.replace(_usps.USPS, files=files))
    with pytest.raises(OSError, match="it has 20 images instead of 7"):
        fetch_usps(subset="test", n_retries=0)


@pytest.mark.parametrize("name", ["fashion", "kmnist", "emnist", "usps"])
def test_names_of_the_command_line(name):
    source = find_source(name)
    images, target = source.load().train
    assert images.shape == (30, *source.image_shape)
    assert_array_equal(target, LABELS["train"])
    assert_array_equal(source.load(test_only=True).test[1], LABELS["test"])
