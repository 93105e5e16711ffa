"""Whether concept vectors do what they say: frowning faces are made to smile, and a classifier is asked.

    python -m tests.benchmarks.vae_concepts --seconds 600
    python -m tests.benchmarks.vae_concepts --model faces.safetensors

Trains a VAE on drawn faces (or takes a model's file), and a classifier of attributes on other faces. Adds the smile to
200 frowning faces that neither has seen. Prints in how many the classifier sees more of a smile than in the same face
rebuilt without it, and which share of the attributes of identity it reads as before: kinds the same, numbers within a
quarter of their range; the same for the drawn face itself in place of the rebuilt one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from models import checkpoint as checkpoints
from models.checkpoint import Checkpoint
from models.data import faces
from models.data.attributes import Table
from models.data.faces.face import Face
from models.devices import prepare

FROWNING = 200
LEARNT = 12_000
APART = 0.25
SEED, OTHER_SEED = 101, 102


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--epochs", type=int, default=6)
    asked = parser.parse_args()
    prepare()
    found = checkpoints.load(asked.model) if asked.model else trained(asked.seconds)
    print(json.dumps(measured(found, asked.strength, asked.epochs), indent=1))


def trained(seconds: float) -> Checkpoint:
    """The final state of a VAE that learns for so long."""
    from models.events import Snapshot
    from models.vae.recipe import VaeRecipe
    from models.vae.train import run

    last: Checkpoint | None = None
    with tempfile.TemporaryDirectory() as folder:
        for event in run(VaeRecipe.preset(seconds=seconds), folder=Path(folder)):
            if isinstance(event, Snapshot) and event.reason == "final":
                last = event.checkpoint
    assert last is not None
    return last


def measured(found: Checkpoint, strength: float, epochs: int) -> dict[str, Any]:
    """The figures."""
    from models.latent.load import open_model

    model = open_model(found)
    side = model.size[0]
    reader, quality = classifier(side, epochs)
    pixels, _ = frowning(side)
    smile = next(concept for concept in model.concepts if concept.name == "smile")
    codes = model.encode(pixels)
    rebuilt, smiling = model.decode(codes), model.decode(codes + np.float32(strength) * smile.direction)
    drawn, before, after = reader(pixels), reader(rebuilt), reader(smiling)
    column = Table.drawn(Face, range(1)).columns().index("smile")
    return {
        "steps": found.meta["step"],
        "seconds": found.meta["seconds"],
        "classifier": quality,
        "smiles more than rebuilt, %": round(100 * float((after[:, column] > before[:, column]).mean()), 1),
        "smiles more than drawn, %": round(100 * float((after[:, column] > drawn[:, column]).mean()), 1),
        "smile drawn, rebuilt, smiling": [round(float(x[:, column].mean()), 2) for x in (drawn, before, after)],
        "identity kept from rebuilt, %": round(100 * kept(before, after), 1),
        "identity kept from drawn, %": round(100 * kept(drawn, after), 1),
    }


def frowning(side: int) -> tuple[Any, Table[Face]]:
    table = Table.drawn(Face, range(4 * FROWNING), SEED)
    chosen = table.take(np.flatnonzero(table["smile"] < -0.3)[:FROWNING])
    return faces.render(chosen, side), chosen


def classifier(side: int, epochs: int) -> tuple[Any, dict[str, float]]:
    """A function from pictures to attributes (n, columns of a table), and how well it does on faces it has not seen."""
    import keras

    pixels, table = faces.sample(LEARNT, OTHER_SEED, size=side)
    values = table.matrix()
    layers: list[Any] = [keras.Input((side, side, 3)), keras.layers.Rescaling(1 / 127.5, -1)]
    for width in (24, 48, 96, 128):
        layers += [keras.layers.Conv2D(width, 3, padding="same", activation="relu"), keras.layers.MaxPooling2D()]
    layers += [keras.layers.Flatten(), keras.layers.Dense(256, "relu"), keras.layers.Dense(values.shape[1])]
    network = keras.Sequential(layers)
    network.compile(keras.optimizers.Adam(1e-3), "mse")
    network.fit(pixels, values, batch_size=64, epochs=epochs, verbose=0)
    test, truth = faces.sample(1000, OTHER_SEED, start=LEARNT, size=side)

    def read(pictures: Any) -> Any:
        return network.predict(pictures, batch_size=128, verbose=0)

    guessed = read(test)
    column = truth.columns().index("smile")
    correlation = float(np.corrcoef(guessed[:, column], truth["smile"])[0, 1])
    return read, {
        "smile correlation": round(correlation, 3),
        "identity read, %": round(100 * kept(truth.matrix(), guessed), 1),
    }


def kept(before: Any, after: Any) -> float:
    """The share of the attributes of identity that are read alike: 0..1."""
    names = Table.drawn(Face, range(1)).columns()
    shares = []
    for attribute in faces.SCHEMA:
        if attribute.group != "identity":
            continue
        if attribute.type == "kind":
            places = [names.index(f"{attribute.name}:{kind}") for kind in attribute.kinds]
            shares.append((before[:, places].argmax(axis=1) == after[:, places].argmax(axis=1)).mean())
            continue
        place = names.index(attribute.name)
        allowed = 0.5 if attribute.type == "flag" else APART * (attribute.high - attribute.low)
        shares.append((np.abs(before[:, place] - after[:, place]) < allowed).mean())
    return float(np.mean(shares))


if __name__ == "__main__":
    main()
