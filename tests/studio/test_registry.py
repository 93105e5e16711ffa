from __future__ import annotations

import math
import os
import stat
import threading
from itertools import pairwise

import pytest

from models.errors import UsageError
from studio.registry import Registry, this_process
from studio.registry.owners import host
from tests.studio.checkpoints import is_of, made


def test_everything_is_there_again_after_reopening(registry, paths):
    run = registry.add_run("text", {"corpus": ["a"], "units": 8}, "run", "base", options={"extend": True})
    registry.update_run(run.id, step=5, total=10, metrics={"loss": 1.25}, note="hm")
    model = registry.save_model(made(3), name="model", run_id=run.id)
    session = registry.save_session(None, "evening", {"lanes": [{"text": "a\0\ud800"}]}, "two lanes")
    other = Registry(paths)
    found = other.run(run.id)
    assert (found.recipe, found.options, found.base_id) == ({"corpus": ["a"], "units": 8}, {"extend": True}, "base")
    assert (found.step, found.total, found.metrics, found.note) == (5, 10, {"loss": 1.25}, "hm")
    assert found.model_id == model.id
    assert other.model("model") == model
    assert (model.recipe, model.metrics, model.step, model.run_id) == ({"units": 8}, {"loss": 1.5}, 3, run.id)
    assert other.session("evening") == session
    assert session.data == {"lanes": [{"text": "a\0\ud800"}]}
    assert other.run("run").id == run.id
    other.close()


def test_rows_are_frozen(registry):
    run = registry.add_run("text", {})
    with pytest.raises(AttributeError):
        run.state = "done"
    assert registry.runs() == [run]


def test_newest_come_first_even_within_a_moment(registry, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)
    runs = [registry.add_run("text", {}, str(number)) for number in range(5)]
    models = [registry.save_model(made(), name=str(number)) for number in range(5)]
    assert [run.name for run in registry.runs()] == ["4", "3", "2", "1", "0"]
    assert [model.name for model in registry.models()] == ["4", "3", "2", "1", "0"]
    assert [run.id for run in registry.runs(limit=2)] == [runs[4].id, runs[3].id]
    assert models[0].created == 1_800_000_000.0


def test_runs_and_models_can_be_picked_out(registry):
    registry.save_model(made(family="vae"), name="v")
    registry.save_model(made(), name="t")
    assert [model.name for model in registry.models("vae")] == ["v"]
    one, two = registry.add_run("text", {}), registry.add_run("text", {})
    registry.finish_run(one.id, "failed", "why")
    assert [run.id for run in registry.runs("failed")] == [one.id]
    assert [run.id for run in registry.runs(("failed", "queued"))] == [two.id, one.id]
    assert registry.runs(()) == []


def test_metrics_keep_nan_and_infinity(registry):
    run = registry.add_run("text", {})
    registry.add_metrics(run.id, [(2, {"loss": math.inf}), (1, {"loss": math.nan, "val_loss": -math.inf})])
    registry.add_metrics(run.id, [(3, {"loss": 1.0})])
    (one, first), (two, second), (three, third) = registry.metrics(run.id)
    assert (one, two, three) == (1, 2, 3)
    assert math.isnan(first["loss"])
    assert first["val_loss"] == -math.inf
    assert second == {"loss": math.inf}
    assert third == {"loss": 1.0}
    registry.update_run(run.id, metrics={"loss": math.nan})
    assert math.isnan(registry.run(run.id).metrics["loss"])


def test_metrics_can_be_thinned_out_evenly_and_the_newest_stays(registry):
    run = registry.add_run("text", {})
    registry.add_metrics(run.id, [(step, {"loss": float(step)}) for step in range(1000)])
    steps = [step for step, _ in registry.metrics(run.id, limit=10)]
    assert len(steps) == 10
    assert steps[-1] == 999
    assert max(b - a for a, b in pairwise(steps)) <= 101
    assert len(registry.metrics(run.id, limit=5000)) == 1000
    registry.forget_metrics(run.id, after=499)
    assert len(registry.metrics(run.id)) == 500


def test_a_step_that_is_done_again_gets_its_new_figures(registry):
    run = registry.add_run("text", {})
    registry.add_metrics(run.id, [(1, {"loss": 2.0})])
    registry.add_metrics(run.id, [(1, {"loss": 1.0})])
    assert registry.metrics(run.id) == [(1, {"loss": 1.0})]


def test_progress_of_a_run_that_is_not_ones_own_is_refused(registry):
    run = registry.add_run("text", {}, owner="me")
    assert registry.add_progress(run.id, "me", {"step": 3}, [(3, {"loss": 1.0})], {"T=1": "a\ud800"})
    assert registry.texts(run.id) == {"T=1": "a?"}
    assert not registry.add_progress(run.id, "you", {"step": 9}, [(9, {"loss": 9.0})], {})
    assert not registry.beat(run.id, "you")
    assert not registry.finish_run(run.id, "done", owner="you")
    registry.finish_run(run.id, "done", owner="me")
    assert not registry.add_progress(run.id, "me", {"step": 9}, [(9, {"loss": 9.0})], {})
    assert not registry.add_progress("gone", "me", {"step": 9}, [], {})
    assert registry.run(run.id).step == 3
    assert registry.metrics(run.id) == [(3, {"loss": 1.0})]


def test_a_column_that_is_not_to_be_changed_is_refused(registry):
    run = registry.add_run("text", {})
    for column in ("state", "id", "owner", "recipe = ''; --"):
        with pytest.raises(ValueError, match="not columns to change"):
            registry.update_run(run.id, **{column: "x"})
    registry.update_run(run.id)
    registry.update_run("gone", step=1)
    assert registry.run(run.id) == run


def test_errors_and_notes_are_one_visible_line(registry):
    run = registry.add_run("text", {})
    registry.update_run(run.id, note="a\nb\x1b")
    registry.finish_run(run.id, "failed", "c\nd\x07")
    found = registry.run(run.id)
    assert (found.note, found.error) == ("a␊b␛", "c␊d␇")


def test_deleting_a_run_takes_its_traces_and_leaves_its_model(registry):
    run = registry.add_run("text", {})
    registry.save_checkpoint(run.id, made())
    registry.add_metrics(run.id, [(1, {"loss": 1.0})])
    registry.run_log(run.id).write_text("log")
    model = registry.save_model(made(), name="m", run_id=run.id)
    registry.delete_run(run.id)
    assert registry.runs() == []
    assert registry.metrics(run.id) == []
    assert list(registry.paths.runs.iterdir()) == []
    assert registry.model(model.id).run_id is None
    assert is_of(registry.load_model(model.id), 1)


def test_deleting_a_model_leaves_its_run(registry):
    run = registry.add_run("text", {})
    model = registry.save_model(made(), name="m", run_id=run.id)
    registry.delete_model("m")
    assert registry.models() == []
    assert registry.run(run.id).model_id is None
    assert list(registry.paths.models.iterdir()) == []
    with pytest.raises(UsageError):
        registry.delete_model(model.id)


def test_sessions_are_listed_without_their_data_the_last_changed_first(registry):
    one = registry.save_session(None, "one", {"text": "x"}, "a summary")
    two = registry.save_session(None, "two", {})
    again = registry.save_session(one.id, "one", {"text": "xy"}, "longer")
    assert again.id == one.id
    listed = registry.sessions()
    assert [(session.name, session.summary, session.data) for session in listed] == [
        ("one", "longer", None),
        ("two", "", None),
    ]
    assert registry.session(one.id).data == {"text": "xy"}
    assert registry.rename_session(two.id, "zwei").name == "zwei"
    registry.delete_session("zwei")
    registry.delete_session(one.id)
    assert registry.sessions() == []
    assert registry.save_session(one.id, "one", {"text": "back"}).id == one.id


def test_revision_changes_with_each_change_by_anyone_and_not_without(registry, paths):
    seen = {registry.revision()}
    assert registry.revision() in seen

    def changed() -> bool:
        revision = registry.revision()
        return len(seen) < (seen.add(revision) or len(seen))

    run = registry.add_run("text", {})
    assert changed()
    registry.runs()
    assert not changed()
    other = Registry(paths)
    other.update_run(run.id, step=1)
    assert changed()
    thread = threading.Thread(target=lambda: registry.update_run(run.id, step=2))
    thread.start()
    thread.join()
    assert changed()
    assert not changed()
    other.close()


def test_the_connections_of_ended_threads_are_closed(registry):
    for _ in range(20):
        thread = threading.Thread(target=registry.runs)
        thread.start()
        thread.join()
    assert len(registry.database._open) <= 2


def test_a_forked_process_opens_a_connection_of_its_own(registry):
    registry.add_run("text", {})
    child = os.fork()
    if child == 0:
        os._exit(0 if len(registry.runs()) == 1 and registry.add_run("text", {}) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(registry.runs()) == 2


def test_the_files_are_the_owners_alone(paths):
    old = os.umask(0)
    try:
        registry = Registry(paths)
        run = registry.add_run("text", {})
        registry.save_model(made(), name="m")
        registry.save_checkpoint(run.id, made())
        found = {path: stat.S_IMODE(path.stat().st_mode) for path in paths.home.rglob("*")}
        registry.close()
    finally:
        os.umask(old)
    assert len(found) >= 8
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in found.items() if path.is_file()} == {0o600}


def test_this_process_is_alive_and_here():
    assert this_process().startswith(f"{host()}/{os.getpid()}/")
