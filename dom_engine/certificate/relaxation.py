"""A valid bound for one order too large to price exactly: open nodes, take units from them, all else dropped.

What a shipment pays is bounded from below by a fixed part and a part per unit of each column; a node's parts are the
least over its choices. What remains is a facility location problem: solved over every subset of few nodes, else
bounded by dual ascent (Erlenkotter 1978, doi:10.1287/opre.26.6.992). All in integers, rounded down.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np
import numpy.typing as npt

from dom_engine.audit.exact import ratio
from dom_engine.audit.network import SELLER_BEARS
from dom_engine.audit.stages import CLEARANCE
from dom_engine.certificate.charges import has_window, judged_at, judges_ready, window_costs
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.domain.trade import Stage
from dom_engine.domain.transport import Measure

MAX_SUBSET_NODES = 10
_SUBSET_CELLS = 1 << 22
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class _Edge:
    """Units of a line from a source of a node: how many at most, and the least each pays, in ``1/scale`` micros."""

    line: int
    node: int
    limit: int
    paid: int


@dataclass(frozen=True, slots=True)
class _Location:
    """Serve ``wanted[l]`` units of each line from open nodes, or leave them out at ``unmet[l]`` each."""

    wanted: list[int]
    unmet: list[int]
    opening: list[int]
    edges: list[_Edge]


def relaxed_minimum(pricing: Pricing, block: Block, order: int) -> int:
    """A number that no pattern of the order pays less than, in ``1/scale`` micros."""
    location = _location(pricing, block, order)
    unserved = sum(map(int.__mul__, location.wanted, location.unmet))
    cells = len(location.edges) * 2 ** len(location.opening)
    small = unserved + sum(map(abs, location.opening)) < 2**60
    if len(location.opening) <= MAX_SUBSET_NODES and cells <= _SUBSET_CELLS and small:
        served = _over_subsets(location)
    else:
        served = _dual_ascent(location)
    # Every opened node paid a split; the first shipment of an order is none. Prices below 0 count as if all were paid.
    paid_back = pricing.prices.paid_back[order] * pricing.scale
    return max(0, min(unserved, served - pricing.split_micros * pricing.scale)) - paid_back


def _location(pricing: Pricing, block: Block, order: int) -> _Location:
    orders, lines = pricing.problem.orders, pricing.problem.lines
    first_line, last_line = int(orders.line_ptr[order]), int(orders.line_ptr[order + 1])
    first, last = (int(pair) for pair in np.searchsorted(block.pair_order, (order, order + 1)))
    opening: list[int] = []
    edges: list[_Edge] = []
    for pair in range(first, last):
        fixed, per_unit = _least_of_pair(pricing, block, pair)
        if fixed is None:
            continue
        priced = max(0, pricing.prices.activation.get((int(block.pair_node[pair]), order), 0))
        opening.append(floor(fixed) + (priced + pricing.split_micros) * pricing.scale)
        for place, column in enumerate(range(int(block.column_ptr[pair]), int(block.column_ptr[pair + 1]))):
            line = int(block.column_line[column]) - first_line
            for source in range(int(block.source_ptr[column]), int(block.source_ptr[column + 1])):
                position, safety = int(block.sources.position_idx[source]), bool(block.sources.safety[source])
                price = int((pricing.prices.safety if safety else pricing.prices.stock)[position])
                own = int(block.sources.unit_price[source]) - min(0, price) * pricing.scale
                paid = own + floor(per_unit[place])
                limit = int(block.sources.limit[source])
                edges.append(_Edge(line, len(opening) - 1, limit, paid))
    return _Location(
        wanted=lines.quantity[first_line:last_line].tolist(),
        unmet=[int(paid) for paid in pricing.unmet[first_line:last_line]],
        opening=opening,
        edges=edges,
    )


def _least_of_pair(pricing: Pricing, block: Block, pair: int) -> tuple[Fraction | None, list[Fraction]]:
    """The least fixed part, and the least part per unit of each column, over the choices of a pair."""
    least: Fraction | None = None
    columns = range(int(block.column_ptr[pair]), int(block.column_ptr[pair + 1]))
    per_unit: list[Fraction] = []
    first, last = np.searchsorted(block.offer_pair, (pair, pair + 1))
    for offer in range(int(first), int(last)):
        fixed, parts = _Floor(pricing, block, offer).parts(columns)
        for dispatch_fixed, dispatch_parts in _over_dispatches(pricing, block, offer, columns):
            total = fixed + dispatch_fixed
            least = total if least is None else min(least, total)
            sums = [part + more for part, more in zip(parts, dispatch_parts, strict=True)]
            per_unit = list(map(min, per_unit, sums)) if per_unit else sums
    return least, per_unit


def _over_dispatches(
    pricing: Pricing, block: Block, offer: int, columns: range
) -> list[tuple[Fraction, list[Fraction]]]:
    """What each dispatch adds to the fixed part and to the parts per unit: windows and capacities."""
    problem, prices = pricing.problem, pricing.prices
    pair = int(block.offer_pair[offer])
    order = block.pair_order[[pair]]
    node = int(block.pair_node[pair])
    key = node * len(problem.services) + int(block.offer_service[offer])
    rows = np.arange(prices.dispatches.ptr[key], prices.dispatches.ptr[key + 1])
    late, outside = [0] * len(rows), [False] * len(rows)
    if has_window(pricing, order)[0] and not judges_ready(pricing, order)[0]:
        dispatch_s = prices.dispatches.instant_s[rows]
        judged_s = judged_at(pricing, block, np.full(len(rows), offer), dispatch_s, dispatch_s)
        loosest_s = problem.lines.latest_s[block.column_line[columns.start : columns.stop]].max()
        costs, forbidden = window_costs(
            pricing, np.repeat(order, len(rows)), judged_s[:, np.newaxis], np.full((len(rows), 1), loosest_s)
        )
        late, outside = costs[:, 0].tolist(), forbidden[:, 0].tolist()
    found = []
    for place, row in enumerate(rows.tolist()):
        if outside[place]:
            continue
        fixed = Fraction(late[place] * pricing.scale)
        parts = [Fraction(0)] * len(columns)
        for number, measure in enumerate(prices.measures):
            per_base_unit = max(0, int(prices.dispatches.charges[row, number]))
            if measure in (Measure.SHIPMENTS, Measure.PARCELS):
                fixed += per_base_unit
            else:
                drawn = [_unit_draw(pricing, block, column, measure) for column in columns]
                parts = [part + per_base_unit * amount for part, amount in zip(parts, drawn, strict=True)]
        found.append((fixed, parts))
    return found


def _unit_draw(pricing: Pricing, block: Block, column: int, measure: Measure) -> Fraction:
    """The least one unit of a column draws; a line is drawn once, however many of its units ride."""
    problem = pricing.problem
    line, item = int(block.column_line[column]), int(block.column_item[column])
    position = int(block.sources.position_idx[block.source_ptr[column]])
    match measure:
        case Measure.UNITS:
            return Fraction(1)
        case Measure.LINES:
            return Fraction(1, int(problem.lines.quantity[line]))
        case Measure.KG:
            return Fraction(int(problem.items.weight_g[item]))
        case Measure.LITRES:
            return Fraction(int(problem.items.volume_cm3[item]))
        case Measure.VALUE:
            return Fraction(int(problem.lines.unit_price_micros[line]))
        case Measure.WORK_H:
            return Fraction(int(problem.positions.work_s[position]))
        case _:
            raise ValueError(f"{measure.name} is no draw of a unit")


class _Floor:
    """The least an offer charges: a fixed part and one per unit, below what every load pays on it.

    Rows of a stage are bounded by the least of each coefficient, its minimum and the duties by nothing. An amount
    rounds by half a micro at most, and once more when it is weighted.
    """

    def __init__(self, pricing: Pricing, block: Block, offer: int) -> None:
        self._pricing, self._block = pricing, block
        pair = block.offer_pair[offer]
        self._order, self._node = int(block.pair_order[pair]), int(block.pair_node[pair])
        self._service = int(block.offer_service[offer])
        self._km = Fraction(int(block.offer_distance_m[offer]), 1_000)
        self._rate = int(pricing.problem.lanes.rate_idx[block.offer_lane[offer]])
        self._fixed = Fraction(0)
        self._per_kg = self._per_unit = self._per_line = self._of_value = Fraction(0)

    def parts(self, columns: range) -> tuple[Fraction, list[Fraction]]:
        """The fixed part, and the part per unit of each column, in ``1/scale`` micros."""
        self._add_own()
        for stage in Stage:
            self._add_stage(stage)
        problem, scale = self._pricing.problem, self._pricing.scale
        per_unit = []
        for column in columns:
            line, item = int(self._block.column_line[column]), int(self._block.column_item[column])
            kg = Fraction(int(problem.items.weight_g[item]), 1_000)
            value = Fraction(int(problem.lines.unit_price_micros[line]), 1_000_000)
            line_share = self._per_line / int(problem.lines.quantity[line])
            part = self._per_unit + self._per_kg * kg + self._of_value * value + line_share
            per_unit.append(part * scale)
        return self._fixed * scale, per_unit

    def _add_own(self) -> None:
        problem, weights = self._pricing.problem, self._pricing.problem.weights
        nodes, orders = problem.nodes, problem.orders
        handling, preference = Fraction(*ratio(weights.handling)), Fraction(*ratio(weights.preference))
        self._fixed += handling * int(nodes.shipment_cost_micros[self._node]) - _HALF
        self._fixed += preference * int(nodes.preference_cost_micros[self._node]) - _HALF
        order, service = np.array([self._order]), np.array([self._service])
        if not self._pricing.network.is_preferred(order, service)[0]:
            self._fixed += preference * int(orders.unpreferred_cost_micros[self._order]) - _HALF
        # No line pays less than nothing, whatever rounding takes off it.
        self._per_line += max(Fraction(0), handling * int(nodes.line_cost_micros[self._node]) - _HALF)
        per_tkm = Fraction(*ratio(float(problem.services.co2_g_per_tkm[self._service])))
        kg_co2_per_kg = self._km * per_tkm / 1_000_000
        weight = Fraction(*ratio(weights.carbon))
        self._per_kg += weight * problem.policy.carbon_cost_per_kg_micros * kg_co2_per_kg
        self._fixed -= (1 + weight) * _HALF

    def _add_stage(self, stage: Stage) -> None:
        problem = self._pricing.problem
        rates, orders = problem.rates, problem.orders
        rows = np.flatnonzero((rates.rate_idx == self._rate) & (rates.stage == stage))
        order, node = np.array([self._order]), np.array([self._node])
        if not len(rows) or (stage in CLEARANCE and not self._pricing.network.crosses_border(order, node)[0]):
            return
        borne = SELLER_BEARS[orders.incoterm[self._order], orders.named_place[self._order], stage]
        term = "buyer" if not borne else "insurance" if stage == Stage.INSURANCE else "freight"
        weight = Fraction(*ratio(problem.weights.of(term)))
        micros = weight * 1_000_000

        def least(per_measure: npt.NDArray[np.float64]) -> Fraction:
            return micros * min(Fraction(*ratio(float(value))) for value in per_measure[rows])

        base = weight * int(rates.base_micros[rows].min())
        self._fixed += base + least(rates.per_km) * self._km + least(rates.per_parcel)
        self._fixed -= (1 + weight) * _HALF
        self._per_kg += least(rates.per_kg) + least(rates.per_kg_km) * self._km
        self._per_unit += least(rates.per_unit) + least(rates.per_unit_km) * self._km
        self._per_line += least(rates.per_line)
        insured = Fraction(110, 100) if stage == Stage.INSURANCE else Fraction(1)
        self._of_value += least(rates.pct_of_value) / 100 * insured


def _over_subsets(location: _Location) -> int:
    """The least over every set of some open nodes, each line taking its units from the cheapest."""
    num_nodes = len(location.opening)
    subsets = np.arange(1, max(2, 2**num_nodes))
    is_open = (subsets[:, np.newaxis] >> np.arange(num_nodes)) & 1
    total = is_open @ np.array(location.opening, np.int64).reshape(num_nodes)
    for line, (wanted, unmet) in enumerate(zip(location.wanted, location.unmet, strict=True)):
        left = np.full(len(subsets), wanted)
        for edge in sorted((edge for edge in location.edges if edge.line == line), key=lambda edge: edge.paid):
            if edge.paid >= unmet:
                break
            taken = np.minimum(left, edge.limit * is_open[:, edge.node])
            total += taken * edge.paid
            left -= taken
        total += left * unmet
    return int(total.min())


def _dual_ascent(location: _Location) -> int:
    """A bound from what lines are ready to pay per unit, raised as long as no node's opening is overpaid."""
    slack = [max(0, opening) for opening in location.opening]
    overpaid = sum(max(0, -opening) for opening in location.opening)
    cheapest: list[dict[int, int]] = [{} for _ in location.wanted]
    for edge in location.edges:
        nodes = cheapest[edge.line]
        nodes[edge.node] = min(edge.paid, nodes.get(edge.node, edge.paid))
    offered = [min([unmet, *nodes.values()]) for unmet, nodes in zip(location.unmet, cheapest, strict=True)]
    raised = True
    while raised:
        raised = False
        for line, nodes in enumerate(cheapest):
            ceiling = min([location.unmet[line], *(paid for paid in nodes.values() if paid > offered[line])])
            payers = [node for node, paid in nodes.items() if paid <= offered[line]]
            spare = min((slack[node] // location.wanted[line] for node in payers), default=ceiling)
            step = min(ceiling - offered[line], spare)
            if step > 0:
                raised = True
                offered[line] += step
                for node in payers:
                    slack[node] -= step * location.wanted[line]
    return sum(map(int.__mul__, offered, location.wanted)) - overpaid
