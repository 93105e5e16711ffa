"""What the keys of the Library page do to a model, and to files of models."""

from __future__ import annotations

import asyncio
from os.path import isdir, isfile, lexists
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.binding import Binding, BindingType

from models.errors import UsageError, UserError
from studio import figures
from studio.export import full_path
from studio.pages.base import Page, typing

if TYPE_CHECKING:
    from studio.pages.train import TrainPage
    from studio.registry import Model
    from studio.widgets.rows import RowList

OF_A_MODEL = ("open", "further", "rename", "export", "delete")
"""Actions that need a model under the cursor."""
OF_A_BROKEN_ONE = ("rename", "delete")
TAKEN_IN = (
    "What the studio exported, .safetensors; or weights of Keras, .keras or .h5, for the layers and symbols of {like}."
)


class LibraryKeys(Page):
    """The actions. What takes time is done on threads."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="library.open", tooltip="Write with it, or travel its latent space"),
        Binding("t", "further", "Train further", id="library.further", tooltip="Go on learning, from this model"),
        Binding("slash", "filter", "Filter", id="library.filter", tooltip="Show the models whose name holds a text"),
        Binding("r", "rename", "Rename", id="library.rename", tooltip="Give the model another name"),
        Binding("d,delete", "delete", "Delete", id="library.delete", tooltip="Delete the model, after a question"),
        Binding(
            "e", "export", "Export", id="library.export", show=False, tooltip="Write the model to one file, to hand on"
        ),
        Binding("i", "import", "Import", id="library.import", show=False, tooltip="Take in a model from a file"),
    ]

    @property
    def rows(self) -> RowList[Model]:
        raise NotImplementedError

    def look(self) -> None:
        """Read the models again if anything in the registry has changed."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a model under the cursor its actions are dimmed; a broken one can only be renamed or deleted."""
        if action == "filter":
            return self.screen.focused is None or not typing(self.screen.focused)
        if action not in OF_A_MODEL:
            return super().check_action(action, parameters)
        model = self.rows.item if self.query("#models") else None
        return True if model is not None and (not model.problem or action in OF_A_BROKEN_ONE) else None

    async def action_open(self) -> None:
        model = self.rows.item
        if model is not None and not model.problem:
            await self.studio.open_model(model.family, model.id)

    async def action_further(self) -> None:
        model = self.rows.item
        if model is not None and not model.problem:
            page = cast("TrainPage", await self.studio.go("train"))
            page.further(model)

    def action_rename(self) -> None:
        from studio.registry import check_name
        from studio.widgets.dialogs import Prompt

        model = self.rows.item
        if model is None:
            return

        def renamed(name: str | None) -> None:
            if name is not None:
                with self.studio.telling():
                    self.services.registry.rename_model(model.id, name)
                    self.look()

        self.app.push_screen(Prompt("Rename the model", model.name, check=check_name), renamed)

    def action_delete(self) -> None:
        from studio.widgets.dialogs import Answer, Question

        model = self.rows.item
        if model is None:
            return

        def answered(answer: str | None) -> None:
            if answer:
                with self.studio.telling():
                    self.services.registry.delete_model(model.id)
                    self.look()

        self.app.push_screen(
            Question(
                f"Delete the model “{model.name}”?",
                f"Its weights ({figures.size(model.size)}) are gone for good.",
                [Answer("y", "Delete it", "yes")],
                careful=True,
            ),
            answered,
        )

    # Files

    def action_export(self) -> None:
        from studio.bundle import SUFFIX
        from studio.widgets.dialogs import Prompt

        model = self.rows.item
        if model is None:
            return

        def chosen(name: str | None) -> None:
            if name is not None:
                self.run_worker(self._write(model, Path(name)))

        self.app.push_screen(
            Prompt(
                "Write the model to",
                model.name.replace("/", "-").lstrip(".") + SUFFIX,
                check=new_bundle,
                detail="Its recipe goes with it; nothing in it is code.",
            ),
            chosen,
        )

    async def _write(self, model: Model, path: Path) -> None:
        from studio.bundle import write_bundle

        def written() -> int:
            return write_bundle(self.services.registry.load_model(model.id), model.name, path)

        with self.studio.telling():
            size = await asyncio.to_thread(written)
            self.studio.tell(f"written: {path} ({figures.size(size)})")

    def action_import(self) -> None:
        from studio.widgets.dialogs import Prompt

        like = self.rows.item

        def chosen(name: str | None) -> None:
            if name is not None:
                self.run_worker(self._take_in(Path(name), like))

        whose = f"“{like.name}”" if like is not None else "the model under the cursor"
        detail = TAKEN_IN.format(like=whose)
        self.app.push_screen(Prompt("Take in a model from", "", check=file_there, detail=detail), chosen)

    async def _take_in(self, path: Path, like: Model | None) -> None:
        """Read, check and register; a VAE or a GAN is built for it, which takes seconds the first time."""
        from studio.taking import KERAS, take_in

        keras = path.suffix.lower() in KERAS
        if keras and like is None:
            self.studio.tell("there is no model yet that those weights could be like", "error")
            return
        self.studio.tell(f"reading {path.name}")
        with self.studio.telling():
            found: Any = await asyncio.to_thread(take_in, self.services.registry, path, None, like if keras else None)
            self.studio.tell(f"imported “{found.name}” ({found.family}, {figures.size(found.size)})")
            self.look()


def new_bundle(name: str) -> str:
    """The file that a name stands for. Raises UsageError where there is one already, or a model is not written so."""
    from studio.bundle import SUFFIX

    path = full_path(name)
    if path.suffix.lower() != SUFFIX:
        raise UsageError(f"a model is written as {SUFFIX}")
    if lexists(path):
        raise UsageError("there is a file of that name: choose another one")
    if not isdir(path.parent):  # noqa: PTH112
        raise UsageError("there is no such folder")
    return str(path)


def file_there(name: str) -> str:
    """The file that a name stands for. Raises UserError where there is none."""
    if not name.strip():
        raise UsageError("the path of a file")
    path = full_path(name.strip())
    if not isfile(path):  # noqa: PTH113 (a name no file can have is no error here)
        raise UserError("there is no such file")
    return str(path)
