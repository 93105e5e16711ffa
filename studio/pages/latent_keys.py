"""What the keys of the Latent page do to the journey."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widgets import Input

from models.errors import UsageError
from studio.pages.base import Page
from studio.pages.latent_bindings import KEYS
from studio.widgets.latent_panel import LatentPanel
from studio.widgets.letters import Letters
from studio.widgets.picture import PictureView

if TYPE_CHECKING:
    from models.latent.journey import Journey
    from models.latent.model import Concept, LatentModel, Latents
    from studio.latent_desk import LatentDesk, Opened, Way

SLIDE = 0.25
"""How far a key moves a concept."""
PACES = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Random points, or marks, that a walk passes in a second."""
TRUNCATIONS = (1.0, 0.85, 0.7, 0.5, 0.0)
ALWAYS = ("model", "fold", "leave_field")


class LatentKeys(Page):
    """Moving, sliding, marking, walking."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    desk: LatentDesk | None = None
    opened: Opened | None = None
    journey: Journey | None = None
    walking = ""
    """What goes on by itself: `walking`, `travelling`, or nothing."""
    pace = 0.5
    truncation = 1.0
    walked: Latents | None = None
    """The newest point that a walk has shown."""

    @property
    def view(self) -> PictureView:
        return self.query_one(PictureView)

    @property
    def panel(self) -> LatentPanel:
        return self.query_one(LatentPanel)

    @property
    def here(self) -> Journey:
        """The journey. Raises UsageError before there is one."""
        if self.journey is None:
            raise UsageError("no model is open yet: m chooses one")
        return self.journey

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a model nearly all keys mean nothing; those of the first page of keys are shown dim."""
        known = getattr(self, f"action_{action}", None)
        if known is None or action in ALWAYS:
            return super().check_action(action, parameters)
        return True if self.journey is not None else None

    # To be done by the page

    def moved(self) -> None:
        """The journey is somewhere else: show it."""
        raise NotImplementedError

    def say(self) -> None:
        """Something beside the picture has changed."""
        raise NotImplementedError

    def note(self) -> None:
        """Marks or own concepts have changed: keep them."""
        raise NotImplementedError

    # Moving

    def action_arrow(self, across: int, up: int) -> None:
        if self.panel.rows.has_focus:
            if across:
                self.action_slide(across)
            return
        self.halt()
        self.here.move(across, up)
        self.moved()

    def action_turn(self) -> None:
        self.here.turn()
        self.say()

    def action_axis(self, arrow: int, by: int) -> None:
        self.here.choose(arrow, by)
        self.say()

    def action_stride(self, by: int) -> None:
        self.here.stride(by)
        self.say()

    def action_undo(self) -> None:
        self.halt()
        if not self.here.undo():
            raise UsageError("this is where it began")
        self.moved()

    def action_redo(self) -> None:
        self.halt()
        if not self.here.redo():
            raise UsageError("nothing was undone")
        self.moved()

    def jump(self, point: Latents, *, plain: bool = False) -> None:
        """Go to a point, in the style of here unless it is wanted `plain`, if it is still one of this space."""
        self.halt()
        self.here.jump(point, plain=plain)
        self.moved()

    def action_random(self) -> None:
        journey = self.here
        self.draw(random.getrandbits(31), lambda point: self.jump(point) if self.journey is journey else None)

    def draw(self, seed: int, then: Callable[[Latents], None]) -> None:
        """Have the point of a seed drawn, as far from the middle as random points are wanted."""
        truncation = self.truncation

        def work(model: LatentModel):  # type: ignore[no-untyped-def]
            yield model.draw(1, seed, truncation)[0]

        if self.desk is not None:
            self.desk.do(work, then)

    def action_truncate(self) -> None:
        place = TRUNCATIONS.index(self.truncation)
        self.truncation = TRUNCATIONS[(place + 1) % len(TRUNCATIONS)]
        self.say()
        self.studio.tell(f"truncation {self.truncation:g}: random points stay nearer to the typical one below 1")

    # Concepts

    def action_slide(self, way: int) -> None:
        name = self.panel.chosen
        if not name:
            raise UsageError("there is no concept to slide: a and A gather pictures with and without one, n names it")
        self.halt()
        self.here.slide(name, way * SLIDE)
        self.moved()

    def action_concept(self, by: int) -> None:
        self.panel.rows.action_move(by)

    def action_nought(self) -> None:
        self.halt()
        if self.panel.chosen:
            self.here.set_strength(self.panel.chosen, 0.0)
        self.moved()

    def action_level(self) -> None:
        self.halt()
        self.here.level()
        self.moved()

    def action_concepts(self) -> None:
        """The focus to the concepts, unfolded, or back to the picture."""
        rows = self.panel.rows
        if rows.has_focus:
            self.view.focus(scroll_visible=False)
        else:
            self.fold(False)
            self.call_after_refresh(rows.focus, scroll_visible=False)

    def action_filter(self) -> None:
        self.fold(False)
        self.call_after_refresh(self.panel.query_one("#filter", Input).focus)

    def action_fold(self) -> None:
        self.fold(not self.has_class("-folded"))
        if self.has_class("-folded"):
            self.view.focus(scroll_visible=False)

    def fold(self, folded: bool) -> None:
        """Fold the panel away, or show it."""
        self.set_class(folded, "-folded")
        self.say()

    # Marks

    def action_mark(self) -> None:
        journey = self.here

        def chosen(letter: str | None) -> None:
            if letter is not None:
                journey.marks.put(letter, self.point)
                self.note()
                self.studio.tell(f"marked {letter}")

        self.app.push_screen(Letters("Mark this point", journey.marks.letters, offered=journey.marks.free), chosen)

    def ask_mark(self, title: str, then: Callable[[str], None]) -> None:
        """Have a mark chosen. Raises UsageError if there are none."""
        marks = self.here.marks
        if not marks.letters:
            raise UsageError("nothing is marked yet: p marks this point")
        self.app.push_screen(
            Letters(title, marks.letters, only_taken=True), lambda letter: then(letter) if letter else None
        )

    def action_jump(self) -> None:
        self.ask_mark("Go to which mark?", lambda letter: self.jump(self.here.marks.point(letter), plain=True))

    def action_unmark(self) -> None:
        def forget(letter: str) -> None:
            self.here.marks.take_away(letter)
            self.note()

        self.ask_mark("Forget which mark?", forget)

    @property
    def point(self) -> Latents:
        """The point in sight: the journey's, or that of a walk."""
        return self.here.point if self.walked is None or not self.walking else self.walked

    # On its own

    def start(self, word: str, way: Way) -> None:
        """Have the desk walk."""
        if self.desk is not None:
            self.walking, self.walked = word, None
            self.desk.walk(way, self.here.place.style)
            self.say()

    def halt(self) -> None:
        """Stop walking, and be where it led to."""
        if not self.walking:
            return
        self.walking = ""
        if self.desk is not None:
            self.desk.walk(None)
        if self.walked is not None:
            self.here.jump(self.walked)
            self.moved()
        self.walked = None
        self.say()

    def action_walk(self) -> None:
        if self.walking:
            self.halt()
            return
        from models.latent.walk import Walk

        start, seed, truncation, pace = self.here.point, random.getrandbits(31), self.truncation, self.pace

        def way(model: LatentModel) -> Callable[[float], Latents]:
            walk = Walk(model, seed, truncation=truncation, start=start)
            return lambda seconds: walk.at(seconds * pace)

        self.start("walking", way)

    def action_interpolate(self) -> None:
        if self.walking:
            self.halt()
            return
        import numpy as np

        from models.latent.paths import smooth

        points = self.here.marks.all()
        if len(points) < 2:
            raise UsageError("mark two points at least: p marks this one")
        pace, middle = self.pace, self.opened.middle if self.opened is not None else None

        def way(_model: LatentModel) -> Callable[[float], Latents]:
            def at(seconds: float) -> Latents:
                time = np.array([(seconds * pace) % len(points)])
                return np.asarray(smooth(points, time, closed=True, middle=middle)[0])

            return at

        self.start("travelling", way)

    def action_pace(self, by: int) -> None:
        place = min(max(0, PACES.index(self.pace) + by), len(PACES) - 1)
        self.pace = PACES[place]
        word = self.walking
        if word:
            self.halt()
            (self.action_walk if word == "walking" else self.action_interpolate)()
        self.say()

    def own(self) -> list[Concept]:
        """The concepts that a person made of this model's space."""
        came = {concept.name for concept in self.opened.model.concepts} if self.opened is not None else set()
        return [concept for concept in self.here.concepts if concept.name not in came]
