"""How long a training step takes, beside plain Keras and PyTorch: `python -m tests.benchmarks.training_step`.

Prints one JSON object: for each setting the milliseconds a step of each takes (median and best of several turns), and
the ratios to ours. `classic` is the setting of the bar: 128 windows of 60 one-hot characters, one LSTM of 128 units,
the character after the window. `modern` predicts after every character. All three use the same optimizer and learning
rate and take turns, so that a slow spell of the machine hits them all; PyTorch is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from models.devices import Placement, resolve
from models.engine import Engine
from models.text.recipe import TextRecipe
from models.text.task import TextTask
from models.text.vocabulary import Vocabulary

SYMBOLS = 57
GROUP = 4
"""Steps that are taken in one turn: as the loop takes them."""
SETTINGS: dict[str, dict[str, Any]] = {
    "classic": {"name": "classic"},
    "modern": {"batch": 64, "window": 100},
    "modern, one layer of 256": {"batch": 64, "window": 100, "layers": 1, "units": 256},
}

Work = Callable[[], None]
"""Takes `GROUP` steps."""


def recipe(setting: str) -> TextRecipe:
    return TextRecipe.preset(
        **{"optimizer": "rmsprop", "learning_rate": 0.01, "schedule": "constant", "clip_norm": 0.0, "average": 0.0}
        | SETTINGS[setting]
    )


def ours(chosen: TextRecipe, ids: Any) -> Work:
    place = Placement(resolve("CPU:0"))
    vocabulary = Vocabulary("char", tuple(chr(ord("!") + index) for index in range(SYMBOLS)))
    with place.scope():
        task = TextTask(chosen, vocabulary, ids, ids[:0], place, {})
    engine = Engine(task, place, 0)
    rates = np.full((GROUP, 1), chosen.learning_rate, np.float32)

    def work() -> None:
        with place.scope():
            engine.run(0, task.batches(0, GROUP), rates)

    return work


def plain_keras(chosen: TextRecipe, windows: Any) -> Work:
    """The network as the well-known scripts write it, through `fit`."""
    import keras

    every = chosen.target == "every"
    network = keras.Sequential()
    if chosen.input == "onehot":
        network.add(keras.Input((chosen.window, SYMBOLS)))
    else:
        network.add(keras.Input((chosen.window,), dtype="int32"))
        network.add(keras.layers.Embedding(SYMBOLS, chosen.embedding))
    for layer in range(chosen.layers):
        network.add(keras.layers.LSTM(chosen.units, return_sequences=every or layer < chosen.layers - 1))
    network.add(keras.layers.Dense(SYMBOLS, activation=None if every else "softmax"))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if every else "categorical_crossentropy"
    network.compile(optimizer=keras.optimizers.RMSprop(chosen.learning_rate), loss=loss)
    windows = windows.reshape(-1, chosen.window + 1)
    onehot = np.eye(SYMBOLS, dtype=np.float32)
    x = onehot[windows[:, :-1]] if chosen.input == "onehot" else windows[:, :-1]
    y = windows[:, 1:] if every else onehot[windows[:, -1]]
    return lambda: network.fit(x, y, batch_size=chosen.batch, epochs=1, shuffle=False, verbose=0) and None


def pytorch(chosen: TextRecipe, windows: Any) -> Work:
    import torch
    from torch import nn

    every = chosen.target == "every"
    onehot = chosen.input == "onehot"
    embedding = nn.Embedding(SYMBOLS, chosen.embedding)
    lstm = nn.LSTM(SYMBOLS if onehot else chosen.embedding, chosen.units, chosen.layers, batch_first=True)
    dense = nn.Linear(chosen.units, SYMBOLS)
    parts = [lstm, dense] if onehot else [embedding, lstm, dense]
    optimizer = torch.optim.RMSprop([w for part in parts for w in part.parameters()], chosen.learning_rate, alpha=0.9)
    data = torch.tensor(windows, dtype=torch.long)

    def work() -> None:
        for batch in data:
            ids = batch[:, :-1]
            optimizer.zero_grad()
            hidden, _ = lstm(nn.functional.one_hot(ids, SYMBOLS).float() if onehot else embedding(ids))
            scores = dense(hidden if every else hidden[:, -1])
            targets = batch[:, 1:] if every else batch[:, -1]
            nn.functional.cross_entropy(scores.reshape(-1, SYMBOLS), targets.reshape(-1)).backward()
            optimizer.step()

    return work


def measured(works: dict[str, Work], turns: int) -> dict[str, dict[str, float]]:
    """Milliseconds a step."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(turns):
        for name, work in works.items():
            time.sleep(0.1)  # threads that still spin for the work before this one
            start = time.perf_counter()
            work()
            found[name].append((time.perf_counter() - start) * 1000 / GROUP)
    return {
        name: {"median": round(statistics.median(each), 1), "best": round(min(each), 1)} for name, each in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--setting", action="append", choices=SETTINGS, help="these alone")
    options = parser.parse_args()
    has_torch = importlib.util.find_spec("torch") is not None
    report: dict[str, Any] = {
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
        "unit": "ms a step",
        "pytorch": "installed" if has_torch else "not installed: left out",
    }
    for setting in options.setting or SETTINGS:
        chosen = recipe(setting)
        ids = np.random.default_rng(0).integers(0, SYMBOLS, 200_000).astype(np.uint8)
        starts = np.random.default_rng(1).integers(0, ids.size - chosen.window, (GROUP, chosen.batch, 1))
        windows = ids[starts + np.arange(chosen.window + 1)].astype(np.int32)
        works = {"ours": ours(chosen, ids), "keras": plain_keras(chosen, windows)}
        if has_torch:
            works["pytorch"] = pytorch(chosen, windows)
        times = measured(works, options.turns)
        ratios = {
            name: {which: round(each[which] / times["ours"][which], 2) for which in each}
            for name, each in times.items()
            if name != "ours"
        }
        report[setting] = {**times, "times ours": ratios}
    report["passed"] = all(
        ratio["median"] >= 1.0 for name in options.setting or SETTINGS for ratio in report[name]["times ours"].values()
    )
    print(json.dumps(report, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
