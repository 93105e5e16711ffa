"""`studio models export` and `studio models import`: a model as one file, there and back."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from studio.cli.output import emit, say
from studio.figures import size
from studio.find import find_model, open_registry

Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON object instead.")]


def export_model(
    model: Annotated[str, Parameter(name="MODEL", help="A name, an id, or the beginning of either.")],
    /,
    *,
    out: Annotated[str, Parameter(name=("--out", "-o"))],
    half: Annotated[bool, Parameter(negative=())] = False,
    force: Annotated[bool, Parameter(negative=())] = False,
    json: Json = False,
) -> None:
    """Write a model to one file of data alone, to keep or to hand on.

    Parameters
    ----------
    out
        The file, `.safetensors`.
    half
        Keep the weights in 16 bits: half the size, nearly the same model.
    force
        Replace a file that is there.
    """
    from studio.bundle import write_bundle
    from studio.export import full_path

    registry = open_registry()
    found = find_model(registry, model)
    path = full_path(out)
    written = write_bundle(registry.load_model(found.id), found.name, path, half=half, force=force)
    if json:
        emit("result", id=found.id, name=found.name, family=found.family, out=str(path), size=written)
    else:
        say(f"wrote '{found.name}' to {path} ({size(written)})")


def import_model(
    file: Annotated[str, Parameter(name="FILE", help="What `studio models export` wrote, or weights of Keras.")],
    /,
    *,
    name: str | None = None,
    like: str | None = None,
    json: Json = False,
) -> None:
    """Take in a model from a file, once all of it was checked; nothing in the file is run.

    Parameters
    ----------
    name
        What to call it; by default as it was called.
    like
        For `.keras` and `.h5`: the text model or VAE of yours that has the same layers. Its symbols are taken, too.
    """
    from studio.export import full_path
    from studio.stderr import stderr_to
    from studio.taking import take_in

    registry = open_registry()
    other = None if like is None else find_model(registry, like)
    with stderr_to(registry.paths.log):  # a VAE or a GAN is built to see that its parts fit each other
        model = take_in(registry, full_path(file), name, other)
    if json:
        emit("result", id=model.id, name=model.name, family=model.family, size=model.size, sha256=model.sha256)
    else:
        say(f"imported '{model.name}' ({model.family}, {size(model.size)})")
