"""What an image may come as: files, their content, pages, what a sketchpad gives."""

import io
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

import skdigits
from skdigits.handwriting import find_digits
from skdigits.images import grey_image, grey_pages, read_image


def page(digits):
    """Return a page with that many upright ones."""
    paper = np.full((80, 160), 230, np.uint8)
    for number in range(digits):
        paper[20:60, 20 + 30 * number : 26 + 30 * number] = 40
    return paper


def content_of(array, format="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format, **options)
    return file.getvalue()


def tiff(*arrays, **options):
    first, *others = map(Image.fromarray, arrays)
    file = io.BytesIO()
    first.save(file, "TIFF", save_all=True, append_images=others, **options)
    return file.getvalue()


def pdf(*arrays):
    first, *others = map(Image.fromarray, arrays)
    file = io.BytesIO()
    first.save(file, "PDF", save_all=True, append_images=others, resolution=150)
    return file.getvalue()


ONE = page(1)


@pytest.mark.parametrize(
    "source",
    [
        content_of(ONE),
        bytearray(content_of(ONE)),
        io.BytesIO(content_of(ONE)),
        {"background": None, "layers": [], "composite": ONE},
        {"composite": np.dstack([np.zeros((*ONE.shape, 3), np.uint8), 230 - ONE])},
        content_of(ONE, "TIFF"),
        "AVIF",
        pdf(ONE),
    ],
    ids="bytes bytearray file sketchpad transparent tiff avif pdf".split(),
)
def test_sources_of_one_image(source):
    if source == "AVIF":
        Image.init()
        if source not in Image.SAVE:
            pytest.skip("Pillow has no AVIF")
        source = content_of(ONE, source, quality=100)
    many, (grey,) = grey_pages(source)
    assert not many and grey.dtype == np.float32
    # a page of a PDF may be a pixel larger
    assert np.abs(np.subtract(grey.shape, ONE.shape)).max() <= 1
    inked = (grey < grey.max() / 2)[40].nonzero()[0]
    assert abs(inked.min() - 20) <= 1 and abs(inked.max() - 25) <= 1


def test_an_open_file_and_its_path(tmp_path):
    (tmp_path / "a.png").write_bytes(content_of(ONE))
    with open(tmp_path / "a.png", "rb") as file:
        of_file = skdigits.read_digits(file)
    assert of_file.text == skdigits.read_digits(tmp_path / "a.png").text == "1"


@pytest.mark.parametrize("document, suffix", [(tiff, "tif"), (pdf, "pdf")])
def test_each_page_is_a_reading(tmp_path, document, suffix):
    path = tmp_path / f"pages.{suffix}"
    path.write_bytes(document(page(1), page(3), page(0)))
    readings = skdigits.read_digits(path)
    assert [reading.text.replace(" ", "") for reading in readings] == ["1", "111", ""]
    nested = skdigits.read_digits([path, ONE])
    assert len(nested[0]) == 3 and nested[1].text == "1"


def test_several_pages_are_not_one_image(tmp_path):
    content = tiff(page(1), page(2))
    for function in (find_digits, grey_image):
        with pytest.raises(ValueError, match="Got several pages, but expected one im"):
            function(content)
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.tif' of several pages, but expected"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("dtype", [bool, np.uint8, float])
def test_colours_without_pixels(dtype):
    with pytest.raises(
        ValueError, match=r"^Got an image as an array of shape \(0, 5, "
    ):
        grey_image(np.zeros((0, 5, 3), dtype))


def test_dark_colours_are_dark():
    dark = np.zeros((4, 5, 3), np.uint8)
    dark[..., 0] = 3
    assert grey_image(dark).max() < 0.02
    assert grey_image(np.uint16([[[65535, 0, 0]]])) == pytest.approx(0.3, abs=0.01)


def test_warnings_between_two_pages_are_not_lost():
    _, pages = grey_pages(tiff(*[ONE] * 4))
    next(pages)
    with pytest.warns(UserWarning, match="of somebody else"):
        warnings.warn("of somebody else", UserWarning, stacklevel=1)
    before = list(warnings.filters)
    del pages
    assert warnings.filters == before


def test_a_thumbnail_is_no_page():
    small = Image.fromarray(page(1)[::4, ::4])
    small.encoderinfo = {"tiffinfo": {254: 1}}
    file = io.BytesIO()
    Image.fromarray(page(1)).save(file, "TIFF", save_all=True, append_images=[small])
    many, pages = grey_pages(file.getvalue())
    assert not many and next(pages).shape == (80, 160)


def test_heic():
    pillow_heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(ONE).convert("RGB")).save(file, quality=90)
    grey = grey_image(file.getvalue())
    assert grey.shape == ONE.shape
    assert grey[40, 22] < 0.3 < 0.8 < grey[40, 100]


@pytest.mark.parametrize(
    "module, content",
    [
        ("pypdfium2", b"%PDF-1.7\n"),
        ("pillow_heif", b"\0\0\0\x18ftypheic" + bytes(40)),
    ],
    ids="pdf heic".split(),
)
def test_a_package_that_is_missing_is_named(monkeypatch, module, content):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ValueError,
        match=f"{module} to be installed to read it. Run pip install {module}.",
    ):
        skdigits.read_digits(content)


@pytest.mark.parametrize(
    "source, message",
    [
        ({"layers": []}, r"Got a dict with \['layers'\], but expected the image under"),
        (
            io.StringIO("text"),
            'that returns str, but expected bytes. Open the file with mode="rb',
        ),
        (b"", r"Got an image, which cannot be read \(it is empty\)"),
        (b"%PDF-1.7 nothing else", "Got an image, which cannot be decoded"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "Got an image, which cannot be decoded"),
        (np.full((9, 9, 3), np.nan), "pixels from nan to nan, but expected finite num"),
        (np.full((9, 9, 4), -1), "pixels from -1.0 to -1.0, but expected finite numb"),
        (np.full((9, 9, 3), "a"), r"shape \(9, 9, 3\) and dtype <U1, but expected num"),
        (np.full((9, 9, 3), None), r"shape \(9, 9, 3\) and dtype object, but expect"),
    ],
)
def test_errors(source, message):
    if b"heic" in (source if isinstance(source, bytes) else b""):
        pytest.importorskip("pillow_heif")
    with pytest.raises(ValueError, match=message):
        skdigits.read_digits(source)


def test_a_document_without_a_page():
    pypdfium2 = pytest.importorskip("pypdfium2")
    file = io.BytesIO()
    pypdfium2.PdfDocument.new().save(file)
    with pytest.raises(ValueError, match="Got an image, which cannot be decoded"):
        skdigits.read_digits(file.getvalue())


def test_too_many_pages(monkeypatch):
    monkeypatch.setattr("skdigits.images._decode.MAX_PAGES", 2)
    for content in (tiff(*[ONE] * 3), pdf(*[ONE] * 3)):
        with pytest.raises(ValueError, match="of 3 pages, but expected at most 2"):
            skdigits.read_digits(content)
