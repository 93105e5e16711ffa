"""The layers of a Keras file, read by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load

from models.child import program
from models.errors import CorruptFileError, UserError, shown
from models.keras_files.bounds import LARGEST, REFUSED, SECONDS
from models.keras_files.stored import Layer

SUFFIXES = (".keras", ".h5", ".hdf5")


def read_layers(path: Path, most: int) -> list[Layer]:
    """The layers with weights of a `.keras` or HDF5 file, of at most `most` numbers together. Nothing in it is run.

    Raises UserError for a file that cannot be read or holds more than weights, CorruptFileError for a damaged one.
    """
    name = shown(path.name)
    try:
        if not path.is_file():
            raise UserError(f"there is no file '{name}'")
        with path.open("rb") as file, tempfile.TemporaryFile() as out:
            start = file.read(4)
            if start[:2] != b"PK" and start != b"\x89HDF":
                raise UserError(f"'{name}' is neither a .keras nor an HDF5 file")
            if os.fstat(file.fileno()).st_size > LARGEST:
                raise UserError(f"'{name}' is larger than {LARGEST >> 30} GiB")
            file.seek(0)
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            words, own = program("models.keras_files.child", str(most))
            done = subprocess.run(words, stdin=file, stdout=out, stderr=subprocess.PIPE, timeout=3 * SECONDS, env=own)
            out.seek(0)
            found = out.read()
    except OSError as error:
        raise UserError(f"'{name}' cannot be read: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise CorruptFileError(f"corrupt: {name} could not be read in {3 * SECONDS} seconds") from None
    if done.returncode == REFUSED:
        raise UserError(f"'{name}' is not taken in: {last_line(done.stderr)}")
    try:
        if done.returncode:
            raise ValueError(last_line(done.stderr) if done.returncode > 0 else "its reader gave up")
        return layers_from(found)
    except (SafetensorError, ValueError) as error:
        raise CorruptFileError(f"corrupt: {name} is not a whole Keras file: {shown(str(error))[:200]}") from None


def layers_from(data: bytes) -> list[Layer]:
    """What the process has written. Raises SafetensorError or ValueError."""
    end = 8 + int.from_bytes(data[:8], "little")
    about = json.loads(json.loads(data[8:end])["__metadata__"]["layers"])
    arrays = load(data)
    return [
        Layer(each["path"], each["name"], tuple(arrays[f"{place}/{at}"] for at in range(each["arrays"])))
        for place, each in enumerate(about)
    ]


def last_line(told: bytes) -> str:
    lines = told.decode("ascii", "replace").strip().splitlines()
    return shown(lines[-1])[:300] if lines else "it is damaged"
