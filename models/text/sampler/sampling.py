"""From logits to a drawn symbol: pure functions over arrays of shape (lanes, symbols), or (symbols,).

Logits and probabilities are float32. A probability that is exactly 0 stays 0, and no function warns about it. The
order in which the sampler applies them is that of the code: repetition, n-grams, temperature, top-k, top-p, min-p.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]

COLD = 1e-20
"""Temperatures below this one are treated as 0: no two float32 logits are close enough to tell them apart."""


def log_probabilities(probabilities: ArrayLike) -> Floats:
    """The logarithm of `probabilities` (0..1) in float32; an exact 0 becomes minus infinity, silently."""
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(probabilities, np.float32))


def temperature(logits: ArrayLike, value: ArrayLike) -> Floats:
    """Softmax of `logits` divided by the temperature `value` (0 or more; one number, or one a lane).

    Computed on logits less their maximum, so that neither overflow nor 0/0 can occur. At 0 all probability goes to
    the largest logit, and of several equal ones to the one with the lowest index. Logits may be minus infinity.
    """
    logits = np.asarray(logits, np.float32)
    values = np.broadcast_to(np.asarray(value, np.float64)[..., None], (*logits.shape[:-1], 1))
    cold = values < COLD
    inverse = (1 / np.where(cold, 1.0, values)).astype(np.float32)
    with np.errstate(under="ignore", over="ignore"):
        weights: Floats = np.exp((logits - logits.max(axis=-1, keepdims=True)) * inverse)
        warm: Floats = weights / weights.sum(axis=-1, keepdims=True)
    best = logits.argmax(axis=-1)[..., None] == np.arange(logits.shape[-1])
    return np.where(cold, best.astype(np.float32), warm)


def of_probabilities(probabilities: ArrayLike, value: ArrayLike) -> Floats:
    """`probabilities` re-weighted by a temperature, as the classic script's `sample` means to do.

    Chollet, Deep Learning with Python (1st edition), section 8.1.4; here in the log domain with the maximum
    subtracted, where `exp(log(p) / t)` would be 0/0 at low temperatures in float32.
    """
    return temperature(log_probabilities(probabilities), value)


def repetition(logits: ArrayLike, recent: NDArray[Any], penalty: float) -> Floats:
    """Log probabilities in which symbols of `recent` (integer ids, any number) have p raised to the power `penalty`.

    Above 1 the symbol becomes rarer, below 1 more frequent, 1 changes nothing. It is the penalised sampling of CTRL
    (Keskar et al. 2019, section 4.1) applied to log probabilities: on raw logits, whose zero is arbitrary, the
    penalty would depend on a constant that the softmax cancels.
    """
    logits = np.asarray(logits, np.float32)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logs: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    logs[..., recent] *= np.float32(penalty)  # once each, however often a symbol is named
    return logs


def no_repeat_ngram(logits: ArrayLike, recent: NDArray[Any], size: int) -> Floats:
    """Logits (symbols,) with minus infinity for each symbol that would end an n-gram of `size` found in `recent`.

    `recent` are integer ids, oldest first. Paulus et al. 2017, A Deep Reinforced Model for Abstractive
    Summarization, section 2.5. Where every symbol would be forbidden none is.
    """
    logits = np.asarray(logits, np.float32)
    ids = np.asarray(recent)
    if len(ids) < size:
        return logits
    ends = np.flatnonzero(ids[size - 2 : -1] == ids[-1]) + size - 2  # where an n-gram's last symbol but one may stand
    for back in range(1, size - 1):
        if not ends.size:
            return logits
        ends = ends[ids[ends - back] == ids[-1 - back]]
    barred = logits.copy()
    barred[ids[ends + 1]] = -np.inf
    return barred if np.isfinite(barred).any() else logits


def top_k(probabilities: Floats, count: int) -> Floats:
    """Keep the `count` most probable symbols (0: all), scaled to sum to 1; equal ones by lowest index.

    Fan et al. 2018, Hierarchical Neural Story Generation, section 5.2.
    """
    symbols = probabilities.shape[-1]
    if not 0 < count < symbols:
        return probabilities
    edge = np.partition(probabilities, symbols - count, axis=-1)[..., symbols - count, None]
    above = probabilities > edge
    ties = probabilities == edge
    room = count - above.sum(axis=-1, keepdims=True)
    return _kept(probabilities, above | (ties & (ties.cumsum(axis=-1) <= room)))


def top_p(probabilities: Floats, mass: float) -> Floats:
    """Keep the fewest symbols that hold `mass` (0..1) of the probability together, scaled to sum to 1.

    Nucleus sampling: Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, section 3.1. The most
    probable symbol always stays; of equal ones the lowest index comes first.
    """
    if mass >= 1:
        return probabilities
    order = np.argsort(-probabilities, axis=-1, kind="stable")
    ranked = np.take_along_axis(probabilities, order, axis=-1)
    sums = ranked.cumsum(axis=-1, dtype=np.float64)
    chosen = np.ones(probabilities.shape, np.bool_)
    chosen[..., 1:] = sums[..., :-1] < mass * sums[..., -1:]
    keep = np.zeros(probabilities.shape, np.bool_)
    np.put_along_axis(keep, order, chosen, axis=-1)
    return _kept(probabilities, keep)


def min_p(probabilities: Floats, floor: float) -> Floats:
    """Keep symbols at least `floor` (0..1) times as probable as the most probable one, scaled to sum to 1.

    Nguyen et al. 2024, Turning Up the Heat: Min-p Sampling, section 3.
    """
    if floor <= 0:
        return probabilities
    return _kept(probabilities, probabilities >= np.float32(floor) * probabilities.max(axis=-1, keepdims=True))


def pick(cumulated: Floats, uniform: float) -> int:
    """The symbol at which cumulated weights (symbols,) pass `uniform` (in [0, 1)) times their total.

    Never one of weight 0: where rounding carries the product up to the total, it is the last symbol with a weight.
    """
    found = int(cumulated.searchsorted(cumulated[-1] * np.float32(uniform), "right"))
    return found if found < len(cumulated) else last(cumulated)


def last(cumulated: Floats) -> int:
    """The last symbol with a weight above 0, given cumulated weights (symbols,)."""
    return int(cumulated.searchsorted(cumulated[-1], "left"))


def pick_truncated(weights: Floats, uniform: float, count: int, mass: float, floor: float) -> int:
    """What `pick` gives after `top_k`, `top_p` and `min_p`, for one lane, from weights of any sum (symbols,).

    All three keep a prefix of the symbols in order of their weights, so that sorting once serves them all.
    """
    order = np.argsort(-weights, kind="stable")
    ranked = weights[order[:count] if count else order]
    sums = ranked.cumsum(dtype=np.float64)
    kept = len(sums)
    if mass < 1:
        kept = min(kept, 1 + int(sums.searchsorted(mass * sums[-1])))
    if floor > 0:
        kept = min(kept, int(np.count_nonzero(ranked >= np.float32(floor) * ranked[0])))
    place = int(sums[:kept].searchsorted(uniform * sums[kept - 1], "right"))
    return int(order[place if place < kept else sums.searchsorted(sums[kept - 1])])


def draw(probabilities: Floats, uniform: ArrayLike) -> NDArray[np.intp]:
    """A symbol a lane from `probabilities` (lanes, symbols), given uniform numbers (lanes,) in [0, 1)."""
    cumulated = np.cumsum(probabilities, axis=-1, dtype=np.float32)
    uniforms = np.asarray(uniform, np.float64).tolist()
    return np.array([pick(row, number) for row, number in zip(cumulated, uniforms, strict=True)], np.intp)


def _kept(probabilities: Floats, keep: NDArray[np.bool_]) -> Floats:
    kept: Floats = np.where(keep, probabilities, np.float32(0))
    kept /= kept.sum(axis=-1, keepdims=True)
    return kept
