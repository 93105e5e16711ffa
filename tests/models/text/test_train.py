"""Training text models, as whole runs over small corpora."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.checkpoint import Checkpoint, load, save
from models.devices import Placement
from models.engine import Engine
from models.errors import DivergedError, UsageError
from models.events import Event, Note, Snapshot, Step, Stop, Text
from models.text.model import TextModel
from models.text.network import build, set_arrays
from models.text.recipe import TextRecipe
from models.text.sampler import Sampler, Settings
from models.text.task import WORTH_COMPILING, TextTask
from models.text.train import run
from models.text.vocabulary import Vocabulary

SMALL = {
    "units": 16,
    "embedding": 8,
    "layers": 2,
    "window": 10,
    "batch": 8,
    "seconds": None,
    "sample_length": 0,
    "dropout": 0.0,
}
CLASSIC = {"units": 16, "batch": 32, "window": 20, "sample_length": 12}
TEXT = "The quick brown fox jumps over the lazy dog, and the dog sleeps on.\n" * 40


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    path = tmp_path / "corpus.txt"
    path.write_text(TEXT)
    return str(path)


def recipe(corpus: str, preset: str = "modern", **changes: Any) -> TextRecipe:
    return TextRecipe.preset(preset, **{"corpus": (corpus,), **(SMALL if preset == "modern" else CLASSIC), **changes})


def events_of(chosen: TextRecipe, **options: Any) -> list[Event]:
    return list(run(chosen, folder=Path("/nowhere"), device="CPU:0", **options))


def final(events: list[Event]) -> Checkpoint:
    last = events[-1]
    assert isinstance(last, Snapshot)
    assert last.reason == "final"
    return last.checkpoint


def best(events: list[Event]) -> Checkpoint:
    return [event.checkpoint for event in events if isinstance(event, Snapshot) and event.reason == "best"][-1]


def losses(events: list[Event], name: str = "val_loss") -> Iterator[float]:
    return (event.metrics[name] for event in events if isinstance(event, Step) and name in event.metrics)


def test_learns_to_write_the_text_it_read(corpus: str) -> None:
    events = events_of(recipe(corpus, steps=400, warmup=20, learning_rate=0.02, units=32))
    assert list(losses(events))[-1] < 0.3
    sampler = Sampler(TextModel.from_checkpoint(best(events)))
    lane = sampler.add("The quick", Settings(temperature=0.0, length=40))
    while lane.ended is None:
        sampler.step()
    assert lane.text == TEXT[: 9 + 40]


def test_says_what_is_trained_and_how_it_goes(corpus: str) -> None:
    events = events_of(recipe(corpus, steps=12))
    notes = [event.text for event in events if isinstance(event, Note)]
    assert notes[0] == f"reading {corpus}"
    assert notes[1].startswith(f"{len(TEXT):,} characters, ")
    told = [event for event in events if isinstance(event, Step)]
    assert told[-1].step == told[-1].total == 12
    assert told[-1].unit == "char"
    assert set(told[-1].metrics) == {"loss", "gradient_norm", "val_loss", "learning_rate"}


@pytest.mark.parametrize(
    "changes",
    [
        {"dropout": 0.3, "average": 0.9},
        {"units": 64, "window": 64, "batch": 16, "dropout": 0.3},
        {"stateful": False, "cell": "gru", "optimizer": "adamw"},
        {"target": "last", "stateful": False, "optimizer": "rmsprop", "validation": 0.0, "input": "onehot"},
    ],
)
def test_resuming_equals_never_having_stopped(
    corpus: str, changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = recipe(corpus, steps=10, save_every=1e-6, validate_every=1e-6, warmup=4, **changes)
    whole = final(events_of(chosen))
    with monkeypatch.context() as patch:
        patch.setattr("models.training.MOST_FUSED", 1)
        going = run(chosen, folder=Path("/nowhere"), device="CPU:0")
        saved = (event.checkpoint for event in going if isinstance(event, Snapshot) and event.reason != "live")
        half = next(checkpoint for checkpoint in saved if checkpoint.meta["step"] == 5)
        going.close()
    save(tmp_path / "half", half)
    rest = final(events_of(chosen, resume=load(tmp_path / "half")))
    assert rest.meta["step"] == 10
    assert rest.arrays["optimizer/iteration"] == 10
    assert rest.meta["metrics"]["loss"] == pytest.approx(whole.meta["metrics"]["loss"], abs=1e-6)
    assert rest.arrays.keys() == whole.arrays.keys()
    for name, array in whole.arrays.items():
        np.testing.assert_allclose(rest.arrays[name], array, rtol=0, atol=1e-6, err_msg=name)


def test_a_stop_and_a_resume_in_the_middle_of_an_epoch_read_the_same_text(corpus: str) -> None:
    """The state that streams carry, and where they are in the corpus, outlive the stop."""
    chosen = recipe(corpus, steps=40)
    whole = final(events_of(chosen))
    going = run(chosen, folder=Path("/nowhere"), device="CPU:0")
    next(event for event in going if isinstance(event, Step) and event.step > 0)
    half = final([going.send(Stop()), *going])
    assert 0 < half.meta["step"] < 40
    rest = final(events_of(chosen, resume=half))
    for name, array in whole.arrays.items():
        np.testing.assert_allclose(rest.arrays[name], array, rtol=0, atol=1e-5, err_msg=name)


def test_a_stop_before_the_first_step_leaves_nothing(corpus: str) -> None:
    going = run(recipe(corpus, steps=40), folder=Path("/nowhere"), device="CPU:0")
    next(going)
    next(going)
    with pytest.raises(StopIteration):
        going.send(Stop())


def test_the_same_seed_trains_the_same_model_and_another_one_another(corpus: str) -> None:
    one, two, other = (final(events_of(recipe(corpus, steps=5, dropout=0.2, seed=seed))) for seed in (1, 1, 2))
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(two.arrays[name], array, err_msg=name)
    assert not np.array_equal(one.arrays["weights/dense/kernel"], other.arrays["weights/dense/kernel"])


def test_val_loss_is_the_mean_over_all_held_out_characters(corpus: str) -> None:
    chosen = recipe(corpus, steps=30, validation=0.2, learning_rate=0.01)
    checkpoint = final(events_of(chosen))
    model = TextModel.from_checkpoint(checkpoint)
    ids = model.vocabulary.encode(TEXT)
    held = int(len(ids) * 0.2)
    network = build(chosen, len(model.vocabulary.symbols))
    set_arrays(network, checkpoint.arrays)
    scores = tf.function(network)(ids[None, :-1].astype(np.int32)).numpy()[0, -held:]
    scores -= scores.max(axis=1, keepdims=True)
    nats = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(held), ids[-held:]]
    assert checkpoint.meta["metrics"]["val_loss"] == pytest.approx(float(nats.mean()), abs=0.01)


def test_the_average_of_the_weights_is_what_is_measured_and_kept(corpus: str) -> None:
    checkpoint = final(events_of(recipe(corpus, steps=20, average=0.9)))
    assert {"raw/dense/kernel", "weights/dense/kernel"} <= set(checkpoint.arrays)
    assert not np.array_equal(checkpoint.arrays["raw/dense/kernel"], checkpoint.arrays["weights/dense/kernel"])
    assert all(name.startswith("weights/") for name in checkpoint.weights_only().arrays)


def test_classic_writes_after_each_epoch_at_each_temperature(corpus: str) -> None:
    events = events_of(recipe(corpus, "classic", epochs=2))
    texts = [event for event in events if isinstance(event, Text)]
    assert [text.label for text in texts] == ["T=0.2", "T=0.5", "T=1", "T=1.2"] * 2
    assert {len(text.text) for text in texts} == {12}
    assert {character for text in texts for character in text.text} <= set(TEXT.lower())
    checkpoint = final(events)
    assert checkpoint.meta["step"] == 2 * (((len(TEXT) - 20 - 1) // 3 + 1) // 32)
    assert "weights/embedding" not in checkpoint.arrays
    assert best(events).meta["best"]["epoch_loss"] <= min(losses(events, "epoch_loss"))
    assert checkpoint.meta["opening"] == TEXT.lower()[:20]


def test_classic_is_keras_recipe_to_the_letter(corpus: str) -> None:
    """One step equals that of the well-known script: one-hot input, softmax, cross-entropy, RMSprop at 0.01."""
    chosen = recipe(corpus, "classic", steps=1, epochs=None)
    checkpoint = final(events_of(chosen))
    model = TextModel.from_checkpoint(checkpoint)
    symbols = len(model.vocabulary.symbols)
    script = keras.Sequential(
        [keras.Input((20, symbols)), keras.layers.LSTM(16), keras.layers.Dense(symbols, activation="softmax")]
    )
    fresh = build(chosen, symbols)
    named = [found.numpy() for found in fresh.named().values()]
    script.set_weights(named)
    script.compile(optimizer=keras.optimizers.RMSprop(learning_rate=0.01), loss="categorical_crossentropy")
    ids = model.vocabulary.encode(TEXT)
    starts = np.arange(0, len(ids) - 20, 3)
    order = np.arange(len(starts), dtype=np.uint32)
    np.random.default_rng((chosen.seed, 0)).shuffle(order)
    starts = starts[order[:32]]
    x = np.eye(symbols, dtype=np.float32)[np.stack([ids[start : start + 20] for start in starts])]
    y = np.eye(symbols, dtype=np.float32)[ids[starts + 20]]
    loss = script.train_on_batch(x, y)
    assert checkpoint.meta["metrics"]["loss"] == pytest.approx(float(loss), abs=1e-5)
    for name, array in zip(fresh.named(), script.get_weights(), strict=True):
        np.testing.assert_allclose(checkpoint.arrays[f"weights/{name}"], array, atol=1e-4, err_msg=name)


def test_a_last_only_target_measures_on_what_is_held_out(corpus: str) -> None:
    events = events_of(recipe(corpus, "classic", epochs=1, validation=0.1))
    assert 0 < final(events).meta["metrics"]["val_loss"] < math.log(40)


def test_words_are_measured_a_character_too(corpus: str) -> None:
    events = events_of(recipe(corpus, steps=60, unit="word", words=20, learning_rate=0.02))
    metrics = final(events).meta["metrics"]
    assert metrics["val_loss"] < metrics["val_loss_symbol"]
    model = TextModel.from_checkpoint(final(events))
    ids = model.vocabulary.encode(TEXT)
    held = ids[-max(int(len(ids) * 0.05), 11) :]
    length = len(model.vocabulary.decode(held)) / len(held)
    assert metrics["val_loss_symbol"] / metrics["val_loss"] == pytest.approx(length)
    assert next(event for event in events if isinstance(event, Step)).unit == "symbol"


def test_lane_by_lane_samples_use_known_characters_whatever_the_script(tmp_path: Path) -> None:
    path = tmp_path / "cjk.txt"
    path.write_text("春眠不覺曉處處聞啼鳥夜來風雨聲花落知多少\n" * 30)
    events = events_of(recipe(str(path), epochs=1, sample_length=10))
    texts = [event for event in events if isinstance(event, Text)]
    assert len(texts) == 4
    assert {character for text in texts for character in text.text} <= set(path.read_text())


def test_a_tiny_corpus_trains(tmp_path: Path) -> None:
    path = tmp_path / "tiny.txt"
    path.write_text("Helloworld!" * 6)
    events = events_of(recipe(str(path), steps=5, batch=64))
    model = TextModel.from_checkpoint(final(events))
    assert set(model.vocabulary.symbols) == set("Helloworld!")
    assert model.default_prompt() == "Helloworld"
    assert set(model.default_prompt()) <= set(model.vocabulary.symbols)


def test_fine_tuning_refuses_unknown_characters_by_name(corpus: str, tmp_path: Path) -> None:
    base = final(events_of(recipe(corpus, steps=5))).weights_only()
    other = tmp_path / "other.txt"
    other.write_text("the dog and the fox, Z😀 sleep\a\n" * 40)
    with pytest.raises(UsageError, match=r"does not know 'Z', '😀', U\+0007; extend"):
        events_of(recipe(str(other), steps=5), base=base)


def test_fine_tuning_extends_the_vocabulary_when_told_to(corpus: str, tmp_path: Path) -> None:
    base = final(events_of(recipe(corpus, steps=100, learning_rate=0.02))).weights_only()
    other = tmp_path / "other.txt"
    other.write_text(TEXT + "Z😀\n")
    # What the base settled stays, whatever the new recipe says of it.
    changed = recipe(str(other), steps=1, learning_rate=1e-6, units=64, layers=1, cell="gru", validation=0.2)
    events = events_of(changed, base=base, extend=True)
    checkpoint = final(events)
    assert checkpoint.meta["vocabulary"]["symbols"] == [*base.meta["vocabulary"]["symbols"], "Z", "😀"]
    assert checkpoint.meta["recipe"]["units"] == 16
    assert checkpoint.meta["step"] == 1
    old = len(base.meta["vocabulary"]["symbols"])
    np.testing.assert_allclose(
        checkpoint.arrays["weights/dense/kernel"][:, :old], base.arrays["weights/dense/kernel"], atol=1e-4
    )
    assert list(losses(events))[-1] < base.meta["metrics"]["val_loss"] + 0.5


def test_a_run_begun_from_a_base_resumes_with_what_the_base_settled(corpus: str) -> None:
    base = final(events_of(recipe(corpus, steps=2))).weights_only()
    changed = recipe(corpus, steps=4, units=64)
    half = final(events_of(changed.changed(steps=2), base=base))
    rest = final(events_of(changed, base=base, resume=half))
    assert rest.meta["step"] == 4
    assert rest.meta["recipe"]["units"] == 16


def test_a_corpus_that_changed_cannot_be_resumed(corpus: str) -> None:
    half = final(events_of(recipe(corpus, steps=2)))
    Path(corpus).write_text(TEXT + "more")
    with pytest.raises(UsageError, match="no longer the text"):
        events_of(recipe(corpus, steps=4), resume=half)


def test_a_loss_that_overflows_is_said_with_the_step(corpus: str) -> None:
    chosen = recipe(corpus, steps=400, optimizer="sgd", learning_rate=1.0, clip_norm=0.0, schedule="constant", warmup=0)
    going = run(chosen, folder=Path("/nowhere"), device="CPU:0")
    base = final(events_of(recipe(corpus, steps=1)))
    broken = {name: array * (1e30 if name == "weights/dense/kernel" else 1) for name, array in base.arrays.items()}
    going = run(chosen, folder=Path("/nowhere"), device="CPU:0", base=Checkpoint(base.meta, broken))
    with pytest.raises(DivergedError, match=r"non-finite (loss|gradient norm) at step \d+"):
        list(going)


def test_a_picture_model_is_no_base(corpus: str) -> None:
    with pytest.raises(UsageError, match="vae model"):
        events_of(recipe(corpus, steps=2), base=Checkpoint({"family": "vae"}, {}))


def test_too_short_a_corpus_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.txt"
    path.write_text("short")
    with pytest.raises(UsageError, match="too short"):
        events_of(recipe(str(path), steps=2))


def test_a_state_that_is_held_comes_back_also_from_a_compiled_step(corpus: str) -> None:
    chosen = recipe(corpus, units=64, window=64, batch=16, layers=1, steps=9)
    assert chosen.batch * chosen.window * chosen.units >= WORTH_COMPILING
    place = Placement(["CPU:0"])
    vocabulary = Vocabulary.build([TEXT])
    ids = vocabulary.encode(TEXT)
    rates = np.full((3, 1), 0.01, np.float32)
    with place.scope():
        task = TextTask(chosen, vocabulary, ids, ids[:0], place, {})
        engine = Engine(task, place, 0)
        engine.run(0, task.batches(0, 1), rates[:1])
        before, held = engine.arrays(), engine.hold()
        engine.run(1, task.batches(1, 1), rates[:1])
        after = engine.arrays()
        engine.restore(held)
    assert not np.array_equal(before["weights/dense/kernel"], after["weights/dense/kernel"])
    for name, array in engine.arrays().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


@pytest.mark.parametrize("half", [False, True])
def test_what_gpus_run_trains_the_same(corpus: str, half: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras's layers in place of the scans, as for cuDNN; and in 16 bits where the GPU has them."""
    chosen = recipe(corpus, steps=6, mixed_precision=half)
    scans = final(events_of(chosen))
    monkeypatch.setattr(Placement, "has_gpu", property(lambda _: True))
    monkeypatch.setattr(Placement, "has_bfloat16", property(lambda _: half))
    layers = final(events_of(chosen))
    assert layers.meta["metrics"]["loss"] == pytest.approx(scans.meta["metrics"]["loss"], abs=0.02 if half else 1e-5)
    assert layers.meta["metrics"]["val_loss"] == pytest.approx(
        scans.meta["metrics"]["val_loss"], abs=0.02 if half else 1e-4
    )
    assert {array.dtype.name for array in layers.arrays.values()} <= {"float32", "int64", "int32"}


SPREAD = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from models.devices import split_cpu
split_cpu(2)
from models.text.recipe import TextRecipe
from models.text.train import run
recipe = TextRecipe.preset(
    corpus=(sys.argv[1],), units=16, embedding=8, window=10, batch=8, seconds=None, sample_length=0, steps=8,
    average=0.9, dropout=0.0,
)
def trained(device):
    return list(run(recipe, folder=Path("/nowhere"), device=device))[-1].checkpoint
with ThreadPoolExecutor() as pool:
    one, beside = pool.map(trained, ["CPU:0", "CPU:1"])
two = trained("all")
print(json.dumps({
    "apart": {name: float(np.abs(one.arrays[name] - two.arrays[name]).max()) for name in one.arrays},
    "beside": all(np.array_equal(one.arrays[name], beside.arrays[name]) for name in one.arrays),
    "losses": [checkpoint.meta["metrics"] for checkpoint in (one, two)],
}))
"""


def test_two_devices_train_what_one_would(corpus: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SPREAD, corpus], env=dict(os.environ), capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["beside"], "two runs at the same time, one a device, do not touch each other"
    one, two = found["losses"]
    assert one["loss"] == pytest.approx(two["loss"], abs=1e-5)
    assert one["val_loss"] == pytest.approx(two["val_loss"], abs=1e-4)
    assert max(gap for name, gap in found["apart"].items() if name.startswith(("weights/", "raw/"))) < 1e-3
