"""Dreaming through what was trained in the studio: a GAN's discriminator, a VAE's encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models import checkpoint as checkpoints
from models.dream.recipe import DreamRecipe
from models.dream.run import run as dream
from models.events import Snapshot, Step
from models.gan.model import from_checkpoint as open_gan
from models.gan.network import leaky
from models.gan.recipe import GanRecipe
from models.gan.train import run as train_gan
from models.vae.recipe import VaeRecipe
from models.vae.train import run as train_vae
from models.vision import backbones
from tests.models.tiny_pictures import final, npz

SMALL: dict[str, Any] = {"latent": 6, "width": 4, "most": 8, "batch": 4, "steps": 2, "seconds": None}


@pytest.fixture(params=["gan", "gan grey", "vae", "vae grey"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    family, _, grey = str(request.param).partition(" ")
    data = npz(tmp_path, channels=1 if grey else 3)
    if family == "gan":
        events = train_gan(GanRecipe.preset(data=data, frechet_every=None, **SMALL), folder=tmp_path)
    else:
        events = train_vae(VaeRecipe.preset(data=data, **SMALL), folder=tmp_path)
    path = tmp_path / "model.safetensors"
    checkpoints.save(path, final(events).weights_only())
    return path


def test_a_dream_through_it_excites_it_more(file: Path, tmp_path: Path) -> None:
    network = backbones.load(f"model:{file}", folder=tmp_path)
    assert network.layers[-1] in ("down_2", "down_3")
    picture = tmp_path / "noise.png"
    from models.vision.pictures import save

    save(picture, np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8))
    recipe = DreamRecipe.preset(
        content=str(picture), backbone=f"model:{file}", octaves=1, steps=8, jitter=0, layers=(network.layers[-1],)
    )
    events = list(dream(recipe, folder=tmp_path))
    scores = [event.metrics["loss"] for event in events if isinstance(event, Step)]
    assert scores[-1] > scores[0]
    assert isinstance(events[-1], Snapshot)


def test_the_layers_are_the_discriminators(tmp_path: Path) -> None:
    events = train_gan(
        GanRecipe.preset(data=npz(tmp_path), frechet_every=None, spectral_norm=True, **SMALL), folder=tmp_path
    )
    found = final(events).weights_only()
    path = tmp_path / "model.safetensors"
    checkpoints.save(path, found)
    pixels = np.random.default_rng(1).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    network = backbones.load(f"model:{path}", folder=tmp_path)
    theirs = open_gan(found).discriminator.features(pixels / 127.5 - 1.0)
    ours = network.features(network.layers)(tf.constant(pixels))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    assert float(leaky(tf.constant(-1.0))) < 0
