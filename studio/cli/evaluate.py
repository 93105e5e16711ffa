"""`studio evaluate`: measure a trained VAE or GAN on pictures."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Group, Parameter

from models.errors import UsageError
from studio.cli.fetching import Fetching
from studio.cli.output import emit, say
from studio.find import find_model, open_registry
from studio.sources import located

if TYPE_CHECKING:
    from pathlib import Path

    from models.data.sets import PictureSet
    from models.data.shape import Channels
    from models.downloads import Progress

EPILOGUE = """\
Examples:
  studio evaluate MODEL --data faces                        a VAE: ELBO and its two parts; a GAN: Fréchet distance
  studio evaluate MODEL --data faces --seed 1               faces that it has not seen
  studio evaluate MODEL --data photos --importance 100      a VAE: a tighter bound, too
"""
HERE = Group("This evaluation", sort_key=0)
EVALUATED = {"vae": "models.vae.evaluate:evaluate", "gan": "models.gan.evaluate:evaluate"}
"""What measures a family's models, on a set of pictures; imports TensorFlow."""

app = App(name="evaluate", help="Measure a trained VAE or GAN on pictures.", help_epilogue=EPILOGUE)


@app.default
def evaluate(
    model: Annotated[str, Parameter(metavar="MODEL", help="The model, by id or name.")],
    /,
    *,
    data: Annotated[str, Parameter(group=HERE, metavar="SET", help="A set by name, a folder, an NPZ or IDX file.")],
    count: Annotated[int | None, Parameter(group=HERE, metavar="N", help="Use so many pictures of it.")] = None,
    seed: Annotated[int, Parameter(group=HERE, metavar="N", help="Which pictures of a drawn set.")] = 0,
    importance: Annotated[
        int, Parameter(group=HERE, metavar="K", help="A VAE: bound the likelihood with K samples as well.")
    ] = 0,
    json: Annotated[bool, Parameter(name="--json", negative=(), group=HERE, help="Print the result as JSON.")] = False,
) -> None:
    """Measure a trained VAE (ELBO and its parts, in nats a picture) or GAN (Fréchet distance) on pictures."""
    from studio.stderr import stderr_to

    if importance < 0:
        raise UsageError(f"--importance: a number from 0 on, not {importance}")
    if count is not None and count < 1:
        raise UsageError(f"--count: 1 or more, not {count}")
    registry = open_registry()
    entry = find_model(registry, model)
    if entry.family not in EVALUATED:
        raise UsageError(f"the model '{entry.name}' is a {entry.family} model; {' and '.join(EVALUATED)} are measured")
    source = located({"data": data})["data"]
    checkpoint = registry.load_model(entry.id)
    fetching = Fetching(data)
    try:
        pictures = opened(source, checkpoint.meta, count, seed, registry.paths.home, fetching)
    finally:
        fetching.close()
    if not json:
        skipped = f", {len(pictures.skipped)} skipped" if pictures.skipped else ""
        say(f"measuring '{entry.name}' on {pictures.count:,} pictures{skipped}")
    with stderr_to(registry.paths.log):
        found = pkgutil.resolve_name(EVALUATED[entry.family])(
            checkpoint, pictures, folder=registry.paths.home, importance=importance
        )
    metrics = {name: float(value) for name, value in found.items()}
    if json:
        emit("result", model=entry.id, name=entry.name, data=source, count=pictures.count,
             skipped=list(pictures.skipped), metrics=metrics)  # fmt: skip
        return
    for name, value in metrics.items():
        say(f"{name.replace('_', ' ')}: {value:,.4g}")


def opened(
    source: str, meta: Mapping[str, Any], count: int | None, seed: int, folder: Path, progress: Progress
) -> PictureSet:
    """The pictures, brought to the size and the channels that the model was trained on."""
    from models.data.opening import open_set

    about = meta["data"]
    height, width = about["size"]
    size = height if height == width else None
    channels: Channels = "grey" if about["channels"] == 1 else "rgb"
    found = open_set(source, size=size, channels=channels, count=count, seed=seed, folder=folder, progress=progress)
    if list(found.size) != [height, width]:
        raise UsageError(
            f"the model makes pictures of {width}x{height}, those of {found.name} are {found.size[1]}x{found.size[0]}"
        )
    return found
