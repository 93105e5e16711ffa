"""Tables that say what is on the pictures of a folder: CSV files, and CelebA's list_attr_celeba.txt."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError, shown

FILES = ("file", "filename", "file_name", "image", "image_id", "path", "name")
"""What a column of files may be called; with none of these names it is the first."""

WORDS = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
KINDS = 20
"""A column of words with no more different ones than this becomes one attribute a word."""

MOST = 256 << 20
"""Bytes of a table, at most."""


@dataclass(frozen=True, slots=True)
class FileTable:
    """What is known of files: `values` is float32 (rows, len(names)), `rows` the row of a file by its name."""

    names: tuple[str, ...]
    values: NDArray[np.float32]
    rows: Mapping[str, int]

    def row(self, file: str) -> int | None:
        """The row of a file, whose path in its folder has `/`: by that path, or by its bare name."""
        bare = PurePosixPath(file)
        return next((self.rows[each] for each in (file, bare.name, bare.stem) if each in self.rows), None)


def load(path: Path) -> FileTable:
    """The attributes in a file.

    A first line of one whole number is CelebA's: the attributes' names follow, then a file and -1 or 1 for each. Else
    it is CSV (commas, semicolons or tabs) with a line of names; one column names files. Numbers stay as they are, but
    a column of -1 and 1 alone becomes 0 and 1, and so do yes, no, true and false; a column of up to 20 different words
    becomes an attribute for each (`hat:cap`). Raises UsageError, with line or column, for anything else.
    """
    text = _text(path)
    lines = text.splitlines()
    if lines and lines[0].strip().isdecimal() and len(lines) > 2:
        return _celeba(path, lines)
    return _csv(path, lines)


def _celeba(path: Path, lines: Sequence[str]) -> FileTable:
    names = lines[1].split()
    files, cells = [], []
    for number, line in enumerate(lines[2:], 3):
        if not line.strip():
            continue
        file, *values = line.split()
        if len(values) != len(names):
            raise UsageError(f"{str(path)!r}, line {number}: {len(values)} values for {len(names)} attributes")
        files.append(file)
        cells.append(values)
    return _table(path, files, {name: [row[at] for row in cells] for at, name in enumerate(names)})


def _csv(path: Path, lines: Sequence[str]) -> FileTable:
    head = lines[0] if lines else ""
    mark = max(",;\t", key=head.count)
    try:
        rows = [(number, row) for number, row in enumerate(csv.reader(lines, delimiter=mark), 1) if row]
    except csv.Error as error:
        raise UsageError(f"{str(path)!r} is no CSV file: {shown(str(error))}") from None
    if len(rows) < 2 or len(rows[0][1]) < 2:
        raise UsageError(
            f"{str(path)!r} is no table of attributes: it needs a line of names, a column of files, and others"
        )
    names = [each.strip() for each in rows[0][1]]
    if len(set(names)) < len(names) or not all(names):
        raise UsageError(f"{str(path)!r}: every column needs a name of its own")
    for number, row in rows[1:]:
        if len(row) != len(names):
            raise UsageError(f"{str(path)!r}, line {number}: {len(row)} cells for {len(names)} columns")
    at = next((names.index(each) for each in names if each.lower() in FILES), 0)
    columns = {name: [row[place].strip() for _, row in rows[1:]] for place, name in enumerate(names) if place != at}
    return _table(path, [row[at].strip() for _, row in rows[1:]], columns)


def _table(path: Path, files: Sequence[str], columns: Mapping[str, Sequence[str]]) -> FileTable:
    rows: dict[str, int] = {}
    for row, file in enumerate(files):
        if rows.setdefault(_plain(file), row) != row:
            raise UsageError(f"{str(path)!r} names {shown(file)!r} twice")
    if not rows:
        raise UsageError(f"{str(path)!r} names no files")
    names: list[str] = []
    values: list[NDArray[np.float32]] = []
    for name, cells in columns.items():
        for each, column in _column(path, name, cells).items():
            names.append(each)
            values.append(column)
    return FileTable(tuple(names), np.stack(values, axis=1), rows)


def _column(path: Path, name: str, cells: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """One column of a table as one attribute, or as one for each of its words."""
    numbers = [_number(cell) for cell in cells]
    if all(number is not None for number in numbers):
        column = np.array(numbers, np.float32)
        return {name: np.where(column > 0, 1, 0).astype(np.float32) if set(numbers) <= {-1.0, 1.0} else column}
    words = sorted(set(cells))
    if "" in words:
        raise UsageError(
            f"{str(path)!r}: column {shown(name)} has an empty cell in row {cells.index('') + 1}; fill it in"
        )
    if len(words) > KINDS:
        raise UsageError(
            f"{str(path)!r}: column {shown(name)} is neither numbers, nor yes and no, "
            f"nor up to {KINDS} different words; remove it"
        )
    return {f"{name}:{word}": np.array([cell == word for cell in cells], np.float32) for word in words}


def _number(cell: str) -> float | None:
    if cell.lower() in WORDS:
        return WORDS[cell.lower()]
    try:
        found = float(cell)
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) < 1e30 else None


def _plain(file: str) -> str:
    return str(PurePosixPath(file.replace("\\", "/")))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST:
            raise UsageError(f"{str(path)!r} is too large for a table of attributes")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(path)!r} is not utf-8 text: byte {error.start} does not decode") from None
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error
