"""What a planner reads where candidates remained: who took the stock, which capacity is full, what it would cost."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nsmallest

import numpy as np

from dom_engine.audit.addition_costs import Change
from dom_engine.audit.additions import Additions
from dom_engine.audit.filter_details import MOST_NAMED, listed
from dom_engine.audit.filters import LineCandidates, Source
from dom_engine.audit.names import Names
from dom_engine.audit.situation import Situation
from dom_engine.audit.trial import Way
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.result import Reason
from dom_engine.units import money_text


class ReasonDetails:
    """Writes one sentence for each verdict on a plan."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._problem = situation.problem
        self._names = Names(situation.problem)
        self._taken: dict[tuple[int, ...], tuple[dict[int, int], list[int]]] = {}
        allocations = situation.plan.allocations
        self._by_position = np.argsort(allocations.position_idx, kind="stable")
        self._position_ptr = np.searchsorted(
            allocations.position_idx[self._by_position], np.arange(len(situation.problem.positions) + 1)
        )

    def obstacle(
        self,
        rule: Reason,
        order: int,
        line: int,
        candidates: Mapping[int, LineCandidates],
        additions: Additions,
        way: Way,
    ) -> str:
        """The rule that keeps a unit out, ``way`` being one that its lifting opens."""
        names, orders = self._names, self._problem.orders
        ride = names.way(*way[0][0])
        match rule:
            case Reason.MAX_SHIPMENTS:
                most = int(orders.max_shipments[order])
                return f"the order may have {most} shipment{'s' if most > 1 else ''}; {ride} would be one more"
            case Reason.LINE_RULE:
                return f"{self._line_rule(line)}; without that, units could go from {ride}"
            case Reason.SHIP_TOGETHER:
                return f"the order ships together, and no shipment can hold all of it; this line could go from {ride}"
            case Reason.SHIP_COMPLETE:
                return f"the order ships complete, and {self._incomplete(candidates)}"
            case Reason.STOCK_TAKEN:
                sources = {source for found in candidates[line].rides.values() for source in found}
                needed = sum(add.quantity for _, adds in way for add in adds if add.line == line)
                return self._takers(order, needed, sources)
            case Reason.CAPACITY_FULL:
                return self._full(additions)
            case Reason.CANNOT_CARRY:
                return f"a shipment from {ride} would weigh too much, or less than its rate's first break"
            case Reason.WINDOW:
                return f"with what is aboard already, {ride} would be outside the hard window"
            case _:
                least = money_text(int(self._problem.nodes.min_shipment_value_micros[way[0][0][0]]))
                return f"what could be added to {ride} is worth too little: its node ships nothing below {least}"

    def _line_rule(self, line: int) -> str:
        lines = self._problem.lines
        units, pack = self._situation.unallocated[line], int(lines.pack[line])
        if lines.group_idx[line] != NONE_IDX:
            return "its group goes whole in one shipment, and no shipment can hold it"
        if units % pack:
            return f"{units} units are no multiple of its pack of {pack}"
        if not self._problem.orders.line_split[lines.order_idx[line]]:
            return f"the line may not be split, and no shipment can hold its {units} units"
        if pack > 1:
            return f"it ships in packs of {pack}, and no {pack} units can be added to one shipment"
        return "another line of the order can only go in packs, whole or with its group"

    def _incomplete(self, candidates: Mapping[int, LineCandidates]) -> str:
        lines = self._problem.lines
        short = []
        for other, found in candidates.items():
            if found.reason is not None:
                short.append(f"line {lines.ids[other].as_py()} cannot be served ({found.reason.name})")
                continue
            sources = {source for here in found.rides.values() for source in here}
            left = sum(max(0, self._situation.left(source)) for source in sources)
            wanted = self._situation.unallocated[other]
            if left < wanted:
                short.append(f"line {lines.ids[other].as_py()} has {left} of {wanted} units left")
        return listed(short) if short else "what is left of stock and capacity cannot serve all of it"

    def _takers(self, order: int, needed: int, sources: set[Source]) -> str:
        short = [source for source in sources if self._situation.left(source) < needed]
        positions = tuple(sorted({source.position for source in short}))
        left = sum(max(0, self._situation.left(source)) for source in sources)
        return self._taken_from(order, positions, left)

    def taken(self, line: int, positions: tuple[int, ...], left: int) -> str:
        """Who drew a line's positions, ascending, empty; ``left`` units lie elsewhere."""
        return self._taken_from(int(self._problem.lines.order_idx[line]), positions, left)

    def _taken_from(self, order: int, positions: tuple[int, ...], left: int) -> str:
        taken, largest = self._takers_of(positions)
        where = listed(self._names.position(position) for position in positions)
        if not taken:
            return f"{left} left is all there is of {where}"
        # The order itself comes first where it holds some: the planner looks for it first.
        named = sorted(largest, key=lambda taker: taker != order)
        if order in taken and order not in largest:
            named = [order, *largest[:-1]]
        who = [
            f"order {self._names.order(taker)}{' itself' if taker == order else ''} ({taken[taker]})" for taker in named
        ]
        more = f" and {len(taken) - len(who)} more" if len(taken) > len(who) else ""
        rest = f"; {left} left, out of reach or too few" if left else ""
        return f"{where}: taken by {', '.join(who)}{more}{rest}"

    def _takers_of(self, positions: tuple[int, ...]) -> tuple[dict[int, int], list[int]]:
        """Units that each order takes from some positions, and the orders that take most."""
        if positions not in self._taken:
            allocations = self._situation.plan.allocations
            rows = np.concatenate(
                [
                    self._by_position[self._position_ptr[position] : self._position_ptr[position + 1]]
                    for position in positions
                ]
                or [np.zeros(0, np.int64)]
            )
            orders = self._problem.lines.order_idx[allocations.line_idx[rows]].tolist()
            taken: dict[int, int] = {}
            for taker, quantity in zip(orders, allocations.quantity[rows].tolist(), strict=True):
                taken[taker] = taken.get(taker, 0) + quantity
            largest = nsmallest(MOST_NAMED, taken, key=lambda taker: (-taken[taker], taker))
            self._taken[positions] = taken, largest
        return self._taken[positions]

    def _full(self, additions: Additions) -> str:
        rows, situation = self._situation.auditor.capacity_rows, self._situation
        texts = [
            f"{self._names.capacity(rows, row)}: {self._names.measured(rows, row, situation.rows_used[row])} of "
            f"{self._names.measured(rows, row, situation.rows_limit[row])} used"
            f"{', too little left' if situation.rows_used[row] < situation.rows_limit[row] else ''}"
            for row in additions.trial.full_rows()
        ]
        return listed(texts)

    def worth(self, reason: Reason, change: Change, way: Way) -> str:
        """What the cheapest way to add would change."""
        units = sum(add.quantity for _, adds in way for add in adds)
        rides = listed(self._names.way(*ride) for ride, _ in way)
        head = f"{units} unit{'s' if units > 1 else ''} from {rides}"
        added, saved = money_text(change.added_micros), money_text(change.saved_micros)
        if reason == Reason.SEARCH_LIMIT:
            return f"adding {head} would cost {added} and save {saved}: a better plan was not found in time"
        return f"adding {head} would cost {added} and save only {saved}"
