"""Training a GAN: each player changes its own weights, and a resumed run equals one never interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models.checkpoint import Checkpoint
from models.devices import Placement
from models.errors import CorruptFileError, DivergedError, UsageError
from models.events import Note, Picture, Snapshot, Step
from models.gan import losses
from models.gan.estimate import cost, estimate
from models.gan.evaluate import evaluate
from models.gan.model import from_checkpoint
from models.gan.play import Game, pixels_of, scaled, spread
from models.gan.recipe import GanRecipe
from models.gan.task import GanTask
from models.gan.train import run
from models.latent.recipe import LatentRecipe
from models.latent.run import pictures
from tests.models.tiny_pictures import changed, final, npz, same

SMALL: dict[str, Any] = {
    "width": 4,
    "most": 8,
    "latent": 8,
    "batch": 4,
    "seconds": None,
    "frechet_every": None,
    "grid": 2,
}


def recipe(data: str, **knobs: Any) -> GanRecipe:
    ends = {} if knobs.keys() & {"steps", "epochs"} else {"steps": 1000}
    return GanRecipe.preset(data=data, **{**SMALL, **ends, **knobs})


def weights(network: Any) -> dict[str, Any]:
    return {name: variable.numpy().copy() for name, variable in network.named().items()}


def test_each_player_changes_its_own_weights_only_g4(tmp_path: Path) -> None:
    game = Game(recipe("faces"), 3, Placement(["CPU:0"]))
    real = tf.random.stateless_uniform([4, 32, 32, 3], [1, 2], -1, 1)
    generator, judge, average = weights(game.generator), weights(game.discriminator), weights(game.averaged)
    game.discriminator_step(real, tf.constant([0, 1]))
    assert not changed(generator, weights(game.generator))
    assert len(changed(judge, weights(game.discriminator))) == len(judge)
    judge = weights(game.discriminator)
    game.generator_step(4, tf.constant([0, 2]))
    assert not changed(judge, weights(game.discriminator))
    moved = changed(generator, weights(game.generator))
    assert moved == set(generator), set(generator) - moved
    assert changed(average, weights(game.averaged)) == set(average)


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"loss": "hinge", "spectral_norm": True, "r1": 0.0, "discriminator_steps": 2, "average": 0.0, "noise": 0.1},
        {"loss": "wasserstein", "r1": 0.0, "gradient_penalty": 10.0},
    ],
)
def test_a_resumed_run_equals_one_never_interrupted_g5(knobs: dict[str, Any], tmp_path: Path) -> None:
    data = npz(tmp_path)
    knobs = {"schedule": "constant", **knobs}
    whole = final(run(recipe(data, steps=10, **knobs), folder=tmp_path))
    half = final(run(recipe(data, steps=5, **knobs), folder=tmp_path))
    assert (whole.meta["step"], half.meta["step"]) == (10, 5)
    resumed = final(run(recipe(data, steps=10, **knobs), folder=tmp_path, resume=half))
    same(whole, resumed)
    assert resumed.arrays["generator_optimizer/0/iteration"] == 10
    steps = 10 * knobs.get("discriminator_steps", 1)
    assert resumed.arrays["discriminator_optimizer/0/iteration"] == steps


def test_more_pictures_a_step_than_there_are_still_make_steps_g1(tmp_path: Path) -> None:
    found = final(run(recipe(npz(tmp_path, 20), batch=64, epochs=2), folder=tmp_path))
    assert found.meta["step"] == 2


def test_the_tanh_becomes_pixels_and_comes_back_g3() -> None:
    assert pixels_of(tf.constant([-1.0, 0.0, 1.0, 7.0])).numpy().tolist() == [0, 128, 255, 255]
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(pixels_of(scaled(levels)).numpy(), levels)


def test_what_a_run_tells_and_shows(tmp_path: Path) -> None:
    events = list(run(recipe(npz(tmp_path, channels=1), steps=3, grid_every=1000.0), folder=tmp_path))
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any("20 pictures of 32x32" in note for note in notes)
    pictures = [event for event in events if isinstance(event, Picture)]
    assert len(pictures) == 2  # before the first step, and after the last
    assert pictures[0].pixels.shape == (66, 66, 3)
    last = [event for event in events if isinstance(event, Step)][-1]
    assert last.step == 3
    assert {"generator_loss", "discriminator_loss", "real_score", "fake_score", "diversity"} <= last.metrics.keys()
    snapshot = events[-1]
    assert isinstance(snapshot, Snapshot)
    assert snapshot.checkpoint.meta["data"]["channels"] == 1


def test_the_distance_is_measured_and_concepts_are_found(tmp_path: Path) -> None:
    knobs = {"frechet_every": 0.1, "frechet_count": 64, "count": 80}
    events = list(run(recipe("glyphs", steps=2, **knobs), folder=tmp_path))
    best = [event for event in events if isinstance(event, Snapshot) and event.reason == "best"]
    assert best
    checkpoint = best[-1].checkpoint.weights_only()
    assert checkpoint.meta["metrics"]["frechet"] > 0
    model = from_checkpoint(checkpoint)
    assert "slant" in {concept.name for concept in model.concepts}
    assert all(concept.direction.shape == (8,) and concept.direction.any() for concept in model.concepts)


def collapsing(task: GanTask) -> list[str]:
    found = []
    for diversity in (0.1, 0.9, 0.3, 0.19):
        found.append(task.trouble({"diversity": diversity}))
    return found


def test_a_collapse_is_told_once_the_pictures_have_differed(tmp_path: Path) -> None:
    from models.data.opening import open_set

    task = GanTask(recipe("x"), open_set(npz(tmp_path), folder=tmp_path), Placement(["CPU:0"]), {})
    before, alive, less, lost = collapsing(task)
    assert (before, alive, less) == ("", "", "")
    assert lost == "collapsed: the pictures differ 19% as much as the real ones; lower the rates to go on"
    assert not task.is_sound({"diversity": 0.3})
    assert task.is_sound({"diversity": 0.6})


def test_a_collapsed_run_ends_with_the_state_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, float]] = []

    def trouble(self: GanTask, metrics: dict[str, float]) -> str:
        seen.append(metrics)
        return "collapsed" if len(seen) == 4 else ""

    monkeypatch.setattr(GanTask, "trouble", trouble)
    monkeypatch.setattr(GanTask, "is_sound", lambda self, metrics: len(seen) < 3)
    events = list(run(recipe(npz(tmp_path), steps=100, save_every=1e-6, grid_every=100.0), folder=tmp_path))
    snapshot = events[-1]
    assert isinstance(snapshot, Snapshot)
    saved = [event for event in events if isinstance(event, Snapshot) and event.reason == "timed"]
    kept = snapshot.checkpoint.meta["step"]
    assert snapshot.reason == "final"
    assert 0 < kept < saved[-1].checkpoint.meta["step"]
    notes = [event for event in events if isinstance(event, Note) and event.level == "warning"]
    assert notes[-1].text.endswith(f"; the state of step {kept} is kept")


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "generator_loss", lambda kind, fake: tf.reduce_mean(fake) / 0.0)
    with pytest.raises(DivergedError, match="non-finite generator loss at step 1"):
        list(run(recipe(npz(tmp_path), steps=3), folder=tmp_path))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("gan")
    return final(run(recipe(npz(folder), steps=5), folder=folder)).weights_only()


def test_a_model_draws_decodes_mixes_and_inverts(trained: Checkpoint) -> None:
    model = from_checkpoint(trained)
    points = model.draw(3, seed=7)
    pixels = model.decode(points)
    assert (pixels.shape, pixels.dtype) == ((3, 32, 32, 3), np.uint8)
    np.testing.assert_array_equal(model.decode(model.draw(3, seed=7)), pixels)
    assert np.abs(model.draw(9, 1, 0.0) - model.usual.mean(axis=0)).max() < 1e-6
    np.testing.assert_array_equal(model.mix(points[:1], points[1:2], model.depth), pixels[:1])
    np.testing.assert_array_equal(model.mix(points[:1], points[1:2], 0), pixels[1:2])
    assert model.depth == 4
    one, other = (model.mix(points[:1], points[1:2], layers)[0].astype(int) for layers in (1, 3))
    for mixed in (one, other):
        assert all(np.abs(mixed - picture).max() > 0 for picture in pixels[:2])
    assert np.abs(one - pixels[1]).mean() < np.abs(other - pixels[1]).mean()
    directions = model.principal()
    np.testing.assert_allclose(directions @ directions.T, np.eye(8), atol=1e-4)
    found = model.decode(model.encode(pixels[:1]))
    middle = model.decode(model.usual.mean(axis=0, keepdims=True))
    wanted = pixels[:1].astype(float)
    assert np.abs(found - wanted).mean() < 0.5 * max(1.0, np.abs(middle - wanted).mean())
    with pytest.raises(UsageError, match="shape"):
        model.encode(np.zeros((1, 16, 16, 3), np.uint8))


def test_a_table_of_mixed_styles_is_made_again_to_the_pixel(trained: Checkpoint) -> None:
    model = from_checkpoint(trained)
    recipe = LatentRecipe.of(model.draw(2, 1), style=model.draw(3, 2), layers=2, table=True, gap=0)
    (table,) = pictures(recipe, model)
    assert table.shape == (3 * 32, 4 * 32, 3)
    np.testing.assert_array_equal(table[32:64, 32:64], model.mix(model.draw(1, 1), model.draw(1, 2), 2)[0])
    again = LatentRecipe.checked(recipe.model_dump(mode="json"))
    np.testing.assert_array_equal(next(pictures(again, from_checkpoint(trained))), table)


def test_half_precision_weights_make_nearly_the_same_pictures(trained: Checkpoint) -> None:
    half = Checkpoint(trained.meta, {name: array.astype(np.float16) for name, array in trained.arrays.items()})
    one, other = from_checkpoint(trained), from_checkpoint(half)
    points = one.draw(4, seed=1)
    assert np.abs(one.decode(points).astype(int) - other.decode(points)).max() <= 3


def test_a_model_that_does_not_fit_is_told_to_be_corrupt(trained: Checkpoint) -> None:
    lacking = {name: array for name, array in trained.arrays.items() if "start/kernel" not in name}
    with pytest.raises(CorruptFileError, match="generator/start/kernel"):
        from_checkpoint(Checkpoint(trained.meta, lacking))
    bad = {
        **trained.arrays,
        "weights/generator/start/bias": np.full_like(trained.arrays["weights/generator/start/bias"], np.nan),
    }
    with pytest.raises(CorruptFileError, match="not finite"):
        from_checkpoint(Checkpoint(trained.meta, bad))
    with pytest.raises(UsageError, match="text model"):
        from_checkpoint(Checkpoint({**trained.meta, "family": "text"}, trained.arrays))


def test_training_further_starts_from_the_model(trained: Checkpoint, tmp_path: Path) -> None:
    events = run(recipe(npz(tmp_path), steps=1, width=16, generator_rate=1e-12, discriminator_rate=1e-12),
                 folder=tmp_path, base=trained)  # fmt: skip
    found = final(events)
    name = "weights/generator/start/kernel"
    np.testing.assert_allclose(found.arrays[name], trained.arrays[name], atol=1e-6)
    with pytest.raises(UsageError, match="channels"):
        list(run(recipe(npz(tmp_path, channels=1, name="grey"), steps=1), folder=tmp_path, base=trained))


def test_evaluating_compares_with_the_set_and_the_set_with_itself(trained: Checkpoint, tmp_path: Path) -> None:
    from models.data.opening import open_set

    found = evaluate(trained, open_set(npz(tmp_path, 40), folder=tmp_path), folder=tmp_path)
    assert found["frechet"] > found["set_itself"] > 0
    assert 0 < found["diversity"] < 10
    with pytest.raises(UsageError, match="importance"):
        evaluate(trained, open_set(npz(tmp_path, 40), folder=tmp_path), folder=tmp_path, importance=5)


@pytest.mark.parametrize("knobs", [{}, {"size": 64, "mapping": 0}, {"latent": 5, "most": 16}])
def test_the_parameters_are_counted_exactly(knobs: dict[str, Any]) -> None:
    asked = recipe("faces", **knobs)
    game = Game(asked, 3, Placement(["CPU:0"]))
    count = sum(int(np.prod(variable.shape)) for variable in [*game.generating, *game.judging])
    assert cost(asked, 3).parameters == count
    found = estimate(asked.changed(steps=100), 50, (asked.size or 0, asked.size or 0), 3, (asked, 0.5))
    assert (found.steps, found.passes, found.measured) == (100, pytest.approx(100 / 13), True)
    assert found.step_seconds == pytest.approx(0.5)


def test_losses_by_hand() -> None:
    real, fake = tf.constant([2.0, -1.0]), tf.constant([0.5, -3.0])
    assert float(losses.discriminator_loss("hinge", real, fake)) == pytest.approx(1.0 + 0.75)
    assert float(losses.discriminator_loss("wasserstein", real, fake)) == pytest.approx(-1.25 - 0.5)
    plain = np.log1p(np.exp([-2.0, 1.0])).mean() + np.log1p(np.exp([0.5, -3.0])).mean()
    assert float(losses.discriminator_loss("non-saturating", real, fake)) == pytest.approx(plain, rel=1e-5)
    smooth = 0.9 * np.log1p(np.exp([-2.0, 1.0])).mean() + 0.1 * np.log1p(np.exp([2.0, -1.0])).mean()
    smooth += np.log1p(np.exp([0.5, -3.0])).mean()
    found = losses.discriminator_loss("non-saturating", real, fake, smoothing=0.1)
    assert float(found) == pytest.approx(smooth, rel=1e-5)
    assert float(losses.generator_loss("wasserstein", fake)) == pytest.approx(1.25)
    pictures = tf.ones([2, 3, 3, 1])
    slope = lambda x: 2.0 * tf.reduce_sum(x, axis=[1, 2, 3])  # noqa: E731
    assert float(losses.r1_penalty(slope, pictures)) == pytest.approx(0.5 * 4 * 9)
    penalty = losses.gradient_penalty(slope, pictures, tf.zeros_like(pictures), tf.constant([0, 1]))
    assert float(penalty) == pytest.approx((6.0 - 1.0) ** 2)


def test_equal_pictures_have_no_spread() -> None:
    one = tf.random.stateless_uniform([1, 32, 32, 3], [1, 2])
    assert float(spread(tf.repeat(one, 4, axis=0))) < 1e-5
    assert float(spread(tf.random.stateless_uniform([4, 32, 32, 3], [1, 2]))) > 0.02


@pytest.mark.parametrize(
    ("knobs", "word"),
    [({"size": 48}, "32, 64 or 128"), ({"gradient_penalty": 1.0}, "two penalties"),
     ({"loss": "hinge", "smoothing": 0.1}, "no labels")],
)  # fmt: skip
def test_recipes_that_make_no_sense_are_refused(knobs: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        recipe("faces", **knobs)


@pytest.mark.parametrize("preset", GanRecipe.presets)
def test_every_preset_is_a_recipe(preset: str) -> None:
    assert GanRecipe.preset(preset).size in (32, 64)
