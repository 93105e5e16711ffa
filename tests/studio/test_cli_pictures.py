"""`studio dream`, `redo` and `pictures` from the outside."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.dream.recipe import DreamRecipe
from models.errors import UsageError
from models.vision import about, pictures
from studio.cli import entry
from studio.cli.paint import fit_for
from studio.cli.redo import check, found, moved, moves
from studio.config import Paths
from studio.registry import PictureEntry, Registry
from tests.studio.command import Command, objects, one_line

SMALL = ("--side", "64", "--steps", "2", "--octaves", "1", "--preview-every", "0")


@pytest.fixture
def studio(paths: Paths) -> Command:
    return Command(paths.home)


@pytest.fixture
def run(paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in this process: (exit code, stdout, stderr)."""
    monkeypatch.setenv("STUDIO_HOME", str(paths.home))

    def call(*words: str) -> tuple[int, str, str]:
        code = entry.run(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def made(registry: Registry, name: str = "a [/picture]", **more: Any) -> PictureEntry:
    pixels = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    recipe = DreamRecipe.preset(content="coffee").model_dump(mode="json")
    said = {"family": "dream", "recipe": recipe, "seed": 0, "sources": []}
    small = io.BytesIO()
    Image.fromarray(pixels).save(small, "PNG")
    return registry.save_picture(
        pictures.encode(pixels, "png", said), name=name, family="dream", recipe=recipe, about=said,
        width=8, height=6, thumbnail=small.getvalue(), **more,
    )  # fmt: skip


def test_a_dream_is_made_written_kept_and_made_again_to_the_pixel(
    studio: Command, registry: Registry, tmp_path: Path
) -> None:
    out = tmp_path / "dream.png"
    done = studio.run("dream", "coffee", "-o", str(out), *SMALL, "--json", "--name", "日本語", timeout=120)
    assert done.returncode == 0, done.stderr
    *events, result = objects(done.stdout)
    assert {event["event"] for event in events} >= {"note", "step", "snapshot"}
    (entry_,) = registry.pictures()
    assert (result["event"], result["picture"], result["name"]) == ("result", entry_.id, "日本語")
    assert (result["file"], result["width"], result["height"]) == (str(out), 64, 43)
    assert (result["steps"], result["state"]) == (2, "done")
    assert result["loss"] > 0
    assert pictures.load(out).shape == (43, 64, 3)
    again = studio.run("redo", str(out), "-o", str(tmp_path / "again.png"), "--json", timeout=120)
    assert again.returncode == 0, again.stderr
    last = objects(again.stdout)[-1]
    assert (last["equal"], last["name"]) == (True, "dream")
    assert np.array_equal(pictures.load(tmp_path / "again.png"), pictures.load(out))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dream", "nowhere.png"), "nowhere.png"),
        (("dream", "coffee", "--octaves", "99"), "octaves"),
        (("dream", "coffee", "--preset", "nix"), "no preset"),
        (("dream", "coffee", "--layers", "nix"), "no layer 'nix'; it has stem,"),
        (("dream", "coffee", "-o", "x.txt"), "not as 'x.txt'"),
        (("dream", "coffee", "-o", "/nowhere/x.png"), "no folder"),
        (("dream", "coffee", "-o", "x.png", "--preset", "zoom"), "an animation"),
        (("redo", "nowhere.png"), "no picture"),
        (("pictures", "show", "nix"), "no picture"),
        (("pictures", "list", "--family", "nix"), "no family"),
    ],
)
def test_wrong_use_is_one_line_before_any_work(run: Any, paths: Paths, words: tuple[str, ...], told: str) -> None:
    code, out, error = run(*words)
    assert code == 2
    assert out == ""
    assert told in one_line(error)
    assert Registry(paths).runs() == []


def test_a_network_that_is_not_here_is_told_with_its_place(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    code, _, error = run("dream", "coffee", "--backbone", "vgg16")
    assert code == 1
    assert "cannot be downloaded" in one_line(error)
    assert "vgg16" in error


def test_pictures_are_listed_shown_exported_renamed_and_deleted(run: Any, registry: Registry, tmp_path: Path) -> None:
    assert run("pictures", "list") == (0, "no pictures yet: studio dream coffee makes one\n", "")
    entry_ = made(registry)
    code, out, _ = run("pictures", "list")
    assert code == 0
    assert "a [/picture]" in out
    assert "8x6" in out
    code, out, _ = run("pictures", "show", entry_.id)
    assert "content          coffee" in out
    code, out, _ = run("pictures", "show", entry_.id, "--json")
    assert objects(out)[0]["recipe"]["content"] == "coffee"
    for name in ("a.png", "a.webp", "a.jpg"):
        assert run("pictures", "export", "a [", str(tmp_path / name))[0] == 0
        assert pictures.load(tmp_path / name).shape == (6, 8, 3)
        assert about.read(tmp_path / name) == entry_.about
    code, _, error = run("pictures", "export", entry_.id, str(tmp_path / "a.mp4"))
    assert (code, "is written as" in error) == (2, True)
    assert run("pictures", "rename", entry_.id, "new name")[0] == 0
    assert registry.picture(entry_.id).name == "new name"
    assert run("pictures", "delete", "new name", "--yes")[0] == 0
    assert registry.pictures() == []


def test_what_is_done_with_a_picture_can_be_read_by_programs(run: Any, registry: Registry, tmp_path: Path) -> None:
    key = made(registry, "one").id
    out = tmp_path / "a.webp"
    for words, more in (
        (("export", key, str(out)), {"name": "one", "file": str(out)}),
        (("rename", key, "two"), {"name": "two"}),
        (("delete", key, "--yes"), {"name": "two"}),
    ):
        code, said, _ = run("pictures", *words, "--json")
        assert code == 0
        assert objects(said) == [{"event": "result", "id": key, **more}]


@pytest.mark.parametrize("words", [("dream", "coffee", "-o"), ("pictures", "export", "one")])
def test_a_home_of_nobody_is_one_line(run: Any, registry: Registry, words: tuple[str, ...]) -> None:
    made(registry, "one")
    code, _, error = run(*words, "~nobody-of-that-name/x.png")
    assert code in (1, 2)
    assert "nobody-of-that-name" in one_line(error)


def test_a_picture_without_a_recipe_cannot_be_made_again(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    Image.new("RGB", (4, 4)).save(path)
    code, _, error = run("redo", str(path))
    assert (code, "carries no recipe" in one_line(error)) == (2, True)


def test_a_picture_is_found_by_file_and_by_name(registry: Registry, tmp_path: Path) -> None:
    entry_ = made(registry, "one")
    path = tmp_path / "elsewhere.png"
    path.write_bytes(registry.picture_bytes(entry_.id))
    assert found(registry, str(path)).name == "elsewhere"
    for wanted in ("one", entry_.id):
        assert found(registry, wanted).name == "one"


def test_a_source_that_is_gone_or_changed_is_told_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    pictures.save(path, np.full((4, 6, 3), 9, np.uint8))
    from models.vision.sources import open_source

    opened = open_source(str(path))
    sources = [{"source": "old.png", "sha256": opened.sha256, "size": [6, 4]}]
    with pytest.raises(UsageError, match=r"--source 'old.png=NEW PLACE'"):
        check(sources, {}, "white")
    check(sources, {"old.png": str(path)}, "white")
    pictures.save(path, np.full((4, 6, 3), 10, np.uint8))
    with pytest.raises(UsageError, match="is not the picture"):
        check(sources, {"old.png": str(path)}, "white")


def test_sources_are_moved_in_the_recipe() -> None:
    places = moves(("a.png=b.png", "c=d=e"))
    assert places == {"a.png": "b.png", "c": "d=e"}
    values = {"content": "a.png", "styles": ["c", "x"], "seed": 1}
    assert moved(values, places) == {"content": "b.png", "styles": ["d=e", "x"], "seed": 1}
    with pytest.raises(UsageError, match="OLD=NEW"):
        moves(("nothing",))


def test_the_kind_of_an_animation_follows_the_file(tmp_path: Path) -> None:
    recipe = DreamRecipe.preset("zoom")
    assert fit_for(tmp_path / "a.gif", recipe).animation == "gif"  # type: ignore[attr-defined]
    (tmp_path / "b.png").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        fit_for(tmp_path / "b.png", DreamRecipe.preset())


def test_these_commands_load_no_tensorflow_before_there_is_work(studio: Command) -> None:
    import subprocess
    import sys

    watch = (
        "import sys; from studio.cli import run; "
        "codes = [run(words.split()) for words in ('dream --help', 'redo --help', 'pictures list', 'dream gone.png')]; "
        "print(codes, 'tensorflow' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, env=studio.environment())
    assert done.stderr.splitlines()[-1] == "[0, 0, 0, 2] False"
