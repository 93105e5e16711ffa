"""A lane as plain JSON, and back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptFileError, UsageError
from models.text.cells import State
from models.text.model import TextModel
from models.text.sampler.lane import Lane
from models.text.sampler.settings import Settings
from models.text.vocabulary import Vocabulary

VERSION = 1


@dataclass(frozen=True, slots=True)
class Parts:
    """What a saved lane consists of; `state` is None where it has to be read again."""

    prompt: str
    prompt_end: int
    start: int
    ids: NDArray[np.int32]
    probabilities: NDArray[np.float32]
    whole: bool
    stopped: bool
    seed: int
    stream: int
    settings: Settings
    state: State | None


def parts_of(lane: Lane, state: State | None) -> Parts:
    """What the lane consists of now, copied, so that it can be written down while the lane goes on."""
    span = lane.read()
    return Parts(
        prompt=lane.prompt,
        prompt_end=lane.prompt_end,
        start=span.start,
        ids=span.ids,
        probabilities=span.probabilities,
        whole=lane.whole,
        stopped=lane.ended == "stop",
        seed=lane.seed,
        stream=lane.stream,
        settings=lane.settings,
        state=None if state is None else state.copy(),
    )


def to_json(parts: Parts, model: TextModel) -> dict[str, Any]:
    """The lane; `text` is there for readers that lack the model, the lane itself is in `ids`.

    Arrays are zlib-compressed and base64-encoded: int32 ids, float32 probabilities and state, little-endian.
    """
    state = parts.state
    return {
        "version": VERSION,
        "prompt": parts.prompt,
        "text": model.vocabulary.decode(parts.ids),
        "settings": parts.settings.to_json(),
        "seed": parts.seed,
        "stream": parts.stream,
        "prompt_end": parts.prompt_end,
        "start": parts.start,
        "whole": parts.whole,
        "stopped": parts.stopped,
        "ids": _packed(parts.ids, "<i4"),
        "probabilities": _packed(parts.probabilities, "<f4"),
        "shape": list(model.network.shape),
        "hidden": None if state is None else _packed(state.hidden, "<f4"),
        "memory": None if state is None else _packed(state.memory, "<f4"),
        "symbols": len(model.vocabulary.symbols),
        "vocabulary": _fingerprint(model.vocabulary, len(model.vocabulary.symbols)),
    }


def from_json(data: Mapping[str, Any], model: TextModel) -> Parts:
    """The parts of a saved lane. Raises CorruptFileError, or UsageError for another vocabulary or a newer version."""
    if not isinstance(data, Mapping) or not isinstance(data.get("version"), int):
        raise CorruptFileError("corrupt: this is not a saved lane")
    if data["version"] != VERSION:
        raise UsageError(f"the saved lane has version {data['version']}, this studio reads {VERSION}")
    try:
        if data["vocabulary"] != _fingerprint(model.vocabulary, data["symbols"]):
            raise UsageError("the saved lane was written with another vocabulary; open it with its own model")
        parts = Parts(
            prompt=str(data["prompt"]),
            prompt_end=int(data["prompt_end"]),
            start=int(data["start"]),
            ids=_unpacked(data["ids"], "<i4").astype(np.int32),
            probabilities=_unpacked(data["probabilities"], "<f4").astype(np.float32),
            whole=bool(data["whole"]),
            stopped=bool(data["stopped"]),
            seed=int(data["seed"]),
            stream=int(data["stream"]),
            settings=Settings.from_json(data["settings"]),
            state=_state(data, model),
        )
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error, zlib.error) as error:
        raise CorruptFileError(f"corrupt: the saved lane cannot be read ({error})") from None
    ids, symbols = parts.ids, len(model.vocabulary.symbols)
    if (
        not len(ids)
        or len(ids) != len(parts.probabilities)
        or not 0 <= ids.min() <= ids.max() < symbols
        or min(parts.start, parts.seed, parts.stream) < 0
        or not 0 < parts.prompt_end <= parts.start + len(ids)
    ):
        raise CorruptFileError("corrupt: the saved lane contradicts itself")
    return parts


def _state(data: Mapping[str, Any], model: TextModel) -> State | None:
    if data["hidden"] is None or data["shape"] != list(model.network.shape):
        return None
    state = State.zero(model.network, 1, 1)
    for array, name in ((state.hidden, "hidden"), (state.memory, "memory")):
        array[...] = _unpacked(data[name], "<f4").reshape(array.shape)
        if not np.isfinite(array).all():
            raise ValueError("its state is not finite")
    return state


@lru_cache(maxsize=8)
def _fingerprint(vocabulary: Vocabulary, symbols: int) -> str:
    """A SHA-256 of the first `symbols` symbols: an extended vocabulary matches the one it extends."""
    first = vocabulary.symbols[:symbols]
    parts = [vocabulary.unit, str(vocabulary.lowercase), str(len(first)), *first]
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _packed(array: NDArray[Any], kind: str) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array, kind).tobytes(), 1)).decode("ascii")


def _unpacked(text: str, kind: str) -> NDArray[Any]:
    return np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), kind)
