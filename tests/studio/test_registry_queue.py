from __future__ import annotations

import subprocess
import sys
import time

import pytest

from models.errors import UsageError
from studio.registry import STATES, Registry, this_process
from studio.registry.owners import host, is_alive, is_here, started
from tests.studio.checkpoints import is_of, made


def set_back(registry: Registry, run_id: str, seconds: float, owner: str | None = None) -> None:
    with registry.database.write() as connection:
        connection.execute(
            "UPDATE runs SET heartbeat = heartbeat - ?, owner = coalesce(?, owner) WHERE id = ?",
            (seconds, owner, run_id),
        )


def dead_owner() -> str:
    """A process of this machine that has ended."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = f"{host()}/{child.pid}/{started(child.pid)}"
    assert is_alive(owner)
    child.communicate(b"\n")
    return owner


def test_the_run_that_waited_longest_is_claimed_first_and_once(registry):
    first, second = registry.add_run("text", {}, "a"), registry.add_run("text", {}, "b")
    claimed = registry.claim("me", "CPU")
    assert (claimed.id, claimed.state, claimed.owner, claimed.device) == (first.id, "running", "me", "CPU")
    assert claimed.started is not None
    assert registry.claim("me", "CPU").id == second.id
    assert registry.claim("me", "CPU") is None


def test_only_the_runs_asked_for_are_claimed(registry):
    registry.add_run("text", {})
    second = registry.add_run("text", {})
    assert registry.claim("me", "CPU", ids=()) is None
    assert registry.claim("me", "CPU", ids={second.id}).id == second.id


def test_a_run_that_is_born_owned_is_never_in_the_queue(registry):
    run = registry.add_run("text", {}, owner="me", device="CPU")
    assert (run.state, run.owner) == ("running", "me")
    assert registry.claim("you", "CPU") is None


def test_a_certain_run_can_be_claimed_from_where_it_can_go_on(registry):
    run = registry.add_run("text", {})
    assert registry.claim_run(run.id, "me", "CPU").owner == "me"
    with pytest.raises(UsageError, match="is running, not queued"):
        registry.claim_run(run.id, "you", "CPU")
    for state in ("stopped", "failed", "interrupted"):
        registry.finish_run(run.id, state, "why")
        taken = registry.claim_run(run.id, "you", "CPU")
        assert (taken.state, taken.owner, taken.error, taken.ended) == ("running", "you", "", None)
    registry.finish_run(run.id, "done")
    with pytest.raises(UsageError, match="is done, not queued"):
        registry.claim_run(run.id, "you", "CPU")
    with pytest.raises(UsageError, match="there is no run"):
        registry.claim_run("gone", "you", "CPU")


@pytest.mark.parametrize("state", STATES)
def test_only_what_can_go_on_is_queued_again_and_it_keeps_its_checkpoint(registry, state):
    run = registry.add_run("text", {})
    registry.save_checkpoint(run.id, made(4))
    with registry.database.write() as connection:
        connection.execute("UPDATE runs SET state = ?, error = 'why', owner = 'x' WHERE id = ?", (state, run.id))
    if state in ("stopped", "failed", "interrupted"):
        again = registry.requeue(run.id)
        assert (again.state, again.error, again.owner) == ("queued", "", "")
        assert is_of(registry.load_checkpoint(run.id), 4)
    else:
        with pytest.raises(UsageError, match=f"is {state}: only"):
            registry.requeue(run.id)
        assert registry.run(run.id).state == state


def test_a_run_that_is_queued_again_goes_to_the_end_of_the_queue(registry):
    first = registry.add_run("text", {})
    registry.finish_run(registry.claim("me", "CPU").id, "failed", "why")
    second = registry.add_run("text", {})
    registry.requeue(first.id)
    assert [registry.claim("me", "CPU").id for _ in range(2)] == [second.id, first.id]


def test_a_request_reaches_an_active_run_and_is_answered_once(registry):
    run = registry.add_run("text", {}, owner="me")
    registry.request(run.id, "pause")
    assert registry.requested(run.id) == "pause"
    assert registry.standing(run.id, "me") == (True, "pause")
    registry.request(run.id, "stop")
    registry.answer(run.id, "pause")
    assert registry.requested(run.id) == "stop"
    registry.answer(run.id, "stop")
    assert registry.requested(run.id) is None
    registry.request(run.id, "pause")
    registry.request(run.id, None)
    assert registry.requested(run.id) is None
    assert registry.standing(run.id, "you") == (False, None)
    assert registry.requested("gone") is None


def test_a_queued_run_is_stopped_or_discarded_at_once(registry):
    one, two = registry.add_run("text", {}), registry.add_run("text", {})
    registry.request(one.id, "stop")
    assert registry.run(one.id).state == "stopped"
    registry.request(two.id, "discard")
    assert [run.id for run in registry.runs()] == [one.id]
    assert registry.claim("me", "CPU") is None


def test_discarding_a_run_that_has_ended_takes_its_model_along(registry):
    run = registry.add_run("text", {}, owner="me")
    registry.save_model(made(), name="m", run_id=run.id)
    registry.save_model(made(), name="other")
    with pytest.raises(UsageError, match="stop it first"):
        registry.delete_run(run.id)
    registry.finish_run(run.id, "done")
    registry.request(run.id, "discard")
    assert registry.runs() == []
    assert [model.name for model in registry.models()] == ["other"]


@pytest.mark.parametrize(
    ("state", "what"), [("done", "stop"), ("failed", "pause"), ("queued", "pause"), ("queued", "resume")]
)
def test_a_request_that_makes_no_sense_is_refused(registry, state, what):
    run = registry.add_run("text", {}, "r")
    if state != "queued":
        registry.finish_run(run.id, state)
    with pytest.raises(UsageError, match=f"the run 'r' is {state}: there is nothing to {what}"):
        registry.request(run.id, what)
    assert registry.run(run.id).state == state


def test_the_run_of_a_dead_process_is_interrupted_and_can_go_on(registry):
    run = registry.add_run("text", {}, owner=this_process())
    registry.save_checkpoint(run.id, made(6))
    registry.request(run.id, "pause")
    set_back(registry, run.id, 16, dead_owner())
    beat = registry.run(run.id).heartbeat
    (marked,) = registry.mark_interrupted()
    assert (marked.id, marked.state, marked.request, marked.ended) == (run.id, "interrupted", None, beat)
    assert marked.error == "the program that ran it has died"
    assert registry.mark_interrupted() == []
    assert registry.requeue(run.id).state == "queued"
    assert is_of(registry.load_checkpoint(run.id), 6)


def test_a_silent_run_of_a_living_process_is_not_interrupted(registry):
    run = registry.add_run("text", {}, owner=this_process())
    set_back(registry, run.id, 86_400)
    assert registry.mark_interrupted() == []


def test_a_run_that_has_just_beaten_is_not_interrupted(registry):
    registry.add_run("text", {}, owner=dead_owner())
    assert registry.mark_interrupted() == []


def test_a_run_of_another_machine_is_interrupted_only_after_a_long_silence(registry):
    run = registry.add_run("text", {}, owner="elsewhere/1/1")
    set_back(registry, run.id, 300)
    assert registry.mark_interrupted() == []
    set_back(registry, run.id, 400)
    assert [marked.id for marked in registry.mark_interrupted()] == [run.id]


def test_a_later_process_with_the_same_pid_is_another_one():
    place, pid, start = this_process().split("/")
    assert is_here(this_process())
    assert is_alive(this_process())
    assert not is_alive(f"{place}/{pid}/{int(start) - 1}")
    assert is_alive(f"{place}/{pid}/")
    assert not is_alive("garbage")
    assert not is_here("elsewhere/1/1")


def test_a_zombie_counts_as_dead():
    child = subprocess.Popen([sys.executable, "-c", ""])
    give_up = time.monotonic() + 30
    while started(child.pid) is not None:
        assert time.monotonic() < give_up
        time.sleep(0.01)
    assert child.wait() == 0


def test_without_proc_processes_are_looked_up_by_psutil(monkeypatch, tmp_path):
    monkeypatch.setattr("studio.registry.owners.SELF", tmp_path / "none")
    owner = this_process()
    assert is_alive(owner)
    assert not is_alive(f"{host()}/{2**22 + 1}/1")
