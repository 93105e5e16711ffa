"""What is on show: which lanes, written by which model, in which session. No screen in here.

Three threads meet: the page asks and looks, the streamer writes, the backstage loads, follows and saves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from models.errors import UserError
from models.text.model import TextModel
from models.text.sampler import Sampler, Settings
from studio.registry import Session
from studio.sessions import SessionData
from studio.streaming.backstage import Backstage
from studio.streaming.desk import KEEP, Channel, Desk, fresh
from studio.streaming.keeper import Keeper
from studio.streaming.replay import Replay
from studio.streaming.source import Follower, Source, Standing, load
from studio.streaming.streamer import PACES, Streamer

if TYPE_CHECKING:
    from studio.jobs import Jobs
    from studio.registry import Registry

OFTEN = 0.25


@dataclass(frozen=True, slots=True)
class Told:
    """Something the page should know: that commands were `obeyed`, that the `state` changed, or a line to show."""

    kind: Literal["obeyed", "state", "notice", "problem"]
    text: str = ""


Word = Literal["opening", "empty", "waiting", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class State:
    """Where the room stands, in a word, and the line that explains it.

    `empty`: nothing is trained, and no training is on its way. `waiting`: for the first weights of a run.
    """

    word: Word
    text: str = ""
    resumable: str = ""
    """With `empty`: the id of a training that was broken off and can go on."""


class Stage:
    """Models and sessions. Methods return at once; what they lead to is told, on some thread or other."""

    def __init__(self, registry: Registry, jobs: Jobs, told: Callable[[Told], None]) -> None:
        self.registry = registry
        self.jobs = jobs
        self._told = told
        self.state = State("opening", "opening the last session")
        self.source = Source("")
        self.standing = Standing()
        self.replaying = ""
        """The name of the session that is shown again; empty while lanes write."""
        self._follower: Follower | None = None
        self.streamer = Streamer(self._streamer_told)
        self.keeper = Keeper(registry, self.streamer)
        self._backstage = Backstage(self._look_around, OFTEN, self._problem)

    # What the page looks at

    @property
    def desk(self) -> Desk | None:
        """The lanes on show: those that write, or those of a replay."""
        return self.streamer.desk

    @property
    def channels(self) -> tuple[Channel, ...]:
        desk = self.streamer.desk
        return desk.channels if desk else ()

    @property
    def model(self) -> TextModel | None:
        """The model that writes."""
        live = self.keeper.live
        return live.sampler.model if live else None

    # What the page asks for

    def open_model(self, model_id: str) -> None:
        """Write with a model of the registry: the prompts and settings stay, a new session begins."""
        self._backstage.do(lambda: self._open(Source(model_id, model_id)))

    def new_session(self) -> None:
        """Leave this session as it is, and begin another with the same model, prompts and settings."""
        self._backstage.do(self._new_session)

    def open_session(self, session_id: str) -> None:
        """Go on with a session as it was left."""
        self._backstage.do(lambda: self._open_session(session_id))

    def replay(self, session_id: str) -> None:
        """Show a session again, from its first character."""
        self._backstage.do(lambda: self._replay(session_id))

    def leave_replay(self) -> None:
        """Back to the lanes that write."""
        self.streamer.do(self._leave_replay)

    def keep(self, job: Callable[[Keeper], object]) -> None:
        """Have something done about the session, on the backstage thread; a path that comes back is told as written."""
        self._backstage.do(lambda: self._keep(job))

    def do(self, command: Callable[[Desk], object]) -> None:
        """Have something done to the lanes on show, between two symbols."""
        desk = self.streamer.desk
        if desk is not None:
            self.streamer.do(lambda: command(desk))

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until all that was asked so far is done; False if that took longer than `timeout` seconds."""
        return self._backstage.ask(timeout) and self.streamer.ask(timeout=timeout)

    def close(self, timeout: float = 0.9) -> None:
        """Keep the session and end the threads; a session that takes longer is kept as it was saved last."""
        self.streamer.close(timeout / 3)
        self._backstage.do(self.keeper.save)
        self._backstage.close(timeout)

    # On the backstage thread

    def _open(self, source: Source) -> None:
        self.keeper.save()
        try:
            checkpoint, source = load(self.registry, source)
            desk = fresh(TextModel.from_checkpoint(checkpoint), self._likeness())
        except UserError as error:
            if self.keeper.live is not None:
                raise
            self._stand("failed", str(error))
            return
        self._follower = None
        self._install(desk, source, Standing.of(checkpoint.meta))

    def _new_session(self) -> None:
        live = self.keeper.live
        if live is not None:
            self.keeper.save()
            self._install(fresh(live.sampler.model, self._likeness()), self.source, self.standing)

    def _open_session(self, session_id: str) -> None:
        self.keeper.save()
        session = self.registry.session(session_id)
        data = SessionData.from_json(session.data or {})
        try:
            checkpoint, source = load(self.registry, Source.from_json(data.source))
            desk = Desk(Sampler(TextModel.from_checkpoint(checkpoint), keep=KEEP))
            desk.load(data.lanes)
        except UserError as error:
            raise UserError(f"the session '{session.name}' cannot go on: {error}") from None
        self._follower = None
        self.keeper.surprise, self.keeper.chosen = data.surprise, data.chosen
        if data.pace in PACES:
            self.streamer.pace = data.pace
        self._install(desk, source, Standing.of(checkpoint.meta), session)
        if not source.model_id:
            self._opened_run(source.run_id)

    def _replay(self, session_id: str) -> None:
        self.keeper.save()
        session = self.registry.session(session_id)
        desk = Desk(Replay(SessionData.from_json(session.data or {}).states))

        def show() -> None:
            self.replaying = session.name
            self.streamer.desk = desk

        self.streamer.ask(show)
        self._stand("ready")

    def _leave_replay(self) -> None:
        self.replaying = ""
        self.streamer.desk = self.keeper.live
        if self.keeper.live is None:
            self._backstage.do(self._begin)
        self._told(Told("state"))

    def _install(self, desk: Desk, source: Source, standing: Standing, session: Session | None = None) -> None:
        """Put other lanes on show; what the old ones wrote is saved already."""

        def show() -> None:
            self.source, self.standing, self.replaying = source, standing, ""
            self.streamer.desk = desk
            self.keeper.begin(desk, source, session)

        self.streamer.ask(show)
        self._stand("ready")

    def _likeness(self) -> list[tuple[str, Settings]]:
        """Prompts and settings of the lanes, for those of another model."""
        live = self.keeper.live
        if live is None:
            return []
        default = live.sampler.model.default_prompt()
        lanes = [channel.lane for channel in live.channels]
        return [("" if lane.prompt == default else lane.prompt, lane.settings) for lane in lanes]

    def _keep(self, job: Callable[[Keeper], object]) -> None:
        result = job(self.keeper)
        if isinstance(result, Path):
            self._told(Told("notice", f"written: {result}"))
        self._told(Told("state"))

    def _begin(self) -> None:
        """Open what was open last, or what there is."""
        raise NotImplementedError

    def _look_around(self) -> None:
        """What is done every quarter of a second."""
        raise NotImplementedError

    def _opened_run(self, run_id: str) -> None:
        """A session was opened whose weights are those of a run."""
        raise NotImplementedError

    # Telling

    def _stand(self, word: Word, text: str = "", resumable: str = "") -> None:
        self.state = State(word, text, resumable)
        self._told(Told("state"))

    def _problem(self, error: UserError) -> None:
        if self.keeper.live is None and self.state.word == "opening":
            self._stand("failed", str(error))
        else:
            self._told(Told("problem", str(error)))

    def _streamer_told(self, error: UserError | None) -> None:
        self._told(Told("obeyed") if error is None else Told("problem", str(error)))
