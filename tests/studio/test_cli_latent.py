"""`studio generate` and `studio latent`, with a model that draws by arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.latent import load
from models.latent.model import Concept
from models.vision import about, pictures
from studio.cli import entry
from studio.config import Paths
from studio.latent_notes import Notes, read, write
from studio.registry import Model, Registry
from tests.models.latent import fake
from tests.studio.command import objects, one_line


@pytest.fixture
def model(registry: Registry) -> Model:
    return registry.save_model(fake.checkpoint(), name="stripes")


@pytest.fixture
def run(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, model: Model
) -> Any:
    """Run a command in this process: (exit code, stdout, stderr)."""
    monkeypatch.setenv("STUDIO_HOME", str(paths.home))
    for name in ("vae", "gan"):
        monkeypatch.setitem(load.FAMILIES, name, "tests.models.latent.fake:from_checkpoint")
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = entry.run(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def decoded(point: Any) -> Any:
    return fake.FakeModel().decode(np.asarray(point)[None])[0]


def drawn(seed: int) -> Any:
    return fake.FakeModel().draw(1, seed)[0]


def test_one_picture_follows_from_its_seed_and_can_be_made_again(run: Any, tmp_path: Path, registry: Registry) -> None:
    code, out, _ = run("generate", "stripes", "-o", "a.png", "--seed", "7", "--json")
    assert code == 0
    (result,) = objects(out)
    assert (result["event"], result["seed"], result["width"]) == ("result", 7, 16)
    np.testing.assert_array_equal(pictures.load(tmp_path / "a.png"), decoded(drawn(7)))
    said = about.read(tmp_path / "a.png")
    assert said is not None
    assert said["family"] == "latent"
    assert registry.picture(result["picture"]).about == said
    code, out, err = run("redo", "a.png", "--json")
    assert (code, objects(out)[-1]["equal"]) == (0, True), err


def test_several_pictures_are_several_files_and_a_grid_is_one(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("generate", "stripes", "-o", "a.png", "--count", "10", "--seed", "3", "--json")
    assert code == 0
    assert [Path(made["file"]).name for made in objects(out)[0]["pictures"]][::9] == ["a-01.png", "a-10.png"]
    np.testing.assert_array_equal(pictures.load(tmp_path / "a-05.png"), decoded(drawn(7)))
    assert run("generate", "stripes", "-o", "g.png", "--grid", "2x3", "--seed", "3")[0] == 0
    sheet = pictures.load(tmp_path / "g.png")
    assert sheet.shape == (2 * 18 - 2, 3 * 18 - 2, 3)
    np.testing.assert_array_equal(sheet[18:, 18:34], decoded(drawn(7)))
    assert run("generate", "stripes", "-o", "e.png", "--truncation", "0", "--enlarge", "3")[0] == 0
    assert pictures.load(tmp_path / "e.png").shape == (48, 48, 3)


def test_a_picture_without_a_file_goes_into_the_gallery(run: Any, registry: Registry) -> None:
    code, out, _ = run("generate", "stripes", "--seed", "1")
    assert (code, out) == (0, "kept in the Gallery: 'stripes seed 1'\n")
    assert registry.pictures("latent")[0].name == "stripes seed 1"


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_a_way_between_seeds_is_a_film(run: Any, tmp_path: Path, registry: Registry, kind: str) -> None:
    words = ("latent", "interpolate", "stripes", "1", "2", "-o", f"way.{kind}", "--seconds", "1", "--fps", "8")
    code, out, err = run(*words, "--json")
    assert code == 0, err
    (result,) = objects(out)
    assert result["frames"] == 8
    assert (tmp_path / f"way.{kind}").stat().st_size > 100
    assert registry.picture(result["picture"]).kind == kind
    found = about.read(tmp_path / f"way.{kind}")
    assert found is not None
    assert found["recipe"]["how"] == "from 1 to 2, spherical"


def test_a_way_between_pictures_is_a_strip(run: Any, tmp_path: Path) -> None:
    for name, seed in (("a.png", 1), ("b.png", 2)):
        pictures.save(tmp_path / name, decoded(drawn(seed) / 2))
    code, _, err = run("latent", "interpolate", "stripes", "a.png", "b.png", "-o", "strip.png", "--count", "5",
                       "--way", "linear")  # fmt: skip
    assert code == 0, err
    strip = pictures.load(tmp_path / "strip.png").astype(int)
    assert strip.shape == (16, 5 * 18 - 2, 3)
    ends = decoded(drawn(1) / 2).astype(int), decoded(drawn(2) / 2).astype(int)
    assert np.abs(strip[:, :16] - ends[0]).max() <= 1
    assert np.abs(strip[:, -16:] - ends[1]).max() <= 1
    assert np.abs(strip[:, 36:52] - (ends[0] + ends[1]) / 2).max() <= 2


def test_a_walk_ends_where_it_began(run: Any, tmp_path: Path) -> None:
    words = ("latent", "walk", "stripes", "--seed", "4", "--seconds", "2", "--fps", "10", "--pace", "1")
    assert run(*words, "-o", "w.gif")[0] == 0
    assert run(*words, "-o", "again.gif")[0] == 0
    assert (tmp_path / "w.gif").read_bytes() == (tmp_path / "again.gif").read_bytes()


def test_a_concept_is_added_and_taken_away(run: Any, tmp_path: Path) -> None:
    code, out, err = run("latent", "concept", "stripes", "5", "--concept", "glasses", "--strength", "-1,0,1",
                         "-o", "c.png", "--json")  # fmt: skip
    assert code == 0, err
    assert objects(out)[0]["strengths"] == [-1, 0, 1]
    strip = pictures.load(tmp_path / "c.png")
    for place, strength in enumerate((-1, 0, 1)):
        point = drawn(5)
        point[1] += 2 * strength
        np.testing.assert_array_equal(strip[:, place * 18 : place * 18 + 16], decoded(point))
    assert run("latent", "concept", "stripes", "5", "--concept", "smile", "-o", "c.gif", "--seconds", "1")[0] == 0


def test_two_groups_of_pictures_make_a_concept_that_is_kept(
    run: Any, tmp_path: Path, paths: Paths, model: Model
) -> None:
    dark, light = np.full(6, -1, np.float32), np.full(6, 1, np.float32)
    for name, point in (("a.png", light), ("b.png", light), ("c.png", dark)):
        pictures.save(tmp_path / name, decoded(point))
    code, _, err = run("latent", "concept", "stripes", "c.png", "--with", "a.png", "b.png", "--without", "c.png",
                       "--save", "bright", "-o", "made.png")  # fmt: skip
    assert code == 0, err
    np.testing.assert_array_equal(pictures.load(tmp_path / "made.png"), decoded(light))
    (kept,) = read(paths, model.id, 6).concepts
    np.testing.assert_allclose(kept.direction, np.full(6, 2), atol=0.02)
    _, out, _ = run("latent", "concepts", "stripes", "--json")
    assert {"name": "bright", "group": "own"} in objects(out)[0]["concepts"]
    assert run("latent", "concept", "stripes", "c.png", "--concept", "bright", "-o", "again.png")[0] == 0
    np.testing.assert_array_equal(pictures.load(tmp_path / "again.png"), decoded(light))
    _, out, _ = run("latent", "concepts", "stripes")
    assert out.splitlines()[0].split() == ["GROUP", "NAME"]
    assert "[/b] hat:cap" in out


def test_faces_are_swapped_and_the_plane_is_shown(run: Any, tmp_path: Path) -> None:
    assert run("latent", "swap", "stripes", "1", "2", "-o", "s.png")[0] == 0
    found = pictures.load(tmp_path / "s.png")
    (first,) = (int(decoded(drawn(seed))[0, 0, 0]) for seed in (1,))
    assert found[0, 0, 0] != first  # the smile is the first stripe
    np.testing.assert_array_equal(found[:, 3:], decoded(drawn(1))[:, 3:])
    assert run("latent", "manifold", "stripes", "--grid", "3x4", "-o", "m.png")[0] == 0
    assert pictures.load(tmp_path / "m.png").shape == (48, 64, 3)


@pytest.fixture
def styled(registry: Registry) -> Model:
    return registry.save_model(fake.checkpoint(family="gan"), name="layers")


def mixed(coarse: int, fine: int, layers: int) -> Any:
    """The picture of two seeds: each layer takes two numbers of its point."""
    return decoded(np.where(np.arange(6) < 2 * layers, drawn(coarse), drawn(fine)))


@pytest.mark.usefixtures("styled")
def test_styles_are_mixed_and_the_picture_is_made_again(run: Any, tmp_path: Path, registry: Registry) -> None:
    code, out, err = run("latent", "mix", "layers", "1", "--style", "2", "-o", "m.png", "--json")
    assert code == 0, err
    (result,) = objects(out)
    assert (result["layers"], result["depth"], result["width"]) == (1, 3, 16)
    assert registry.picture(result["picture"]).recipe["how"] == "1, style of 2 from layer 2 of 3"
    np.testing.assert_array_equal(pictures.load(tmp_path / "m.png"), mixed(1, 2, 1))
    pictures.save(tmp_path / "who.png", decoded(drawn(1) / 2))
    assert run("latent", "mix", "layers", "who.png", "--style", "2", "--layers", "2", "-o", "m.png")[0] == 0
    point = np.where(np.arange(6) < 4, drawn(1) / 2, drawn(2))
    assert np.abs(pictures.load(tmp_path / "m.png").astype(int) - decoded(point)).max() <= 1
    code, out, err = run("redo", "m.png", "--json")
    assert (code, objects(out)[-1]["equal"]) == (0, True), err


@pytest.mark.usefixtures("styled")
def test_several_styles_make_a_table_with_its_sources(run: Any, tmp_path: Path) -> None:
    words = ("latent", "mix", "layers", "1", "2", "3", "--style", "4", "5", "--layers", "2")
    assert run(*words, "-o", "t.png")[0] == 0
    table = pictures.load(tmp_path / "t.png")
    assert table.shape == (4 * 18 - 2, 3 * 18 - 2, 3)

    def cell(row: int, column: int) -> Any:
        return table[18 * row : 18 * row + 16, 18 * column : 18 * column + 16]

    for column, fine in enumerate((4, 5), 1):
        np.testing.assert_array_equal(cell(0, column), decoded(drawn(fine)))
        for row, coarse in enumerate((1, 2, 3), 1):
            np.testing.assert_array_equal(cell(row, 0), decoded(drawn(coarse)))
            np.testing.assert_array_equal(cell(row, column), mixed(coarse, fine, 2))
    code, out, err = run("redo", "t.png", "--json")
    assert (code, objects(out)[-1]["equal"]) == (0, True), err
    assert run("latent", "mix", "layers", "1", "2", "--style", "4", "-o", "one.png")[0] == 0
    assert pictures.load(tmp_path / "one.png").shape == (3 * 18 - 2, 2 * 18 - 2, 3)


@pytest.mark.usefixtures("styled")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stripes", "1", "--style", "2"), "a VAE has no styles to mix: that takes a GAN"),
        (("layers", "1"), "points and the styles they take over are wanted"),
        (("layers", "--style", "1"), "COARSE"),
        (("layers", "1", "--style", "2", "--layers", "4"), "--layers: 0 to 3 for this model, not 4"),
        (("layers", "1", "--style", "2", "--layers", "-1"), "--layers: 0 to 3 for this model, not -1"),
        (("layers", "1", "--style", "gone.png"), "'gone.png' is no file"),
        (("layers", "1", "--style", "2", "-o", "m.gif"), "a picture is written as .png"),
        (("layers", "1", "--style", *map(str, range(65))), "up to 64 rows and columns"),
    ],
)
def test_styles_that_cannot_be_mixed_are_one_line(run: Any, words: tuple[str, ...], said: str) -> None:
    code, out, err = run("latent", "mix", *words)
    assert (code, out) == (2, "")
    assert said in one_line(err)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("generate", "nothing"), "there is no model 'nothing'"),
        (("generate", "stripes", "--count", "0"), "--count: 1 to 10,000 pictures, not 0"),
        (("generate", "stripes", "--count", "2", "--grid", "2x2"), "give one of them"),
        (("generate", "stripes", "--grid", "2by2"), "rows x columns up to 64"),
        (("generate", "stripes", "--grid", "0x2"), "rows x columns up to 64"),
        (("generate", "stripes", "--seed", "-1"), "a number from 0 on, not -1"),
        (("generate", "stripes", "--truncation", "-1"), "--truncation: 0 to 10"),
        (("generate", "stripes", "-o", "a.mp4"), "a picture is written as .png"),
        (("generate", "stripes", "-o", "no/a.png"), "there is no folder"),
        (("latent", "interpolate", "stripes", "1"), "two points at least"),
        (("latent", "interpolate", "stripes", "1", "gone.png"), "'gone.png' is no file"),
        (("latent", "interpolate", "stripes", "1", "2", "--way", "crooked"), "path: "),
        (("latent", "interpolate", "stripes", "1", "2", "--seconds", "0"), "a film has 2 to 20,000 frames"),
        (("latent", "walk", "stripes", "--pace", "0"), "--pace: 0.01 to 20"),
        (("latent", "concept", "stripes", "1"), "--concept NAME is wanted"),
        (("latent", "concept", "stripes", "1", "--concept", "beard"), "no concept 'beard'; this model has smile"),
        (("latent", "concept", "stripes", "1", "--concept", "smile", "--strength", "much"), "--strength: one number"),
        (("latent", "concept", "stripes", "1", "--concept", "smile", "--save", "x"), "--save keeps a concept of two"),
        (("latent", "swap", "stripes", "1", "2", "--take", "beard"), "there is no concept 'beard'"),
        (("latent", "manifold", "stripes", "--grid", "x"), "rows x columns up to 64"),
        (("latent",), "which of interpolate, walk, concept"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_one_line_and_exit_code_2(run: Any, words: tuple[str, ...], said: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert said in one_line(err)


def test_a_model_without_a_latent_space_is_refused_before_it_is_loaded(run: Any, registry: Registry) -> None:
    from tests.support import tiny_checkpoint

    registry.save_model(tiny_checkpoint(), name="words")
    code, _, err = run("generate", "words")
    assert code == 2
    assert "a text model has no latent space to travel" in one_line(err)


def test_notes_are_kept_and_damaged_ones_are_told(paths: Paths, model: Model) -> None:
    from models.errors import CorruptFileError

    assert read(paths, model.id, 6) == Notes()
    own = Concept("[/own]", np.arange(6, dtype=np.float32))
    write(paths, model.id, Notes((own,), {"A": np.ones(6, np.float32), "B": np.ones(3, np.float32)}))
    found = read(paths, model.id, 6)
    assert [each.name for each in found.concepts] == ["[/own]"]
    np.testing.assert_array_equal(found.concepts[0].direction, own.direction)
    assert list(found.marks) == ["A"]
    assert read(paths, model.id, 5) == Notes()
    for wrong in (b"", b"[]", b"{}", b'{"concepts": [{"name": 1}], "marks": {}}',
                  b'{"concepts": [], "marks": {"A": "////fw=="}}', b"\xff", b"[" * 100_000):  # fmt: skip
        paths.latent_notes(model.id).write_bytes(wrong)
        with pytest.raises(CorruptFileError, match="the notes in"):
            read(paths, model.id, 6)
    Registry(paths).delete_model(model.id)
    assert not paths.latent_notes(model.id).exists()
