from __future__ import annotations

import numpy as np

from models.latent.walk import Walk
from tests.models.latent.fake import FakeModel

LARGE = 128


def test_a_walk_follows_from_its_seed_in_any_order() -> None:
    model = FakeModel()
    first, second = Walk(model, 3), Walk(model, 3)
    times = [0.0, 0.3, 5.7, 40.2, 2.1]
    np.testing.assert_array_equal([first.at(time) for time in times], [second.at(t) for t in times[::-1]][::-1])
    assert not np.allclose(first.at(0.5), Walk(model, 4).at(0.5))


def test_a_walk_is_smooth_and_stays_where_points_are() -> None:
    walk = Walk(FakeModel(latent=LARGE), 0)
    path = walk.points(400, pace=1, fps=20)
    assert path.dtype == np.float32
    lengths = np.linalg.norm(path, axis=1)
    assert np.abs(lengths / np.sqrt(LARGE) - 1).max() < 0.25
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.max() < 4 * np.median(steps)
    assert np.linalg.norm(path[0] - path[-1]) > np.sqrt(LARGE) / 2  # it gets somewhere


def test_a_walk_begins_where_it_is_told_and_pace_is_speed() -> None:
    model, start = FakeModel(), np.full(6, 0.5, np.float32)
    walk = Walk(model, 1, start=start)
    np.testing.assert_allclose(walk.at(0), start, rtol=1e-6)
    np.testing.assert_allclose(walk.at(1), model.draw(1, 2)[0], rtol=1e-5)
    slow, fast = (walk.points(5, pace, 10) for pace in (0.5, 1.0))
    np.testing.assert_array_equal(slow[::2], fast[:3])
    near = Walk(model, 1, truncation=0.1).at(1)
    np.testing.assert_allclose(near, walk.at(1) * 0.1, rtol=1e-4)
