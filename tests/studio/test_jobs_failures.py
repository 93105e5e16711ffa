from __future__ import annotations

import os

import numpy as np
import pytest

from studio.jobs import Fact, execute
from studio.jobs.ends import in_one_line
from tests.studio.executing import added

pytestmark = pytest.mark.usefixtures("fake", "all_ended")


def test_a_non_finite_loss_fails_the_run_with_its_words_and_keeps_what_was_good_t11(registry):
    run = added(registry, fail_at=5, save_every=2, best_at=[3])
    facts: list[Fact] = []
    assert execute(registry, run.id, owner="me", post=facts.append) == "failed"
    run = registry.run(run.id)
    assert f"{run.state}: {run.error}" == "failed: non-finite loss at step 5"
    assert facts[-1] == Fact("failed", run.id, "non-finite loss at step 5")
    assert registry.load_checkpoint(run.id).meta["step"] == 4
    assert registry.load_model("r").meta["step"] == 3
    assert np.isfinite(registry.load_model("r").arrays["weights/count"]).all()
    log = registry.run_log(run.id).read_text()
    assert "failed: non-finite loss at step 5" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ("memory", "out of memory"),
        ("odd [/] \x07", "ZeroDivisionError: odd [/] ␇"),
        ("x" * 999, "ZeroDivisionError: xxx"),
    ],
)
def test_any_other_failure_is_one_line_and_its_traceback_is_in_the_log(registry, failure, error):
    run = added(registry, fail_at=2, failure=failure)
    assert execute(registry, run.id, owner="me") == "failed"
    run = registry.run(run.id)
    assert run.error.startswith(error)
    assert len(run.error) <= 300
    assert run.error.isprintable()
    log = registry.run_log(run.id).read_text()
    assert "Traceback (most recent call last)" in log
    assert "fake_family.py" in log
    assert "\x1b" not in log
    assert "\x07" not in log


class ResourceExhaustedError(Exception):
    """Called as TensorFlow's is."""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "out of memory"),
        (MemoryError("9 GB\nmore"), "out of memory: 9 GB"),
        (
            ResourceExhaustedError("{{function_node __wrapped__Mul}} OOM at tensor\nHint"),
            "out of memory: OOM at tensor",
        ),
        (KeyError("name"), "KeyError: 'name'"),
        (ValueError(), "ValueError"),
        (ValueError("\n\n  \n"), "ValueError"),
    ],
)
def test_an_unexpected_error_is_told_by_its_kind_and_first_line(error, line):
    assert in_one_line(error) == line


def test_a_run_whose_folder_cannot_be_made_fails_with_the_reason(registry):
    run = added(registry)
    (registry.paths.runs / run.id).write_text("in the way")
    assert execute(registry, run.id, owner="me") == "failed"
    assert "cannot make the folder" in registry.run(run.id).error


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("family = 'nonsense'", "there is no family 'nonsense'"),
        ("recipe = '{\"steps\": 0}'", "steps: Input should be greater"),
        ("recipe = '{\"colour\": 1}'", "colour: there is no such knob"),
        ("base_id = 'gone'", "there is no model 'gone'"),
    ],
)
def test_what_cannot_start_fails_with_one_line(registry, change, error):
    run = added(registry)
    with registry.database.write() as connection:
        connection.execute(f"UPDATE runs SET {change}")
    assert execute(registry, run.id, owner="me") == "failed"
    assert error in registry.run(run.id).error
    assert "Traceback" not in registry.run_log(run.id).read_text()


def test_a_damaged_checkpoint_fails_the_run_by_name(registry):
    run = added(registry, "mine", save_every=2, fail_at=3)
    execute(registry, run.id, owner="me")
    os.truncate(registry.paths.home / registry.run(run.id).file, 20)
    registry.requeue(run.id)
    registry.claim("me", "CPU")
    assert execute(registry, run.id, owner="me") == "failed"
    assert "corrupt: the file of the run 'mine' is damaged" in registry.run(run.id).error


def test_an_interrupt_of_the_program_marks_the_run_and_passes_through(registry):
    run = added(registry, fail_at=4, failure="interrupt", save_every=2)
    with pytest.raises(KeyboardInterrupt):
        execute(registry, run.id, owner="me")
    run = registry.run(run.id)
    assert (run.state, run.error) == ("interrupted", "the program was ended")
    assert registry.load_checkpoint(run.id).meta["step"] == 2
