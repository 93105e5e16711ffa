"""What a person noted of a latent space: concepts of their own and marked points, in a file beside the model."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.errors import CorruptFileError, UserError

if TYPE_CHECKING:
    from models.latent.model import Concept, Latents
    from studio.config import Paths

LARGEST = 16 << 20
"""Bytes of a file that are read at most."""


@dataclass(frozen=True)
class Notes:
    """Own concepts, and points by letter (float32 (latent,))."""

    concepts: Sequence[Concept] = ()
    marks: Mapping[str, Latents] = field(default_factory=dict)


def read(paths: Paths, model_id: str, latent: int) -> Notes:
    """The notes of a model whose points have `latent` numbers; empty if there are none.

    What was noted when the model had other points is left out. Raises CorruptFileError for a damaged file.
    """
    from models.latent.marks import Marks
    from models.latent.model import Concept

    path = paths.latent_notes(model_id)
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        found = json.loads(path.read_text("utf-8"))
        concepts = [Concept(str(each["name"]), numbers(each["direction"])) for each in found["concepts"]]
        points = {str(letter): numbers(point) for letter, point in found["marks"].items()}
        marks = Marks({letter: point for letter, point in points.items() if len(point) == latent})
    except FileNotFoundError:
        return Notes()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, UserError):
        told = f"corrupt: the notes in {path.name} cannot be read; delete it to begin new ones"
        raise CorruptFileError(told) from None
    kept = tuple(concept for concept in concepts if len(concept.direction) == latent)
    return Notes(kept, {letter: marks.point(letter) for letter in marks.letters})


def write(paths: Paths, model_id: str, notes: Notes) -> None:
    """Keep the notes of a model. Raises UserError if they cannot be written."""
    from models.checkpoint import save_bytes

    said = {
        "concepts": [{"name": each.name, "direction": text(each.direction)} for each in notes.concepts],
        "marks": {letter: text(point) for letter, point in notes.marks.items()},
    }
    try:
        save_bytes(paths.latent_notes(model_id), json.dumps(said).encode("ascii"))
    except OSError as error:
        raise UserError(f"the notes of the model cannot be written: {error.strerror}") from None


def text(point: Latents) -> str:
    """A point as text."""
    import numpy as np

    return base64.b64encode(np.ascontiguousarray(point, "<f4").tobytes()).decode("ascii")


def numbers(said: Any) -> Latents:
    """A point from text. Raises ValueError or TypeError for any other."""
    import numpy as np

    found = np.frombuffer(base64.b64decode(said, validate=True), "<f4").astype(np.float32)
    if not len(found) or not np.isfinite(found).all():
        raise ValueError("no point")
    return found
