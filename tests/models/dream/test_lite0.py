"""Dreams through EfficientNet-Lite0 itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.dream.checks import check
from models.dream.estimate import COSTS, HALOS
from models.dream.objective import Objective
from models.dream.recipe import DreamRecipe
from models.dream.terms import Term
from models.errors import UsageError
from models.events import Note, Picture, Snapshot
from models.families import family
from models.vision.backbones import load
from models.vision.backbones.catalog import BACKBONES
from models.vision.sources import open_source
from models.vision.tiles import add, canvas, cut, tiles


@pytest.mark.parametrize("name", DreamRecipe.presets)
def test_every_preset_fits_its_backbone(name: str) -> None:
    check(DreamRecipe.preset(name))


def test_unknown_layers_are_told_without_loading_a_network() -> None:
    with pytest.raises(UsageError, match="vgg16 has no layer 'block9'; it has block1_conv1"):
        check(DreamRecipe(backbone="vgg16", changes=('3 layers=["block9"]',)))


def test_what_every_backbone_costs_is_known() -> None:
    assert set(COSTS) == set(BACKBONES)


DEEP = {
    "lite0": ("block4", "block9", "block10.expand"),
    "inception_v3": ("mixed3", "mixed5"),
    "vgg16": ("block4_conv3", "block5_conv2"),
    "resnet50": ("conv3_block4_out", "conv4_block3_out"),
    "mobilenet_v2": ("block_6_expand_relu", "block_10_expand_relu"),
}


@pytest.mark.parametrize(
    "name", [name if name == "lite0" else pytest.param(name, marks=pytest.mark.slow) for name in DEEP]
)
def test_tiles_bring_the_gradient_of_the_whole_picture(name: str, tmp_path: Path) -> None:
    network = load(name, folder=tmp_path, random=name != "lite0")
    objective = Objective(network, [Term(DEEP[name][0]), *(Term(layer, 3) for layer in DEEP[name][1:])])
    parts = objective.parts
    long = 2 * objective.halo + 150
    picture = open_source("hubble", side=long).pixels.astype(np.float32)[:200]
    size, found = canvas(picture.shape[:2], 16, objective.stride), []
    for window in (2000, 1):
        total, values = np.zeros_like(picture), np.zeros(parts)
        cuts = tiles(size, window, objective.halo, objective.stride)
        for tile in cuts:
            shares, gradient = objective.gradient(cut(picture, tile, (5, 11)), tile, np.ones(parts, np.float32))
            values += shares
            add(total, gradient, tile, (5, 11))
        found.append((len(cuts), values, total))
    (one, values, whole), (several, shares, pieces) = found
    assert one == 1
    assert several >= 2
    np.testing.assert_allclose(shares, values, rtol=1e-4)
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=1e-4 * np.abs(whole).max())


def test_a_dream_starts_by_the_name_of_its_family(tmp_path: Path) -> None:
    recipe = DreamRecipe.preset("espresso", content="coffee", side=96, octaves=2, steps=2, preview_every=1)
    events = list(family("dream").start()(recipe, folder=tmp_path, device="CPU:0"))
    notes = [event.text for event in events if isinstance(event, Note)]
    assert notes == [
        "opening coffee",
        "loading lite0",
        "96x64, 2 octaves, 4 steps",
        "looking for block12=0.5, block14=0.5 and class espresso",
    ]
    assert sum(isinstance(event, Picture) for event in events) == 5
    assert isinstance(events[-1], Snapshot)
    assert events[-1].checkpoint.arrays["picture"].shape == (64, 96, 3)


def test_how_far_layers_see_is_told_as_the_network_has_it(tmp_path: Path) -> None:
    network = load("lite0", folder=tmp_path)
    for layer, halo in HALOS["lite0"].items():
        assert network.field(layer).reach // 2 == halo, layer
