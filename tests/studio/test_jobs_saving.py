from __future__ import annotations

import errno
import os

import pytest

from models import checkpoint as checkpoints
from models.errors import UserError
from studio.jobs import execution, keeper
from tests.studio.executing import Sitting, added, until

pytestmark = pytest.mark.usefixtures("fake", "all_ended")


class Disk:
    """A disk that can be full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        save = checkpoints.save

        def save_or_fail(path, checkpoint):
            if self.is_full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return save(path, checkpoint)

        monkeypatch.setattr(checkpoints, "save", save_or_fail)


def test_a_full_disk_is_told_once_and_saved_later_r1(registry, monkeypatch):
    disk = Disk(monkeypatch)
    monkeypatch.setattr(keeper, "RETRY", 0.0)
    sitting = Sitting(registry, added(registry, gated=True, steps=30, best_at=[1, 3, 4], save_every=2))
    sitting.step(2)
    until(lambda: registry.load_checkpoint(sitting.run_id).meta["step"] == 2)
    disk.is_full = True
    sitting.step(4)
    until(lambda: "No space left on device" in registry.run(sitting.run_id).note)
    assert sitting.slots.note.level == "warning"
    assert registry.load_model("r").meta["step"] == 1
    assert registry.load_checkpoint(sitting.run_id).meta["step"] == 2
    disk.is_full = False
    sitting.step(1)
    until(lambda: registry.load_model("r").meta["step"] == 4)
    assert sitting.end() == "done"
    log = registry.run_log(sitting.run_id).read_text()
    assert log.count("not saved") == 1
    assert "saved: there is room again" in log


def test_a_disk_that_is_full_at_the_end_is_waited_for(registry, monkeypatch):
    disk = Disk(monkeypatch)
    disk.is_full = True
    monkeypatch.setattr(keeper, "RETRY", 0.0)
    sitting = Sitting(registry, added(registry))
    until(lambda: sitting.slots.phase == "waiting for room on the disk")
    disk.is_full = False
    assert sitting.end() == "done"
    assert registry.load_model("r").meta["step"] == 10


@pytest.mark.parametrize("patience", [0.0, 600.0])
def test_a_disk_that_stays_full_fails_the_run_with_the_reason(registry, monkeypatch, patience):
    Disk(monkeypatch).is_full = True
    monkeypatch.setattr(execution, "PATIENCE", patience)
    sitting = Sitting(registry, added(registry))
    if patience:
        until(lambda: sitting.slots.phase == "waiting for room on the disk")
        sitting.control.ask("stop")
    assert sitting.end() == "failed"
    assert "No space left on device" in registry.run(sitting.run_id).error


def test_a_registry_that_cannot_be_written_for_a_while_does_not_stop_the_run(registry, monkeypatch):
    sitting = Sitting(registry, added(registry, gated=True))
    sitting.step(1)

    def refuse(*_: object) -> bool:
        raise UserError("the registry is full")

    with monkeypatch.context() as patched:
        patched.setattr(registry, "add_progress", refuse)
        sitting.step(3)
        until(lambda: sitting.slots.note.text == "the registry is full; the run goes on")
    assert sitting.end() == "done"
    assert [step for step, _ in registry.metrics(sitting.run_id)] == list(range(1, 11))
    assert registry.run_log(sitting.run_id).read_text().count("the registry is full") == 1


def test_a_model_deleted_while_it_trains_is_made_anew_by_the_next_best(registry):
    sitting = Sitting(registry, added(registry, gated=True, best_at=[1, 4]))
    sitting.step(2)
    until(lambda: len(registry.models()) == 1)
    registry.delete_model("r")
    assert sitting.end() == "done"
    assert registry.model("r").step == 4


def test_a_model_renamed_while_it_trains_keeps_its_new_name(registry):
    sitting = Sitting(registry, added(registry, gated=True, best_at=[1, 4]))
    sitting.step(2)
    until(lambda: len(registry.models()) == 1)
    registry.rename_model("r", "new name")
    assert sitting.end() == "done"
    assert [(model.name, model.step) for model in registry.models()] == [("new name", 4)]
