"""The page of an error report: what it says, and how a browser takes it."""

import json
import os
import subprocess
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _browser import CHROMIUM, needs_chromium
from _coloured import coloured_digits
from PIL import Image

from skdigits.inspection import ErrorReport

VOID = {"meta", "img", "br", "link"}
HEADINGS = ["Classes", "Each class against all others"]


class Outline(HTMLParser):
    """Collects the tags of a page, and checks that they are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text = [], [], {}
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def report():
    rng = np.random.default_rng(0)
    y_true = rng.integers(10, size=600)
    y_proba = rng.dirichlet(np.ones(10), size=600)
    y_proba[np.arange(600), y_true] += 2
    y_proba /= y_proba.sum(axis=1, keepdims=True)
    y_proba[:40] = np.roll(y_proba[:40], 1, axis=1)
    return ErrorReport.from_predictions(
        y_true, y_proba=y_proba, X=rng.integers(255, size=(600, 28, 28))
    )


@pytest.fixture(scope="module")
def page(report):
    return report.to_html("A page")


def test_structure(page, report):
    outline = Outline(page)
    assert outline.all("html") == [{"lang": "en"}]
    assert outline.text["title"] == outline.text["h1"] == ["A page"]
    headings = [tag for tag, _ in outline.tags if tag in ("h1", "h2", "h3")]
    assert headings == ["h1"] + ["h2"] * 5
    ids = [attributes["id"] for attributes in outline.all("h2")]
    assert [a["href"] for a in outline.all("a")] == [f"#{name}" for name in ids]
    assert [s["aria-labelledby"] for s in outline.all("section")] == ids
    assert outline.text["caption"][:2] == HEADINGS
    assert all(th["scope"] in ("col", "row") for th in outline.all("th"))
    assert len(outline.all("figcaption")) == len(outline.all("img")) == 5 + 40


def test_tiles(report):
    outline = Outline(report.to_html("A page", model="mine.safetensors"))
    names = ["Accuracy", "Mistakes", "Calibration error", "Model", "Date"]
    assert outline.text["dt"] == names
    values = outline.text["dd"]
    assert values[:4] == [
        "93.33 %",
        "95\xa0% interval 91.05\xa0% to 95.07\xa0%",  # no line breaks inside a number
        "40",
        "of 600 images",
    ]
    assert "mine.safetensors" in values
    bare = ErrorReport.from_predictions([1, 2], [1, 1])
    assert Outline(bare.to_html()).text["dt"] == ["Accuracy", "Mistakes", "Date"]


def test_each_mistake_has_the_most_probable_classes(page, report):
    row = report.mistakes.index[0]
    best = np.argsort(-report.y_proba[row])[:3]
    words = [f"{report.labels[i]}: {100 * report.y_proba[row, i]:.0f} %" for i in best]
    assert ", ".join(words) in page


def test_no_digit_and_classes_without_rows():
    y_true, y_pred = [3, 3, 3, -1, 4], [3, -1, -1, 4, 4]
    report = ErrorReport.from_predictions(y_true, y_pred, labels=[-1, 3, 4, 9])
    page = report.to_html()
    assert "3 rejected as no digit, 2 times" in page
    assert '<th scope="row">9</th>' not in page and '<th scope="row">4</th>' in page


def test_every_image_is_inside_and_described(page):
    for image in Outline(page).all("img"):
        assert image["src"].startswith(("data:image/svg+xml;", "data:image/png;"))
        assert image["alt"]
    assert "http:" not in page and "https:" not in page and "<script" not in page


def test_the_sentences_are_those_of_the_summary(page, report):
    sentences = Outline(page).text["li"][:5]
    assert " ".join(sentences) == report.summary()


def test_labels_are_escaped():
    label = "<script>alert('5')</script>"
    page = ErrorReport.from_predictions([label, "6"], ["6", "6"]).to_html("<b>")
    Outline(page)
    assert "<script" not in page and "<b>" not in page
    assert "&lt;script&gt;" in page


def test_without_images_the_mistakes_are_a_table(report):
    labels = report.labels
    bare = ErrorReport.from_predictions(labels[report.true], labels[report.predicted])
    outline = Outline(bare.to_html())
    assert "Mistakes: the first 20 of 40" in outline.text["caption"]
    assert "Probabilities" not in outline.text["h2"]
    assert len(outline.all("img")) == 2


def test_a_hopeless_classifier_has_a_gallery_of_bounded_length():
    y_true = np.arange(1000) % 2
    report = ErrorReport.from_predictions(y_true, 1 - y_true, X=np.ones((1000, 8, 8)))
    page = report.to_html()
    assert "200 of 1,000 mistakes" in page
    assert page.count('class="gallery"') == 1
    assert len(Outline(page).all("img")) == 2 + 200


def test_the_style_of_the_user_is_neither_taken_nor_changed(page, report):
    with plt.style.context("dark_background"):
        before = dict(plt.rcParams)
        again = report.to_html("A page")
        assert dict(plt.rcParams) == before
    # the ids inside the drawings are random
    assert len(again) == pytest.approx(len(page), rel=0.001)
    assert plt.get_fignums() == []


def decoded(source):
    content = b64decode(source.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(BytesIO(content)))


def gallery(report):
    images = Outline(report.to_html()).all("img")
    return [decoded(image["src"]) for image in images if "row" in image["alt"]]


@pytest.mark.parametrize("scale", [1, 255], ids=["to 255", "to 1"])
def test_misclassified_images_in_colour(scale):
    X, y = coloured_digits(30)
    X[0, 0, 0] = 255  # in a mistake, so that the largest value is known
    report = ErrorReport.from_predictions(y, np.roll(y, 1), X=X / scale)
    drawn = gallery(report)
    assert len(drawn) == report.n_errors > 0
    for found, row in zip(drawn, report.mistakes.index, strict=True):
        assert found.shape == (8, 8, 3)
        np.testing.assert_allclose(found, X[row], atol=1)


def test_misclassified_images_of_one_channel_are_dark_on_light(report):
    found = gallery(report)[0]
    image = report.images[report.mistakes.index[0]]
    assert found.shape == (28, 28)
    assert found[image == image.max()].max() == 0
    assert found[image == image.min()].min() == 255


def visit(path, folder):
    """Open a file in Chromium.

    Returns the page as it then is, the lines of its console, and the requests that it
    made; what the browser itself asks for has no origin.
    """
    log = folder / "requests.json"
    command = [
        CHROMIUM,
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}",
        f"--log-net-log={log}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        path.as_uri(),
    ]
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    console = [line for line in result.stderr.splitlines() if ":CONSOLE" in line]
    record = json.loads(log.read_text())
    start = record["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    requests = [
        event["params"]["url"]
        for event in record["events"]
        if event["type"] == start
        and event.get("params", {}).get("initiator", "not an origin") != "not an origin"
    ]
    return result.stdout, console, requests


@needs_chromium
def test_a_browser_shows_it_and_fetches_nothing(report, tmp_path):
    path = report.write(tmp_path / "report", "A page")
    page, console, requests = visit(path, tmp_path)
    assert console == [] and requests == []
    outline = Outline(page)
    assert len(outline.all("table")) == 6
    assert outline.text["caption"][:2] == HEADINGS
    for name in Outline(path.read_text()).all("a"):
        if not name["href"].startswith("#"):
            assert (path.parent / name["href"]).is_file()


@needs_chromium
def test_the_browser_would_tell(tmp_path):
    path = tmp_path / "bad.html"
    path.write_text(
        '<!doctype html><img src="http://image.invalid/x.png">'
        '<script>console.error("oh no")</script>'
    )
    _, console, requests = visit(path, tmp_path)
    assert "oh no" in console[0]
    assert requests == ["http://image.invalid/x.png"]
