"""Models: weights with a name, and the figures they reached."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from models.errors import CorruptFileError, UsageError
from studio.registry.files import note
from studio.registry.names import check_name, known_as, new_id, numbered
from studio.registry.rows import MODEL_COLUMNS, Model, rows
from studio.registry.store import Store
from studio.visible import visible

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint, Saved


class Models(Store):
    """The registry's models."""

    def save_model(
        self, checkpoint: Checkpoint, *, name: str, run_id: str | None = None, model_id: str | None = None
    ) -> Model:
        """Register a model: what `checkpoint` holds, called `name`, or `name 2` where that is taken.

        With `model_id` that model gets these weights, all at once, and keeps its name. With `run_id` it becomes the
        model of that run. Raises UsageError for a bad name or an unknown id, StorageError if it cannot be written:
        what was there before is then untouched.
        """
        name = check_name(name)
        replaced = None if model_id is None else self.model(model_id)
        wanted = new_id() if replaced is None else replaced.id
        with self.files.written("models", wanted, checkpoint) as (connection, file, saved):
            if run_id and not connection.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone():
                raise UsageError(f"there is no run '{visible(run_id)}'")
            if replaced is not None:
                old = connection.execute("SELECT file FROM models WHERE id = ?", (wanted,)).fetchone()
                if old is None:
                    raise UsageError(f"there is no model '{replaced.name}' any more")
                note(connection, old[0])
                connection.execute(
                    "UPDATE models SET recipe = ?, metrics = ?, step = ?, seconds = ?, file = ?, size = ?, sha256 = ?, "
                    "problem = NULL, run_id = coalesce(?, run_id) WHERE id = ?",
                    (*figures(checkpoint.meta), file, saved.size, saved.sha256, run_id, wanted),
                )
            else:
                while connection.execute("SELECT 1 FROM models WHERE id = ?", (wanted,)).fetchone():
                    wanted = new_id()
                name = free_name(connection, name)
                insert_model(connection, wanted, name, checkpoint.meta, file, saved, run_id, time.time())
            if run_id is not None:
                connection.execute("UPDATE runs SET model_id = ? WHERE id = ?", (wanted, run_id))
        if replaced is not None:
            self.files.remove(old[0])
        return self.model(wanted)

    def model(self, id_or_name: str) -> Model:
        """The model with this id, or with this name. Raises UsageError."""
        with self.database.read() as connection:
            for column in ("id", "name"):
                query = f"SELECT {MODEL_COLUMNS} FROM models WHERE {column} = ?"
                row = connection.execute(query, (known_as(id_or_name),)).fetchone()
                if row is not None:
                    return self._looked_at(row)
        raise UsageError(f"there is no model '{visible(id_or_name)}'")

    def models(self, family: str | None = None) -> list[Model]:
        """All models, or those of a family, newest first. Looks at the sizes of files, not into them."""
        where, values = ("", ()) if family is None else ("WHERE family = ?", (family,))
        query = f"SELECT {MODEL_COLUMNS} FROM models {where} ORDER BY created DESC, rowid DESC"
        with self.database.read() as connection:
            listed = rows(Model, connection.execute(query, values))
        sizes = sizes_in(self.paths.models)
        found = []
        for model in listed:
            if sizes.get(model.file) != model.size:
                found += self._again(model.id)
            else:
                found.append(model)
        return found

    def _again(self, model_id: str) -> list[Model]:
        """A model whose file was not as expected, read again: it may have been replaced or deleted in between."""
        with self.database.read() as connection:
            row = connection.execute(f"SELECT {MODEL_COLUMNS} FROM models WHERE id = ?", (model_id,)).fetchone()
        return [] if row is None else [self._looked_at(row)]

    def _looked_at(self, row: tuple[object, ...]) -> Model:
        model = Model(*row)  # type: ignore[arg-type]
        problem = model.problem
        try:
            if (self.paths.home / model.file).stat().st_size != model.size:
                problem = "corrupt"
        except FileNotFoundError:
            problem = "missing"
        return model if problem == model.problem else replace(model, problem=problem)

    def load_model(self, id_or_name: str) -> Checkpoint:
        """The weights of a model, their checksum verified.

        Raises UsageError if there is no such model, CorruptFileError with its name if its file is damaged or gone;
        a damage is remembered, so that listings show it.
        """
        model = self.model(id_or_name)
        while True:
            what = f"the model '{model.name}'"
            try:
                checkpoint = self.files.load(model.file, model.sha256, what)
            except FileNotFoundError:
                error, problem = CorruptFileError(f"missing: the file of {what} is gone"), None
            except CorruptFileError as found:
                error, problem = found, "corrupt"
            else:
                if model.problem is not None:
                    self._remember(model, None)
                return checkpoint
            again = self.model(model.id)
            if again.file == model.file:
                self._remember(model, problem)
                raise error from None
            model = again

    def _remember(self, model: Model, problem: str | None) -> None:
        with self.database.write() as connection:
            connection.execute(
                "UPDATE models SET problem = ? WHERE id = ? AND file = ?", (problem, model.id, model.file)
            )

    def rename_model(self, model_id: str, name: str) -> Model:
        """Give a model another name. Raises UsageError for a bad name, or one that another model has."""
        name = check_name(name)
        with self.database.write() as connection:
            model = self.model(model_id)
            taken = connection.execute("SELECT 1 FROM models WHERE name = ? AND id != ?", (name, model.id)).fetchone()
            if taken:
                raise UsageError(f"another model is called '{name}'")
            connection.execute("UPDATE models SET name = ? WHERE id = ?", (name, model.id))
        return self.model(model.id)

    def delete_model(self, model_id: str) -> None:
        """Delete a model, its file, and what was noted of its latent space. Raises UsageError if there is none."""
        model = self.model(model_id)
        self.files.delete(lambda: [("models", model.id, self.model(model.id).file)])
        with contextlib.suppress(OSError):  # notes of a model that is gone harm nobody
            self.paths.latent_notes(model.id).unlink(missing_ok=True)

    def model_file(self, model_id: str) -> Path:
        """Where the weights of a model are, until it is saved again."""
        return self.paths.home / self.model(model_id).file


def free_name(connection: sqlite3.Connection, name: str, table: Literal["models", "pictures"] = "models") -> str:
    """`name`, or the first of `name 2`, `name 3`, ... that no entry of the table has."""
    number = 1
    while connection.execute(f"SELECT 1 FROM {table} WHERE name = ?", (numbered(name, number),)).fetchone():
        number += 1
    return numbered(name, number)


def sizes_in(folder: Path) -> dict[str, int]:
    """The sizes of the files in a folder, by their path in the database; what vanishes meanwhile is left out."""
    sizes = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                sizes[f"{folder.name}/{entry.name}"] = entry.stat().st_size
            except FileNotFoundError:
                continue
    return sizes


def insert_model(
    connection: sqlite3.Connection,
    model_id: str,
    name: str,
    meta: Mapping[str, Any],
    file: str,
    saved: Saved,
    run_id: str | None,
    created: float,
) -> None:
    """Add the entry of a model, within a transaction; `meta` is its checkpoint's."""
    connection.execute(
        "INSERT INTO models (id, name, family, recipe, metrics, step, seconds, file, size, sha256, run_id, created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (model_id, name, meta["family"], *figures(meta), file, saved.size, saved.sha256, run_id, created),
    )


def figures(meta: Mapping[str, Any]) -> tuple[str, str, int, float]:
    """The recipe and the metrics as JSON, the step and the seconds of a checkpoint."""
    recipe, metrics = json.dumps(meta.get("recipe", {})), json.dumps(meta.get("metrics", {}))
    return recipe, metrics, int(meta.get("step", 0)), float(meta.get("seconds", 0.0))
