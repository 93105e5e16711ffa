from __future__ import annotations

import numpy as np
import pytest

from models.errors import UsageError
from models.latent.groups import group_of, grouped
from models.latent.model import Concept
from models.latent.swap import swapped


def concepts(names: list[str], seed: int = 0, latent: int = 24) -> list[Concept]:
    random = np.random.default_rng(seed)
    return [Concept(name, random.normal(size=latent).astype(np.float32)) for name in names]


def test_concepts_know_their_groups() -> None:
    found = {"smile": "expression", "turn": "expression", "hat:cap": "wear", "jaw": "identity", "light": "setting",
             "Smiling": "expression", "Male": "identity", "mine": "", "": ""}  # fmt: skip
    assert {name: group_of(name) for name in found} == found
    assert [each.name for each in grouped(concepts(["jaw", "smile", "turn"]), "expression")] == ["smile", "turn"]


def test_the_expression_is_taken_over_and_the_person_stays() -> None:
    known = concepts(["smile", "turn", "jaw", "skin"])
    smile, turn, jaw, skin = (each.direction for each in known)
    person, other = 0.4 * jaw - 0.2 * smile, 0.5 * smile - 0.4 * turn - 0.5 * jaw + 0.3 * skin
    found = swapped(person, other, known)
    assert found.dtype == np.float32
    wanted = 0.4 * jaw + 0.5 * smile - 0.4 * turn
    assert np.linalg.norm(found - wanted) < 0.2 * np.linalg.norm(wanted - person)


def test_what_often_comes_with_an_expression_does_not_come_along() -> None:
    smile, jaw = np.array([1, 0, 0.0], np.float32), np.array([0.8, 0.6, 0], np.float32)
    known = [Concept("smile", smile), Concept("jaw", jaw)]
    found = swapped(np.zeros(3, np.float32), jaw, known)
    assert np.linalg.norm(found) < 0.25  # the chin alone looks like a smile to a part, and is none


def test_the_same_face_twice_is_that_face() -> None:
    known = concepts(["smile", "jaw"])
    person = np.random.default_rng(5).normal(size=24).astype(np.float32)
    np.testing.assert_array_equal(swapped(person, person, known), person)


def test_without_known_groups_the_concepts_are_named() -> None:
    known = concepts(["a", "b"])
    a = known[0].direction
    found = swapped(np.zeros(24, np.float32), a, known, take=["a"])
    assert np.linalg.norm(found - a) < 0.3 * np.linalg.norm(a)
    with pytest.raises(UsageError, match="expression and pose: name those to take over, of a, b"):
        swapped(np.zeros(24, np.float32), a, known)
    with pytest.raises(UsageError, match="make concepts of two groups of pictures first"):
        swapped(np.zeros(24, np.float32), a, [])
    with pytest.raises(UsageError, match="there is no concept 'c'"):
        swapped(np.zeros(24, np.float32), a, known, take=["c"])
