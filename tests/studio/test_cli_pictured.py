"""`studio train` and `studio evaluate` for what learns from pictures, with a family that trains nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from studio.config import Paths
from studio.registry import Registry
from tests.studio.command import Command, objects, one_line
from tests.studio.fake_set import FIGURES


@pytest.fixture
def studio(paths: Paths) -> Command:
    return Command(paths.home, "tests.studio.fake_set")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(3):
        place = tmp_path / "my photos" / f"{number}.png"
        place.parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 40), (number, 0, 0)).save(place)
    return tmp_path / "my photos"


def test_the_result_has_the_model_the_steps_the_seconds_and_the_figures(studio: Command, registry: Registry) -> None:
    done = studio.run("train", "gan", "--data", "faces", "--steps", "6", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    *events, result = objects(done.stdout)
    assert {event["event"] for event in events} >= {"note", "step", "picture"}
    (model,) = registry.models()
    assert result["model"] == model.id
    assert (result["name"], result["steps"], result["seconds"], result["state"]) == ("faces", 6, 3.0, "done")
    assert result["metrics"] == FIGURES


def test_the_last_line_says_how_to_make_pictures(studio: Command, registry: Registry) -> None:
    done = studio.run("train", "gan", "--steps", "6", "--name", "Rembrandt")
    (model,) = registry.models()
    assert f"'Rembrandt' of step 6, Fréchet distance 12.500: studio generate {model.id} -o out.png" in done.stdout


def test_a_folder_is_placed_by_its_full_path_and_gives_its_name(
    studio: Command, registry: Registry, photos: Path
) -> None:
    done = studio.run("train", "gan", "--data", "my photos", "--steps", "2", cwd=photos.parent)
    assert (done.returncode, done.stderr) == (0, "")
    (run,) = registry.runs()
    assert (run.name, run.recipe["data"]) == ("my photos", str(photos))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data", "nowhere"), "no folder, no file, and none of faces"),
        (("--data", "."), "holds no pictures"),
        (("--data", "faces", "--attributes", "none.csv"), "cannot be read"),
        (("--size", "8"), "size"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_before_there_is_a_run(
    studio: Command, registry: Registry, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    done = studio.run("train", "gan", *words, cwd=tmp_path / "empty")
    assert done.returncode == 2
    assert said in one_line(done.stderr)
    assert registry.runs() == []


def test_a_model_is_trained_further_and_a_run_taken_up(studio: Command, registry: Registry) -> None:
    assert studio.run("train", "gan", "--steps", "4", "--name", "first").returncode == 0
    done = studio.run("train", "gan", "--base", "first", "--steps", "2", "--name", "second")
    assert "from step 0, base True, data faces" in done.stdout
    done = studio.run("train", "gan", "--resume", "first")
    assert done.returncode == 2
    assert "--base" in one_line(done.stderr)


def test_a_model_is_measured_on_pictures_brought_to_its_size(studio: Command, photos: Path) -> None:
    assert studio.run("train", "gan", "--steps", "2", "--name", "it").returncode == 0
    done = studio.run("evaluate", "it", "--data", str(photos), "--importance", "5", "--json")
    (result,) = objects(done.stdout)
    assert result["metrics"] == {"frechet": 3, "side": 32, "importance": 5}
    assert (result["count"], result["data"], result["skipped"]) == (3, str(photos), [])
    done = studio.run("evaluate", "it", "--data", "faces", "--count", "7")
    assert "measuring 'it' on 7 pictures" in done.stdout
    assert "frechet: 7" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none", "--data", "faces"), "none"),
        (("it", "--data", "nowhere"), "no folder, no file"),
        (("it", "--data", "faces", "--count", "0"), "--count"),
        (("it", "--data", "faces", "--importance", "-1"), "--importance"),
        (("it",), "data"),
    ],
)
def test_what_cannot_be_measured_is_refused(studio: Command, words: tuple[str, ...], said: str) -> None:
    assert studio.run("train", "gan", "--steps", "1", "--name", "it").returncode == 0
    done = studio.run("evaluate", *words)
    assert done.returncode == 2
    assert said in one_line(done.stderr)
