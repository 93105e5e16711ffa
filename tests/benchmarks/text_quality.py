"""How well a text model learns in a given time: `python -m tests.benchmarks.text_quality --corpus FILE --seconds N`.

Prints one JSON object a line: at each validation the seconds worked, the steps, and the validation loss in nats per
character on the last 5 % of the corpus; last one with the best of them. Knobs are changed with `--set units=256`.

The bars, on 2 cores: tinyshakespeare with the preset's two layers of 128, 1.72 within 120 s (`--preset quick`) and
1.58 within 600 s (`--preset modern`); 1.50 within 1800 s with `--preset best`; nietzsche with one layer of 256
(`--set layers=1 --set units=256`), 1.48 within 120 s. `--preset classic --set validation=0.05` is the classic recipe.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from models.events import Note, Snapshot, Step
from models.text.recipe import TextRecipe
from models.text.train import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--preset", default=TextRecipe.default_preset, choices=TextRecipe.presets)
    parser.add_argument("--seconds", type=float, help="instead of the preset's own end")
    parser.add_argument("--set", action="append", default=[], metavar="KNOB=VALUE", help="the value is JSON or text")
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "latent-studio-benchmarks")
    options = parser.parse_args()
    knobs = dict(text.split("=", 1) for text in options.set)
    changes = {name: value(text) for name, text in knobs.items()} | {"corpus": [options.corpus], "sample_length": 0}
    if options.seconds is not None:
        changes |= {"seconds": options.seconds, "epochs": None}
    recipe = TextRecipe.preset(options.preset, **changes)
    began, last, best = time.monotonic(), None, None
    for event in run(recipe, folder=options.folder):
        if isinstance(event, Note):
            say(note=event.text)
        elif isinstance(event, Step) and event.metrics.get("val_loss", last) != last:
            last = event.metrics["val_loss"]
            say(seconds=event.seconds, step=event.step, epoch=event.epoch, val_loss=last, loss=event.metrics["loss"])
        elif isinstance(event, Snapshot) and event.reason == "best":
            best = event.checkpoint.meta
        elif isinstance(event, Snapshot) and event.reason == "final":
            meta = event.checkpoint.meta
            say(
                event="result",
                preset=options.preset,
                val_loss=None if best is None else best["best"].get("val_loss"),
                at_step=None if best is None else best["step"],
                steps=meta["step"],
                seconds=meta["seconds"],
                wall=time.monotonic() - began,
            )


def value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def say(**figures: object) -> None:
    shown = {name: round(each, 4) if isinstance(each, float) else each for name, each in figures.items()}
    print(json.dumps(shown, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
