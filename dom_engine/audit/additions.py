"""The ways to add a unit of an order line to a plan, the rest of the plan fixed.

"A unit" is the smallest addition that the rules in force admit:

- a pack of the line (one unit where it has no pack), or as many packs as the node's least shipment value or the first
  break of the rate ask for;
- the whole line where it may not be split, its whole group where it has one: in one shipment;
- the whole order in one shipment where it ships together, the whole order in any shipments where it ships complete.

Every ride is tried, with every source first in turn, for the smallest and for the largest addition. Ways to place a
whole order are searched depth first within a counted limit, splittable lines taking all they can from each ride.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from dom_engine.audit.filters import LineCandidates, RideKey, Source
from dom_engine.audit.situation import Situation
from dom_engine.audit.trial import Add, Trial, Way
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Reason

MOST_STEPS = 2_000
"""Steps tried for one order line and one set of lifted rules."""

MOST_FIRST_SOURCES = 4
"""Sources tried first, for one line on one ride."""


class Placing(Enum):
    """How a block's units may be placed."""

    WHOLE = 0  # all in one shipment
    PART = 1  # any packs in one shipment
    SPREAD = 2  # all, in packs, over any shipments


@dataclass(frozen=True, slots=True)
class Block:
    """Units of some order lines that are placed by one decision."""

    placing: Placing
    demands: tuple[tuple[int, int], ...]
    pack: int = 1


Demand = tuple[int, int, Sequence[Source]]


def blocks_of(situation: Situation, line: int, lifted: frozenset[Reason]) -> list[Block] | None:
    """What the smallest addition of a line consists of; None where a rule in force admits none."""
    problem = situation.problem
    order = int(problem.lines.order_idx[line])
    orders, every = problem.orders, _lines_of(problem, order)
    ruled = Reason.LINE_RULE not in lifted
    if orders.ship_together[order] and Reason.SHIP_TOGETHER not in lifted:
        return _whole(situation, every, ruled)
    if not orders.ship_complete[order] or Reason.SHIP_COMPLETE in lifted:
        return _own_block(situation, line, ruled, Placing.PART)
    blocks: list[Block] = []
    placed: set[int] = set()
    for other in every:
        if other not in placed:
            own = _own_block(situation, other, ruled, Placing.SPREAD)
            if own is None:
                return None
            blocks += own
            placed.update(member for block in own for member, _ in block.demands)
    # The most constrained first: fewer dead ends.
    return sorted(blocks, key=lambda block: (block.placing != Placing.WHOLE, -len(block.demands)))


def is_whole_order(situation: Situation, order: int, lifted: frozenset[Reason]) -> bool:
    """Whether the smallest addition is the whole order, whichever line asks."""
    orders = situation.problem.orders
    together = orders.ship_together[order] and Reason.SHIP_TOGETHER not in lifted
    return bool(together or (orders.ship_complete[order] and Reason.SHIP_COMPLETE not in lifted))


def _lines_of(problem: Problem, order: int) -> list[int]:
    return list(range(int(problem.orders.line_ptr[order]), int(problem.orders.line_ptr[order + 1])))


def _own_block(situation: Situation, line: int, ruled: bool, placing: Placing) -> list[Block] | None:
    problem = situation.problem
    order, group = int(problem.lines.order_idx[line]), int(problem.lines.group_idx[line])
    if not ruled:
        return [Block(placing, ((line, situation.unallocated[line]),))]
    if group != NONE_IDX:
        members = [other for other in _lines_of(problem, order) if problem.lines.group_idx[other] == group]
        return _whole(situation, members, ruled)
    if not problem.orders.line_split[order]:
        return _whole(situation, [line], ruled)
    pack, units = int(problem.lines.pack[line]), situation.unallocated[line]
    if units < pack or (placing == Placing.SPREAD and units % pack):
        return None
    return [Block(placing, ((line, units),), pack)]


def _whole(situation: Situation, lines: Sequence[int], ruled: bool) -> list[Block] | None:
    demands = tuple((line, situation.unallocated[line]) for line in lines if situation.unallocated[line])
    if ruled and any(units % int(situation.problem.lines.pack[line]) for line, units in demands):
        return None
    return [Block(Placing.WHOLE, demands)]


class Additions:
    """Searches the ways to place blocks of one order."""

    def __init__(
        self,
        situation: Situation,
        order: int,
        candidates: Mapping[int, LineCandidates],
        lifted: frozenset[Reason] = frozenset(),
    ) -> None:
        self._situation = situation
        self._problem = situation.problem
        self._candidates = candidates
        self._steps_left = MOST_STEPS
        lanes = {pair: lane for found in candidates.values() for pair, lane in found.lanes.items()}
        for shipment in situation.shipments_of(order).values():
            pair = int(situation.loads.node_idx[shipment]), int(situation.loads.service_idx[shipment])
            lanes.setdefault(pair, int(situation.loads.lane_idx[shipment]))
        self.trial = Trial(situation, order, lanes, lifted)

    def ways(self, blocks: Sequence[Block]) -> Iterator[Way]:
        """The ways to place all the blocks, the trial standing at each as it is yielded."""
        if any(not self._may_fit(block) for block in blocks):
            return
        frames = [self._placements(blocks[0], blocks[0].demands[0][1])]
        index = [0]
        while frames:
            rest = next(frames[-1], None)
            if rest is None:
                frames.pop()
                index.pop()
            elif rest > 0:
                frames.append(self._placements(blocks[index[-1]], rest))
                index.append(index[-1])
            elif index[-1] + 1 < len(blocks):
                block = blocks[index[-1] + 1]
                frames.append(self._placements(block, block.demands[0][1]))
                index.append(index[-1] + 1)
            elif self.trial.is_complete():
                yield self.trial.way()

    def _may_fit(self, block: Block) -> bool:
        """Whether the sources of each line hold enough for it, wherever they are."""
        for line, units in block.demands:
            rides = self._candidates[line].rides if line in self._candidates else {}
            sources = {source for found in rides.values() for source in found}
            needed = units if block.placing != Placing.PART else block.pack
            if sum(self.trial.left(source) for source in sources) < needed:
                return False
        return bool(block.demands)

    def _push(self, ride: RideKey, adds: tuple[Add, ...]) -> bool:
        self._steps_left -= 1
        return self._steps_left >= 0 and self.trial.push(ride, adds)

    def _placements(self, block: Block, units: int) -> Iterator[int]:
        """Place a block ride by ride; yields the units left to place, and takes back what it placed when resumed."""
        for ride in self._rides(block):
            if self._steps_left <= 0:
                return
            if self.trial.is_shut(ride):
                continue
            if block.placing == Placing.WHOLE:
                demands = [(line, needed, self._candidates[line].rides[ride]) for line, needed in block.demands]
                for adds in self._fills(demands):
                    if self._push(ride, adds):
                        yield 0
                        self.trial.pop()
            else:
                yield from self._packs(block, ride, units)

    def _rides(self, block: Block) -> list[RideKey]:
        """The rides that all lines of a block can take, those that have a shipment first."""
        first, *others = (self._candidates[line].rides for line, _ in block.demands)
        rides = [ride for ride in first if all(ride in other for other in others)] if others else list(first)
        opened = [ride for ride in rides if self.trial.is_open(ride)]
        return opened + [ride for ride in rides if not self.trial.is_open(ride)] if opened else rides

    def _packs(self, block: Block, ride: RideKey, units: int) -> Iterator[int]:
        """Place packs of one line on a ride: all that fit of a spread block, else the fewest and the most."""
        line = block.demands[0][0]
        sources = self._candidates[line].rides[ride]
        most = min(units, sum(self.trial.left(source) for source in sources))
        most -= most % block.pack
        if most <= 0:
            return
        if block.placing == Placing.SPREAD:
            amount = self._largest(line, sources, ride, block.pack, most)
            if amount:
                yield from self._take(line, amount, sources, ride, units - amount)
            return
        admitted = 0
        for amount in self._smallest(line, sources, ride, block.pack, most):
            if (yield from self._take(line, amount, sources, ride)):
                admitted = amount
        if 0 < admitted < most and not (yield from self._take(line, most, sources, ride)):
            amount = self._largest(line, sources, ride, block.pack, most - block.pack)
            if amount > admitted:
                yield from self._take(line, amount, sources, ride)

    def _take(
        self, line: int, amount: int, sources: Sequence[Source], ride: RideKey, rest: int = 0
    ) -> Generator[int, None, bool]:
        """Place an amount from each source first in turn; returns whether any of it was admitted."""
        admitted = False
        for adds in self._fills([(line, amount, sources)]):
            if self._push(ride, adds):
                admitted = True
                yield rest
                self.trial.pop()
        return admitted

    def _smallest(self, line: int, sources: Sequence[Source], ride: RideKey, pack: int, most: int) -> list[int]:
        """The fewest units, in packs, with which the shipment reaches its least value and its rate's first break.

        Several amounts where the sources' items weigh differently; none where ``most`` units do not suffice.
        """
        problem, hold = self._problem, self.trial.hold(ride)
        least = pack
        missing = self.trial.least_value_micros(ride) - hold.value_micros
        if missing > 0:
            price = self._situation.price_micros[line]
            least = max(least, -(-missing // price)) if price else most + 1
        floor_g = self.trial.rate_floor_g(ride)
        amounts = {least}
        if floor_g and floor_g > (now_g := hold.billable_g(problem, ride[1])):
            gains = {
                hold.plus(self._situation, (Add(line, source, 1),)).billable_g(problem, ride[1]) - now_g
                for source in sources
                if self.trial.left(source) > 0
            }
            amounts = {max(least, -(-(floor_g - now_g) // gain)) for gain in gains if gain > 0}
        return sorted({rounded for amount in amounts if (rounded := -(-amount // pack) * pack) <= most})

    def _largest(self, line: int, sources: Sequence[Source], ride: RideKey, pack: int, most: int) -> int:
        """The most units, in packs, that the rules on loads and capacities admit; 0 for none."""
        low, high = 0, most // pack
        while low < high:
            middle = high if low == 0 and high == most // pack else (low + high + 1) // 2
            adds = next(self._fills([(line, middle * pack, sources)]), None)
            if adds is not None and self._push(ride, adds):
                self.trial.pop()
                low = middle
            else:
                high = middle - 1
        return low * pack

    def _fills(self, demands: Sequence[Demand]) -> Iterator[tuple[Add, ...]]:
        """Ways to take the units from the sources on one ride: for a single line, every source first in turn."""
        if len(demands) > 1:
            assigned = assign(self.trial, demands)
            if assigned is not None:
                yield assigned
            return
        line, units, sources = demands[0]
        stocked = [(source, left) for source in sources if (left := self.trial.left(source)) > 0]
        if sum(left for _, left in stocked) < units:
            return
        for first in stocked[:MOST_FIRST_SOURCES]:
            missing = units
            adds: list[Add] = []
            for source, left in (first, *(other for other in stocked if other is not first)):
                adds.append(Add(line, source, min(missing, left)))
                missing -= adds[-1].quantity
                if not missing:
                    break
            yield tuple(adds)


def assign(trial: Trial, demands: Sequence[Demand]) -> tuple[Add, ...] | None:
    """Take every line's units from its sources, earlier sources first; None where the stock does not suffice.

    A maximum flow by augmenting paths (Ford and Fulkerson, 1956): a line may push another's units to a later source.
    """
    left: dict[Source, int] = {}
    for _, _, sources in demands:
        left.update((source, trial.left(source)) for source in sources)
    flow: dict[tuple[int, Source], int] = {}

    def augment(demand: int, units: int, visited: set[Source]) -> int:
        for source in demands[demand][2]:
            if left[source] > 0:
                moved = min(units, left[source])
                left[source] -= moved
                flow[demand, source] = flow.get((demand, source), 0) + moved
                return moved
        for source in demands[demand][2]:
            if source in visited:
                continue
            visited.add(source)
            for other in range(len(demands)):
                if other != demand and flow.get((other, source), 0) > 0:
                    moved = augment(other, min(units, flow[other, source]), visited)
                    if moved:
                        flow[other, source] -= moved
                        flow[demand, source] = flow.get((demand, source), 0) + moved
                        return moved
        return 0

    for demand, (_, units, _) in enumerate(demands):
        missing = units
        while missing:
            moved = augment(demand, missing, set())
            if not moved:
                return None
            missing -= moved
    return tuple(Add(demands[demand][0], source, units) for (demand, source), units in sorted(flow.items()) if units)
