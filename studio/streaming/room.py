"""All of the Text page but its looks: what is on show, and the trainings whose newest weights reach the lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import UserError
from models.text.model import TextModel
from studio.registry import ACTIVE, RETRYABLE
from studio.streaming.desk import fresh
from studio.streaming.source import Follower, Source, Standing, load
from studio.streaming.stage import Stage, Told

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from studio.registry import Run


class Room(Stage):
    """The Text page's engine room. Methods return at once; what they lead to is told, on some thread or other."""

    _revision = 0

    @property
    def following(self) -> Run | None:
        """The run whose newest weights reach the lanes."""
        follower = self._follower
        return follower.run if follower else None

    @property
    def is_reached(self) -> bool:
        """Whether weights of the followed run are in use already."""
        follower = self._follower
        return follower is not None and follower.run.id == self.source.run_id

    # What the page asks for

    def start(self) -> None:
        """Open what was open last: a session, else the newest model, else a training under way."""
        self._backstage.do(self._begin)

    def follow(self, run_id: str) -> None:
        """Write with the newest weights of a run, now and whenever there are newer ones."""
        self._backstage.do(lambda: self._follow(run_id))

    def unfollow(self) -> None:
        """Stay with the weights that are here."""
        self._backstage.do(self._unfollow)

    def train(self, resume: str = "") -> None:
        """Train on the corpus that is always there, or go on with a run that was broken off, and follow it."""
        self._backstage.do(lambda: self._train(resume))

    # On the backstage thread

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

    def _look_around(self) -> None:
        follower = self._follower
        if follower is not None:
            self._keep_up(follower)
        elif self.state.word == "empty" and (revision := self.registry.revision()) != self._revision:
            self._revision = revision  # a training was started on another page, or a model came from elsewhere
            self._begin()
        self.keeper.tick()

    def _opened_run(self, run_id: str) -> None:
        if self.registry.run(run_id).is_active:
            self._follow(run_id)

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
        if self._follower is follower and (self.is_reached or self.keeper.live is None):
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
