"""What happens to files: cut, flipped, overwritten, swapped. All of it follows from a seed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from models.errors import UserError

FEW, MANY = 40, 1000
PATIENCE = 60
"""Seconds after which a reader is taken to hang."""

counts = pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
"""A few in the default suite, a thousand in the slow one."""

EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\x01", b"\xff\xff\xff\x7f")
"""Numbers that lengths and counts are not meant to be."""


def damaged(data: bytes, random: Random) -> bytes:
    """`data` with one to three things done to it, one of which is often near its start, where heads are."""
    for _ in range(random.randint(1, 3)):
        data = random.choice(WAYS)(data, random) if data else random.randbytes(random.randint(0, 64))
    return data


def place(data: bytes, random: Random) -> int:
    return random.randrange(min(len(data), random.choice((16, 256, 1 << 30))))


def cut(data: bytes, random: Random) -> bytes:
    return data[: place(data, random)]


def flipped(data: bytes, random: Random) -> bytes:
    found = bytearray(data)
    for _ in range(random.choice((1, 4, 32))):
        found[place(data, random)] ^= 1 << random.randrange(8)
    return bytes(found)


def overwritten(data: bytes, random: Random) -> bytes:
    at, new = place(data, random), random.choice((*EXTREMES, random.randbytes(random.randint(1, 40))))
    return data[:at] + new + data[at + len(new) :]


def inserted(data: bytes, random: Random) -> bytes:
    at = place(data, random)
    return data[:at] + random.randbytes(random.randint(1, 200)) + data[at:]


def repeated(data: bytes, random: Random) -> bytes:
    at = place(data, random)
    return data[:at] + data[at : at + random.randint(1, 400)] * random.randint(2, 8) + data[at:]


def left_out(data: bytes, random: Random) -> bytes:
    at = place(data, random)
    return data[:at] + data[at + random.randint(1, 300) :]


WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (cut, flipped, flipped, overwritten, inserted, repeated, left_out)


@contextmanager
def patience(what: str) -> Iterator[None]:
    """Fails a test whose reader takes far too long."""

    def late(number: int, frame: Any) -> None:
        raise AssertionError(f"it hangs: {what}")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(read: Callable[[], Any], what: str) -> str:
    """`success`, or the one line of the error; any other exception, and any other text, fails the test."""
    with patience(what):
        try:
            read()
        except UserError as error:
            line = str(error)
            assert line.strip(), what
            assert line.isprintable(), f"{what}: {line!r}"
            assert len(line) < 2000, f"{what}: {len(line)} characters"
            return line
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
    return "success"
