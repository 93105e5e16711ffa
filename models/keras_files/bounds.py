"""How much of a file is read, and the errors of reading."""

from __future__ import annotations

LARGEST = 1 << 30
"""Bytes of a file, and of what it unpacks to."""
LARGEST_JSON = 16 << 20
"""Bytes of what says how a model is built."""
MEMORY = 8 << 30
"""Bytes of address space of the process that reads."""
SECONDS = 120
"""Seconds of work of that process."""
REFUSED, DAMAGED = 3, 4
"""Exit codes of that process: the file holds what is not taken in; it is not whole."""


class RefusedError(Exception):
    """The file holds something that is not taken in: code, links, what no model of the studio has."""
