"""Sets of pictures by their names: drawn, stored and fetched, whatever they are read from."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data import faces, idx, kept, known, npz
from models.data.attributes import Table
from models.data.faces import SCHEMA
from models.data.faces.face import Face
from models.data.opening import open_set
from models.data.shape import fitted
from models.downloads import Download
from models.errors import CorruptFileError, UnavailableError, UsageError, UserError


def idx_bytes(numbers: np.ndarray[Any, Any], kind: int = 0x08) -> bytes:
    return struct.pack(f">HBB{numbers.ndim}I", 0, kind, numbers.ndim, *numbers.shape) + numbers.tobytes()


def some_pixels(count: int = 10, side: int = 28, channels: int = 0) -> np.ndarray[Any, Any]:
    shape = (count, side, side, channels) if channels else (count, side, side)
    return np.random.default_rng(count).integers(0, 256, shape, dtype=np.uint8)


def test_faces_are_those_that_are_drawn_with_all_their_attributes(tmp_path: Path) -> None:
    found = open_set("faces", size=32, count=40, seed=3, folder=tmp_path)
    pixels, table = faces.sample(40, 3, size=32)
    order = np.array([39, 0, 7, 7, 38])
    assert np.array_equal(found.read(order), pixels[order])
    assert found.attributes is not None
    assert found.attributes.names == table.columns()
    assert np.array_equal(found.attributes.values, table.matrix())
    assert set(found.attributes.values[:, found.attributes.names.index("hat:cap")].tolist()) <= {0.0, 1.0}
    assert len(found.attributes.names) > len(SCHEMA)


def test_drawn_sets_have_their_usual_size_and_count(tmp_path: Path) -> None:
    of_faces, of_glyphs = (open_set(name, folder=tmp_path) for name in ("faces", "glyphs"))
    assert (of_faces.count, of_faces.size, of_faces.channels) == (20_000, (64, 64), 3)
    assert (of_glyphs.count, of_glyphs.size, of_glyphs.channels) == (20_000, (32, 32), 1)
    assert of_glyphs.read(np.array([1])).shape == (1, 32, 32, 1)


@pytest.mark.parametrize(("channels", "many"), [("grey", 1), ("rgb", 3)])
def test_a_set_is_grey_or_coloured_as_is_asked(tmp_path: Path, channels: Any, many: int) -> None:
    for name in ("faces", "glyphs"):
        assert open_set(name, size=32, channels=channels, folder=tmp_path).read(np.arange(2)).shape == (2, 32, 32, many)


def test_small_faces_are_made_of_larger_ones(tmp_path: Path) -> None:
    small = open_set("faces", size=16, count=1, folder=tmp_path).read(np.array([0]))[0].astype(int)
    large = faces.render(Table.drawn(Face, [0]), 32)[0].astype(int)
    assert np.abs(small[4, 5] - large[8:10, 10:12].mean(axis=(0, 1))).max() <= 0.5


def test_the_identity_tells_sets_apart_and_is_the_same_for_the_same(tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = [{}, {"size": 40}, {"seed": 1}, {"count": 50}, {"channels": "grey"}]
    found = [open_set("faces", **{"count": 60, "size": 32, **each}, folder=tmp_path).identity for each in asked]
    assert len(set(found)) == len(asked)
    assert open_set("faces", count=60, size=32, folder=tmp_path).identity == found[0]


def test_what_does_not_fit_into_memory_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 5 * 32 * 32 * 3)
    found = open_set("faces", size=32, count=200, folder=tmp_path)
    everything = faces.sample(200, size=32)[0]
    for order in (np.arange(200), np.array([199, 3, 6, 3]), np.arange(0)):
        assert np.array_equal(found.read(order), everything[order])


def test_an_idx_file_is_read_with_the_labels_beside_it(tmp_path: Path) -> None:
    pixels, labels = some_pixels(), np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 7], np.uint8)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(pixels))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels)))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(pixels[:2]))
    for source in (tmp_path, tmp_path / "train-images-idx3-ubyte"):
        found = open_set(str(source), folder=tmp_path)
        assert (found.count, found.size, found.channels) == (10, (28, 28), 1)
        assert np.array_equal(found.read(np.arange(10))[..., 0], pixels)
        assert found.attributes is not None
        assert found.attributes.names == ("label:0", "label:1", "label:2", "label:7")
        assert found.attributes.values[:, 3].tolist() == [0.0] * 9 + [1.0]


def test_a_count_draws_pictures_with_their_labels(tmp_path: Path) -> None:
    pixels = np.repeat(np.arange(100, dtype=np.uint8), 28 * 28).reshape(100, 28, 28)
    (tmp_path / "a-images-idx3-ubyte").write_bytes(idx_bytes(pixels))
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(100, dtype=np.uint8) // 50))
    one, other = (open_set(str(tmp_path), count=20, seed=seed, folder=tmp_path) for seed in (0, 1))
    levels = one.read(np.arange(20))[:, 0, 0, 0]
    assert (np.diff(levels.astype(int)) > 0).all()
    assert one.attributes is not None
    assert np.array_equal(one.attributes.values[:, 1], levels >= 50)
    assert not np.array_equal(other.read(np.arange(20))[:, 0, 0, 0], levels)
    assert one.identity != other.identity


def test_stored_pictures_are_scaled_and_coloured(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(np.full((3, 28, 28), 200, np.uint8)))
    found = open_set(str(tmp_path), size=32, channels="rgb", folder=tmp_path)
    pixels = found.read(np.arange(3))
    assert pixels.shape == (3, 32, 32, 3)
    assert (pixels == 200).all()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "does not begin as one"),
        (b"\0\0\x08\x03\0\0\0\x01", "ends before its head"),
        (idx_bytes(some_pixels())[:-1], "fewer numbers"),
        (idx_bytes(some_pixels()) + b"x", "more numbers"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "can be read"),
        (gzip.compress(idx_bytes(some_pixels()), mtime=0)[:-20], "damaged or truncated"),
        (idx_bytes(np.zeros(4, np.uint8)), "holds no pictures"),
        (idx_bytes(np.zeros((0, 28, 28), np.uint8)), "holds no pictures"),
        (idx_bytes(some_pixels(2, 8)), "16 to 128 a side can be learnt from"),
    ],
)
def test_a_damaged_idx_file_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(data)
    with pytest.raises(UserError, match=said):
        open_set(str(tmp_path / "train-images-idx3-ubyte"), folder=tmp_path)


@given(data=st.binary(max_size=64), head=st.sampled_from([b"", b"\0\0\x08\x03", b"\0\0\x0d\x01", b"\x1f\x8b\x08"]))
def test_any_bytes_are_numbers_or_one_clear_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes
) -> None:
    path = tmp_path_factory.mktemp("idx") / "a-idx3-ubyte"
    path.write_bytes(head + data)
    try:
        found = idx.read(path)
    except UserError as error:
        said = str(error)
    else:
        said = ""
        assert found.nbytes <= len(data)
    assert "\n" not in said


def test_labels_of_another_number_are_refused(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(some_pixels(10)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(9, np.uint8)))
    with pytest.raises(UsageError, match="9,\\) labels for 10 pictures"):
        open_set(str(tmp_path), folder=tmp_path)


@pytest.mark.parametrize(
    ("numbers", "level"),
    [(np.uint8(7), 7), (np.float32(0.5), 128), (np.float64(200.4), 200), (np.int64(255), 255), (np.bool_(True), 255)],
)
def test_numbers_of_an_npz_file_become_levels(tmp_path: Path, numbers: Any, level: int) -> None:
    np.savez(tmp_path / "a.npz", pictures=np.full((3, 20, 24, 3), numbers), other=np.zeros(5))
    found = open_set(str(tmp_path / "a.npz"), folder=tmp_path)
    assert (found.size, found.channels) == ((20, 24), 3)
    assert (found.read(np.arange(3)) == level).all()


def test_levels_of_minus_one_to_one_and_channels_first(tmp_path: Path) -> None:
    numbers = np.zeros((2, 3, 16, 17), np.float32)
    numbers[0, 0], numbers[1, 2] = -1, 1
    np.savez_compressed(tmp_path / "a.npz", x_train=numbers, y_train=np.array([[4], [5]]), x_test=numbers[:1])
    found = open_set(str(tmp_path / "a.npz"), folder=tmp_path)
    assert found.read(np.arange(2))[:, 0, 0].tolist() == [[0, 128, 128], [128, 128, 255]]
    assert found.attributes is not None
    assert found.attributes.names == ("label:4", "label:5")


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": np.zeros((3, 20, 20)), "b": np.zeros((3, 20, 20))}, "several arrays could be"),
        ({"a": np.zeros(3)}, "no array has the shape"),
        ({"a": np.full((3, 20, 20), 300.0)}, "lies in 300 to 300"),
        ({"a": np.full((3, 20, 20), np.nan)}, "lies in nan to nan"),
        ({"images": np.array([[[object()] * 20] * 20])}, "no array has the shape"),
    ],
)
def test_an_npz_file_without_clear_pictures_is_refused(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UsageError, match=said):
        open_set(str(tmp_path / "a.npz"), folder=tmp_path)


def test_a_damaged_npz_file_is_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", images=some_pixels())
    whole = (tmp_path / "a.npz").read_bytes()
    for data in (b"", b"PK\3\4", whole[:-200], whole[:200] + b"\0" * 50 + whole[250:]):
        (tmp_path / "a.npz").write_bytes(data)
        with pytest.raises(UserError):
            npz.load(tmp_path / "a.npz")


def test_a_known_set_says_offline_which_file_belongs_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "DEBIAN", tmp_path / "none")
    monkeypatch.setenv("no_proxy", "*")
    closed = Download("mnist", "http://127.0.0.1:9/mnist.npz", 5, "", "datasets/mnist.npz")
    monkeypatch.setattr(known, "MNIST", closed)
    with pytest.raises(UnavailableError, match=r"put a copy of http://127.0.0.1:9/mnist.npz at .*datasets/mnist.npz"):
        open_set("mnist", folder=tmp_path)


def test_known_sets_are_read_from_their_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def there(name: str, data: bytes) -> Download:
        (tmp_path / name).write_bytes(data)
        return Download(name, "http://127.0.0.1:9/", len(data), "", name)

    pixels, labels = some_pixels(4), np.array([0, 9, 0, 9], np.uint8)
    monkeypatch.setattr(known, "DEBIAN", tmp_path / "none")
    packed = (gzip.compress(idx_bytes(each)) for each in (labels, pixels))
    names = ("train-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz")
    monkeypatch.setattr(known, "FASHION", tuple(map(there, names, packed)))
    fashion = open_set("fashion-mnist", folder=tmp_path)
    assert fashion.attributes is not None
    assert fashion.attributes.names == ("t-shirt", "ankle boot")
    assert np.array_equal(fashion.read(np.arange(4))[..., 0], pixels)

    buffer = io.BytesIO()
    np.savez(buffer, x_test=pixels, y_test=labels, x_train=pixels[::-1], y_train=labels[::-1])
    monkeypatch.setattr(known, "MNIST", there("mnist.npz", buffer.getvalue()))
    mnist = open_set("mnist", folder=tmp_path)
    assert mnist.attributes is not None
    assert mnist.attributes.values.tolist() == [[0, 1], [1, 0], [0, 1], [1, 0]]
    assert mnist.attributes.names == ("0", "9")
    assert np.array_equal(mnist.read(np.arange(4))[..., 0], pixels[::-1])

    buffer, red = io.BytesIO(), np.zeros((2, 3, 32, 32), np.uint8)
    red[:, 0] = 255
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for number in (2, 1):
            data = b"".join(bytes([number]) + each.tobytes() for each in red)
            member = tarfile.TarInfo(f"cifar-10-batches-bin/data_batch_{number}.bin")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    monkeypatch.setattr(known, "CIFAR", there("cifar.tar.gz", buffer.getvalue()))
    cifar = open_set("cifar10", folder=tmp_path)
    assert (cifar.count, cifar.size, cifar.channels) == (4, (32, 32), 3)
    assert cifar.read(np.array([3]))[0, 5, 6].tolist() == [255, 0, 0]
    assert cifar.attributes is not None
    assert cifar.attributes.values.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]
    monkeypatch.setattr(known, "CIFAR", there("cifar.tar.gz", buffer.getvalue()[:40]))
    with pytest.raises(CorruptFileError, match="damaged archive"):
        open_set("cifar10", folder=tmp_path)


def test_debians_fashion_mnist_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "DEBIAN", tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(some_pixels(4))))
    assert open_set("fashion-mnist", folder=tmp_path / "data").count == 4
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("source", "said"), [("nothing", "none of faces, glyphs"), ("a.txt", "neither an NPZ nor an")])
def test_what_is_no_set_is_refused(tmp_path: Path, source: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(UsageError, match=said):
        open_set(source, folder=tmp_path)


def test_a_table_is_for_folders_alone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a table is for a folder"):
        open_set("faces", attributes="a.csv", folder=tmp_path)


def test_pictures_are_cut_or_padded_in_their_middle() -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    assert (fitted(wide, (10, 10), "crop") == 255).all()
    padded = fitted(wide, (30, 30), "pad")
    assert np.array_equal(padded[10:20], wide)
    assert not padded[:10].any()
    assert not padded[20:].any()
    assert fitted(wide[..., :1], (20, 16), "crop").shape == (20, 16, 1)
