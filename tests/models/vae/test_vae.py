"""Training a VAE, measuring it, and using what was trained."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models import checkpoint as checkpoints
from models.checkpoint import Checkpoint
from models.data.opening import open_set
from models.errors import CorruptFileError, UsageError
from models.events import Note, Picture, Snapshot, Step
from models.vae import bound
from models.vae.estimate import cost, estimate
from models.vae.evaluate import evaluate
from models.vae.model import from_checkpoint
from models.vae.nets import Nets
from models.vae.recipe import VaeRecipe
from models.vae.shape import Shape
from models.vae.train import run
from tests.models.tiny_pictures import final, npz, same

SMALL: dict[str, Any] = {
    "width": 4, "most": 8, "hidden": 16, "latent": 6, "batch": 4, "seconds": None, "grid": 2, "grid_every": 1000.0,
    "schedule": "constant", "warmup": 4,
}  # fmt: skip


def recipe(data: str, **knobs: Any) -> VaeRecipe:
    ends = {} if knobs.keys() & {"steps", "epochs"} else {"steps": 1000}
    return VaeRecipe.preset(data=data, **{**SMALL, **ends, **knobs})


@pytest.mark.parametrize(("mean", "log_variance", "nats"), [(0, 0, 0), (1, 0, 0.5), (2, math.log(4), 2.8069)])
def test_the_divergence_by_hand_v4(mean: float, log_variance: float, nats: float) -> None:
    found = bound.divergence(tf.constant([[float(mean)]]), tf.constant([[float(log_variance)]]))
    assert float(found[0, 0]) == pytest.approx(nats, abs=1e-4)


def test_a_huge_variance_stays_finite_v4() -> None:
    assert math.isfinite(float(bound.divergence(tf.constant([[0.0]]), tf.constant([[200.0]]))[0, 0]))
    assert math.isfinite(float(bound.sampled(tf.zeros([1, 1]), tf.constant([[200.0]]), tf.ones([1, 1]))[0, 0]))


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_reconstruction_term_is_never_negative_v2(likelihood: str) -> None:
    pictures = tf.constant(np.linspace(0, 1, 48, dtype=np.float32).reshape(1, 4, 4, 3))
    perfect = tf.math.log(tf.clip_by_value(pictures, 1e-6, 1 - 1e-6) / (1 - tf.clip_by_value(pictures, 1e-6, 1 - 1e-6)))
    for logits in (perfect, -perfect, 100 * perfect):
        assert float(bound.reconstruction(likelihood, pictures, logits, tf.constant(-9.0))[0]) >= 0


@pytest.mark.parametrize("channels", [1, 3])
def test_a_resumed_run_equals_one_never_interrupted(tmp_path: Path, channels: int) -> None:
    data = npz(tmp_path, channels=channels)
    knobs = {"validation": 0.2, "validate_every": 1e-3}
    whole = final(run(recipe(data, steps=10, **knobs), folder=tmp_path))
    half = final(run(recipe(data, steps=5, **knobs), folder=tmp_path))
    resumed = final(run(recipe(data, steps=10, **knobs), folder=tmp_path, resume=half))
    assert (half.meta["step"], resumed.meta["step"]) == (5, 10)
    assert resumed.arrays["optimizer/0/iteration"] == 10
    same(whole, resumed)


def test_ten_pictures_in_batches_of_four_all_count_v1(tmp_path: Path) -> None:
    data = npz(tmp_path, 10)
    found = final(run(recipe(data, epochs=1, validation=0.0), folder=tmp_path))
    assert found.meta["step"] == 3
    model = from_checkpoint(found.weights_only())
    pixels = open_set(data, folder=tmp_path).read(np.arange(10))
    assert model.decode(model.encode(pixels)).shape == pixels.shape


def test_the_fill_of_the_last_batch_weighs_nothing(tmp_path: Path) -> None:
    one = final(run(recipe(npz(tmp_path, 2), steps=1, validation=0.0, batch=2), folder=tmp_path))
    padded = final(run(recipe(npz(tmp_path, 2), steps=1, validation=0.0, batch=2, seed=0), folder=tmp_path))
    same(one, padded)
    wide = final(run(recipe(npz(tmp_path, 2), steps=1, validation=0.0, batch=8), folder=tmp_path))
    assert wide.meta["metrics"]["reconstruction"] == pytest.approx(one.meta["metrics"]["reconstruction"], rel=0.02)


def test_what_a_run_tells_and_shows(tmp_path: Path) -> None:
    events = list(run(recipe(npz(tmp_path, 20), steps=6, validation=0.2), folder=tmp_path))
    assert any("20 pictures of 32x32" in event.text for event in events if isinstance(event, Note))
    pictures = [event for event in events if isinstance(event, Picture)]
    assert pictures[-1].pixels.shape == (6 * 32 + 5 * 2, 66, 3)  # two pairs of rows, and two rows of new ones
    step = [event for event in events if isinstance(event, Step)][-1]
    parts = step.metrics["val_reconstruction"] + step.metrics["val_divergence"]
    assert step.metrics["val_loss"] == pytest.approx(parts)
    assert 0 <= step.metrics["active"] <= 6
    last = events[-1]
    assert isinstance(last, Snapshot)
    assert last.checkpoint.meta["family"] == "vae"


def test_learning_brings_the_bound_up(tmp_path: Path) -> None:
    data = npz(tmp_path, 40, channels=1)
    first = final(run(recipe(data, steps=1, learning_rate=5e-3), folder=tmp_path))
    later = final(run(recipe(data, steps=80, learning_rate=5e-3), folder=tmp_path))
    assert later.meta["metrics"]["val_loss"] < 0.8 * first.meta["metrics"]["val_loss"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("vae")
    return final(run(recipe("glyphs", steps=12, count=60), folder=folder)).weights_only()


def test_a_model_is_the_same_in_a_fresh_process_v5(trained: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    checkpoints.save(path, trained)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, trained.meta["data"]["channels"]), np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    code = (
        "import sys, numpy as np; from pathlib import Path; from models.checkpoint import load;"
        "from models.latent.load import open_model; folder = Path(sys.argv[1]);"
        "model = open_model(load(folder / 'model.safetensors'));"
        "np.save(folder / 'means.npy', model.encode(np.load(folder / 'pixels.npy')))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    here = from_checkpoint(trained).encode(pixels)
    np.testing.assert_allclose(np.load(tmp_path / "means.npy"), here, atol=1e-6)


def test_a_model_knows_concepts_and_where_points_lie(trained: Checkpoint) -> None:
    model = from_checkpoint(trained)
    assert "slant" in {concept.name for concept in model.concepts}
    np.testing.assert_array_equal(model.draw(4, 1), model.draw(4, 1))
    assert np.ptp(model.draw(5, 1, 0.0), axis=0).max() == 0
    directions = model.principal()
    np.testing.assert_allclose(directions @ directions.T, np.eye(6), atol=1e-4)
    spread = model.draw(4000, 2) @ directions.T
    assert spread[:, 0].std() >= spread[:, -1].std()
    assert model.scale > 0
    with pytest.raises(UsageError, match="shape"):
        model.encode(np.zeros((1, 16, 16, 1), np.uint8))


def test_models_that_do_not_fit_are_refused(trained: Checkpoint) -> None:
    lacking = {name: array for name, array in trained.arrays.items() if "decoder/start/kernel" not in name}
    with pytest.raises(CorruptFileError, match="decoder/start/kernel"):
        from_checkpoint(Checkpoint(trained.meta, lacking))
    with pytest.raises(UsageError, match="gan model"):
        from_checkpoint(Checkpoint({**trained.meta, "family": "gan"}, trained.arrays))
    with pytest.raises(CorruptFileError, match="recipe"):
        from_checkpoint(Checkpoint({**trained.meta, "recipe": {"latent": "x"}}, trained.arrays))


def test_the_bound_with_more_samples_is_tighter(trained: Checkpoint, tmp_path: Path) -> None:
    found = evaluate(trained, open_set("glyphs", count=40, seed=1, folder=tmp_path), folder=tmp_path, importance=32)
    assert found["elbo"] == pytest.approx(-(found["reconstruction"] + found["divergence"]))
    assert found["bound"] > found["elbo"]
    assert 0 <= found["active"] <= 6
    one = evaluate(trained, open_set("glyphs", count=40, seed=1, folder=tmp_path), folder=tmp_path, importance=1)
    # One sample is the same bound, with the divergence sampled rather than computed.
    assert one["bound"] == pytest.approx(one["elbo"], rel=0.02)
    with pytest.raises(UsageError, match="size"):
        evaluate(trained, open_set(npz(tmp_path), folder=tmp_path), folder=tmp_path)


@pytest.mark.parametrize(
    ("size", "channels", "padded"),
    [((28, 28), 1, (28, 28)), ((30, 30), 3, (32, 32)), ((64, 64), 3, (64, 64)), ((33, 50), 1, (40, 56)),
     ((128, 128), 3, (128, 128))],
)  # fmt: skip
def test_sizes_are_padded_and_cropped_back(size: tuple[int, int], channels: int, padded: tuple[int, int]) -> None:
    asked = recipe("x")
    shape = Shape.of(asked, size, channels)
    assert shape.padded == padded
    nets = Nets(asked, shape)
    mean, log_variance = nets.encoder(tf.zeros([2, *size, channels]))
    assert mean.shape == log_variance.shape == (2, 6)
    assert nets.decoder(mean).shape == (2, *size, channels)
    count = sum(int(np.prod(variable.shape)) for variable in nets.trained.values())
    assert cost(asked, size, channels).parameters == count


def test_an_estimate_goes_by_an_earlier_run() -> None:
    asked = recipe("faces", epochs=3)
    found = estimate(asked, 40, (32, 32), 3, (asked, 0.25))
    assert (found.steps, found.seconds, found.passes, found.measured) == (30, pytest.approx(7.5), 3.0, True)


def test_training_further_starts_from_the_model(trained: Checkpoint, tmp_path: Path) -> None:
    further = final(
        run(recipe("glyphs", steps=1, count=60, learning_rate=1e-12, width=16), folder=tmp_path, base=trained)
    )
    name = "weights/decoder/start/kernel"
    np.testing.assert_allclose(further.arrays[name], trained.arrays[name], atol=1e-6)
    with pytest.raises(UsageError, match="does not have"):
        list(run(recipe(npz(tmp_path), steps=1), folder=tmp_path, base=trained))


def test_dimensions_that_say_nothing_are_not_active(tmp_path: Path) -> None:
    found = final(run(recipe(npz(tmp_path, 20), steps=60, beta=100.0, warmup=0, learning_rate=1e-2), folder=tmp_path))
    assert found.meta["metrics"]["active"] < 6


@pytest.mark.parametrize("preset", VaeRecipe.presets)
def test_every_preset_is_a_recipe(preset: str) -> None:
    assert VaeRecipe.preset(preset).latent in (2, 64)


def test_patience_needs_pictures_held_out() -> None:
    with pytest.raises(UsageError, match="held out"):
        recipe("faces", patience=3, validation=0.0)
