import io
import os
import warnings
import zipfile
from contextlib import suppress
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from skdigits.datasets import _zip, load_digit_images
from skdigits.images import _decode


def write_image(path, values, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values)).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for label in ("0", "7", "10"):
        for i in range(2):
            values = rng.integers(0, 256, (6, 5)).astype(np.uint8)
            write_image(tmp_path / "digits" / label / f"{i}.png", values)
    return tmp_path / "digits"


class TestFolder:
    def test_one_sub_folder_for_each_class(self, folder):
        digits = load_digit_images(folder)
        assert digits.data.shape == (6, 30) and digits.data.dtype == np.uint8
        assert digits.images.shape == (6, 6, 5)
        assert digits.target.dtype == np.int64
        assert digits.target.tolist() == [0, 0, 10, 10, 7, 7]
        assert digits.target_names == ["0", "7", "10"]
        first = np.asarray(Image.open(folder / "0" / "0.png"))
        assert_array_equal(digits.images[0], first)
        X, y = load_digit_images(str(folder), return_X_y=True)
        assert_array_equal(X, digits.data)

    def test_names_that_are_no_numbers(self, folder):
        (folder / "7").rename(folder / "seven")
        assert set(load_digit_images(folder).target) == {"0", "10", "seven"}

    @pytest.mark.parametrize(
        "names, target",
        [
            (("00", "01"), [0, 1]),
            (("-1", "+1"), [1, -1]),
            (("1", "01"), ["01", "1"]),
            (("1_0", "2"), ["1_0", "2"]),
            (("9" * 30, "2"), ["2", "9" * 30]),
        ],
    )
    def test_names_that_are_numbers(self, tmp_path, names, target):
        for name in names:
            write_image(tmp_path / name / "a.png", np.zeros((2, 2), np.uint8))
        assert load_digit_images(tmp_path).target.tolist() == target

    @pytest.mark.filterwarnings("error")
    def test_notes_and_hidden_files_are_ignored(self, folder):
        (folder / "notes.txt").write_text("thick pen")
        (folder / "0" / "Thumbs.db").write_text("")
        (folder / "0" / "._0.png").write_text("")
        (folder / ".git").mkdir()
        (folder / "0" / ".cache").mkdir()
        (folder / "0" / ".cache" / "a.png").write_text("")
        (folder / "0" / "more.png").mkdir()
        assert len(load_digit_images(folder).data) == 6

    def test_other_files_are_named(self, folder):
        (folder / "0" / "scan.pdf").write_text("")
        message = (
            "Ignored 1 file in .*digits', as not in a class .* images: 0/scan.pdf."
        )
        with pytest.warns(UserWarning, match=message):
            assert len(load_digit_images(folder).data) == 6
        for name in ("7/very/old/a.png", *(f"{i}.heic" for i in range(5))):
            (folder / name).parent.mkdir(exist_ok=True, parents=True)
            (folder / name).write_text("")
        message = (
            "Ignored 7 files in .*: 0.heic, 0/scan.pdf, 1.heic, .*, 3.heic, and more."
        )
        with pytest.warns(UserWarning, match=message):
            load_digit_images(folder)

    def test_frames(self, folder):
        digits = load_digit_images(folder, as_frame=True)
        assert digits.frame.shape == (6, 31)
        assert digits.feature_names[5] == "pixel_1_0"

    def test_sizes(self, folder):
        write_image(folder / "7" / "9.png", np.zeros((9, 9), np.uint8))
        message = r"sizes \(0.0.png is 6 x 5, 7.9.png is 9 x 9\).*image_shape="
        with pytest.raises(ValueError, match=message):
            load_digit_images(folder)
        resized = load_digit_images(folder, image_shape=(8, 4))
        assert resized.images.shape == (7, 8, 4)

    def test_colours_depths_and_transparency(self, tmp_path):
        grey = np.array([[0, 51], [102, 255]], dtype=np.uint8)
        write_image(tmp_path / "1" / "a.png", grey)
        write_image(tmp_path / "1" / "b.png", np.stack([grey] * 3, axis=2))
        write_image(tmp_path / "1" / "c.png", grey.astype(np.uint16) * 257)
        ink = np.dstack([np.zeros((2, 2, 3), np.uint8), 255 - grey])
        write_image(tmp_path / "1" / "d.png", ink)
        write_image(tmp_path / "1" / "e.bmp", grey)
        pgm = b"P5 2 2 65535 " + (grey.astype(">u2") * 257).tobytes()
        (tmp_path / "1" / "f.pgm").write_bytes(pgm)
        for image in load_digit_images(tmp_path).images:
            assert_array_equal(image, grey)

    @pytest.mark.parametrize("depth", [np.uint8, np.uint16])
    def test_the_one_transparent_grey(self, tmp_path, depth):
        grey = np.array([[0, 51], [102, 255]], dtype=depth)
        scale = 257 if depth is np.uint16 else 1
        write_image(tmp_path / "1" / "a.png", grey * scale, transparency=51 * scale)
        image = load_digit_images(tmp_path).images[0]
        assert_array_equal(image, [[0, 255], [102, 255]])

    def test_photos_are_turned_upright(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6  # the camera's top is at the right
        values = np.arange(6, dtype=np.uint8).reshape(2, 3)
        write_image(tmp_path / "1" / "a.png", values, exif=exif)
        assert_array_equal(load_digit_images(tmp_path).images[0], np.rot90(values, -1))

    @pytest.mark.parametrize("dtype", [np.float32, np.int32])
    def test_depths_whose_white_is_anywhere(self, tmp_path, dtype):
        write_image(tmp_path / "1" / "a.tif", np.ones((2, 2), dtype))
        with pytest.raises(ValueError, match="a.tif' with pixels of mode.*Convert it"):
            load_digit_images(tmp_path)

    def test_empty(self, tmp_path):
        with pytest.raises(ValueError, match="without subfolders, but expected"):
            load_digit_images(tmp_path)
        write_image(tmp_path / "0.png", np.zeros((2, 2), np.uint8))
        with pytest.raises(ValueError, match="Sort the images into subfolders"):
            load_digit_images(tmp_path)

    def test_what_may_not_be_read(self, folder, monkeypatch):
        error = PermissionError(13, "Permission denied", str(folder / "7"))
        monkeypatch.setattr("pathlib.Path.iterdir", Mock(side_effect=error))
        with pytest.raises(ValueError, match="/7' cannot be read .Permission denied."):
            load_digit_images(folder)

    def test_class_without_images(self, folder):
        (folder / "8").mkdir()
        (folder / "8" / "a.svg").write_bytes(b"")
        message = "8' with no images in it, but expected files that end in .avif"
        with pytest.raises(ValueError, match=message):
            load_digit_images(folder)

    @pytest.mark.parametrize(
        "content, message",
        [
            (b"", r"read \(it is empty"),
            (b"no image", "decoded"),
            ("half", "decoded"),
        ],
    )
    def test_broken_image(self, folder, content, message):
        path = folder / "0" / "0.png"
        path.write_bytes(path.read_bytes()[:-30] if content == "half" else content)
        with pytest.raises(ValueError, match=f"0.png', which cannot be {message}"):
            load_digit_images(folder)

    @pytest.mark.parametrize("limit", [20, 2])
    def test_too_large_to_decode_safely(self, folder, monkeypatch, limit):
        monkeypatch.setattr(_decode, "MAX_PIXELS", 20)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(ValueError, match="expected at most 20 pixels.*Make it sm"):
            load_digit_images(folder)

    @pytest.mark.parametrize("image_shape", [None, (5, 7)])
    def test_too_many_pixels_in_all(self, folder, monkeypatch, image_shape):
        monkeypatch.setattr(
            "skdigits.datasets._image_files.MAX_PIXELS_IN_ALL", 6 * 30 - 1
        )
        with pytest.raises(ValueError, match="6 images of . x . pixels, but expected"):
            load_digit_images(folder, image_shape=image_shape)
        assert len(load_digit_images(folder, image_shape=(4, 5)).data) == 6


class TestZip:
    """A ZIP file is read as the folder that it holds."""

    def write(self, tmp_path, members, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "digits.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    def png(self, value=0):
        content = io.BytesIO()
        Image.fromarray(np.full((2, 2), value, np.uint8)).save(content, "PNG")
        return content.getvalue()

    @pytest.mark.parametrize("above", ["", "digits/", "home/me/digits/"])
    def test_is_as_its_folder(self, folder, tmp_path, above):
        files = [path for path in folder.rglob("*") if path.is_file()]
        members = {above + p.relative_to(folder).as_posix(): p for p in files}
        members = {name: file.read_bytes() for name, file in members.items()}
        others = [".DS_Store", "0/Thumbs.db", "notes.txt"]
        members |= {"__MACOSX/": b"", "__MACOSX/0/": b"", "__MACOSX/0/._0.png": b""}
        path = self.write(tmp_path, members | {above + name: b"" for name in others})
        before = sorted(tmp_path.rglob("*"))
        zipped, unzipped = load_digit_images(path), load_digit_images(folder)
        assert_array_equal(zipped.images, unzipped.images)
        assert_array_equal(zipped.target, unzipped.target)
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_two_files_of_one_name(self, tmp_path):
        path = tmp_path / "twice.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for value in (1, 2):
                archive.writestr("0/a.png", self.png(value))
        with pytest.raises(
            ValueError, match="two files with the same name.*Pack it again"
        ):
            load_digit_images(path)

    def test_one_class(self, tmp_path):
        path = self.write(tmp_path, {"corrections/-1/0001.png": self.png()})
        assert load_digit_images(path, normalize="auto").target.tolist() == [-1]

    def test_images_elsewhere_are_named(self, tmp_path):
        members = {name: self.png() for name in ("3/1.png", "3/old/2.png", "x.png")}
        message = "Ignored 2 files in .*digits.zip'.*: 3/old/2.png, x.png."
        with pytest.warns(UserWarning, match=message):
            digits = load_digit_images(self.write(tmp_path, members))
        assert digits.target.tolist() == [3]

    def test_images_elsewhere_may_be_damaged(self, tmp_path):
        path = self.write(tmp_path, {"x.png": self.png()}, zipfile.ZIP_BZIP2)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("3/1.png", self.png())
        with pytest.warns(UserWarning, match="Ignored 1 file.* x.png"):
            assert load_digit_images(path).target.tolist() == [3]

    def test_only_the_folder_of_macos_is_hidden(self, tmp_path):
        names = ("__MACOSX_2/1.png", "3/__MACOSX9.png", "3/1.png")
        path = self.write(tmp_path, {name: self.png() for name in names})
        assert load_digit_images(path).target.tolist() == ["3", "3", "__MACOSX_2"]

    @pytest.mark.parametrize("form", ["./{}", "{}"])
    @pytest.mark.parametrize("separator", "/\\")
    def test_names_as_other_programs_write_them(self, tmp_path, form, separator):
        names = ["0/", "0/a.png", "1/a.png", ".hidden/a.png", "__MACOSX/0/a.png"]
        names = [form.format(name).replace("/", separator) for name in names]
        members = {name: self.png() for name in ["./", *names]}
        digits = load_digit_images(self.write(tmp_path, members))
        assert digits.target.tolist() == [0, 1]

    @pytest.mark.parametrize(
        "name, message",
        [
            ("1.png", "without subfolders"),
            ("8/", "digits.zip/8' with no images in it"),
            ("../1/1.png", r"'../1/1.png' is outside its folder.*Pack it again"),
            ("/1/1.png", "'/1/1.png' is outside its folder"),
            (r"1\..\..\1.png", r"1.png' is outside its folder"),
            (r"C:\1\1.png", r"1.png' is outside its folder"),
            ("1/1.txt", "digits.zip/1' with no images in it"),
        ],
    )
    def test_names(self, tmp_path, name, message):
        path = self.write(tmp_path, {name: b"" if name == "8/" else self.png()})
        with pytest.raises(ValueError, match=message):
            load_digit_images(path)

    def test_broken_image(self, tmp_path):
        path = self.write(tmp_path, {"1/1.png": b"no image"})
        with pytest.raises(ValueError, match=r"digits.zip/1/1.png', which cannot be"):
            load_digit_images(path)

    def test_damaged_anywhere(self, tmp_path):
        path = self.write(tmp_path, {"1/1.png": self.png(), "2/1.png": self.png(9)})
        content = path.read_bytes()
        for place in range(0, len(content), 3):
            damaged = bytearray(content)
            damaged[place] ^= 0xFF
            path.write_bytes(damaged)
            with suppress(ValueError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                load_digit_images(path)
        path.write_bytes(content[:-30])
        with pytest.raises(ValueError, match="cannot be read .File is not a zip file"):
            load_digit_images(path)

    def test_with_a_password(self, tmp_path):
        path = self.write(tmp_path, {"1/1.png": self.png()}, zipfile.ZIP_STORED)
        content = bytearray(path.read_bytes())
        # the flag in the directory and before the file
        content[content.find(b"PK\1\2") + 8] |= 1
        content[content.find(b"PK\3\4") + 6] |= 1
        path.write_bytes(content)
        with pytest.raises(ValueError, match="encrypted, password required.*unpacked"):
            load_digit_images(path)

    def test_bombs(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_zip, "MAX_BYTES", 10_000)
        path = self.write(tmp_path, {f"1/{i}.png": bytes(6_000) for i in range(2)})
        with pytest.raises(ValueError, match="12,000 bytes is too large; the limit is"):
            load_digit_images(path)
        # one that says it is smaller
        path = self.write(tmp_path, {"1/1.png": bytes(6_000_000)})
        size = (6_000_000).to_bytes(4, "little")
        path.write_bytes(path.read_bytes().replace(size, (60).to_bytes(4, "little")))
        with pytest.raises(ValueError, match="cannot be read .Bad CRC-32"):
            load_digit_images(path)
        path = self.write(tmp_path, {"1/1.png": self.png()}, zipfile.ZIP_BZIP2)
        with pytest.raises(
            ValueError, match="'1/1.png' is not compressed with deflate"
        ):
            load_digit_images(path)
        path.write_bytes(bytes(10_001))
        with pytest.raises(ValueError, match="it has 10,001 bytes; the limit is"):
            load_digit_images(path)


class TestCsv:
    def write(self, tmp_path, text):
        path = tmp_path / "digits.csv"
        path.write_text(text)
        return path

    def test_label_first(self, tmp_path):
        path = self.write(tmp_path, "label,p0,p1,p2,p3\n5,0,1,2,255\n0,9,8,7,6\n")
        digits = load_digit_images(path)
        assert digits.target.tolist() == [5, 0] and digits.target.dtype == np.int64
        assert digits.data.dtype == np.uint8
        assert_array_equal(digits.images[0], [[0, 1], [2, 255]])

    def test_label_anywhere(self, tmp_path):
        path = self.write(tmp_path, "p0,p1,p2,p3,label\n0,1,2,255,5\n")
        assert load_digit_images(path).target.tolist() == [5]

    def test_without_names(self, tmp_path):
        path = self.write(tmp_path, "5,0,1,2,255\n7,1,1,1,1\n")
        assert load_digit_images(path).target.tolist() == [5, 7]

    @pytest.mark.parametrize(
        "names",
        ["label,0,1,2,3", "y,0,1,2,3", "y,1,2,3,4", "Label,a,b,c,d", "1,p1,p2,p3,p4"],
    )
    def test_names_are_no_image(self, tmp_path, names):
        path = self.write(tmp_path, f"{names}\n5,9,8,7,6\n")
        digits = load_digit_images(path)
        assert digits.target.tolist() == [5]
        assert digits.data.tolist() == [[9, 8, 7, 6]]

    @pytest.mark.parametrize("name", ["target", "Class", "digit", "y", "LABEL"])
    def test_labels_are_found_by_name(self, tmp_path, name):
        path = self.write(tmp_path, f"p0,p1,{name},p2,p3\n0,1,5,2,255\n0,1,6,2,255\n")
        digits = load_digit_images(path)
        assert digits.target.tolist() == [5, 6]
        assert digits.label_column == name

    @pytest.mark.parametrize("last", [True, False])
    def test_a_header_of_numbers_is_no_image(self, tmp_path, last):
        """pandas writes one for the frame of an array."""
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True)
        columns = (X, y[:, None]) if last else (y[:, None], X)
        table = pd.DataFrame(np.hstack(columns).astype(int))
        table.to_csv(tmp_path / "digits.csv", index=False)
        digits = load_digit_images(tmp_path / "digits.csv")
        assert_array_equal(digits.target, y)
        assert_array_equal(digits.data, X)

    @pytest.mark.parametrize("header", [True, False])
    @pytest.mark.parametrize("last", [True, False])
    def test_labels_are_found_by_their_values(self, tmp_path, header, last):
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True)
        frame = pd.DataFrame(X)
        frame.insert(64 if last else 0, "kind", y)
        frame.to_csv(tmp_path / "digits.csv", index=False, header=header)
        digits = load_digit_images(tmp_path / "digits.csv")
        assert_array_equal(digits.target, y)
        assert_array_equal(digits.data, X)
        assert digits.label_column == ("kind" if header else 64 * last)

    def test_the_frames_of_scikit_learn_and_of_ours_come_back(self, tmp_path):
        from sklearn.datasets import load_digits

        path = self.write(tmp_path, "label,a,b,c,d\n5,9,8,7,6\n4,0,0,1,1\n")
        ours = load_digit_images(path, as_frame=True)
        for whole in (load_digits(as_frame=True), ours):
            whole.frame.to_csv(tmp_path / "own.csv", index=False)
            digits = load_digit_images(tmp_path / "own.csv")
            assert_array_equal(digits.target, whole.target)
            assert_array_equal(digits.data, whole.data)

    def test_the_column_may_be_named(self, tmp_path):
        path = self.write(tmp_path, "label,a,y,b,c\n5,1,7,2,3\n6,1,8,2,3\n")
        with pytest.raises(ValueError, match="the columns .*'y'.* Pass label_column"):
            load_digit_images(path)
        for column in ("y", 2):
            digits = load_digit_images(path, image_shape=(1, 4), label_column=column)
            assert digits.target.tolist() == [7, 8]
        with pytest.raises(ValueError, match="Got label_column='no', but expected one"):
            load_digit_images(path, label_column="no")
        with pytest.raises(
            ValueError, match="Got label_column='y' for .*expected a CSV"
        ):
            load_digit_images(tmp_path, label_column="y")

    def test_pixels_without_a_label(self, tmp_path):
        names = ",".join(f"pixel{i}" for i in range(16))
        row = ",".join(map(str, range(16)))
        path = self.write(tmp_path, f"{names}\n{row}\n")
        with pytest.raises(ValueError, match="an image without a label. Add a column"):
            load_digit_images(path)
        assert load_digit_images(path, image_shape=(3, 5)).target.tolist() == [0]

    def test_numbers_of_several_types(self, tmp_path):
        path = self.write(tmp_path, f"label,a,b,c,d\n1,True,0,1.0,{10**22}\n")
        assert load_digit_images(path).data.tolist() == [[1, 0, 1, np.float32(1e22)]]

    def test_labels_that_are_words(self, tmp_path):
        path = self.write(tmp_path, "name,a,b,c,d\neins,0,0,0,0\nzwei,1,1,1,1\n")
        assert load_digit_images(path).target.tolist() == ["eins", "zwei"]

    def test_pixels_that_are_fractions(self, tmp_path):
        path = self.write(tmp_path, "label,a,b,c,d\n1,0,0.5,1,0\n")
        assert load_digit_images(path).data.dtype == np.float32

    def test_image_shape(self, tmp_path):
        frame = pd.DataFrame(np.arange(200).reshape(2, 100) % 256)
        frame.insert(0, "label", [1, 2])
        path = tmp_path / "digits.csv"
        frame.drop(columns=[99]).to_csv(path, index=False)
        with pytest.raises(ValueError, match="Got rows of 99 pixels, but expected a"):
            load_digit_images(path)
        assert load_digit_images(path, image_shape=(9, 11)).images.shape == (2, 9, 11)

    @pytest.mark.parametrize(
        "text, message",
        [
            ("label,a,b,c,d\n5,0,1,2,3\n,1,1,1,1\n", "no label in data line 2"),
            ("label,a,b,c,d\n5,0,ink,2,3\n", "'ink' in column 'b' of data line 1"),
            ("label,a,b,c,d\n5,0,1,2\n", "'nan' in column 'd' of data line 1"),
            ("label,a,b,c,d\n ,0,1,2,3\nx,1,1,1,1\n", "no label in data line 1"),
            ("5,0,1,2\n5,0,1,2,3\n", "cannot be read as a table .*saw 5"),
            ("label,a,b,c,d\n5,0,1,2,3,9\n", "cannot be read as a table .*saw 6"),
            ("label,a,b,c,d\n5,0,1,inf,3\n", "'inf' in column 'c' of data line 1"),
            ("label,a,b,c,d\n5,0,1,1e300,3\n", "in column 'c' of data line 1"),
            ("label,a,b,c\n5,0,1,2\n", "Got rows of 3 pixels, but expected a square"),
            ("label,a,b,c,d\n", "without a line of data"),
            ("", "cannot be read as a table"),
            ("5\n6\n", "with one column, but expected a label and pixels"),
            ("7,x\n1,3\n", "'x' in column 1 of data line 1"),
            (f"label,a,b,c,{'d' * 5000}\n5,0,1,2,x\n", "'x' in column 'd+ .{5} d+'"),
            (f"label,a,b,c,d\n5,0,1,2,{'9' * 400}\n", "'9+ .{5} 9+' in column 'd'"),
            (f"label,a,b,c,d\n5,0,1,2,{'x' * 5000}\n", "'x+ .{5} x+' in column 'd'"),
            (f"label,a,b,c,d\n{'x' * 256},0,1,2,3\n", "a label of 256 characters in d"),
            ('5,"\n",1,2,3\n', "with '' in column 1 of data line 1"),
            ('5,"1,1,2,3\n', "cannot be read as a table .*EOF inside string"),
        ],
    )
    def test_errors(self, tmp_path, text, message):
        with pytest.raises(ValueError, match=message) as caught:
            load_digit_images(self.write(tmp_path, text))
        assert len(str(caught.value)) < 1000

    @pytest.mark.parametrize("bad", ["x", "N/A", "True", "\0", ""])
    def test_a_bad_cell_in_the_first_line_is_told(self, tmp_path, bad):
        text = f"7,0,{bad},2,3\n1,0,0,255,255\n2,0,0,0,0\n"
        with pytest.raises(ValueError, match="in column 2 of data line 1, but"):
            load_digit_images(self.write(tmp_path, text))

    @pytest.mark.parametrize("text", ["3,7\n4,1\n", "label,a\n3,7\n4,1\n"])
    def test_two_columns(self, tmp_path, text):
        digits = load_digit_images(self.write(tmp_path, text))
        assert digits.data.tolist() == [[7], [1]]
        assert digits.target.tolist() == [3, 4]

    @pytest.mark.parametrize("place", ["first", "second", "old Mac"])
    def test_a_line_of_too_many_cells_is_not_taken_apart(
        self, tmp_path, monkeypatch, place
    ):
        monkeypatch.setattr("skdigits.datasets._tables.MAX_CELLS", 5)
        long, short = "5,0,1,2,3,9\n", "5,0,1,2,3\n"
        text = {"first": long, "second": short + long}.get(place, short * 3)
        path = self.write(tmp_path, text)
        if place == "old Mac":
            path.write_bytes(text.replace("\n", "\r").encode())
            assert len(load_digit_images(path).data) == 3
            return
        monkeypatch.setattr(pd, "read_csv", None)
        with pytest.raises(ValueError, match="has 6 cells in a line; the limit is 5"):
            load_digit_images(path)

    def test_lines_without_end(self, tmp_path, monkeypatch):
        path = self.write(tmp_path, "5,0,1,2,3\n" * 20)
        monkeypatch.setattr("skdigits.datasets._tables.MAX_LINES", 19)
        with pytest.raises(ValueError, match="it has more than 19 lines"):
            load_digit_images(path)
        monkeypatch.setattr("skdigits.datasets._csv.MAX_LINE_BYTES", 9)
        monkeypatch.setattr(pd, "read_csv", None)
        with pytest.raises(ValueError, match="it has a line of more than 9 bytes"):
            load_digit_images(path)

    @pytest.mark.parametrize(
        "lines",
        [
            ["1,0,0,255,255", "2,0,9,9,0", "3,1,2,3,4"],
            ["1,0,0,255,255", "2,0,0.5,9,0", "3,1,2,3,400"],
            ["1,0,0,255,255", "x,0,9,9,0", "03,1,2,3,4"],
            ["1,0,0,255,255", "2.5,0,9,9,0", "1e3,1,2,3,4"],
            [f"{2**64},0,0,255,255", f"{2**63},0,9,9,0", f"3,1,2,{10**30},4"],
        ],
        ids=["bytes", "fractions", "words", "numbers", "long"],
    )
    def test_parts_are_as_the_whole(self, tmp_path, monkeypatch, lines):
        path = self.write(tmp_path, "\n".join(["label,a,b,c,d", *lines]))
        whole = load_digit_images(path)
        monkeypatch.setattr("skdigits.datasets._csv.PART_CELLS", 1)
        monkeypatch.setattr("skdigits.datasets._csv.PART_LINES", 1)
        parts = load_digit_images(path)
        assert_array_equal(parts.data, whole.data)
        assert parts.data.dtype == whole.data.dtype
        assert parts.target.tolist() == whole.target.tolist()

    def test_the_line_of_a_bad_cell_counts_from_the_first(self, tmp_path, monkeypatch):
        monkeypatch.setattr("skdigits.datasets._csv.PART_CELLS", 1)
        monkeypatch.setattr("skdigits.datasets._csv.PART_LINES", 2)
        path = self.write(tmp_path, "5,0,1,2,3\n" * 4 + "5,0,1,x,3\n")
        with pytest.raises(ValueError, match="'x' in column 3 of data line 5, but"):
            load_digit_images(path)

    def test_too_large(self, tmp_path, monkeypatch):
        monkeypatch.setattr("skdigits.datasets._csv.MAX_CSV_BYTES", 9)
        with pytest.raises(ValueError, match="it has 10 bytes; the limit is 9"):
            load_digit_images(self.write(tmp_path, "5,0,1,2,3\n"))


def test_row_numbers_of_pandas_are_no_pixels(tmp_path):
    frame = pd.DataFrame({"label": [3, 4], "a": 0, "b": 1, "c": 2, "d": 3})
    frame.to_csv(tmp_path / "digits.csv")
    digits = load_digit_images(tmp_path / "digits.csv")
    assert digits.data.tolist() == [[0, 1, 2, 3]] * 2
    assert digits.target.tolist() == [3, 4]


class TestNpz:
    def write(self, tmp_path, **arrays):
        np.savez(tmp_path / "digits.npz", **arrays)
        return tmp_path / "digits.npz"

    @pytest.mark.parametrize("shape", [(3, 16), (3, 4, 4), (3, 4, 4, 1)])
    @pytest.mark.parametrize("names", [("x", "y"), ("x_train", "y_train")])
    def test_layouts(self, tmp_path, shape, names):
        X = np.arange(48).reshape(shape)
        path = self.write(tmp_path, **dict(zip(names, (X, [1, 2, 3]), strict=True)))
        digits = load_digit_images(path)
        assert digits.images.shape == (3, 4, 4) and digits.data.dtype == np.uint8
        assert_array_equal(digits.data, X.reshape(3, 16))

    def test_images_that_are_not_square(self, tmp_path):
        path = self.write(tmp_path, x=np.zeros((3, 9, 11)), y=["a", "b", "c"])
        digits = load_digit_images(path)
        assert digits.images.shape == (3, 9, 11)
        assert digits.target.tolist() == ["a", "b", "c"]

    @pytest.mark.parametrize(
        "arrays, message",
        [
            ({"x": np.zeros((2, 4))}, r"with the arrays \['x'\], but expected 'x' and"),
            ({"x": np.zeros((2, 4)), "y": [1]}, "expected one label for each image"),
            ({"x": np.zeros((0, 4)), "y": []}, "at least one"),
            ({"x": np.full((1, 4), np.nan), "y": [1]}, "with NaN or infinite pixels"),
            ({"x": np.array([["a"] * 4]), "y": [1]}, "but expected numbers of shape"),
            ({"x": np.zeros((1, 2, 2, 3)), "y": [1]}, "but expected numbers of shape"),
            ({"x": np.array([[{}]]), "y": [1]}, "allow_pickle=False"),
            ({"x": np.zeros((1, 4)), "y": [np.nan]}, "no label in row 1"),
            ({"x": np.zeros((2, 4)), "y": ["a", ""]}, "no label in row 2"),
            ({"x": np.zeros((1, 4)), "y": [1j]}, "Got y of dtype complex128, but exp"),
            ({"x": np.zeros((2, 0)), "y": [1, 2]}, r"Got x of shape \(2, 0\)"),
            ({"x": np.zeros((1, 3)), "y": [1]}, "Got rows of 3 pixels, but expected"),
            ({"x": np.full((1, 4), 1e300), "y": [1]}, "with NaN or infinite pixels"),
        ],
    )
    def test_errors(self, tmp_path, arrays, message):
        with pytest.raises(ValueError, match=message):
            load_digit_images(self.write(tmp_path, **arrays))

    def test_other_arrays_are_not_read(self, tmp_path):
        X, other = np.zeros((2, 4)), np.array([{}], dtype=object)
        path = self.write(tmp_path, x_train=X, y_train=[b"a", b"b"], x_test=other)
        assert load_digit_images(path).target.tolist() == ["a", "b"]

    def test_images_are_not_folded_anew(self, tmp_path):
        path = self.write(tmp_path, x=np.zeros((3, 4, 6)), y=[1, 2, 3])
        with pytest.raises(ValueError, match=r"of shape \(4, 6\) and image_shape=\(6,"):
            load_digit_images(path, image_shape=(6, 4))

    def test_made_up_shape(self, tmp_path):
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|u1", "fortran_order": False, "shape": (10**15,)}
        )
        path = tmp_path / "digits.npz"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", header.getvalue())
            archive.writestr("y.npy", header.getvalue())
        with pytest.raises(ValueError, match="which cannot be read"):
            load_digit_images(path)

    def test_damaged_anywhere(self, tmp_path):
        """Whatever byte is wrong: the true data, or a ValueError."""
        X = np.arange(48).reshape(3, 16)
        path = self.write(tmp_path, x=X, y=[1, 2, 3])
        content = path.read_bytes()
        for position in range(0, len(content), 3):
            altered = bytearray(content)
            altered[position] ^= 0x55
            path.write_bytes(altered)
            try:
                assert_array_equal(load_digit_images(path).data, X)
            except ValueError as error:
                assert str(error).startswith("Got ")

    def test_broken_file(self, tmp_path):
        path = tmp_path / "digits.npz"
        path.write_bytes(b"PK" + bytes(100))
        with pytest.raises(ValueError, match="which cannot be read"):
            load_digit_images(path)

    def test_too_large(self, tmp_path, monkeypatch):
        path = self.write(tmp_path, x=np.zeros((2, 4)), y=[1, 2])
        monkeypatch.setattr("skdigits.datasets._arrays.MAX_ARRAY_BYTES", 100)
        with pytest.raises(ValueError, match="is too large"):
            load_digit_images(path)
        assert zipfile.is_zipfile(path)

    def test_unpacks_to_far_more_than_images_do(self, tmp_path, monkeypatch):
        path = tmp_path / "digits.npz"
        x = np.zeros((3, 2**26 // 3), np.uint8)
        np.savez_compressed(path, x=x, y=np.arange(3))
        assert path.stat().st_size < 2**17
        monkeypatch.setattr(np.lib.format, "read_array", None)
        with pytest.raises(ValueError, match=r"which cannot be read \(x of 67,108,99"):
            load_digit_images(path)

    def test_text_that_is_none(self, tmp_path):
        y = np.array([0x110000], np.uint32).view("<U1")
        path = self.write(tmp_path, x=np.zeros((1, 4)), y=y)
        with pytest.raises(ValueError, match="text in y that cannot be read .*Unicode"):
            load_digit_images(path)

    def test_names_of_many_arrays_are_cut(self, tmp_path):
        path = self.write(tmp_path, **{f"a{i}": np.zeros(1) for i in range(1000)})
        with pytest.raises(ValueError, match="with the arrays .'a0', .* but expected "):
            load_digit_images(path)
        with pytest.raises(ValueError) as caught:
            load_digit_images(path)
        assert len(str(caught.value)) < 1000


def test_millions_of_pixels_get_no_names(tmp_path):
    path = tmp_path / "digits.npz"
    np.savez_compressed(path, x=np.zeros((1, 1025, 1024), np.uint8), y=[1])
    with pytest.raises(ValueError, match="of 1025 x 1024 pixels, but .*normalize=True"):
        load_digit_images(path)
    with pytest.raises(ValueError, match="of 1 x 9000000 pixels, but expected at most"):
        load_digit_images(tmp_path, image_shape=(1, 9_000_000))


def test_paths(tmp_path):
    for path in (None, 3, b"digits.csv"):
        with pytest.raises(ValueError, match="^Got path=.*, but expected a path"):
            load_digit_images(path)
    with pytest.raises(
        FileNotFoundError, match="Got path='~no.such.user/x', but expected"
    ):
        load_digit_images("~no.such.user/x")
    with pytest.raises(
        ValueError, match="Got normalize=.*, but expected True or False"
    ):
        load_digit_images(tmp_path, normalize=np.ones(2))
    with pytest.raises(FileNotFoundError, match="expected a folder or a file of"):
        load_digit_images(tmp_path / "nothing")
    (tmp_path / "digits.pdf").write_text("")
    with pytest.raises(ValueError, match=r"ends in .csv, .csv.gz, .*gz. Convert"):
        load_digit_images(tmp_path / "digits.pdf")
    with pytest.raises(ValueError, match="Got return_X_y=1, but expected True or"):
        load_digit_images(tmp_path, return_X_y=1)
    with pytest.raises(ValueError, match="expected positive integers: .height, wid"):
        load_digit_images(tmp_path, image_shape=28)
    with pytest.raises(ValueError, match="expected .height, width.: images are read"):
        load_digit_images(tmp_path, image_shape=(28, 28, 3))
    for shape in ((100_000, 20_000), (10**30, 1)):
        with pytest.raises(ValueError, match="expected at most 16,777,216 pixels. Mak"):
            load_digit_images(tmp_path, image_shape=shape)
    with pytest.raises(FileNotFoundError, match="Got path='.*aaa'.*Check the path"):
        load_digit_images("a" * 300)
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileNotFoundError, match="Check the path"):
        load_digit_images(tmp_path / "pipe.csv")


def one(path, side, *, ink=40, paper=230):
    """Write an image of a one, of any size."""
    image = Image.new("L", (side, side), paper)
    middle, margin = side // 2, side // 5
    image.paste(ink, (middle, margin, middle + max(2, side // 14), side - margin))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


class TestNormalize:
    @pytest.fixture
    def photos(self, tmp_path):
        for number, side in enumerate((28, 60, 400)):
            one(tmp_path / "1" / f"{number}.png", side)
        return tmp_path

    @pytest.mark.parametrize("normalize", [True, "auto"])
    def test_images_of_different_sizes(self, photos, normalize):
        digits = load_digit_images(photos, normalize=normalize)
        assert digits.normalized is True
        assert digits.images.shape == (3, 28, 28) and digits.images.dtype == np.uint8
        for image in digits.images:
            rows, columns = np.nonzero(image)
            assert np.ptp(rows) + 1 == 20
            assert abs(rows.mean() - 13.5) <= 1 and abs(columns.mean() - 13.5) <= 1
        assert (digits.images.max(axis=(1, 2)) > 200).all()

    @pytest.mark.parametrize(
        "side, colours, as_it_is",
        [
            (28, {"ink": 240, "paper": 10}, True),
            (64, {"ink": 240, "paper": 10}, True),
            (65, {"ink": 240, "paper": 10}, False),
            (28, {"ink": 10, "paper": 240}, False),
            (28, {"ink": 120, "paper": 60}, True),
        ],
    )
    def test_auto(self, tmp_path, side, colours, as_it_is):
        for name in "ab":
            one(tmp_path / "1" / f"{name}.png", side, **colours)
        digits = load_digit_images(tmp_path, normalize="auto")
        assert digits.normalized is not as_it_is
        assert digits.images.shape[1] == (side if as_it_is else 28)

    def test_auto_wants_the_size_of_the_model(self, tmp_path):
        one(tmp_path / "1" / "a.png", 20, ink=240, paper=0)
        options = {"normalize": "auto", "image_shape": (28, 28)}
        assert load_digit_images(tmp_path, **options).normalized
        one(tmp_path / "1" / "a.png", 28, ink=240, paper=0)
        assert not load_digit_images(tmp_path, **options).normalized

    def test_tables(self, tmp_path):
        X = np.full((3, 30, 20), 250, np.uint8)
        X[:, 5:25, 9:12] = 10
        path = tmp_path / "digits.npz"
        np.savez(path, x=X, y=[1, 1, 1])
        for normalize in (True, "auto"):
            assert load_digit_images(path, normalize=normalize).data.shape == (3, 784)
        assert load_digit_images(path).images.shape == (3, 30, 20)
        np.savez(path, x=255 - X, y=[1, 1, 1])
        assert not load_digit_images(path, normalize="auto").normalized
        # prepared by somebody
        np.savez(path, x=X / 255 - 0.5, y=[1, 1, 1])
        assert not load_digit_images(path, normalize="auto").normalized
        np.savez(path, x=np.zeros((3, 64)), y=[1, 1, 1])
        assert not load_digit_images(path, normalize="auto").normalized

    def test_images_without_a_digit(self, photos):
        blank = photos / "1" / "9.png"
        Image.new("L", (50, 50), 200).save(blank)
        with pytest.warns(
            UserWarning, match="No digit was found in 1 of 4 images.*9.png"
        ):
            digits = load_digit_images(photos, normalize=True)
        assert not digits.images[3].any()

    def test_errors(self, photos):
        with pytest.raises(ValueError, match="Pass normalize=True to bring digits in"):
            load_digit_images(photos)
        with pytest.raises(ValueError, match=r"image_shape=\(8, 8\), but expected"):
            load_digit_images(photos, normalize=True, image_shape=(8, 8))
        with pytest.raises(ValueError, match="Got normalize='yes', but expected True"):
            load_digit_images(photos, normalize="yes")
        (photos / "1" / "2.png").write_bytes(b"no image")
        with pytest.raises(ValueError, match="2.png', which cannot be decoded"):
            load_digit_images(photos, normalize=True)
