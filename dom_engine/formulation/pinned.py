"""Pins by name to a reduced problem and a plan that keeps them all, or to what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I32
from dom_engine.domain.pins import Pin, PinLevel
from dom_engine.domain.problem import Problem
from dom_engine.domain.start import Start
from dom_engine.errors import Fault, InputError
from dom_engine.formulation.model import Formulation
from dom_engine.formulation.pins import Pinned, pin
from dom_engine.formulation.plans import plan_of
from dom_engine.formulation.start import Fitted, fit
from solvers.greedy import construct
from solvers.model import Prices
from solvers.patterns import concatenate, take
from solvers.stop import Stop

WORK_LIMIT = 200_000
"""Counted pricing work for a pinned order that has to be planned anew."""


class PinnedStart(NamedTuple):
    """The reduced problem, a plan of it that keeps every pin, and the sequence of its orders, pinned ones first."""

    pinned: Pinned
    fitted: Fitted
    sequence: I32


def begin_pinned(formulation: Formulation, start: Start, pins: Sequence[Pin], sequence: I32) -> PinnedStart:
    """Reduce a problem to the plans that keep pins, and find one that does.

    Parameters
    ----------
    start
        The plan that the pins are of.
    sequence
        Every order once: of those that are not pinned and want the same, the first keep it.

    Raises
    ------
    InputError
        Located as ``pins[3].order``: an order that is none, is pinned twice, or cannot keep what is pinned of it,
        alone or beside the other pins.
    """
    levels, place = _levels(formulation.problem, start, pins)
    pinned = pin(formulation, start.plan, levels)
    rank = np.empty(len(sequence), np.int64)
    rank[sequence] = np.arange(len(sequence))
    free = np.ones(len(pinned.order_of), np.bool_)
    free[pinned.must] = False
    pins_first = np.lexsort((rank[pinned.order_of], free)).astype(np.int32)
    fitted = fit(pinned.formulation, pinned.start, pins_first)
    lost = np.setdiff1d(pinned.must, fitted.kept)
    if len(lost):
        fitted = _planned_anew(pinned, fitted, lost.astype(np.int32), levels, place, pins_first)
    return PinnedStart(pinned, fitted, pins_first)


def _levels(problem: Problem, start: Start, pins: Sequence[Pin]) -> tuple[Mapping[int, PinLevel], Mapping[int, int]]:
    """Levels by order, and where each order is pinned."""
    index = {text: at for at, text in enumerate(problem.orders.ids.to_pylist())}
    unsaid = {one.order: one.why for one in start.not_kept}
    faults: list[Fault] = []
    levels: dict[int, PinLevel] = {}
    place: dict[int, int] = {}
    for at, one in enumerate(pins):
        order = index.get(one.order)
        if order is None:
            faults.append(_fault(at, "UNKNOWN_ID", f"unknown order '{one.order[:80]}'"))
        elif order in levels:
            faults.append(_fault(at, "REPEATED", f"order '{one.order}' is pinned twice"))
        elif one.order in unsaid:
            faults.append(_fault(at, "CANNOT_KEEP", f"order '{one.order}' cannot be kept: {unsaid[one.order]}"))
        else:
            levels[order], place[order] = one.level, at
    if faults:
        raise InputError(faults)
    return levels, place


def _fault(at: int, code: str, message: str) -> Fault:
    return Fault(f"pins[{at}]", 0, "order", code, message)


def _planned_anew(
    pinned: Pinned,
    fitted: Fitted,
    lost: I32,
    levels: Mapping[int, PinLevel],
    place: Mapping[int, int],
    sequence: I32,
) -> Fitted:
    """The plan with orders that keep their units, and not how these ship, planned anew beside the other pins."""
    problem, model = pinned.problem, pinned.formulation.model
    why = {one.order: one.why for one in fitted.not_kept}
    ids = problem.orders.ids
    whole = [order for order in lost.tolist() if levels[int(pinned.order_of[order])] is PinLevel.ALL]
    kept = np.intersect1d(pinned.must, fitted.kept)
    anew = np.setdiff1d(lost, whole).astype(np.int32)
    made = construct(model, Prices.zero(model), anew, Stop(), work_limit=WORK_LIMIT, beside=take(fitted.patterns, kept))
    left = [*whole, *made.order[np.diff(made.ship_ptr) == 0].tolist()]
    if left:
        faults = {}
        for order in left:
            of = int(pinned.order_of[order])
            name = ids[of].as_py()
            reason = (
                why.get(name, "nothing can ship it beside the other pins")
                if order in whole
                else ("its nodes cannot ship these units beside the other pins")
            )
            faults[place[of]] = _fault(place[of], "CANNOT_KEEP", f"order '{name}' cannot be kept: {reason}")
        raise InputError([faults[at] for at in sorted(faults)])
    others = np.setdiff1d(np.arange(model.num_orders), anew)
    both = concatenate([take(fitted.patterns, others), made])
    # Those who are not pinned and stand in the way now lose what they had.
    again = plan_of(pinned.formulation, take(both, np.argsort(both.order, kind="stable")))
    refitted = fit(pinned.formulation, again, sequence)
    lost_names = {one.order for one in refitted.not_kept}
    told = tuple(one for one in fitted.not_kept if one.order not in lost_names and _is_free(pinned, levels, one.order))
    return refitted._replace(not_kept=(*told, *refitted.not_kept))


def _is_free(pinned: Pinned, levels: Mapping[int, PinLevel], order: str) -> bool:
    """Whether an order is not one that keeps its units."""
    at: int = pinned.problem.orders.ids.index(order).as_py()
    return levels.get(at) is not PinLevel.QUANTITY
