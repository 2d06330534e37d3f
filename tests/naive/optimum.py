"""The optimum over all orders, by depth-first search over their patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tests.naive.exact import TooLarge, half_even
from tests.naive.patterns import MOST_STEPS, Packing, Pattern, ceilings, enumerate_patterns, options_of
from tests.naive.plans import PlanCosts, check_plan, cost_of_plan
from tests.naive.problem import Problem
from tests.naive.rows import Row, row_ledger
from tests.naive.shipping import Shipment

MOST_VISITS = 400_000
MOST_COMPARED = 3_000
Value = tuple[Fraction, int]


@dataclass(frozen=True)
class Optimum:
    """The best plan; ``fill`` is its priority-weighted unallocated units (least first under fill_first)."""

    objective_micros: int
    fill: Fraction
    costs: Mapping[str, int]
    raw_costs: Mapping[str, int]
    plan: tuple[Shipment, ...] = field(repr=False)


def solve_exhaustive(problem: Problem, most_steps: int = MOST_STEPS, most_visits: int = MOST_VISITS) -> Optimum:
    """Return an optimal plan of a tiny problem, proven by enumeration.

    Raises
    ------
    TooLarge
        When an order has more than ``most_steps`` partial patterns, or the search would visit more
        than ``most_visits`` combinations.
    """
    search = _Search(problem, most_steps, most_visits)
    plan = tuple(shipment for pattern in search.run() for shipment in pattern.shipments)
    costs = cost_of_plan(problem, plan)
    _audit(problem, plan, costs, search.best)
    return Optimum(costs.objective_micros, costs.fill, costs.weighted, costs.raw, plan)


def _audit(problem: Problem, plan: Sequence[Shipment], costs: PlanCosts, claimed: Value | None) -> None:
    """The search adds patterns up; the plan's own price, computed from scratch, must agree."""
    faults = check_plan(problem, plan)
    fill = costs.fill if problem.policy.fill_first else Fraction(0)
    if faults or claimed != (fill, costs.objective_micros):
        raise AssertionError(f"the oracle contradicts itself: {claimed} against {costs}, {faults}")


class _Search:
    """Orders in turn, each with its patterns by cost; what is left is bounded by each order's own minimum."""

    def __init__(self, problem: Problem, most_steps: int, most_visits: int) -> None:
        self._problem = problem
        self._visits_left = most_visits
        options = [options_of(problem, order, most_steps) for order in problem.orders]
        limits: dict[Row, int] = {}
        for order, found in zip(problem.orders, options, strict=True):
            for row, most in ceilings(order, found).items():
                limits[row] = limits.get(row, 0) + most
        self._activation = {
            name: half_even(problem.weights["activation"] * node.activation_cost_micros)
            for name, node in problem.nodes.items()
            if node.activation_cost_micros
        }
        # The rest can neither be exceeded nor cost anything; a node ships where its stock is drawn on.
        self._rows = [
            row
            for row, most in limits.items()
            if most > row.most or row.costs or (row.capacity is None and row.node in self._activation)
        ]
        self._index = {row: index for index, row in enumerate(self._rows)}
        self._packing = Packing([row.most for row in self._rows])
        self._patterns = [
            self._undominated(enumerate_patterns(problem, order, self._index.__contains__, found, most_steps))
            for order, found in zip(problem.orders, options, strict=True)
        ]
        self._least = self._least_values()
        self.best: Value | None = None
        self._chosen: list[Pattern] = []

    def run(self) -> list[Pattern]:
        """Return the patterns of a best plan, one per order."""
        self._descend(0, 0, (Fraction(0), 0), [])
        return self._chosen

    def _fill(self, pattern: Pattern) -> Fraction:
        if not self._problem.policy.fill_first:
            return Fraction(0)
        return pattern.order.factor * sum(pattern.unallocated)

    def _pack(self, pattern: Pattern) -> int:
        return self._packing.pack(
            (self._index[row], amount) for row, amount in pattern.draws.items() if row in self._index
        )

    def _undominated(self, patterns: list[Pattern]) -> list[tuple[int, Value, Pattern]]:
        """Drop a pattern when another costs no more, leaves no more and draws no more anywhere."""
        kept: list[tuple[int, Value, Pattern]] = []
        for pattern in patterns:
            packed, fill = self._pack(pattern), self._fill(pattern)
            if len(kept) <= MOST_COMPARED and any(
                value[0] <= fill and self._packing.covers(packed, other) for other, value, _ in kept
            ):
                continue
            kept.append((packed, (fill, pattern.cost_micros), pattern))
        return sorted(kept, key=lambda entry: entry[1])

    def _least_values(self) -> list[Value]:
        """Return, for each order, the least that it and all later ones can add."""
        least: list[Value] = [(Fraction(0), 0)]
        for patterns in reversed(self._patterns):
            fill = min(value[0] for _, value, _ in patterns)
            cost_micros = min(value[1] for _, value, _ in patterns)
            least.append((least[-1][0] + fill, least[-1][1] + cost_micros))
        return least[::-1]

    def _rows_micros(self, chosen: Sequence[Pattern]) -> int:
        """Return what the rows cost by themselves: loads, overtime, nodes activated."""
        used: dict[Row, int] = {}
        nodes: set[str] = set()
        for pattern in chosen:
            nodes |= pattern.nodes
            for row, amount in pattern.draws.items():
                used[row] = used.get(row, 0) + amount
        total_micros = sum(self._activation.get(node, 0) for node in nodes)
        return total_micros + sum(
            row_ledger(self._problem, row, amount).total_micros for row, amount in used.items() if row.costs
        )

    def _descend(self, depth: int, packed: int, value: Value, chosen: list[Pattern]) -> None:
        if depth == len(self._patterns):
            reached = value[0], value[1] + self._rows_micros(chosen)
            if self.best is None or reached < self.best:
                self.best, self._chosen = reached, list(chosen)
            return
        least = self._least[depth + 1]
        rows_micros = self._rows_micros(chosen)
        for more, (fill, cost_micros), pattern in self._patterns[depth]:
            # Rows cost no less as more is drawn, so this bounds every plan below.
            bound = value[0] + fill + least[0], value[1] + cost_micros + least[1] + rows_micros
            if self.best is not None and bound >= self.best:
                break
            self._visits_left -= 1
            if self._visits_left < 0:
                raise TooLarge("too many combinations of patterns")
            if self._packing.fits(packed + more):
                chosen.append(pattern)
                self._descend(depth + 1, packed + more, (value[0] + fill, value[1] + cost_micros), chosen)
                chosen.pop()
