"""Gradient descent on a picture, in NumPy: what is kept from step to step can be saved, scaled and taken up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from models.vision.pyramid import Size, resized

Floats = NDArray[np.float32]
Look = Callable[[Floats], tuple[float, Floats]]
"""Gives the loss of a picture and its gradient."""


class Optimiser(ABC):
    """Takes steps on a picture, float32 (height, width, 3) of 0..255."""

    @abstractmethod
    def step(self, picture: Floats, loss: float, gradient: Floats, look: Look, rate: float) -> Floats | None:
        """The picture after one step from where `loss` and `gradient` were found; None where there is no way down.

        `look` may be asked for other places.
        """

    @abstractmethod
    def scaled(self, size: Size) -> None:
        """Go on at another size, (height, width)."""

    @abstractmethod
    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """All that it keeps, by name."""

    @abstractmethod
    def put(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Take up what `arrays` gave."""


class Adam(Optimiser):
    """Kingma and Ba 2015, Adam: A Method for Stochastic Optimization, algorithm 1, of the smoothed gradient: Adam takes
    the small gradients of single pixels for as much as those of strokes, and would leave specks."""

    FIRST, SECOND, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self) -> None:
        self.first: Floats | None = None
        self.second: Floats | None = None
        self.count = 0

    def step(self, picture: Floats, loss: float, gradient: Floats, look: Look, rate: float) -> Floats:  # noqa: ARG002
        if self.first is None or self.second is None:
            self.first, self.second = np.zeros_like(gradient), np.zeros_like(gradient)
        self.count += 1
        gradient = smoothed(gradient)
        self.first += np.float32(1 - self.FIRST) * (gradient - self.first)
        self.second += np.float32(1 - self.SECOND) * (gradient * gradient - self.second)
        mean = self.first / np.float32(1 - self.FIRST**self.count)
        spread = np.sqrt(self.second / np.float32(1 - self.SECOND**self.count))
        found: Floats = picture - np.float32(rate) * mean / (spread + np.float32(self.EPSILON))
        return np.clip(found, 0, 255)

    def scaled(self, size: Size) -> None:
        if self.first is None or self.second is None:
            return
        # A pixel of a larger picture has so much less of the loss, and of its gradient.
        part = self.first.shape[0] * self.first.shape[1] / (size[0] * size[1])
        self.first = resized(self.first, size) * np.float32(part)
        self.second = np.maximum(resized(self.second, size), 0) * np.float32(part**2)

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        found = {"count": np.array([self.count], np.float32)}
        if self.first is not None and self.second is not None:
            found |= {"first": self.first.copy(), "second": self.second.copy()}
        return found

    def put(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        self.count = int(arrays["count"][0])
        if "first" in arrays:
            self.first, self.second = arrays["first"].copy(), arrays["second"].copy()


class LBFGS(Optimiser):
    """Limited-memory BFGS with a backtracking search: Nocedal and Wright 2006, Numerical Optimization, algorithms 7.4
    and 3.1. What it has learnt of the curvature is forgotten at another size."""

    MEMORY, TRIALS = 10, 12
    SLOPE, SHRINK = 1e-4, 0.5

    def __init__(self) -> None:
        self.moves: list[Floats] = []
        self.turns: list[Floats] = []

    def step(self, picture: Floats, loss: float, gradient: Floats, look: Look, rate: float) -> Floats | None:
        direction = -self._applied(gradient)
        slope = _dot(direction, gradient)
        if not slope < 0:
            self.moves, self.turns = [], []
            direction, slope = -gradient, -_dot(gradient, gradient)
        if slope == 0:
            return None
        # The first step moves a pixel by `rate` levels on average; later ones know how far to go.
        length = 1.0 if self.moves else rate / (float(np.abs(direction).mean()) + 1e-12)
        for _ in range(self.TRIALS):
            found = picture + np.float32(length) * direction
            value, after = look(found)
            if np.isfinite(value) and value <= loss + self.SLOPE * length * slope:
                move, turn = found - picture, after - gradient
                if _dot(move, turn) > 1e-10 * _dot(turn, turn):
                    self.moves = [*self.moves, move][-self.MEMORY :]
                    self.turns = [*self.turns, turn][-self.MEMORY :]
                return found
            length *= self.SHRINK
        if self.moves:
            self.moves, self.turns = [], []
            return self.step(picture, loss, gradient, look, rate)
        return None

    def _applied(self, gradient: Floats) -> Floats:
        """The gradient times the inverse Hessian as far as it is known: the two-loop recursion."""
        found, parts = gradient.astype(np.float32), []
        for move, turn in zip(reversed(self.moves), reversed(self.turns), strict=True):
            part = _dot(move, found) / _dot(move, turn)
            found = found - np.float32(part) * turn
            parts.append(part)
        if self.moves:
            found = found * np.float32(_dot(self.moves[-1], self.turns[-1]) / _dot(self.turns[-1], self.turns[-1]))
        for move, turn, part in zip(self.moves, self.turns, reversed(parts), strict=True):
            found = found + np.float32(part - _dot(turn, found) / _dot(move, turn)) * move
        return found

    def scaled(self, size: Size) -> None:  # noqa: ARG002
        self.moves, self.turns = [], []

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        if not self.moves:
            return {}
        return {"moves": np.stack(self.moves), "turns": np.stack(self.turns)}

    def put(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        self.moves, self.turns = list(arrays.get("moves", ())), list(arrays.get("turns", ()))


def smoothed(gradient: Floats) -> Floats:
    """`gradient`, (height, width, 3), averaged over neighbours with weights 1, 2, 1 along both sides.

    The matrix of it is symmetric with no negative eigenvalue, so that its negative is still a way down.
    """
    for axis in (0, 1):
        one = np.moveaxis(gradient, axis, 0)
        found = one * np.float32(0.5)
        quarter = one * np.float32(0.25)
        found[1:] += quarter[:-1]
        found[:-1] += quarter[1:]
        found[0] += quarter[0]
        found[-1] += quarter[-1]
        gradient = np.moveaxis(found, 0, axis)
    return gradient


def _dot(one: Floats, other: Floats) -> float:
    return float(np.einsum("hwc,hwc->", one, other, dtype=np.float64))


OPTIMISERS: Mapping[str, type[Optimiser]] = {"adam": Adam, "lbfgs": LBFGS}
