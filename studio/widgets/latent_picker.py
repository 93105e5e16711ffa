"""Which model to travel: a list of those that have a latent space."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from studio.figures import merit
from studio.widgets.pickers import Writer, WriterPicker

if TYPE_CHECKING:
    from studio.registry import Registry

FAMILIES = ("vae", "gan")


def travelled(registry: Registry) -> list[Writer]:
    """The models with a latent space, newest first."""
    models = sorted((model for family in FAMILIES for model in registry.models(family)), key=lambda each: -each.created)
    return [
        Writer("model", model.id, model.name, model.step, merit(model.metrics), model.created,
               model.problem or model.family, "bad" if model.problem else "")
        for model in models
    ]  # fmt: skip


class LatentPicker(WriterPicker):
    """Which model is travelled."""

    heading = "Whose latent space?"
    keys = "Enter  travel it"
    nothing = "No VAE and no GAN yet: Escape, then 2 for the Train page."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "pick('open')", "Travel it", id="travelled.open"),
    ]
