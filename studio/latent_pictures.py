"""Keeping what was made of a latent space: pictures and films in the registry, each with its recipe inside."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import UserError

if TYPE_CHECKING:
    from models.latent.model import Latents, Pixels
    from models.latent.recipe import LatentRecipe
    from studio.registry import Model, PictureEntry, Registry

SMALL = 128
"""The longer side of the small copy that lists show, in pixels."""


def recipe_for(model: Model, points: Latents, **knobs: Any) -> LatentRecipe:
    """A recipe for points, float32 (n, latent), of a model of the registry. Raises UsageError."""
    from models.latent.recipe import LatentRecipe

    return LatentRecipe.of(points, model=model.file, sha256=model.sha256, **knobs)


def keep(registry: Registry, recipe: LatentRecipe, frames: Sequence[Pixels], name: str) -> PictureEntry:
    """Keep the pictures of a recipe, uint8 (height, width, 3): one, or the frames of a film. Raises UserError."""
    from models.latent.run import about
    from models.vision import pictures

    said, last = about(recipe), frames[-1]
    kind: Any = recipe.animation if len(frames) > 1 else "png"
    data = pictures.encode(last, "png", said) if kind == "png" else film(registry, recipe, frames, said)
    return registry.save_picture(
        data,
        name=name[:80].strip() or "picture",
        family=recipe.family,
        recipe=said["recipe"],
        about=said,
        width=last.shape[1],
        height=last.shape[0],
        frames=len(frames),
        kind=kind,
        thumbnail=pictures.encode(pictures.fit(last, SMALL), "png"),
    )


def film(registry: Registry, recipe: LatentRecipe, frames: Sequence[Pixels], said: dict[str, Any]) -> bytes:
    """The bytes of a film's file. Raises UserError if they find no room."""
    from models.vision import animate

    path = Path(registry.paths.cache / f"{secrets.token_hex(8)}.{recipe.animation}")
    try:
        animate.save_animation(path, frames, fps=recipe.fps, about=said)
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"the film cannot be read back: {error.strerror}") from None
    finally:
        path.unlink(missing_ok=True)
