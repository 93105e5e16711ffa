"""The keys of the Latent page that ask something first, or take a while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from models.errors import UsageError
from studio.export import MOVING, export, full_path
from studio.pages.latent_styles import LatentStyles
from studio.sources import exists
from studio.widgets.dialogs import Answer, Prompt, Question

if TYPE_CHECKING:
    from models.latent.model import LatentModel, Latents
    from models.latent.recipe import LatentRecipe
    from studio.registry import PictureEntry

FPS = 12.0
SPAN = 2.0
"""Seconds of a film from mark to mark."""
PRESS = 0.25
"""Seconds of a film for each step of a journey."""
LONGEST = 60.0


class LatentDialogs(LatentStyles):
    """Models, pictures, swaps, groups, films."""

    groups: ClassVar[tuple[str, str]] = ("with", "without")
    gathered: dict[str, list[Latents]]
    """Points of the two groups that a concept is to be made of."""
    busy = ""
    """What is waited for, in a word."""

    def action_model(self) -> None:
        from studio.widgets.latent_picker import LatentPicker, travelled

        def chosen(answer: tuple[str, str] | None) -> None:
            if answer is not None:
                self.open_model(answer[1])

        now = self.opened.entry.id if self.opened is not None else ""
        self.app.push_screen(LatentPicker(travelled(self.services.registry), now), chosen)

    # Pictures of one's own

    def action_encode(self) -> None:
        self.pick("Whose point shall be found?", lambda point, pixels: self._arrive(point, pixels))

    def _arrive(self, point: Latents, pixels: Any) -> None:
        self.jump(point, plain=True)
        self.view.before(pixels)

    def pick(self, title: str, then: Any) -> None:
        """Have a picture chosen, and its point found; `then` gets the point and the picture as the model takes it."""
        from studio.widgets.picture_picker import PicturePicker

        journey = self.here

        def chosen(source: str | None) -> None:
            if source is None or self.desk is None:
                return

            def find(model: LatentModel) -> Iterator[Any]:
                from models.latent.fitting import fit_for
                from models.latent.sheet import coloured
                from models.vision.sources import open_source

                pixels = fit_for(model, open_source(source, side=1024).pixels)
                yield None
                yield model.encode(pixels)[0], coloured(pixels[0])

            def found(result: Any) -> None:
                if self.journey is journey:
                    then(*result)

            self.wait("finding the picture's point")
            self.desk.do(find, found)

        self.app.push_screen(PicturePicker(title, self.services.registry, self.services.opener), chosen)

    def wait(self, word: str) -> None:
        """Say what is waited for."""
        self.busy = word
        self.say()

    # Swapping faces

    def action_swap(self) -> None:
        self.halt()
        answers = [Answer("p", "a picture", "picture")]
        if self.here.marks.letters:
            answers.append(Answer("m", "a mark", "mark"))

        def answered(answer: str | None) -> None:
            with self.studio.telling():
                if answer == "picture":
                    self.pick("Whose expression and pose?", lambda point, _pixels: self.swap(point))
                elif answer == "mark":
                    self.ask_mark("The expression and pose of which mark?",
                                  lambda letter: self.swap(self.here.marks.point(letter)))  # fmt: skip

        self.app.push_screen(
            Question("Take over expression and pose of …", "The person in sight stays who it is.", answers), answered
        )

    def swap(self, other: Latents, take: tuple[str, ...] = ()) -> None:
        """Give the face in sight another's expression; where it is not known what that is, ask for concepts."""
        from models.latent.groups import grouped
        from models.latent.swap import swapped

        journey = self.here
        if journey.concepts and not take and not grouped(journey.concepts, "expression"):
            self._ask_what_to_take(other)
            return
        with self.studio.telling():
            self.jump(swapped(journey.point, other, journey.concepts, take))

    def _ask_what_to_take(self, other: Latents) -> None:
        names = ", ".join(concept.name for concept in self.here.concepts)

        def named(text: str | None) -> None:
            if text is not None:
                self.swap(other, tuple(part.strip() for part in text.split(",") if part.strip()))

        self.app.push_screen(Prompt("Which concepts shall be taken over?", detail=f"Of {names}; commas between"), named)

    # Concepts of one's own

    def action_group(self, group: str) -> None:
        if self.journey is None:
            return
        self.gathered[group].append(self.point)
        self.say()
        counts = " and ".join(f"{len(self.gathered[name])} {name}" for name in self.groups)
        self.studio.tell(f"gathered {counts} it: n makes a concept of them")

    def action_name(self) -> None:
        import numpy as np

        from models.latent.concepts import from_groups
        from studio.registry import check_name

        journey, points = self.here, self.gathered
        missing = [name for name in self.groups if not points[name]]
        if missing:
            keys = {"with": "a", "without": "A"}
            raise UsageError(f"no picture {missing[0]} it yet: {keys[missing[0]]} takes the one in sight")

        def named(name: str | None) -> None:
            if name is None or self.journey is not journey:
                return
            with self.studio.telling():
                journey.add_concept(from_groups(np.stack(points["without"]), np.stack(points["with"]), name))
                self.gathered = {group: [] for group in self.groups}
                self.note()
                self.moved()
                self.panel.rows.select(name)

        self.app.push_screen(Prompt("What is it that they have?", check=check_name), named)

    def action_forget(self) -> None:
        name = self.panel.chosen
        if name not in {concept.name for concept in self.own()}:
            raise UsageError("only a concept of your own can be deleted")

        def answered(answer: str | None) -> None:
            if answer:
                self.here.remove_concept(name)
                self.note()
                self.moved()

        self.app.push_screen(
            Question(f"Delete the concept “{name}”?", "", [Answer("y", "Delete it", "yes")], careful=True), answered
        )

    # Keeping

    def action_save(self) -> None:
        import numpy as np

        opened, point = self.opened, self.point
        if opened is None:
            return
        added = " ".join(f"{concept.name} {strength:+g}" for concept, strength in self.here.place.strengths)
        recipe = self.recipe(np.asarray(point)[None], how=added)
        self.make(recipe, f"{opened.entry.name} {recipe.how}".strip(), None)

    def recipe(self, points: Latents, *, how: str, **knobs: Any) -> LatentRecipe:
        """A recipe for points of the model that is open, in the style of here."""
        from studio.latent_pictures import recipe_for

        assert self.opened is not None
        style = self.here.place.style
        if style is not None:
            how = ", ".join(filter(None, (how, self.here.worn)))
            knobs |= {"style": style.point[None], "layers": style.layers}
        return recipe_for(self.opened.entry, points, how=how, **knobs)

    def make(self, recipe: LatentRecipe, name: str, out: Path | None) -> None:
        """Have the desk make a picture or film, keep it, and write it to a file if one is named."""
        if self.desk is None:
            return

        def job(model: LatentModel) -> Iterator[Any]:
            from models.latent.run import pictures

            frames = []
            for frame in pictures(recipe, model):
                frames.append(frame)
                yield frames

        self.wait("making a film" if recipe.frames > 1 else "saving")

        def made(frames: Any) -> None:
            self.run_worker(self._keep(recipe, frames, name, out))

        self.desk.do(job, made)

    async def _keep(self, recipe: LatentRecipe, frames: Any, name: str, out: Path | None) -> None:
        from studio.latent_pictures import keep

        registry = self.services.registry

        def kept() -> PictureEntry:
            entry = keep(registry, recipe, frames, name)
            if out is not None:
                export(registry, entry, out)
            return entry

        self.wait("writing")
        try:
            with self.studio.telling():
                entry = await asyncio.to_thread(kept)
                self.studio.tell(f"written: {out}" if out is not None else f"in the Gallery: {entry.name}")
        finally:
            self.wait("")

    def action_export(self) -> None:
        marks, travelled = self.here.marks, self.here.travelled
        answers = []
        if len(marks.letters) > 1:
            answers.append(Answer("m", f"through the marks {' '.join(marks.letters)}, and back", "marks"))
        if len(travelled) > 1:
            answers.append(Answer("j", f"the journey so far, {len(travelled)} points", "journey"))
        if not answers:
            raise UsageError("no path yet: mark two points with p, or travel somewhere")

        def answered(answer: str | None) -> None:
            if answer == "marks":
                points = marks.all()
                self._ask_file(points, len(points) * SPAN, {"path": "smooth", "closed": True, "how": "through marks"})
            elif answer == "journey":
                self._ask_file(travelled, (len(travelled) - 1) * PRESS, {"path": "linear", "how": "a journey"})

        self.app.push_screen(Question("Export which path?", "", answers), answered)

    def _ask_file(self, points: Latents, seconds: float, knobs: dict[str, Any]) -> None:
        assert self.opened is not None
        name = self.opened.entry.name
        frames = max(2, round(min(seconds, LONGEST) * FPS))

        def chosen(typed: str | None) -> None:
            if typed is not None:
                out = new_film(typed)
                with self.studio.telling():
                    kind = out.suffix.lower()[1:]
                    side = max(self.opened.model.size) if self.opened is not None else 64
                    enlarge = max(1, 256 // side)
                    recipe = self.recipe(points, frames=frames, fps=FPS, animation=kind, enlarge=enlarge, **knobs)
                    self.make(recipe, f"{name} path", out)

        self.app.push_screen(
            Prompt(
                "Write the film to",
                f"{name.replace('/', '-')} path.gif",
                detail=f"{frames} frames, {frames / FPS:.1f} s; a name that ends in .gif, .webp or .mp4.",
                check=lambda typed: str(new_film(typed)),
            ),
            chosen,
        )


def new_film(name: str) -> Path:
    """The file that a name stands for. Raises UsageError where there is one already, or it is no film's."""
    path = full_path(name)
    if path.suffix.lower() not in MOVING:
        raise UsageError(f"a film ends in {', '.join(MOVING)}")
    if exists(str(path)):
        raise UsageError("there is a file of that name: choose another one")
    if not exists(str(path.parent)):
        raise UsageError(f"there is no folder '{path.parent}'")
    return path
