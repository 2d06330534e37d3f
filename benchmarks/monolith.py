"""The whole batch as one mixed-integer program, as a textbook states it: what a team without a decomposition solves.

    y[s] binary     shipment s (a candidate on a trip) is made
    x[a] integer    units that a source gives a shipment
    u[l] integer    units of line l left out
    e[o] >= 0       shipments of order o beyond its first

    sum x + u = quantity            per line
    sum x <= most y                 per line and shipment
    sum x <= stock                  per position;  sum of x or y <= limit  per capacity of units or shipments
    sum y - 1 <= e                  per order

No cover, no binary per quantity, no dominance: those are the product's own. Only what generated batches and days of
Online Retail need is stated, and anything else in a model is refused: rates linear in the load, one promise an order.
``state_all`` hands over the product's own compact model then, rows that tighten it included, to a peer's advantage.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

from solvers.compact import state_compact
from solvers.compact_arcs import Network, build_network
from solvers.compact_layout import Layout, SlotTerms, slot_terms
from solvers.compact_plan import plan_of
from solvers.compact_rates import FIXED, PER_KG, PER_LINE, PER_PARCEL, load_ranges, slot_costs
from solvers.judging import from_shipments
from solvers.model import F64, I64, JUDGE_EX_WORKS, MEASURE_SHIPMENTS, MEASURE_UNITS, Patterns, SourcingModel
from solvers.program import Program

_NO_LIMIT_G = 2**60


class Monolith(NamedTuple):
    """A program in money, and the network that its first columns (shipments, then units) stand for.

    With a ``layout`` it is the compact model's program, whose bounds are good less ``slack``.
    """

    program: Program
    network: Network
    layout: Layout | None = None
    slack: float = 0.0


def state_all(model: SourcingModel, fill_limit: int | None = None) -> Monolith:
    """State any model whole: as a textbook does where that will do, else by the product's compact model.

    Parameters
    ----------
    fill_limit
        The most that may be left out, in weighted millionths, where that comes before cost.

    Raises
    ------
    ValueError
        When nothing can ship at all.
    """
    if fill_limit is None:
        try:
            return state(model)
        except ValueError as error:
            print(f"by the compact model: {error}", file=sys.stderr)
    network, compact, _ = state_compact(model, np.arange(model.num_orders), fill_limit=fill_limit)
    if compact is None:
        raise ValueError("no order can be shipped anything")
    return Monolith(compact.program, network, compact.layout, compact.slack)


def state(model: SourcingModel) -> Monolith:
    """State a model whole.

    Raises
    ------
    ValueError
        When the model has what is not stated here; says what.
    """
    network = build_network(model, np.arange(model.num_orders))
    loads = load_ranges(model, network)
    costs = slot_costs(model, network, loads)
    terms = slot_terms(model, network, costs)
    _refuse_the_rest(model, network, terms, linear=not len(costs.tiers.slot) and not costs.weighed.any())
    slots, pairs, arcs = network.slots, network.pairs, network.arcs
    num_slots, num_arcs = slots.num, len(arcs.slot)
    first_unmet = num_slots + num_arcs
    first_extra = first_unmet + len(model.lines.quantity)
    count = first_extra + model.num_orders
    arc, arc_col = np.arange(num_arcs), num_slots + np.arange(num_arcs)
    rows = _Rows()
    line = np.arange(len(model.lines.quantity))
    wanted = model.lines.quantity.astype(np.float64)
    rows.add(len(line), [arcs.line, line], [arc_col, first_unmet + line], [1.0, 1.0], wanted, wanted)
    pair = np.arange(len(pairs.slot))
    most = pairs.most.astype(np.float64)
    rows.add(len(pair), [arcs.pair, pair], [arc_col, pairs.slot], [1.0, -most], None, np.zeros(len(pair)))
    stocked, at = np.unique(arcs.row, return_inverse=True)
    rows.add(len(stocked), [at], [arc_col], [1.0], None, model.rows.limit[stocked].astype(np.float64))
    _add_capacities(model, network, rows)
    order = np.arange(model.num_orders)
    rows.add(len(order), [slots.order, order], [np.arange(num_slots), first_extra + order], [1.0, -1.0], None,
             np.ones(len(order)))  # fmt: skip
    kg = model.items.weight_g[model.positions.item[arcs.position]] / 1e3
    cost = np.concatenate([
        terms.coef[:, FIXED] + terms.coef[:, PER_PARCEL],
        terms.arc_cost + terms.coef[arcs.slot, PER_KG] * kg,
        model.lines.unmet_cost / 1e6,
        model.orders.split_cost / 1e6,
    ])  # fmt: skip
    upper = np.concatenate([np.ones(num_slots), arcs.most[arc], wanted, np.full(len(order), np.inf)])
    integer = np.arange(count) < first_extra
    ptr, col, coef = rows.csr()
    lower, most_of_row = np.concatenate(rows.lower), np.concatenate(rows.upper)
    return Monolith(Program(cost, np.zeros(count), upper, integer, ptr, col, coef, lower, most_of_row), network)


class _Rows:
    """Collects blocks of rows."""

    def __init__(self) -> None:
        self.count = 0
        self.row: list[I64] = []
        self.col: list[I64] = []
        self.coef: list[F64] = []
        self.lower: list[F64] = []
        self.upper: list[F64] = []

    def add(
        self, count: int, row: list[I64], col: list[I64], coef: list[float | F64], lower: F64 | None, upper: F64
    ) -> None:
        for r, c, value in zip(row, col, coef, strict=True):
            self.row.append(self.count + r)
            self.col.append(c)
            self.coef.append(np.broadcast_to(np.asarray(value, np.float64), len(r)))
        self.lower.append(np.full(count, -np.inf) if lower is None else lower)
        self.upper.append(upper)
        self.count += count

    def csr(self) -> tuple[I64, np.ndarray, F64]:
        row, col, coef = np.concatenate(self.row), np.concatenate(self.col), np.concatenate(self.coef)
        by = np.lexsort((col, row))
        ptr = np.searchsorted(row[by], np.arange(self.count + 1)).astype(np.int64)
        return ptr, col[by].astype(np.int32), coef[by]


def _add_capacities(model: SourcingModel, network: Network, rows: _Rows) -> None:
    """Capacities of units draw on loads, those of shipments on shipments."""
    slots = network.slots
    first = model.departures.row_ptr[slots.departure]
    count = model.departures.row_ptr[slots.departure + 1] - first
    slot = np.repeat(np.arange(slots.num), count)
    entry = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(len(slot))
    row = model.departures.row[entry]
    for measure in (MEASURE_UNITS, MEASURE_SHIPMENTS):
        here = model.rows.measure[row] == measure
        used, at = np.unique(row[here], return_inverse=True)
        slot_here = slot[here]
        if measure == MEASURE_UNITS:
            num = np.diff(slots.arc_ptr)[slot_here]
            at = np.repeat(at, num)
            start = slots.arc_ptr[slot_here]
            arc = np.repeat(start - (np.cumsum(num) - num), num) + np.arange(len(at))
            col = slots.num + arc
        else:
            col = slot_here
        limit = model.rows.limit[used] / model.rows.scale[used]
        rows.add(len(used), [at], [col], [1.0], None, limit.astype(np.float64))


def _refuse_the_rest(model: SourcingModel, network: Network, terms: SlotTerms, *, linear: bool) -> None:
    orders, lines, rows = model.orders, model.lines, model.rows
    measures = rows.measure[np.unique(model.departures.row)]
    by_order = np.repeat(np.arange(model.num_orders), np.diff(orders.line_ptr))
    latest = lines.latest_s[orders.line_ptr[:-1]][by_order] if len(by_order) else lines.latest_s
    refused = {
        "rates that break, have a minimum, or bill by volume": not linear,
        "lines that are unsplit, grouped or packed": (network.bundle_of_line >= 0).any() or (lines.pack != 1).any(),
        "orders that ship complete or together": (orders.ship_complete | orders.ship_together).any(),
        "shipment limits": (orders.max_shipments > 0).any(),
        "several promises in an order": (latest != lines.latest_s).any(),
        "costs per line": (terms.coef[:, PER_LINE] != 0).any(),
        "limits of weight": (np.minimum(model.services.max_parcel_g, model.services.max_weight_g) < _NO_LIMIT_G).any(),
        "orders judged ex works": (orders.judge == JUDGE_EX_WORKS).any(),
        "other capacities than of units and shipments": not np.isin(measures, (MEASURE_UNITS, MEASURE_SHIPMENTS)).all(),
        "loads or overtime": (rows.open_cost > 0).any() or (rows.overtime_limit > 0).any() or (rows.open_max > 1).any(),
        "activation": (model.nodes.activation_cost > 0).any(),
        "minimum values": (model.nodes.min_shipment_value_micros > 0).any(),
    }
    if found := [name for name, there in refused.items() if there]:
        raise ValueError(f"the monolith does not state {'; '.join(found)}")


def patterns_of(model: SourcingModel, monolith: Monolith, x: F64) -> Patterns:
    """The plan that a solution states, costed exactly.

    Raises
    ------
    ValueError
        Where it breaks an order's rule, or a row.
    """
    network = monolith.network
    if monolith.layout is not None:
        plan = plan_of(model, network, monolith.layout, x)
        if plan is None:
            raise ValueError("the plan draws more on a row than it gives")
        return plan
    slots, arcs = network.slots, network.arcs
    quantity = np.rint(x[slots.num : slots.num + len(arcs.slot)]).astype(np.int64)
    aboard = np.flatnonzero(quantity > 0)
    used, of = np.unique(arcs.slot[aboard], return_inverse=True)
    order = np.arange(model.num_orders, dtype=np.int32)
    return from_shipments(
        model,
        order,
        np.searchsorted(slots.order[used], np.arange(model.num_orders + 1)).astype(np.int64),
        slots.cand[used].astype(np.int32),
        slots.trip[used].astype(np.int32),
        np.searchsorted(of, np.arange(len(used) + 1)).astype(np.int64),
        arcs.source[aboard].astype(np.int32),
        arcs.safety[aboard],
        quantity[aboard],
    )
