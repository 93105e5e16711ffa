"""Style transfer through a small network: its course, what may change, what is kept, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from models.checkpoint import Checkpoint
from models.errors import UsageError
from models.events import Event, Note, Picture, Run, Snapshot, Step, Stop, Tune
from models.style import run as running
from models.style.estimate import check_memory, estimate
from models.style.recipe import StyleRecipe
from models.vision import backbones, pictures
from models.vision.pyramid import scaled
from models.vision.sources import open_source
from tests.models.dream.toy import Toy


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> Toy:
    network = Toy()
    monkeypatch.setattr(backbones, "load", lambda *words, **more: network)
    return network


@pytest.fixture
def photo(tmp_path: Path) -> str:
    random = np.random.default_rng(3)
    small = random.integers(0, 255, (8, 10, 3), np.uint8)
    path = tmp_path / "photo.png"
    pictures.save(path, np.kron(small, np.ones((6, 6, 1), np.uint8)))
    return str(path)


def recipe(content: str, **knobs: Any) -> StyleRecipe:
    settings: dict[str, Any] = {
        "styles": ("marble",),
        "backbone": "toy",
        "scales": 2,
        "steps": 6,
        "preview_every": 2,
    } | knobs
    settings |= {"style_layers": ("first", "second"), "content_layers": ("third",)}
    return StyleRecipe.preset(content=content, **settings)


def start(chosen: StyleRecipe, **more: Any) -> Run:
    return running.run(chosen, folder=Path("unused"), device="CPU", **more)


def all_of(run: Run) -> list[Event]:
    return list(run)


def last(events: list[Event]) -> Checkpoint:
    final = events[-1]
    assert isinstance(final, Snapshot)
    assert final.reason == "final"
    return final.checkpoint


def upto(run: Run, step: int, command: Any) -> list[Event]:
    """Events of a run that is sent a command at a step."""
    events, event = [], next(run)
    while True:
        events.append(event)
        try:
            at = isinstance(event, Step) and event.step == step
            event = run.send(command if at else None)
        except StopIteration:
            return events


def test_a_transfer_lowers_its_loss_at_each_size_and_keeps_the_size_of_the_content(photo: str) -> None:
    events = all_of(start(recipe(photo, steps=15)))
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.step for step in steps[:-1]] == list(range(1, 31))
    assert steps[-1].total == 30
    losses = [step.metrics["loss"] for step in steps]
    assert losses[14] < losses[0]
    assert losses[-1] < losses[16]
    found = last(events)
    assert found.arrays["picture"].shape == (48, 60, 3)
    assert found.meta["recipe"]["content"] == photo
    assert [source["source"] for source in found.meta["sources"]] == [photo, "marble"]
    sizes = {event.pixels.shape[:2] for event in events if isinstance(event, Picture)}
    assert sizes == {(30, 38), (48, 60)}


def test_the_content_keeps_an_odd_size_to_the_pixel_s1(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    pictures.save(path, np.random.default_rng(0).integers(0, 255, (531, 800, 3), np.uint8))
    found = last(all_of(start(recipe(str(path), colour="keep", side=0, steps=1))))
    assert found.arrays["picture"].shape == (531, 800, 3)


def test_kept_colours_are_those_of_the_content(photo: str) -> None:
    found = last(all_of(start(recipe(photo, colour="keep", steps=3)))).arrays["picture"]
    content = pictures.load(Path(photo)).astype(int)
    shift = found.astype(int) - content
    inside = ((found > 0) & (found < 255)).all(axis=2)
    assert inside.any()
    assert np.ptp(shift[inside], axis=1).max() <= 1  # every channel is moved by the same


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
@pytest.mark.parametrize("stop", [6, 9])
def test_a_resumed_run_equals_one_never_interrupted(photo: str, optimiser: str, stop: int) -> None:
    chosen = recipe(photo, optimiser=optimiser, changes=("4 style_weight=2.5",))
    whole = last(all_of(start(chosen)))
    first = last(upto(start(chosen), stop, Stop()))
    assert first.meta["step"] == stop
    second = last(all_of(start(chosen, resume=first)))
    np.testing.assert_array_equal(second.arrays["picture"], whole.arrays["picture"])
    np.testing.assert_array_equal(second.arrays["resume/picture"], whole.arrays["resume/picture"])
    assert second.meta["step"] == whole.meta["step"] == 12


def test_the_same_seed_gives_the_same_picture_from_noise(photo: str) -> None:
    one, other, third = (
        last(all_of(start(recipe(photo, start="noise", seed=seed, steps=2)))).arrays["picture"] for seed in (1, 1, 2)
    )
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)


def test_a_search_may_begin_with_another_picture_which_then_belongs_to_it(photo: str) -> None:
    begun = recipe(photo, start_picture="marble", steps=1)
    events = all_of(start(begun))
    found = last(events)
    assert [source["source"] for source in found.meta["sources"]] == [photo, "marble", "marble"]
    marble = open_source("marble", side=60).pixels
    first = next(event for event in events if isinstance(event, Picture)).pixels
    assert np.abs(first.astype(int) - scaled(marble, first.shape[:2])).mean() < 20
    np.testing.assert_array_equal(last(all_of(start(begun))).arrays["picture"], found.arrays["picture"])


def test_what_is_resumed_has_the_pictures_it_began_with(photo: str) -> None:
    chosen = recipe(photo, start_picture="marble", style_scale=0.5)  # marble, at two sizes
    stopped = last(upto(start(chosen), 2, Stop()))
    assert last(all_of(start(chosen, resume=stopped))).meta["step"] == 12
    pictures.save(Path(photo), 255 - pictures.load(Path(photo)))
    with pytest.raises(UsageError, match="is no longer the picture"):
        all_of(start(chosen, resume=stopped))


def test_a_change_on_the_way_is_part_of_the_recipe_and_gives_the_same_again(photo: str) -> None:
    tuned = last(upto(start(recipe(photo)), 3, Tune({"style_weight": 4.0, "seed": 9})))
    assert tuned.meta["recipe"]["changes"] == ["3 style_weight=4.0"]
    again = last(all_of(start(StyleRecipe.checked(tuned.meta["recipe"]))))
    np.testing.assert_array_equal(again.arrays["picture"], tuned.arrays["picture"])


def test_what_cannot_change_on_the_way_is_told(photo: str) -> None:
    events = upto(start(recipe(photo)), 3, Tune({"seed": 9, "style_weight": -1}))
    told = [event.text for event in events if isinstance(event, Note)]
    assert any("seed cannot change" in text for text in told)
    assert any("style_weight" in text for text in told)


def test_pictures_are_kept_on_the_way_and_at_the_end_alone_s7(photo: str) -> None:
    for every, wanted in ((5, ["step 5", "step 10"]), (0, [])):
        events = all_of(start(recipe(photo, save_every=every)))
        kept = [event.label for event in events if isinstance(event, Picture) and event.keep]
        assert kept == wanted
    stopped = last(upto(start(recipe(photo, save_every=100)), 7, Stop()))
    assert stopped.meta["step"] == 7
    assert stopped.arrays["picture"].shape == (48, 60, 3)


def test_weights_out_of_bounds_overflow_and_nothing_s6(photo: str) -> None:
    with pytest.raises(UsageError, match="style_weight"):
        recipe(photo, style_weight=-1)
    events = all_of(start(recipe(photo, style_weight=0)))
    assert all(event.metrics["style"] == 0 for event in events if isinstance(event, Step))
    events = all_of(start(recipe(photo, style_weight=1e30)))
    told = [event.text for event in events if isinstance(event, Note)]
    assert any("non-finite" in text and "is kept" in text for text in told), told
    final = last(events)
    assert final.meta["step"] < 12
    assert np.isfinite(final.arrays["resume/picture"]).all()


def test_a_line_search_ends_where_the_next_step_begins_and_looks_once(
    photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.style.objective import Objective

    real, seen = Objective.gradient, []

    def watched(self: Any, picture: Any, *words: Any) -> Any:
        seen.append(picture.tobytes())
        return real(self, picture, *words)

    monkeypatch.setattr(Objective, "gradient", watched)
    last(all_of(start(recipe(photo, optimiser="lbfgs", scales=1, steps=5, changes=("2 style_weight=3",)))))
    # Only where the weights change is the same picture looked at again.
    assert len(seen) - len(set(seen)) == 1


def test_a_loss_that_is_not_finite_ends_it_with_the_last_good_picture(
    photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.style.objective import Objective

    real, calls = Objective.gradient, []

    def broken(self: Any, *words: Any) -> Any:
        calls.append(1)
        parts, gradient = real(self, *words)
        return (parts * np.inf, gradient) if len(calls) == 4 else (parts, gradient)

    monkeypatch.setattr(Objective, "gradient", broken)
    events = all_of(start(recipe(photo)))
    assert "non-finite loss at step 4" in " ".join(event.text for event in events if isinstance(event, Note))
    assert last(events).meta["step"] == 3


def test_colours_of_a_grey_picture_can_be_matched_s4(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    grey = np.repeat(np.random.default_rng(1).integers(0, 255, (40, 40, 1), np.uint8), 3, axis=2)
    pictures.save(path, grey)
    events = all_of(start(recipe(str(path), colour="match")))
    assert all(np.isfinite(list(event.metrics.values())).all() for event in events if isinstance(event, Step))


def test_several_styles_are_blended_and_masks_give_each_its_place(photo: str, tmp_path: Path) -> None:
    mask = np.zeros((48, 60, 3), np.uint8)
    mask[:, :30] = 255
    pictures.save(tmp_path / "left.png", mask)
    pictures.save(tmp_path / "right.png", 255 - mask)
    masks = (str(tmp_path / "left.png"), str(tmp_path / "right.png"))
    plain = {"styles": ("waves", "marble"), "content_weight": 0, "total_variation": 0, "scales": 1, "steps": 25}
    one, both, placed = (
        last(all_of(start(recipe(photo, **plain, **more)))).arrays["picture"].astype(float)
        for more in ({"blend": (1, 0)}, {}, {"masks": masks})
    )
    waves = last(all_of(start(recipe(photo, **(plain | {"styles": ("waves",)}))))).arrays["picture"]
    np.testing.assert_array_equal(one, waves)
    assert np.abs(both - one).mean() > 1
    assert np.abs(placed - both).mean() > 1


def test_a_layer_that_is_not_there_is_refused_with_those_there_are(photo: str) -> None:
    chosen = recipe(photo).changed(style_layers=("nix",))
    with pytest.raises(UsageError, match="no layer 'nix'; it has first, second, third"):
        all_of(start(chosen))


def test_a_picture_too_large_for_memory_is_refused_before_anything_is_loaded_s8(
    photo: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = estimate(StyleRecipe.preset(side=0), (8000, 8000))
    assert found.size == (8000, 8000)
    assert found.memory > 50e9
    memory = psutil.virtual_memory()._replace(available=8 * 10**9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    with pytest.raises(UsageError, match=r"8000x8000 needs about [\d.]+ GB of memory, 8.0 GB are free"):
        check_memory(StyleRecipe.preset(side=0), (8000, 8000))
    huge = tmp_path / "huge.png"
    monkeypatch.setattr(running, "size_of", lambda source: (8000, 8000))
    huge.write_bytes(b"never opened")
    with pytest.raises(UsageError, match="choose a smaller side"):
        next(start(recipe(str(huge), side=0)))


@pytest.mark.parametrize(
    ("knobs", "told"),
    [
        ({"styles": ()}, "styles: name at least one"),
        ({"blend": (1.0, 2.0)}, "blend: 2 shares for 1 styles"),
        ({"blend": (0.0,)}, "above 0"),
        ({"masks": ("a", "b")}, "masks: 2 pictures for 1 styles"),
        ({"changes": ("3 seed=2",)}, "cannot change"),
        ({"changes": ("style_weight=2",)}, "STEP KNOB=VALUE"),
        ({"changes": ("1 style_weight=-2",)}, "style_weight"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(knobs: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        StyleRecipe.preset(**knobs)
