"""The knobs of a dream, and the small languages in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.changes import Change
from models.dream import changes, terms
from models.dream.recipe import DreamRecipe
from models.errors import UsageError


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("block5", terms.Term("block5")),
        ("block5=2.5", terms.Term("block5", weight=2.5)),
        ("block5:17", terms.Term("block5", 17)),
        (" block5 : 17 = -1 ", terms.Term("block5", 17, -1.0)),
        ("block5=0", terms.Term("block5", weight=0.0)),
    ],
)
def test_layers_are_written_with_channels_and_weights(text: str, term: terms.Term) -> None:
    assert terms.parsed(text) == term
    assert DreamRecipe(layers=(text,)).terms() == (term,)


@given(st.from_regex(r"[a-z_0-9/.]+", fullmatch=True), st.none() | st.integers(0, 9999), st.floats(-100, 100))
def test_a_term_reads_as_it_is_written(layer: str, channel: int | None, weight: float) -> None:
    found = terms.parsed(str(terms.Term(layer, channel, weight)))
    assert (found.layer, found.channel) == (layer, channel)
    assert found.weight == pytest.approx(weight, rel=1e-5)


@pytest.mark.parametrize(
    "text", ["=2", ":3", "a:b", "a:-1", "a:", "a:1.5", "a=", "a=x", "a=nan", "a=inf", "a=1e9", "a:²"]
)
def test_layers_that_cannot_be_read_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="layers: ") as caught:
        DreamRecipe.checked({"layers": [text]})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("knob", changes.TUNABLE)
def test_every_knob_that_can_change_is_one(knob: str) -> None:
    value = getattr(DreamRecipe(), knob)
    plain = list(value) if isinstance(value, tuple) else value
    text = str(Change(3, knob, plain))
    assert getattr(DreamRecipe(changes=(text,)).at(3), knob) == value


def test_changes_hold_from_their_step_on_and_the_last_one_wins() -> None:
    recipe = DreamRecipe(
        layers=("a",),
        step_size=1,
        changes=("5 step_size=2", '9 layers=["b", "c:1=2"]', "9 step_size=3", "12 guide=coffee"),
    )
    assert [recipe.at(step).step_size for step in (0, 4, 5, 8, 9, 99)] == [1, 1, 2, 2, 3, 3]
    assert recipe.at(8).terms() == (terms.Term("a"),)
    assert recipe.at(9).terms() == (terms.Term("b"), terms.Term("c", 1, 2.0))
    assert recipe.at(12).guide == "coffee"
    assert recipe.changing() == (5, 9, 12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x step_size=2", "not STEP KNOB=VALUE"),
        ("5 step_size", "not STEP KNOB=VALUE"),
        ("5 octaves=2", "'octaves' cannot change"),
        ("5 step_size=-2", "step_size: Input should be greater than 0"),
        ('5 layers=["a:b"]', "a channel is a number"),
    ],
)
def test_changes_are_checked_with_the_recipe(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        DreamRecipe.checked({"changes": [text]})


@pytest.mark.parametrize("name", DreamRecipe.presets)
def test_every_preset_is_a_recipe(name: str) -> None:
    recipe = DreamRecipe.preset(name)
    assert DreamRecipe.checked(recipe.model_dump(mode="json")) == recipe
