"""Why units were left out of a plan (section 8), judged from the problem and the plan alone.

First the candidate filters, in their order. Where candidates remain, the rest of the plan stays fixed and the question
is what would admit a unit (the smallest addition, see ``additions``):

1. Nothing stands in its way: NOT_WORTH_IT where no way to add it lowers the cost, else SEARCH_LIMIT.
2. The first rule, in the order of section 8, whose lifting alone admits it.
3. The first rule on what one shipment holds whose lifting alone admits it: its weight (CANNOT_CARRY), its window, its
   least value. These are filters too, but judged here with what the plan has aboard.
4. Several rules together stand in its way: the first of those that all have to be lifted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from dom_engine.audit.addition_costs import BATCH, AdditionCosts, Change
from dom_engine.audit.additions import Additions, blocks_of, is_whole_order
from dom_engine.audit.evaluate import Auditor
from dom_engine.audit.filters import Filters, LineCandidates
from dom_engine.audit.reason_details import ReasonDetails
from dom_engine.audit.situation import Situation
from dom_engine.audit.taken import lines_out_of_stock
from dom_engine.audit.trial import Way
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Reason, Reasons

LIFTABLE = (
    Reason.MAX_SHIPMENTS,
    Reason.LINE_RULE,
    Reason.SHIP_TOGETHER,
    Reason.SHIP_COMPLETE,
    Reason.STOCK_TAKEN,
    Reason.CAPACITY_FULL,
)
"""The rules that may stand in a unit's way, in the order in which they are lifted."""

ON_LOADS = (Reason.CANNOT_CARRY, Reason.WINDOW, Reason.BELOW_MIN_VALUE)
"""The rules on what one shipment holds: filters for a unit alone, obstacles once there is something aboard."""

MOST_WAYS = 400
"""Ways to add a unit whose costs are looked at, for one order line."""

MOST_WHOLE_WAYS = 40
"""Ways to add a whole order whose costs are looked at."""

FIRST_WAYS = 16
"""Of these, the ways looked at first: after a search cut short, one of them pays for nearly every line."""

Verdict = tuple[Reason, str]


def reasons(problem: Problem, plan: Plan, auditor: Auditor | None = None) -> Reasons:
    """Say of every order line with unallocated units why they were left out.

    Parameters
    ----------
    plan
        A feasible plan.
    auditor
        The look-ups of the same problem, to share them between calls.
    """
    if not plan.unallocated(problem.lines.quantity).any():
        return Reasons(np.zeros(0, np.int64), (), ())
    return _Reasoner(auditor or Auditor(problem), plan).reasons()


@dataclass(frozen=True, slots=True)
class _Admitted:
    """Order lines that can be added as things stand, and ways to do it: the first, at most ``most`` in all."""

    order: int
    lines: list[int]
    ways: list[Way]
    most: int
    candidates: dict[int, LineCandidates]

    @property
    def has_more(self) -> bool:
        """Whether there may be ways that were not looked at and ought to be."""
        return len(self.ways) == FIRST_WAYS < self.most


class _Reasoner:
    """Goes through the orders with unallocated units."""

    def __init__(self, auditor: Auditor, plan: Plan) -> None:
        self._problem = auditor.problem
        self._situation = Situation(auditor, plan)
        self._filters = Filters(auditor)
        self._details = ReasonDetails(self._situation)
        self._verdicts: dict[int, Verdict] = {}
        self._admitted: list[_Admitted] = []
        self._num_ways = 0
        self._costs = AdditionCosts(self._situation)
        self._candidates: dict[int, LineCandidates] = {}
        self._relevant: list[Reason] | None = None
        self._whole_order_ways: dict[frozenset[Reason], tuple[Additions, Way] | None] = {}

    def reasons(self) -> Reasons:
        """Judge every line, then price all ways that are open at once."""
        lines = self._situation.unallocated_lines
        taken = lines_out_of_stock(self._situation, lines)
        for line, (positions, left) in taken.items():
            self._verdicts[line] = Reason.STOCK_TAKEN, self._details.taken(line, positions, left)
        others = lines[~np.isin(lines, np.fromiter(taken, np.int64, len(taken)))]
        order_of = self._problem.lines.order_idx[others]
        starts = np.flatnonzero(np.diff(order_of, prepend=-1))
        for of_order in np.split(others, starts[1:]) if len(others) else []:
            self._judge_order(of_order.tolist())
        self._judge_worth()
        verdicts = [self._verdicts[line] for line in lines.tolist()]
        return Reasons(
            line_idx=lines.astype(np.int64),
            reason=tuple(reason for reason, _ in verdicts),
            detail=tuple(detail for _, detail in verdicts),
        )

    def _judge_order(self, lines: list[int]) -> None:
        self._candidates = {line: self._filters.candidates(line) for line in lines}
        self._whole_order_ways = {}
        self._relevant = None
        order = int(self._problem.lines.order_idx[lines[0]])
        whole = is_whole_order(self._situation, order, frozenset())
        shared: _Admitted | None = None
        for line in lines:
            found = self._candidates[line]
            if found.reason is not None:
                self._verdicts[line] = found.reason, found.detail
            elif shared is not None:
                shared.lines.append(line)
            else:
                most = MOST_WHOLE_WAYS if whole else MOST_WAYS
                if self._way(order, line, frozenset()) is not None:
                    ways = self._ways(order, line, self._candidates, FIRST_WAYS)
                    self._admitted.append(_Admitted(order, [line], ways, most, self._candidates))
                    self._num_ways += len(ways)
                    # What holds for one line of an order that goes whole holds for all.
                    shared = self._admitted[-1] if whole else None
                else:
                    self._verdicts[line] = self._obstacle(order, line)
        if self._num_ways >= BATCH:
            self._judge_worth()

    def _ways(self, order: int, line: int, candidates: dict[int, LineCandidates], most: int) -> list[Way]:
        blocks = blocks_of(self._situation, line, frozenset())
        return list(islice(Additions(self._situation, order, candidates).ways(blocks or []), most))

    def _way(self, order: int, line: int, lifted: frozenset[Reason]) -> tuple[Additions, Way] | None:
        """Some way to add the line's smallest addition with some rules lifted, the additions standing at it."""
        if not is_whole_order(self._situation, order, lifted):
            return self._search(order, line, lifted)
        if lifted not in self._whole_order_ways:
            self._whole_order_ways[lifted] = self._search(order, line, lifted)
        return self._whole_order_ways[lifted]

    def _search(self, order: int, line: int, lifted: frozenset[Reason]) -> tuple[Additions, Way] | None:
        blocks = blocks_of(self._situation, line, lifted)
        if blocks is None:
            return None
        additions = Additions(self._situation, order, self._candidates, lifted)
        way = next(additions.ways(blocks), None)
        return None if way is None else (additions, way)

    def _obstacle(self, order: int, line: int) -> Verdict:
        if self._relevant is None:
            self._relevant = [rule for rule in LIFTABLE + ON_LOADS if self._can_matter(order, rule)]
        relevant = self._relevant
        for rule in relevant:
            found = self._way(order, line, frozenset([rule]))
            if found is not None:
                return self._verdict(order, line, rule, found)
        lifted: list[Reason] = []
        for rule in relevant:
            lifted.append(rule)
            found = self._way(order, line, frozenset(lifted))
            if found is not None:
                needed = [one for one in lifted if self._way(order, line, frozenset(lifted) - {one}) is None]
                return self._verdict(order, line, needed[0] if needed else rule, found)
        return Reason.SEARCH_LIMIT, "the ways to add it were too many to look at"

    def _verdict(self, order: int, line: int, rule: Reason, found: tuple[Additions, Way]) -> Verdict:
        additions, way = found
        detail = self._details.obstacle(rule, order, line, self._candidates, additions, way)
        return rule, detail

    def _can_matter(self, order: int, rule: Reason) -> bool:
        """Whether the rule binds anything in the order: lifting one that does not changes nothing."""
        problem = self._problem
        orders, lines = problem.orders, slice(problem.orders.line_ptr[order], problem.orders.line_ptr[order + 1])
        match rule:
            case Reason.MAX_SHIPMENTS:
                return bool(orders.max_shipments[order] > 0)
            case Reason.LINE_RULE:
                grouped = (problem.lines.group_idx[lines] >= 0).any()
                return bool(not orders.line_split[order] or grouped or (problem.lines.pack[lines] > 1).any())
            case Reason.SHIP_TOGETHER:
                return bool(orders.ship_together[order])
            case Reason.SHIP_COMPLETE:
                return bool(orders.ship_complete[order])
            case Reason.WINDOW:
                return bool(orders.hard_window[order])
            case _:
                return True

    def _judge_worth(self) -> None:
        """Price the ways of all lines that could be added, and say whether one of them would have paid."""
        undecided = self._judge_ways(self._admitted)
        for k in range(0, len(undecided), BATCH // MOST_WAYS):
            self._judge_ways([self._with_all_ways(one) for one in undecided[k : k + BATCH // MOST_WAYS]])
        self._admitted, self._num_ways = [], 0

    def _with_all_ways(self, one: _Admitted) -> _Admitted:
        ways = self._ways(one.order, one.lines[0], one.candidates, one.most)
        return replace(one, ways=ways, most=len(ways))

    def _judge_ways(self, admitted: list[_Admitted]) -> list[_Admitted]:
        """Price the ways there are; returns those of which none pays, and that have more."""
        orders = [one.order for one in admitted for _ in one.ways]
        changes = self._costs.changes(orders, [way for one in admitted for way in one.ways])
        undecided, at = [], 0
        for one in admitted:
            options = list(zip(changes[at : at + len(one.ways)], one.ways, strict=True))
            at += len(options)
            change, way = min(options, key=lambda option: self._worth(option[0]))
            pays = self._worth(change) < (0, 0)
            if not pays and one.has_more:
                undecided.append(one)
                continue
            reason = Reason.SEARCH_LIMIT if pays else Reason.NOT_WORTH_IT
            for line in one.lines:
                self._verdicts[line] = reason, self._details.worth(reason, change, way)
        return undecided

    def _worth(self, change: Change) -> tuple[int, int]:
        """What plans are compared by: under ``fill_first`` the units filled, then the cost."""
        filled = change.filled_micro_units if self._problem.policy.fill_first else 0
        return -filled, change.cost_micros
