"""Opening a model that has a latent space, whatever its family."""

from __future__ import annotations

import pkgutil

from models.checkpoint import Checkpoint
from models.errors import UsageError, shown
from models.latent.model import LatentModel, unstyled

FAMILIES = {"vae": "models.vae.model:from_checkpoint", "gan": "models.gan.model:from_checkpoint"}
"""The families whose models have a latent space, and what makes a model of a checkpoint; named by text, for it needs
TensorFlow."""
STYLED = ("gan",)
"""Those of them whose models have styles to mix."""


def check_family(family: str) -> None:
    """Raises UsageError for a family whose models have no latent space."""
    if family not in FAMILIES:
        raise UsageError(f"a {shown(family)} model has no latent space to travel: choose one of {', '.join(FAMILIES)}")


def check_styled(family: str) -> None:
    """Raises UsageError for a family whose models have no styles to mix."""
    check_family(family)
    if family not in STYLED:
        raise unstyled(family)


def open_model(checkpoint: Checkpoint) -> LatentModel:
    """The model in a checkpoint. Imports TensorFlow.

    Raises UsageError for a family without a latent space, CorruptFileError if its recipe and weights do not fit.
    """
    family = str(checkpoint.meta["family"])
    check_family(family)
    found: LatentModel = pkgutil.resolve_name(FAMILIES[family])(checkpoint)
    return found
