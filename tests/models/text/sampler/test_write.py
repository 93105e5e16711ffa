"""Writing as a run: for the command line, and for the samples of a training."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import checkpoint
from models.checkpoint import Checkpoint
from models.errors import UsageError
from models.events import Stop, Text
from models.text.sampler import Sampler, Settings, write
from models.text.vocabulary import UnknownSymbolsError
from tests.models.text.sampler.made import arrays, model

MODEL = model()


def texts(**options: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for event in write(MODEL, **options):  # type: ignore[arg-type]
        assert isinstance(event, Text)
        assert event.text
        found[event.label] = found.get(event.label, "") + event.text
    return found


def test_a_text_is_written_at_every_temperature() -> None:
    found = texts(temperatures=(0, 0.5, 1.2), length=300, prompt="the ", seed=1)
    assert list(found) == ["T=0", "T=0.5", "T=1.2"]
    assert {len(text) for text in found.values()} == {300}
    for heat in (0, 0.5, 1.2):
        sampler = Sampler(MODEL)
        lane = sampler.add("the ", Settings(heat), 1)
        sampler.step(count=300)
        assert found[f"T={heat}"] == lane.written


def test_a_text_does_not_depend_on_the_other_temperatures() -> None:
    together = texts(temperatures=(0.5, 1.0), length=50, seed=3)
    assert together["T=1"] == texts(temperatures=(1.0,), length=50, seed=3)["T=1"]


def test_the_same_temperature_twice_gives_two_texts() -> None:
    found = texts(temperatures=(1.0, 1.0), length=50, seed=3)
    assert list(found) == ["T=1", "T=1 (2)"]
    assert found["T=1"] != found["T=1 (2)"]


def test_the_other_settings_hold_for_all() -> None:
    found = texts(temperatures=(0.7, 1.0), length=400, seed=1, settings=Settings(stop="t", length=3))
    assert all(text.endswith("t") and "t" not in text[:-1] for text in found.values())


def test_a_stop_ends_it() -> None:
    run = write(MODEL, length=10**9, seed=1)
    assert isinstance(next(run), Text)
    with pytest.raises(StopIteration):
        run.send(Stop())


def test_wrong_requests_are_refused_before_anything_is_written() -> None:
    with pytest.raises(UsageError, match="temperatures"):
        write(MODEL, temperatures=())
    with pytest.raises(UsageError, match="temperature: must be"):
        write(MODEL, temperatures=(11,))
    with pytest.raises(UsageError, match="length"):
        write(MODEL, length=-1)
    with pytest.raises(UnknownSymbolsError, match="'Z'"):
        write(MODEL, prompt="Z")
    assert len("".join(event.text for event in write(MODEL, prompt="Z", length=5, drop_unknown=True))) == 5  # type: ignore[union-attr]


SCRIPT = """
import sys
from pathlib import Path
from models.checkpoint import load
from models.text.model import TextModel
from models.text.sampler import write
found = TextModel.from_checkpoint(load(Path(sys.argv[1])))
assert not {"tensorflow", "keras", "textual"} & set(sys.modules), "imported on the way"
print("".join(found.vocabulary.symbols).encode().hex())
print("".join(event.text for event in write(found, length=200, seed=5)).encode().hex())
"""


def test_a_saved_model_writes_the_same_in_every_process_and_without_tensorflow_t8(tmp_path: Path) -> None:
    symbols = tuple(sorted("ab \ncdeéß日本"))
    found = model(symbols)
    meta = {
        "family": "text",
        "recipe": found.recipe.model_dump(mode="json"),
        "vocabulary": found.vocabulary.to_json(),
        "step": 1,
        "metrics": {},
    }
    path = tmp_path / "model"
    checkpoint.save(path, Checkpoint(meta, arrays(found.recipe, len(symbols))))
    outputs = set()
    for salt in ("1", "2"):
        result = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | {"PYTHONHASHSEED": salt},
        )
        assert not result.returncode, result.stderr
        outputs.add(result.stdout)
    order, text = (bytes.fromhex(line).decode() for line in outputs.pop().split())
    assert not outputs
    assert order == "".join(symbols)
    assert text == "".join(event.text for event in write(found, length=200, seed=5))  # type: ignore[union-attr]
    assert len(text) == 200
