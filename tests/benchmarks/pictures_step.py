"""A training step of a VAE and of a GAN, beside the same networks in PyTorch, channels last.

    python -m tests.benchmarks.pictures_step vae
    python -m tests.benchmarks.pictures_step gan --size 32 --batch 16

Both take turns in one run; of each the median is printed, in milliseconds, and theirs as a multiple of ours. The GAN's
step is the discriminator's and the generator's, with the moving average and without R1, which is due now and then.
PyTorch is for this alone: it is no dependency.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from models.devices import Placement

SLOPE, GAIN = 0.2, 2.0**0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=("vae", "gan"))
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    make = {"vae": (our_vae, their_vae), "gan": (our_gan, their_gan)}[asked.family]
    shape = (asked.batch, asked.size, asked.size, asked.channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    steps = [each(pixels) for each in make]
    times: list[list[float]] = [[], []]
    for turn in range(asked.rounds + 3):
        for place, step in enumerate(steps):
            began = time.perf_counter()
            step()
            if turn >= 3:
                times[place].append(1000 * (time.perf_counter() - began))
    ours, theirs = (statistics.median(each) for each in times)
    print(json.dumps({"shape": shape, "ours ms": round(ours, 1), "PyTorch ms": round(theirs, 1),
                      "PyTorch, times ours": round(theirs / ours, 2)}))  # fmt: skip


def our_vae(pixels: Any) -> Callable[[], Any]:
    import tensorflow as tf

    from models.vae.recipe import VaeRecipe
    from models.vae.task import VaeTask

    count, *_ = pixels.shape
    recipe = VaeRecipe.preset(batch=count)
    task = VaeTask(recipe, given(pixels), np.arange(count), np.arange(0), Placement(["CPU:0"]), {})
    step = tf.function(task.step, autograph=False)
    weights, number = np.ones(count, np.float32), iter(range(10**6))
    return lambda: step((tf.constant(pixels), weights), tf.constant([0, next(number)]))["loss"].numpy()


def our_gan(pixels: Any) -> Callable[[], Any]:
    import tensorflow as tf

    from models.gan.play import Game
    from models.gan.recipe import GanRecipe

    count, size, _, channels = pixels.shape
    game = Game(GanRecipe.preset(size=size, batch=count, r1=0.0), channels, Placement(["CPU:0"]))
    step = tf.function(game.step, autograph=False)
    number = iter(range(10**6))
    return lambda: step(tf.constant(pixels), tf.constant([0, next(number)]))["generator_loss"].numpy()


def given(pixels: Any) -> Any:
    """The pictures as a set."""

    from models.data.sets import PictureSet

    class Given(PictureSet):
        name, identity = "given", "0"
        count, size, channels = len(pixels), pixels.shape[1:3], pixels.shape[3]

        def read(self, indices: Any) -> Any:
            return pixels[indices]

    return Given()


def their_vae(pixels: Any) -> Callable[[], Any]:
    import torch
    from torch import nn
    from torch.nn import functional as F

    from models.vae.recipe import VaeRecipe
    from models.vae.shape import Shape

    recipe = VaeRecipe.preset()
    shape = Shape.of(recipe, pixels.shape[1:3], pixels.shape[3])
    down, inputs = [], shape.channels
    for width in shape.widths:
        down += [nn.Conv2d(inputs, width, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        inputs = width
    flat = inputs * shape.inner[0] * shape.inner[1]
    up: list[Any] = []
    for width in (*reversed(shape.widths[:-1]), shape.last):
        up += [nn.ConvTranspose2d(inputs, width, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        inputs = width
    up.append(nn.Conv2d(inputs, shape.channels, 3, padding=1))
    encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(flat, recipe.hidden), nn.LeakyReLU(SLOPE))
    heads = nn.Linear(recipe.hidden, 2 * recipe.latent)
    start = nn.Sequential(nn.Linear(recipe.latent, recipe.hidden), nn.LeakyReLU(SLOPE),
                          nn.Linear(recipe.hidden, flat), nn.LeakyReLU(SLOPE))  # fmt: skip
    decoder = nn.Sequential(*up)
    parts = nn.ModuleList([encoder, heads, start, decoder]).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(parts.parameters(), 2e-3)

    def step() -> float:
        x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last)
        mean, log_variance = heads(encoder(x)).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        inner = start(z).view(-1, shape.widths[-1], *shape.inner).contiguous(memory_format=torch.channels_last)
        made = torch.sigmoid(decoder(inner))
        log_scale = 0.5 * torch.log(F.mse_loss(made, x))
        apart = (x - made) ** 2 * torch.exp(-2 * log_scale)
        term = (0.5 * apart + log_scale).sum(dim=(1, 2, 3)).mean()
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
        optimizer.zero_grad()
        (term + divergence).backward()
        optimizer.step()
        return float(term)

    return step


def their_gan(pixels: Any) -> Callable[[], Any]:
    import copy

    import torch
    from torch import nn
    from torch.nn import functional as F

    from models.gan.recipe import GanRecipe
    from models.gan.shape import FIRST, channels, fine_channels

    count, size, _, colours = pixels.shape
    recipe = GanRecipe.preset(size=size)
    latent = recipe.latent

    def leaky(x: Any) -> Any:
        return F.leaky_relu(x, SLOPE) * GAIN

    class Styled(nn.Module):
        def __init__(self, inputs: int, filters: int) -> None:
            super().__init__()
            self.conv, self.style = nn.Conv2d(inputs, filters, 3, padding=1), nn.Linear(latent, inputs)

        def forward(self, x: Any, w: Any) -> Any:
            s = self.style(w) + 1
            spread = torch.rsqrt((s**2) @ (self.conv.weight**2).sum(dim=(2, 3)).T + 1e-8)
            x = F.conv2d(x * s[:, :, None, None], self.conv.weight, padding=1) * spread[:, :, None, None]
            return leaky(x + self.conv.bias[:, None, None])

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mapping = nn.ModuleList([nn.Linear(latent, latent) for _ in range(recipe.mapping)])
            self.width = channels(recipe, FIRST)
            self.start = nn.Linear(latent, FIRST * FIRST * self.width)
            self.narrowing, self.refining, self.colours = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
            side, width = FIRST, self.width
            while side < size:
                side *= 2
                wide = channels(recipe, side)
                self.narrowing.append(Styled(width, wide))
                self.refining.append(Styled(wide, wide))
                last = side == size
                self.colours.append(nn.Conv2d(wide, colours, 3 if last else 1, padding=1 if last else 0))
                width = wide

        def forward(self, z: Any) -> Any:
            w = z * torch.rsqrt((z**2).mean(dim=1, keepdim=True) + 1e-8)
            for layer in self.mapping:
                w = leaky(layer(w))
            x = leaky(self.start(w)).view(-1, self.width, FIRST, FIRST).contiguous(memory_format=torch.channels_last)
            picture = None
            for narrow, refine, colour in zip(self.narrowing, self.refining, self.colours, strict=True):
                x = refine(F.interpolate(narrow(x, w), scale_factor=2, mode="bilinear"), w)
                seen = colour(x)
                picture = seen if picture is None else F.interpolate(picture, scale_factor=2, mode="bilinear") + seen
            return torch.tanh(picture)

    class Discriminator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            fine = fine_channels(recipe)
            self.convs = nn.ModuleList([nn.Conv2d(colours, fine, 3, padding=1)])
            side, inputs = size, fine
            while side > FIRST:
                side //= 2
                filters = channels(recipe, side)
                self.convs.append(nn.Conv2d(inputs, filters, 4, 2, 1))
                inputs = filters
            self.last = nn.Conv2d(inputs + 1, inputs, 3, padding=1)
            self.hidden, self.score = nn.Linear(FIRST * FIRST * inputs, inputs), nn.Linear(inputs, 1)

        def forward(self, x: Any) -> Any:
            for conv in self.convs:
                x = leaky(conv(x))
            alike = torch.ones_like(x[:, :1]) * torch.sqrt(x.var(dim=0, unbiased=False) + 1e-8).mean()
            x = leaky(self.last(torch.cat([x, alike], dim=1)))
            return self.score(leaky(self.hidden(x.flatten(1))))[:, 0]

    generator = Generator().to(memory_format=torch.channels_last)
    judge = Discriminator().to(memory_format=torch.channels_last)
    average = copy.deepcopy(generator)
    adams = [torch.optim.Adam(each.parameters(), 2e-3, betas=(0.0, 0.99)) for each in (generator, judge)]

    def step() -> float:
        real = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
        real = real.contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            fake = generator(torch.randn(count, latent))
        of_real, of_fake = judge(torch.cat([real, fake])).chunk(2)
        adams[1].zero_grad()
        (F.softplus(-of_real).mean() + F.softplus(of_fake).mean()).backward()
        adams[1].step()
        loss = F.softplus(-judge(generator(torch.randn(count, latent)))).mean()
        adams[0].zero_grad()
        loss.backward()
        adams[0].step()
        with torch.no_grad():
            for kept, now in zip(average.parameters(), generator.parameters(), strict=True):
                kept.lerp_(now, 0.002)
        return float(loss)

    return step


if __name__ == "__main__":
    main()
