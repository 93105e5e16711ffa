"""Classes by name and number."""

from __future__ import annotations

import pytest

from models.dream.classes import number
from models.errors import UsageError
from tests.models.dream.toy import Toy

NAMES = Toy.classes


@pytest.mark.parametrize(
    ("wanted", "index"),
    [("espresso", 1), ("Espresso Maker", 2), ("espresso_maker", 2), ("tabby", 3), ("tinca", 0), ("2", 2), (" 3 ", 3)],
)
def test_a_class_goes_by_its_name_a_part_of_it_or_its_number(wanted: str, index: int) -> None:
    assert number(wanted, NAMES, "toy") == index


@pytest.mark.parametrize(
    ("wanted", "classes", "says"),
    [
        ("sp", NAMES, "'sp' may be espresso, espresso maker"),
        ("goldfish", NAMES, "toy knows no 'goldfish'"),
        ("4", NAMES, "toy has the classes 0 to 3, not 4"),
        ("espresso", (), "toy knows no classes"),
    ],
)
def test_a_class_that_is_not_clear_is_refused_in_one_line(wanted: str, classes: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        number(wanted, classes, "toy")
    assert "\n" not in str(caught.value)
