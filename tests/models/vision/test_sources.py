"""Where pictures come from: by name, from a file, and what is said if there is none."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.errors import CorruptFileError, UnavailableError, UsageError
from models.vision import drawn, pictures, samples
from models.vision.sources import names, open_source, size_of, title
from tests.models.vision.picture_files import png


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_each_sample_is_there(name: str) -> None:
    source = open_source(name, side=96)
    assert max(source.size) == 96
    assert source.pixels.shape == (source.size[1], source.size[0], 3)
    assert source.source == name
    assert source.sha256 == hashlib.sha256(source.pixels.tobytes()).hexdigest()
    assert source.pixels.std() > 10
    assert title(name) != name


def test_samples_are_whole() -> None:
    assert open_source("coffee").size == (600, 400)
    assert open_source("chelsea").size == (451, 300)


def test_a_drawn_style_is_a_source() -> None:
    source = open_source("stained-glass", side=64)
    assert source.size == (64, 64)
    assert np.array_equal(source.pixels, pictures.fit(drawn.draw("stained-glass"), 64))
    assert open_source("stained-glass").size == (512, 512)
    assert title("stained-glass") == drawn.STYLES["stained-glass"].title


def test_a_file_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    pixels = np.full((6, 9, 3), 77, np.uint8)
    pictures.save(tmp_path / "coffee.png", pixels)
    Path("coffee").write_bytes(Path("coffee.png").read_bytes())
    for source in (str(tmp_path / "coffee.png"), "coffee.png", "~/coffee.png", "./coffee"):
        assert np.array_equal(open_source(source).pixels, pixels)
        assert title(source) in ("coffee.png", "coffee")
    assert open_source("coffee").size == (600, 400)


def test_a_source_is_measured_as_it_opens(tmp_path: Path) -> None:
    turned = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), "red").save(turned, exif=exif)
    for source in ("coffee", "rocket", "stained-glass", str(turned)):
        assert size_of(source) == open_source(source).size
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(UsageError, match="broken"):
        size_of(str(broken))
    with pytest.raises(UsageError, match="no file"):
        size_of("nowhere.png")


def test_what_is_no_source(tmp_path: Path) -> None:
    known = (
        r"no file, and none of the names for a picture at hand \(chelsea, coffee, .*\), a drawn style \(stained-glass"
    )
    for source in ("cofee", str(tmp_path / "gone.png"), "a\0b", "[/red]", "~nobody/x.png"):
        with pytest.raises(UsageError, match=known) as raised:
            open_source(source)
        assert repr(source) in str(raised.value)
        assert "\n" not in str(raised.value)
    with pytest.raises(UsageError, match="name a picture"):
        open_source("")
    with pytest.raises(UsageError, match="there is no colour"):
        open_source("coffee", background="no colour")
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(CorruptFileError, match="is an empty file"):
        open_source(str(tmp_path / "x.png"))
    with pytest.raises(UsageError, match="is no file that holds a picture"):
        open_source(str(tmp_path))


def test_a_sample_that_was_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match="coffee is not in the installed scikit-image"):
        open_source("coffee")


def test_the_screen_may_import_all_of_it(tmp_path: Path) -> None:
    """Nothing heavy is loaded by looking at what there is, nor by opening plain pictures; nothing is said, not even
    of damaged notes.
    """
    (tmp_path / "x.png").write_bytes(png(8, 0, 1, 1, [b"\0\0"], (b"eXIf", b"Exif\0\0II*\0\x08\0\0\0\xff\xff")))
    code = (
        "import sys\n"
        "from models.vision import about, animate, pictures, sources\n"
        "sources.names(); sources.open_source('coffee', side=64); sources.open_source(sys.argv[1])\n"
        "heavy = {'tensorflow', 'keras', 'scipy', 'skimage', 'av', 'PIL.ImageCms'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "x.png"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_names() -> None:
    found, styles = names()
    assert len(found) >= 10
    assert len(styles) >= 8
    assert not set(found) & set(styles)
