"""Vocabularies: from text to ids and back, whatever the text and wherever its stream is cut."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptFileError, UsageError
from models.text import words
from models.text.vocabulary import UnknownSymbolsError, Vocabulary, fold, named

TEXT = "The cat sat on the mat; the cat's hat (1984) was the_hat.\n\nЖук, 日本語 und Straße!\n"
texts = st.text(st.characters(exclude_categories=["Cs"]))
# Few different letters, so that words come back, are cut everywhere, and exceed the longest word.
wordy = st.text(st.sampled_from("aab_ .,Σςé日\u0301\n"), max_size=120)


def cut(text: str, places: list[int]) -> list[str]:
    borders = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(borders)]


def test_characters_are_sorted_by_code_point() -> None:
    vocabulary = Vocabulary.build(["bé", "a日\n", "😀b"])
    assert vocabulary.symbols == ("\n", "a", "b", "é", "日", "😀")
    assert vocabulary.encode("a\n😀").tolist() == [1, 0, 5]
    assert vocabulary.encode("a").dtype == np.int32
    assert len(vocabulary) == 6


@pytest.mark.parametrize("unit", ["char", "word"])
def test_symbols_do_not_depend_on_the_hash_seed(unit: str) -> None:
    script = (
        "import json; from models.text.vocabulary import Vocabulary;"
        f"print(json.dumps(Vocabulary.build([{TEXT!r}], unit={unit!r}, words=7).symbols))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(outputs) == 1
    assert set(json.loads(outputs.pop())) >= set(TEXT)


def test_empty_text_makes_no_vocabulary() -> None:
    with pytest.raises(UsageError, match="no text"):
        Vocabulary.build(["", ""])


def test_unknown_characters_are_named_exactly_t2() -> None:
    vocabulary = Vocabulary.build(["abc"])
    with pytest.raises(UnknownSymbolsError) as caught:
        vocabulary.encode("aZ😀bZ")
    assert caught.value.characters == ("Z", "😀")
    assert re.findall(r"'(.)'", str(caught.value)) == ["Z", "😀"]
    assert vocabulary.known("aZ😀b") == "ab"
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize("unit", ["char", "word"])
def test_unknown_characters_inside_words_are_named_once_in_order(unit: str) -> None:
    vocabulary = Vocabulary.build(["the cat the cat"], unit=unit, words=2)
    with pytest.raises(UnknownSymbolsError) as caught:
        vocabulary.encode("the dog, the god")
    assert caught.value.characters == ("d", "o", "g", ",")


def test_characters_without_a_shape_are_shown_as_code_points() -> None:
    shown = named(("\x1b", "\n", "\u202e", "\u0301", "\udc92", "x", "'"))
    assert shown == "U+001B, U+000A, U+202E, U+0301, U+DC92, 'x', '''"


def test_a_message_names_a_bounded_number_of_characters() -> None:
    error = UnknownSymbolsError([chr(0x4E00 + number) for number in range(3000)])
    assert len(error.characters) == 3000
    assert str(error).isprintable()
    assert "and 2,960 more" in str(error)
    assert len(str(error)) < 300


@given(texts, texts)
def test_known_text_comes_back_from_its_ids(corpus: str, prompt: str) -> None:
    vocabulary = Vocabulary.build(["\n", corpus])
    assert vocabulary.decode(vocabulary.encode(corpus)) == corpus
    known = vocabulary.known(prompt)
    assert vocabulary.decode(vocabulary.encode(known)) == known
    assert set(vocabulary.unknown([prompt])) == set(prompt) - set(known)


@given(wordy, st.integers(0, 6), st.data())
def test_words_come_back_from_their_ids_whatever_is_made_of_known_characters(
    corpus: str, count: int, data: st.DataObject
) -> None:
    vocabulary = Vocabulary.build(["\n", corpus], unit="word", words=count)
    text = data.draw(st.text(st.sampled_from(sorted({"\n", *corpus}))))
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert vocabulary.decode(vocabulary.encode(corpus)) == corpus


@given(wordy, st.lists(st.integers(0, 200), max_size=6), st.booleans(), st.sampled_from(["char", "word"]))
def test_a_stream_has_the_same_symbols_and_ids_wherever_it_is_cut(
    text: str, places: list[int], lowercase: bool, unit: str
) -> None:
    text += "\n"
    chunks = cut(text, places)
    vocabulary = Vocabulary.build([text], unit=unit, words=4, lowercase=lowercase)
    assert Vocabulary.build(chunks, unit=unit, words=4, lowercase=lowercase) == vocabulary
    ids = np.concatenate(list(vocabulary.encode_stream(chunks)))
    assert ids.tolist() == vocabulary.encode(text).tolist()


@given(texts, texts)
def test_folding_parts_gives_the_parts_of_the_folded_whole(first: str, second: str) -> None:
    assert fold(first + second) == fold(first) + fold(second)
    assert fold(fold(first)) == fold(first)


def test_folding_a_capital_sigma_does_not_look_around() -> None:
    assert "ΟΔΟΣ".lower() != fold("ΟΔΟΣ") == "οδοσ"
    assert fold("ς") == "ς"


def test_lower_case_is_folded_before_counting_and_encoding() -> None:
    vocabulary = Vocabulary.build(["Abİ"], lowercase=True)
    assert vocabulary.symbols == ("a", "b", "i", "\u0307")
    assert vocabulary.decode(vocabulary.encode("BAİ")) == "bai\u0307"
    assert vocabulary.known("AZb") == "ab"


def test_the_most_frequent_words_become_symbols_and_the_rest_is_spelt() -> None:
    vocabulary = Vocabulary.build(["the cat and the dog and the owl, at a zoo"], unit="word", words=2)
    assert [symbol for symbol in vocabulary.symbols if len(symbol) > 1] == ["and", "the"]
    assert vocabulary.symbols == tuple(sorted(vocabulary.symbols))
    ids = vocabulary.encode("the owl, and\n".strip())
    assert [vocabulary.symbols[number] for number in ids] == ["the", " ", "o", "w", "l", ",", " ", "and"]


def test_words_equally_frequent_are_taken_in_code_point_order() -> None:
    vocabulary = Vocabulary.build(["zz yy xx ww"], unit="word", words=2)
    assert [symbol for symbol in vocabulary.symbols if len(symbol) > 1] == ["ww", "xx"]


def test_a_word_character_is_what_isalnum_says() -> None:
    characters = "".join(map(chr, range(0x110000)))
    assert set(re.findall(r"\w", characters)) == {c for c in characters if c.isalnum() or c == "_"}


def test_a_run_without_end_is_not_carried_along() -> None:
    parts = list(words.whole("x" * 1000 for _ in range(20)))
    assert "".join(parts) == "x" * 20_000
    assert all(len(part) > 1000 - words.LONGEST for part in parts)


def test_counting_forgets_rare_words_rather_than_growing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MOST_COUNTED", 50)
    chunks = [f"common word{number} word{number + 1} frequent common " for number in range(400)]
    assert words.frequent(chunks, 2) == ["common", "frequent"]
    assert len(words.frequent(chunks, 1000)) <= 50


def test_thousands_of_ideographs_are_symbols() -> None:
    text = "".join(chr(0x4E00 + number) for number in range(8000))
    vocabulary = Vocabulary.build([text, text[::-1]])
    assert len(vocabulary) == 8000
    assert vocabulary.encode(text).tolist() == list(range(8000))


def test_extension_keeps_the_ids_there_are() -> None:
    vocabulary = Vocabulary.build(["bd"])
    longer = vocabulary.extended(["d", "a", "😀", "a"])
    assert longer.symbols == ("b", "d", "a", "😀")
    assert longer.encode("bd").tolist() == vocabulary.encode("bd").tolist()
    assert longer.decode(longer.encode("a😀b")) == "a😀b"
    assert Vocabulary.from_json(longer.to_json()) == longer
    assert Vocabulary.build(["b"], lowercase=True).extended("ABİ").symbols == ("b", "a", "i", "\u0307")


def test_a_vocabulary_extended_by_what_is_unknown_encodes_all() -> None:
    vocabulary = Vocabulary.build(["the cat"], unit="word", words=2)
    chunks = ["the dog", " ate\x07"]
    assert vocabulary.unknown(chunks) == ("d", "o", "g", "\x07")
    longer = vocabulary.extended(vocabulary.unknown(chunks))
    assert longer.decode(longer.encode("".join(chunks))) == "the dog ate\x07"


def test_ids_out_of_bounds_are_refused() -> None:
    vocabulary = Vocabulary.build(["ab"])
    assert vocabulary.decode([]) == ""
    for ids in ([2], [-1]):
        with pytest.raises(ValueError, match="from 0 to 1"):
            vocabulary.decode(ids)


@pytest.mark.parametrize("unit", ["char", "word"])
def test_a_vocabulary_survives_json(unit: str) -> None:
    vocabulary = Vocabulary.build([TEXT, "\x1b\u202e\u0301😀"], unit=unit, words=5, lowercase=True)
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert again == vocabulary
    assert again.encode(TEXT).tolist() == vocabulary.encode(TEXT).tolist()


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "byte"},
        {"unit": None},
        {"unit": ["char"]},
        {"lowercase": 1},
        {"symbols": []},
        {"symbols": "ab"},
        {"symbols": ["a", "a"]},
        {"symbols": ["a", ""]},
        {"symbols": ["a", 1]},
        {"symbols": ["a", "bc"]},
        {"symbols": ["a", "\ud800"]},
        {"symbols": None},
        {"unit": "word", "symbols": ["a", "b c"]},
        {"unit": "word", "symbols": ["a", "a" * 33]},
    ],
)
def test_anything_else_than_a_vocabulary_is_corrupt(change: dict[str, object]) -> None:
    data = {**Vocabulary.build(["ab"]).to_json(), **change}
    with pytest.raises(CorruptFileError, match="vocabulary"):
        Vocabulary.from_json(data)


def test_no_vocabulary_at_all_is_corrupt() -> None:
    for data in ({}, None, ["a"]):
        with pytest.raises(CorruptFileError, match="vocabulary"):
            Vocabulary.from_json(data)  # type: ignore[arg-type]


def test_a_surrogate_in_a_prompt_is_unknown_and_named_safely() -> None:
    vocabulary = Vocabulary.build(["abc"])
    prompt = os.fsdecode(b"a\x92")
    with pytest.raises(UnknownSymbolsError, match=r"U\+DC92") as caught:
        vocabulary.encode(prompt)
    str(caught.value).encode("utf-8")
    assert vocabulary.known(prompt) == "a"
    assert unicodedata.category(caught.value.characters[0]) == "Cs"
