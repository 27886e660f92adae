"""The page to draw on, in a real browser, against a real server."""

import json
import time
import zipfile
from base64 import b64encode
from io import BytesIO

import numpy as np
import pytest
from _browser import Browser, needs_chromium
from _serving import serving
from _sheets import STROKES, blank, write

from skdigits.datasets import load_digit_images

pytestmark = needs_chromium

SCRIBBLE = [(x, y) for x in range(0, 300, 12) for y in (0, 180)]


@pytest.fixture(scope="module")
def address():
    with serving() as (_, address):
        yield address


@pytest.fixture
def browser(address, tmp_path):
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(address)
        yield browser
    finally:
        browser.close()
    assert browser.console == []
    allowed = (f"{address}/", f"blob:{address}/", "data:")
    assert [url for url in browser.requests if not url.startswith(allowed)] == []


def place_of(browser):
    script = (
        "(r => [r.left, r.top])(document.getElementById('canvas')"
        ".getBoundingClientRect())"
    )
    return browser.run(script)


def points_of(stroke, left, top, unit):
    """Return places along a stroke, about as dense as a hand's."""
    corners = np.array(stroke, float) * unit + (left, top)
    steps = np.linspace(0, len(corners) - 1, 6 * (len(corners) - 1) + 1)
    columns = [np.interp(steps, range(len(corners)), column) for column in corners.T]
    return np.transpose(columns).round(1).tolist()


def draw(browser, text, kind="mouse", unit=12):
    left, top = place_of(browser)
    for i, digit in enumerate(map(int, text)):
        for stroke in STROKES[digit]:
            start = left + 50 + 120 * i, top + 70
            browser.stroke(points_of(stroke, *start, unit), kind)


def text_of(browser):
    return browser.run("document.getElementById('text').textContent")


def reads(browser, text):
    browser.wait_for(f"document.getElementById('text').textContent === {text!r}")


def squares(browser):
    script = "[...document.querySelectorAll('#digits button')].map(b => b.ariaLabel)"
    return browser.run(script)


def settled(browser):
    """Wait until all that was drawn is read."""
    browser.wait_for("document.getElementById('text').ariaBusy === 'false'")


def test_each_digit_and_a_number(browser):
    for digit in range(10):
        draw(browser, str(digit), ("mouse", "touch", "pen")[digit % 3])
        reads(browser, str(digit))
        browser.run("document.getElementById('clear').click()")
        reads(browser, "Nothing yet")
    draw(browser, "407")
    reads(browser, "407")
    assert [label[:11] for label in squares(browser)] == [
        "Digit 1: 4,",
        "Digit 2: 0,",
        "Digit 3: 7,",
    ]
    script = "[...document.querySelectorAll('#digits img')].map(i => i.naturalWidth)"
    assert browser.run(script) == [28, 28, 28]


def test_no_digit_where_there_is_none(browser):
    draw(browser, "5")
    reads(browser, "5")
    browser.press("z", modifiers=2, code="KeyZ")
    reads(browser, "Nothing yet")
    assert squares(browser) == []
    left, top = place_of(browser)
    browser.stroke([(left + 90 + x, top + 70 + y) for x, y in SCRIBBLE])
    settled(browser)
    assert not set(text_of(browser)) & set("0123456789")
    # a tap is a dot
    browser.run("document.getElementById('clear').click()")
    browser.stroke([(left + 90, top + 90)])
    settled(browser)
    assert not set(text_of(browser)) & set("0123456789")


def choose_file(browser, *paths):
    root = browser.do("DOM.getDocument")["root"]["nodeId"]
    node = browser.do("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    browser.do("DOM.setFileInputFiles", nodeId=node, files=[*map(str, paths)])


def test_the_text_is_of_the_corrections(browser, tmp_path):
    sheet = blank(300, 400)
    write(sheet, "17", top=60)
    write(sheet, "4", top=220)
    sheet.save(tmp_path / "sheet.png")
    choose_file(browser, tmp_path / "sheet.png")
    reads(browser, "17\n4")
    for digit, key, text in [
        (1, "2", "12\n4"),
        (2, "9", "12\n9"),
        (2, "9", "12\n4"),  # taken back
    ]:
        browser.run(f"document.querySelectorAll('#digits button')[{digit}].focus()")
        browser.press(key)
        assert text_of(browser) == text
    for digit, text in [(0, "2\n4"), (2, "2"), (1, "No digit")]:
        browser.run(f"document.querySelectorAll('#digits button')[{digit}].click()")
        browser.run("document.querySelectorAll('#choice button')[10].click()")
        assert text_of(browser) == text
    browser.run("document.getElementById('forget').click()")
    assert text_of(browser) == "17\n4"
    # a correction counts wherever the same square is read again
    browser.run("document.querySelectorAll('#digits button')[0].focus()")
    browser.press("3")
    browser.run("document.getElementById('clear').click()")
    reads(browser, "Nothing yet")
    choose_file(browser, tmp_path / "sheet.png")
    reads(browser, "37\n4")


def test_a_image_and_corrections(browser, tmp_path):
    sheet = blank()
    write(sheet, "174")
    sheet.save(tmp_path / "sheet.png")
    choose_file(browser, tmp_path / "sheet.png")
    reads(browser, "174")
    # by a click, then by a key
    browser.run("document.querySelectorAll('#digits button')[1].click()")
    browser.run("document.querySelectorAll('#choice button')[2].click()")
    browser.run("document.querySelectorAll('#digits button')[2].focus()")
    browser.press("9")
    browser.run("document.querySelectorAll('#digits button')[0].click()")
    browser.run("document.querySelectorAll('#choice button')[10].click()")
    assert squares(browser) == [
        "Digit 1: corrected to no digit, was 1",
        "Digit 2: corrected to 2, was 7",
        "Digit 3: corrected to 9, was 4",
    ]
    browser.do(
        "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path)
    )
    browser.run("document.getElementById('download').click()")
    path = tmp_path / "corrections.zip"
    end = time.monotonic() + 60
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.05)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    # what train takes
    digits = load_digit_images(path, normalize="auto")
    assert not digits.normalized
    assert digits.target.tolist() == [-1, 2, 9]
    assert digits.images.shape == (3, 28, 28) and digits.images.max(axis=(1, 2)).all()


def test_several_images_are_shown_one_after_the_other(browser, tmp_path):
    for text in "47":
        sheet = blank()
        write(sheet, text)
        sheet.save(tmp_path / f"{text}.png")
    (tmp_path / "notes.txt").write_text("thick pen")
    files = [tmp_path / name for name in ("4.png", "notes.txt", "7.png")]
    choose_file(browser, *files)
    reads(browser, "4")
    left = "document.getElementById('left').textContent"
    button = "document.getElementById('next')"
    assert browser.run(left) == "Not an image: notes.txt."
    assert browser.run(f"{button}.textContent") == "Next image (1 left)"
    browser.run(f"{button}.click()")
    reads(browser, "7")
    assert browser.run(f"{button}.hidden") and browser.run(left) == ""


@pytest.mark.parametrize(
    "event",
    ["ClipboardEvent('paste', {clipboardData", "DragEvent('drop', {dataTransfer"],
)
def test_a_image_is_pasted_or_dropped(browser, event):
    sheet, content = blank(), BytesIO()
    write(sheet, "5")
    sheet.save(content, "PNG")
    browser.run(
        f"""(text => {{
        const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], "a.png", {{type: "image/png"}}));
        document.dispatchEvent(new {event}: data, cancelable: true}}));
        }})({b64encode(content.getvalue()).decode()!r})"""
    )
    reads(browser, "5")
    # drawing begins anew
    draw(browser, "1")
    reads(browser, "1")


@pytest.mark.parametrize(
    "name, message",
    [
        ("a.png", "Got an image, which cannot be decoded"),
        ("a.txt", "Got a.txt, but expected an image. Choose another file."),
    ],
)
def test_what_is_no_image_is_said(browser, tmp_path, name, message):
    draw(browser, "5")
    reads(browser, "5")
    (tmp_path / name).write_bytes(b"nothing of the kind")
    choose_file(browser, tmp_path / name)
    browser.wait_for("document.getElementById('problem').textContent")
    problem = browser.run("document.getElementById('problem').textContent")
    assert problem.startswith(message)
    # nothing of what was read before is left beside the message
    settled(browser)
    assert text_of(browser) == "" and squares(browser) == []
    assert browser.run("document.getElementById('legend').hidden")
    assert browser.run("document.getElementById('problem').textContent") == problem
    draw(browser, "1")
    reads(browser, "1")
    assert browser.run("document.getElementById('problem').textContent") == ""
    # the browser notes the status 422, which is meant
    browser.console = [line for line in browser.console if "422" not in line]


def test_small_dark_and_by_keyboard(browser):
    browser.dark(True)
    browser.resize(375, 700, scale=2)
    draw(browser, "3", "touch")
    reads(browser, "3")
    # a later reading lists the digits anew
    settled(browser)
    assert browser.run("document.documentElement.scrollWidth") == 375
    grounds = browser.run(
        "[document.body, document.getElementById('canvas')]"
        ".map(e => getComputedStyle(e).backgroundColor)"
    )
    for ground in grounds:
        assert max(json.loads(f"[{ground[4:-1]}]")) < 60
    names = browser.do("Accessibility.getFullAXTree")["nodes"]
    buttons = [n for n in names if n.get("role", {}).get("value") == "button"]
    assert len(buttons) >= 3 and all(n["name"]["value"] for n in buttons)
    browser.run("document.querySelector('#digits button').focus()")
    browser.press("Enter")
    assert not browser.run("document.getElementById('choice').hidden")
    browser.press("Escape")
    assert browser.run("document.getElementById('choice').hidden")


def test_the_browser_would_tell(address, tmp_path):
    """Of a request elsewhere, which the page's policy refuses, and of an error."""
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(address)
        browser.run("fetch('http://elsewhere.invalid/').catch(() => 0)")
        browser.run("console.log('oh no'); 0")
        browser.wait_for("true")
        assert any("Content Security Policy" in line for line in browser.console)
        assert any("oh no" in line for line in browser.console)
    finally:
        browser.close()
