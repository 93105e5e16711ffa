"""Dreams through EfficientNet-Lite0 itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.dream.checks import check
from models.dream.estimate import COSTS
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


def test_tiles_bring_the_gradient_of_the_whole_picture(tmp_path: Path) -> None:
    network = load("lite0", folder=tmp_path)
    picture = open_source("coffee", side=540).pixels.astype(np.float32)
    objective = Objective(network, [Term("block4"), Term("block9", 3), Term("block10.expand")])
    size, found = canvas(picture.shape[:2], 16, objective.stride), []
    for window in (1000, 400):
        total, values = np.zeros_like(picture), np.zeros(3)
        cuts = tiles(size, window, objective.halo, objective.stride)
        for tile in cuts:
            shares, gradient = objective.gradient(cut(picture, tile, (5, 11)), tile, np.ones(3, np.float32))
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
