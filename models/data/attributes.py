"""What is known of a drawn picture, as typed attributes: one dataclass says each attribute's kind, range and share.

    @dataclass(frozen=True, slots=True)
    class Face(Described):
        smile: float = number(-1, 1, "expression", "frown to smile")

A `Table` holds many of them by column, as arrays, and as one matrix for classifiers and concept vectors.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError, shown

Value = float | bool | str
Type = Literal["number", "flag", "kind"]

MASK = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: what values it takes, how often, and what it belongs to.

    A number lies evenly in `low`..`high`; a flag is true in `shares[0]` of all pictures; a kind is one of `kinds`, as
    often as `shares` says (they sum to 1). All are drawn independently of each other.
    """

    name: str
    type: Type
    group: str
    help: str
    low: float = 0.0
    high: float = 1.0
    kinds: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()

    def checked(self, value: object) -> Value:
        """`value` as this attribute holds it. Raises UsageError, with what it may be, for any other."""
        if self.type == "kind":
            if value in self.kinds:
                return str(value)
            raise UsageError(f"{self.name} is one of {', '.join(self.kinds)}, not {shown(str(value))}")
        if self.type == "flag":
            if isinstance(value, bool | np.bool_):
                return bool(value)
            raise UsageError(f"{self.name} is True or False, not {shown(str(value))}")
        is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        # As float32, which a table holds, and in which a bound may lie a little outside itself.
        if is_number and np.float32(self.low) <= np.float32(value) <= np.float32(self.high):  # type: ignore[arg-type]
            return float(value)  # type: ignore[arg-type]
        raise UsageError(f"{self.name} lies in {self.low:g} to {self.high:g}, not at {shown(str(value))}")

    def drawn(self, indices: NDArray[np.int64], seed: int) -> NDArray[Any]:
        """This attribute of the pictures `indices` of a seed: float32, bool, or int64 places in `kinds`."""
        at = uniform(indices, seed, self.name)
        if self.type == "number":
            return (self.low + (self.high - self.low) * at).astype(np.float32)
        if self.type == "flag":
            return at < self.shares[0]
        ends = np.cumsum(self.shares)
        return np.minimum(np.searchsorted(ends, at, side="right"), len(self.kinds) - 1).astype(np.int64)


def number(low: float, high: float, group: str, help: str, *, default: float | None = None) -> Any:
    """A field that is a number in `low`..`high`; by default in the middle."""
    middle = (low + high) / 2 if default is None else default
    return dataclasses.field(
        default=middle, metadata={"type": "number", "group": group, "help": help, "low": low, "high": high}
    )


def flag(share: float, group: str, help: str) -> Any:
    """A field that is true in `share` of all pictures, 0..1; by default it is not."""
    return dataclasses.field(default=False, metadata={"type": "flag", "group": group, "help": help, "shares": (share,)})


def kind(kinds: Sequence[str], group: str, help: str, *, shares: Sequence[float] = ()) -> Any:
    """A field that is one of `kinds`, by default the first; equally often, or as `shares` weighs them."""
    weights = tuple(shares) or (1.0,) * len(kinds)
    total = math.fsum(weights)
    return dataclasses.field(
        default=kinds[0],
        metadata={
            "type": "kind", "group": group, "help": help, "kinds": tuple(kinds),
            "shares": tuple(weight / total for weight in weights),
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Described:
    """A picture by its attributes. Raises UsageError for a value that an attribute cannot take."""

    def __post_init__(self) -> None:
        for attribute in schema(type(self)):
            object.__setattr__(self, attribute.name, attribute.checked(getattr(self, attribute.name)))


def schema(described: type[Described]) -> tuple[Attribute, ...]:
    """The attributes of a class, in the order they are written."""
    return _schema(described)  # type: ignore[arg-type]  # a class is hashable; mypy looks at its instances


@functools.cache
def _schema(described: Any) -> tuple[Attribute, ...]:
    return tuple(Attribute(field.name, **field.metadata) for field in dataclasses.fields(described))


D = TypeVar("D", bound=Described)


@dataclass(frozen=True, slots=True)
class Table(Generic[D]):
    """The attributes of n pictures, by column: float32 numbers, bool flags, int64 places in an attribute's kinds."""

    described: type[D]
    values: Mapping[str, NDArray[Any]]

    @classmethod
    def drawn(cls, described: type[D], indices: Iterable[int] | NDArray[np.int64], seed: int = 0) -> Table[D]:
        """The pictures `indices` of a seed: each is the same whichever others are asked for."""
        wanted = np.asarray(indices if isinstance(indices, np.ndarray) else list(indices), np.int64)
        return cls(described, {each.name: each.drawn(wanted, seed) for each in schema(described)})

    @classmethod
    def of(cls, described: type[D], rows: Sequence[D]) -> Table[D]:
        """Pictures described one by one."""
        return cls(
            described,
            {each.name: _column(each, [getattr(row, each.name) for row in rows]) for each in schema(described)},
        )

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One attribute's column, shape (n,)."""
        return self.values[name]

    def named(self, name: str) -> list[Value]:
        """One attribute's values as a row has them: kinds by their names."""
        attribute = next(each for each in schema(self.described) if each.name == name)
        found = self.values[name].tolist()
        return [attribute.kinds[value] for value in found] if attribute.type == "kind" else found

    def row(self, index: int) -> D:
        """One picture's attributes."""
        one = self.take([index])
        return self.described(**{each.name: one.named(each.name)[0] for each in schema(self.described)})

    def take(self, indices: Any) -> Table[D]:
        """Some of the pictures: places, a slice or a mask."""
        return Table(self.described, {name: column[indices] for name, column in self.values.items()})

    def changed(self, **values: Value) -> Table[D]:
        """All pictures with some attributes set to a value. Raises UsageError if there is none, or it cannot."""
        known = {each.name: each for each in schema(self.described)}
        changes: dict[str, NDArray[Any]] = {}
        for name, value in values.items():
            if name not in known:
                raise UsageError(f"there is no attribute {name!r}; there are {', '.join(known)}")
            changes[name] = _column(known[name], [known[name].checked(value)] * len(self))
        return Table(self.described, {**self.values, **changes})

    def columns(self, groups: Sequence[str] = ()) -> tuple[str, ...]:
        """What the columns of `matrix` are: a number's or flag's name, `hat:cap` for each of an attribute's kinds."""
        found: list[str] = []
        for each in self._wanted(groups):
            found.extend([f"{each.name}:{one}" for one in each.kinds] if each.type == "kind" else [each.name])
        return tuple(found)

    def matrix(self, groups: Sequence[str] = ()) -> NDArray[np.float32]:
        """Everything as numbers, float32 (n, columns): numbers as they are, flags and kinds 0 or 1.

        `groups` keeps the attributes of these groups only, as of "expression".
        """
        parts: list[NDArray[Any]] = []
        for each in self._wanted(groups):
            column = self.values[each.name]
            is_kind = each.type == "kind"
            parts.append(column[:, None] == np.arange(len(each.kinds)) if is_kind else column[:, None])
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="unsafe")

    def _wanted(self, groups: Sequence[str]) -> list[Attribute]:
        return [each for each in schema(self.described) if not groups or each.group in groups]


def uniform(indices: NDArray[np.int64], seed: int, salt: str) -> NDArray[np.float64]:
    """A number in 0..1 for each index that looks random, from the index, the seed and the salt alone.

    The mixing is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    """
    start = np.uint64((_mixed(seed & MASK) ^ _mixed(zlib.crc32(salt.encode()) + (1 << 40))) & MASK)
    state = indices.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + start
    state ^= state >> np.uint64(30)
    state *= np.uint64(0xBF58476D1CE4E5B9)
    state ^= state >> np.uint64(27)
    state *= np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    return (state >> np.uint64(11)).astype(np.float64) / 2.0**53


def _mixed(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def _column(attribute: Attribute, values: Sequence[Value]) -> NDArray[Any]:
    if attribute.type == "kind":
        return np.array([attribute.kinds.index(str(value)) for value in values], np.int64)
    return np.array(values, np.float32 if attribute.type == "number" else np.bool_)
