"""The studio with something in it that breaks when `B` is pressed: `python -m tests.terminal.breaking`.

The environment says what (BREAK): an error in a page's handler, in what a widget draws, in a thread, in a worker of
Textual's, out of the event loop; or the end of the process, by native code, an abort or a kill.
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from typing import Any

from studio.app import StudioApp
from studio.widgets.status import StatusLine
from tests.studio.fake_text import main

WHAT = os.environ.get("BREAK", "")
REASON = "it [/broke]\x1b[2J\nhere"


def fail(*_: Any) -> Any:
    raise RuntimeError(REASON)


async def fail_later() -> None:
    fail()


def broken(app: StudioApp) -> None:
    """Break it."""
    if WHAT == "handler":
        fail()
    elif WHAT == "render":
        StatusLine.render = StatusLine.render_line = fail  # type: ignore[method-assign]
        app.query_one(StatusLine).refresh()
    elif WHAT == "thread":
        threading.Thread(target=fail, name="somebody").start()
    elif WHAT == "worker":
        app.run_worker(fail_later())
    elif WHAT == "timer":
        app.set_timer(0.01, fail)
    elif WHAT == "loop":
        raise SystemExit(3)
    elif WHAT == "segv":
        ctypes.string_at(8)
    elif WHAT == "abort":
        os.abort()
    elif WHAT == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


async def on_key(app: StudioApp, event: Any) -> None:
    if event.key == "B":
        broken(app)


if __name__ == "__main__":
    StudioApp.on_key = on_key  # type: ignore[attr-defined]
    main()
