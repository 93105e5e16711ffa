"""The runs in short: for the status line, and for the question at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio import figures
from studio.live import figures_of, progress_of
from studio.widgets.status import Status

if TYPE_CHECKING:
    from studio.machine import Machine
    from studio.services import Services
    from studio.widgets.dialogs import Question


def status_of(services: Services, machine: Machine) -> Status:
    """The status line's texts. Reads the registry: one query a second."""
    memory = machine.memory()
    if "registry" not in vars(services):
        return Status(machine.device, memory=memory)
    active = services.registry.runs(("running", "paused"))
    if not active:
        return Status(machine.device, memory=memory)
    run = active[0]
    slots = services.jobs.slots(run.id)
    live = figures_of(run, slots)
    word = "running" if run.state == "running" else "paused"
    return Status(
        run.device or machine.device,
        word if len(active) == 1 else f"{len(active)} jobs",
        run.name,
        figures.percent(live.part) if live.part is not None else "",
        figures.rate(live.rate, live.unit) if run.state == "running" else "",
        memory,
    )


def quit_question(services: Services) -> Question | None:
    """The question before leaving, where runs are executed in this process."""
    if "jobs" not in vars(services):
        return None
    running = services.jobs.running()
    if not running:
        return None
    from studio.widgets.dialogs import Answer, Question

    runs = [services.registry.run(run_id) for run_id in running]
    title = "A job is running" if len(runs) == 1 else f"{len(runs)} jobs are running"
    return Question(
        title,
        "\n".join(f"{run.name}, {progress_of(figures_of(run, services.jobs.slots(run.id)))}" for run in runs[:8]),
        [
            Answer("k", "Keep going without a screen, and quit", "hand over"),
            Answer("s", "Stop and keep what was learned, then quit", "stop"),
        ],
    )
