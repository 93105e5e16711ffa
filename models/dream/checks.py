"""Whether a recipe fits its backbone, told without TensorFlow where the backbone is one of the catalogue's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.dream.recipe import DreamRecipe
from models.dream.terms import Term
from models.errors import UsageError, shown
from models.vision.backbones import catalog


def check(recipe: DreamRecipe) -> None:
    """Raises UsageError that names an unknown backbone, layer or channel, and what there is.

    Layers of a model that was trained in the studio (`model:FILE`) are known once it is loaded.
    """
    if recipe.backbone.startswith("model:"):
        return
    channels = catalog.backbone(recipe.backbone).channels
    for step in (0, *recipe.changing()):
        check_terms(recipe.backbone, recipe.at(step).terms(), channels)


def check_terms(backbone: str, terms: Sequence[Term], channels: Mapping[str, int]) -> None:
    """The same for `terms`; `channels` counts those of each layer of the backbone."""
    for term in terms:
        if term.layer not in channels:
            raise UsageError(f"layers: {backbone} has no layer {shown(term.layer)!r}; it has {', '.join(channels)}")
        if term.channel is not None and term.channel >= channels[term.layer]:
            most = channels[term.layer] - 1
            raise UsageError(f"layers: {term.layer} has the channels 0 to {most}, not {term.channel}")
