"""How the values of a layer lie over the picture, computed from kernels, strides and padding.

Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One axis of a layer, in pixels of the picture.

    Neighbouring values are `stride` apart. The first one sees the pixels from `first` to `last`, both included;
    what is below 0 is padding.
    """

    stride: int = 1
    first: int = 0
    last: int = 0

    @property
    def reach(self) -> int:
        """How many pixels along the axis one value depends on, at most."""
        return self.last - self.first + 1

    def through(self, kernel: int, stride: int = 1, before: int = 0, dilation: int = 1) -> Field:
        """The field behind a window of `kernel` values, with `before` values of padding at the beginning."""
        first = self.first - before * self.stride
        last = self.last + (dilation * (kernel - 1) - before) * self.stride
        return Field(self.stride * stride, first, last)


def joined(fields: Iterable[Field]) -> Field:
    """The field of values made from several layers of one size: it covers all of theirs."""
    found = list(fields)
    return Field(found[0].stride, min(field.first for field in found), max(field.last for field in found))
