"""A sampling session as data: what the registry keeps of it, and the transcripts made of it."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.cells import cell_len, set_cell_size

from models.errors import CorruptFileError, UserError
from studio.figures import count

VERSION = 1
NAME_CELLS = 90


@dataclass(frozen=True, slots=True)
class SessionData:
    """Everything of a session: what wrote it, its lanes, and how the page showed them.

    `source` is `Source.to_json()`; a lane is `{"state": Lane.save(), "paused": bool}`; `pace` counts symbols a second
    and may be infinite; `chosen` is the number of the chosen lane.
    """

    source: Mapping[str, Any]
    lanes: Sequence[Mapping[str, Any]]
    pace: float = 20.0
    surprise: bool = False
    chosen: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; an infinite pace is null."""
        return {
            "version": VERSION,
            "source": dict(self.source),
            "lanes": [dict(lane) for lane in self.lanes],
            "pace": self.pace if math.isfinite(self.pace) else None,
            "surprise": self.surprise,
            "chosen": self.chosen,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SessionData:
        """What `to_json` wrote. Raises CorruptFileError for anything else, a newer version included."""
        if data.get("version") != VERSION:
            raise CorruptFileError(f"the session has version {data.get('version')}, this studio reads {VERSION}")
        try:
            pace = math.inf if data["pace"] is None else float(data["pace"])
            found = cls(data["source"], data["lanes"], pace, bool(data["surprise"]), int(data["chosen"]))
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptFileError(f"corrupt: the session cannot be read ({error})") from None
        lanes = found.lanes
        if not isinstance(found.source, dict) or not isinstance(lanes, list) or not lanes:
            raise CorruptFileError("corrupt: the session holds no lanes")
        if not all(isinstance(lane, dict) and isinstance(lane.get("state"), dict) for lane in lanes):
            raise CorruptFileError("corrupt: the session holds something that is no lane")
        return found

    @property
    def states(self) -> list[Mapping[str, Any]]:
        """What the sampler saved of each lane."""
        return [lane["state"] for lane in self.lanes]

    @property
    def summary(self) -> str:
        """A line for the listing."""
        characters = sum(len(state.get("text", "")) for state in self.states)
        lanes = len(self.lanes)
        model = self.source.get("name", "")
        return f"{model}, {lanes} lane{'s' if lanes > 1 else ''}, {count(characters)} characters"


def default_name(source: str, now: float | None = None) -> str:
    """What a session is called before someone names it: the model and the time it began."""
    short = source if cell_len(source) <= NAME_CELLS else set_cell_size(source, NAME_CELLS).rstrip()
    return f"{short} {time.strftime('%Y-%m-%d %H:%M', time.localtime(now))}"


def file_name(name: str) -> str:
    """A file for the transcript of the session called `name`: letters and digits of any script, `.txt` at the end."""
    safe = "".join(character if character.isalnum() else "-" for character in name)
    return "-".join(part for part in safe.split("-") if part)[:60] + ".txt"


def transcript(name: str, data: SessionData) -> str:
    """The session as plain text: for each lane its settings, its seed and its text, the prompt included."""
    parts = [f"{name}\nmodel: {data.source.get('name', '')}\n"]
    for number, state in enumerate(data.states, 1):
        parts.append(f"\n--- lane {number}: {described(state)}\n{state.get('text', '')}\n")
    return "".join(parts)


def transcript_json(name: str, data: SessionData) -> dict[str, Any]:
    """The session as plain JSON that needs no studio to be read."""
    lanes = [{key: state.get(key) for key in ("prompt", "text", "seed", "stream", "settings")} for state in data.states]
    return {"session": name, "model": dict(data.source), "lanes": lanes}


def described(state: Mapping[str, Any]) -> str:
    """The seed and those settings of a saved lane that are not as they always are: `temperature 0.5, seed 42`."""
    usual = {
        "top_k": 0, "top_p": 1.0, "min_p": 0.0, "repetition": 1.0, "repetition_window": 64, "length": None, "stop": "",
        "no_repeat_ngram": 0,
    }  # fmt: skip
    settings = dict(state.get("settings", {}))
    parts = [f"temperature {settings.pop('temperature', 1.0):g}"]
    parts += [f"{key} {json.dumps(value)}" for key, value in settings.items() if value != usual.get(key)]
    stream = state.get("stream", 0)
    return ", ".join([*parts, f"seed {state.get('seed')}" + (f" (branch {stream})" if stream else "")])


def export(path: Path, name: str, data: SessionData) -> Path:
    """Write a transcript: JSON if the file's name ends in `.json`, else plain text. Returns the whole path.

    It is written beside and renamed. Raises UserError, with the reason, where it cannot be.
    """
    from models.checkpoint import save_bytes

    path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100
    if path.suffix.lower() == ".json":
        text = json.dumps(transcript_json(name, data), ensure_ascii=False, indent=2) + "\n"
    else:
        text = transcript(name, data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_bytes(path, text.encode("utf-8", "backslashreplace"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"cannot write {path}: {reason}") from None
    return path
