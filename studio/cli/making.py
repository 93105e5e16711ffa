"""What the commands about latent spaces share: the model, points as people name them, and where pictures go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from models.errors import UsageError
from studio.cli.output import emit, say
from studio.cli.paint import fit_for
from studio.export import MOVING, export, full_path
from studio.find import find_model, open_registry

if TYPE_CHECKING:
    from models.latent.model import Concept, LatentModel, Latents
    from models.latent.paths import Way
    from models.latent.recipe import LatentRecipe
    from studio.registry import Model, PictureEntry, Registry

THIS_RUN = Group("This run", sort_key=0)
Wanted = Annotated[str, Parameter(name="MODEL", help="A VAE or GAN: a name, an id, or the beginning of either.")]
Point = Annotated[str, Parameter(name="POINT", help="A seed, such as 7, or a picture: a file or a sample's name.")]
Still = Annotated[
    Path | None,
    Parameter(
        name=["--out", "-o"], group=THIS_RUN, metavar="FILE", show_default=False,
        help="Where the picture goes, as .png, .jpg or .webp (default: into the Gallery alone).",
    ),
]  # fmt: skip
Film = Annotated[
    Path | None,
    Parameter(
        name=["--out", "-o"], group=THIS_RUN, metavar="FILE", show_default=False,
        help="Where it goes: a film as .gif, .webp or .mp4, a strip as .png or .jpg (default: a film, into the "
        "Gallery alone).",
    ),
]  # fmt: skip
Name = Annotated[str, Parameter(group=THIS_RUN, metavar="TEXT", help="What it is called.", show_default=False)]
Enlarge = Annotated[int, Parameter(group=THIS_RUN, metavar="N", help="Make the sides N times as long.")]
Truncation = Annotated[
    float, Parameter(metavar="T", help="Below 1, random points stay nearer to the typical one; 1 is as learnt.")
]
Fps = Annotated[float, Parameter(metavar="N", help="Frames a second of a film.")]
LONGEST = 20_000
"""Frames of a film at most."""
Json = Annotated[bool, Parameter(name="--json", negative=(), group=THIS_RUN, help="Print JSON.")]


class Studio:
    """A model at hand: found at once, opened when it is first needed, for that takes TensorFlow."""

    def __init__(self, wanted: str) -> None:
        from models.latent.load import check_family

        self.registry: Registry = open_registry()
        self.entry: Model = find_model(self.registry, wanted)
        check_family(self.entry.family)
        self._model: LatentModel | None = None

    @property
    def model(self) -> LatentModel:
        """The model. Raises CorruptFileError if its file is damaged."""
        if self._model is None:
            with self._quiet():
                from models.latent.load import open_model

                self._model = open_model(self.registry.load_model(self.entry.id))
        return self._model

    def _quiet(self) -> AbstractContextManager[None]:
        """While the model works, TensorFlow's native messages go to the log."""
        from studio.stderr import stderr_to

        return stderr_to(self.registry.paths.log)

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """The concepts that came with the model, and those that a person made."""
        from studio.latent_notes import read

        own = read(self.registry.paths, self.entry.id, self.model.latent).concepts
        names = {concept.name for concept in own}
        return (*(concept for concept in self.model.concepts if concept.name not in names), *own)

    def points(self, named: Sequence[str], truncation: float = 1.0) -> Latents:
        """Points by seeds and pictures, float32 (n, latent). Raises UsageError for a picture that cannot be opened."""
        import numpy as np

        from models.latent.fitting import encoded
        from models.vision.sources import open_source

        opened = [None if is_seed(name) else open_source(name, side=1024).pixels for name in named]
        model = self.model
        with self._quiet():
            return np.stack(
                [
                    model.draw(1, int(name), truncation)[0] if pixels is None else encoded(model, pixels)
                    for name, pixels in zip(named, opened, strict=True)
                ]
            )

    def recipe(self, points: Latents, how: str, **knobs: Any) -> LatentRecipe:
        """A recipe for points of this model."""
        from studio.latent_pictures import recipe_for

        return recipe_for(self.entry, points, how=how, **knobs)

    def make(self, recipe: LatentRecipe, out: Path | None, name: str) -> dict[str, Any]:
        """Make a picture or film, keep it in the Gallery, write it to `out`; the facts about it."""
        from models.latent.run import pictures
        from studio.latent_pictures import keep

        if out is not None:
            recipe = recipe.checked(fit_for(out, recipe).model_dump())
        model = self.model
        with self._quiet():
            frames = list(pictures(recipe, model))
        entry = keep(self.registry, recipe, frames, name)
        if out is not None:
            export(self.registry, entry, out)
        return facts(entry, out or self.registry.picture_file(entry.id))

    def deliver(self, recipe: LatentRecipe, out: Path | None, name: str, *, json: bool, **more: Any) -> None:
        """Make a picture or film, and say so."""
        made = self.make(recipe, out, name)
        if json:
            emit("result", model=self.entry.id, **made, **more)
        else:
            say(f"written: {out}" if out is not None else f"kept in the Gallery: '{made['name']}'")


def is_seed(name: str) -> bool:
    """Whether a point is named by a seed."""
    return name.isascii() and name.isdigit() and len(name) < 19


def moves(out: Path | None) -> bool:
    """Whether a file of this name is a film."""
    return out is None or out.suffix.lower() in MOVING


def placed(out: Path | None, *, films: bool) -> Path | None:
    """The full path of `out`. Raises UsageError, before anything is loaded, if it cannot be written."""
    from models.latent.recipe import LatentRecipe

    if out is None:
        return None
    out = full_path(out)
    fit_for(out, LatentRecipe.preset(frames=2 if films and moves(out) else 1))
    return out


def facts(entry: PictureEntry, file: Path) -> dict[str, Any]:
    """What JSON says of a picture that was made."""
    return {
        "picture": entry.id, "name": entry.name, "file": str(file), "width": entry.width, "height": entry.height,
        "frames": entry.frames,
    }  # fmt: skip


def shape(text: str) -> tuple[int, int]:
    """Rows and columns of `3x4`. Raises UsageError."""
    rows, cross, columns = text.lower().partition("x")
    if not (cross and rows.isdecimal() and columns.isdecimal() and 1 <= int(rows) <= 64 and 1 <= int(columns) <= 64):
        raise UsageError(f"--grid: rows x columns up to 64 are wanted, such as 4x6, not '{text}'")
    return int(rows), int(columns)


def deliver(
    studio: Studio,
    points: Latents,
    how: str,
    out: Path | None,
    frames: int,
    fps: float,
    count: int,
    name: str,
    *,
    json: bool,
    way: str,
    closed: bool = False,
    ease: bool = False,
    enlarge: int = 1,
    **more: Any,
) -> None:
    """Make a film through points, or a strip of `count` pictures where `out` asks for a still."""
    from models.latent.paths import middle_of, through

    if moves(out):
        recipe = studio.recipe(
            points, how, frames=frames, path=way, closed=closed, ease=ease, fps=fps, enlarge=enlarge
        )  # fmt: skip
    else:
        recipe = studio.recipe(points[:1], how, path=way, columns=count, enlarge=enlarge)
        chosen: Way = recipe.path
        path = through(points, count, chosen, closed=closed, ease=ease, middle=middle_of(studio.model))
        recipe = studio.recipe(path, how, path=way, columns=count, enlarge=enlarge)
    studio.deliver(recipe, out, name, json=json, **more)


def frames_of(seconds: float, fps: float) -> int:
    """The frames of a film. Raises UsageError for fewer than 2, or too many."""
    frames = round(seconds * fps)
    if not 2 <= frames <= LONGEST:
        raise UsageError(f"a film has 2 to {LONGEST:,} frames; {seconds:g} seconds at {fps:g} a second are {frames}")
    return frames


def numbers(text: str) -> list[float]:
    """`-1,0,1` as numbers. Raises UsageError."""
    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        found = []
    if not found or not all(-100 <= number <= 100 for number in found):
        raise UsageError(f"--strength: one number, or several with commas between, such as -1,0,1 (got {text!r})")
    return found
