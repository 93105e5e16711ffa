"""Pictures whose file says anything at all of how it was made."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.families import FAMILIES
from models.vision import pictures
from studio.cli import redo
from studio.config import Paths
from studio.registry import Registry
from tests.fuzz.damage import counts, outcome
from tests.fuzz.test_configs import VALUES

SOURCE = {"source": "coffee", "sha256": "0" * 64, "size": [40, 60]}
SOURCES = st.lists(
    st.just(SOURCE) | VALUES | st.fixed_dictionaries({"source": VALUES, "sha256": VALUES, "size": VALUES})
)


@counts
@pytest.mark.parametrize("family", ["dream", "style", "latent"])
def test_recipes_of_any_kind(family: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = FAMILIES[family].recipe_class().preset().model_dump(mode="json") if family != "latent" else {}
    monkeypatch.setattr(redo, "paint", lambda *_, **__: None)
    with tempfile.TemporaryDirectory() as folder:
        registry, path = Registry(Paths(Path(folder, "home"))), Path(folder, "a.png")
        monkeypatch.setattr(redo, "open_registry", lambda: registry)

        @settings(max_examples=count, database=None)
        @given(
            st.dictionaries(st.sampled_from([*whole, "x"]), VALUES, max_size=3),
            st.dictionaries(st.sampled_from(["family", "step", "seed", "metrics", "version"]), VALUES, max_size=2),
            SOURCES | VALUES,
        )
        def read(knobs: dict[str, Any], more: dict[str, Any], sources: Any) -> None:
            said = {"family": family, "recipe": {**whole, **knobs}, "sources": sources, **more}
            try:
                json.dumps(said, allow_nan=False)
            except ValueError:
                return
            pictures.save(path, np.zeros((4, 4, 3), np.uint8), said)
            outcome(lambda: redo.redo(str(path)), repr(said))

        read()
        registry.close()
