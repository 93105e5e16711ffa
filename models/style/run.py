"""Style transfer, as a run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.devices import resolve, scope
from models.errors import UsageError, shown
from models.events import Note, Run, Stop
from models.style.canvas import Canvas
from models.style.estimate import check_memory, stages
from models.style.objective import Objective
from models.style.painting import Painting
from models.style.recipe import StyleRecipe
from models.vision import backbones
from models.vision.backbones import catalog
from models.vision.backbones.network import Network
from models.vision.colour import luminance
from models.vision.pyramid import Floats, resized
from models.vision.sources import Source, open_source, size_of

Pixels = NDArray[np.uint8]


def run(
    recipe: StyleRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    device: str = "auto",
) -> Run:
    """Paint a picture anew in the style of others. `folder` is the data folder, where backbones' weights are kept.

    `resume` goes on from a checkpoint as if it had never stopped. `base` starts from the picture that another run
    made, in place of `content`. `device` is as `models.devices.resolve` takes it; the first one is used.

    Yields Notes of what is opened and loaded, then as `models.style.painting.Painting.run` does. Raises UserError kin:
    a picture or the weights cannot be read, a layer is unknown, the picture is too small, memory will not do.
    """
    place = resolve(device)[0]
    if resume is not None:
        if resume.meta.get("family") != "style":
            raise UsageError(f"this is a {resume.meta.get('family')} checkpoint; a style transfer needs its own")
        recipe = recipe.changed(changes=StyleRecipe.checked(resume.meta["recipe"]).changes)
    if base is None:
        width, height = size_of(recipe.content)
        check_memory(recipe, (height, width))
    if isinstance((yield Note(f"opening {shown(recipe.content)}")), Stop):
        return
    content, about = _content(recipe, base)
    full = (content.shape[0], content.shape[1])
    check_memory(recipe.changed(side=0), full)
    longest = max(1, round(recipe.style_scale * max(full)))
    styles = [open_source(style, side=longest, background=recipe.background) for style in recipe.styles]
    masks = [open_source(mask, side=0, background=recipe.background) for mask in recipe.masks]
    named = (recipe.start_picture,) if recipe.start_picture else ()
    firsts = [open_source(first, side=max(full), background=recipe.background) for first in named]
    sources = [about, *map(_about, [*styles, *masks, *firsts])]
    _check_unchanged(sources, resume)
    planned = stages(recipe, full)
    if len(planned) < recipe.scales:
        told = f"{len(planned)} of {recipe.scales} sizes: smaller ones are too small for {recipe.backbone}"
        if isinstance((yield Note(told, "warning")), Stop):
            return
    if isinstance((yield Note(f"loading {shown(recipe.backbone)}")), Stop):
        return
    with scope(place):
        network = backbones.load(recipe.backbone, folder=folder, weights=recipe.weights)
        objective = Objective(network, *layers_of(recipe, network), masked=bool(recipe.masks))
    canvas = Canvas(
        recipe,
        content,
        [style.pixels for style in styles],
        [_mask(mask, full) for mask in masks],
        firsts[0].pixels if firsts else None,
    )
    yield from Painting(recipe, canvas, objective, planned, sources=sources, device=place, resume=resume).run()


def layers_of(recipe: StyleRecipe, network: Network) -> tuple[Sequence[str], Sequence[str]]:
    """The style layers and the content layers: those named, or the backbone's usual ones. Raises UsageError."""
    known = catalog.BACKBONES.get(recipe.backbone)
    middle = len(network.layers) // 2
    style = recipe.style_layers or (known.style if known is not None else network.layers[: middle + 1])
    content = recipe.content_layers or (known.content if known is not None else network.layers[middle : middle + 1])
    for layer in (*style, *content):
        if layer not in network.layers:
            raise UsageError(
                f"layers: {recipe.backbone} has no layer {shown(layer)!r}; it has {', '.join(network.layers)}"
            )
    return style, content


def _content(recipe: StyleRecipe, base: Checkpoint | None) -> tuple[Pixels, Mapping[str, Any]]:
    """The picture to paint anew, and what is said of it in checkpoints."""
    made = None if base is None else base.arrays.get("picture")
    if made is None:
        found = open_source(recipe.content, side=recipe.side, background=recipe.background)
        return found.pixels, _about(found)
    pixels = np.asarray(made, np.uint8)
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return pixels, {"source": "a picture made before", "sha256": digest, "size": [pixels.shape[1], pixels.shape[0]]}


def _about(source: Source) -> Mapping[str, Any]:
    return {"source": source.source, "sha256": source.sha256, "size": list(source.size)}


def _check_unchanged(sources: Sequence[Mapping[str, Any]], resume: Checkpoint | None) -> None:
    """Raises UsageError if a picture is no longer what it was when the run began."""
    # One picture may be there twice, at two sizes.
    before = set() if resume is None else {(each["source"], each["sha256"]) for each in resume.meta.get("sources", ())}
    known = {source for source, _ in before}
    for each in sources:
        if each["source"] in known and (each["source"], each["sha256"]) not in before:
            raise UsageError(f"{shown(each['source'])} is no longer the picture this began with; start a new one")


def _mask(source: Source, size: tuple[int, int]) -> Floats:
    """A mask at the size of the content, float32 (height, width), 0..1."""
    light = (luminance(source.pixels) / 255).astype(np.float32)
    return np.clip(resized(light[..., None], size)[..., 0], 0, 1)
