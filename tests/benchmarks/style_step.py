"""How long a style step takes, beside PyTorch and the usual script's way: `python -m tests.benchmarks.style_step`.

Prints one JSON object. `lite0` and `vgg19`: milliseconds a step at one size, ours, and the same network with the same
layers in PyTorch (channels last, batch normalisation folded in, targets worked out once); VGG19 with random weights,
for its speed does not depend on them. `job`: seconds of a whole transfer at one size, ours with all tracing, and as
the style transfer script on keras.io does it: content, style and picture in one batch through the whole network, in
each step anew. They take turns, so that a slow spell of the machine hits them all.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.dream_step import Work, compared, folder, grouped, picture

RATE = 6.0


def network(name: str) -> Any:
    from models.vision.backbones import load

    return load(name, folder=folder(), random=name != "lite0")


def layers(name: str) -> tuple[Sequence[str], Sequence[str]]:
    from models.vision.backbones import catalog

    found = catalog.BACKBONES[name]
    return found.style, found.content


def style(side: int) -> Any:
    from models.vision.drawn import draw
    from models.vision.pyramid import scaled

    return scaled(draw("brush-strokes"), (side, side)).astype(np.float32)


def ours(name: str, side: int) -> Work:
    from models.style.objective import Objective
    from models.style.optimisers import Adam

    objective = Objective(network(name), *layers(name))
    targets = objective.targets(picture(side), [style(side)], (1.0,))
    adam, state = Adam(), [picture(side)]

    def look(where: Any) -> Any:
        raise AssertionError("Adam looks nowhere else")

    def work() -> None:
        parts, gradient = objective.gradient(state[0], targets, (1.0,), (1.0, 1.0, 1.0))
        state[0] = adam.step(state[0], float(parts.sum()), gradient, look, RATE)

    return work


def pytorch(name: str, side: int) -> Work:
    """The same loss, as one would write it in PyTorch."""
    import torch

    styles, contents = layers(name)
    features = (torch_lite0 if name == "lite0" else torch_vgg19)({*styles, *contents})

    def as_tensor(pixels: Any) -> Any:
        return torch.tensor(pixels).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)

    def gram(x: Any) -> Any:
        flat = x[0].flatten(1)
        return flat @ flat.T / flat.shape[1]

    with torch.no_grad():
        found = features(as_tensor(style(side)))
        grams = {layer: gram(found[layer]) for layer in styles}
        found = features(as_tensor(picture(side)))
        held = {layer: found[layer].clone() for layer in contents}
    x = as_tensor(picture(side)).requires_grad_()
    adam = torch.optim.Adam([x], RATE)

    def relative(a: Any, b: Any) -> Any:
        return (a - b).square().sum() / b.square().sum()

    def work() -> None:
        adam.zero_grad()
        seen = features(x)
        loss = 20 * sum(relative(gram(seen[layer]), grams[layer]) for layer in styles) / len(styles)
        loss = loss + 0.3 * sum(relative(seen[layer], held[layer]) for layer in contents)
        small = x / 255
        smooth = (small[..., 1:, :] - small[..., :-1, :]).square().mean()
        smooth = smooth + (small[..., 1:] - small[..., :-1]).square().mean()
        (loss + 15 * smooth).backward()
        adam.step()
        with torch.no_grad():
            x.clamp_(0, 255)

    return work


def torch_lite0(wanted: set[str]) -> Callable[[Any], dict[str, Any]]:
    """EfficientNet-Lite0 up to the deepest layer of `wanted`."""
    import torch
    from torch.nn import functional

    from models.vision.backbones import catalog, lite0, torchfile
    from models.vision.backbones.scaling import IMAGENET

    arrays = lite0.converted(torchfile.tensors(catalog.packaged()))
    mean, deviation = (torch.tensor(each).view(1, 3, 1, 1) for each in (IMAGENET.mean, IMAGENET.deviation))
    kernels, biases = {}, {}
    for key, array in arrays.items():
        name, _, kind = key.partition("/")
        if kind == "bias":
            biases[name] = torch.tensor(array)
        elif kind == "kernel" and array.ndim == 4:
            order = (2, 3, 0, 1) if name.endswith("depthwise") else (3, 2, 0, 1)
            kernels[name] = torch.tensor(array).permute(*order).contiguous(memory_format=torch.channels_last)
    deepest = max(int(layer.removeprefix("block").partition(".")[0]) for layer in wanted)

    def conv(x: Any, name: str, stride: int = 1, groups: int = 1) -> Any:
        side = kernels[name].shape[-1]
        return functional.conv2d(x, kernels[name], biases[name], stride, side // 2, 1, groups)

    def features(x: Any) -> dict[str, Any]:
        found = {}
        x = functional.relu6(conv((x - mean) / deviation, "stem", 2))
        for index, (_, stride, expansion, _) in enumerate(list(lite0.blocks())[: deepest + 1]):
            before, name = x, f"block{index}"
            if expansion > 1:
                x = functional.relu6(conv(x, f"{name}.expand"))
                found[f"{name}.expand"] = x
            x = functional.relu6(conv(x, f"{name}.depthwise", stride, x.shape[1]))
            if expansion == 1:
                found[f"{name}.expand"] = x
            x = conv(x, f"{name}.project")
            x = x + before if x.shape == before.shape else x
            found[name] = x
        return found

    return features


def torch_vgg19(wanted: set[str]) -> Callable[[Any], dict[str, Any]]:
    """VGG19 with random weights up to the deepest layer of `wanted`."""
    import torch
    from torch.nn import functional

    torch.manual_seed(0)
    kernels, before = {}, 3
    for block, (count, width) in enumerate(((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)), 1):
        for index in range(1, count + 1):
            kernel = torch.randn(width, before, 3, 3) * (2 / (9 * before)) ** 0.5
            kernels[f"block{block}_conv{index}"] = kernel.contiguous(memory_format=torch.channels_last)
            before = width
    mean = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    names = list(kernels)
    last = max(names.index(layer) for layer in wanted)

    def features(x: Any) -> dict[str, Any]:
        found = {}
        x = x[:, [2, 1, 0]] - mean
        for index, name in enumerate(names[: last + 1]):
            if index and name[5] != names[index - 1][5]:
                x = functional.max_pool2d(x, 2)
            x = functional.relu(functional.conv2d(x, kernels[name], padding=1))
            found[name] = x
        return found

    return features


def our_job(side: int, steps: int) -> Work:
    """A whole run, with its previews; each time traced anew."""
    from models.style.canvas import Canvas
    from models.style.objective import Objective
    from models.style.painting import Painting
    from models.style.recipe import StyleRecipe

    used = network("lite0")
    recipe = StyleRecipe(scales=1, steps=steps)
    canvas = Canvas(recipe, picture(side).astype(np.uint8), [style(side).astype(np.uint8)])

    def work() -> None:
        objective = Objective(used, *layers("lite0"))
        for _ in Painting(recipe, canvas, objective, [(side, side)], sources=[], device="CPU:0").run():
            pass

    return work


def script_job(side: int, steps: int) -> Work:
    """The style transfer script of keras.io with another network: three pictures a step, through all of it."""
    import keras
    import tensorflow as tf

    used = network("lite0")
    styles, contents = layers("lite0")
    names = [*styles, *contents]
    features = used.features([*names, "logits"])
    base, reference = tf.constant(picture(side)[None]), tf.constant(style(side)[None])

    def gram(x: Any) -> Any:
        flat = tf.reshape(tf.transpose(x, (2, 0, 1)), (tf.shape(x)[2], -1))
        return tf.matmul(flat, tf.transpose(flat))

    def work() -> None:
        image = tf.Variable(base)
        optimizer = keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=100.0, decay_steps=100, decay_rate=0.96)
        )

        @tf.function
        def loss_and_gradient(base: Any, reference: Any, image: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(image)
                found = dict(zip(names, features(tf.concat([base, reference, image], axis=0)), strict=False))
                loss = tf.zeros(())
                for layer in contents:
                    loss += 2.5e-8 * tf.reduce_sum(tf.square(found[layer][2] - found[layer][0]))
                for layer in styles:
                    distance = tf.reduce_sum(tf.square(gram(found[layer][1]) - gram(found[layer][2])))
                    loss += 1e-6 / len(styles) * distance / (4.0 * 9 * (side * side) ** 2)
                a = tf.square(image[:, :-1, :-1] - image[:, 1:, :-1])
                b = tf.square(image[:, :-1, :-1] - image[:, :-1, 1:])
                loss += 1e-6 * tf.reduce_sum(tf.pow(a + b, 1.25))
            return loss, tape.gradient(loss, image)

        for _ in range(steps):
            _, gradient = loss_and_gradient(base, reference, image)
            optimizer.apply_gradients([(gradient, image)])

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    has_torch = importlib.util.find_spec("torch") is not None
    report: dict[str, Any] = {
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
        "side": options.side,
        "pytorch": "installed" if has_torch else "not installed: left out",
    }
    for name, turns in (("lite0", options.turns), ("vgg19", max(2, options.turns // 3))):
        works = {"ours": ours(name, options.side)}
        if has_torch:
            works["pytorch"] = pytorch(name, options.side)
        group = 8 if name == "lite0" else 1
        report[name] = compared(
            {which: grouped(work) if group > 1 else work for which, work in works.items()},
            turns,
            1000 / group,
            warm=True,
        )
    jobs = {"ours": our_job(options.side, options.steps), "keras.io's way": script_job(options.side, options.steps)}
    report["job"] = compared(jobs, 2, 1, warm=False)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
