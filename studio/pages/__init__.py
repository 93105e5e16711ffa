"""The pages: one file each. This table is all that the app knows of a page before it is first shown."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.pages.base import Page


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page: its name in bindings and the palette, its number key, its title, and where its class is (`module:name`).

    `family` is the family of models that the page plays, empty for a page that serves them all; `plays` names several.
    """

    name: str
    key: str
    title: str
    target: str
    family: str = ""
    plays: tuple[str, ...] = ()

    def load(self) -> type[Page]:
        """The page's class, imported now."""
        found: type[Page] = pkgutil.resolve_name(self.target)
        return found


PAGES = {
    info.name: info
    for info in (
        PageInfo("text", "1", "Text", "studio.pages.text:TextPage", family="text"),
        PageInfo("train", "2", "Train", "studio.pages.train:TrainPage"),
        PageInfo("jobs", "3", "Jobs", "studio.pages.jobs:JobsPage"),
        PageInfo("library", "4", "Library", "studio.pages.library:LibraryPage"),
        PageInfo("dream", "5", "Dream", "studio.pages.dream:DreamPage", family="dream"),
        PageInfo("style", "6", "Style", "studio.pages.style:StylePage", family="style"),
        PageInfo("gallery", "7", "Gallery", "studio.pages.gallery:GalleryPage"),
        PageInfo("latent", "8", "Latent", "studio.pages.latent:LatentPage", plays=("vae", "gan")),
    )
}


def player(family: str) -> PageInfo | None:
    """The page that plays models of `family`."""
    return next((info for info in PAGES.values() if family and family in (info.family, *info.plays)), None)
