"""Films: each frame in its place, for as long as it should be, and whole or not there at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.errors import UsageError, UserError
from models.vision.animate import save_animation
from models.vision.films import gif, mp4
from models.vision.films.timing import durations
from models.vision.pictures import Pixels


def frames(count: int, height: int = 40, width: int = 50) -> Iterator[Pixels]:
    """Smooth pictures, each another colour, with a bright block that moves."""
    rows, columns = np.mgrid[:height, :width]
    for number in range(count):
        picture = np.stack([rows * 4, columns * 4, np.full_like(rows, 40 * number)], 2).astype(np.uint8)
        picture[number : number + 8, 2 * number : 2 * number + 12] = (250, 250, 20)
        yield picture


def shown(path: Path) -> list[Pixels]:
    if path.suffix == ".mp4":
        with av.open(path) as film:
            return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    picture = Image.open(path)
    found = []
    for number in range(picture.n_frames):  # type: ignore[attr-defined]
        picture.seek(number)
        found.append(np.asarray(picture.convert("RGB")))
    return found


@pytest.mark.parametrize(("suffix", "near"), [(".gif", 4), (".webp", 4), (".mp4", 5)])
def test_each_frame_is_shown(suffix: str, near: float, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    assert save_animation(path, frames(6), fps=12, about={"family": "dream"}) == 6
    got = shown(path)
    assert len(got) == 6
    for frame, wanted in zip(got, frames(6), strict=True):
        error = frame.astype(int) - wanted
        assert np.abs(error).mean() < near
        assert np.abs(error.mean(axis=(0, 1))).max() < 2  # no colour is shifted
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_an_mp4_is_of_the_kind_that_every_player_shows(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    save_animation(path, frames(5, 41, 51), fps=24)
    with av.open(path) as film:
        stream = film.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate, stream.frames) == (52, 42, 24, 5)
        assert stream.codec_context.pix_fmt == "yuv420p"
    assert np.abs(shown(path)[4][:41, :51].astype(int) - list(frames(5, 41, 51))[4]).mean() < 4


def test_an_mp4_without_h264(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp4, "CODECS", {"no such codec": {}, "mpeg4": mp4.CODECS["mpeg4"]})
    save_animation(tmp_path / "x.mp4", frames(3), fps=10)
    assert np.abs(shown(tmp_path / "x.mp4")[2].astype(int) - list(frames(3))[2]).mean() < 6


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_films_begin_anew_and_keep_their_time(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    save_animation(path, frames(15), fps=15)
    picture = Image.open(path)
    assert picture.info["loop"] == 0
    total = 0.0
    for number in range(15):
        picture.seek(number)
        picture.load()
        total += picture.info["duration"]
    assert total == 1000


@given(st.floats(0.1, 50), st.integers(1, 400))
def test_no_time_is_lost(fps: float, count: int) -> None:
    lasts = durations(fps, 100)
    total = sum(next(lasts) for _ in range(count))
    assert abs(total / 100 - count / fps) <= 0.006


def test_a_gif_of_one_colour_and_of_one_pixel(tmp_path: Path) -> None:
    for number, shape in enumerate([(1, 1, 3), (30, 20, 3), (3, 700, 3)]):
        path = tmp_path / f"{number}.gif"
        save_animation(path, [np.full(shape, level, np.uint8) for level in (200, 10)], fps=5)
        assert [frame.shape for frame in shown(path)] == [shape] * 2
        assert [int(frame.mean()) for frame in shown(path)] == [200, 10]


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_frames_are_written_as_they_come(suffix: str, tmp_path: Path) -> None:
    """The file has grown by the time the last frame is asked for."""
    sizes = []

    def watched() -> Iterator[Pixels]:
        for frame in np.random.default_rng(0).integers(0, 255, (20, 60, 60, 3), np.uint8):
            yield frame
            sizes.append(sum(each.stat().st_size for each in tmp_path.iterdir()))

    save_animation(tmp_path / f"x{suffix}", watched(), fps=5)
    assert 0 < sizes[-8] < sizes[-1]


def test_a_film_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    def broken() -> Iterator[Pixels]:
        yield from frames(2)
        raise KeyboardInterrupt

    for suffix in (".gif", ".webp", ".mp4"):
        path = tmp_path / f"x{suffix}"
        path.write_bytes(b"old")
        with pytest.raises(KeyboardInterrupt):
            save_animation(path, broken(), fps=5)
        assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 3


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(frame: Pixels) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gif, "_image", full)
    with pytest.raises(UserError, match=r"x\.gif' cannot be written: No space left on device"):
        save_animation(tmp_path / "x.gif", frames(3), fps=5)
    with pytest.raises(UserError, match="cannot be written: No such file or directory"):
        save_animation(tmp_path / "nowhere" / "x.mp4", frames(3), fps=5)
    assert not list(tmp_path.iterdir())


def test_films_that_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "x.gif"
    for name, fps, line in (
        ("x.avi", 5, r"\.gif, \.webp, \.mp4"),
        ("x.gif", 60, "0.1 to 50"),
        ("x.mp4", 0, "0.1 to 120"),
    ):
        with pytest.raises(UsageError, match=line):
            save_animation(tmp_path / name, frames(2), fps=fps)
    with pytest.raises(UsageError, match="there are no frames"):
        save_animation(path, [], fps=5)
    with pytest.raises(UsageError, match="at most 65,535 pixels a side"):
        save_animation(path, [np.zeros((1, 70_000, 3), np.uint8)], fps=5)
    with pytest.raises(ValueError, match="a frame of shape"):
        save_animation(path, [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)], fps=5)
    assert not list(tmp_path.iterdir())
