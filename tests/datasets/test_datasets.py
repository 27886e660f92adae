import contextlib
import dataclasses
import gzip
import hashlib
import multiprocessing
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skdigits.datasets import _download, _mnist, fetch_mnist
from skdigits.datasets._known_files import IdxFile


def make_files(rng):
    """A tiny MNIST: what `_mnist.FILES` describes, and the content of its files."""
    files, contents = {}, {}
    for subset, prefix, n in (("train", "train", 60), ("test", "t10k", 10)):
        pair = []
        for kind, shape, high, key in (
            ("images-idx3", (n, 28, 28), 256, "x"),
            ("labels-idx1", (n,), 10, "y"),
        ):
            name = f"{prefix}-{kind}-ubyte"
            draft = IdxFile(f"{name}.gz", shape, "", npz_key=f"{key}_{subset}")
            values = rng.integers(0, high, shape).astype(np.uint8)
            contents[name] = draft.header + values.tobytes()
            digest = hashlib.sha256(contents[name]).hexdigest()
            pair.append(dataclasses.replace(draft, sha256=digest))
        files[subset] = tuple(pair)
    return files, contents


FILES, CONTENTS = make_files(np.random.default_rng(0))
NAMES = list(CONTENTS)


@pytest.fixture(autouse=True)
def small_mnist(monkeypatch, tmp_path):
    """No test sees the real data home, the real mirrors or the real MNIST."""
    monkeypatch.setattr(_mnist, "FILES", FILES)
    monkeypatch.setattr(_mnist, "MIRRORS", ())
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")


class Handler(BaseHTTPRequestHandler):
    """Serves mirrors such as /good/, and such as /busy/ that are not."""

    seen = []
    all_is_over = threading.Event()

    def do_GET(self):
        _, mirror, name = unquote(self.path).split("/")
        Handler.seen.append((mirror, name))
        body = gzip.compress(CONTENTS[name.removesuffix(".gz")])
        length = len(body)
        if mirror == "busy" or (
            mirror == "later" and Handler.seen.count((mirror, name)) < 3
        ):
            self.send_error(503)
            return
        if mirror == "loop":
            self.send_response(302)
            self.send_header("Location", self.path)
            self.end_headers()
            return
        if mirror in ("slow head", "slow body"):
            start = b"HTTP/1.1 200 OK\r\n"
            self._trickle(start + (b"\r\n" if mirror == "slow body" else b"X-"))
            return
        if mirror == "short":
            body = body[: length // 2]
        if mirror == "wrong":
            altered = bytearray(CONTENTS[name.removesuffix(".gz")])
            altered[-1] ^= 1
            body = gzip.compress(altered)
            length = len(body)
        if mirror == "junk":
            body = b"<html>Sign in to the wireless network</html>"
            length = len(body)
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self, start):
        """Send a byte now and then for ever, so that no socket's timeout expires."""
        with contextlib.suppress(OSError):
            self.wfile.write(start)
            while not self.all_is_over.wait(0.01):
                self.wfile.write(b"x")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    # a process that takes tests from another one may set this up twice
    Handler.all_is_over.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Handler.all_is_over.set()
        server.shutdown()


@pytest.fixture
def mirrors(server, monkeypatch):
    def use(*names):
        Handler.seen.clear()
        urls = tuple(f"{server}/{quote(name)}/" for name in names)
        monkeypatch.setattr(_mnist, "MIRRORS", urls)

    return use


def write_files(folder, kind="gz", names=NAMES):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if kind == "gz":
            (folder / f"{name}.gz").write_bytes(gzip.compress(CONTENTS[name]))
        else:
            dotted = name.replace("-idx", ".idx") if kind == "dotted" else name
            (folder / dotted).write_bytes(CONTENTS[name])


def array_of(name):
    files = [file for pair in FILES.values() for file in pair]
    shape = next(file.shape for file in files if file.name == f"{name}.gz")
    return np.frombuffer(CONTENTS[name], np.uint8)[-np.prod(shape) :].reshape(shape)


def write_npz(folder):
    folder.mkdir(parents=True, exist_ok=True)
    files = [file for pair in FILES.values() for file in pair]
    arrays = {f.npz_key: array_of(f.name.removesuffix(".gz")) for f in files}
    np.savez_compressed(folder / "mnist.npz", **arrays)


def offline(**options):
    return fetch_mnist(download_if_missing=False, **options)


class TestContract:
    def test_bunch(self, tmp_path):
        write_files(tmp_path)
        mnist = offline(data_home=tmp_path)
        assert mnist.data.shape == (70, 784) and mnist.data.dtype == np.uint8
        assert mnist.target.shape == (70,) and mnist.target.dtype == np.int64
        assert mnist.images.shape == (70, 28, 28)
        assert np.shares_memory(mnist.images, mnist.data)
        assert mnist.target_names == [str(digit) for digit in range(10)]
        assert mnist.frame is None and "MNIST" in mnist.DESCR
        assert_array_equal(mnist.images[:60], array_of("train-images-idx3-ubyte"))
        assert_array_equal(mnist.target[60:], array_of("t10k-labels-idx1-ubyte"))

    @pytest.mark.parametrize("subset, n", [("train", 60), ("test", 10), ("all", 70)])
    def test_subsets(self, tmp_path, subset, n):
        write_files(tmp_path)
        X, y = offline(data_home=tmp_path, subset=subset, return_X_y=True)
        assert X.shape == (n, 784) and y.shape == (n,)

    def test_only_what_is_asked_for_is_read(self, tmp_path):
        write_files(tmp_path, names=NAMES[2:])
        assert len(offline(data_home=tmp_path, subset="test").data) == 10

    def test_frames(self, tmp_path):
        write_files(tmp_path)
        mnist = offline(data_home=tmp_path, as_frame=True)
        assert mnist.frame.shape == (70, 785)
        assert mnist.data.columns[29] == mnist.feature_names[29] == "pixel_1_1"
        assert isinstance(mnist.target, pd.Series) and mnist.target.name == "target"
        X, y = offline(data_home=tmp_path, as_frame=True, return_X_y=True)
        pd.testing.assert_frame_equal(X, mnist.data)

    @pytest.mark.parametrize(
        "options, message",
        [
            ({"subset": "val"}, "Got subset='val', but expected 'all', 'train' or 'te"),
            ({"n_retries": -1}, "Got n_retries=-1, but expected an integer of at leas"),
            ({"delay": -1}, r"Got delay=-1, but expected a number in \[0, 3600\]"),
            ({"return_X_y": "no"}, "Got return_X_y='no', but expected True or False"),
            ({"as_frame": "auto"}, "Got as_frame='auto', but expected True or False"),
        ],
    )
    def test_parameters(self, options, message):
        with pytest.raises(ValueError, match=message):
            offline(**options)


class TestPlaces:
    @pytest.mark.parametrize("kind", ["gz", "plain", "dotted", "npz"])
    def test_kinds_of_files(self, tmp_path, kind):
        write_npz(tmp_path) if kind == "npz" else write_files(tmp_path, kind)
        mnist = offline(data_home=str(tmp_path))
        assert_array_equal(mnist.images[60:], array_of("t10k-images-idx3-ubyte"))

    @pytest.mark.parametrize("below", ["", "mnist"])
    def test_folder_of_the_environment_variable(self, tmp_path, monkeypatch, below):
        monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path / "data"))
        write_files(tmp_path / "data" / below)
        assert len(offline().data) == 70

    def test_data_home_of_scikit_learn(self, tmp_path):
        write_files(tmp_path / "home" / "mnist")
        assert len(offline().data) == 70

    def test_data_home_comes_first_and_is_read_once(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path / "data"))
        write_files(tmp_path / "data")
        write_files(tmp_path / "mine")
        damage(tmp_path / "data" / "t10k-labels-idx1-ubyte.gz", "altered")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert len(offline(data_home=tmp_path / "mine").data) == 70
        with pytest.warns(UserWarning) as record:
            with pytest.raises(OSError):
                offline(data_home=tmp_path / "data")
        assert len(record) == 1

    def test_missing(self, tmp_path):
        with pytest.raises(
            OSError, match="Got no intact copy of train-images.*Pass dow"
        ):
            offline(data_home=tmp_path)
        assert not (tmp_path / "home").exists()


def damage(path, kind):
    content = bytearray(path.read_bytes())
    if kind == "truncated":
        del content[len(content) // 2 :]
    elif kind == "empty":
        content.clear()
    elif kind == "altered":
        content = bytearray(gzip.decompress(content))
        content[-1] ^= 1
        content = bytearray(gzip.compress(content))
    elif kind == "bomb":
        content = bytearray(gzip.compress(bytes(10**7)))
    path.write_bytes(content)


class TestDamage:
    @pytest.mark.parametrize("kind", ["truncated", "empty", "altered", "bomb"])
    def test_named_and_fetched_again(self, tmp_path, mirrors, kind):
        mirrors("good")
        write_files(tmp_path)
        damage(tmp_path / "train-images-idx3-ubyte.gz", kind)
        with pytest.warns(UserWarning, match="train-images-idx3-ubyte.gz is ignored: "):
            mnist = fetch_mnist(data_home=tmp_path)
        assert_array_equal(mnist.images[:60], array_of("train-images-idx3-ubyte"))
        assert Handler.seen == [("good", "train-images-idx3-ubyte.gz")]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            offline(data_home=tmp_path)

    def test_refused_offline(self, tmp_path):
        write_files(tmp_path)
        damage(tmp_path / "train-images-idx3-ubyte.gz", "altered")
        with pytest.warns(UserWarning, match="SHA-256 is not that of MNIST"):
            with pytest.raises(OSError, match="no intact copy of train-images"):
                offline(data_home=tmp_path)

    def test_files_of_the_user_are_left_alone(self, tmp_path, monkeypatch, mirrors):
        mirrors("good")
        monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path / "data"))
        write_files(tmp_path / "data")
        path = tmp_path / "data" / "t10k-labels-idx1-ubyte.gz"
        damage(path, "altered")
        before = path.read_bytes()
        with pytest.warns(UserWarning, match="t10k-labels"):
            assert len(fetch_mnist().data) == 70
        assert path.read_bytes() == before
        home = tmp_path / "home" / "mnist"
        assert [p.name for p in home.iterdir()] == ["t10k-labels-idx1-ubyte.gz"]

    def test_named_once_beside_the_download(self, tmp_path, mirrors):
        mirrors("good")
        write_files(tmp_path, "plain")
        (tmp_path / "t10k-images-idx3-ubyte").write_bytes(b"half")
        with pytest.warns(UserWarning, match="it has 4 bytes instead of 7856"):
            fetch_mnist(data_home=tmp_path)
        assert (tmp_path / "t10k-images-idx3-ubyte").read_bytes() == b"half"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            offline(data_home=tmp_path)

    def test_npz_damaged_anywhere(self, tmp_path):
        """Whatever byte is wrong: the true data, or the one error."""
        write_npz(tmp_path)
        path = tmp_path / "mnist.npz"
        content = path.read_bytes()
        rng = np.random.default_rng(0)
        for position in [*range(0, 400, 9), *range(-400, 0, 9)]:
            altered = bytearray(content)
            altered[position] ^= rng.integers(1, 256)
            path.write_bytes(altered)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                try:
                    mnist = offline(data_home=tmp_path)
                except OSError as error:
                    assert "Got no intact copy of" in str(error)
                else:
                    images = array_of("train-images-idx3-ubyte")
                    assert_array_equal(mnist.images[:60], images)

    def test_npz_with_pickles_or_other_arrays(self, tmp_path):
        path = tmp_path / "mnist.npz"
        np.savez(path, x_test=np.array([{}], dtype=object), y_test=np.zeros(3))
        with pytest.warns(UserWarning, match="npz is ignored: .* read .*allow_pickle"):
            with pytest.raises(OSError, match="no intact copy"):
                offline(data_home=tmp_path, subset="test")
        np.savez(path, x_test=np.zeros((10, 28, 28)), y_test=np.zeros(10))
        with pytest.warns(UserWarning, match="x_test of 62,848 bytes is too large"):
            with pytest.raises(OSError, match="no intact copy"):
                offline(data_home=tmp_path, subset="test")
        path.write_bytes(b"PK no zip")
        with pytest.warns(UserWarning, match="cannot be read"):
            with pytest.raises(OSError, match="no intact copy"):
                offline(data_home=tmp_path, subset="test")


class TestDownload:
    def test_to_the_data_home(self, tmp_path, mirrors):
        mirrors("good")
        assert len(fetch_mnist().data) == 70
        names = sorted(path.name for path in (tmp_path / "home" / "mnist").iterdir())
        assert names == sorted(f"{name}.gz" for name in NAMES)
        mirrors()
        assert len(offline().data) == 70

    def test_a_bar_in_a_terminal_only(self, tmp_path, mirrors, monkeypatch, capsys):
        mirrors("good")
        fetch_mnist(data_home=tmp_path / "quiet")
        assert capsys.readouterr() == ("", "")
        # what rich takes for a terminal
        monkeypatch.setenv("FORCE_COLOR", "1")
        fetch_mnist(data_home=tmp_path / "shown")
        printed = capsys.readouterr()
        assert printed.out == "" and "train-images-idx3-ubyte.gz" in printed.err

    @pytest.mark.parametrize("bad", ["busy", "short", "wrong", "junk"])
    def test_the_next_mirror_after_a_bad_one(self, tmp_path, mirrors, bad):
        mirrors(bad, "good")
        X, _ = fetch_mnist(subset="test", data_home=tmp_path, return_X_y=True)
        assert len(X) == 10
        assert [mirror for mirror, _ in Handler.seen] == [bad, "good"] * 2

    @pytest.mark.parametrize("part", ["head", "body"])
    def test_a_mirror_that_never_ends(self, tmp_path, mirrors, monkeypatch, part):
        monkeypatch.setattr(_download, "TIMEOUT_SECONDS", 2)
        monkeypatch.setattr(_download, "SLOWEST_BYTES_PER_SECOND", 10**9)
        mirrors(f"slow {part}", "good")
        fetch_mnist(subset="test", data_home=tmp_path)
        mirrors(f"slow {part}")
        with pytest.raises(OSError, match="any mirror .*: it was not read in 1 second"):
            fetch_mnist(data_home=tmp_path, n_retries=0)

    def test_mirrors_that_never_end_share_one_limit(self, mirrors, monkeypatch):
        now, granted = [0.0], []

        def get(url, path, *, max_bytes, seconds):
            granted.append(seconds)
            now[0] += seconds
            raise _download.DamagedFile("slow")

        monkeypatch.setattr(_download, "_get", get)
        monkeypatch.setattr(_download.time, "monotonic", lambda: now[0])
        mirrors("slow head", "slow body")
        with pytest.raises(OSError, match="any mirror .*: slow"):
            fetch_mnist(n_retries=9, delay=0.0)
        assert len(granted) == 20 and min(granted) > 0
        assert sum(granted) < 20 + (16 + 60 * 28 * 28 + 2**16) / 100_000

    def test_a_mirror_that_sends_too_much(self, tmp_path, mirrors, monkeypatch):
        monkeypatch.setattr(IdxFile, "max_bytes", -(2**16))
        mirrors("good")
        with pytest.raises(OSError, match="any mirror .*: it has more than"):
            fetch_mnist(data_home=tmp_path, n_retries=0)
        assert list(tmp_path.iterdir()) == []

    def test_a_mirror_that_refers_to_itself(self, tmp_path, mirrors):
        mirrors("loop")
        with pytest.raises(OSError, match="Exceeded 30 redirects") as caught:
            fetch_mnist(data_home=tmp_path, n_retries=0)
        assert "\n" not in str(caught.value)

    def test_retries(self, tmp_path, mirrors):
        mirrors("later")
        fetch_mnist(subset="test", data_home=tmp_path, n_retries=2, delay=0.01)
        assert len(Handler.seen) == 6

    @pytest.mark.parametrize("bad", ["busy", "short", "wrong", "junk"])
    def test_gives_up_with_one_error_and_no_file(self, tmp_path, mirrors, bad):
        mirrors(bad, bad)
        message = "Got no intact copy of t10k-images-idx3-ubyte.gz from any .*SKDIGI"
        with pytest.raises(OSError, match=message):
            fetch_mnist(subset="test", data_home=tmp_path, n_retries=1, delay=0.0)
        assert len(Handler.seen) == 4
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("moment", ["read", "write"])
    def test_an_interrupt_leaves_nothing(self, tmp_path, mirrors, monkeypatch, moment):
        def interrupt(*_, **__):
            raise KeyboardInterrupt

        mirrors("good")
        if moment == "read":
            monkeypatch.setattr(_download, "_get", interrupt)
        else:
            monkeypatch.setattr("pathlib.Path.replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fetch_mnist(data_home=tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_an_interrupt_amid_the_file_leaves_nothing(
        self, tmp_path, mirrors, monkeypatch
    ):
        class Interrupted(Queue):
            def get(self, timeout):
                assert [p.suffix for p in tmp_path.iterdir()] == [".tmp"]
                raise KeyboardInterrupt

        mirrors("slow body")
        monkeypatch.setattr(_download, "Queue", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch_mnist(data_home=tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_an_interrupt_before_the_file_leaves_nothing(
        self, tmp_path, mirrors, monkeypatch
    ):
        class Interrupted(Queue):
            def get(self, timeout):
                raise KeyboardInterrupt

        class Late(threading.Thread):
            def run(self):
                late.append(self)
                is_over.wait(60)
                super().run()

        late, is_over = [], threading.Event()
        mirrors("good")
        monkeypatch.setattr(_download, "Queue", Interrupted)
        monkeypatch.setattr(_download, "Thread", Late)
        with pytest.raises(KeyboardInterrupt):
            fetch_mnist(data_home=tmp_path)
        is_over.set()
        for thread in late:
            thread.join(60)
        assert late and list(tmp_path.iterdir()) == []

    def test_a_place_that_cannot_be_written(self, tmp_path, mirrors):
        mirrors("good")
        (tmp_path / "file").write_text("")
        message = "file.*cannot be written .*Pass another data_home."
        with pytest.raises(OSError, match=message):
            fetch_mnist(data_home=tmp_path / "file")

    def test_a_mirror_that_is_not_there(self, tmp_path, monkeypatch):
        # a port that was free a moment ago
        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            url = f"http://127.0.0.1:{server.server_port}/good/"
        monkeypatch.setattr(_mnist, "MIRRORS", (url,))
        message = f"any mirror .{url}: it cannot be reached.*Connect to the internet"
        with pytest.raises(OSError, match=message):
            fetch_mnist(data_home=tmp_path, n_retries=0)

    def test_two_processes_at_once(self, tmp_path, server):
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(2)
        arguments = (f"{server}/good/", str(tmp_path), barrier)
        processes = [
            context.Process(target=_fetch_at_once, args=arguments) for _ in range(2)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(timeout=60)
        assert [process.exitcode for process in processes] == [0, 0]
        assert len(offline(data_home=tmp_path).data) == 70
        assert len(list(tmp_path.iterdir())) == 4


def _fetch_at_once(mirror, folder, barrier):
    _mnist.FILES, _mnist.MIRRORS = FILES, (mirror,)
    barrier.wait(timeout=60)
    assert len(fetch_mnist(data_home=folder).data) == 70


class TestRealMnist:
    def test_is_what_it_should_be(self, mnist):
        train, test = mnist["train"], mnist["test"]
        assert train.data.shape == (60000, 784) and test.data.shape == (10000, 784)
        assert train.target[:5].tolist() == [5, 0, 4, 1, 9]
        supports = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
        assert np.bincount(test.target).tolist() == supports
