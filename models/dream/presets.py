"""Named settings of a dream. Those for `lite0` were chosen by looking at what they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT = "classic"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "classic": {},
}
