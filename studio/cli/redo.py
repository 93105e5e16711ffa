"""`studio redo`: make a picture again from the recipe that its file carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from models.errors import UsageError
from models.families import FAMILIES
from studio.cli.output import say
from studio.cli.paint import THIS_RUN, Device, Json, Name, Out, paint
from studio.export import full_path
from studio.find import find_picture, open_registry
from studio.sources import exists

if TYPE_CHECKING:
    from models.vision.pictures import Pixels
    from studio.registry import PictureEntry, Registry

KNOBS = ("content", "guide", "styles", "masks", "start_picture")
"""The knobs of all families that name pictures."""
LOSSLESS = (".png",)
LAST_STEP = 1 << 40

app = App(name="redo", help="Make a picture again from the recipe inside its file.", help_epilogue="")


@dataclass(frozen=True, slots=True)
class Made:
    """A picture that was made: what it says of itself, and its pixels where they are those it was made with."""

    name: str
    about: Mapping[str, Any]
    pixels: Pixels | None


@app.default
def redo(
    picture: Annotated[str, Parameter(name="PICTURE", help="A file, or a picture of the Gallery by name or id.")],
    /,
    *,
    out: Out = None,
    source: Annotated[
        tuple[str, ...],
        Parameter(
            name="--source", group=THIS_RUN, metavar="OLD=NEW", negative_iterable=(), consume_multiple=False,
            help="Where a picture that it was made from is now.", show_default=False,
        ),
    ] = (),
    name: Name = "",
    device: Device = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Make a picture again, from the same recipe, seed and sources; says whether it is equal to the pixel."""
    registry = open_registry()
    made = found(registry, picture)
    recipe = FAMILIES[made.about["family"]].recipe_class().checked(moved(made.about["recipe"], moves(source)))
    values = recipe.model_dump(mode="json")
    sources = tuple(knob for knob in KNOBS if knob in values)
    check(made.about.get("sources", ()), moves(source), str(values.get("background", "white")))

    def compare(entry: PictureEntry) -> Mapping[str, Any]:
        equal = compared(registry, entry, made)
        if not json:
            say(said(equal, made.about))
        return {"equal": equal}

    paint(
        registry, recipe, sources, out=out, name=name or made.name, device=device, json=json,
        last_step=int(made.about.get("step", 0)) or None, finish=compare,
    )  # fmt: skip


def found(registry: Registry, wanted: str) -> Made:
    """The picture that is meant: a file of that name, else one of the registry. Raises UsageError."""
    from models.vision import about, pictures

    path = full_path(wanted)
    name = path.stem
    if not (exists(wanted) and path.is_file()):
        entry = find_picture(registry, wanted)
        path, name = registry.picture_file(entry.id), entry.name
    said = about.read(path)
    if said is None or not isinstance(said.get("recipe"), dict) or "family" not in said:
        raise UsageError(f"'{path.name}' carries no recipe: it was not made here, or it was saved by another program")
    if not is_sound(said):
        raise UsageError(f"'{path.name}' carries a recipe that is damaged, or no picture's")
    return Made(name, said, pictures.load(path) if path.suffix.lower() in LOSSLESS else None)


def is_sound(said: Mapping[str, Any]) -> bool:
    """Whether what a file says, which anybody can write, is of the kind that is written here."""
    known = FAMILIES.get(said["family"]) if isinstance(said["family"], str) else None
    step, sources = said.get("step", 0), said.get("sources", [])
    if known is None or known.makes != "picture" or not isinstance(step, int) or not 0 <= step < LAST_STEP:
        return False
    return isinstance(sources, list) and all(is_source(each) for each in sources)


def is_source(said: Any) -> bool:
    """Whether a value of JSON describes a picture that another was made from."""
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in ("source", "sha256")):
        return False
    size = said.get("size")
    return isinstance(size, list) and len(size) == 2 and all(isinstance(n, int) and 0 < n < 1 << 20 for n in size)


def moves(given: tuple[str, ...]) -> dict[str, str]:
    """Old names of sources and the new ones. Raises UsageError."""
    pairs = [text.partition("=") for text in given]
    if wrong := [old for old, sign, new in pairs if not (old and sign and new)]:
        raise UsageError(f"--source: OLD=NEW is wanted, not '{wrong[0]}'")
    return {old: new for old, _, new in pairs}


def moved(values: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """A recipe's values with sources that have moved."""
    result = dict(values)
    for knob in KNOBS:
        named = result.get(knob)
        if isinstance(named, str):
            result[knob] = places.get(named, named)
        elif isinstance(named, list):
            result[knob] = [places.get(source, source) if isinstance(source, str) else source for source in named]
    return result


def check(sources: Any, places: Mapping[str, str], background: str) -> None:
    """Raises UsageError, with the way out, for a source that is gone or is another picture now."""
    from models.vision.sources import open_source

    for each in sources:
        before = str(each["source"])
        now = places.get(before, before)
        try:
            opened = open_source(now, side=max(map(int, each["size"])), background=background)
        except UsageError as error:
            raise UsageError(f"{error}; if it has moved: --source '{before}=NEW PLACE'") from None
        if opened.sha256 != each["sha256"]:
            raise UsageError(
                f"'{now}' is not the picture it was made from: put that one back, or --source '{before}=ITS PLACE'"
            )


def compared(registry: Registry, entry: PictureEntry, made: Made) -> bool | None:
    """Whether the new picture is equal to the pixel; None where the file at hand does not hold the pixels."""
    from models.vision import pictures

    if made.pixels is None or entry.kind != "png":
        return None
    now = pictures.load(registry.picture_file(entry.id))
    return now.shape == made.pixels.shape and bool((now == made.pixels).all())


def said(equal: bool | None, about: Mapping[str, Any]) -> str:
    """That in words."""
    if equal is None:
        return "made again; a file of this kind does not keep every pixel, so the two are not compared"
    if equal:
        return "equal to the pixel"
    return f"not equal to the pixel: made by version {about.get('version', '?')}, or on another kind of device"
