"""A text model ready to write: its recipe, its vocabulary and its weights. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.errors import CorruptFileError, UsageError
from models.text.recipe import TextRecipe
from models.text.vocabulary import Vocabulary
from models.text.weights import Network


@dataclass(frozen=True, slots=True)
class TextModel:
    """What the sampler needs; `opening` is some text of the training corpus ("" if none was kept)."""

    recipe: TextRecipe
    vocabulary: Vocabulary
    network: Network
    opening: str = ""

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> Self:
        """The model held in a checkpoint, of a run or of a finished model.

        Raises UsageError if it is of another family, CorruptFileError if its recipe, its vocabulary and its weights
        do not fit each other or the weights are not finite numbers.
        """
        meta = checkpoint.meta
        if meta.get("family") != "text":
            raise UsageError(f"this is a {meta.get('family')} model; writing text needs a text model")
        try:
            recipe = TextRecipe.checked(meta["recipe"])
            vocabulary = Vocabulary.from_json(meta["vocabulary"])
        except (KeyError, TypeError, UsageError) as error:
            raise CorruptFileError(f"the model's recipe or vocabulary cannot be read: {error}") from None
        opening = meta.get("opening", "")
        return cls.from_arrays(recipe, vocabulary, checkpoint.arrays, opening if isinstance(opening, str) else "")

    @classmethod
    def from_arrays(
        cls, recipe: TextRecipe, vocabulary: Vocabulary, arrays: Mapping[str, NDArray[Any]], opening: str = ""
    ) -> Self:
        """The model from arrays named and laid out as in a checkpoint (`weights/...`). Raises CorruptFileError."""
        network = Network.from_arrays(
            arrays,
            cell=recipe.cell,
            layers=recipe.layers,
            units=recipe.units,
            symbols=len(vocabulary.symbols),
            embedding=recipe.embedding if recipe.input == "embedding" else 0,
        )
        return cls(recipe, vocabulary, network, opening)

    def default_prompt(self) -> str:
        """A prompt made of symbols the model was trained on, for when the writer gives none.

        A model that always reads a window gets the opening of its corpus, where it is kept, and others its first
        word: after a blank alone the cool ones write blanks for long. Without one it is a line feed, a space, or the
        first symbol of the vocabulary.
        """
        vocabulary = self.vocabulary
        whole = self.recipe.target == "last"
        opening = vocabulary.known(self.opening if whole else first_word(self.opening))[: self.recipe.window]
        if opening:
            return opening
        known = set(vocabulary.symbols)
        return next((symbol for symbol in ("\n", " ") if symbol in known), vocabulary.symbols[0])


def first_word(text: str) -> str:
    """The first word of a text and a space after it; nothing of one that is blank."""
    return f"{text.split(maxsplit=1)[0]} " if text.strip() else ""
