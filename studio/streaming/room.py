"""All of the Text page but its looks: which model writes, which lanes, which session. No screen in here.

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
from studio.registry import ACTIVE, RETRYABLE, Session
from studio.sessions import SessionData
from studio.streaming.backstage import Backstage
from studio.streaming.desk import KEEP, Channel, Desk, fresh
from studio.streaming.keeper import Keeper
from studio.streaming.replay import Replay
from studio.streaming.source import Follower, Source, Standing, load
from studio.streaming.streamer import PACES, Streamer

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from studio.jobs import Jobs
    from studio.registry import Registry, Run

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


class Room:
    """The Text page's engine room. Methods return at once; what they lead to is told, on some thread or other."""

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
        self._revision = 0
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
    def following(self) -> Run | None:
        """The run whose newest weights reach the lanes."""
        follower = self._follower
        return follower.run if follower else None

    @property
    def model(self) -> TextModel | None:
        """The model that writes."""
        live = self.keeper.live
        return live.sampler.model if live else None

    # What the page asks for

    def start(self) -> None:
        """Open what was open last: a session, else the newest model, else a training under way."""
        self._backstage.do(self._begin)

    def open_model(self, model_id: str) -> None:
        """Write with a model of the registry: the prompts and settings stay, a new session begins."""
        self._backstage.do(lambda: self._open(Source(model_id, model_id)))

    def follow(self, run_id: str) -> None:
        """Write with the newest weights of a run, now and whenever there are newer ones."""
        self._backstage.do(lambda: self._follow(run_id))

    def unfollow(self) -> None:
        """Stay with the weights that are here."""
        self._backstage.do(self._unfollow)

    def train(self, resume: str = "") -> None:
        """Train on the corpus that is always there, or go on with a run that was broken off, and follow it."""
        self._backstage.do(lambda: self._train(resume))

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

    def close(self, timeout: float = 0.8) -> None:
        """Keep the session and end the threads."""
        self.streamer.close(timeout / 2)
        self._backstage.do(self.keeper.save)
        self._backstage.close(timeout / 2)

    # On the backstage thread: what is opened

    def _begin(self) -> None:
        try:
            sessions = self.registry.sessions()
            if sessions:
                self._open_session(sessions[0].id)
                return
            models = [model for model in self.registry.models("text") if not model.problem]
            if models:
                self._open(Source(models[0].name, models[0].id))
                return
            runs = [run for run in self.registry.runs((*ACTIVE, "queued", *RETRYABLE)) if run.family == "text"]
            under_way = [run for run in runs if run.state not in RETRYABLE]
            if under_way:
                self._follow(under_way[0].id)
            else:
                self._stand("empty", "nothing is trained yet", runs[0].id if runs else "")
        except UserError as error:
            self._stand("failed", str(error))

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
        if not source.model_id and self.registry.run(source.run_id).is_active:
            self._follow(source.run_id)

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

    # On the backstage thread: what is followed

    def _train(self, resume: str) -> None:
        if resume:
            self._follow(self.jobs.retry(resume).id)
            return
        from models.text.recipe import TextRecipe

        recipe = TextRecipe.preset()
        self._follow(self.jobs.submit("text", recipe.model_dump(mode="json"), name=recipe.corpus[0]).id)

    def _follow(self, run_id: str) -> None:
        follower = Follower(self.registry, self.jobs, run_id)
        self._follower = follower
        if self.keeper.live is None:
            self._stand("waiting", follower.run.name)
        else:
            self._told(Told("notice", f"following {follower.run.name}: its newest weights write as they come"))
        self._keep_up(follower)

    def _unfollow(self) -> None:
        self._follower = None
        self._told(Told("state"))

    def _look_around(self) -> None:
        follower = self._follower
        if follower is not None:
            self._keep_up(follower)
        elif self.state.word == "empty" and (revision := self.registry.revision()) != self._revision:
            self._revision = revision  # a training was started on another page, or a model came from elsewhere
            self._begin()
        self.keeper.tick()

    def _keep_up(self, follower: Follower) -> None:
        """Bring the newest weights of the followed run to the lanes."""
        try:
            checkpoint = follower.newest()
            if checkpoint is not None:
                self._arrived(checkpoint, follower.run)
            if follower.ended:
                self._run_ended(follower.run)
        except UserError:
            self._unfollow()
            raise
        if self._follower is follower:
            self.standing = follower.standing

    def _arrived(self, checkpoint: Checkpoint, run: Run) -> None:
        """Newer weights: the lanes that this run writes go on with them, others make room for new ones."""
        model = TextModel.from_checkpoint(checkpoint)
        live = self.keeper.live
        if live is not None and self.source.run_id == run.id:
            self.streamer.do(lambda: live.swap(model))
            return
        self.keeper.save()
        self._install(fresh(model, self._likeness()), Source(run.name, "", run.id), Standing.of(checkpoint.meta))

    def _run_ended(self, run: Run) -> None:
        """The followed run is over: its lanes go on with the model that it became."""
        self._follower = None
        if run.model_id and run.state != "failed":
            checkpoint, source = load(self.registry, Source(run.name, run.model_id, run.id))
            self._arrived(checkpoint, run)
            self.source = self.keeper.source = source
            self.standing = Standing.of(checkpoint.meta)
            if self.jobs.slots(run.id) is None:  # the app says it of runs of its own
                self._told(Told("notice", f"the training is {run.state}: {source.name} is in the library now"))
        elif self.keeper.live is None:
            self._stand("failed", f"the training {run.state}: {run.error or 'it has left no model'}")
        else:
            self._told(Told("problem", f"the training of {run.name} {run.state}: {run.error}".rstrip(": ")))
        self._told(Told("state"))

    def _keep(self, job: Callable[[Keeper], object]) -> None:
        result = job(self.keeper)
        if isinstance(result, Path):
            self._told(Told("notice", f"written: {result}"))
        self._told(Told("state"))

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
