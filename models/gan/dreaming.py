"""A GAN's discriminator as a network to dream through."""

from __future__ import annotations

from models.checkpoint import Checkpoint
from models.gan.layers import GAIN
from models.gan.model import from_checkpoint
from models.vision.backbones.network import Network
from models.vision.backbones.scaling import SYMMETRIC
from models.vision.backbones.strided import strided


def network(checkpoint: Checkpoint) -> Network:
    """The discriminator's convolutions, `fine` and from `down_1` on, frozen. Raises as `from_checkpoint` does."""
    convolutions = from_checkpoint(checkpoint).discriminator.convs
    # The gain after a leaky ReLU is the same as one before it.
    found = {
        f"down_{level}" if level else "fine": ((each.kernel() * GAIN).numpy(), (each.bias * GAIN).numpy(), each.stride)
        for level, each in enumerate(convolutions)
    }
    return strided("discriminator", found, SYMMETRIC)
