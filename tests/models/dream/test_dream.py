"""Whole dreams through a small network."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.checkpoint import Checkpoint, load, save
from models.dream import run as running
from models.dream.recipe import DreamRecipe
from models.dream.run import run
from models.errors import DivergedError, UsageError
from models.events import Event, Note, Picture, Snapshot, Step, Stop, Tune
from tests.models.dream.toy import Toy

SIZE = (60, 84)
SMALL = {
    "layers": ("second", "third=0.5"),
    "octaves": 3,
    "octave_scale": 1.4,
    "steps": 4,
    "jitter": 8,
    "preview_every": 2,
    "content": "a.png",
}


def drawn(source: str) -> NDArray[np.uint8]:
    seed = sum(source.encode())
    coarse = np.random.default_rng(seed).integers(40, 216, (6, 7, 3))
    return np.kron(coarse, np.ones((10, 12, 1))).astype(np.uint8)[: SIZE[0], : SIZE[1]]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Toy:
    toy = Toy()

    def open_source(source: str, *, side: int = 0, background: str = "white") -> Any:
        pixels = drawn(source)
        return SimpleNamespace(pixels=pixels, source=source, sha256=f"of {source}", size=pixels.shape[1::-1])

    # A machine under load has slow steps, and previews come by the clock then.
    monkeypatch.setattr("models.vision.sitting.PREVIEW_SECONDS", 1e9)
    monkeypatch.setattr(running, "open_source", open_source)
    monkeypatch.setattr(running.backbones, "load", lambda *_, **__: toy)
    return toy


def recipe(**changes: Any) -> DreamRecipe:
    return DreamRecipe.preset(**{**SMALL, **changes})


def started(chosen: DreamRecipe, **options: Any) -> Any:
    return run(chosen, folder=Path("/nowhere"), device="CPU:0", **options)


def final(events: list[Event]) -> Checkpoint:
    last = events[-1]
    assert isinstance(last, Snapshot)
    assert last.reason == "final"
    return last.checkpoint


def dreamt(chosen: DreamRecipe, **options: Any) -> Checkpoint:
    return final(list(started(chosen, **options)))


def until(going: Any, step: int) -> None:
    next(event for event in going if isinstance(event, Step) and event.step == step)


def notes(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Note)]


def test_a_dream_climbs_and_tells_how(network: Toy) -> None:
    events = list(started(recipe()))
    steps = [event for event in events if isinstance(event, Step)]
    assert [event.step for event in steps] == [*range(1, 13), 12]
    assert {event.total for event in steps} == {12}
    losses = [event.metrics["loss"] for event in steps]
    assert losses[3] > 1.2 * losses[0]
    assert losses[11] > losses[8]
    previews = [event for event in events if isinstance(event, Picture)]
    assert [event.label for event in previews[:6]] == [f"octave {k} of 3" for k in (1, 1, 2, 2, 3, 3)]
    assert previews[0].pixels.shape == (31, 43, 3)
    checkpoint = final(events)
    picture = checkpoint.arrays["picture"]
    assert picture.shape == (*SIZE, 3)
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(int) - drawn("a.png")).mean() > 2
    np.testing.assert_array_equal(previews[-1].pixels, picture)
    assert checkpoint.meta["sources"] == [{"source": "a.png", "sha256": "of a.png", "size": [84, 60]}]
    assert checkpoint.meta["recipe"] == recipe().model_dump(mode="json")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tile": 64, "target_class": "tabby"},
        {"normalise": "laplacian", "total_variation": 2.0},
        {"guide": "g.png", "layers": ("third",)},
        {"detail": 0.5},
    ],
)
def test_the_same_recipe_makes_the_same_picture(network: Toy, changes: Mapping[str, Any]) -> None:
    one, two = dreamt(recipe(**changes)), dreamt(recipe(**changes))
    other = dreamt(recipe(**changes, seed=1))
    np.testing.assert_array_equal(one.arrays["picture"], two.arrays["picture"])
    assert (one.arrays["picture"] != other.arrays["picture"]).any()


@pytest.mark.parametrize("stop", [1, 4, 5, 11])
def test_resuming_equals_never_having_stopped(network: Toy, stop: int, tmp_path: Path) -> None:
    whole = dreamt(recipe())
    going = started(recipe())
    until(going, stop)
    half = final([going.send(Stop()), *going])
    assert half.meta["step"] == stop
    assert half.arrays["picture"].shape == (*SIZE, 3)
    save(tmp_path / "half", half)
    rest = dreamt(recipe(), resume=load(tmp_path / "half"))
    assert rest.meta["step"] == 12
    for name in ("picture", "resume/picture"):
        np.testing.assert_array_equal(rest.arrays[name], whole.arrays[name])


def test_timed_snapshots_resume_as_well(network: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.vision.sitting.SNAPSHOT_SECONDS", 0.0)
    events = list(started(recipe()))
    timed = [event.checkpoint for event in events if isinstance(event, Snapshot) and event.reason == "timed"]
    assert [checkpoint.meta["step"] for checkpoint in timed] == list(range(1, 13))
    rest = dreamt(recipe(), resume=timed[6])
    np.testing.assert_array_equal(rest.arrays["picture"], final(events).arrays["picture"])
    assert rest.meta["seconds"] > timed[6].meta["seconds"]


def test_slow_steps_are_shown_by_the_clock(network: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.vision.sitting.PREVIEW_SECONDS", 0.0)
    for every, count in ((1000, 13), (0, 1)):
        events = list(started(recipe(preview_every=every)))
        assert sum(isinstance(event, Picture) for event in events) == count


def test_a_zoom_resumes_too(network: Toy) -> None:
    chosen = recipe(zoom_frames=3, zoom_steps=2, octaves=2, steps=2, rotate=3.0, keep_colour=True)
    whole = dreamt(chosen)
    assert whole.meta["step"] == 2 * 2 + 2 * 2
    frames = [whole.arrays[f"frames/{index:05}"] for index in range(3)]
    assert {frame.shape for frame in frames} == {(*SIZE, 3)}
    assert all((one != two).any() for one, two in itertools.pairwise(frames))
    np.testing.assert_array_equal(frames[-1], whole.arrays["picture"])
    for stop in (4, 5, 6):
        going = started(chosen)
        until(going, stop)
        rest = dreamt(chosen, resume=final([going.send(Stop()), *going]))
        for name, array in whole.arrays.items():
            np.testing.assert_array_equal(rest.arrays[name], array, err_msg=f"{name} after {stop}")


def test_too_few_pixels_for_all_octaves_are_told(network: Toy) -> None:
    """Case D1, with a minimum that leaves one of four."""
    network.minimum = 50
    events = list(started(recipe(octaves=4)))
    assert final(events).meta["step"] == 4
    assert any("too small for 4 octaves, so it is 1" in text for text in notes(events))


def test_a_picture_that_is_too_small_is_refused_before_the_first_step(network: Toy) -> None:
    network.minimum = 61
    with pytest.raises(UsageError, match=r"84x60 is too small for lite0, which needs 61 pixels"):
        dreamt(recipe())


@pytest.mark.parametrize("gain", [0.0, 1.0])
def test_a_zero_objective_leaves_the_picture_and_says_so(
    network: Toy, gain: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case D6: a network that answers to nothing, and layers that count for nothing."""
    monkeypatch.setattr(running.backbones, "load", lambda *_, **__: Toy(gain=gain))
    events = list(started(recipe(layers=("second=0", "third=0") if gain else ("third",), total_variation=1.0)))
    np.testing.assert_array_equal(final(events).arrays["picture"], drawn("a.png"))
    assert sum("the gradient is zero" in text for text in notes(events)) == 1
    assert all(np.isfinite(value) for event in events if isinstance(event, Step) for value in event.metrics.values())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"layers": ("nope",)}, "has no layer 'nope'; it has first, second, third"),
        ({"layers": ("second:12",)}, "second has the channels 0 to 11, not 12"),
        ({"changes": ('3 layers=["nope"]',)}, "has no layer 'nope'"),
    ],
)
def test_unknown_layers_and_channels_are_refused_before_the_first_step(
    network: Toy, changes: Mapping[str, Any], says: str
) -> None:
    """Case D8."""
    events = []
    with pytest.raises(UsageError, match=says):
        events += started(recipe(**changes))
    assert not any(isinstance(event, Step) for event in events)


def test_knobs_changed_on_the_way_are_kept_so_that_the_dream_can_be_done_again(network: Toy) -> None:
    going = started(recipe())
    until(going, 5)
    going.send(Tune({"step_size": 4.0, "layers": ("first", "third:3"), "octaves": 9, "nonsense": 1}))
    until(going, 8)
    going.send(Tune({"layers": ("nope",), "preview_every": 1}))
    events = list(going)
    tuned = final(events)
    assert tuned.meta["recipe"]["changes"] == ["5 step_size=4.0", '5 layers=["first", "third:3"]']
    assert tuned.meta["recipe"]["preview_every"] == 1
    assert [text for text in notes(events) if "nope" in text]
    again = dreamt(DreamRecipe.checked(tuned.meta["recipe"]))
    np.testing.assert_array_equal(again.arrays["picture"], tuned.arrays["picture"])
    assert (dreamt(recipe()).arrays["picture"] != tuned.arrays["picture"]).any()


def test_weights_change_without_a_new_trace(network: Toy) -> None:
    going = started(recipe())
    until(going, 2)
    calls = network.calls
    going.send(Tune({"layers": ("second=3", "third=-1")}))
    list(going)
    assert network.calls == calls


def test_pictures_to_keep_have_the_full_size(network: Toy) -> None:
    """Case S7, of a dream: also the step at which it is stopped is kept."""
    going = started(recipe(save_every=3, preview_every=0))
    events: list[Event] = []
    for event in going:
        events.append(event)
        if isinstance(event, Step) and event.step == 7:
            events += [going.send(Stop()), *going]
            break
    kept = [event for event in events if isinstance(event, Picture) and event.keep]
    assert [event.label for event in kept] == ["step 3", "step 6"]
    assert {event.pixels.shape for event in kept} == {(*SIZE, 3)}
    assert final(events).meta["step"] == 7


def test_a_dream_goes_on_from_a_picture_made_before(network: Toy) -> None:
    one = dreamt(recipe())
    two = dreamt(recipe(), base=one)
    assert two.meta["sources"][0]["sha256"] != one.meta["sources"][0]["sha256"]
    changed = np.abs(two.arrays["picture"].astype(int) - one.arrays["picture"]).mean()
    assert 0 < changed < np.abs(two.arrays["picture"].astype(int) - drawn("a.png")).mean()


def test_kept_colours_are_the_pictures_own(network: Toy) -> None:
    found = dreamt(recipe(keep_colour=True)).arrays["picture"]
    free = dreamt(recipe()).arrays["picture"]

    def chroma(x: Any) -> Any:
        return x.astype(float) @ np.array([[-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]]).T

    inside = (found.min(axis=2) > 2) & (found.max(axis=2) < 253)
    assert inside.mean() > 0.5
    assert np.abs(chroma(found) - chroma(drawn("a.png")))[inside].max() < 4
    assert np.abs(chroma(free) - chroma(drawn("a.png"))).max() > 10


def test_a_gradient_that_explodes_ends_with_the_last_good_picture(
    network: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.backbones, "load", lambda *_, **__: Toy(gain=1e15))
    going = started(recipe())
    kept = next(event for event in going if isinstance(event, Snapshot))
    assert kept.checkpoint.meta["step"] == 0
    with pytest.raises(DivergedError, match="non-finite gradient at step 1"):
        next(going)


def test_a_stop_before_the_first_step_leaves_nothing(network: Toy) -> None:
    going = started(recipe())
    next(going)
    with pytest.raises(StopIteration):
        going.send(Stop())


def test_a_stop_between_tiles_is_prompt(network: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.dream.dreaming.YIELD_SECONDS", 0.0)
    going = started(recipe(tile=32, octaves=1))
    steps = [next(event for event in going if isinstance(event, Step)) for _ in range(3)]
    assert [event.step for event in steps] == [0, 0, 0]
    kept = final([going.send(Stop()), *going])
    assert kept.meta["step"] == 0
    np.testing.assert_array_equal(kept.arrays["picture"], drawn("a.png"))
