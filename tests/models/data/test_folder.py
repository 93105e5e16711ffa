"""Folders of pictures: whatever lies in them, and what a table says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.data import table
from models.data.opening import open_set
from models.data.sets import used
from models.errors import UsageError, UserError


def picture(path: Path, colour: Any = (200, 10, 10), size: tuple[int, int] = (40, 40), mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)
    return path


def test_broken_files_are_left_out_and_named_v7(tmp_path: Path) -> None:
    for number in range(5):
        picture(tmp_path / f"good{number}.png", size=(50 + 3 * number, 40))
    whole = picture(tmp_path / "cut.jpg", size=(300, 300)).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[:700])
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    found = open_set(str(tmp_path), folder=tmp_path)
    assert (found.count, len(found.skipped)) == (5, 3)
    for name in ("cut.jpg", "text.jpg", "empty.png"):
        assert sum(name in each for each in found.skipped) == 1
    assert found.read(np.arange(5)).shape == (5, 64, 64, 3)
    assert used(found).startswith("5 used, 3 skipped: ")
    assert all(name in used(found) for name in ("cut.jpg", "text.jpg", "empty.png"))
    found.skipped = tuple(map(str, range(1234)))
    assert used(found) == "5 used, 1,234 skipped: 0; 1; 2; 3; 4; and 1,229 more"


def test_every_mode_and_every_folder_inside_is_read(tmp_path: Path) -> None:
    for number, (mode, colour) in enumerate([("L", 9), ("P", 0), ("RGBA", (1, 2, 3, 255)), ("I;16", 9), ("1", 1)]):
        picture(tmp_path / f"deep{number}" / "er" / f"{number}.png", colour, mode=mode)
    picture(tmp_path / ".hidden" / "no.png")
    (tmp_path / "notes.txt").write_text("left alone")
    found = open_set(str(tmp_path), size=16, folder=tmp_path)
    assert (found.count, found.skipped) == (5, ())


def test_pictures_of_one_size_keep_it_and_grey_ones_stay_grey(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", (7, 7, 7), (30, 20))
    picture(tmp_path / "b.png", 9, (30, 20), "L")
    found = open_set(str(tmp_path), folder=tmp_path)
    assert (found.size, found.channels) == ((20, 30), 1)
    assert found.read(np.array([1, 0]))[:, 0, 0, 0].tolist() == [9, 7]
    assert open_set(str(tmp_path), channels="rgb", folder=tmp_path).channels == 3


def test_what_is_not_kept_is_decoded_again_and_a_file_that_is_gone_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.data.folder.budget", lambda: 0)
    monkeypatch.setattr("models.data.kept.budget", lambda: 0)
    picture(tmp_path / "a.png", (200, 10, 10))
    picture(tmp_path / "b.png", (10, 200, 10))
    found = open_set(str(tmp_path), folder=tmp_path)
    assert found.read(np.array([1, 0, 1]))[:, 3, 3].tolist() == [[10, 200, 10], [200, 10, 10], [10, 200, 10]]
    (tmp_path / "a.png").unlink()
    with pytest.raises(UsageError, match=r"a\.png"):
        found.read(np.array([0]))


def test_a_count_is_of_whole_pictures(tmp_path: Path) -> None:
    for number in range(10):
        picture(tmp_path / f"{number}.png")
        (tmp_path / f"bad{number}.png").write_bytes(b"bad")
    assert open_set(str(tmp_path), count=6, folder=tmp_path).count == 6
    assert open_set(str(tmp_path), count=60, folder=tmp_path).count == 10


def test_the_identity_follows_the_files(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    before = open_set(str(tmp_path), folder=tmp_path).identity
    assert open_set(str(tmp_path), folder=tmp_path).identity == before
    assert open_set(str(tmp_path), fit="pad", folder=tmp_path).identity != before
    picture(tmp_path / "a.png", (1, 2, 3))
    assert open_set(str(tmp_path), folder=tmp_path).identity != before


@pytest.mark.parametrize("names", [(), ("bad.png",)])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"bad")
    with pytest.raises(UsageError, match=r"holds no pictures|none of 1 files is a whole picture"):
        open_set(str(tmp_path), folder=tmp_path)


def test_folders_inside_are_classes(tmp_path: Path) -> None:
    for name in ("cats/1.png", "cats/more/2.png", "dogs/1.png"):
        picture(tmp_path / name)
    found = open_set(str(tmp_path), folder=tmp_path)
    assert found.attributes is not None
    assert found.attributes.names == ("cats", "dogs")
    assert found.attributes.values.tolist() == [[1, 0], [1, 0], [0, 1]]
    picture(tmp_path / "loose.png")
    assert open_set(str(tmp_path), folder=tmp_path).attributes is None


CSV = "\ufefffile;smile;glasses;hat;age\na.png;0.5;yes;cap;-1\nin/b.png;-0.25;no;none;1\nc.png;1;no;cap;1\n"


def test_a_table_gives_the_attributes(tmp_path: Path) -> None:
    for name in ("a.png", "in/b.png", "d.png"):
        picture(tmp_path / "set" / name)
    (tmp_path / "t.csv").write_text(CSV, "utf-8")
    found = open_set(str(tmp_path / "set"), attributes=str(tmp_path / "t.csv"), folder=tmp_path)
    assert found.skipped == ("d.png: not in the table",)
    assert found.attributes is not None
    assert found.attributes.names == ("smile", "glasses", "hat:cap", "hat:none", "age")
    assert found.attributes.values.tolist() == [[0.5, 1, 1, 0, 0], [-0.25, 0, 0, 1, 1]]


def test_celebas_list_is_read(tmp_path: Path) -> None:
    for name in ("000001.jpg", "000002.jpg"):
        picture(tmp_path / "set" / name)
    (tmp_path / "list_attr_celeba.txt").write_text("2\nSmiling Male \n000001.jpg  1 -1\n000002.jpg -1  1\n")
    found = open_set(str(tmp_path / "set"), attributes=str(tmp_path / "list_attr_celeba.txt"), folder=tmp_path)
    assert found.attributes is not None
    assert found.attributes.names == ("Smiling", "Male")
    assert found.attributes.values.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no table of attributes"),
        ("file,smile\n", "no table of attributes"),
        ("file,smile\na.png\n", "line 2: 1 cells for 2 columns"),
        ("file,smile\na.png,1\na.png,0\n", "names 'a.png' twice"),
        ("file,a,a\na.png,1,2\n", "a name of its own"),
        ("file,hat\na.png,\nb.png,cap\n", "empty cell in row 1"),
        ("file,x\n" + "".join(f"{n}.png,word{n}\n" for n in range(21)), "neither numbers, nor yes and no"),
        ("file,x\nother.png,1\n", "names none of the 1 pictures"),
        ("2\nSmiling Male\na.png 1\nb.png 1 1\n", "line 3: 1 values for 2 attributes"),
    ],
)
def test_an_unclear_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    picture(tmp_path / "set" / "a.png")
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UsageError, match=said):
        open_set(str(tmp_path / "set"), attributes=str(tmp_path / "t.csv"), folder=tmp_path)


@given(data=st.one_of(st.binary(max_size=80), st.text("a,;\t\n\"'1-.é", max_size=80).map(str.encode)))
def test_any_bytes_are_a_table_or_one_clear_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_bytes(data)
    try:
        found = table.load(path)
    except UserError as error:
        said = str(error)
    else:
        said = ""
        assert found.values.shape == (len(found.rows), len(found.names))
        assert np.isfinite(found.values).all()
    assert "\n" not in said
