"""A VAE's encoder as a network to dream through."""

from __future__ import annotations

from models.checkpoint import Checkpoint
from models.devices import prepare
from models.vae.model import nets_of
from models.vision.backbones.network import Network
from models.vision.backbones.scaling import Scaling
from models.vision.backbones.strided import strided

UNIT = Scaling((0.0, 0.0, 0.0), (255.0, 255.0, 255.0))
"""0 to 1."""


def network(checkpoint: Checkpoint) -> Network:
    """The encoder's convolutions, from `down_0`, frozen. Raises as `models.vae.model.from_checkpoint` does."""
    prepare()
    encoder = nets_of(checkpoint).encoder
    layers = [layer for layer in encoder.layers if layer.name.startswith("down_")]
    return strided("encoder", {layer.name: (*layer.get_weights(), 2) for layer in layers}, UNIT)
