"""Attributes: typed, in range, drawn the same whatever else is drawn, and as a matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.attributes import Described, Table, flag, kind, number, schema, uniform
from models.errors import UsageError


@dataclass(frozen=True, slots=True)
class Pet(Described):
    tail: float = number(-1, 1, "body", "down to up")
    age: float = number(0.45, 0.55, "body", "young to old")
    collar: bool = flag(0.25, "wear", "wears a collar")
    kind: str = kind(("cat", "dog", "fish"), "body", "what it is", shares=(2, 1, 1))


def test_a_row_holds_what_it_may() -> None:
    assert Pet() == Pet(tail=0, age=0.5, collar=False, kind="cat")
    assert Pet(tail=1).tail == 1.0
    assert [each.name for each in schema(Pet)] == ["tail", "age", "collar", "kind"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tail": 1.5}, "tail lies in -1 to 1, not at 1.5"),
        ({"tail": float("nan")}, "tail lies in -1 to 1, not at nan"),
        ({"tail": True}, "tail lies in -1 to 1, not at True"),
        ({"collar": 1}, "collar is True or False, not 1"),
        ({"kind": "bi\x1brd"}, r"kind is one of cat, dog, fish, not bi\\x1brd"),
    ],
)
def test_what_it_cannot_hold_is_refused_in_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Pet(**values)  # type: ignore[arg-type]


def test_a_table_as_rows_and_as_a_matrix() -> None:
    table = Table.of(Pet, [Pet(0.5, 0.5, True, "dog"), Pet(-1, 0.5, False, "cat")])
    assert len(table) == 2
    assert table.row(0) == Pet(0.5, 0.5, True, "dog")
    assert table.named("kind") == ["dog", "cat"]
    assert table.columns() == ("tail", "age", "collar", "kind:cat", "kind:dog", "kind:fish")
    assert table.matrix().dtype == np.float32
    assert table.matrix().tolist() == [[0.5, 0.5, 1, 0, 1, 0], [-1, 0.5, 0, 1, 0, 0]]
    assert table.columns(["wear"]) == ("collar",)
    assert table.matrix(["wear"]).tolist() == [[1], [0]]
    assert table.take(table["collar"]).row(0) == Pet(0.5, 0.5, True, "dog")
    assert table.changed(tail=1, kind="fish").row(1) == Pet(1, 0.5, False, "fish")
    assert len(Table.of(Pet, [])) == 0


def test_the_bounds_can_be_held() -> None:
    """0.45 is a little less than itself as float32."""
    for end in (0.45, 0.55):
        assert Table.of(Pet, [Pet(age=end)]).row(0).age == pytest.approx(end)


def test_a_change_that_cannot_be_is_refused() -> None:
    table = Table.of(Pet, [Pet()])
    with pytest.raises(UsageError, match="no attribute 'ears'; there are tail, age, collar, kind"):
        table.changed(ears=1)
    with pytest.raises(UsageError, match="tail lies in"):
        table.changed(tail=3)


@given(st.integers(0, 2**40), st.integers(-5, 2**70))
def test_one_picture_is_the_same_whatever_else_is_drawn(index: int, seed: int) -> None:
    alone = Table.drawn(Pet, [index], seed)
    among = Table.drawn(Pet, [3, index, 2**41], seed)
    assert alone.row(0) == among.row(1)


def test_draws_are_even_and_independent() -> None:
    table = Table.drawn(Pet, range(20_000), seed=5)
    tail = table["tail"]
    assert np.abs(np.histogram(tail, 10, (-1, 1))[0] / 2000 - 1).max() < 0.12
    assert table["collar"].mean() == pytest.approx(0.25, abs=0.015)
    assert np.bincount(table["kind"]) / 20_000 == pytest.approx([0.5, 0.25, 0.25], abs=0.015)
    correlations = np.corrcoef(table.matrix()[:, :3].T)
    assert np.abs(correlations - np.eye(3)).max() < 0.03
    assert abs(np.corrcoef(tail[1:], tail[:-1])[0, 1]) < 0.03


def test_seeds_and_salts_give_other_numbers() -> None:
    places = np.arange(1000)
    first = uniform(places, 0, "tail")
    for other in (uniform(places, 1, "tail"), uniform(places, 0, "kind")):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.12
        assert not np.isin(first, other).any()
