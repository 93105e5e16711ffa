"""What is about to be read, and the command that does the same as the form: for the Train page, where it has room."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.data.recipe import PicturesRecipe
    from models.data.sets import Pixels

COLUMNS = 12
"""Pictures side by side on a contact sheet."""
OPENING = 6_000
"""Characters of a corpus that are shown."""


def opening(sources: Sequence[str], encoding: str, folder: Path) -> str:
    """The beginning of a corpus, or why there is none to show. Reads files, downloads nothing; not for the event loop.

    `folder` is the data folder. Raises UserError kin, as reading the corpus would.
    """
    from models.text.corpus import open_corpus
    from models.text.downloads import DOWNLOADS
    from models.text.reading import files_of, read_file

    first = sources[0]
    download = DOWNLOADS.get(first)
    if download is not None:
        place = download.place(folder)
        if not place.exists():
            return f"{first} is downloaded when the training starts ({download.size / 1e6:.1f} MB, once)."
        chunks = read_file(place, "utf-8")
    elif first == "python-docs":
        chunks = open_corpus([first], folder=folder).chunks()
    else:
        files = files_of(Path(first).expanduser())
        chunks = read_file(files[0], encoding)
    return next(iter(chunks), "")[:OPENING]


def contact_sheet(recipe: PicturesRecipe, folder: Path, count: int) -> Pixels | str:
    """Some of the pictures of a recipe side by side, uint8 (height, width, 3), or why there are none to show.

    Decodes and draws, downloads nothing; not for the event loop. `folder` is the data folder. Raises UserError kin, as
    opening the set would.
    """
    import numpy as np

    from models.data import known
    from models.data.opening import open_set
    from models.latent.sheet import sheet

    if recipe.data in known.NAMES and not known.is_here(recipe.data, folder):
        return f"{recipe.data} is downloaded when the training starts, once."
    pictures = open_set(
        recipe.data, size=recipe.size, channels=recipe.channels, count=count, fit=recipe.fit,
        attributes=recipe.attributes, seed=recipe.seed, folder=folder,
    )  # fmt: skip
    return sheet(pictures.read(np.arange(pictures.count)), columns=COLUMNS)


def command(
    family: str, preset: str, usual: Mapping[str, Any], values: Mapping[str, Any], *, name: str = "", base: str = ""
) -> str:
    """The command line that trains what the form says: the preset, and the knobs that differ from it.

    `base` is the model that is trained further; its own recipe is then what is `usual`.
    """
    words = ["studio", "train", family]
    if preset:
        words += ["--preset", preset]
    given = {knob for knob, value in values.items() if knob in ("corpus", "data") or value != usual.get(knob)}
    if given & {"steps", "epochs"} and "seconds" in values:
        given.add("seconds")  # the command line leaves out a preset's limit in seconds beside those
    for knob, value in values.items():
        if knob not in given:
            continue
        flag = f"--{knob.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag[2:]}")
        elif value is None:
            words += [flag, "none"]
        elif isinstance(value, tuple | list):
            texts = [str(item) for item in value]
            words += [flag, *(texts if all(isinstance(item, str) for item in value) else [",".join(texts)])]
        else:
            words += [flag, str(value)]
    if base:
        words += ["--base", base]
    if name:
        words += ["--name", name]
    return shlex.join(words)
