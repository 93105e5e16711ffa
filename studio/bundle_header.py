"""What the header of a bundle may say, checked before anything of the size that it names is made."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from models.errors import CorruptFileError

if TYPE_CHECKING:
    from models.gan.recipe import GanRecipe
    from models.recipe import Recipe
    from models.text.recipe import TextRecipe
    from models.vae.recipe import VaeRecipe

LARGEST = 2 << 30
"""Bytes of a file that is read at all."""
DTYPES = {"F16": 2, "F32": 4}
LONGEST = 10_000_000_000
"""Seconds that a training may have taken, steps a thousand times as many."""
CONCEPTS = 4096
SPARE = 1 << 23
"""Numbers that a file may hold beside those of its networks: concepts, the spread of points, norms."""
MOST_AXES = 8
KNOWN = ("family", "recipe", "step", "epoch", "seconds", "metrics", "best", "name", "vocabulary", "opening", "corpus",
         "data", "concepts")  # fmt: skip
"""What a model's metadata consists of; anything else in a file is left there."""


def numbers_in(header: Mapping[str, Any], room: int) -> int:
    """How many numbers the arrays of a header have, which fill exactly `room` bytes.

    Raises ValueError, KeyError or TypeError.
    """
    octets = numbers = 0
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        if not key.startswith("weights/"):
            raise ValueError("it holds more than the weights of a model")
        if entry["dtype"] not in DTYPES:
            raise ValueError("its numbers are not of 16 or 32 bits")
        if len(entry["shape"]) > MOST_AXES:
            raise ValueError("a shape is out of bounds")
        count = 1
        for side in entry["shape"]:
            if not isinstance(side, int) or not 0 <= side <= LARGEST:
                raise ValueError("a shape is out of bounds")
            count *= side
        numbers += count
        octets += count * DTYPES[entry["dtype"]]
    if octets != room:
        raise ValueError("its arrays do not fill it")
    return numbers


def checked_meta(header: Mapping[str, Any], families: tuple[str, ...]) -> dict[str, Any]:
    """What a header says of the model, of one of `families`, its recipe as a form would have made it.

    Raises ValueError, KeyError or TypeError, UsageError for a recipe out of its bounds.
    """
    from models.checkpoint import META_KEY
    from models.families import family

    found = json.loads(header["__metadata__"][META_KEY])
    json.dumps(found, allow_nan=False)
    if not isinstance(found, dict) or not isinstance(found.get("recipe"), dict) or found.get("family") not in families:
        raise ValueError(f"it is of none of the families {', '.join(families)}")
    meta = {key: value for key, value in found.items() if key in KNOWN}
    metrics, step, seconds = meta.get("metrics", {}), meta.get("step", 0), meta.get("seconds", 0.0)
    if not isinstance(metrics, dict) or not all(is_number(value) for value in metrics.values()):
        raise ValueError("its figures are no numbers")
    if not isinstance(step, int) or not 0 <= step < 1000 * LONGEST:
        raise ValueError("its steps are no number")
    if not is_number(seconds) or not 0 <= seconds < LONGEST:
        raise ValueError("its seconds are no number")
    if not isinstance(meta.get("name", ""), str) or not isinstance(meta.get("opening", ""), str):
        raise ValueError("its name or its opening is no text")
    if not are_texts(meta.get("concepts", [])) or len(meta.get("concepts", [])) > CONCEPTS:
        raise ValueError("its concepts are no names")
    if meta["family"] != "text":
        check_data(meta["data"])
    meta["recipe"] = family(meta["family"]).recipe_class().checked(meta["recipe"]).model_dump(mode="json")
    return meta


def check_data(data: Any) -> None:
    """Raises ValueError, KeyError or TypeError for what is no description of a set of pictures."""
    height, width = data["size"]
    if not all(isinstance(side, int) and 8 <= side <= 1024 for side in (height, width)):
        raise ValueError("its pictures are of no size")
    if data["channels"] not in (1, 3):
        raise ValueError("its pictures are neither grey nor coloured")
    if not are_texts([data.get("name", ""), data.get("identity", "")]) or not are_texts(data.get("attributes", [])):
        raise ValueError("its pictures have no name")


def plain_size(meta: Mapping[str, Any]) -> int:
    """How many numbers the networks of a model have by its recipe: arithmetic alone. `meta` is as `checked_meta` gives
    it. Raises CorruptFileError for a vocabulary that is none."""
    from models.families import family

    recipe: Recipe = family(meta["family"]).recipe_class().checked(meta["recipe"])
    if meta["family"] == "text":
        from models.text.estimate import parameters
        from models.text.vocabulary import Vocabulary

        return parameters(cast("TextRecipe", recipe), len(Vocabulary.from_json(meta["vocabulary"])))
    height, width = meta["data"]["size"]
    channels = meta["data"]["channels"]
    if meta["family"] == "gan":
        from models.gan.estimate import cost

        return cost(cast("GanRecipe", recipe), channels).parameters
    from models.vae.estimate import cost as vae_cost

    return vae_cost(cast("VaeRecipe", recipe), (height, width), channels).parameters


def check_size(meta: Mapping[str, Any], numbers: int) -> None:
    """Raises ValueError where a file with so many numbers cannot hold the networks of its recipe, or holds far more."""
    try:
        wanted = plain_size(meta)
    except CorruptFileError as error:
        raise ValueError(str(error).removeprefix("corrupt: ")) from None
    if not wanted <= numbers <= wanted + SPARE:
        raise ValueError(f"its recipe is of networks of {wanted:,} numbers, and it holds {numbers:,}")


def is_number(value: Any) -> bool:
    """Whether a value of JSON is a number that a float can be. Raises OverflowError for a whole number beyond."""
    return isinstance(value, (int, float)) and math.isfinite(float(value))


def are_texts(values: Any) -> bool:
    """Whether a value of JSON is a list of texts."""
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
