"""Models taken in from files: what the studio exported, and Keras's weights in the shape of a model that is here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UsageError, shown

if TYPE_CHECKING:
    from studio.registry import Model, Registry

KERAS = (".keras", ".h5", ".hdf5")
SPARE = 1 << 22
"""Numbers that a Keras file may hold beyond those of the model that it is to be like."""
KEPT = ("family", "recipe", "vocabulary", "opening", "corpus", "data")
"""What a model that is like another has of it, beside the shapes of its weights."""


def take_in(registry: Registry, path: Path, name: str | None = None, like: Model | None = None) -> Model:
    """Register the model in a file, called `name`; by default as the file says, or is called.

    A Keras file is matched to the model that it is `like`. Raises UsageError for a bad name, or if a model to be like
    is missing or there is no use for it; UserError for a file that cannot be read, or is refused; CorruptFileError for
    a damaged one; StorageError if it cannot be kept.
    """
    from studio.bundle import import_bundle

    if path.suffix.lower() not in KERAS:
        if like is not None:
            raise UsageError(f"'{shown(path.name)}' says itself what it is: --like is for {', '.join(KERAS)} files")
        return import_bundle(registry, path, name)
    if like is None:
        raise UsageError(
            f"'{shown(path.name)}' does not say what it is for: --like MODEL names one of the same symbols or "
            "pictures, and of the same layers; `studio train ... --steps 1` makes one"
        )
    return import_weights(registry, path, like, name)


def import_weights(registry: Registry, path: Path, like: Model, name: str | None = None) -> Model:
    """Register the weights in a Keras file as a model with the recipe, and the vocabulary, of `like`.

    Raises as `take_in` does.
    """
    from models.checkpoint import Checkpoint
    from models.keras_files.matching import matched
    from models.keras_files.reading import read_layers

    origin = registry.load_model(like.id).weights_only()
    numbers = sum(array.size for array in origin.arrays.values())
    arrays = matched(read_layers(path, numbers + SPARE), origin)
    meta = {key: origin.meta[key] for key in KEPT if key in origin.meta}
    made = Checkpoint({**meta, "step": 0, "seconds": 0.0, "metrics": {}}, arrays)
    return registry.save_model(made, name=path.stem.removesuffix(".weights") if name is None else name)
