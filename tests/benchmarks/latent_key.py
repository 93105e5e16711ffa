"""How soon a picture follows a key on the Latent page: `python -m tests.benchmarks.latent_key [--home FOLDER]`.

The studio, in a process of its own on a pseudo-terminal of 120x40 cells that takes everything, travels the newest VAE
or GAN of a data folder; without one, an untrained GAN of the default size. Every third of a second an arrow key comes;
measured is the time until the new picture has been drawn. The peer is the model alone, asked for the same pictures in
the same process before the app starts. Prints one JSON object, in milliseconds. The bar: 100 ms at p95.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.config import Paths, Settings
from tests.terminal.line import Line

KEYS = 60
PAUSE = 0.33
BAR = 100.0


def untrained(home: Path) -> None:
    """Keep a GAN that has learned nothing: it is as fast as any."""
    from models.checkpoint import Checkpoint
    from models.gan.model import GanModel
    from models.gan.recipe import GanRecipe
    from studio.registry import Registry

    recipe = GanRecipe.preset()
    model = GanModel(recipe, 3, ())
    judge = {**model.discriminator.named(), **model.discriminator.norms()}
    arrays = {f"weights/generator/{name}": value.numpy() for name, value in model.generator.named().items()}
    arrays |= {f"weights/discriminator/{name}": value.numpy() for name, value in judge.items()}
    meta = {
        "family": "gan",
        "recipe": recipe.model_dump(mode="json"),
        "data": {"channels": 3},
        "step": 0,
        "metrics": {},
    }
    registry = Registry(Paths(home))
    registry.save_model(Checkpoint(meta, arrays), name="untrained")
    registry.close()


def child(home: Path, report: Path) -> None:
    """The app that is measured."""
    import numpy as np

    from models.latent.load import open_model
    from studio.app import StudioApp
    from studio.pages.latent import LatentPage
    from studio.registry import Registry

    registry = Registry(Paths(home))
    newest = max((each for family in ("vae", "gan") for each in registry.models(family)), key=lambda each: each.created)
    model = open_model(registry.load_model(newest.id))
    points = np.stack([model.draw(1, seed)[0] for seed in range(KEYS)])
    model.decode(points[:1])
    alone = [timed(lambda point=point: model.decode(point[None])) for point in points]
    late: list[float] = []

    async def press(app: StudioApp) -> None:
        page = app.pages.get("latent")
        while not (isinstance(page, LatentPage) and page.journey is not None and page.view._painted is not None):
            await asyncio.sleep(0.05)
            page = app.pages.get("latent")
        await asyncio.sleep(2)
        for number in range(KEYS):
            before, began = page.view._painted, time.perf_counter()
            app.simulate_key("right" if number % 20 < 10 else "left")
            while page.view._painted is before and time.perf_counter() - began < 5:
                await asyncio.sleep(0.001)
            late.append(time.perf_counter() - began)
            await asyncio.sleep(PAUSE)
        app.exit()

    class Pressed(StudioApp):
        def on_mount(self) -> None:
            super().on_mount()
            self.run_worker(press(self))

    Pressed(Paths(home), Settings(), first="latent").run()
    report.write_text(
        json.dumps({"model": f"{newest.family} {model.latent} {model.size}", "alone": alone, "late": late})
    )


def timed(call: Any) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def figures(seconds: Sequence[float]) -> dict[str, float]:
    """The median, the 95th percentile and the worst, in milliseconds."""
    ordered = sorted(seconds)
    found = {"p50": statistics.median(ordered), "p95": ordered[int(len(ordered) * 0.95)], "worst": ordered[-1]}
    return {name: round(1000 * value, 1) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--child", type=Path)
    options = parser.parse_args()
    if options.child:
        child(options.home, options.child)
        return
    with tempfile.TemporaryDirectory() as folder:
        home, report = options.home or Path(folder) / "home", Path(folder) / "report.json"
        if options.home is None:
            untrained(home)
        words = [sys.executable, "-m", "tests.benchmarks.latent_key", "--home", str(home), "--child", str(report)]
        environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": os.getcwd(),  # noqa: PTH109
                       "TF_CPP_MIN_LOG_LEVEL": "3"}  # fmt: skip
        with Line(words, environment, 120, 40) as line:
            line.end(180)
        told = json.loads(report.read_text())
    page = figures(told["late"])
    print(json.dumps({"benchmark": "latent_key", "model": told["model"], "the model alone": figures(told["alone"]),
                      "key to picture": page, "bar": BAR, "met": page["p95"] <= BAR}))  # fmt: skip


if __name__ == "__main__":
    main()
