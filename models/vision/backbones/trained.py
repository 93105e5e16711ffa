"""Models that were trained in the studio, as networks to dream through: a GAN's discriminator, a VAE's encoder."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from pathlib import Path

from models import checkpoint
from models.checkpoint import Checkpoint
from models.errors import UsageError
from models.vision.backbones.network import Network

PREFIX = "model:"
"""Before the path of a model's file, where a backbone is named."""

NETWORKS = {"gan": "models.gan.dreaming:network", "vae": "models.vae.dreaming:network"}
"""By family, the function (`module:name`) that makes a frozen `Network` of a model's `Checkpoint`."""


def build(file: Path) -> Network:
    """The network in the model at `file`.

    Raises UsageError if models of its family do not look at pictures, CorruptFileError if it is no model.
    """
    try:
        found = checkpoint.load(file)
    except FileNotFoundError:
        raise UsageError(f"there is no model at {str(file)!r}") from None
    family = found.meta["family"]
    if family not in NETWORKS:
        raise UsageError(f"{file.name} is a {family} model, which has no network that looks at pictures")
    make: Callable[[Checkpoint], Network] = pkgutil.resolve_name(NETWORKS[family])
    return make(found)
