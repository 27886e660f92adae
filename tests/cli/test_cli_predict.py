import json
import os
import subprocess
import sys
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from _serving import PATIENCE
from PIL import Image

import skdigits
from skdigits.cli import main
from skdigits.images._decode import read_image

Box = namedtuple("Box", "digit confidence left top width height line number")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reader(monkeypatch):
    """In place of read_digits one that finds a 1, a 7 and, below, an unsure sign."""
    calls = []

    def read_digits(image, *, model=None, min_confidence=None, rotation=None):
        calls.append((model, min_confidence))
        rotation = rotation or 0
        grey = read_image(image) / np.float32(255)
        if grey.shape == (1, 1):
            return SimpleNamespace(image=grey, text="", boxes=(), rotation=rotation)
        boxes = (
            Box(1, np.float32(0.99312), np.int64(5), 20, 9, 30, 0, 0),
            Box(7, 0.9, 30, 21, 18, 29, 0, 1),
            Box(None, 0.41, 6, 60, 20, 31, 1, 0),
        )
        return SimpleNamespace(
            image=grey, text="1 7\n?", boxes=boxes, rotation=rotation
        )

    monkeypatch.setattr(skdigits, "read_digits", read_digits, raising=False)
    return calls


def write_image(path, side=100):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    Image.new("L", (side, side), 200).save(path)
    return path


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return end.value.code, *capsys.readouterr()


def test_text(reader, capsys):
    write_image("a.png")
    write_image("b.png", side=1)
    code, out, err = run(capsys, "predict", "a.png", "./b.png")
    assert (code, err) == (0, "")
    assert out == "a.png\n  1 7  0.99 0.90\n  ?    0.41\n./b.png\n  no digits\n"
    assert reader == [(None, None)] * 2


def test_the_rotation_is_passed_and_printed(reader, capsys):
    path = write_image("a.png")
    code, out, _ = run(capsys, "predict", path, "--rotation", 90)
    first, second, *_ = out.splitlines()
    assert (code, first, second) == (0, path, "  turned by 90 degrees anticlockwise")
    _, out, _ = run(capsys, "predict", path, "--rotation", 270, "--json")
    assert json.loads(out)["rotation"] == 270


def test_json(reader, capsys):
    write_image("a.png")
    (open("c.png", "w")).close()
    options = ["--json", "--min-confidence", 0.5]
    code, out, err = run(capsys, "predict", "c.png", "nothing.png", "a.png", *options)
    assert (code, err) == (1, "")
    damaged, missing, read = map(json.loads, out.splitlines())
    assert set(damaged) == set(missing) == {"file", "error"}
    assert damaged["error"].startswith("Got 'c.png', which cannot be read (it is")
    assert missing["file"] == "nothing.png"
    assert read == {
        "file": "a.png",
        "text": "1 7\n?",
        "rotation": 0,
        "digits": [
            {
                "digit": 1,
                "confidence": 0.9931,
                "box": [5, 20, 9, 30],
                "line": 0,
                "number": 0,
            },
            {
                "digit": 7,
                "confidence": 0.9,
                "box": [30, 21, 18, 29],
                "line": 0,
                "number": 1,
            },
            {
                "digit": None,
                "confidence": 0.41,
                "box": [6, 60, 20, 31],
                "line": 1,
                "number": 0,
            },
        ],
    }
    assert reader[-1] == (None, 0.5)


def test_folders_and_those_in_them(reader, capsys):
    for name in ("b.png", "a/c.JPG", "a/.hidden.png", ".git/d.png"):
        write_image(os.path.join("photos", name))
    (open("photos/notes.txt", "w")).close()
    os.mkdir("photos/x.png")
    os.mkdir("empty")
    code, out, _ = run(capsys, "predict", "photos/", "photos", "empty", "--json")
    documents = [json.loads(line) for line in out.splitlines()]
    skipped = [document["file"] for document in documents if "skipped" in document]
    assert skipped == ["photos/notes.txt"] * 2
    documents = documents[:-2]
    assert [document["file"] for document in documents] == [
        *["photos/a/c.JPG", "photos/b.png"] * 2,
        "empty",
    ]
    assert "with no images in it, but expected" in documents[-1]["error"]
    assert code == 1


def test_what_is_skipped_in_a_folder_is_named(reader, capsys):
    for name in ("notes.txt", "model.safetensors", ".hidden"):
        os.makedirs("in", exist_ok=True)
        open(f"in/{name}", "w").close()
    write_image("in/a.png")
    code, out, err = run(capsys, "predict", "in")
    assert code == 0 and "a.png" in out
    assert "Skipped 2 (not images):" in err
    assert "notes.txt" in err and "model.safetensors" in err and ".hidden" not in err
    code, out, err = run(capsys, "predict", "in", "--json")
    documents = [json.loads(line) for line in out.splitlines()]
    skipped = [d["file"] for d in documents if "skipped" in d]
    assert (err, len(documents)) == ("", 3)
    assert skipped == [
        os.path.join("in", name) for name in ("model.safetensors", "notes.txt")
    ]


def test_each_page_of_a_document(capsys):
    pages = [Image.new("L", (160, 80), 230) for _ in range(2)]
    pages[1].paste(40, (20, 20, 26, 60))
    pages[0].save("a.tif", save_all=True, append_images=pages[1:])
    code, out, err = run(capsys, "predict", "a.tif", "--annotate", "drawn", "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [answer["file"] for answer in answers] == ["a.tif#1", "a.tif#2"]
    assert answers[0]["text"] == "" and answers[1]["text"] == "1"
    assert sorted(os.listdir("drawn")) == ["a-1.tif", "a-2.tif"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_cannot_be_read_holds_nobody_up(reader, capsys):
    write_image("photos/z.png")
    os.mkfifo("photos/a.png")
    (open("photos/b\n.png", "w")).close()
    code, out, err = run(capsys, "predict", "photos")
    assert code == 1
    assert out.startswith("photos/z.png\n  1 7")
    first, second = err.splitlines()
    assert first.startswith(
        "Error: Got 'photos/a.png', which cannot be read (it is not"
    )
    assert second.startswith(
        "Error: Got 'photos/b\\n.png', which cannot be read (it is empty)"
    )


class TestAnnotate:
    def test_images_with_boxes(self, reader, capsys):
        for name in ("photos/a/b.png", "photos/c.jpg", "d.webp", "e.pgm"):
            write_image(name)
        options = ["--annotate", "drawn"]
        paths = ["photos", "d.webp", "e.pgm"]
        code, _, err = run(capsys, "predict", *paths, *options)
        assert (code, err) == (0, "")
        kinds = {"a/b.png": "PNG", "c.jpg": "JPEG", "d.webp": "WEBP", "e.pgm": "PPM"}
        for name, kind in kinds.items():
            with Image.open(os.path.join("drawn", name)) as drawn:
                assert (drawn.format, drawn.size) == (kind, (100, 100))
        with Image.open("drawn/a/b.png") as drawn:
            pixels = np.asarray(drawn).astype(int)
        blue = (pixels[..., 2] - pixels[..., 0]) > 50
        orange = (pixels[..., 0] - pixels[..., 2]) > 50
        assert blue[20, 5] and blue[40, 13] and orange[60, 6] and orange[90, 25]
        assert not (blue | orange)[95:].any()

    def test_nothing_is_lost(self, reader, capsys):
        write_image("a/1.png")
        write_image("b/1.png")
        before = open("a/1.png", "rb").read()
        for arguments in (
            ["a/1.png", "--annotate", "a"],
            ["a", "b", "--annotate", "c"],
        ):
            code, out, err = run(capsys, "predict", *arguments)
            assert (code, out) == (1, "")
            assert "one of which would be lost in" in err and err.count("\n") == 1
        assert open("a/1.png", "rb").read() == before
        assert reader == []
        arguments = ["a", "--annotate", "a/1.png"]
        assert "which is a file, but" in run(capsys, "predict", *arguments)[2]


def test_a_bar_while_the_answers_go_to_a_file(reader, capsys, monkeypatch):
    for number in range(12):
        write_image(f"photos/{number:02}.png")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, out, err = run(capsys, "predict", "photos", "--json")
    assert code == 0 and "Reading" in err
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["1 7\n?"] * 12
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(capsys, "predict", "photos")[2] == ""


@pytest.mark.parametrize(
    "options, message",
    [
        (["--min-confidence", "1.5"], "Got min_confidence=1.5, but expected a number"),
        (["--min-confidence", "nan"], "Got min_confidence=nan, but expected a number"),
        (["--n-jobs", "0"], "Got n_jobs=0, but expected a number of processes"),
        (["--rotation", "45"], "Got rotation=45, but expected 0, 90, 180 or 270"),
        (["--rotation", "0", "--boxes", "a.csv"], "Got --rotation and --boxes, but"),
        (["--model", "nothing"], "Got path='nothing', but expected an existing file"),
    ],
)
def test_options_are_checked_first(reader, capsys, options, message):
    code, out, err = run(capsys, "predict", write_image("a.png"), *options)
    assert (code, out) == (1, "") and err.startswith(f"Error: {message}")
    assert reader == []


def test_a_model_of_the_user(reader, capsys, fitted):
    skdigits.save(fitted, "small.st")
    arguments = ["predict", write_image("a.png"), "--model"]
    code, _, err = run(capsys, *arguments, "small.st")
    assert code == 1 and "Got a model for images of 8 x 8 pixels, but expected" in err
    pipeline = skdigits.make_digit_pipeline(filters=1, epochs=1)
    skdigits.save(pipeline.fit(np.zeros((2, 28, 28)), [0, 1]), "mnist.st")
    assert run(capsys, *arguments, "mnist.st")[0] == 0
    assert reader[0][0].image_shape_ == (28, 28)
    assert run(capsys, *arguments, "pretrained")[0] == 0
    assert reader[1][0] is None


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_names_that_the_output_cannot_encode_are_escaped(tmp_path, encoding):
    write_image("数字.png")
    command = [sys.executable, "-m", "skdigits", "predict", "数字.png"]
    done = subprocess.run(
        [*command, "--csv", "表.csv"],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(rb"\u6570\u5b57.png")
    assert done.stdout.rstrip().endswith(rb"Table: \u8868.csv")
    assert "数字.png" in (tmp_path / "表.csv").read_text("utf-8")


def test_the_command_imports_only_what_it_uses():
    """An answer is waited for."""
    write_image("a.png")
    pipeline = skdigits.make_digit_pipeline(filters=1, epochs=1)
    skdigits.save(pipeline.fit(np.zeros((2, 28, 28)), [0, 1]), "mnist.st")
    code = (
        "import sys\n"
        "from skdigits.cli import main\n"
        "try:\n"
        "    main(['predict', 'a.png', '--model', 'mnist.st', '--annotate', 'drawn'])\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "heavy = {'keras', 'tensorflow', 'sklearn', 'pandas', 'matplotlib', 'joblib'}\n"
        "heavy |= {'scipy.stats', 'scipy.sparse'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(os.name != "posix", reason="Windows has other pipes")
@pytest.mark.parametrize(
    "arguments",
    [["predict", "photos", "--json"], ["predict", "photos", "--n-jobs", "2"], ["info"]],
)
def test_a_reader_that_has_enough_ends_the_command_quietly(arguments):
    """As head does."""
    for number in range(9):
        write_image(f"photos/{number}.png")
    process = subprocess.Popen(
        [sys.executable, "-m", "skdigits", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    with process.stderr as stream:
        error = stream.read()
    assert (process.wait(PATIENCE), error) == (1, "")


@pytest.mark.skipif(os.name != "posix", reason="Windows has other pipes")
def test_a_table_is_written_though_nobody_reads_the_text():
    for number in range(3):
        write_image(f"photos/{number}.png")
    command = [sys.executable, "-m", "skdigits", "predict", "photos", "--csv", "a.csv"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    with process.stderr as stream:
        error = stream.read()
    assert (process.wait(PATIENCE), error) == (0, "")
    with open("a.csv") as table:
        assert len(table.readlines()) == 4


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process at once")
def test_sigterm_ends_the_processes_that_read_too():
    for number in range(300):
        write_image(f"photos/{number}.png")
    process = subprocess.Popen(
        [sys.executable, "-m", "skdigits", "predict", "photos", "--n-jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        _, error = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        _, alive = psutil.wait_procs(children, PATIENCE)
        for child in alive:
            child.kill()
    assert (process.returncode, error) == (143, "")
    assert len(children) >= 2 and alive == []
