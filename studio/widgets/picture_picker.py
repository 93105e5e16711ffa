"""A picture to choose: the samples first, then those drawn for style, then those made here, then files; each with a
preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from models.errors import UsageError
from studio.opener import Opener
from studio.visible import visible
from studio.widgets.picture import PictureView
from studio.widgets.rows import Cell, Column, RowList

if TYPE_CHECKING:
    from studio.registry import Registry

PREVIEW = 480
"""The longer side of a preview, in pixels."""
MADE = 60
"""Pictures made here that are listed, the newest."""
LISTED = 2000
"""Entries of a folder that are listed at most."""
ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".ppm", ".pgm"),
    *(".pbm", ".avif", ".jp2", ".j2k", ".qoi", ".psd"),
)
Kind = Literal["sample", "style", "made", "up", "folder", "file"]
WORDS: dict[Kind, str] = {
    "sample": "sample", "style": "drawn", "made": "made here", "up": "folder", "folder": "folder", "file": "file",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One picture, or a folder to look into: what a recipe says for it, and what the list calls it."""

    kind: Kind
    source: str
    title: str


def known(registry: Registry, first: Literal["sample", "style"]) -> list[Item]:
    """The pictures that need no file, those of the kind `first` at the top; then the newest made here."""
    from models.vision.sources import names

    samples, styles = names()
    groups = {
        "sample": [Item("sample", name, name) for name in samples],
        "style": [Item("style", name, name) for name in styles],
    }
    found = groups.pop(first) + next(iter(groups.values()))
    made = [entry for entry in registry.pictures(limit=MADE) if entry.frames == 1 and not entry.problem]
    return found + [Item("made", str(registry.picture_file(entry.id)), entry.name) for entry in made]


def within(folder: Path) -> list[Item]:
    """The folders and pictures in a folder, by name, below the folder above it. Raises UsageError."""
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name.lower())[:LISTED]
        folders = [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError as error:
        raise UsageError(f"{str(folder)!r} cannot be read: {error.strerror}") from None
    files = [entry for entry in entries if entry.suffix.lower() in ENDINGS and not entry.name.startswith(".")]
    above = [] if folder.parent == folder else [Item("up", str(folder.parent), "..")]
    return [
        *above,
        *(Item("folder", str(entry), f"{entry.name}/") for entry in folders),
        *(Item("file", str(entry), entry.name) for entry in files),
    ]


class PicturePicker(ModalScreen[str | None]):
    """A list beside a preview. The result is a picture source as recipes name it, None for going back."""

    DEFAULT_CSS = """
    PicturePicker { align: center middle; background: $background 60%; }
    PicturePicker > Vertical { width: 120; max-width: 96%; height: 90%; background: $panel; padding: 1 2; }
    PicturePicker .title { text-style: bold; height: 1; }
    PicturePicker #path { margin: 1 0; background: $surface; }
    PicturePicker Horizontal { height: 1fr; }
    PicturePicker RowList { width: 2fr; }
    PicturePicker #side { width: 3fr; margin-left: 2; }
    PicturePicker PictureView { height: 1fr; }
    PicturePicker #about { height: 2; color: $text-muted; }
    PicturePicker .keys { height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    PicturePicker.-narrow #side { width: 2fr; margin-left: 1; }
    PicturePicker.-low > Vertical { padding: 0 1; height: 100%; }
    PicturePicker.-low #path { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Go back", id="dialog.back"),
        Binding("enter", "choose", "Choose", id="pictures.choose"),
        Binding("left,backspace", "up", "The folder above", id="pictures.up", show=False),
        Binding("f", "files", "Files", id="pictures.files"),
        Binding("s", "known", "Samples", id="pictures.samples"),
        Binding("slash", "path", "Type a path", id="pictures.path"),
    ]

    def __init__(
        self,
        title: str,
        registry: Registry,
        opener: Opener,
        *,
        now: str = "",
        first: Literal["sample", "style"] = "sample",
    ) -> None:
        super().__init__()
        self.heading, self.registry, self.opener, self.now, self.first = title, registry, opener, now, first
        self.folder: Path | None = None
        self.shown: Item | None = None
        self.rows: RowList[Item] = RowList((Column("picture"), Column("", 9)), cells, lambda item: item.source)

    def compose(self) -> ComposeResult:
        """Title, path, list and preview, keys."""
        with Vertical():
            yield Static(Content(visible(self.heading)), classes="title")
            yield Input(placeholder="a file or folder: / to type it", compact=True, id="path")
            with Horizontal():
                yield self.rows
                with Vertical(id="side"):
                    yield PictureView()
                    yield Static("", id="about", markup=False)
            yield Static(
                Content("Enter choose   f files   s samples   / type a path   Backspace the folder above   Esc back"),
                classes="keys",
            )

    def on_mount(self) -> None:
        """Start on what is chosen now."""
        self.arrange_for(*self.app.size)
        self.rows.select(self.now)
        self.rows.show(known(self.registry, self.first))
        self.rows.focus()
        self.set_interval(0.1, self.preview)

    def on_resize(self, event: Resize) -> None:
        self.arrange_for(*event.size)

    def arrange_for(self, width: int, height: int) -> None:
        """Use the room there is."""
        self.set_class(width < 100, "-narrow")
        self.set_class(height < 30, "-low")

    @on(RowList.Moved)
    def preview(self) -> None:
        """Show the picture under the cursor as soon as it is open; until then the one before stays."""
        item = self.rows.item
        if item is None or item == self.shown:
            return
        view, about = self.query_one(PictureView), self.query_one("#about", Static)
        if item.kind in ("up", "folder"):
            self.shown = item
            view.show(None)
            about.update(Content(visible(item.source)))
            return
        found = self.opener.look(item.source, PREVIEW)
        if found is None:
            about.update(Content(f"opening {visible(item.title)}…"))
            return
        self.shown = item
        if isinstance(found, str):
            view.show(None)
            about.update(Content(visible(found)))
        else:
            view.show(found, title=item.title)
            about.update(Content(visible(described(item))))

    def look_into(self, folder: Path) -> None:
        """List a folder. Raises UsageError if it cannot be read."""
        items = within(folder)
        before = self.folder
        self.folder = folder
        self.query_one("#path", Input).value = str(folder)
        if before is not None:
            self.rows.select(str(before))
        self.rows.show(items)
        self.rows.focus()

    def action_files(self) -> None:
        self.look_into(self.folder or Path.cwd())

    def action_known(self) -> None:
        self.folder = None
        self.query_one("#path", Input).value = ""
        self.rows.show(known(self.registry, self.first))
        self.rows.focus()

    def action_up(self) -> None:
        if self.folder is not None:
            self.look_into(self.folder.parent)

    def action_path(self) -> None:
        self.query_one("#path", Input).focus()

    def action_back(self) -> None:
        """Out of the field, or out of the dialog."""
        if self.focused is self.query_one("#path"):
            self.rows.focus()
        else:
            self.dismiss(None)

    @on(Input.Submitted, "#path")
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        path = typed(event.value)
        if path is None:
            self.action_known()
        elif path.is_dir():
            self.look_into(path)
        else:
            self.dismiss(str(path))

    @on(RowList.Chosen)
    def action_choose(self) -> None:
        item = self.rows.item
        if item is None:
            return
        if item.kind in ("up", "folder"):
            self.look_into(Path(item.source))
        else:
            self.dismiss(item.source)


def typed(text: str) -> Path | None:
    """The file or folder that was typed; None for nothing. Raises UsageError if there is none of that name."""
    if not text.strip():
        return None
    try:
        path = Path(text.strip()).expanduser().absolute()
        if path.exists():
            return path
    except (OSError, RuntimeError, ValueError):  # a name too long, no such user, a zero byte
        pass
    raise UsageError(f"not found: {text.strip()}")


def cells(item: Item) -> Sequence[Cell]:
    """The row of an item."""
    tone: Literal["accent", ""] = "accent" if item.kind in ("up", "folder") else ""
    return (item.title, tone), (WORDS[item.kind], "dim")


def described(item: Item) -> str:
    """What a picture is, in a line."""
    from models.vision.sources import title

    return item.source if item.kind in ("made", "file") else title(item.source)
