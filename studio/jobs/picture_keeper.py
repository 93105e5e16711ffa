"""Keeps the pictures that a run makes: the one it ends with, and those it says are to be kept on the way."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from models.vision import animate, pictures
from studio.jobs.keeper import Keeper
from studio.registry import Model, PictureEntry, Registry

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from models.events import Picture, Snapshot
    from models.vision.pictures import Pixels
    from studio.registry import PictureKind

SMALL = 128
"""The longer side of the small copy that lists show, in pixels."""
SAID = ("version", "family", "recipe", "seed", "sources", "step", "seconds", "metrics")
"""What a picture's file says of how it was made."""


@dataclass(frozen=True)
class Result:
    """A picture to be kept: its frames (one for a still), what is said of it, and what its name has after the run's.

    `is_last` tells the one that the run ends with, which takes the place of one from an earlier sitting.
    """

    frames: list[Pixels]
    about: Mapping[str, Any]
    suffix: str = ""
    is_last: bool = False


class PictureKeeper(Keeper):
    """Saves each picture as a file that carries its recipe."""

    def __init__(
        self,
        registry: Registry,
        run_id: str,
        say: Callable[[str], None],
        saved: Callable[[Model | PictureEntry], None],
        step: Callable[[], int],
    ) -> None:
        super().__init__(registry, run_id, say, saved)
        self._step = step
        self._waiting: list[Result] = []

    @property
    def has_results(self) -> bool:
        return bool(self._waiting)

    def take(self, snapshot: Snapshot) -> None:
        found = snapshot.checkpoint.arrays.get("picture")
        if snapshot.reason != "final" or found is None:
            return
        meta = snapshot.checkpoint.meta
        frames = frames_of(snapshot.checkpoint) or [found]
        self._waiting = [result for result in self._waiting if not result.is_last]
        self._waiting.append(Result(frames, {name: meta[name] for name in SAID if name in meta}, is_last=True))

    def put_picture(self, picture: Picture) -> None:
        """Keep a picture of the way: what it shows follows from the recipe and the step."""
        run, step = self.registry.run(self.run_id), self._step()
        recipe = run.recipe
        about = {"version": version("latent-studio"), "family": run.family, "recipe": recipe, "step": step}
        if "seed" in recipe:
            about["seed"] = recipe["seed"]
        about |= {name: picture.about[name] for name in SAID if name in picture.about}
        self._waiting.append(Result([picture.pixels], about, f", step {step}"))
        self.tick()

    def save_results(self) -> None:
        while self._waiting:
            entry = self._save(self._waiting[0])
            del self._waiting[0]
            self.saved(entry)

    def _save(self, result: Result) -> PictureEntry:
        run = self.registry.run(self.run_id)
        kind = str(run.recipe.get("animation", "gif")) if len(result.frames) > 1 else "png"
        last = result.frames[-1]
        entry = self.registry.save_picture(
            self._file(result, kind, float(run.recipe.get("fps", 12))),
            name=f"{run.name}{result.suffix}",
            family=run.family,
            recipe=result.about.get("recipe", run.recipe),
            about=result.about,
            width=last.shape[1],
            height=last.shape[0],
            frames=len(result.frames),
            kind=as_kind(kind),
            thumbnail=pictures.encode(pictures.fit(last, SMALL), "png"),
            run_id=run.id,
            picture_id=run.picture_id if result.is_last else None,
        )
        if result.is_last:
            self.registry.set_run_picture(run.id, entry.id)
        return entry

    def _file(self, result: Result, kind: str, fps: float) -> bytes:
        """The bytes of the picture's file. Raises UserError if they find no room."""
        if kind == "png":
            return pictures.encode(result.frames[0], "png", result.about)
        path = self.registry.paths.cache / f"{secrets.token_hex(8)}.{kind}"
        try:
            animate.save_animation(path, result.frames, fps=fps, about=result.about)
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)


def as_kind(kind: str) -> PictureKind:
    """A kind of file that the registry knows."""
    known: dict[str, PictureKind] = {"png": "png", "gif": "gif", "webp": "webp", "mp4": "mp4"}
    return known[kind]


def frames_of(checkpoint: Checkpoint) -> list[Pixels]:
    """The frames of an animation, in their order; none where there are fewer than two."""
    found = [checkpoint.arrays[name] for name in sorted(checkpoint.arrays) if name.startswith("frames/")]
    return found if len(found) > 1 else []
