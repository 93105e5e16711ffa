"""The models that come along: whole, small, put into a new registry once, and used by every page that plays one."""

from __future__ import annotations

import re
from pydoc_data import topics

import numpy as np
import pytest

from models import checkpoint as checkpoints
from models.latent.load import open_model
from studio import find, starters
from studio.config import Paths
from studio.pages import player
from studio.registry import Registry
from tests.studio.command import Command, objects

MOST = 6_000_000
"""Bytes of all of them together."""


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_STARTERS", "yes")


def test_they_are_small_and_of_every_family_that_a_page_plays() -> None:
    files = [starters.FOLDER / f"{name}.safetensors" for name in starters.NAMES]
    assert sum(file.stat().st_size for file in files) <= MOST
    assert {file.stem for file in starters.FOLDER.glob("*.safetensors")} == set(starters.NAMES)
    found = {checkpoints.load(file).meta["family"] for file in files}
    assert found == {"text", "vae", "gan"}
    assert all(player(family) for family in found)


def test_a_new_registry_begins_with_them_and_what_is_deleted_stays_so(paths: Paths, wanted: None) -> None:
    registry = find.open_registry(paths)
    assert [model.name for model in registry.models()] == list(reversed(starters.NAMES))
    registry.delete_model(registry.model("docs").id)
    registry.close()
    again = find.open_registry(paths)
    assert "docs" not in [model.name for model in again.models()]
    again.close()


def test_the_settings_can_do_without_them(paths: Paths) -> None:
    registry = find.open_registry(paths)
    assert registry.models() == []
    registry.close()


def test_an_old_registry_gets_only_those_that_it_lacks(registry: Registry) -> None:
    assert [model.name for model in starters.put(registry)] == list(starters.NAMES)
    assert starters.put(registry) == []
    registry.rename_model(registry.model("faces").id, "mine")
    registry.delete_model(registry.model("docs").id)
    assert [model.name for model in starters.put(registry)] == ["docs"]


def test_a_damaged_one_is_replaced(registry: Registry) -> None:
    starters.put(registry)
    registry.model_file("faces").write_bytes(b"")
    assert [model.name for model in starters.put(registry)] == ["faces 2"]


@pytest.mark.parametrize("name", ["faces", "faces-gan"])
def test_pictures_come_out_of_them(name: str) -> None:
    model = open_model(checkpoints.load(starters.FOLDER / f"{name}.safetensors"))
    made = model.decode(model.draw(16, 1))
    assert made.shape == (16, *model.size, 3)
    assert np.std(made.astype(float), axis=0).mean() > 10, "they all look the same"
    assert {"smile", "glasses"} <= {concept.name for concept in model.concepts}


def test_the_text_model_writes_words_of_its_corpus(paths: Paths) -> None:
    command = Command(paths.home)
    done = command.run("sample", "docs", "--length", "400", "--temperature", "0.5", "--seed", "1", "--json",
                       STUDIO_STARTERS="yes")  # fmt: skip
    words = re.findall("[a-z]+", objects(done.stdout)[-1]["texts"][0])
    known = set(re.findall("[a-z]+", " ".join(topics.topics.values())))
    assert len(words) > 30
    assert sum(word in known for word in words) > 0.8 * len(words), words


def test_a_command_puts_back_what_is_missing(paths: Paths) -> None:
    command = Command(paths.home)
    assert "studio models starters" in command.run("models", "list").stdout
    said = command.run("models", "starters").stdout.splitlines()
    assert said == [f"put back: '{name}'" for name in starters.NAMES]
    assert command.run("models", "starters").stdout.strip() == "all of them are here"
    (nothing,) = objects(command.run("models", "starters", "--json").stdout)
    assert nothing["models"] == []
