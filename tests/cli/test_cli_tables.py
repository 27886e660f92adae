"""From scans of answer sheets to a table: predict --csv, --boxes and --n-digits."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from _sheets import blank, write
from PIL import Image

import skdigits
from skdigits.cli import main
from skdigits.reading import ReadDigit, Reading


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reader(monkeypatch):
    """In place of read_digits one that finds 07 and, below, an unsure sign."""
    calls = []

    def read_digits(image, *, model=None, min_confidence=None, rotation=None):
        calls.append(image)
        boxes = (
            ReadDigit(0, 0.99, 5, 20, 9, 30, 0, 0),
            ReadDigit(7, np.float32(0.91234), 30, 21, 18, 29, 0, 0),
            ReadDigit(None, 0.41, 6, 60, 20, 31, 1, 0),
        )
        return Reading(np.ones((90, 60)), boxes[:2] if "sure" in image else boxes)

    monkeypatch.setattr(skdigits, "read_digits", read_digits, raising=False)
    return calls


@pytest.fixture
def scans(tmp_path):
    """Two sheets of a form, one a file of two pages, and the boxes of the form."""
    sheets = []
    for number, points in (("174", "7"), ("23", ""), ("40", "12")):
        sheets.append(blank())
        write(sheets[-1], number, left=40, top=35)
        write(sheets[-1], points, left=300, top=35)
    (tmp_path / "scans").mkdir()
    sheets[0].save("scans/a.png")
    sheets[1].save("scans/b.tif", save_all=True, append_images=[sheets[2]])
    boxes = "name,left,top,width,height\nid,20,20,220,80\npoints,270,20,130,80\n"
    (tmp_path / "form.csv").write_text(boxes)
    return "scans"


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return end.value.code, *capsys.readouterr()


def table(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_a_row_for_each_image(reader, capsys):
    code, out, _ = run(capsys, "predict", "a.png", "sure.png", "--csv", "out.csv")
    assert code == 0 and out.endswith("Table: out.csv\n")
    assert table("out.csv").to_dict("list") == {
        "file": ["a.png", "sure.png"],
        "text": ["07\n?", "07"],
        "confidence": ["0.41", "0.9123"],
        "check": ["not sure", ""],
    }


def test_a_row_for_each_digit(reader, capsys):
    code, out, _ = run(capsys, "predict", "a.png", "--csv-digits", "out.csv")
    assert code == 0 and out.endswith("Digits: out.csv\n")
    digits = table("out.csv")
    assert (
        list(digits)
        == "file line number digit confidence left top width height".split()
    )
    assert digits["digit"].tolist() == ["0", "7", ""]
    assert digits.iloc[1].tolist() == "a.png 0 0 7 0.9123 30 21 18 29".split()


def test_what_cannot_be_read_has_a_row(capsys):
    code, _, err = run(capsys, "predict", "no.png", "--csv", "out.csv")
    assert code == 1 and "Got 'no.png'" in err
    (row,) = table("out.csv").to_dict("records")
    assert (row["file"], row["text"], row["confidence"]) == ("no.png", "", "")
    assert row["check"].startswith("Got 'no.png', which does not exist, but")


def test_json_is_alone_on_stdout(reader, capsys):
    options = ["--json", "--csv", "out.csv"]
    code, out, err = run(capsys, "predict", "a.png", *options)
    assert (code, err) == (0, "") and json.loads(out)["text"] == "07\n?"
    assert len(table("out.csv")) == 1


class TestBoxes:
    def test_a_column_for_each(self, scans, capsys):
        options = ["--boxes", "form.csv", "--csv", "out.csv"]
        code, out, err = run(capsys, "predict", scans, *options)
        assert (code, err) == (0, "")
        rows = table("out.csv")
        assert list(rows) == ["file", "id", "points", "confidence", "check"]
        assert rows["file"].tolist() == [
            "scans/a.png",
            "scans/b.tif#1",
            "scans/b.tif#2",
        ]
        assert rows["id"].tolist() == ["174", "23", "40"]
        assert rows["points"].tolist() == ["7", "", "12"]
        assert rows["check"].tolist() == ["", "", ""]
        assert (rows["confidence"].astype(float) > 0.6).all()
        lines = out.splitlines()
        assert lines[0] == "scans/a.png" and lines[1].startswith("  id      174  ")
        assert lines[5] == "  points"

    def test_the_digits_of_each(self, scans, capsys):
        options = ["--boxes", "form.csv", "--csv-digits", "out.csv"]
        assert run(capsys, "predict", "scans/a.png", *options)[0] == 0
        digits = table("out.csv")
        assert digits["box"].tolist() == ["id"] * 3 + ["points"]
        assert abs(int(digits["left"].iloc[-1]) - 300) < 5

    def test_as_json(self, scans, capsys):
        options = ["--boxes", "form.csv", "--json"]
        code, out, _ = run(capsys, "predict", "scans/a.png", *options)
        document = json.loads(out)
        assert set(document) == {"file", "boxes"} and code == 0
        found = {name: box["text"] for name, box in document["boxes"].items()}
        assert found == {"id": "174", "points": "7"}

    def test_drawn(self, scans, capsys):
        options = ["--boxes", "form.csv", "--annotate", "drawn"]
        assert run(capsys, "predict", scans, *options)[0] == 0
        with Image.open("drawn/a.png") as drawn:
            pixels = np.asarray(drawn).astype(int)
        blue = np.flatnonzero((pixels[..., 2] - pixels[..., 0] > 50).any(axis=0))
        assert blue.min() < 45 and 300 < blue.max() < 345

    def test_a_box_that_is_not_on_the_page(self, scans, capsys):
        with open("form.csv", "a") as file:
            file.write("far,500,20,90,80\n")
        options = ["--boxes", "form.csv", "--csv", "out.csv"]
        code, _, err = run(capsys, "predict", "scans/a.png", *options)
        assert code == 1 and "Got the box 'far' of (500" in err
        assert "'far'" in table("out.csv")["check"][0]

    def test_an_empty_box_mostly_beside_the_page(self, scans, capsys):
        with open("form.csv", "a") as file:
            file.write("far,390,190,100,100\n")
        options = ["--boxes", "form.csv", "--csv", "out.csv"]
        code, _, err = run(capsys, "predict", "scans/a.png", *options)
        assert code == 0 and err.startswith(
            "Warning: No digit was found in the boxes ['far']"
        )


class TestNumberOfDigits:
    def test_another_one_is_to_be_checked(self, reader, capsys):
        options = ["--n-digits", 2, "--csv", "out.csv"]
        code, out, _ = run(capsys, "predict", "a.png", "sure.png", *options)
        check = "not sure; 3 digits instead of 2"
        assert code == 0 and out.count("check: ") == 1
        assert f"  ?   0.41\n  check: {check}\nsure.png\n" in out
        assert table("out.csv")["check"].tolist() == [check, ""]

    def test_of_boxes(self, scans, capsys):
        options = ["--boxes", "form.csv", "--n-digits", 2, "--json"]
        out = run(capsys, "predict", scans, *options)[1]
        checks = [json.loads(line)["check"] for line in out.splitlines()]
        assert checks == [
            ["id: 3 digits instead of 2", "points: 1 digit instead of 2"],
            ["points: 0 digits instead of 2"],
            [],
        ]


def test_a_workbook_keeps_leading_zeros(reader, capsys):
    pytest.importorskip("openpyxl")
    options = ["--csv", "out.xlsx", "--csv-digits", "digits.xlsx"]
    assert run(capsys, "predict", "sure.png", *options)[0] == 0
    (row,) = pd.read_excel("out.xlsx", dtype={"text": str}).to_dict("records")
    assert row["text"] == "07" and row["confidence"] == 0.9123
    assert pd.read_excel("digits.xlsx")["digit"].tolist() == [0, 7]


def test_a_workbook_has_no_formulas(reader, capsys):
    openpyxl = pytest.importorskip("openpyxl")
    options = ["--csv", "out.xlsx", "--csv-digits", "digits.xlsx"]
    assert run(capsys, "predict", "=1+1.png", *options)[0] == 0
    for name in ("out.xlsx", "digits.xlsx"):
        cell = openpyxl.load_workbook(name).active["A2"]
        assert (cell.value, cell.data_type) == ("=1+1.png", "s")


def test_a_workbook_needs_openpyxl(reader, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    code, out, err = run(capsys, "predict", "a.png", "--csv", "out.xlsx")
    assert (code, out, reader) == (1, "", []) and err.count("\n") == 1
    assert "as openpyxl is not installed" in err and "pip install" in err


@pytest.mark.parametrize(
    "options, message",
    [
        (["--csv", "a.txt"], "Got csv='a.txt', but expected a name that ends in .csv"),
        (
            ["--csv", "no/a.csv"],
            "Got the file 'no/a.csv' in a missing folder, but expected an existing fo",
        ),
        (
            ["--csv", "a.csv", "--csv-digits", "a.csv"],
            "Got 'a.csv' for both the csv an",
        ),
        (["--csv", "form.csv", "--boxes", "form.csv"], "Got 'form.csv' for both the c"),
        (
            ["--boxes", "no.csv"],
            "Got path='no.csv', but expected an existing file of boxes",
        ),
        (
            ["--boxes", "taken.csv"],
            "Got a box named 'check' in 'taken.csv', but expected an",
        ),
        (["--n-digits", "0"], "Got n_digits=0, but expected an integer of at least 1"),
    ],
)
def test_options_are_checked_first(reader, scans, capsys, options, message):
    with open("taken.csv", "w") as file:
        file.write("name,left,top,width,height\ncheck,1,2,3,4\n")
    before = open("form.csv").read()
    code, out, err = run(capsys, "predict", "a.png", *options)
    assert (code, out, reader) == (1, "", []) and err.startswith(f"Error: {message}")
    assert err.count("\n") == 1 and open("form.csv").read() == before
