"""How long a dream step takes, beside PyTorch and the usual script's way: `python -m tests.benchmarks.dream_step`.

Prints one JSON object. `step`: milliseconds a step at one size through EfficientNet-Lite0, cut at the deepest layer
asked for: ours, and the same network with the same weights in PyTorch (channels last, convolutions with their batch
normalisation folded in, as ours). `job`: seconds of a whole dream of several octaves, ours with all tracing, and as
the deep dream script on keras.io does it: eager, each step through the whole network. They take turns, so that a slow
spell of the machine hits them all. `--memory` measures one thing alone, in a process of its own: the most memory that
a dream of 4000 x 3000 pixels takes above what the imports took.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

LAYERS = ("block5", "block6", "block7", "block8", "block9", "block10")
WEIGHTS = np.ones(len(LAYERS), np.float32)
STEP_SIZE = 1.5
JITTER = 16
GROUP = 8
"""Steps that are taken in one turn, one upon the other as in a dream."""

Work = Callable[[], None]


def picture(side: int) -> Any:
    from skimage.data import astronaut

    from models.vision.pyramid import scaled

    return scaled(astronaut(), (side, side)).astype(np.float32)


def folder() -> Path:
    return Path(tempfile.gettempdir()) / "latent-studio-benchmarks"


def ours(side: int) -> Work:
    from models.dream.ascent import climb
    from models.dream.objective import Objective
    from models.dream.terms import Term
    from models.vision.backbones import load
    from models.vision.tiles import add, canvas, cut, tiles

    objective = Objective(load("lite0", folder=folder()), [Term(layer) for layer in LAYERS])
    x, random = picture(side), np.random.default_rng(0)
    (tile,) = tiles(canvas((side, side), JITTER, objective.stride), 10_000, objective.halo, objective.stride)

    def work() -> None:
        shift = tuple(random.integers(0, JITTER + 1, 2).tolist())
        total = np.zeros_like(x)
        _, gradient = objective.gradient(cut(x, tile, shift), tile, WEIGHTS)
        add(total, gradient, tile, shift)
        climb(x, total, step_size=STEP_SIZE)

    return work


def pytorch(side: int) -> Work:
    """The same network, as one would write it in PyTorch; its picture is as large as our canvas is, and it rolls."""
    import torch
    from torch.nn import functional

    from models.vision.backbones import catalog, lite0, torchfile
    from models.vision.backbones.scaling import IMAGENET
    from models.vision.tiles import canvas

    arrays = lite0.converted(torchfile.tensors(catalog.packaged()))

    def kernel(name: str) -> Any:
        found = torch.tensor(arrays[f"{name}/kernel"]).permute(3, 2, 0, 1)
        return found.contiguous(memory_format=torch.channels_last)

    kernels, biases = {}, {}
    for index, (_, _, expansion, _) in enumerate(lite0.blocks()):
        for part in ("expand", "project") if expansion > 1 else ("project",):
            kernels[f"block{index}.{part}"] = kernel(f"block{index}.{part}")
        kernels[f"block{index}.depthwise"] = (
            torch.tensor(arrays[f"block{index}.depthwise/kernel"]).permute(2, 3, 0, 1).contiguous()
        )
    kernels["stem"] = kernel("stem")
    for name in kernels:
        biases[name] = torch.tensor(arrays[f"{name}/bias"])
    mean, deviation = (torch.tensor(each).view(1, 3, 1, 1) for each in (IMAGENET.mean, IMAGENET.deviation))
    deepest = int(LAYERS[-1].removeprefix("block"))

    def conv(x: Any, name: str, stride: int = 1, groups: int = 1) -> Any:
        side = kernels[name].shape[-1]
        return functional.conv2d(x, kernels[name], biases[name], stride, side // 2, 1, groups)

    def features(x: Any) -> list[Any]:
        found = []
        x = functional.relu6(conv((x - mean) / deviation, "stem", 2))
        for index, (_, stride, expansion, _) in enumerate(lite0.blocks()):
            before, name = x, f"block{index}"
            if expansion > 1:
                x = functional.relu6(conv(x, f"{name}.expand"))
            x = functional.relu6(conv(x, f"{name}.depthwise", stride, x.shape[1]))
            x = conv(x, f"{name}.project")
            if x.shape == before.shape:
                x = x + before
            if name in LAYERS:
                found.append(x)
            if index == deepest:
                break
        return found

    size = canvas((side, side), JITTER, 16)
    state = [torch.tensor(picture(size[0])).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)]
    random = np.random.default_rng(0)

    def work() -> None:
        shift = tuple(random.integers(0, JITTER + 1, 2).tolist())
        x = torch.roll(state[0], shift, (2, 3)).requires_grad_()
        total = sum((feature.square().mean() for feature in features(x)), torch.zeros(()))
        (gradient,) = torch.autograd.grad(total, x)
        with torch.no_grad():
            x = (x + STEP_SIZE * gradient / gradient.square().mean().sqrt()).clamp(0, 255)
            state[0] = torch.roll(x, (-shift[0], -shift[1]), (2, 3))

    return work


def our_job(side: int, octaves: int, steps: int) -> Work:
    """A whole run, with its previews; each time traced anew."""
    from models.dream.course import course
    from models.dream.dreaming import Dreaming
    from models.dream.recipe import DreamRecipe
    from models.dream.targets import Targets
    from models.vision.backbones import load

    network = load("lite0", folder=folder())
    recipe = DreamRecipe(layers=LAYERS, octaves=octaves, steps=steps, step_size=STEP_SIZE, jitter=JITTER, tile=10_000)
    pixels = picture(side).astype(np.uint8)

    def work() -> None:
        targets = Targets(network, (), lambda source: pixels)
        planned = course(recipe, (side, side), network.minimum)
        dreaming = Dreaming(recipe, pixels, planned, targets, sources=[], device="CPU:0", kept={})
        for _ in dreaming.run():
            pass

    return work


def script_job(side: int, octaves: int, steps: int, *, whole: bool) -> Work:
    """The deep dream script of keras.io with another network: `whole` has it run to its end, as without a cut."""
    import tensorflow as tf

    from models.vision.backbones import load

    network = load("lite0", folder=folder())
    features = network.features((*LAYERS, "logits") if whole else LAYERS)
    original = tf.constant(picture(side)[None])

    def loss_of(image: Any) -> Any:
        loss = tf.zeros(())
        for activation in features(image)[: len(LAYERS)]:
            scaling = tf.reduce_prod(tf.cast(tf.shape(activation), tf.float32))
            loss += tf.reduce_sum(tf.square(activation[:, 2:-2, 2:-2, :])) / scaling
        return loss

    def ascend(image: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = loss_of(image)
        gradient = tape.gradient(loss, image)
        gradient /= tf.maximum(tf.reduce_mean(tf.abs(gradient)), 1e-6)
        return image + STEP_SIZE * gradient

    def work() -> None:
        sizes = [(int(side / 1.4**k),) * 2 for k in reversed(range(octaves))]
        shrunk = tf.image.resize(original, sizes[0])
        image = tf.identity(shrunk)
        for size in sizes:
            image = tf.image.resize(image, size)
            same = tf.image.resize(original, size)
            image += same - tf.image.resize(shrunk, size)
            for _ in range(steps):
                image = ascend(image)
            shrunk = same

    return work


def grouped(work: Work) -> Work:
    def several() -> None:
        for _ in range(GROUP):
            work()

    return several


def seconds(works: dict[str, Work], turns: int, *, warm: bool) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in works}
    if warm:
        for work in works.values():
            work()
            work()
    for _ in range(turns):
        for name, work in works.items():
            time.sleep(0.1)  # threads that still spin for the work before this one
            start = time.perf_counter()
            work()
            found[name].append(time.perf_counter() - start)
    return found


def compared(works: dict[str, Work], turns: int, unit: float, *, warm: bool) -> dict[str, Any]:
    """Median and best of each, and how many times ours each takes."""
    found = seconds(works, turns, warm=warm)
    times = {
        name: {"median": round(statistics.median(each) * unit, 2), "best": round(min(each) * unit, 2)}
        for name, each in found.items()
    }
    ratios = {
        name: {which: round(each[which] / times["ours"][which], 2) for which in each}
        for name, each in times.items()
        if name != "ours"
    }
    return {**times, "times ours": ratios}


def memory(size: tuple[int, int], steps: int) -> dict[str, Any]:
    """Resident memory in MB: after the imports, and the most that a dream takes above that."""
    import models.dream.run  # noqa: F401  what a run imports
    from models.checkpoint import save
    from models.dream.recipe import DreamRecipe
    from models.dream.run import run
    from models.events import Snapshot
    from models.vision import sitting
    from models.vision.pictures import save as save_picture

    def peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "large.png"
        random = np.random.default_rng(0).integers(0, 256, (size[0] // 10, size[1] // 10, 3)).astype(np.uint8)
        save_picture(path, random.repeat(10, axis=0).repeat(10, axis=1))
        before = psutil.Process().memory_info().rss / 2**20
        sitting.SNAPSHOT_SECONDS = 10.0
        recipe = DreamRecipe(content=str(path), side=0, octaves=4, steps=steps)
        start = time.perf_counter()
        for event in run(recipe, folder=folder()):
            if isinstance(event, Snapshot):
                save(Path(place) / "checkpoint", event.checkpoint)
        return {
            "size": f"{size[1]}x{size[0]}",
            "steps": 4 * steps,
            "seconds": round(time.perf_counter() - start),
            "imports": round(before),
            "above": round(peak() - before),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument(
        "--side", type=int, action="append", help="of the picture of the steps; 256 and 400 if not given"
    )
    parser.add_argument("--job", nargs=3, type=int, default=(400, 3, 20), metavar=("SIDE", "OCTAVES", "STEPS"))
    parser.add_argument("--memory", action="store_true", help="measure the memory of a large picture, nothing else")
    parser.add_argument("--large", nargs=2, type=int, default=(4000, 3000), metavar=("WIDTH", "HEIGHT"))
    options = parser.parse_args()
    machine = {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()}
    report: dict[str, Any] = {"machine": machine}
    if options.memory:
        report["memory, MB"] = memory((options.large[1], options.large[0]), 2)
        report["passed"] = report["memory, MB"]["above"] < 1500
        print(json.dumps(report, indent=2))
        return
    has_torch = importlib.util.find_spec("torch") is not None
    report["pytorch"] = "installed" if has_torch else "not installed: left out"
    bars = []
    for side in options.side or (256, 400):
        single = {"ours": ours(side)} | ({"pytorch": pytorch(side)} if has_torch else {})
        works = {name: grouped(work) for name, work in single.items()}
        found = report[f"step at {side}, ms"] = compared(works, options.turns, 1000 / GROUP, warm=True)
        bars += [found["times ours"]["pytorch"]["median"] >= 1.0] if has_torch else []
    jobs = {
        "ours": our_job(*options.job),
        "script, whole network": script_job(*options.job, whole=True),
        "script": script_job(*options.job, whole=False),
    }
    side, octaves, steps = options.job
    name = f"job at {side}, {octaves} octaves of {steps} steps, s"
    report[name] = compared(jobs, max(3, options.turns // 5), 1, warm=False)
    bars.append(report[name]["times ours"]["script, whole network"]["median"] >= 2.0)
    report["passed"] = all(bars)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
