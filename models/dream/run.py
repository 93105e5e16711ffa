"""Dreaming, as a run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.devices import resolve, scope
from models.dream.course import course
from models.dream.dreaming import Dreaming
from models.dream.estimate import check_memory
from models.dream.presets import USUAL
from models.dream.recipe import DreamRecipe
from models.dream.targets import Targets
from models.dream.terms import Term, parsed
from models.errors import UsageError, shown
from models.events import Note, Run, Stop
from models.vision import backbones
from models.vision.backbones import catalog
from models.vision.backbones.network import Network
from models.vision.sources import Source, open_source

BASE = "resume/base"
GUIDE_SIDE = 320
"""Guides are looked at no larger: their parts should be as large as those of the dream."""


def run(
    recipe: DreamRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    device: str = "auto",
) -> Run:
    """Dream on a picture. `folder` is the data folder, where the backbones' weights are kept.

    `resume` goes on from a dream's checkpoint as if it had never stopped. `base` starts from the picture that another
    run made, in place of `content`. `device` is as `models.devices.resolve` takes it; the first one is used.

    Yields Notes of what is opened and loaded, then as `models.dream.dreaming.Dreaming.run` does. Stopped before the
    first step it just ends: there is nothing to keep. Raises UserError kin: a picture or the weights cannot be read,
    a layer or class is unknown, the picture is too small, memory will not do, the gradient is no longer finite.
    """
    place = resolve(device)[0]
    if resume is not None:
        recipe = _settled(recipe, resume)
    if isinstance((yield Note(f"opening {shown(recipe.content)}")), Stop):
        return
    pixels, sources = _opened(recipe, base, resume)
    size = (pixels.shape[0], pixels.shape[1])
    check_memory(recipe.changed(side=0), size)
    if isinstance((yield Note(_loading(recipe, folder))), Stop):
        return
    with scope(place):
        network = backbones.load(recipe.backbone, folder=folder, weights=recipe.weights)
    targets = Targets(network, _usual(network), lambda source: _guide(recipe, source))
    with scope(place):
        for step in (0, *recipe.changing()):
            targets.check(recipe.at(step))
    planned = course(recipe, size, network.minimum)
    if isinstance((yield Note(planned.described(), "warning" if planned.legal < recipe.octaves else "info")), Stop):
        return
    # A picture that came as a checkpoint is nowhere else to be found when the dream is resumed.
    kept = {BASE: pixels} if base is not None or (resume is not None and BASE in resume.arrays) else {}
    yield from Dreaming(
        recipe,
        pixels,
        planned,
        targets,
        sources=sources,
        device=place,
        kept=kept,
        resume=resume,
    ).run()


def _settled(recipe: DreamRecipe, resume: Checkpoint) -> DreamRecipe:
    """The recipe with what was changed while the dream ran."""
    if resume.meta.get("family") != "dream":
        raise UsageError(f"this is a {resume.meta.get('family')} checkpoint; a dream needs a dream's")
    return recipe.changed(changes=DreamRecipe.checked(resume.meta["recipe"]).changes)


def _opened(
    recipe: DreamRecipe, base: Checkpoint | None, resume: Checkpoint | None
) -> tuple[NDArray[np.uint8], list[Mapping[str, Any]]]:
    """The picture to dream on, and what is said of it and of the guides in checkpoints.

    Raises UsageError if a dream is resumed and a picture is no longer what it was when it began.
    """
    made = None if base is None else base.arrays.get("picture")
    made = made if resume is None else resume.arrays.get(BASE)
    if made is None:
        found = open_source(recipe.content, side=recipe.side, background=recipe.background)
        pixels, sources = found.pixels, [_about(found)]
    else:
        pixels = np.asarray(made, np.uint8)
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()
        sources = [{"source": "a picture made before", "sha256": digest, "size": [pixels.shape[1], pixels.shape[0]]}]
    guides = {recipe.at(step).guide for step in (0, *recipe.changing())} - {""}
    sources += [_about(open_source(guide, side=GUIDE_SIDE, background=recipe.background)) for guide in sorted(guides)]
    before = {} if resume is None else {each["source"]: each["sha256"] for each in resume.meta.get("sources", ())}
    for each in sources:
        if before.get(each["source"], each["sha256"]) != each["sha256"]:
            raise UsageError(f"{shown(each['source'])} is no longer the picture this dream began with; start a new one")
    return pixels, sources


def _loading(recipe: DreamRecipe, folder: Path) -> str:
    """What is done about the backbone, in words: a download takes a while."""
    known = catalog.BACKBONES.get(recipe.backbone)
    if known is None or recipe.weights or catalog.is_here(known.name, folder):
        return f"loading {shown(recipe.backbone)}"
    return f"fetching {known.title}, {known.size / 1e6:.0f} MB; this is done once"


def _guide(recipe: DreamRecipe, source: str) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = open_source(source, side=GUIDE_SIDE, background=recipe.background).pixels
    return found


def _usual(network: Network) -> tuple[Term, ...]:
    """The layers that a network dreams through where a recipe names none: of an unknown one, those past its middle."""
    known = catalog.BACKBONES.get(network.name)
    found = network.layers[len(network.layers) // 2 : -1] or network.layers[-1:] if known is None else known.dream
    return tuple(map(parsed, USUAL.get(network.name, found)))


def _about(source: Source) -> Mapping[str, Any]:
    return {"source": source.source, "sha256": source.sha256, "size": list(source.size)}
