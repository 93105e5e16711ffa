"""How good a VAE gets in a given time, beside pythae's: `python -m tests.benchmarks.vae_quality --seconds 300`.

    uv pip install pythae torch        # or with a CPU build of torch

Both learn from the same pictures of Fashion-MNIST, with as many latent numbers, for as long, one after the other, and
are measured alike: the evidence lower bound on the same held-out pictures, in nats a picture, a pixel being Bernoulli.
Pythae's VAE is taken with both networks that come with it: its default one of dense layers, and the convolutional ones
that it proposes for 28x28. They learn by Adam at 1e-3 with batches of 64, the settings of its own examples, in a bare
loop, which is faster than its trainer. Prints one JSON object a model.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from models.data.opening import open_set
from models.data.sets import PictureSet, split
from models.devices import prepare
from models.vae.recipe import VaeRecipe

BATCH, RATE, AT_ONCE = 64, 1e-3, 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="fashion-mnist")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--latent", type=int, default=16)
    parser.add_argument("--models", default="ours,dense,convolutional")
    asked = parser.parse_args()
    prepare()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        recipe = VaeRecipe.preset(data=asked.data, channels="grey", latent=asked.latent, seconds=asked.seconds)
        pictures = open_set(asked.data, size=28, channels="grey", folder=folder)
        learnt, held = split(pictures.count, recipe.validation, recipe.seed)
        for name in asked.models.split(","):
            if name == "ours":
                found = ours(recipe.changed(size=28), folder)
            else:
                found = theirs(name, pictures, learnt, held, asked.latent, asked.seconds)
            print(json.dumps({"model": name, "data": pictures.name, "held": len(held), **found}), flush=True)


def ours(recipe: VaeRecipe, folder: Path) -> dict[str, Any]:
    """A VAE of the studio by its own run, the state that it keeps as the best; it holds out the same pictures."""
    from models.events import Snapshot
    from models.vae.train import run

    kept: Any = None
    for event in run(recipe, folder=folder):
        if isinstance(event, Snapshot) and event.reason in ("best", "final"):
            metrics = event.checkpoint.meta["metrics"]
            if kept is None or metrics["val_loss"] < kept["metrics"]["val_loss"]:
                kept = event.checkpoint.meta
    return {"elbo": round(-kept["metrics"]["val_loss"], 2), "steps": kept["step"]}


def theirs(
    name: str, pictures: PictureSet, learnt: Any, held: Any, latent: int, seconds: float
) -> dict[str, Any]:  # fmt: skip
    """Pythae's VAE; its best state by the bound on the held-out pictures, looked at as often as ours is."""
    import torch
    from pythae.models import VAE, VAEConfig
    from pythae.models.nn.benchmarks.mnist import Decoder_Conv_AE_MNIST, Encoder_Conv_VAE_MNIST

    torch.manual_seed(0)
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=latent, reconstruction_loss="bce")
    nets = (Encoder_Conv_VAE_MNIST(config), Decoder_Conv_AE_MNIST(config)) if name == "convolutional" else (None, None)
    model = VAE(config, *nets)
    adam = torch.optim.Adam(model.parameters(), RATE)
    random, steps, best = np.random.default_rng(0), 0, -np.inf
    began, looked, measuring = time.perf_counter(), 0.0, 0.0
    while (spent := time.perf_counter() - began - measuring) < seconds:
        model.train()
        chosen = learnt[random.integers(0, len(learnt), BATCH)]
        adam.zero_grad()
        model({"data": tensor(pictures, np.sort(chosen))}).loss.backward()
        adam.step()
        steps += 1
        if spent - looked > 30:
            looked, before = spent, time.perf_counter()
            best = max(best, bound(model, pictures, held))
            measuring += time.perf_counter() - before
    return {"elbo": round(max(best, bound(model, pictures, held)), 2), "steps": steps}


def bound(model: Any, pictures: PictureSet, held: Any) -> float:
    """The evidence lower bound of pythae's VAE, in nats a picture."""
    import torch

    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(held), AT_ONCE):
            chosen = np.sort(held[start : start + AT_ONCE])
            total -= float(model({"data": tensor(pictures, chosen)}).loss) * len(chosen)
    return total / len(held)


def tensor(pictures: PictureSet, indices: Any) -> Any:
    """Pictures in 0..1 as pythae takes them: float32 (n, 1, 28, 28)."""
    import torch

    return torch.from_numpy(pictures.read(indices).transpose(0, 3, 1, 2).astype(np.float32) / 255.0)


if __name__ == "__main__":
    main()
