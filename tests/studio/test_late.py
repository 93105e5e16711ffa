"""Answers of a terminal that come late are neither lost nor taken for keys."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.drivers import linux_driver

from studio.late import BEGUN, Ear, heed
from studio.terminal import Answers

SAID = "\x1b_Gi=4211;OK\x1b\\\x1b[6;17;8t\x1b[?62;4;22c"
ANSWERS = Answers(answered=True, kitty=True, sixel=True, cell=(8, 17))
KEYS = st.lists(st.sampled_from(["a", "6", "q", "\x1b[A", "\x1b[6~", "\x1b", "日", "\x1b[<0;3;4M"]), max_size=4).map(
    "".join
)


def in_chunks(text: str, cuts: list[int]) -> list[str]:
    """`text` cut where the beginning of an answer can be told from a key."""
    places = sorted({cut % (len(text) + 1) for cut in cuts})
    told = [at for at in places if BEGUN.search(text[:at]) or not re.search(r"\x1b[^a-zA-Z~\\]*$", text[:at])]
    return [text[start:end] for start, end in zip([0, *told], [*told, len(text)], strict=True)]


@given(KEYS, KEYS, st.lists(st.integers(0, 200), max_size=5))
def test_answers_are_taken_out_wherever_the_line_cuts_them(before: str, after: str, cuts: list[int]) -> None:
    found: list[Answers] = []
    ear = Ear(b"", found.append)
    passed = "".join(ear.keys(chunk) for chunk in in_chunks(before + SAID + after, cuts))
    assert passed == before + after
    assert found == [ANSWERS]


def test_what_was_heard_before_the_app_began_counts() -> None:
    found: list[Answers] = []
    cut = SAID.index("17")
    ear = Ear(SAID[:cut].encode(), found.append)
    assert ear.keys(SAID[cut:] + "x") == "x"
    assert found == [ANSWERS]


def test_a_refusal_is_no_key_either() -> None:
    ear = Ear(b"", lambda _: None)
    assert ear.keys("a\x1b_Gi=4211;ENOTSUPPORTED:no\x1b\\b\x1b[?6c") == "ab"
    assert ear.keys("\x1b[?6c") == "\x1b[?6c"  # nothing is expected any more


def test_textual_reads_keys_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux_driver, "XTermParser", linux_driver.__dict__["XTermParser"])
    found: list[Answers] = []
    heed(b"", found.append)
    parser = linux_driver.__dict__["XTermParser"](False)
    seen = [event for chunk in ("5", SAID[:20], SAID[20:] + "\x1b[A", "7") for event in parser.feed(chunk)]
    assert [event.key for event in seen if isinstance(event, events.Key)] == ["5", "up", "7"]
    assert found == [ANSWERS]
