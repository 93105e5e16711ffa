from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UsageError
from models.latent.journey import KEPT, STEPS, Journey
from models.latent.marks import LETTERS, Marks
from models.latent.model import Concept

LATENT = 4


def journey(**more: Any) -> Journey:
    random = np.random.default_rng(0)
    known = [Concept(name, random.normal(size=LATENT).astype(np.float32)) for name in ("smile", "glasses", "hat")]
    return Journey(random.normal(size=LATENT).astype(np.float32), concepts=known, **more)


keys = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-3, 3), st.integers(-3, 3)),
        st.tuples(st.just("slide"), st.sampled_from(["smile", "glasses", "hat"]), st.sampled_from([-0.25, 0.25, 9.0])),
        st.tuples(st.just("jump"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("level"), st.just(0), st.just(0)),
    ),
    max_size=30,
)


def press(there: Journey, key: tuple[str, Any, Any]) -> None:
    name, first, second = key
    if name == "move":
        there.move(first, second)
    elif name == "slide":
        there.slide(first, second)
    elif name == "jump":
        there.jump(np.random.default_rng(first).normal(size=LATENT).astype(np.float32))
    else:
        there.level()


@given(keys)
def test_undo_goes_all_the_way_back_and_redo_all_the_way_forth(pressed: list[Any]) -> None:
    there = journey()
    start = there.point
    places = []
    for key in pressed:
        press(there, key)
    end = there.point
    while there.undo():
        places.append(there.point)
    np.testing.assert_array_equal(there.point, start)
    assert len(places) <= len(pressed)
    while there.redo():
        pass
    np.testing.assert_array_equal(there.point, end)


@given(st.lists(st.tuples(st.sampled_from(["smile", "glasses", "hat"]), st.floats(-3, 3)), max_size=12))
def test_sliders_back_at_nought_are_the_same_point(slid: list[tuple[str, float]]) -> None:
    there = journey()
    start = there.point
    for name, strength in slid:
        there.set_strength(name, strength)
    for name in ("hat", "smile", "glasses"):
        there.set_strength(name, 0.0)
    np.testing.assert_array_equal(there.point, start)


@given(st.permutations(["smile", "glasses", "hat"]))
def test_the_order_of_the_sliders_does_not_matter(order: list[str]) -> None:
    one, other = journey(), journey()
    for name in ("smile", "glasses", "hat"):
        one.set_strength(name, 1.3)
    for name in order:
        other.set_strength(name, 1.3)
    np.testing.assert_array_equal(one.point, other.point)


def test_a_concept_is_added_as_often_as_its_slider_says_and_has_bounds() -> None:
    there = journey()
    base, direction = there.point, there.concepts[0].direction
    for _ in range(3):
        there.slide("smile", 0.1)
    np.testing.assert_allclose(there.point, base + 0.3 * direction, rtol=1e-5)
    assert there.place.strength("smile") == 0.3
    there.slide("smile", 50)
    assert there.place.strength("smile") == 3
    there.slide("smile", 1)  # it changes nothing, so there is nothing to undo
    assert there.undo()
    assert there.place.strength("smile") == 0.3
    there.level()
    np.testing.assert_array_equal(there.point, base)
    with pytest.raises(UsageError, match="there is no concept 'beard'"):
        there.slide("beard", 1)


def test_arrows_go_along_directions_in_steps_of_the_models_scale() -> None:
    principal = np.eye(LATENT, dtype=np.float32)[::-1]
    there = journey(principal=principal, scale=2.0)
    start = there.point
    there.move(2, -1)
    np.testing.assert_allclose(there.point - start, [0, 0, -0.5, 1.0], atol=1e-6)
    there.turn()
    there.move(1, 0)
    np.testing.assert_allclose(there.point - start, [0.5, 0, -0.5, 1.0], atol=1e-6)
    there.stride(1)
    assert there.step == 0.5
    there.stride(99)
    assert there.step == STEPS[-1]
    there.stride(-99)
    assert there.step == STEPS[0]
    with pytest.raises(UsageError, match="no principal directions"):
        journey().turn()


def test_the_two_arrows_never_mean_the_same_direction() -> None:
    there = journey()
    seen = set()
    for _ in range(6):
        there.choose(0, 1)
        assert there.axes[0] != there.axes[1]
        seen.add(there.axes[0])
    assert seen == {0, 2, 3}
    there.choose(1, -1)
    assert there.axes[0] != there.axes[1]
    alone = Journey(np.zeros(1, np.float32))
    alone.choose(0, 1)
    alone.move(1, 1)
    assert alone.axes == [0, 0]


def test_moving_keeps_the_concepts_and_jumping_takes_them_away() -> None:
    there = journey()
    there.slide("smile", 1)
    there.move(1, 0)
    assert there.place.strength("smile") == 1
    there.jump(np.ones(LATENT, np.float32))
    assert there.place.strengths == ()
    np.testing.assert_array_equal(there.point, np.ones(LATENT))
    assert len(there.travelled) == 4
    with pytest.raises(UsageError, match="a point here has 4 numbers, not 3"):
        there.jump(np.ones(3, np.float32))


def test_a_style_travels_with_the_place_until_it_is_taken_away() -> None:
    there = Journey(np.zeros(LATENT, np.float32), concepts=journey().concepts, depth=4)
    style = np.ones(LATENT, np.float32)
    there.dress(style, "B")
    style += 1  # what happens to the point later is not its matter
    there.move(1, 0)
    there.slide("smile", 1)
    there.level()
    there.jump(np.full(LATENT, 2, np.float32))
    assert there.worn == "style of B from layer 2 of 4"
    assert there.place.style is not None
    np.testing.assert_array_equal(there.place.style.point, np.ones(LATENT))
    np.testing.assert_array_equal(there.point, np.full(LATENT, 2))  # the point itself is what it was
    there.jump(there.point, plain=True)
    assert there.worn == ""
    there.undo()
    there.undress()
    assert there.place.style is None
    assert there.undo()
    assert there.worn == "style of B from layer 2 of 4"
    with pytest.raises(UsageError, match="a point here has 4 numbers, not 3"):
        there.dress(np.ones(3, np.float32), "C")


def test_a_style_begins_at_the_second_to_the_last_layer() -> None:
    there = Journey(np.zeros(LATENT, np.float32), depth=4)
    for change in (there.undress, lambda: there.shift(1)):
        with pytest.raises(UsageError, match="take over another's first"):
            change()
    there.dress(np.ones(LATENT, np.float32), "7")
    seen = []
    for by in (-1, 1, 1, 1, -1, -1):
        there.shift(by)
        seen.append(there.worn.split()[-3])
    assert seen == ["2", "3", "4", "4", "3", "2"]
    there.dress(np.zeros(LATENT, np.float32), "8")
    assert there.worn == "style of 8 from layer 2 of 4"  # another one begins where the last one did
    for _ in range(4):
        assert there.undo()  # two of the six shifts changed nothing, so there is nothing to undo
    assert there.worn == "style of 7 from layer 3 of 4"


def test_the_way_back_has_an_end() -> None:
    there = journey()
    for _ in range(KEPT + 50):
        there.move(1, 0)
    assert len(there.travelled) == KEPT + 1


def test_what_comes_after_an_undo_takes_the_place_of_what_was_undone() -> None:
    there = journey()
    there.move(1, 0)
    there.undo()
    there.move(0, 1)
    assert not there.redo()


def test_concepts_come_and_go() -> None:
    there = journey()
    there.add_concept(Concept("mine", np.ones(LATENT, np.float32)))
    there.add_concept(Concept("mine", np.full(LATENT, 2, np.float32)))
    assert [each.name for each in there.concepts] == ["smile", "glasses", "hat", "mine"]
    there.slide("mine", 1)
    point = there.point
    there.remove_concept("mine")
    np.testing.assert_array_equal(there.point, point)
    with pytest.raises(UsageError, match="a concept here has 4 numbers, not 2"):
        there.add_concept(Concept("odd", np.zeros(2, np.float32)))


def test_marks_are_letters() -> None:
    marks = Marks({"b": np.ones(2, np.float32)})
    assert marks.free == "A"
    marks.put("A", np.zeros(2, np.float32))
    assert marks.letters == ("A", "B")
    np.testing.assert_array_equal(marks.all(), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(marks.point("b"), [1, 1])
    marks.take_away("b")
    marks.take_away("b")
    for wrong in ("", "AB", "1", "ä", "\x1b"):
        with pytest.raises(UsageError, match="a mark is a letter"):
            marks.put(wrong, np.zeros(2, np.float32))
    with pytest.raises(UsageError, match="nothing is marked C; marked: A"):
        marks.point("c")
    for letter in LETTERS:
        marks.put(letter, np.zeros(2, np.float32))
    assert marks.free == "Z"
    assert Marks().all().shape[0] == 0


def test_a_mark_is_not_moved_by_what_happens_to_the_point() -> None:
    point = np.zeros(2, np.float32)
    marks = Marks()
    marks.put("A", point)
    point += 1
    np.testing.assert_array_equal(marks.point("A"), [0, 0])
