"""How good a GAN gets in a given time, beside the textbook's DCGAN: `python -m tests.benchmarks.gan_quality`.

    python -m tests.benchmarks.gan_quality --data faces --seconds 1200
    python -m tests.benchmarks.gan_quality --data fashion-mnist --seconds 1200
    python -m tests.benchmarks.gan_quality --data faces --seconds 300 --seeds 5 --ours-only
    python -m tests.benchmarks.gan_quality --data faces --seconds 1200 --model faces-gan.safetensors

Both learn from the same pictures at 32x32 for as long, one after the other, and are measured alike: the Fréchet
distance in the features of EfficientNet-Lite0 between 5,000 made pictures and 5,000 of the set. The DCGAN is that of
keras.io's example: its layers, rates, batch and noisy labels, at this size. Prints one JSON object a model; `diversity`
tells whether ours collapsed. `--model FILE` takes a model that was trained and kept before in place of ours, with the
time that it took; `--out FOLDER` keeps a sheet of pictures of each.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from models import checkpoint as checkpoints
from models.checkpoint import Checkpoint
from models.data.opening import open_set
from models.data.sets import PictureSet
from models.devices import prepare

SIZE, COUNT, BATCH = 32, 5000, 250
Draw = Callable[[int, int], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="faces")
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--preset")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--ours-only", action="store_true")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    prepare()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pictures = open_set(asked.data, size=SIZE, folder=folder)
        if asked.model:
            draw, about = kept(checkpoints.load(asked.model), [])
            tell("ours", draw, about, pictures, folder, asked.out)
        for seed in range(0 if asked.model else asked.seeds):
            draw, about = ours(asked.data, asked.seconds, asked.preset, seed, folder)
            tell("ours", draw, about | {"seed": seed}, pictures, folder, asked.out)
        if not asked.ours_only:
            draw, about = dcgan(pictures, asked.seconds)
            tell("DCGAN", draw, about, pictures, folder, asked.out)


def tell(name: str, draw: Draw, about: dict[str, Any], pictures: PictureSet, folder: Path, out: Path | None) -> None:
    """Measure, and print."""
    from models.latent.sheet import sheet
    from models.vision.frechet import FeatureReader, Statistics, distance
    from models.vision.pictures import save

    reader = FeatureReader(folder)
    chosen = np.random.default_rng(0).permutation(pictures.count)[:COUNT].astype(np.int64)

    def features(batches: Any) -> Any:
        return Statistics.of(np.concatenate([part for batch in batches for part in reader.read(batch)]))

    starts = range(0, len(chosen), BATCH)
    real = features(pictures.read(np.sort(chosen[start : start + BATCH])) for start in starts)
    made = features(draw(BATCH, seed) for seed in range(len(starts)))
    print(
        json.dumps({"model": name, "data": pictures.name, "frechet": round(distance(real, made), 1), **about}),
        flush=True,
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        save(out / f"{pictures.name}-{name}-{about.get('seed', 0)}.png", sheet(draw(64, 99), columns=8))


def ours(data: str, seconds: float, preset: str | None, seed: int, folder: Path) -> tuple[Draw, dict[str, Any]]:
    """A GAN of the studio, by its own run; the state that it keeps as the best."""
    from models.events import Note, Snapshot
    from models.gan.recipe import GanRecipe
    from models.gan.train import run

    recipe = GanRecipe.preset(preset, data=data, size=SIZE, seconds=seconds, seed=seed, epochs=None)
    best: Any = None
    warnings: list[str] = []
    for event in run(recipe, folder=folder):
        if isinstance(event, Note) and event.level == "warning":
            warnings.append(event.text)
        if isinstance(event, Snapshot) and (event.reason == "best" or (event.reason == "final" and best is None)):
            best = event.checkpoint
    return kept(best.weights_only(), warnings)


def kept(checkpoint: Checkpoint, warnings: list[str]) -> tuple[Draw, dict[str, Any]]:
    """How a GAN draws, and how far it came."""
    from models.gan.model import from_checkpoint

    model, meta = from_checkpoint(checkpoint), checkpoint.meta
    about = {
        "steps": meta["step"], "seconds": round(meta["seconds"]),
        "diversity": round(meta["metrics"]["diversity"], 2), "warnings": warnings,
    }  # fmt: skip
    return (lambda count, seed: model.decode(model.draw(count, seed))), about


def dcgan(pictures: PictureSet, seconds: float) -> tuple[Draw, dict[str, Any]]:
    """The DCGAN of keras.io's example (Chollet, "DCGAN to generate face images"), at this size."""
    import keras
    import tensorflow as tf
    from keras import layers

    latent, batch, channels = 128, 32, pictures.channels
    judge = keras.Sequential(
        [keras.Input((SIZE, SIZE, channels))]
        + [layer for width in (64, 128, 128) for layer in
           (layers.Conv2D(width, 4, 2, "same"), layers.LeakyReLU(negative_slope=0.2))]
        + [layers.Flatten(), layers.Dropout(0.2), layers.Dense(1, activation="sigmoid")]
    )  # fmt: skip
    generator = keras.Sequential(
        [keras.Input((latent,)), layers.Dense(4 * 4 * 128), layers.Reshape((4, 4, 128))]
        + [layer for width in (128, 256, 512) for layer in
           (layers.Conv2DTranspose(width, 4, 2, "same"), layers.LeakyReLU(negative_slope=0.2))]
        + [layers.Conv2D(channels, 5, padding="same", activation="sigmoid")]
    )  # fmt: skip
    entropy = keras.losses.BinaryCrossentropy()
    adams = [keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4)]
    for adam, network in zip(adams, (judge, generator), strict=True):
        adam.build(network.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]
    def step(pixels: Any) -> None:
        real = tf.cast(pixels, tf.float32) / 255.0
        both = tf.concat([generator(tf.random.normal([batch, latent])), real], 0)
        labels = tf.concat([tf.ones([batch, 1]), tf.zeros([batch, 1])], 0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            loss = entropy(labels, judge(both, training=True))
        adams[0].apply(tape.gradient(loss, judge.trainable_variables), judge.trainable_variables)
        with tf.GradientTape() as tape:
            fooled = judge(generator(tf.random.normal([batch, latent])), training=True)
            loss = entropy(tf.zeros([batch, 1]), fooled)
        adams[1].apply(tape.gradient(loss, generator.trainable_variables), generator.trainable_variables)

    random, steps = np.random.default_rng(0), 0
    step(pictures.read(np.arange(batch)))
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        step(pictures.read(random.integers(0, pictures.count, batch)))
        steps += 1

    def draw(count: int, seed: int) -> Any:
        points = np.random.default_rng((seed, 1)).normal(size=(count, latent)).astype(np.float32)
        return np.round(generator.predict(points, batch_size=50, verbose=0) * 255).astype(np.uint8)

    return draw, {"steps": steps}


if __name__ == "__main__":
    main()
