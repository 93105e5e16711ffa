"""A model without weights: its pictures are drawn from the latent by arithmetic, and can be read back."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.checkpoint import Checkpoint
from models.latent.model import Concept, LatentModel

LATENT = 6
SIZE = (16, 16)
NAMES = ("smile", "glasses", "[/b] hat:cap")


class FakeModel(LatentModel):
    """Number k of a point is the light of the k-th stripe: 128 + 40 times it."""

    family = "vae"

    def __init__(self, *, latent: int = LATENT, channels: int = 3, concepts: tuple[Concept, ...] = ()) -> None:
        self.latent, self.size, self.channels, self.concepts = latent, SIZE, channels, concepts
        self.decoded = 0

    def decode(self, latents: Any) -> Any:
        self.decoded += len(latents)
        light = np.clip(128 + 40 * np.asarray(latents), 0, 255).astype(np.uint8)
        stripes = np.arange(SIZE[1]) * self.latent // SIZE[1]
        rows = light[:, stripes][:, None, :, None]
        return np.ascontiguousarray(np.broadcast_to(rows, (len(latents), *SIZE, self.channels)))

    def encode(self, pixels: Any) -> Any:
        stripes = np.arange(SIZE[1]) * self.latent // SIZE[1]
        firsts = [int(np.flatnonzero(stripes == place)[0]) for place in range(self.latent)]
        return ((pixels[:, 0, firsts, 0].astype(np.float32) - 128) / 40).astype(np.float32)

    def draw(self, count: int, seed: int, truncation: float = 1.0) -> Any:
        return (truncation * np.random.default_rng(seed).normal(size=(count, self.latent))).astype(np.float32)

    def principal(self) -> Any:
        return np.eye(self.latent, dtype=np.float32)[::-1].copy()

    @property
    def scale(self) -> float:
        return 1.0


class StyledModel(FakeModel):
    """One with three layers: each takes two numbers of its style."""

    family = "gan"
    depth = 3

    def mix(self, coarse: Any, fine: Any, layers: int) -> Any:
        return self.decode(np.where(np.arange(self.latent) < layers * 2, coarse, fine))


def checkpoint(
    names: tuple[str, ...] = NAMES, *, step: int = 5, latent: int = LATENT, family: str = "vae"
) -> Checkpoint:
    """A checkpoint of such a model, with a concept along each of the first dimensions."""
    meta = {
        "family": family,
        "recipe": {"latent": latent},
        "data": {"name": "faces", "identity": "0", "count": 1, "size": list(SIZE), "channels": 3, "attributes": []},
        "step": step,
        "metrics": {"val_loss": 1.5},
        "concepts": list(names),
    }
    directions = np.zeros((len(names), latent), np.float32)
    for place in range(len(names)):
        directions[place, place % latent] = 1.0 + place
    return Checkpoint(meta, {"weights/concepts": directions})


def from_checkpoint(found: Checkpoint) -> FakeModel:
    """What `models.latent.load.FAMILIES` names in tests."""
    names, directions = found.meta["concepts"], found.arrays["weights/concepts"]
    concepts = tuple(Concept(name, direction) for name, direction in zip(names, directions, strict=True))
    kind = StyledModel if found.meta["family"] == "gan" else FakeModel
    return kind(latent=int(found.meta["recipe"]["latent"]), concepts=concepts)
