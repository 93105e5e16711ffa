"""The families of models by name. What needs TensorFlow is named by text and imported when a run starts."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from models.errors import UsageError
from models.events import Run
from models.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Family:
    """One family: its name, where its recipe and its run are (`module:name`), and what a run of it leaves."""

    name: str
    recipe: str
    run: str
    makes: Literal["model", "picture"] = "model"

    def recipe_class(self) -> type[Recipe]:
        """The family's recipe; imports pydantic, never TensorFlow."""
        found: type[Recipe] = pkgutil.resolve_name(self.recipe)
        return found

    def start(self) -> Callable[..., Run]:
        """The family's run: `start(recipe, *, folder, resume=None, base=None, device="auto")`. Imports TensorFlow."""
        found: Callable[..., Run] = pkgutil.resolve_name(self.run)
        return found

    def learns_from_pictures(self) -> bool:
        """Whether a run learns from a set of pictures, and shows pictures while it does."""
        from models.data.recipe import PicturesRecipe

        return issubclass(self.recipe_class(), PicturesRecipe)


FAMILIES = {
    "text": Family("text", "models.text.recipe:TextRecipe", "models.text.train:run"),
    "dream": Family("dream", "models.dream.recipe:DreamRecipe", "models.dream.run:run", makes="picture"),
    "gan": Family("gan", "models.gan.recipe:GanRecipe", "models.gan.train:run"),
    "latent": Family("latent", "models.latent.recipe:LatentRecipe", "models.latent.run:run", makes="picture"),
    "style": Family("style", "models.style.recipe:StyleRecipe", "models.style.run:run", makes="picture"),
    "vae": Family("vae", "models.vae.recipe:VaeRecipe", "models.vae.train:run"),
}


def family(name: str) -> Family:
    """The family called `name`. Raises UsageError with the names there are."""
    if name not in FAMILIES:
        raise UsageError(f"there is no family {name!r}; there are {', '.join(FAMILIES)}")
    return FAMILIES[name]
