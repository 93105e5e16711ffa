"""Pictures that were made and kept, small copies of them, and what runs show while they go on."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import CorruptFileError, UsageError
from studio.registry.files import Entry, note
from studio.registry.models import free_name, sizes_in
from studio.registry.names import check_name, known_as, new_id
from studio.registry.rows import PICTURE_COLUMNS, PictureEntry, PictureKind, rows
from studio.registry.store import Store
from studio.visible import visible

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

WRITTEN = (
    "name", "family", "recipe", "about", "width", "height", "frames", "kind", "file", "size", "sha256", "run_id",
)  # fmt: skip


class Pictures(Store):
    """The registry's pictures."""

    def save_picture(
        self,
        data: bytes,
        *,
        name: str,
        family: str,
        recipe: Mapping[str, Any],
        about: Mapping[str, Any],
        width: int,
        height: int,
        thumbnail: bytes,
        frames: int = 1,
        kind: PictureKind = "png",
        run_id: str | None = None,
        picture_id: str | None = None,
    ) -> PictureEntry:
        """Keep a picture: the bytes of its file, called `name`, or `name 2` where that is taken.

        `thumbnail` is a small PNG. With `picture_id` that picture is replaced, all at once, and keeps its name. With
        `run_id` it is the picture of that run. Raises UsageError for a bad name or an unknown id, StorageError if it
        cannot be written: what was there before is then untouched.
        """
        name = check_name(name)
        replaced = None if picture_id is None else self.picture(picture_id)
        wanted = new_id() if replaced is None else replaced.id
        with self.files.written("pictures", wanted, data, f".{kind}") as (connection, file, saved):
            if replaced is not None:
                old = connection.execute("SELECT file, name FROM pictures WHERE id = ?", (wanted,)).fetchone()
                if old is None:
                    raise UsageError(f"there is no picture '{replaced.name}' any more")
                note(connection, old[0])
                name = old[1]
            else:
                while connection.execute("SELECT 1 FROM pictures WHERE id = ?", (wanted,)).fetchone():
                    wanted = new_id()
                name = free_name(connection, name, "pictures")
            values = (
                name, family, json.dumps(dict(recipe)), json.dumps(dict(about)), width, height, frames, kind, file,
                saved.size, saved.sha256, run_id,
            )  # fmt: skip
            if replaced is not None:
                assigned = ", ".join(f"{column} = ?" for column in WRITTEN)
                connection.execute(f"UPDATE pictures SET {assigned}, problem = NULL WHERE id = ?", (*values, wanted))
            else:
                places = ", ".join("?" * (len(WRITTEN) + 2))
                connection.execute(
                    f"INSERT INTO pictures ({', '.join(WRITTEN)}, id, created) VALUES ({places})",
                    (*values, wanted, time.time()),
                )
            connection.execute("INSERT OR REPLACE INTO thumbnails VALUES (?, ?)", (wanted, thumbnail))
        if replaced is not None:
            self.files.remove(old[0])
        return self.picture(wanted)

    def set_run_picture(self, run_id: str, picture_id: str) -> None:
        """Make a picture the result of a run."""
        with self.database.write() as connection:
            connection.execute("UPDATE runs SET picture_id = ? WHERE id = ?", (picture_id, run_id))

    def picture(self, id_or_name: str) -> PictureEntry:
        """The picture with this id, or with this name. Raises UsageError."""
        with self.database.read() as connection:
            for column in ("id", "name"):
                query = f"SELECT {PICTURE_COLUMNS} FROM pictures WHERE {column} = ?"
                found = rows(PictureEntry, connection.execute(query, (known_as(id_or_name),)))
                if found:
                    return self._seen(found[0])
        raise UsageError(f"there is no picture '{visible(id_or_name)}'")

    def pictures(self, family: str | None = None, *, limit: int | None = None) -> list[PictureEntry]:
        """All pictures, or those of a family, newest first. Looks at the sizes of files, not into them."""
        where, values = ("", ()) if family is None else ("WHERE family = ?", (family,))
        query = f"SELECT {PICTURE_COLUMNS} FROM pictures {where} ORDER BY created DESC, rowid DESC LIMIT ?"
        with self.database.read() as connection:
            listed = rows(PictureEntry, connection.execute(query, (*values, -1 if limit is None else limit)))
        if limit is not None and limit < 100:
            return [self._seen(entry) for entry in listed]
        sizes = sizes_in(self.paths.pictures)
        return [entry if sizes.get(entry.file) == entry.size else self._seen(entry) for entry in listed]

    def _seen(self, entry: PictureEntry) -> PictureEntry:
        problem = entry.problem
        try:
            if (self.paths.home / entry.file).stat().st_size != entry.size:
                problem = "corrupt"
        except FileNotFoundError:
            problem = "missing"
        return entry if problem == entry.problem else replace(entry, problem=problem)

    def rename_picture(self, picture_id: str, name: str) -> PictureEntry:
        """Give a picture another name. Raises UsageError for a bad name, or one that another picture has."""
        name = check_name(name)
        with self.database.write() as connection:
            entry = self.picture(picture_id)
            query = "SELECT 1 FROM pictures WHERE name = ? AND id != ?"
            if connection.execute(query, (name, entry.id)).fetchone():
                raise UsageError(f"another picture is called '{name}'")
            connection.execute("UPDATE pictures SET name = ? WHERE id = ?", (name, entry.id))
        return self.picture(entry.id)

    def delete_picture(self, picture_id: str) -> None:
        """Delete a picture and its file. Raises UsageError if there is none."""

        def find() -> list[Entry]:
            entry = self.picture(picture_id)
            return [("pictures", entry.id, entry.file)]

        self.files.delete(find)

    def pictures_of_run(self, run_id: str) -> list[PictureEntry]:
        """All pictures that a run has made, newest first."""
        query = f"SELECT {PICTURE_COLUMNS} FROM pictures WHERE run_id = ? ORDER BY created DESC, rowid DESC"
        with self.database.read() as connection:
            return [self._seen(entry) for entry in rows(PictureEntry, connection.execute(query, (run_id,)))]

    def picture_file(self, picture_id: str) -> Path:
        """Where a picture lies, until it is made again."""
        return self.paths.home / self.picture(picture_id).file

    def picture_bytes(self, picture_id: str) -> bytes:
        """The picture's file, its checksum verified. Raises CorruptFileError with its name."""
        import hashlib

        entry = self.picture(picture_id)
        try:
            data = (self.paths.home / entry.file).read_bytes()
        except FileNotFoundError:
            raise CorruptFileError(f"missing: the file of the picture '{entry.name}' is gone") from None
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise CorruptFileError(f"corrupt: the file of the picture '{entry.name}' is damaged: delete it")
        return data

    def thumbnail(self, picture_id: str) -> Pixels | None:
        """A small copy of a picture, uint8 (height, width, 3); None if there is none."""
        return self._small("SELECT data FROM thumbnails WHERE picture_id = ?", picture_id)

    def put_preview(self, run_id: str, data: bytes) -> None:
        """Keep what a run shows now, a small PNG, for those who look from other processes."""
        with self.database.write() as connection:
            if connection.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone():
                connection.execute("INSERT OR REPLACE INTO previews VALUES (?, ?)", (run_id, data))

    def preview(self, run_id: str) -> Pixels | None:
        """What a run has shown last, uint8 (height, width, 3); None if there is nothing."""
        return self._small("SELECT data FROM previews WHERE run_id = ?", run_id)

    def _small(self, query: str, key: str) -> Pixels | None:
        with self.database.read() as connection:
            found = connection.execute(query, (key,)).fetchone()
        if found is None:
            return None
        import numpy as np
        from PIL import Image

        try:
            return np.asarray(Image.open(io.BytesIO(found[0])).convert("RGB"))
        except (OSError, ValueError, SyntaxError):  # a damaged database: the picture itself may be whole
            return None
