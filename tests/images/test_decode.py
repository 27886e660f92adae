import io
import os
import struct
import subprocess
import sys
import zlib
from zlib import crc32 as crc

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from skdigits.images import _counted_reads, _decode, _modes
from skdigits.images._decode import SUFFIXES, grey_of_image, read_image

GREY = np.array([[0, 51, 102], [204, 153, 255]], dtype=np.uint8)
FORMATS = ["BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP"]


def encoded(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def write(folder, content, name="a.png"):
    (folder / name).write_bytes(content)
    return folder / name


def digit_like(mode="L", size=(48, 32)):
    """Return an image of a dark ring on light paper."""
    x, y = np.meshgrid(*(np.linspace(-1, 1, side) for side in size))
    ring = abs(np.hypot(x, y) - 0.6) < 0.15
    return Image.fromarray(np.where(ring, 30, 225).astype(np.uint8)).convert(mode)


class TestModes:
    @pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "PA", "CMYK"])
    @pytest.mark.parametrize("format", ["PNG", "TIFF"])
    def test_all_are_grey_in_the_end(self, tmp_path, mode, format):
        image = Image.fromarray(GREY).convert("RGB").convert(mode)
        if format == "PNG" and mode in ("CMYK", "PA"):
            pytest.skip("PNG has no such mode")
        grey = read_image(write(tmp_path, encoded(image, format)))
        assert grey.dtype == np.uint8
        assert_array_equal(grey, GREY)

    def test_one_bit(self, tmp_path):
        image = Image.fromarray(GREY > 127)
        grey = read_image(write(tmp_path, encoded(image, "PNG")))
        assert_array_equal(grey, np.where(GREY > 127, 255, 0))

    @pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
    def test_sixteen_bits_are_rounded_to_eight(self, tmp_path, format):
        values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
        grey = read_image(write(tmp_path, encoded(Image.fromarray(values), format)))
        assert_array_equal(grey, np.round(values / 257))

    def test_cmyk_of_a_jpeg(self, tmp_path):
        content = encoded(digit_like("CMYK"), "JPEG", quality=95)
        grey = read_image(write(tmp_path, content))
        assert abs(grey - np.asarray(digit_like(), dtype=float)).mean() < 3

    @pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
    def test_the_first_image_of_an_animation(self, tmp_path, format):
        first = digit_like("RGB")
        others = [Image.new("RGB", first.size, "black") for _ in range(3)]
        options = {"save_all": True, "append_images": others}
        options |= {"lossless": True} if format == "WEBP" else {}
        grey = read_image(write(tmp_path, encoded(first, format, **options)))
        assert_array_equal(grey, digit_like())

    @pytest.mark.parametrize("orientation", [*range(10), 300])
    @pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
    def test_orientation(self, tmp_path, orientation, format):
        from PIL import ImageOps

        exif = Image.Exif()
        exif[0x0112] = orientation
        image = digit_like()
        image.paste(0, (0, 0, 10, 5))  # so that each turn is another image
        options = {"quality": 100} if format == "JPEG" else {}
        options |= {"lossless": True} if format == "WEBP" else {}
        path = write(tmp_path, encoded(image, format, exif=exif, **options))
        image.getexif()[0x0112] = orientation
        expected = np.asarray(ImageOps.exif_transpose(image))
        grey = read_image(path)
        assert grey.shape == expected.shape and grey.flags.c_contiguous
        assert abs(grey.astype(int) - expected).max() <= 3
        # from a path, Pillow 13 maps a plain TIFF to memory, and mixes up its pixels
        with open(path, "rb") as file, Image.open(file) as opened:
            assert_array_equal(grey_of_image(opened), grey)
            # its tag is gone when it has been turned
            turned = grey_of_image(ImageOps.exif_transpose(opened))
        assert abs(turned.astype(int) - expected).max() <= 3

    @pytest.mark.parametrize("format", FORMATS)
    def test_the_content_of_a_file_is_read_as_the_file(self, tmp_path, format):
        options = {"progressive": True} if format == "JPEG" else {}
        content = encoded(digit_like(), format, **options)
        grey = read_image(write(tmp_path, content))
        assert_array_equal(read_image(content), grey)

    def test_a_image_that_is_open(self):
        assert_array_equal(grey_of_image(Image.fromarray(GREY).convert("RGB")), GREY)
        with pytest.raises(ValueError, match="Got an image with pixels of mode 'F'"):
            grey_of_image(Image.fromarray(np.ones((2, 2), np.float32)))

    def test_a_image_that_is_open_has_limits_too(self):
        def message(image):
            with pytest.raises(ValueError) as caught:
                grey_of_image(image)
            return str(caught.value)

        bomb = Image.open(io.BytesIO(png(8000, 8000)))
        assert "of 8000 x 8000 pixels, but expected at most" in message(bomb)
        for size in ((0, 0), (0, 5)):
            assert "without pixels, but" in message(Image.new("RGBA", size))
        cut = Image.open(io.BytesIO(encoded(digit_like(), "PNG")[:100]))
        assert message(cut).startswith("Got an image, which cannot be decoded (")
        closed = Image.fromarray(GREY)
        closed.close()
        assert "which cannot be decoded" in message(closed)

    @pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "CMYK", "I;16"])
    @pytest.mark.parametrize("light", [False, True])
    def test_strips_are_as_the_whole(self, monkeypatch, mode, light):
        values = np.random.default_rng(0).integers(0, 256, (50, 40, 4), dtype=np.uint8)
        if light:
            # a few light pixels on nothing
            values[..., :3] |= 128
            values[10:, :, 3] = 0
        image = Image.fromarray(values)
        if mode == "I;16":
            image = Image.fromarray(values[..., 0].astype(np.uint16) * 257)
            image.info["transparency"] = 257 * 200
        elif mode != "RGBA":
            image = image.convert(mode)
        whole = grey_of_image(image)
        monkeypatch.setattr(_modes, "_STRIP_PIXELS", 130)
        assert_array_equal(grey_of_image(image), whole)


class TestTransparency:
    """A drawing is seen, whether it is dark or light."""

    def drawing(self, grey, opacity=255):
        ring = np.asarray(digit_like()) < 128
        values = np.zeros((*ring.shape, 2), np.uint8)
        values[ring] = grey, opacity
        return Image.fromarray(values), ring

    @pytest.mark.parametrize("mode", ["LA", "RGBA"])
    @pytest.mark.parametrize("ink", [0, 40, 200, 255])
    def test_drawings(self, tmp_path, mode, ink):
        image, ring = self.drawing(ink)
        path = write(tmp_path, encoded(image.convert(mode), "PNG"))
        assert_array_equal(
            read_image(path), np.where(ring, ink, 255 if ink < 128 else 0)
        )

    def test_half_transparent(self, tmp_path):
        image, ring = self.drawing(255, opacity=100)
        grey = read_image(write(tmp_path, encoded(image, "PNG")))
        assert_array_equal(grey, np.where(ring, 100, 0))

    def test_paper_that_was_cut_out(self, tmp_path):
        """Dark ink on light paper is no light drawing."""
        paper = digit_like("LA")
        paper.putalpha(255)
        sheet = Image.new("LA", (100, 100))
        sheet.paste(paper, (20, 20))
        grey = read_image(write(tmp_path, encoded(sheet, "PNG")))
        assert grey[0, 0] == 255 and grey.min() == 30

    def test_faint_ink_on_paper_with_round_corners(self, tmp_path):
        paper = np.full((60, 60, 2), 255, np.uint8)
        paper[20:40, 30, 0] = 150
        paper[:3, :3, 1] = 0
        content = encoded(Image.fromarray(paper), "PNG")
        assert read_image(write(tmp_path, content))[0, 0] == 255

    def test_nothing_but_transparency(self, tmp_path):
        content = encoded(Image.new("LA", (5, 4)), "PNG")
        assert (read_image(write(tmp_path, content)) == 255).all()

    def test_a_transparent_colour_of_a_palette(self, tmp_path):
        image = Image.fromarray((np.asarray(digit_like()) < 128).astype(np.uint8))
        image.putpalette([0, 0, 0, 255, 255, 255])
        grey = read_image(write(tmp_path, encoded(image, "GIF", transparency=0)))
        assert_array_equal(grey == 255, np.asarray(image) == 1)
        assert grey.min() == 0


def refusal(path):
    """Read an image that must be refused; return the one line."""
    with pytest.raises(ValueError) as caught:
        read_image(path)
    message = str(caught.value)
    assert message.startswith(f"Got {str(path)!r}") and "\n" not in message
    return message


class TestRefused:
    def test_not_there(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="which does not exist, but expec"):
            read_image(tmp_path / "a.png")

    def test_a_url(self):
        url = "https://example.org/a/b.png?" + 300 * "x"
        assert "which is a URL, but expected an image file. Download" in refusal(url)

    def test_what_is_no_file(self, tmp_path):
        (tmp_path / "b.png").mkdir()
        assert "(it is not a regular file)" in refusal(tmp_path / "b.png")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "a.png")
        (tmp_path / "b.png").symlink_to("/dev/zero")
        assert "(it is not a regular file)" in refusal(tmp_path / "a.png")
        assert "(it is not a regular file)" in refusal(tmp_path / "b.png")

    def test_bytes(self, tmp_path):
        path = write(tmp_path, encoded(digit_like(), "PNG"))
        os.truncate(path, 100_000_001)
        assert "it has 100,000,001 bytes; the limit is 100,000,000" in refusal(path)

    def test_pixels_are_refused_before_they_are_decoded(self, tmp_path):
        bomb = png(8000, 8000)
        assert "of 8000 x 8000 pixels, but expected at most" in refusal(
            write(tmp_path, bomb)
        )
        bomb = png(2**31 - 1, 2**31 - 1)
        assert "of far more pixels, but expected at most" in refusal(
            write(tmp_path, bomb)
        )

    def test_pixels_in_words(self, tmp_path):
        small = b"P2 3 2 255\n0 51 102 204 153 255"
        assert_array_equal(read_image(write(tmp_path, small)), GREY)
        large = write(tmp_path, b"P2 3000 3000 255\n" + b"1 " * 9_000_000)
        assert "expected at most 5,000,000 pixels" in refusal(large)

    @pytest.mark.parametrize(
        "start, part, end",
        [
            (b"", b"\0\0\0\0abCd" + struct.pack(">I", crc(b"abCd")), b""),
            (b"\xff\xd8", b"\xff\xe0\0\2", b""),
            (b"\xff\xd8", b"\xff", b""),
            (b"P5\n#", b"x", b"\n1 1\n255\n\0"),
        ],
        ids=["chunks", "segments", "fill bytes", "comment"],
    )
    def test_parts_without_end(self, tmp_path, monkeypatch, start, part, end):
        monkeypatch.setattr(_counted_reads, "MAX_READS", 1000)
        sound = encoded(digit_like(), "PNG")
        if not start:
            start, end = sound[:33], sound[33:]
        path = write(tmp_path, start + 2000 * part + end)
        assert "in more than 1,000 parts, but expected" in refusal(path)
        assert read_image(write(tmp_path, sound)).shape == (32, 48)

    def test_scans_without_end(self, tmp_path):
        content = encoded(digit_like(), "JPEG", progressive=True)
        last = content.rindex(b"\xff\xda")
        endless = content[:last] + content[last:-2] * 5000 + content[-2:]
        assert "of 5,0" in refusal(write(tmp_path, endless))
        # what phones append to a photo, such as a film, is no scan
        film = content + b"\xff\xda" * 5000
        assert read_image(write(tmp_path, film)).shape == (32, 48)

    def test_other_formats_are_not_even_tried(self, tmp_path):
        """Pillow would start Ghostscript for this one."""
        content = encoded(digit_like(), "EPS")
        message = refusal(write(tmp_path, content))
        assert "(its format is none of BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP)" in message

    def test_an_empty_file(self, tmp_path):
        message = refusal(write(tmp_path, b""))
        assert "which cannot be read (it is empty), but expected an image" in message

    @pytest.mark.parametrize("format", FORMATS)
    def test_fuzz(self, tmp_path, format, capfd):
        """Cut off, bits turned, bytes at random: an image or one line."""
        rng = np.random.default_rng(FORMATS.index(format))
        n_read = 0
        for content in damaged(format, rng, n=90):
            path = write(tmp_path, content)
            try:
                grey = read_image(path)
            except ValueError as error:
                message = str(error)
                assert message.startswith("Got ") and "\n" not in message
            else:
                n_read += 1
                assert grey.ndim == 2 and grey.dtype == np.uint8
        assert 0 < n_read < 90
        assert capfd.readouterr() == ("", "")


def damaged(format, rng, n):
    """Yield damaged files of a format."""
    modes = {"GIF": ["P"], "JPEG": ["L", "CMYK"], "PPM": ["L"], "BMP": ["P", "RGB"]}
    sound = [
        encoded(digit_like(mode), format, **options)
        for mode in modes.get(format, ["L", "P", "RGBA"])
        for options in OPTIONS.get(format, [{}])
    ]
    for number in range(n):
        content = bytearray(sound[number % len(sound)])
        kind = number % 3
        if kind == 0:
            content = content[: rng.integers(len(content))]
        elif kind == 1:
            # few, and half of them in the header
            reach = rng.choice([64, len(content)])
            for place in rng.integers(min(reach, len(content)), size=3):
                content[place] ^= 1 << rng.integers(8)
        else:
            start = rng.integers(len(content))
            content[start : start + 16] = rng.bytes(16)
        yield bytes(content)


OPTIONS = {
    "JPEG": [{}, {"progressive": True}],
    "TIFF": [{}, {"compression": "tiff_lzw"}, {"compression": "tiff_deflate"}],
    "WEBP": [{}, {"lossless": True}],
}


def png(width, height, *, depth=8, colour=0, n_bytes=0):
    """Return a black PNG file; without ``n_bytes`` for a pixel none is there."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    rows = bytes(height * (1 + n_bytes * width)) if n_bytes else b""
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)))
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def webp(side):
    """Return a WebP file, lossless and of one colour."""
    content = bytearray(encoded(Image.new("RGBA", (9, 9)), "WEBP", lossless=True))
    sides = int.from_bytes(content[21:25], "little") >> 28 << 28
    sides |= (side - 1) | (side - 1) << 14
    content[21:25] = sides.to_bytes(4, "little")
    return bytes(content)


def tiff_of_one_tile(side):
    """Return a TIFF file of 64 x 64 pixels in a far larger tile."""
    data = zlib.compress(bytes(1000))
    tags = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1}
    tags |= {322: side, 323: side, 324: 8, 325: len(data)}
    entries = b"".join(struct.pack("<HHII", t, 4, 1, tags[t]) for t in tags)
    start = struct.pack("<I", 8 + len(data))
    return b"II*\0" + start + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def test_a_tile_larger_than_its_image(tmp_path):
    path = write(tmp_path, tiff_of_one_tile(2**15))
    assert "of 32768 x 32768 pixels" in refusal(path)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
@pytest.mark.parametrize(
    "name, make, limit",
    [
        ("a.png", lambda: png(7071, 7071, colour=4, n_bytes=2), 0.4),
        ("a.png", lambda: png(7071, 7071, colour=6, n_bytes=4), 0.4),
        ("a.webp", lambda: webp(6324), 1),
    ],
    ids=["grey and alpha", "colours and alpha", "webp"],
)
def test_the_largest_images_take_less_than_a_gigabyte(tmp_path, name, make, limit):
    """As much as is accepted of each, in a process of its own."""
    path = write(tmp_path, make(), name)
    code = (
        "import sys\n"
        "from skdigits.images._decode import read_image\n"
        "assert read_image(sys.argv[1]).size > 39_000_000\n"
        "print(open('/proc/self/status').read())\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    # not ru_maxrss, which begins with that of the process that started it
    peak = next(x for x in result.stdout.splitlines() if x.startswith("VmHWM:"))
    assert int(peak.split()[1]) * 1024 < limit * 1_000_000_000


def test_limits_and_suffixes_fit_together():
    Image.init()
    known = {suffix for suffix, format in Image.EXTENSION.items() if format in FORMATS}
    assert set(SUFFIXES) - {".avif", ".heic", ".heif"} <= known
    assert _decode.MAX_PIXELS < Image.MAX_IMAGE_PIXELS


def test_content_without_a_name_has_limits_too(monkeypatch):
    content = encoded(digit_like(), "PNG")
    with pytest.raises(ValueError, match="^Got an image, which cannot be decoded"):
        read_image(content[:60])
    monkeypatch.setattr(_decode, "MAX_PIXELS", 1000)
    with pytest.raises(ValueError, match="^Got an image of 48 x 32 pixels, but"):
        read_image(content)
    monkeypatch.setattr(_decode, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="Got an image of [0-9]+ bytes, but"):
        read_image(content)
