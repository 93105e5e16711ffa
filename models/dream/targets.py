"""What a dream looks for, by its recipe: the objectives that were made so far, and the weights of their parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.dream.checks import check_terms
from models.dream.classes import Classifier, classifier, number
from models.dream.estimate import window
from models.dream.objective import Objective
from models.dream.recipe import DreamRecipe
from models.dream.terms import Term
from models.errors import shown
from models.vision.tiles import canvas, cut, tiles

CLASS_WEIGHT = 4.0
"""What a class counts beside the weights of layers: they grow as they are climbed, while a class is reached."""

Pixels = NDArray[np.uint8]
Key = tuple[tuple[tuple[str, int | None], ...], str, str]


class Targets:
    """The objectives of a dream through `network`. `usual` are the terms where a recipe names none; `open_guide`
    gives the pixels, uint8 (height, width, 3), of a guide by its source.

    Each part is measured once on the picture at its smallest octave, and counts by its weight over what was measured:
    equal weights mean equal shares whatever the layers.
    """

    def __init__(self, network: Any, usual: tuple[Term, ...], open_guide: Callable[[str], Pixels]) -> None:
        self._network, self._usual, self._open_guide = network, usual, open_guide
        self._classifier: Classifier | None = None
        self._known: dict[Key, tuple[Objective, NDArray[np.float64]]] = {}

    def check(self, recipe: DreamRecipe) -> None:
        """Raises UsageError that names an unknown layer, channel or class, and what there is."""
        channels = {layer: self._network.channels(layer) for layer in self._network.layers}
        check_terms(recipe.backbone, self._terms(recipe), channels)
        self._target(recipe)

    def is_ready(self, recipe: DreamRecipe) -> bool:
        """Whether `at` answers at once: whether `prepare` was called for a recipe that differs in weights at most."""
        return self._key(recipe) in self._known

    def prepare(self, recipe: DreamRecipe, small: Pixels) -> None:
        """Make the objective of `recipe` and measure its parts on `small`, the picture at its smallest octave."""
        guide = self._open_guide(recipe.guide).astype(np.float32) if recipe.guide else None
        objective = Objective(self._network, self._terms(recipe), guide=guide, target=self._target(recipe))
        size = canvas((small.shape[0], small.shape[1]), 0, objective.stride)
        picture = small.astype(np.float32)
        levels = np.zeros(objective.parts)
        for tile in tiles(size, window(recipe, objective.halo), objective.halo, objective.stride):
            levels += objective.levels(cut(picture, tile, (0, 0)), tile)
        levels /= picture.shape[0] * picture.shape[1]
        self._known[self._key(recipe)] = objective, np.where(levels > 0, levels, 1.0)

    def at(self, recipe: DreamRecipe) -> tuple[Objective, NDArray[np.float32]]:
        """The objective of `recipe` and the weights of its parts."""
        objective, levels = self._known[self._key(recipe)]
        weights = [term.weight for term in self._terms(recipe)]
        if recipe.target_class:
            weights.append(CLASS_WEIGHT)
        return objective, (np.asarray(weights) / levels).astype(np.float32)

    def named(self, recipe: DreamRecipe) -> str:
        """What is looked for, in words."""
        parts = [", ".join(map(str, self._terms(recipe)))]
        parts += [f"class {shown(recipe.target_class)}"] if recipe.target_class else []
        parts += [f"what is in {shown(recipe.guide)}"] if recipe.guide else []
        return " and ".join(part for part in parts if part)

    def _terms(self, recipe: DreamRecipe) -> tuple[Term, ...]:
        return recipe.terms() or self._usual

    def _key(self, recipe: DreamRecipe) -> Key:
        """What needs an objective of its own; weights do not."""
        terms = tuple((term.layer, term.channel) for term in self._terms(recipe))
        return terms, recipe.target_class, recipe.guide

    def _target(self, recipe: DreamRecipe) -> tuple[Classifier, int] | None:
        """How the class of a recipe is told, and its number."""
        if not recipe.target_class:
            return None
        index = number(recipe.target_class, self._network.classes, recipe.backbone)
        if self._classifier is None:
            self._classifier = classifier(self._network)
        return self._classifier, index
