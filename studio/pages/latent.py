"""The Latent page: the picture of a point, and the keys that travel the space it lies in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from models.errors import UsageError
from studio.latent_desk import LatentDesk, Opened, Told
from studio.pages.base import AROUND
from studio.pages.latent_dialogs import LatentDialogs
from studio.widgets.latent_head import LatentHead
from studio.widgets.latent_panel import LatentPanel, sliders
from studio.widgets.picture import PictureView

if TYPE_CHECKING:
    from models.latent.model import LatentModel

NARROW = 70
"""Cells below which the panel takes the place of the picture."""
EMPTY = """\
No model with a latent space yet.

Press 2 for the Train page and train a VAE or a GAN on faces: as soon as it
has learned something, it can be travelled here."""


class LatentPage(LatentDialogs):
    """The picture large, the panel beside it."""

    title = "Latent"
    key = "8"
    accent = "$family-vae"
    help: ClassVar[str] = """
Every point of a model's latent space is a picture. The arrows travel it, along principal directions or along single
dimensions; each concept has a slider: comma and full stop choose it, [ and ] move it, or Tab and the arrows. p marks a
point with a letter, g goes there, i travels through all marks. a and A gather pictures with and without something, n
makes a concept of them. x takes over expression and pose of another face; y gives the fine layers of a GAN's picture
the style of a mark or of a random point, ( and ) say from which layer on, and it stays while you travel on, until Y or
a mark or picture that is gone to. b compares with a picture that was opened.
"""
    DEFAULT_CSS = """
    LatentPage { layout: vertical; }
    LatentPage #sight { height: 1fr; }
    LatentPage PictureView { width: 1fr; height: 1fr; }
    LatentPage.-folded LatentPanel { display: none; }
    LatentPage.-narrow LatentPanel { width: 1fr; }
    LatentPage.-narrow #view { display: none; }
    LatentPage.-narrow.-folded #view { display: block; }
    LatentPage .empty { display: none; }
    LatentPage.-empty .empty { display: block; }
    LatentPage.-empty #sight, LatentPage.-empty LatentHead { display: none; }
    """

    class Spoke(Message):
        """The desk has something to say."""

        def __init__(self, told: Told) -> None:
            super().__init__()
            self.told = told

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.gathered = {group: [] for group in self.groups}
        self.shots: dict[str, Any] = {}
        self._revision: object = None
        self._seen: Told | None = None
        self._wish = ""
        self._opening = ""

    def compose(self) -> ComposeResult:
        yield LatentHead()
        with Horizontal(id="sight"):
            yield PictureView("", id="view")
            yield LatentPanel()
        yield Static(EMPTY, classes="empty", markup=False)

    def on_mount(self) -> None:
        """Be right from the first drawing on."""
        width, height = self.app.size
        self.arrange_for(width, height - AROUND)
        self.set_class(width < NARROW, "-folded")

    def on_resize(self, event: Resize) -> None:
        self.arrange_for(*event.size)
        if self.journey is not None:
            self.call_after_refresh(self._show_shots)

    def arrange_for(self, width: int, height: int) -> None:
        """A square picture as large as it can be, and the rest of the width to the panel, as far as that needs it."""
        self.set_class(width < NARROW, "-narrow")
        if width >= NARROW:
            self.panel.styles.width = min(max(32, width - 2 * (height - 1) - 2), 96)
        else:
            self.panel.styles.width = None

    def first_focus(self) -> Widget:
        return self.view

    # Opening

    def shown(self) -> None:
        self._revision = None
        self.tick()

    def hidden(self) -> None:
        """A page out of sight costs nothing."""
        self.halt()

    def tick(self) -> None:
        """Open the newest model, as soon as there is one."""
        if self.journey is not None or self._opening:
            return
        registry = self.services.registry
        revision = registry.revision()
        if revision == self._revision:
            return
        self._revision = revision
        from studio.widgets.latent_picker import travelled

        found = [item for item in travelled(registry) if item.tone != "bad"]
        wanted = self._wish or (found[0].id if found else "")
        self.show_empty(not wanted)
        if wanted:
            self.open_model(wanted)

    def open_model(self, model_id: str) -> None:
        if self.desk is None:
            self.desk = LatentDesk(self.services.registry, self._heard)
        self.halt()
        self._wish = self._opening = model_id
        self.show_empty(False)
        name = self.services.registry.model(model_id).name
        self.wait(f"opening {name}")
        self.desk.open(model_id)

    def open_run(self, run_id: str) -> None:
        """What a training has kept so far."""
        run = self.services.registry.run(run_id)
        if run.model_id is None:
            raise UsageError(f"'{run.name}' has kept no model yet: wait for its first checkpoint")
        self.open_model(run.model_id)

    def closing(self) -> None:
        if self.desk is not None:
            self.desk.close()

    # What the desk says

    def _heard(self, told: Told) -> None:
        if self.is_attached:
            self.post_message(self.Spoke(told))

    def on_latent_page_spoke(self, event: Spoke) -> None:
        """Show it."""
        told = event.told
        if told.kind == "opened" and told.opened is not None:
            self._arrived(told.opened)
        elif told.kind == "picture":
            if self.walking:
                self.walked = told.point
            self._seen = told
            self.entitle()
        elif told.kind == "done":
            self.wait("")
            if told.then is not None:
                with self.studio.telling():
                    told.then(told.result)
        elif told.kind == "problem":
            self.studio.tell(told.text, "error")
            self.walking, self._opening = "", ""
            self.wait("")
            if self.journey is None:
                self.view.show(None, title=told.text)

    def _arrived(self, opened: Opened) -> None:
        from models.latent.journey import Journey

        if opened.entry.id != self._opening:
            return
        self.opened, self._opening = opened, ""
        journey = Journey(
            opened.start, scale=opened.scale, principal=opened.principal,
            concepts=[*opened.model.concepts, *opened.notes.concepts], depth=opened.model.depth,
        )  # fmt: skip
        for letter, point in opened.notes.marks.items():
            journey.marks.put(letter, point)
        self.journey, self.busy, self.walking, self.walked, self._seen = journey, "", "", None, None
        self.gathered = {group: [] for group in self.groups}
        self.view.before(None)
        self.moved()
        self._picture_marks()
        self.refresh_bindings()

    def entitle(self) -> None:
        """Say under the picture how far from the middle its point is, in terms of where points usually are, and whose
        style it has where the panel does not say so."""
        import numpy as np

        opened, seen = self.opened, self._seen
        if opened is None or seen is None or seen.point is None:
            return
        usual = opened.scale * len(seen.point) ** 0.5
        title = f"distance from the middle {np.linalg.norm(seen.point - opened.middle) / max(usual, 1e-9):.2f}"
        if seen.style is not None and self.has_class("-folded"):
            title = f"{seen.style.told(opened.model.depth)}, {title}"
        self.view.show(seen.picture, title=title)

    # What is in sight

    def moved(self) -> None:
        if self.desk is not None:
            self.desk.want(self.here.point, self.here.place.style)
        self.say()

    def say(self) -> None:
        journey, opened = self.journey, self.opened
        head = self.query_one(LatentHead)
        word = self.busy or self.walking
        if journey is None or opened is None:
            head.say("", "", word, "")
            return
        size = f"{opened.model.size[1]}x{opened.model.size[0]}"
        facts = f"{opened.entry.family}  {journey.latent} dimensions  {size}"
        head.say(opened.entry.name, facts, word, f"pace {self.pace:>4g}  truncation {self.truncation:>4g}")
        strengths = {concept.name: strength for concept, strength in journey.place.strengths}
        panel = self.panel
        panel.show(sliders([concept.name for concept in journey.concepts], strengths))
        kind = "principal" if journey.arrows == "principal" else "dimension"
        accent = panel.get_visual_style("panel--key", partial=True)
        style = ("( )", journey.worn) if journey.worn else ("y  ", "style of a mark or at random")
        worn = ((f"\n{style[0]}", accent), f" {style[1]}") if journey.depth else ()
        panel.say(
            Content.assemble(
                ("← →", accent), f" {kind} {journey.axes[0] + 1:<3}",
                ("↑ ↓", accent), f" {kind} {journey.axes[1] + 1:<3}\n",
                ("step", "dim"), f" {journey.step:<5g}", ("d h v < >", accent), " change them", *worn,
            ),
            self._marks(accent),
        )  # fmt: skip
        self.entitle()

    def _marks(self, accent: Any) -> Content:
        """The marks and the groups in a line each."""
        letters = self.here.marks.letters
        lines = [Content.assemble(("marks ", "dim"), " ".join(letters) or "none: p marks this point")]
        if any(self.gathered.values()):
            counts = "  ".join(f"{name} {len(self.gathered[name])}" for name in self.groups)
            lines.append(Content.assemble(("groups ", "dim"), counts, "  ", ("n", accent), " names it"))
        return Content("\n").join(lines)

    def note(self) -> None:
        """Keep marks and own concepts beside the model, and show the marks."""
        from studio.latent_notes import Notes, write

        opened, journey = self.opened, self.here
        if opened is None or self.desk is None:
            return
        marks = {letter: journey.marks.point(letter) for letter in journey.marks.letters}
        notes, paths = Notes(tuple(self.own()), marks), self.services.paths

        def keep(_model: LatentModel) -> Iterator[None]:
            write(paths, opened.entry.id, notes)
            yield None

        self.desk.do(keep)
        self._picture_marks()
        self.say()

    def _picture_marks(self) -> None:
        """Have small pictures of the marks made."""
        journey = self.here
        letters, points = journey.marks.letters, journey.marks.all()

        def decode(model: LatentModel) -> Iterator[Any]:
            from models.latent.sheet import coloured

            yield [coloured(picture) for picture in model.decode(points)] if len(points) else []

        def made(pictures: Any) -> None:
            if self.journey is journey:
                self.shots = dict(zip(letters, pictures, strict=True))
                self._show_shots()

        if self.desk is not None:
            self.desk.do(decode, made)

    def _show_shots(self) -> None:
        self.panel.show_marks(self.shots)
