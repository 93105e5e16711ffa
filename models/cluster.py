"""The machines that train one model together, as TF_CONFIG names them, and how they find each other.

Needs no TensorFlow: whether this process is one of several has to be known before TensorFlow is first used.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.errors import UnavailableError, UsageError, UserError, shown

VARIABLE = "TF_CONFIG"
LOOK = 0.2
"""Seconds between two looks whether the others are there."""
HELLO, GO = b"latent-studio %d of %d\n", b"go\n"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The addresses (`host:port`) of all machines, and which of them this one is. The first one is the chief: it keeps
    the model, and its clock counts."""

    addresses: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        return self.index == 0

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Cluster | None:
        """The cluster that the environment names; None where it names no other machine. Raises UsageError."""
        text = environment.get(VARIABLE, "")
        if not text.strip():
            return None
        try:
            found = json.loads(text)
            jobs, task = found.get("cluster") or {}, found.get("task") or {}
            if not jobs:
                return None
            if set(jobs) - {"chief", "worker"}:
                raise UsageError(f"{VARIABLE}: a cluster of chief and worker alone is wanted")
            chiefs, workers = list(jobs.get("chief", [])), list(jobs.get("worker", []))
            kind, index = task["type"], int(task["index"])
            here = {"chief": chiefs, "worker": workers}[kind][index]
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            told = '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}'
            raise UsageError(f"{VARIABLE} does not name this machine among several, as {told} does") from None
        addresses = tuple(map(str, [*chiefs, *workers]))
        for address in addresses:
            _parted(address)
        if len(set(addresses)) < len(addresses):
            raise UsageError(f"{VARIABLE} names a machine twice")
        return cls(addresses, addresses.index(here)) if len(addresses) > 1 else None

    def called(self, index: int) -> str:
        """A machine for a line of text."""
        return shown(self.addresses[index]) if 0 <= index < len(self.addresses) else f"number {index}"


def meet(cluster: Cluster, wanted: Callable[[], bool], tell: Callable[[str], None]) -> bool:
    """Wait until all machines are there; False if it is no longer `wanted`. TensorFlow would wait without end, deaf to
    every signal. `tell` is told, in a line, for whom. Raises UnavailableError if this machine's port is taken.
    """
    return _host(cluster, wanted, tell) if cluster.is_chief else _call(cluster, wanted, tell)


def _host(cluster: Cluster, wanted: Callable[[], bool], tell: Callable[[str], None]) -> bool:
    """The chief's part: it hears from all others, then tells them to begin."""
    host, port = _parted(cluster.addresses[0])
    missing, told = set(range(1, len(cluster.addresses))), ""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(socket.create_server(("", port)))
        except OSError as error:
            raise UnavailableError(f"cannot listen at {shown(host)}:{port}: {os.strerror(error.errno or 0)}") from None
        server.settimeout(LOOK)
        calls: dict[int, socket.socket] = {}
        while missing:
            if not wanted():
                return False
            line = f"waiting for {', '.join(cluster.called(index) for index in sorted(missing))}"
            if line != told:
                tell(line)
                told = line
            with contextlib.suppress(OSError):
                call, _ = server.accept()
                stack.enter_context(call)
                call.settimeout(2.0)
                index = _heard(_line(call), len(cluster.addresses))
                calls[index] = call  # a machine that was started again calls again
                missing.discard(index)
        for call in calls.values():
            with contextlib.suppress(OSError):
                call.sendall(GO)
    return True


def _call(cluster: Cluster, wanted: Callable[[], bool], tell: Callable[[str], None]) -> bool:
    """Another machine's part: it calls the chief, and waits for its word."""
    tell(f"waiting for {cluster.called(0)}")
    host, port = _parted(cluster.addresses[0])
    while wanted():
        try:
            with socket.create_connection((host, port), timeout=2.0) as call:
                call.sendall(HELLO % (cluster.index, len(cluster.addresses)))
                call.settimeout(LOOK)
                while wanted():
                    try:
                        if _line(call) == GO:
                            return True
                        break
                    except TimeoutError:
                        continue
        except OSError:
            pass
        time.sleep(LOOK)
    return False


def _line(call: socket.socket) -> bytes:
    """What the other side says, up to the end of the line; it is short."""
    heard = b""
    while not heard.endswith(b"\n") and len(heard) < 64:
        part = call.recv(64)
        if not part:
            break
        heard += part
    return heard


def _heard(line: bytes, count: int) -> int:
    """Which machine says hello. Raises OSError for anything else."""
    for index in range(1, count):
        if line == HELLO % (index, count):
            return index
    raise OSError("not one of the cluster")


def _parted(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(f"{VARIABLE}: {shown(address)} is no host:port")
    return host.strip("[]"), int(port)


def lost(cluster: Cluster, index: int | None) -> UserError:
    """The one line about a machine that stopped answering; None if it is not known which."""
    who = "another machine" if index is None else f"the machine {cluster.called(index)}"
    return UserError(f"{who} stopped answering, so the training ended; what was saved last is kept")
