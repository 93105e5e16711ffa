"""The texts that are at hand by name. How they are fetched is tested in `tests/models/test_downloads.py`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models.text.downloads import DOWNLOADS

SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.parametrize(("name", "file"), [("nietzsche", "nietzsche.txt"), ("shakespeare", "tinyshakespeare.txt")])
def test_the_known_texts_have_the_right_size_and_checksum(name: str, file: str) -> None:
    copy = SHARED / file
    if not copy.exists():
        pytest.skip("no local copy of the text to compare with")
    data = copy.read_bytes()
    assert (DOWNLOADS[name].size, DOWNLOADS[name].checksum) == (len(data), hashlib.sha256(data).hexdigest())
    assert DOWNLOADS[name].url.startswith("https://")
