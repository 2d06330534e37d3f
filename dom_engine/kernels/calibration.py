"""How fast this machine is at the kind of work that a solve does: a fixed loop to divide times by."""

from __future__ import annotations

import numpy as np

from dom_engine.domain.columns import I64
from solvers.jit import kernel
from solvers.stop import now_s

_ENTRIES = 1 << 20
_STEPS = 6_000_000


@kernel
def _walk(following: I64, steps: int) -> int:
    """Follow a permutation (8 MB: most steps leave the inner caches), with integer and float work on the way."""
    at, total, weight = 0, 0, 1.0
    for step in range(steps):
        at = following[at]
        weight = 0.5 * weight + (at & 255)
        if weight > 255.0 or at & 3 == 0:
            total += step ^ at
    return total + int(weight)


def calibration_s() -> float:
    """Seconds that the fixed loop takes now: some tenths of a second on current machines, compiled beforehand."""
    # One cycle through all entries, in the sequence of a multiplicative hash (an odd factor: one to one).
    place = np.arange(_ENTRIES, dtype=np.uint64)
    order = ((place * np.uint64(2_654_435_761)) % np.uint64(_ENTRIES)).astype(np.int64)
    following = np.empty(_ENTRIES, np.int64)
    following[order] = np.roll(order, -1)
    _walk(following, 1)
    started_s = now_s()
    _walk(following, _STEPS)
    return now_s() - started_s
