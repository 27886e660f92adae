"""One format of `load_digit_images` after the other, with the same three images."""

import gzip
import io
import struct
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from skdigits.datasets import load_digit_images

# the images are noise
pytestmark = pytest.mark.filterwarnings("ignore:No digit was found in 3 of 3 images")

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 4, 5)).astype(np.uint8)
ROWS = IMAGES.reshape(3, 20)
LABELS = [7, 1, 7]


def check(path, labels=LABELS, **options):
    digits = load_digit_images(path, **options)
    assert_array_equal(digits.images, IMAGES)
    assert digits.data.dtype == np.uint8
    assert digits.target.tolist() == labels
    return digits


def png(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def write_images(folder, suffix=".png"):
    names = [f"{number}{suffix}" for number in range(3)]
    for name, image in zip(names, IMAGES, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / name)
    return names


def without(monkeypatch, *modules):
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


def damage_anywhere(path, n=120):
    """Yield after each of some changes of a byte."""
    content = path.read_bytes()
    for position in range(0, len(content), max(1, len(content) // n)):
        altered = bytearray(content)
        altered[position] ^= 0x55
        path.write_bytes(altered)
        yield


def check_damaged_anywhere(path):
    """Whatever byte is wrong: some images, or a ValueError of one sentence."""
    for _ in damage_anywhere(path):
        try:
            load_digit_images(path, image_shape=(4, 5))
        except ValueError as error:
            assert str(error).startswith("Got ")


class TestZippedCsv:
    def write(self, tmp_path):
        path = tmp_path / "digits.CSV.GZ"
        table = pd.DataFrame(ROWS).assign(label=LABELS)
        path.write_bytes(gzip.compress(table.to_csv(index=False).encode()))
        return path

    def test_as_the_plain_file(self, tmp_path):
        path = self.write(tmp_path)
        assert check(path, image_shape=(4, 5)).label_column == "label"
        check(path, image_shape=(4, 5), label_column=20)

    def test_errors(self, tmp_path, monkeypatch):
        path = self.write(tmp_path)
        monkeypatch.setattr("skdigits.datasets._csv.MAX_CSV_BYTES", path.stat().st_size)
        with pytest.raises(ValueError, match="it unpacks to more than .* bytes"):
            load_digit_images(path)
        for content in (path.read_bytes()[:-20], b"no gzip", gzip.compress(b"")):
            path.write_bytes(content)
            with pytest.raises(ValueError, match="which cannot be read as a table"):
                load_digit_images(path)


class TestCsvOfImages:
    @pytest.mark.parametrize("header", ["filename,label", "label,image", "a,b", ""])
    def test_names_and_labels(self, tmp_path, header):
        names = write_images(tmp_path / "scans")
        first, second = [f"scans/{name}" for name in names], ["seven", "one", "seven"]
        if header.startswith("label"):
            first, second = second, first
        lines = [header] if header else []
        lines += [f"{a},{b}" for a, b in zip(first, second, strict=True)]
        path = tmp_path / "table.csv"
        path.write_text("\n".join(lines))
        check(path, ["seven", "one", "seven"])

    def test_other_columns(self, tmp_path):
        names = write_images(tmp_path)
        path = tmp_path / "table.csv"
        table = {"file": names, "writer": ["a", "b", "c"], "digit": LABELS}
        pd.DataFrame(table).to_csv(path, index=False)
        assert check(path).label_column == "digit"
        check(path, ["a", "b", "c"], label_column="writer")
        pd.DataFrame(table).rename(columns={"digit": "kind"}).to_csv(path, index=False)
        with pytest.raises(
            ValueError, match="of labels besides 'file'. Pass label_col"
        ):
            load_digit_images(path)

    def test_normalize(self, tmp_path):
        names = write_images(tmp_path)
        path = tmp_path / "table.csv"
        pd.DataFrame({"file": names, "label": LABELS}).to_csv(path, index=False)
        digits = load_digit_images(path, normalize=True)
        assert digits.normalized and digits.images.shape == (3, 28, 28)

    def test_errors(self, tmp_path):
        write_images(tmp_path)
        path = tmp_path / "table.csv"
        path.write_text("file,label\n0.png,1\nnothing.png,2\n")
        with pytest.raises(
            FileNotFoundError, match="nothing.png', which does not exist"
        ):
            load_digit_images(path)
        with pytest.raises(
            ValueError, match="label_column='file', which holds the ima"
        ):
            load_digit_images(path, label_column="file")
        path.write_text("file,label\n0.png,1\n1.png,\n")
        with pytest.raises(ValueError, match="no label in data line 2"):
            load_digit_images(path)
        Image.new("L", (9, 9)).save(tmp_path / "1.png")
        path.write_text("file,label\n0.png,1\n1.png,1\n")
        with pytest.raises(ValueError, match=r"\(0.png is 4 x 5, 1.png is 9 x 9\)"):
            load_digit_images(path)


@pytest.mark.parametrize(
    "names",
    [
        ("X", "y"),
        ("images", "labels"),
        ("data", "target"),
        ("X_train", "y_train"),
        ("train_images", "train_labels"),
    ],
)
@pytest.mark.parametrize("suffix", [".npz", ".mat", ".h5", ".hdf5"])
def test_names_of_arrays(tmp_path, names, suffix):
    path = tmp_path / f"digits{suffix}"
    write_arrays(path, dict(zip(names, (IMAGES, np.array(LABELS)), strict=True)))
    check(path)


def write_arrays(path, arrays, compress=False):
    if path.suffix == ".npz":
        (np.savez_compressed if compress else np.savez)(path, **arrays)
    elif path.suffix == ".mat":
        from scipy.io import savemat

        savemat(path, arrays, do_compression=compress)
    else:
        import h5py

        with h5py.File(path, "w") as file:
            options = {"compression": "gzip"} if compress else {}
            for name, array in arrays.items():
                file.create_dataset(name, data=array, **options)


class TestArrays:
    @pytest.mark.parametrize("suffix", [".npz", ".mat", ".h5"])
    @pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)])
    def test_images_along_the_last_axis(self, tmp_path, suffix, shape):
        path = tmp_path / f"digits{suffix}"
        y = np.reshape(LABELS, shape)
        write_arrays(path, {"X": np.moveaxis(IMAGES, 0, -1), "y": y})
        check(path)
        write_arrays(path, {"X": ROWS.T, "y": y})
        check(path, image_shape=(4, 5))

    @pytest.mark.parametrize("suffix", [".npz", ".mat", ".h5"])
    def test_colours_become_grey(self, tmp_path, suffix):
        path = tmp_path / f"digits{suffix}"
        colours = np.stack([IMAGES] * 3, axis=3)
        # as the street view house numbers have them
        write_arrays(path, {"X": np.moveaxis(colours, 0, -1), "y": np.array(LABELS)})
        check(path)

    @pytest.mark.parametrize("suffix", [".npz", ".mat", ".h5"])
    def test_errors(self, tmp_path, suffix, monkeypatch):
        path = tmp_path / f"digits{suffix}"
        write_arrays(path, {"X": IMAGES, "z": np.array(LABELS)})
        with pytest.raises(ValueError, match=r"the arrays \['X', 'z'\], but expected "):
            load_digit_images(path)
        write_arrays(path, {"X": IMAGES, "y": np.array([1, 2])})
        with pytest.raises(ValueError, match="expected one label for each image"):
            load_digit_images(path)
        monkeypatch.setattr("skdigits.datasets._arrays.MAX_ARRAY_BYTES", 10)
        with pytest.raises(ValueError, match="X of .* is too large; the limit is 10"):
            load_digit_images(path)
        path.write_bytes(b"nothing of the kind")
        with pytest.raises(
            ValueError, match="digits.*, which cannot be read .*Save it"
        ):
            load_digit_images(path)

    @pytest.mark.parametrize("suffix", [".npz", ".mat", ".h5"])
    def test_unpacks_to_far_more_than_images_do(self, tmp_path, suffix, monkeypatch):
        monkeypatch.setattr("skdigits.datasets._arrays._ALWAYS_SMALL", 1000)
        path = tmp_path / f"digits{suffix}"
        y = np.arange(500)
        write_arrays(path, {"x": np.zeros((500, 5000)), "y": y}, compress=True)
        with pytest.raises(ValueError, match="x of .* is too large; the limit is"):
            load_digit_images(path)

    @pytest.mark.parametrize("compress", [True, False])
    @pytest.mark.parametrize("suffix", [".mat", ".h5"])
    def test_damaged_anywhere(self, tmp_path, suffix, compress):
        path = tmp_path / f"digits{suffix}"
        write_arrays(path, {"X": IMAGES, "y": np.array(LABELS)}, compress)
        check_damaged_anywhere(path)


class TestMat:
    def test_what_is_no_array_of_numbers(self, tmp_path):
        path = tmp_path / "digits.mat"
        for X in (IMAGES * 1j, {"a": IMAGES}, np.array([IMAGES, "a"], dtype=object)):
            write_arrays(path, {"X": X, "y": np.array(LABELS)})
            with pytest.raises(ValueError, match="X is not an array of real numbers"):
                load_digit_images(path)

    @pytest.mark.parametrize("dtype", [np.int16, np.float32, float, np.uint64])
    def test_types(self, tmp_path, dtype):
        path = tmp_path / "digits.mat"
        y = np.array(LABELS, dtype=dtype)
        write_arrays(path, {"X": IMAGES.astype(dtype), "y": y})
        check(path)

    def test_tables_and_other_opaque_variables_are_passed_by(self, tmp_path):
        path = tmp_path / "digits.mat"
        write_arrays(path, {"X": IMAGES, "y": np.array(LABELS)})
        # a matrix whose flags, of type uint32, say class 17; it has no dimensions
        flags, name = struct.pack("<IIII", 6, 8, 17, 0), struct.pack("<II", 1, 0)
        opaque = struct.pack("<II", 14, len(flags + name)) + flags + name
        path.write_bytes(path.read_bytes() + opaque)
        check(path)

    def test_version_4_is_not_read(self, tmp_path):
        from scipy.io import savemat

        savemat(tmp_path / "digits.mat", {"X": ROWS, "y": LABELS}, format="4")
        with pytest.raises(
            ValueError, match="it is not a MAT file of version 5 or later"
        ):
            load_digit_images(tmp_path / "digits.mat")


class TestHdf5:
    def test_groups_and_words(self, tmp_path):
        import h5py

        path = tmp_path / "digits.h5"
        with h5py.File(path, "w") as file:
            file["train/data"] = IMAGES
            file["train/target"] = ["seven", "one", "seven"]
            file["test/data"] = IMAGES
        check(path, ["seven", "one", "seven"])

    def test_arrays_in_other_files(self, tmp_path):
        import h5py

        path = tmp_path / "digits.h5"
        (tmp_path / "secret").write_bytes(bytes(60))
        with h5py.File(path, "w") as file:
            secret = [(str(tmp_path / "secret"), 0, 60)]
            file.create_dataset("x", (3, 4, 5), np.uint8, external=secret)
            file["y"] = LABELS
        with pytest.raises(ValueError, match="x is stored in other files"):
            load_digit_images(path)

    def test_mat_files_from_version_7_3_on(self, tmp_path, monkeypatch):
        import h5py

        path = tmp_path / "digits.mat"
        with h5py.File(path, "w", userblock_size=512) as file:
            # as MATLAB does: its first axis is the last here
            file["X"], file["y"] = IMAGES.T, np.reshape(LABELS, (1, 3))
        with path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file".ljust(128))
        check(path)
        without(monkeypatch, "h5py")
        message = "^Got '.*digits.mat', but expected h5py .* pip install h5py.$"
        with pytest.raises(ValueError, match=message):
            load_digit_images(path)

    def test_without_its_package(self, tmp_path, monkeypatch):
        path = tmp_path / "digits.h5"
        write_arrays(path, {"X": IMAGES, "y": np.array(LABELS)})
        without(monkeypatch, "h5py")
        message = "^Got '.*digits.h5', but expected h5py .* pip install h5py.$"
        with pytest.raises(ValueError, match=message):
            load_digit_images(path)


class TestParquet:
    def write(self, tmp_path, table):
        pd.DataFrame(table).to_parquet(tmp_path / "digits.parquet")
        return tmp_path / "digits.parquet"

    @pytest.mark.parametrize("names", [["a", "a", "label"], ["label", "label"], []])
    def test_names_of_columns_that_are_of_no_use(self, tmp_path, names):
        from pyarrow import parquet, table

        path = tmp_path / "digits.parquet"
        parquet.write_table(table([[1, 2]] * len(names), names=names), path)
        message = "^Got '.*digits.parquet', which cannot be read as a table .*columns"
        with pytest.raises(ValueError, match=message):
            load_digit_images(path)

    @pytest.mark.parametrize("struct", [True, False])
    def test_images_as_hugging_face_has_them(self, tmp_path, struct):
        cells = [png(image) for image in IMAGES]
        if struct:
            cells = [{"bytes": cell, "path": None} for cell in cells]
        path = self.write(tmp_path, {"image": cells, "label": LABELS, "writer": "me"})
        assert check(path).label_column == "label"
        digits = load_digit_images(path, normalize=True, label_column="writer")
        assert digits.images.shape == (3, 28, 28) and digits.target[0] == "me"

    def test_pixels(self, tmp_path):
        table = pd.DataFrame(ROWS)
        table.columns = table.columns.map(str)
        path = self.write(tmp_path, table.assign(digit=LABELS))
        assert check(path, image_shape=(4, 5)).label_column == "digit"
        frame = pd.DataFrame(ROWS / 2).assign(digit=pd.array(LABELS, "Int64"))
        frame.columns = frame.columns.map(str)
        path = self.write(tmp_path, frame.set_index(pd.Index(["a", "b", "c"])))
        digits = load_digit_images(path, image_shape=(4, 5))
        assert_array_equal(digits.data, ROWS / 2)
        assert digits.target.tolist() == LABELS

    @pytest.mark.parametrize(
        "table, message",
        [
            (
                {"image": [b"x"], "label": [1]},
                "Got data line 1 of '.*parquet', which c",
            ),
            (
                {"image": [png(IMAGES[0]), None], "label": [1, 2]},
                "no image in data l",
            ),
            (
                {"image": [None, png(IMAGES[0])], "label": [1, 2]},
                "no image in data line 1",
            ),
            ({"image": [png(IMAGES[0])], "label": [None]}, "no label in data line 1"),
            (
                {"image": [png(IMAGES[0])], "a": [1], "b": [2]},
                "of labels besides 'imag",
            ),
            ({"label": [1], "a": [None]}, "in column 'a' of data line 1, but expected"),
            ({"label": [1], "a": ["ink"]}, "'ink' in column 'a' of data line 1"),
            ({"label": [], "a": []}, "without a line of data"),
            (
                {"image": [png(IMAGES[0])], "label": [b"seven"]},
                "the label b'seven' in data line 1, but expected a number or text",
            ),
            ({"label": [[2]], "a": [1]}, r"the label array\(\[2\]\) in data line 1"),
            ({"label": [pd.Timestamp("2026-12-01")], "a": [1]}, "the label Timestamp"),
            ({"label": pd.array(["7", None]), "a": [1, 2]}, "no label in data line 2"),
        ],
    )
    def test_errors(self, tmp_path, table, message):
        with pytest.raises(ValueError, match=message):
            load_digit_images(self.write(tmp_path, table))

    def test_images_of_different_sizes(self, tmp_path):
        images = [png(IMAGES[0]), png(IMAGES[0][:, :2])]
        path = self.write(tmp_path, {"image": images, "label": [1, 2]})
        message = r"sizes \(data line 1 .* is 4 x 5, data line 2 .* is 4 x 2\)"
        with pytest.raises(ValueError, match=message):
            load_digit_images(path)

    @pytest.mark.parametrize(
        "limit, message",
        [("MAX_LINES", "it has more than 2 lines"), ("MAX_CELLS", "it has 3 columns")],
    )
    def test_too_large(self, tmp_path, monkeypatch, limit, message):
        path = self.write(tmp_path, {"label": LABELS, "a": LABELS, "b": LABELS})
        monkeypatch.setattr(f"skdigits.datasets._tables.{limit}", 2)
        monkeypatch.setattr("pyarrow.parquet.ParquetFile.read", None)
        with pytest.raises(ValueError, match=message):
            load_digit_images(path)

    def test_damaged_anywhere(self, tmp_path):
        table = pd.DataFrame(ROWS).assign(label=LABELS)
        table.columns = table.columns.map(str)
        check_damaged_anywhere(self.write(tmp_path, table))

    def test_without_its_package(self, tmp_path, monkeypatch):
        path = self.write(tmp_path, {"label": [1], "a": [2]})
        without(monkeypatch, "pyarrow", "pyarrow.parquet")
        message = (
            "^Got '.*digits.parquet', but expected pyarrow .* pip install pyarrow."
        )
        with pytest.raises(ValueError, match=message):
            load_digit_images(path)


def idx(array, code=8, dtype=">u1"):
    head = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    return head + array.astype(dtype).tobytes()


class TestIdx:
    def write(self, tmp_path, images, labels, end=""):
        pack = gzip.compress if end else bytes
        path = tmp_path / f"my-images-idx3-ubyte{end}"
        path.write_bytes(pack(images))
        (tmp_path / f"my-labels-idx1-ubyte{end}").write_bytes(pack(labels))
        return path

    @pytest.mark.parametrize("end", ["", ".gz"])
    def test_images_with_labels_beside_them(self, tmp_path, end):
        labels = idx(np.array(LABELS))
        check(self.write(tmp_path, idx(IMAGES), labels, end))
        path = self.write(tmp_path, idx(IMAGES, 13, ">f4"), labels, end)
        assert_array_equal(load_digit_images(path).images, IMAGES)

    @pytest.mark.parametrize(
        "images, message",
        [
            (
                b"",
                "which cannot be read .it does not begin like an IDX file.*Replace it",
            ),
            (idx(IMAGES)[:-1], "it does not have the 60 bytes that its header"),
            (idx(IMAGES) + b"0", "it does not have the 60 bytes that its header"),
            (idx(IMAGES)[:9], "it ends within its header"),
            (idx(IMAGES[:2]), "expected one label for each image"),
            (
                struct.pack(">HBBII", 0, 8, 2, 2**31, 2**31),
                "its array of .* is too lar",
            ),
        ],
    )
    def test_errors(self, tmp_path, images, message):
        path = self.write(tmp_path, images, idx(np.array(LABELS)))
        with pytest.raises(ValueError, match=message):
            load_digit_images(path)

    def test_without_labels(self, tmp_path):
        path = self.write(tmp_path, idx(IMAGES), b"")
        (tmp_path / "my-labels-idx1-ubyte").unlink()
        with pytest.raises(
            ValueError, match="expected them in .*'my-labels-idx1-ubyte'"
        ):
            load_digit_images(path)

    def test_broken_gzip(self, tmp_path):
        path = self.write(tmp_path, idx(IMAGES), idx(np.array(LABELS)), ".gz")
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(ValueError, match="idx3-ubyte.gz', which cannot be read"):
            load_digit_images(path)
