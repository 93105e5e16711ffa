from __future__ import annotations

import numpy as np
import pytest

from models.errors import UsageError
from models.latent import manifold
from models.latent.sheet import GROUND, coloured, enlarged, sheet
from models.latent.traversal import along, along_dimension
from tests.models.latent.fake import FakeModel


def test_quantiles_split_the_normal_evenly() -> None:
    found = manifold.quantiles(4)
    np.testing.assert_allclose(found, [-1.1503, -0.3186, 0.3186, 1.1503], atol=1e-4)
    assert manifold.quantiles(1) == 0


def test_a_space_of_two_dimensions_is_shown_as_it_is() -> None:
    found = manifold.grid(FakeModel(latent=2), 3, 2).reshape(3, 2, 2)
    side, up = manifold.quantiles(2), manifold.quantiles(3)
    np.testing.assert_allclose(found[0, 0], [side[0], up[2]])  # top left: the first one low, the second one high
    np.testing.assert_allclose(found[2, 1], [side[1], up[0]])


def test_a_larger_space_is_cut_along_its_strongest_directions() -> None:
    point = np.arange(6, dtype=np.float32)
    found = manifold.grid(FakeModel(), 3, 3, point).reshape(3, 3, 6)
    np.testing.assert_array_equal(found[1, 1], point)
    np.testing.assert_array_equal(found[:, :, :4], np.broadcast_to(point[:4], (3, 3, 4)))
    assert found[0, 0, 5] < point[5] < found[0, 2, 5]
    assert found[2, 0, 4] < point[4] < found[0, 0, 4]
    assert manifold.grid(FakeModel(latent=1), 2, 2).shape == (4, 1)


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (65, 3), (3, 0)])
def test_a_grid_has_bounds(rows: int, columns: int) -> None:
    with pytest.raises(UsageError, match="a grid has 1 to 64"):
        manifold.grid(FakeModel(), rows, columns)


def test_traversals_change_one_thing() -> None:
    point = np.arange(4, dtype=np.float32)
    found = along_dimension(point, 2, np.array([-3, 3], np.float32))
    np.testing.assert_array_equal(found, [[0, 1, -3, 3], [0, 1, 3, 3]])
    with pytest.raises(UsageError, match="the dimensions 0 to 3, not 4"):
        along_dimension(point, 4, np.zeros(1, np.float32))
    way = np.array([1, 0, 0, 1], np.float32)
    np.testing.assert_array_equal(along(point, way, 2, 3), [point - 2 * way, point, point + 2 * way])
    np.testing.assert_array_equal(along(point, way, 2, 1), [point])


def test_a_sheet_has_gaps_and_leaves_the_rest_dark() -> None:
    pictures = np.stack([np.full((4, 6, 1), 10 * (place + 1), np.uint8) for place in range(5)])
    found = sheet(pictures, columns=3, gap=2)
    assert found.shape == (10, 22, 3)
    assert found[0, 0].tolist() == [10, 10, 10]
    assert found[6, 8].tolist() == [50, 50, 50]
    assert found[6, 16].tolist() == [GROUND] * 3
    assert (found[4:6] == GROUND).all()
    assert (found[:, 6:8] == GROUND).all()
    assert sheet(pictures).shape == (4 * 2 + 2, 6 * 3 + 4, 3)
    assert sheet(pictures[:1]).shape == (4, 6, 3)


def test_pictures_get_colour_and_size() -> None:
    grey = np.full((4, 6, 1), 7, np.uint8)
    assert coloured(grey).shape == (4, 6, 3)
    assert (enlarged(coloured(grey), 3) == 7).all()
    assert enlarged(coloured(grey), 3).shape == (12, 18, 3)
    same = coloured(grey)
    assert enlarged(same, 1) is same
