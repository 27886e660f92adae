"""Files that nobody vouches for, and files that are whole or not there."""

import os
import signal
import socket
import stat
import subprocess
import sys
from errno import EACCES, EDQUOT, ENOSPC
from pathlib import Path

import pytest

from skdigits._files import (
    UnreadableFile,
    check_writable,
    open_regular,
    replacing,
    write_files,
)

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs links, modes and pipes")


def write(path, text):
    with replacing(path) as temporary:
        temporary.write_text(text)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


class TestReplacing:
    def test_the_old_file_is_there_until_the_new_one_is_whole(self, tmp_path):
        path = tmp_path / "a"
        path.write_text("old")
        with replacing(path) as temporary:
            temporary.write_text("new")
            assert path.read_text() == "old"
            assert temporary.parent == tmp_path
        assert path.read_text() == "new"
        assert names_in(tmp_path) == ["a"]

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_a_failure_leaves_the_old_file(self, tmp_path, error):
        write(tmp_path / "a", "old")
        with pytest.raises(error):
            with replacing(tmp_path / "a") as temporary:
                temporary.write_text("half")
                raise error
        assert (tmp_path / "a").read_text() == "old"
        assert names_in(tmp_path) == ["a"]

    @POSIX
    def test_a_link_stays_a_link(self, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "a").write_text("old")
        for name in ("a", "missing"):
            link = tmp_path / name
            link.symlink_to(tmp_path / "real" / name)
            write(link, "new")
            assert link.is_symlink()
            assert (tmp_path / "real" / name).read_text() == "new"
        assert names_in(tmp_path) == ["a", "missing", "real"]

    @POSIX
    def test_modes(self, tmp_path):
        before = os.umask(0o027)
        try:
            write(tmp_path / "new", "")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
        for mode in (0o640, 0o604, 0o444):
            (tmp_path / "old").unlink(missing_ok=True)
            write(tmp_path / "old", "")
            (tmp_path / "old").chmod(mode)
            with replacing(tmp_path / "old") as temporary:
                # what is private stays so while it is written
                assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
                temporary.write_text("new")
            assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == mode

    @pytest.mark.parametrize(
        "number, expected",
        [
            (ENOSPC, "enough space. Free some, or choose another folder."),
            (EDQUOT, "enough space. Free some, or choose another folder."),
            (EACCES, "a folder that you may write to. Choose another."),
        ],
    )
    def test_what_cannot_be_written_is_one_sentence(
        self, tmp_path, monkeypatch, number, expected
    ):
        def refuse(_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError) as caught:
            write(tmp_path / "a", "new")
        assert str(caught.value) == (
            f"Got '{tmp_path / 'a'}', which cannot be written "
            f"({os.strerror(number)}), but expected {expected}"
        )
        assert names_in(tmp_path) == []

    def test_names(self, tmp_path):
        longest = tmp_path / ("a" * 255)
        write(longest, "new")
        assert names_in(tmp_path) == [longest.name]
        with pytest.raises(OSError, match="but expected a shorter name. Change it"):
            write(tmp_path / ("a" * 256), "new")
        with pytest.raises(FileNotFoundError, match="an existing folder. Create '"):
            write(tmp_path / "no" / "a", "new")
        with pytest.raises(IsADirectoryError, match="which is a folder, but expected"):
            write(tmp_path, "new")
        with pytest.raises(
            OSError, match="which is not the name of a file, but expected"
        ):
            write(tmp_path / "a\0b", "new")

    @POSIX
    def test_a_pipe_is_not_replaced(self, tmp_path):
        os.mkfifo(tmp_path / "a")
        with pytest.raises(OSError, match="which is a device or a pipe, but expected"):
            write(tmp_path / "a", "new")
        assert (tmp_path / "a").is_fifo()

    @POSIX
    @pytest.mark.skipif(
        getattr(os, "geteuid", int)() == 0, reason="root may write to everything"
    )
    def test_what_was_to_replace_a_read_only_file_is_removed(self, tmp_path):
        stray = tmp_path / ".skdigits-0123456789abcdef.tmp"
        stray.touch(0o444)
        check_writable(tmp_path / "a")
        assert names_in(tmp_path) == []

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
    def test_what_a_killed_process_left_is_removed(self, tmp_path):
        code = (
            "import sys, time\n"
            "from skdigits._files import replacing\n"
            "with replacing(sys.argv[1]) as temporary:\n"
            "    temporary.write_text('half')\n"
            "    print('ready', flush=True)\n"
            "    time.sleep(600)\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, tmp_path / "a"], stdout=subprocess.PIPE
        )
        try:
            process.stdout.readline()
            (left,) = names_in(tmp_path)
            # not while its process lives
            write(tmp_path / "b", "new")
            assert names_in(tmp_path) == [left, "b"]
        finally:
            process.kill()
            process.communicate()
        check_writable(tmp_path / "c")
        assert names_in(tmp_path) == ["b"]


class TestWriteFiles:
    def test_one_that_fails_takes_no_other_along(self, tmp_path):
        def fail(temporary):
            temporary.write_text("half")
            raise ValueError("no")

        paths = {name: tmp_path / name for name in "abc"}
        writers = {
            path: lambda temporary: temporary.write_text("new")
            for path in paths.values()
        }
        failures = {}
        write_files(writers | {paths["b"]: fail}, failures)
        assert names_in(tmp_path) == ["a", "c"]
        assert list(failures) == [paths["b"]] and str(failures[paths["b"]]) == "no"

    @pytest.mark.parametrize(
        "error, failures", [(ValueError, None), (KeyboardInterrupt, {})]
    )
    def test_all_or_none(self, tmp_path, error, failures):
        def fail(temporary):
            raise error

        (tmp_path / "a").write_text("old")
        writers = {tmp_path / "a": lambda path: path.write_text("new")}
        with pytest.raises(error):
            write_files(writers | {tmp_path / "b": fail}, failures)
        assert names_in(tmp_path) == ["a"]
        assert (tmp_path / "a").read_text() == "old"

    def test_none_is_in_place_before_all_are_written(self, tmp_path):
        def look(temporary):
            assert not (tmp_path / "a").exists()

        write_files({tmp_path / "a": Path.touch, tmp_path / "b": look})
        assert names_in(tmp_path) == ["a", "b"]

    @pytest.mark.parametrize("failures", [None, {}])
    def test_a_place_that_refuses_is_named(self, tmp_path, failures):
        def fill(temporary):
            (tmp_path / "b").mkdir()

        writers = {
            tmp_path / name: fill if name == "b" else Path.touch for name in "abc"
        }
        if failures is None:
            with pytest.raises(OSError, match="b', which cannot be written"):
                write_files(writers)
            assert names_in(tmp_path) == ["a", "b"]
        else:
            write_files(writers, failures)
            assert list(failures) == [tmp_path / "b"]
            assert names_in(tmp_path) == ["a", "b", "c"]


class TestOpenRegular:
    def refuse(self, path, message):
        with pytest.raises(UnreadableFile, match=message):
            open_regular(path, 10)

    def test_sizes(self, tmp_path):
        (tmp_path / "a").write_bytes(b"x" * 10)
        with open_regular(tmp_path / "a", 10) as file:
            assert file.read() == b"x" * 10
        (tmp_path / "a").write_bytes(b"x" * 11)
        self.refuse(tmp_path / "a", "it has 11 bytes; the limit is 10")

    @POSIX
    def test_what_is_no_regular_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # the name of a socket is short
        os.mkfifo("pipe")
        os.symlink("loop", "loop")
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("socket")
            for path in ("pipe", "socket", os.devnull, tmp_path):
                self.refuse(path, "it is not a regular file")
        self.refuse("loop", "symbolic links")

    def test_names(self, tmp_path):
        self.refuse(tmp_path / ("a" * 300), "name too long")
        with pytest.raises(FileNotFoundError):
            open_regular(tmp_path / "a", 10)
