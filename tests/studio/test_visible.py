"""Outside text made safe to draw."""

from __future__ import annotations

import unicodedata

from studio.visible import visible


def test_control_characters_become_symbols() -> None:
    assert visible("a\x1b[2Jx\x07\n") == "a␛[2Jx␇␊"
    assert visible("\x7f\x9b") == "␡<9B>"


def test_bidi_overrides_are_named() -> None:
    assert visible("a\u202eb\u2066") == "a<RLO>b<LRI>"


def test_newlines_stay_where_lines_are_wanted() -> None:
    assert visible("a\nb\r", lines=True) == "a\nb␍"


def test_nothing_that_steers_is_left_of_all_of_unicode() -> None:
    everything = visible("".join(map(chr, range(0x110000))))
    assert not {character for character in everything if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")}
    assert not set(everything) & set("\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_ordinary_text_and_markup_stay_to_the_letter() -> None:
    text = "[red]日本語[/] ü 👩‍🚀"
    assert visible(text) == text
