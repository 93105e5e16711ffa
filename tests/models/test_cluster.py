"""Which machines TF_CONFIG names, and how they find each other."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import pytest

from models.cluster import Cluster, meet
from models.errors import UnavailableError, UsageError
from tests.support import free_port


def config(jobs: Any, kind: str = "worker", index: Any = 0) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": jobs, "task": {"type": kind, "index": index}})}


@pytest.mark.parametrize("environment", [{}, {"TF_CONFIG": ""}, {"TF_CONFIG": "{}"}, config({"worker": ["a:1"]})])
def test_one_machine_is_no_cluster(environment: dict[str, str]) -> None:
    assert Cluster.of(environment) is None


def test_a_chief_comes_before_the_workers() -> None:
    jobs = {"worker": ["b:2", "c:3"], "chief": ["a:1"]}
    found = Cluster.of(config(jobs, "worker", "1"))
    assert found == Cluster(("a:1", "b:2", "c:3"), 2)
    assert not found.is_chief
    chief = Cluster.of(config(jobs, "chief"))
    assert chief is not None
    assert chief.is_chief


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "does not name this machine"),
        ("[1]", "does not name this machine"),
        (config({"worker": ["a:1", "b:2"]}, index=2)["TF_CONFIG"], "does not name this machine"),
        (config({"worker": ["a:1", "b:2"]}, "chief")["TF_CONFIG"], "does not name this machine"),
        (config({"worker": 3})["TF_CONFIG"], "does not name this machine"),
        (config({"worker": ["a:1", "b:2"], "ps": ["c:3"]})["TF_CONFIG"], "chief and worker alone"),
        (config({"worker": ["a:1", "b"]})["TF_CONFIG"], "b is no host:port"),
        (config({"worker": ["a:1", "b:0"]})["TF_CONFIG"], "b:0 is no host:port"),
        (config({"worker": ["a:1", "a:1"]})["TF_CONFIG"], "names a machine twice"),
        (config({"worker": ["a:1", "\x1b[2J:x"]})["TF_CONFIG"], r"is no host:port"),
    ],
)
def test_what_names_no_cluster_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Cluster.of({"TF_CONFIG": text})
    assert str(caught.value).isprintable()


def test_machines_that_come_one_by_one_begin_together() -> None:
    addresses = tuple(f"127.0.0.1:{port}" for port in (free_port(), 2, 3))
    told: dict[int, list[str]] = {0: [], 1: [], 2: []}
    met: list[int] = []

    def come(index: int) -> None:
        assert meet(Cluster(addresses, index), lambda: True, told[index].append)
        met.append(index)

    threads = [threading.Thread(target=come, args=(index,), daemon=True) for index in range(3)]
    threads[1].start()  # before the chief is there
    time.sleep(0.5)
    threads[0].start()
    until(lambda: bool(told[0]))
    with socket.create_connection(("127.0.0.1", int(addresses[0].split(":")[1]))) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        until(lambda: told[0][-1] == "waiting for 127.0.0.1:3")
        assert not met
        threads[2].start()
        for thread in threads:
            thread.join(20)
    assert sorted(met) == [0, 1, 2]
    assert told[1] == [f"waiting for {addresses[0]}"]


@pytest.mark.parametrize("index", [0, 1])
def test_waiting_ends_when_it_is_no_longer_wanted(index: int) -> None:
    cluster = Cluster((f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"), index)
    looks = iter([True, True])
    assert not meet(cluster, lambda: next(looks, False), lambda line: None)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(UnavailableError, match=rf"^cannot listen at {address}: Address already in use$"):
            meet(Cluster((address, "127.0.0.1:2"), 0), lambda: True, lambda line: None)


def until(holds: Any) -> None:
    give_up = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)
