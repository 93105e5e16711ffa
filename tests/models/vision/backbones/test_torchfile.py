"""PyTorch's older files without PyTorch: tensors come out whole, and nothing in a file can run."""

from __future__ import annotations

import contextlib
import pickle
import struct
import sys
import types
from collections import OrderedDict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.errors import CorruptFileError, UserError
from models.vision.backbones.torchfile import MAGIC, PROTOCOL, tensors

ARRAYS = {
    "stem.weight": np.arange(24, dtype="<f4").reshape(2, 3, 4),
    "stem.bias": np.asarray([-1.5, 2.5], "<f4"),
    "steps": np.asarray(7, "<i8"),
}
RAN: list[str] = []


class Stored:
    """An array as PyTorch pickles it: a call of a function of its own on a storage that is named by a key."""

    def __init__(self, key: str, array: NDArray[Any], shape: tuple[int, ...] | None = None) -> None:
        self.key, self.array, self.shape = key, array, array.shape if shape is None else shape

    def __reduce__(self) -> tuple[Any, ...]:
        torch = sys.modules["torch"]
        strides = tuple(step // self.array.itemsize for step in np.empty(self.shape, self.array.dtype).strides)
        return torch._utils._rebuild_tensor_v2, (Named(self), 0, self.shape, strides, False, OrderedDict())


class Named:
    def __init__(self, stored: Stored) -> None:
        self.stored = stored


class Pickler(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        if not isinstance(value, Named):
            return None
        torch, stored = sys.modules["torch"], value.stored
        kind = torch.FloatStorage if stored.array.dtype.kind == "f" else torch.LongStorage
        return "storage", kind, stored.key, "cpu", stored.array.size, None


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Writes a file as PyTorch 1.5 did."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def rebuild(*_: Any) -> None: ...

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild  # type: ignore[attr-defined]
    torch._utils = utils  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def save(found: Any = None, numbers: dict[str, NDArray[Any]] | None = None) -> Path:
        if found is None:
            found = OrderedDict((name, Stored(str(index), array)) for index, (name, array) in enumerate(ARRAYS.items()))
            found._metadata = OrderedDict(version=1)
        if numbers is None:
            numbers = {str(index): array for index, array in enumerate(ARRAYS.values())}
        file = BytesIO()
        for part in (MAGIC, PROTOCOL, {"little_endian": True, "type_sizes": {"int": 4}}):
            pickle.dump(part, file, 2)
        Pickler(file, 2).dump(found)
        pickle.dump(list(numbers), file, 2)
        for array in numbers.values():
            file.write(struct.pack("<q", array.size) + array.tobytes())
        path = tmp_path / "weights.pth"
        path.write_bytes(file.getvalue())
        return path

    return save


def test_tensors_come_out_as_they_went_in(saved: Callable[..., Path]) -> None:
    found = tensors(saved())
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_a_tensor_may_be_a_part_of_its_data_in_another_order(saved: Callable[..., Path]) -> None:
    numbers = np.arange(12, dtype="<f4").reshape(3, 4)

    class Turned(Stored):
        def __reduce__(self) -> tuple[Any, ...]:
            rebuild, (named, *_) = super().__reduce__()
            return rebuild, (named, 1, (3, 3), (1, 4), False, OrderedDict())

    found = tensors(saved(OrderedDict(w=Turned("0", numbers)), {"0": numbers}))
    np.testing.assert_array_equal(found["w"], numbers[:, 1:].T)


class Evil:
    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return RAN.append, (self.name,)


def test_nothing_runs(saved: Callable[..., Path]) -> None:
    for found in (Evil("alone"), OrderedDict(weight=Evil("inside")), [Evil("in a list")]):
        with pytest.raises(CorruptFileError, match=r"weights\.pth: it holds .*only tensors are taken"):
            tensors(saved(found))
    assert RAN == []


@pytest.mark.parametrize("found", [0, [1, 2], {"weight": 3}, "text", {"a": {"b": 1}}])
def test_what_is_no_dictionary_of_tensors_is_refused(saved: Callable[..., Path], found: Any) -> None:
    with pytest.raises(CorruptFileError, match=r"weights\.pth"):
        tensors(saved(found, {}))


def test_a_tensor_beyond_its_data_is_refused(saved: Callable[..., Path]) -> None:
    numbers = np.zeros(6, "<f4")
    with pytest.raises(CorruptFileError, match="beyond its data"):
        tensors(saved(OrderedDict(w=Stored("0", numbers, (7,))), {"0": numbers}))


def test_more_to_remember_than_there_can_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "greedy.pth"
    path.write_bytes(b"\x80\x02Nr" + struct.pack("<I", 2**31 - 1) + b".")
    with pytest.raises(CorruptFileError, match=r"greedy\.pth"):
        tensors(path)


def test_every_cut_is_refused(saved: Callable[..., Path]) -> None:
    path = saved()
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(CorruptFileError, match=r"weights\.pth"):
            tensors(path)


@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_gives_tensors_or_an_error_of_ours(saved: Callable[..., Path], place: int, value: int) -> None:
    path = saved()
    data = bytearray(path.read_bytes())
    data[place % len(data)] = value
    path.write_bytes(data)
    with contextlib.suppress(CorruptFileError):
        assert all(isinstance(array, np.ndarray) for array in tensors(path).values())


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.pth' cannot be read: No such file"):
        tensors(tmp_path / "nowhere.pth")
