"""The threads that compute give way to the one that draws."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from studio.jobs.priority import NICE, give_way


def nice() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_a_thread_that_gives_way_takes_those_it_starts_along_and_no_other() -> None:
    before, found = nice(), []

    def child() -> None:
        found.append(nice())

    def worker() -> None:
        give_way()
        found.append(nice())
        thread = threading.Thread(target=child)
        thread.start()
        thread.join()

    thread = threading.Thread(target=worker)
    thread.start()
    thread.join()
    assert found == [max(NICE, before)] * 2
    assert nice() == before
