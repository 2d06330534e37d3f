"""Slots that another slot of the same candidate makes needless.

This is exact: every plan that uses such a slot has a twin without it that costs no more. Slot i stands in for slot j
when i takes every load that j takes, at no greater cost, no later, drawing on no row that j spares; and when whatever
rides in both may ride in i together: that holds where i's costs are linear (a shipment less, and no break or minimum
to miss) and all of it weighs no more than i can take, or where the order never makes two shipments.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.compact_arcs import Network, pointers
from solvers.compact_layout import Draws, SlotTerms
from solvers.compact_rates import FIXED, KG, Loads, SlotCosts
from solvers.jit import kernel
from solvers.model import F64, I64, JUDGE_EX_WORKS, Flags, SourcingModel


class Needless(NamedTuple):
    """``stand_in`` is the slot that takes a slot's place (itself where it stays), int64[num_slots].

    ``slack`` is money: rounding of shipments that are gone and had no cost of their own to carry it.
    """

    stand_in: I64
    slack: float


class _Compared(NamedTuple):
    """What is compared, per slot, and loads and rows in CSR."""

    cand: I64
    offer: I64
    judged_s: I64
    early_days: I64
    net_cost: F64
    kg_per_m3: F64
    max_parcel_g: I64
    linear: Flags
    roomy: Flags
    single: Flags
    ex_works: Flags
    timed: Flags
    arc_ptr: I64
    arc_source: I64
    arc_safety: Flags
    arc_late_days: I64
    row_ptr: I64
    row: I64


def needless_slots(
    model: SourcingModel, network: Network, loads: Loads, costs: SlotCosts, terms: SlotTerms, draws: Draws
) -> Needless:
    """Find slots that another one stands in for; O(slots^2 * loads) within a candidate."""
    slots, arcs = network.slots, network.arcs
    service = model.departures.service[slots.departure]
    linear = costs.least_kg == 0.0
    linear[costs.tiers.slot] = False
    net_cost = costs.coef.copy()
    net_cost[:, FIXED] -= terms.slack
    stand_in = np.arange(slots.num, dtype=np.int64)
    compared = _Compared(
        cand=slots.cand,
        offer=slots.offer,
        judged_s=slots.judged_s,
        early_days=slots.early_days,
        net_cost=net_cost,
        kg_per_m3=model.services.kg_per_m3[service],
        max_parcel_g=model.services.max_parcel_g[service],
        linear=linear,
        roomy=loads.loaded_kg <= model.services.max_weight_g[service] * KG,
        single=_single(model, network)[slots.order],
        ex_works=model.orders.judge[slots.order] == JUDGE_EX_WORKS,
        timed=terms.late_cost > 0,
        arc_ptr=slots.arc_ptr,
        arc_source=arcs.source,
        arc_safety=arcs.safety,
        arc_late_days=arcs.late_days,
        row_ptr=pointers(draws.slot, slots.num),
        row=draws.row,
    )
    _find(compared, stand_in)
    gone = stand_in != np.arange(slots.num)
    loose = gone & (costs.coef[:, FIXED] < terms.slack)
    return Needless(stand_in, float(terms.slack[loose].sum()))


def _single(model: SourcingModel, network: Network) -> Flags:
    """Orders that never make two shipments, bool[num_orders]."""
    bundle = network.bundle_of_line
    order = np.repeat(np.arange(model.num_orders), np.diff(model.orders.line_ptr))
    loose = bundle < 0
    pieces = np.bincount(order[loose], weights=model.lines.quantity[loose], minlength=model.num_orders)
    _, first = np.unique(bundle, return_index=True)
    pieces += np.bincount(order[first[~loose[first]]], minlength=model.num_orders)
    return np.asarray((pieces <= 1) | (model.orders.max_shipments == 1) | model.orders.ship_together)


@kernel
def _find(compared: _Compared, stand_in: I64) -> None:
    """Fill ``stand_in``; of equals the earlier slot stays."""
    num_slots = len(compared.cand)
    first = 0
    while first < num_slots:
        last = first
        while last < num_slots and compared.cand[last] == compared.cand[first]:
            last += 1
        for j in range(last - 1, first - 1, -1):
            for i in range(first, last):
                if i != j and stand_in[i] == i and _stands_in(compared, i, j):
                    stand_in[j] = i
                    break
        # Who stands in may itself have gone since.
        for j in range(first, last):
            i = stand_in[j]
            while stand_in[i] != i:
                i = stand_in[i]
            stand_in[j] = i
        first = last


@kernel
def _stands_in(compared: _Compared, i: int, j: int) -> bool:
    if compared.single[i] and compared.offer[i] == compared.offer[j]:
        if compared.early_days[i] > compared.early_days[j]:
            return False
    else:
        if not (compared.linear[i] and compared.linear[j] and compared.roomy[i]):
            return False
        if compared.kg_per_m3[i] > compared.kg_per_m3[j] or compared.max_parcel_g[i] < compared.max_parcel_g[j]:
            return False
        for measure in range(compared.net_cost.shape[1]):
            if compared.net_cost[i, measure] > compared.net_cost[j, measure]:
                return False
    if compared.ex_works[i] and compared.judged_s[i] > compared.judged_s[j]:
        return False
    return _takes_loads(compared, i, j) and _draws_no_more(compared, i, j)


@kernel
def _takes_loads(compared: _Compared, i: int, j: int) -> bool:
    """Whether i has every load of j, no later. Loads are sorted alike in both."""
    a, end = compared.arc_ptr[i], compared.arc_ptr[i + 1]
    for b in range(compared.arc_ptr[j], compared.arc_ptr[j + 1]):
        while a < end and (
            compared.arc_source[a] < compared.arc_source[b]
            or (compared.arc_source[a] == compared.arc_source[b] and compared.arc_safety[a] < compared.arc_safety[b])
        ):
            a += 1
        if (
            a == end
            or compared.arc_source[a] != compared.arc_source[b]
            or compared.arc_safety[a] != compared.arc_safety[b]
        ):
            return False
        if compared.timed[j] and compared.arc_late_days[a] > compared.arc_late_days[b]:
            return False
    return True


@kernel
def _draws_no_more(compared: _Compared, i: int, j: int) -> bool:
    """Whether every stated row of i is one of j's."""
    for a in range(compared.row_ptr[i], compared.row_ptr[i + 1]):
        found = False
        for b in range(compared.row_ptr[j], compared.row_ptr[j + 1]):
            if compared.row[a] == compared.row[b]:
                found = True
                break
        if not found:
            return False
    return True
