from __future__ import annotations

import numpy as np
import pytest

from models.data.attributes import Table
from models.data.faces.face import Face
from models.data.sets import Attributes
from models.errors import UsageError
from models.latent.concepts import applied, from_attributes, from_groups, from_readings, named
from models.latent.model import Concept


def codes_of(values: np.ndarray, directions: np.ndarray, noise: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(3)
    found = values @ directions + 0.7 + noise * random.normal(size=(len(values), directions.shape[1]))
    return found.astype(np.float32)


def test_directions_are_found_though_attributes_go_together() -> None:
    random = np.random.default_rng(0)
    hat = random.random(4000) < 0.5
    beard = np.where(hat, random.random(4000) < 0.9, random.random(4000) < 0.1)
    smile = random.uniform(-1, 1, 4000)
    values = np.stack([hat, beard, smile], axis=1).astype(np.float32)
    directions = random.normal(size=(3, 6))
    codes = codes_of(values, directions, noise=0.1)
    found = from_attributes(codes, Attributes(("hat", "beard", "smile"), values))
    assert [concept.name for concept in found] == ["hat", "beard", "smile"]
    for concept, direction, reach in zip(found, directions, (1, 1, np.ptp(values[:, 2])), strict=True):
        assert concept.direction.dtype == np.float32
        np.testing.assert_allclose(concept.direction, direction * reach, atol=0.05)
    plain = codes[hat].mean(axis=0) - codes[~hat].mean(axis=0)
    assert np.abs(plain - directions[0]).max() > 0.3  # the means alone mix the hat with the beard


def test_a_direction_among_readings_climbs_its_own_plane_and_keeps_the_others_level() -> None:
    """The two planes lean towards each other, and the codes spread unevenly: along a slope alone both would climb."""
    random = np.random.default_rng(0)
    codes = (random.normal(size=(2000, 4)) * [1.0, 3.0, 0.5, 1.0] + 2.0).astype(np.float32)
    planes = np.array([[1.0, 0.0, 0.0, 0.0], [0.9, 0.1, 0.0, 0.0]]).T
    readings = (codes @ planes + 0.01 * random.normal(size=(2000, 2))).astype(np.float32)
    assert np.corrcoef(readings.T)[0, 1] > 0.9, "the slope of one climbs the other nearly as much"
    smile, glasses = from_readings(codes, Attributes(("smile", "glasses"), readings))
    assert (smile.name, glasses.name) == ("smile", "glasses")
    for concept, own in ((smile, 0), (glasses, 1)):
        climbs = concept.direction @ planes / readings.std(axis=0)
        assert climbs[own] > 0.5
        assert abs(climbs[1 - own]) < 0.6 * climbs[own]
        assert np.linalg.norm((concept.direction) / codes.std(axis=0)) < 3.1
    assert abs(smile.direction[2:]).max() < 0.1, "what nothing is read from stays as it is"


def test_kinds_of_one_attribute_do_not_hold_each_other() -> None:
    random = np.random.default_rng(1)
    codes = random.normal(size=(2000, 3)).astype(np.float32)
    cap = codes[:, 0] + 0.05 * random.normal(size=2000)
    values = np.stack([cap, -cap, np.full(2000, 4.0)], axis=1).astype(np.float32)
    found = from_readings(codes, Attributes(("hat:cap", "hat:none", "always"), values))
    assert [concept.name for concept in found] == ["hat:cap", "hat:none"]
    assert found[0].direction[0] == pytest.approx(3.0, rel=0.02)
    with pytest.raises(UsageError, match="2000 codes for the attributes of 1999"):
        from_readings(codes, Attributes(("a",), values[1:, :1]))


def test_a_kind_leads_from_its_other_kinds_whatever_the_fit_adds_to_all_of_them() -> None:
    table = Table.drawn(Face, range(3000), 1)
    columns, values = table.columns(), table.matrix()
    random = np.random.default_rng(1)
    directions = random.normal(size=(len(columns), 5))
    found = {c.name: c.direction for c in from_attributes(codes_of(values, directions), Attributes(columns, values))}
    kinds = [place for place, name in enumerate(columns) if name.startswith("hat:")]
    for place in kinds:
        others = [other for other in kinds if other != place]
        weights = values[:, others].mean(axis=0)
        wanted = directions[place] - weights @ directions[others] / weights.sum()
        np.testing.assert_allclose(found[columns[place]], wanted, atol=0.02)


def test_what_never_changes_has_no_direction_and_what_is_unknown_does_no_harm() -> None:
    random = np.random.default_rng(2)
    values = np.stack([np.ones(500), random.random(500) < 0.5], axis=1).astype(np.float32)
    codes = codes_of(values, np.array([[1.0, 0], [0, 2.0]]))
    values[:5, 1] = np.nan
    (found,) = from_attributes(codes, Attributes(("always", "glasses"), values))
    assert found.name == "glasses"
    np.testing.assert_allclose(found.direction, [0, 2], atol=0.05)
    assert from_attributes(codes, Attributes(("always",), np.ones((500, 1), np.float32))) == ()
    assert from_attributes(codes, Attributes((), np.ones((500, 0), np.float32))) == ()
    with pytest.raises(UsageError, match="500 codes for the attributes of 2 pictures"):
        from_attributes(codes, Attributes(("a",), np.ones((2, 1), np.float32)))


def test_two_that_are_always_together_share_a_direction() -> None:
    values = np.repeat(np.arange(100)[:, None] % 2, 2, axis=1).astype(np.float32)
    found = from_attributes(codes_of(values, np.array([[2.0], [0.0]])), Attributes(("a", "b"), values))
    assert [concept.direction[0] for concept in found] == pytest.approx([1, 1], abs=0.01)


def test_groups_lead_from_middle_to_middle() -> None:
    without, with_ = np.array([[0, 0], [2, 0]], np.float32), np.array([[5, 1]], np.float32)
    concept = from_groups(without, with_, "mine")
    assert concept.name == "mine"
    np.testing.assert_array_equal(concept.direction, np.array([4, 1], np.float32))
    np.testing.assert_array_equal(applied(without, concept, -0.5), without - np.array([2, 0.5], np.float32))
    assert applied(without, concept, 0.1).dtype == np.float32
    with pytest.raises(UsageError, match="the group of pictures with it is empty"):
        from_groups(without, with_[:0])
    with pytest.raises(UsageError, match="the group of pictures without it is empty"):
        from_groups(without[:0], with_)


def test_a_concept_is_found_by_name() -> None:
    concepts = (Concept("smile", np.zeros(2, np.float32)), Concept("[/", np.ones(2, np.float32)))
    assert named(concepts, "[/") is concepts[1]
    with pytest.raises(UsageError, match=r"no concept 'x\\n'; this model has smile, \[/"):
        named(concepts, "x\n")
