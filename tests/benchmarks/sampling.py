"""How fast text is sampled, beside the classic script: `python -m tests.benchmarks.sampling`.

Prints one JSON object. Rates are characters a second, all lanes together: the median and the best of several stretches.
The peer is the sampling loop of the classic Keras script
(Chollet, Deep Learning with Python, 1st edition, section 8.1.5), written out: a one-hot window of 60 characters through
`model.predict` for each one. All have an LSTM of 128 units and random weights, which cost what trained ones cost.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from models.text.model import TextModel
from models.text.sampler import Sampler, Settings
from tests.models.text.sampler.made import arrays, model

CHARACTERS = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WINDOW = 60
TEMPERATURES = (0.2, 0.5, 1.0, 1.2, 0.8, 0.35)
BARS = {"one lane": 20_000, "four lanes": 60_000, "one lane against the script": 500, "exact": 300}


def made(preset: str = "modern", **knobs: Any) -> TextModel:
    lowercase = preset == "classic"
    symbols = sorted(set(CHARACTERS.lower() if lowercase else CHARACTERS))
    return model(tuple(symbols), preset=preset, **{"units": 128, "embedding": 64, "window": WINDOW} | knobs)


Work = Callable[[], int]


def rates(works: dict[str, Work], stretches: int) -> dict[str, dict[str, float]]:
    """How many characters each of `works`, which return a number of them, does in a second.

    They take turns, so that a slow spell of the machine hits them all.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(stretches):
        for name, work in works.items():
            start = time.perf_counter()
            count = work()
            found[name].append(count / (time.perf_counter() - start))
    return {
        name: {"median": round(statistics.median(each), 1), "best": round(max(each), 1)} for name, each in found.items()
    }


def lanes(found: TextModel, count: int, symbols: int, **chosen: Any) -> Work:
    """A sampler that writes in so many lanes."""
    sampler = Sampler(found)
    for number in range(count):
        sampler.add("", Settings(temperature=TEMPERATURES[number], **chosen), number)
    sampler.step(count=min(symbols, 500))
    return lambda: sampler.step(count=symbols)


def script(found: TextModel, characters: int) -> Work:
    """The classic script, with the weights of `found`."""
    import keras

    symbols = list(found.vocabulary.symbols)
    weights = arrays(found.recipe, len(symbols))
    network = keras.Sequential(
        [
            keras.Input((WINDOW, len(symbols))),
            keras.layers.LSTM(128),
            keras.layers.Dense(len(symbols), activation="softmax"),
        ]
    )
    network.set_weights([weights[f"weights/{name}"] for name in ORDER])

    def sample(preds: Any, temperature: float) -> int:
        preds = np.asarray(preds).astype("float64")
        preds = np.exp(np.log(preds) / temperature)
        return int(np.argmax(np.random.multinomial(1, preds / np.sum(preds), 1)))

    generated = "".join(symbols)[:20] * 3

    def write() -> int:
        nonlocal generated
        for _ in range(characters):
            x_pred = np.zeros((1, WINDOW, len(symbols)))
            for position, character in enumerate(generated):
                x_pred[0, position, symbols.index(character)] = 1.0
            preds = network.predict(x_pred, verbose=0)[0]
            generated = generated[1:] + symbols[sample(preds, 0.5)]
        return characters

    write()
    return write


ORDER = ("rnn_0/kernel", "rnn_0/recurrent", "rnn_0/bias", "dense/kernel", "dense/bias")


def memory(found: TextModel, characters: int) -> dict[str, float]:
    """What an endless lane takes: growth of the resident size, in MB, over its first 10,000 characters and over the
    rest; and how much longer the last 500 took than the first 500."""
    sampler = Sampler(found)
    sampler.add("", Settings(), 0)

    def timed() -> float:
        start = time.perf_counter()
        sampler.step(count=500)
        return time.perf_counter() - start

    sampler.step(count=500)
    first = statistics.median(timed() for _ in range(9))
    before = resident_megabytes()
    sampler.step(count=10_000)
    warm = resident_megabytes()
    sampler.step(count=characters - 10_000)
    after = resident_megabytes()
    last = statistics.median(timed() for _ in range(9))
    return {
        "characters": characters,
        "growth_first_10000_mb": round(warm - before, 2),
        "growth_rest_mb": round(after - warm, 2),
        "last_500_against_first_500": round(last / first, 2),
    }


def resident_megabytes() -> float:
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def machine() -> str:
    """The processor, how many of it, and how busy they were."""
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    load = os.getloadavg()[0]
    return f"{found[1] if found else platform.machine()}, {os.cpu_count()} cores, load {load:.1f} at the start"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=4000, help="characters a lane in a stretch")
    parser.add_argument("--stretches", type=int, default=9)
    parser.add_argument("--peer", type=int, default=24, help="characters of the script in a stretch; 0 leaves it out")
    options = parser.parse_args()
    symbols = options.symbols
    report: dict[str, Any] = {"machine": machine(), "numpy": np.__version__}
    one, two, gru, classic = made(), made(layers=2), made(cell="gru"), made("classic")
    works = {
        "one lane": lanes(one, 1, symbols),
        "four lanes": lanes(one, 4, symbols),
        "six lanes": lanes(one, 6, symbols),
        "two layers, one lane": lanes(two, 1, symbols),
        "two layers, four lanes": lanes(two, 4, symbols),
        "gru, one lane": lanes(gru, 1, symbols),
        "gru, four lanes": lanes(gru, 4, symbols),
        "top-k, top-p and min-p, one lane": lanes(one, 1, symbols, top_k=40, top_p=0.9, min_p=0.02),
        "repetition, one lane": lanes(one, 1, symbols, repetition=1.2),
        "exact": lanes(classic, 1, symbols // 8),
        "exact, four lanes": lanes(classic, 4, symbols // 16),
    }
    found = report["characters_per_second"] = rates(works, options.stretches)
    report["memory"] = memory(one, 100_000)
    reached = {name: found[name]["median"] for name in ("one lane", "four lanes", "exact")}
    if options.peer:
        assert "tensorflow" not in sys.modules, "the sampler was measured with TensorFlow loaded"
        pair = {"script": script(classic, options.peer), "one lane": works["one lane"], "exact": works["exact"]}
        side_by_side = report["beside_the_script"] = rates(pair, options.stretches)
        peer = side_by_side["script"]["median"]
        report["times_the_script"] = {
            name: round(side_by_side[name]["median"] / peer, 1) for name in ("one lane", "exact")
        }
        reached["one lane against the script"] = report["times_the_script"]["one lane"]
    report["bars"] = {
        name: {"bar": BARS[name], "reached": value, "met": value >= BARS[name]} for name, value in reached.items()
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
