"""Ready instants: when handling, which counts open days only, is done (section 3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I32, I64
from dom_engine.units import NEVER_S
from solvers.jit import kernel

_NEVER_S = NEVER_S


class OpenTimes(NamedTuple):
    """When each clock runs: clock c in ``[start_s[k], end_s[k])`` for k in ``ptr[c]:ptr[c + 1]``, rising and apart.

    ``elapsed_s[k]`` is the open time of the clock before interval k. Beyond its last interval nothing is
    known, and nothing is ready.
    """

    ptr: I64
    start_s: I64
    end_s: I64
    elapsed_s: I64


@kernel
def _ready_s(clock: I32, handling_s: I64, start_s: I64, times: OpenTimes, ready_s: I64) -> None:
    for k in range(len(clock)):
        begin, left = start_s[k], handling_s[k]
        if left == 0:
            ready_s[k] = begin
            continue
        first, last = times.ptr[clock[k]], times.ptr[clock[k] + 1]
        at = first + np.searchsorted(times.end_s[first:last], begin, side="right")
        if at == last:
            ready_s[k] = _NEVER_S
            continue
        done = times.elapsed_s[at] + max(np.int64(0), begin - times.start_s[at]) + left
        # The first interval in which that much has elapsed by its end: handling done at midnight is done that
        # day.
        while at < last and times.elapsed_s[at] + (times.end_s[at] - times.start_s[at]) < done:
            at += 1
        ready_s[k] = _NEVER_S if at == last else times.start_s[at] + done - times.elapsed_s[at]


def ready_instants(clock: I32, handling_s: I64, start_s: I64, times: OpenTimes) -> I64:
    """The instants at which ``handling_s`` of open time has elapsed since ``start_s``, int64[num].

    No handling is ready at once, on a closed day too. ``NEVER_S`` where the known open times do not suffice.

    Parameters
    ----------
    clock
        int32[num], which clock of ``times`` counts.
    handling_s, start_s
        int64[num].
    """
    ready_s = np.empty(len(clock), np.int64)
    _ready_s(clock, handling_s, start_s, times, ready_s)
    return ready_s
