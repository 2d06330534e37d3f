"""A branching certificate: what one leaf proves, and whether leaves cover every plan.

A leaf is a box: for each row it is split on, the uses of that row it holds. Its plans have fewer patterns to choose
from and its rows may answer more, so its L is the bound of section 9 with these changes:

- a node, or a node for one order, with a use of at most 0: the patterns that ship from it are none of the leaf's;
- a node for one order with a use of at least 1: the order's patterns that do not ship from it are none either;
- stock or a capacity for one order: its patterns that draw more or less on it are none either;
- a node with a use of at least 1, or with stock or a capacity of which something is used: its term is what stands in
  the ``min(0, .)``;
- a row with a use from a to b answers the least of what whole loads and overtime for a use u cost less p*u,
  a <= u <= b. Its price may be below 0.

A leaf that states rewards for orders, instead of prices for rows, proves what ``rewards`` says of the patterns left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.certificate.bound import BoundReport
from dom_engine.certificate.options import LeafRules
from dom_engine.certificate.pricing import price_orders
from dom_engine.certificate.rewards import RewardBounds, no_rows
from dom_engine.certificate.sources import Pricing
from dom_engine.domain.columns import I64, NONE_IDX, Flags
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows, RowKind

NODE = -1
"""The kind of a split on a node, beside those of ``RowKind``."""

UNBOUNDED = 2**62
Split = tuple[int, ...]
"""What a leaf is split on: its kind, then indices that name it."""
Box = Mapping[Split, tuple[int, int]]
"""The least and the most use of each row that a leaf is split on, in base units; absent: any use."""

_MOST_FORBIDDING = 2**55
_MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class LeafReport:
    """The leaf's L, and the pricing it comes from; ``ruled`` are orders with rules of their own in the leaf."""

    bound: BoundReport
    pricing: Pricing
    unserved_micros: list[int]
    ruled: frozenset[int] = frozenset()


def leaf_bound(problem: Problem, rows: PricedRows, box: Box, auditor: Auditor) -> LeafReport:
    """Compute a leaf's L.

    Parameters
    ----------
    rows
        The leaf's prices.
    box
        Splits are ``(NODE, node)``, ``(ACTIVATION, node, order)``, ``(STOCK, position)``, ``(SAFETY_STOCK,
        position)`` and ``(CAPACITY, capacity, starts_s, ends_s)``, the latter three also with an order at the end, for
        its use alone.

    Raises
    ------
    OverflowError
        When an order's cost of being served nothing is too large to forbid patterns by.
    """
    plain = Pricing(problem, rows, auditor, signed=True)
    unserved = _unserved_micros(plain)
    barred = _barred(problem, box)
    pricing = plain
    if barred:
        dearer = [paid + back for paid, back in zip(unserved, plain.prices.paid_back, strict=True)]
        pricing = Pricing(problem, _forbid(rows, barred, dearer), auditor, signed=True)
    ruled = _ruled(box, barred, plain.auditor)
    minima = price_orders(pricing, ruled)
    answers = plain.prices.answers(_opened(problem, box), _gained(problem, plain, box))
    total = Fraction(sum(minima.minimum), minima.scale) + answers
    report = BoundReport(minima.scale, minima.minimum, minima.exact, answers, floor(total))
    return LeafReport(report, pricing, unserved, frozenset(ruled))


def rewarded_bound(problem: Problem, reward: I64, box: Box, bounds: RewardBounds, auditor: Auditor) -> LeafReport:
    """Compute what a leaf's rewards (micros, int64[num_orders]) prove; they need no order priced."""
    proven = bounds.bound(reward, _barred(problem, box))
    exact = np.ones(len(problem.orders), np.bool_)
    return LeafReport(BoundReport(1, [], exact, Fraction(proven), proven), Pricing(problem, no_rows(), auditor), [])


def _unserved_micros(pricing: Pricing) -> list[int]:
    """What serving nothing costs each order, rounded up."""
    lines = pricing.problem.lines
    paid = [0] * len(pricing.problem.orders)
    for order, units, each in zip(
        lines.order_idx.tolist(), lines.quantity.tolist(), pricing.unmet.tolist(), strict=True
    ):
        paid[order] += units * each
    return [-(-amount // pricing.scale) for amount in paid]


def _barred(problem: Problem, box: Box) -> set[tuple[int, int]]:
    """(node, order) that no pattern of the leaf ships from."""
    num_nodes, num_orders = len(problem.nodes), len(problem.orders)
    single = _single_shipments(problem)
    barred: set[tuple[int, int]] = set()
    for split, (least, most) in box.items():
        if split[0] == NODE and most <= 0:
            barred |= {(split[1], order) for order in range(num_orders)}
        elif split[0] == RowKind.ACTIVATION and most <= 0:
            barred.add((split[1], split[2]))
        elif split[0] == RowKind.ACTIVATION and least >= 1 and single[split[2]]:
            barred |= {(node, split[2]) for node in range(num_nodes) if node != split[1]}
    return barred


def _single_shipments(problem: Problem) -> Flags:
    """Orders that no pattern ships from two nodes."""
    orders, lines = problem.orders, problem.lines
    units = np.zeros(len(orders), np.int64)
    np.add.at(units, lines.order_idx, lines.quantity)
    single: Flags = (units <= 1) | (orders.max_shipments == 1) | orders.ship_together
    return single


def order_of(split: Split) -> int:
    """The order whose use alone is split on; ``NONE_IDX`` where all orders' is."""
    with_order = {int(RowKind.ACTIVATION): 3, int(RowKind.CAPACITY): 5, NODE: 0}
    return split[-1] if len(split) == with_order.get(split[0], 3) else NONE_IDX


def _ruled(box: Box, barred: set[tuple[int, int]], auditor: Auditor) -> dict[int, LeafRules]:
    """Orders that ship from some node, or draw on some row within limits, in every plan of the leaf."""
    within: dict[int, set[int]] = {}
    without: dict[int, set[int]] = {}
    drawn: dict[int, dict[tuple[int, bool], tuple[int, int]]] = {}
    loads: dict[int, dict[int, tuple[int, int]]] = {}
    rows = auditor.capacity_rows
    instances = zip(rows.capacity_idx.tolist(), rows.starts_s.tolist(), rows.ends_s.tolist(), strict=True)
    row_of = {instance: row for row, instance in enumerate(instances)}
    for split, span in box.items():
        order = order_of(split)
        if split[0] == RowKind.ACTIVATION and span[0] >= 1:
            within.setdefault(order, set()).add(split[1])
        elif split[0] == RowKind.CAPACITY and order != NONE_IDX:
            loads.setdefault(order, {})[row_of[split[1], split[2], split[3]]] = span
        elif split[0] in (RowKind.STOCK, RowKind.SAFETY_STOCK) and order != NONE_IDX:
            drawn.setdefault(order, {})[split[1], split[0] == RowKind.SAFETY_STOCK] = span
    for node, order in barred:
        without.setdefault(order, set()).add(node)
    return {
        order: LeafRules(
            frozenset(without.get(order, ())),
            frozenset(within.get(order, ())),
            drawn.get(order, {}),
            loads.get(order, {}),
        )
        for order in within.keys() | drawn.keys() | loads.keys()
    }


def _opened(problem: Problem, box: Box) -> frozenset[int]:
    """Nodes that every plan of the leaf ships from."""
    opened: set[int] = set()
    for split, (least, _) in box.items():
        if least >= 1:
            match split[0]:
                case RowKind.STOCK | RowKind.SAFETY_STOCK:
                    opened.add(int(problem.positions.node_idx[split[1]]))
                case RowKind.CAPACITY:
                    opened.add(int(problem.capacities.node_idx[split[1]]))
                case _:
                    opened.add(split[1])
    return frozenset(opened)


def _forbid(rows: PricedRows, barred: set[tuple[int, int]], dearer: list[int]) -> PricedRows:
    """The rows with an activation price for each barred pair that makes serving nothing the cheaper way.

    A price is paid once by whoever ships from the node. What others may pay back is part of ``dearer``, so the least
    that other patterns pay is the least of all.
    """
    pairs = sorted(barred)
    node, order = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    price = [dearer[o] + 1_000_000 for _, o in pairs]
    if max(price) >= _MOST_FORBIDDING:
        raise OverflowError("an order's cost of being served nothing is too large to forbid patterns by")
    named = zip(rows.kind.tolist(), rows.node_idx.tolist(), rows.order_idx.tolist(), strict=True)
    stays = np.array([k != RowKind.ACTIVATION or (n, o) not in barred for k, n, o in named], np.bool_)
    count = len(pairs)
    none, zero = np.full(count, NONE_IDX, np.int32), np.zeros(count, np.int64)
    more = PricedRows(
        np.full(count, int(RowKind.ACTIVATION), np.int8), none, none.copy(), node, order, zero, zero.copy(),
        zero.copy() + 1, zero.copy(), np.array(price, np.int64),
    )  # fmt: skip
    return PricedRows(
        **{
            name: np.concatenate([getattr(rows, name)[stays], getattr(more, name)])
            for name in PricedRows.__dataclass_fields__
        }
    )


def _gained(problem: Problem, pricing: Pricing, box: Box) -> dict[int, Fraction]:
    """What limited rows answer beyond their formula, by node."""
    prices, positions, capacities = pricing.prices, problem.positions, problem.capacities
    gained: dict[int, Fraction] = {}
    free: dict[int, tuple[I64, I64]] = {
        int(RowKind.STOCK): (prices.stock, positions.free),
        int(RowKind.SAFETY_STOCK): (prices.safety, positions.covered_safety),
    }
    for split, (least, most) in box.items():
        if split[0] in free and order_of(split) == NONE_IDX:
            price, limit = (int(column[split[1]]) for column in free[split[0]])
            most = min(most, limit)
            node, answer = int(positions.node_idx[split[1]]), Fraction(-max(0, price) * limit)
            within = Fraction(min(-price * most, -price * min(least, most)))
        elif split[0] == RowKind.CAPACITY and order_of(split) == NONE_IDX:
            row = prices.capacity_row(split[1], split[2], split[3])
            price = 0 if row < 0 else int(prices.rows.price_micros[row])
            node, answer = int(capacities.node_idx[split[1]]), prices.capacity_answer(split[1], price)
            within = prices.answer_within(split[1], price, least, most)
        elif split[0] == RowKind.ACTIVATION and least >= 1:
            price = prices.activation.get((split[1], split[2]), 0)
            node, answer, within = split[1], Fraction(-max(0, price)), Fraction(-price)
        else:
            continue
        gained[node] = gained.get(node, Fraction(0)) + within - answer
    return gained


def uncovered(boxes: Sequence[Box], zero_or_one: set[Split]) -> dict[Split, tuple[int, int]] | None:
    """A part of all uses that no box holds, or None where the boxes cover them.

    Parameters
    ----------
    zero_or_one
        Splits whose use is 0 or 1; any other's is any integer from 0 on.

    Raises
    ------
    OverflowError
        When the boxes are no tree and lie so that the check would take too long.
    """
    steps = 0
    waiting: list[tuple[dict[Split, tuple[int, int]], list[Box]]] = [({}, list(boxes))]
    while waiting:
        part, near = waiting.pop()
        steps += max(1, len(near))
        if steps > _MOST_STEPS:
            raise OverflowError("the leaves are too entangled to check that they cover every plan")
        whole = {s: part.get(s, _uses(s, zero_or_one)) for box in near for s in box}
        near = [box for box in near if all(a <= whole[s][1] and b >= whole[s][0] for s, (a, b) in box.items())]
        if not near:
            return part
        if any(all(a <= whole[s][0] and b >= whole[s][1] for s, (a, b) in box.items()) for box in near):
            continue
        split, cut = _best_cut(near, whole)
        low, high = whole[split]
        waiting += [({**part, split: (low, cut)}, near), ({**part, split: (cut + 1, high)}, near)]
    return None


def _uses(split: Split, zero_or_one: set[Split]) -> tuple[int, int]:
    return (0, 1) if split in zero_or_one else (0, UNBOUNDED)


def _best_cut(near: list[Box], whole: Mapping[Split, tuple[int, int]]) -> tuple[Split, int]:
    """The cut that fewest boxes straddle: in a tree the root's, which none does."""
    cuts: dict[tuple[Split, int], int] = {}
    for box in near:
        for split, (least, most) in box.items():
            low, high = whole[split]
            for cut in ([least - 1] if least > low else []) + ([most] if most < high else []):
                cuts[split, cut] = cuts.get((split, cut), 0) + 1
    # A box says so wherever a side of it is a cut's; whoever does not lies on both sides.
    return max(sorted(cuts), key=lambda cut: cuts[cut])
