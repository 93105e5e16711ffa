"""Wrapping: what stands above never moves, and every line is as wide as terminals draw it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from studio.widgets.candidates import bar_of, symbol_name
from studio.widgets.flow import Flow, drawn

TEXT = st.text(st.sampled_from("ab  \n,日本e\u0301😀\u200d\t\x1b\u202e\u0e33x"), max_size=120)


def flow_of(text: str, width: int = 10) -> Flow:
    flow = Flow(width)
    flow.append(text, bytes(len(text)))
    return flow


def lines(flow: Flow) -> list[str]:
    return [drawn(flow.line(number)[0]) for number in range(flow.first, flow.last + 1)]


def test_breaks_after_a_blank_and_hides_that_blank() -> None:
    assert lines(flow_of("one two three four")) == ["one two ", "three four"]
    assert lines(flow_of("exactly 10 then")) == ["exactly 10", "then"]


def test_a_word_longer_than_half_the_width_is_broken_where_the_line_ends() -> None:
    assert lines(flow_of("an incomprehensible")) == ["an incompr", "ehensible"]


def test_a_newline_ends_a_line_and_an_empty_line_stays() -> None:
    assert lines(flow_of("a\n\nb\n")) == ["a", "", "b", ""]


def test_a_wide_character_is_never_split_at_the_edge() -> None:
    assert lines(flow_of("日本語日本語", 5)) == ["日本", "語日", "本語"]
    assert lines(flow_of("a日本語", 4)) == ["a日", "本語"]


def test_a_combining_mark_stays_with_its_base_on_a_full_line() -> None:
    assert lines(flow_of("abcdefghie\u0301xy")) == ["abcdefghie\u0301", "xy"]


def test_a_combining_mark_without_a_base_gets_one() -> None:
    assert lines(flow_of("a\n\u0301b")) == ["a", "\u25cc\u0301b"]


def test_control_characters_are_symbols_and_joiners_are_nothing() -> None:
    assert drawn("a\x1b[2Jx\x07") == "a␛[2Jx␇"
    assert drawn("👩\u200d🔬\u2764\ufe0f") == "👩🔬\u2764"
    assert drawn("\ud800") == "\ufffd"


def test_every_candidate_has_a_name_that_can_be_seen() -> None:
    names = [
        symbol_name(symbol) for symbol in (" ", "\n", "\x1b", "\u202e", "\u0301", "\u200d", "\U0001f3fd", "a", "the")
    ]
    assert names == ["␣", "⏎", "␛", "<RLO>", "\u25cc\u0301", "U+200D", "U+1F3FD", "a", "the"]


def test_bars_are_filled_in_eighths_of_a_cell() -> None:
    assert [bar_of(part, 4) for part in (0.0, 0.5, 0.53125, 1.0, 2.0)] == ["    ", "██  ", "██▏ ", "████", "████"]


@given(TEXT, st.integers(2, 14))
def test_no_line_is_wider_than_the_flow_nor_holds_a_control_character(text: str, width: int) -> None:
    flow = flow_of(text, max(width, 6))
    for line in lines(flow):
        assert cell_len(line) <= flow.width
        assert all(character.isprintable() or character == "\u0301" for character in line)


@given(TEXT, TEXT)
def test_lines_above_the_last_stay_when_text_is_added(text: str, more: str) -> None:
    flow = flow_of(text)
    before = lines(flow)
    changed = flow.append(more, bytes(len(more)))
    assert changed == len(before) - 1
    assert lines(flow)[: len(before) - 1] == before[:-1]


@given(TEXT, st.integers(0, 120))
def test_text_in_pieces_wraps_like_the_whole(text: str, cut: int) -> None:
    flow = flow_of(text[:cut])
    flow.append(text[cut:], bytes(len(text[cut:])))
    assert lines(flow) == lines(flow_of(text))


@given(TEXT, st.integers(0, 120))
def test_taking_back_leaves_what_was_never_written(text: str, cut: int) -> None:
    flow = flow_of(text)
    before = lines(flow)
    changed = flow.cut(cut)
    assert lines(flow) == lines(flow_of(text[:cut]))
    assert lines(flow)[:changed] == before[:changed]


def test_old_lines_are_dropped_and_places_and_line_numbers_go_on() -> None:
    flow = Flow(10, keep=100)
    written = ""
    for number in range(200):
        piece = f"line {number}\n"
        written += piece
        flow.append(piece, bytes([number % 7]) * len(piece))
    assert len(flow.text) <= 200
    assert flow.end == len(written)
    assert flow.last == 200
    assert flow.line(199) == ("line 199", bytes([199 % 7]) * 8)
    assert flow.line(0) == ("", b"")
    assert flow.start_of(flow.line_at(len(written) - 3)) == written.rindex("line 199")


def test_another_width_wraps_all_that_is_kept() -> None:
    flow = flow_of("one two three four")
    flow.resize(7)
    assert lines(flow) == ["one two", "three ", "four"]
