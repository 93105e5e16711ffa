"""The thread behind the Latent page: it alone touches the model. It decodes the newest wish, and drops older ones."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from models.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.latent.model import LatentModel, Latents, Style
    from studio.latent_notes import Notes
    from studio.registry import Model, Registry

    Pixels = NDArray[np.uint8]

FRAME = 1 / 20
"""Seconds between two pictures of a walk, at least."""


@dataclass(frozen=True)
class Opened:
    """A model that was opened, with all the page needs to know of it."""

    entry: Model
    model: LatentModel
    start: Latents
    middle: Latents
    principal: Latents
    scale: float
    notes: Notes


@dataclass(frozen=True)
class Told:
    """What the desk has to say: a model was opened, a picture is there, a job has its result, or something is wrong.

    `picture` is uint8 (height, width, 3), that of `point` in the style of another, if there is one.
    """

    kind: Literal["opened", "picture", "done", "problem"]
    text: str = ""
    opened: Opened | None = None
    picture: Pixels | None = None
    point: Latents | None = None
    style: Style | None = None
    result: Any = None
    then: Callable[[Any], None] | None = field(default=None, compare=False)


Job = Callable[["LatentModel"], Iterator[Any]]
"""Works in pieces, between which wishes are served; the last thing it yields is its result."""
Way = Callable[["LatentModel"], Callable[[float], "Latents"]]
"""Gives, for seconds since it began, the point of a walk."""


class LatentDesk:
    """Opens a model, decodes points, and does longer jobs in between. Methods return at once; `tell` is called on the
    desk's thread."""

    def __init__(self, registry: Registry, tell: Callable[[Told], None]) -> None:
        self._registry, self._tell = registry, tell
        self._changed = threading.Condition()
        self._wish: Latents | None = None
        self._style: Style | None = None
        self._opening: str | None = None
        self._jobs: deque[tuple[Job, Callable[[Any], None] | None]] = deque()
        self._way: Way | None = None
        self._walk: Callable[[float], Latents] | None = None
        self._since, self._gone = 0.0, 0.0
        self._closed = False
        self._model: LatentModel | None = None
        self._at_work: tuple[Iterator[Any], Callable[[Any], None] | None, Any] | None = None
        self.decoded = 0
        """Pictures that were decoded, dropped wishes not among them."""
        threading.Thread(target=self._work, name="latent desk", daemon=True).start()

    def open(self, model_id: str) -> None:
        """Open another model; what was wished of the one before is forgotten."""
        with self._changed:
            self._opening, self._wish, self._way, self._walk = model_id, None, None, None
            self._jobs.clear()
            self._changed.notify()

    def want(self, point: Latents, style: Style | None = None) -> None:
        """Decode this point next, in the style of another if one is given, in place of any that waits."""
        with self._changed:
            self._wish, self._style = point, style
            self._changed.notify()

    def do(self, job: Job, then: Callable[[Any], None] | None = None) -> None:
        """Do a job; `then` travels with what is told of its end, for whoever hears it to call with the result."""
        with self._changed:
            self._jobs.append((job, then))
            self._changed.notify()

    def walk(self, way: Way | None, style: Style | None = None) -> None:
        """Walk on its own, in the style of another if one is given, or stop; a walk shows the point of the moment,
        however long the last one took."""
        with self._changed:
            self._way, self._walk = way, None
            if way is not None:
                self._style = style
            self._changed.notify()

    def close(self) -> None:
        """End the thread after what it is at."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _has_work(self) -> bool:
        return bool(self._closed or self._opening or self._wish is not None or self._jobs or self._at_work or self._way)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work)
                if self._closed:
                    return
                opening, self._opening = self._opening, None
                wish, self._wish = self._wish, None
                style = self._style
            try:
                if opening is not None:
                    self._open(opening)
                elif wish is not None:
                    self._show(wish, style)
                elif self._at_work is not None or self._jobs:
                    self._go_on()
                else:
                    self._stride()
            except UserError as error:
                self._at_work = None
                self._tell(Told("problem", str(error)))
            except Exception as error:  # whatever TensorFlow raises: the page lives on, and says so
                self._at_work = None
                self.walk(None)
                self._tell(Told("problem", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"))

    def _open(self, model_id: str) -> None:
        from models.latent.load import open_model
        from models.latent.paths import middle_of
        from studio.latent_notes import Notes, read

        self._model, self._at_work = None, None
        entry = self._registry.model(model_id)
        model = open_model(self._registry.load_model(entry.id))
        try:
            notes = read(self._registry.paths, entry.id, model.latent)
        except UserError as error:
            notes = Notes()
            self._tell(Told("problem", str(error)))
        found = Opened(
            entry, model, model.draw(1, 0)[0], middle_of(model), model.principal(), model.scale, notes
        )  # fmt: skip
        model.decode(found.start[None])  # the first picture traces the decoder, which no key should wait for
        if model.depth:
            model.mix(found.start[None], found.start[None], 0)
        self._model = model
        self._tell(Told("opened", opened=found))

    def _show(self, point: Latents, style: Style | None) -> None:
        from models.latent.model import made
        from models.latent.sheet import coloured

        if self._model is not None and len(point) == self._model.latent:
            self.decoded += 1
            picture = coloured(made(self._model, point[None], style)[0])
            self._tell(Told("picture", picture=picture, point=point, style=style))

    def _go_on(self) -> None:
        """The next piece of the job at hand."""
        if self._model is None:
            self._jobs.clear()
            return
        if self._at_work is None:
            job, then = self._jobs.popleft()
            self._at_work = job(self._model), then, None
        pieces, then, last = self._at_work
        try:
            self._at_work = pieces, then, next(pieces)
        except StopIteration:
            self._at_work = None
            self._tell(Told("done", result=last, then=then))

    def _stride(self) -> None:
        """The picture of the moment of a walk."""
        with self._changed:
            way, walk, style = self._way, self._walk, self._style
        if way is None or self._model is None:
            with self._changed:
                self._way = None
            return
        if walk is None:
            walk, self._since = way(self._model), time.monotonic()
            with self._changed:
                self._walk = walk if self._way is way else None
        began = time.monotonic()
        self._show(walk(began - self._since), style)
        rest = FRAME - (time.monotonic() - began)
        if rest > 0:
            with self._changed:
                self._changed.wait_for(lambda: self._way is not way or self._wish is not None, rest)
