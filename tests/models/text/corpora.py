"""What the tests of corpora share: files to read, and the one line that refuses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import UsageError
from models.text.corpus import open_corpus

SMALL_BLOCKS = [1, 2, 3, 5, 2**16]
"""Sizes that put the borders of blocks everywhere."""


def write(path: Path, data: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def read(*sources: str, encoding: str = "utf-8") -> str:
    return "".join(open_corpus(sources, encoding=encoding, folder=Path("/nowhere")).chunks())


def refusal(*sources: str, encoding: str = "utf-8") -> str:
    with pytest.raises(UsageError) as caught:
        open_corpus(sources, encoding=encoding, folder=Path("/nowhere"))
    message = str(caught.value)
    assert message.isprintable(), "one line, nothing that moves the cursor"
    message.encode()
    return message
