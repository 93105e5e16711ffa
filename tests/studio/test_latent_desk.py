"""The thread behind the Latent page, without a page."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from models.errors import UsageError
from models.latent import load
from models.latent.model import Style
from studio.config import Paths
from studio.latent_desk import LatentDesk, Told
from studio.registry import Model, Registry
from tests.models.latent import fake


class Heard:
    """What a desk has said."""

    def __init__(self, registry: Registry) -> None:
        self.told: queue.Queue[Told] = queue.Queue()
        self.desk = LatentDesk(registry, self.told.put)

    def next(self, kind: str) -> Told:
        told = self.told.get(timeout=10)
        assert told.kind == kind, told
        return told


@pytest.fixture
def model(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Model:
    for name in ("vae", "gan"):
        monkeypatch.setitem(load.FAMILIES, name, "tests.models.latent.fake:from_checkpoint")
    return registry.save_model(fake.checkpoint(), name="stripes")


@pytest.fixture
def heard(registry: Registry, model: Model) -> Iterator[Heard]:
    found = Heard(registry)
    found.desk.open(model.id)
    yield found
    found.desk.close()


def point(value: float) -> Any:
    return np.full(fake.LATENT, value, np.float32)


def test_a_model_comes_with_all_that_a_page_needs(heard: Heard) -> None:
    opened = heard.next("opened").opened
    assert opened is not None
    np.testing.assert_array_equal(opened.start, fake.FakeModel().draw(1, 0)[0])
    assert opened.principal.shape == (6, 6)
    assert (opened.scale, opened.notes.concepts, len(opened.model.concepts)) == (1.0, (), 3)


def test_a_wish_is_served_between_the_pieces_of_a_job(heard: Heard) -> None:
    heard.next("opened")

    def job(_model: Any) -> Iterator[int]:
        for piece in range(3):
            heard.desk.want(point(piece))
            yield piece

    heard.desk.do(job)
    for piece in range(3):
        assert heard.next("picture").point[0] == piece
    assert heard.next("done").result == 2


def test_a_job_that_fails_is_told_in_a_line_and_the_next_one_is_done(heard: Heard) -> None:
    heard.next("opened")

    def refused(_model: Any) -> Iterator[None]:
        raise UsageError("that will not do")
        yield

    def broken(_model: Any) -> Iterator[None]:
        yield None
        raise ZeroDivisionError("one\ntwo")

    for job in (refused, broken):
        heard.desk.do(job)
    heard.desk.do(lambda _model: iter([7]))
    assert heard.next("problem").text == "that will not do"
    assert heard.next("problem").text == "ZeroDivisionError: one two"
    assert heard.next("done").result == 7


def test_points_of_another_space_are_passed_over(heard: Heard) -> None:
    heard.next("opened")
    heard.desk.want(np.zeros(99, np.float32))
    heard.desk.do(lambda _model: iter([1]))
    assert heard.next("done").result == 1


def test_a_walk_shows_where_it_is_until_it_is_stopped(heard: Heard) -> None:
    heard.next("opened")
    heard.desk.walk(lambda _model: lambda seconds: point(min(seconds, 3)))
    times = [heard.next("picture").point[0] for _ in range(4)]
    assert times == sorted(times)
    assert times[0] < times[-1]
    heard.desk.walk(None)
    heard.desk.want(point(2))
    while heard.next("picture").point[0] != 2:
        pass
    assert heard.desk._walk is None


def test_points_and_walks_are_shown_in_the_style_of_another(registry: Registry, model: Model) -> None:
    styled = registry.save_model(fake.checkpoint(family="gan"), name="layers")
    heard = Heard(registry)
    heard.desk.open(styled.id)
    heard.next("opened")
    style = Style(point(1), 1, "B")
    mixed = fake.FakeModel().decode(np.array([[0, 0, 1, 1, 1, 1]]))[0]
    heard.desk.want(point(0), style)
    told = heard.next("picture")
    np.testing.assert_array_equal(told.picture, mixed)
    assert told.style is style
    heard.desk.want(point(0))
    assert heard.next("picture").style is None
    heard.desk.walk(lambda _model: lambda _seconds: point(0), style)
    np.testing.assert_array_equal(heard.next("picture").picture, mixed)
    heard.desk.walk(None)
    heard.desk.open(model.id)
    while heard.told.get(timeout=10).kind != "opened":
        pass
    heard.desk.want(point(0), style)
    assert "a VAE has no styles to mix" in heard.next("problem").text
    heard.desk.close()


def test_damaged_notes_cost_nothing_but_themselves(registry: Registry, paths: Paths, model: Model) -> None:
    paths.latent_notes(model.id).write_text("{")
    heard = Heard(registry)
    heard.desk.open(model.id)
    assert "the notes in" in heard.next("problem").text
    assert heard.next("opened").opened is not None
    heard.desk.close()


def test_a_model_that_is_gone_is_told(registry: Registry, model: Model) -> None:
    heard = Heard(registry)
    heard.desk.open("nothing")
    assert "there is no model 'nothing'" in heard.next("problem").text
    heard.desk.want(point(1))  # nothing is open: it is passed over
    heard.desk.walk(lambda _model: lambda _seconds: point(0))
    heard.desk.open(model.id)
    assert heard.next("opened").opened is not None
    heard.desk.close()
