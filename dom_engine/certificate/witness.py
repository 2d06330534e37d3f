"""Check that a cheapest partition of an order is a pattern: that its shipments may all be made by this one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dom_engine.audit.exact import times
from dom_engine.audit.tables import distinct
from dom_engine.certificate.shapes import MAX_LINES, Forms
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.domain.columns import I64, Flags
from dom_engine.domain.plan import Allocations, Shipments
from dom_engine.domain.transport import Measure


@dataclass(frozen=True, slots=True)
class Witness:
    """Shipments of cheapest partitions, one row each.

    ``member`` is the order within its block, ``digits`` int64[num_shipments, MAX_LINES] say what is aboard, ``offer``
    and ``dispatch`` (a row of ``Dispatches``) how it goes.
    """

    member: I64
    digits: npt.NDArray[np.int64]
    offer: I64
    dispatch: I64


def witness_of(member: I64, digits: npt.NDArray[np.int64], offer: I64, dispatch: I64) -> Witness:
    """A witness whose digits may have fewer columns."""
    wide = np.zeros((len(member), MAX_LINES), np.int64)
    wide[:, : digits.shape[1]] = digits
    return Witness(member, wide, offer, dispatch)


def joined(witnesses: Sequence[Witness]) -> Witness:
    """The rows of several witnesses."""
    nothing = np.zeros(0, np.int64)
    every = [Witness(nothing, np.zeros((0, MAX_LINES), np.int64), nothing, nothing), *witnesses]
    return Witness(
        np.concatenate([witness.member for witness in every]),
        np.concatenate([witness.digits for witness in every]),
        np.concatenate([witness.offer for witness in every]),
        np.concatenate([witness.dispatch for witness in every]),
    )


def breaks_a_rule(pricing: Pricing, block: Block, forms: Forms, witness: Witness) -> Flags:
    """Orders of the block whose partition is no pattern: bool[num_orders].

    What single shipments respect already is not looked at again: left are the number of shipments, the same choice
    taken twice, the stock of a node that ships twice, and capacities.
    """
    num_orders = len(forms.regular)
    limit = pricing.problem.orders.max_shipments[forms.order_from : forms.order_from + num_orders]
    count = np.bincount(witness.member, minlength=num_orders)
    breaks: Flags = (limit > 0) & (count > limit)
    first, group = distinct(witness.member, witness.offer, witness.dispatch)
    breaks[witness.member[first[np.bincount(group, minlength=len(first)) > 1]]] = True
    first, group = distinct(witness.member, block.offer_pair[witness.offer])
    for number in np.flatnonzero(np.bincount(group, minlength=len(first)) > 1).tolist():
        if _over_stock(pricing, block, forms, witness, np.flatnonzero(group == number)):
            breaks[witness.member[first[number]]] = True
    if len(pricing.problem.capacities):
        breaks[_over_capacity(pricing, block, forms, witness)] = True
    return breaks


def _over_stock(pricing: Pricing, block: Block, forms: Forms, witness: Witness, shipments: I64) -> bool:
    """Whether shipments of one pair, each drawing on the cheapest sources that can ride, exhaust one together."""
    sources = block.sources
    pair = int(block.offer_pair[witness.offer[shipments[0]]])
    drawn: dict[int, int] = {}
    for shipment in shipments.tolist():
        dispatch_s = int(pricing.prices.dispatches.instant_s[witness.dispatch[shipment]])
        for column in range(int(block.column_ptr[pair]), int(block.column_ptr[pair + 1])):
            line = int(block.column_line[column]) - forms.line_from
            left = int(witness.digits[shipment, forms.slot[line]]) * int(forms.step[line])
            for source in range(int(block.source_ptr[column]), int(block.source_ptr[column + 1])):
                if left and sources.ready_s[source] <= dispatch_s < sources.expires_s[source]:
                    taken = min(left, int(sources.limit[source]))
                    drawn[source] = drawn.get(source, 0) + taken
                    left -= taken
    return any(units > int(sources.limit[source]) for source, units in drawn.items())


def _over_capacity(pricing: Pricing, block: Block, forms: Forms, witness: Witness) -> I64:
    """Orders that alone draw more on a capacity than all its loads and overtime allow."""
    capacity_rows = pricing.auditor.capacity_rows
    shipments, allocations = _as_plan(pricing, block, forms, witness)
    loads = pricing.auditor.loads(shipments, allocations)
    matching = capacity_rows.matching_of(shipments.node_idx, shipments.service_idx, shipments.dispatch_s)
    shipment = np.repeat(np.arange(len(shipments)), matching.lengths)
    row = matching.idx.astype(np.int64)
    measure = pricing.problem.capacities.measure[capacity_rows.capacity_idx[row]]
    drawn = np.zeros(len(row), np.int64)
    for kind in Measure:
        of_kind = measure == kind
        drawn[of_kind] = loads.measured(kind)[shipment[of_kind]]
    first, group = distinct(witness.member[shipment], row)
    total = np.zeros(len(first))
    np.add.at(total, group, drawn.astype(np.float64))
    limits = np.array([capacity_rows.total_limit(int(row[sample])) for sample in first], np.float64)
    # Sums beyond 2 ** 53 round; a limit that close is taken for broken.
    over = total * (1 + 2.0**-50) > limits * (1 - 2.0**-50)
    exact = (total <= limits) & (limits < 2.0**53)
    return witness.member[shipment[first[over & ~exact]]]


def _as_plan(pricing: Pricing, block: Block, forms: Forms, witness: Witness) -> tuple[Shipments, Allocations]:
    """The witness as shipments, their lines drawn from any position of the item there: capacities do not ask which."""
    pair = block.offer_pair[witness.offer]
    shipments = Shipments(
        order_idx=block.pair_order[pair].astype(np.int32),
        node_idx=block.pair_node[pair].astype(np.int32),
        service_idx=block.offer_service[witness.offer].astype(np.int32),
        dispatch_s=pricing.prices.dispatches.instant_s[witness.dispatch],
    )
    shipment, slot = np.nonzero(witness.digits)
    line = forms.line[witness.member[shipment], slot]
    num_lines = len(pricing.problem.lines)
    wanted = times(pair[shipment], num_lines) + line
    column = np.searchsorted(times(block.column_pair, num_lines) + block.column_line, wanted)
    allocations = Allocations(
        shipment_idx=shipment.astype(np.int32),
        line_idx=line.astype(np.int32),
        position_idx=block.sources.position_idx[block.source_ptr[column]].astype(np.int32),
        from_safety_stock=np.zeros(len(shipment), np.bool_),
        quantity=witness.digits[shipment, slot] * forms.step[line - forms.line_from],
    )
    return shipments, allocations
