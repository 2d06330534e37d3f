"""Every complete way to serve one order, with its exact cost and draws. Sections 3, 5 and 9.

The enumeration goes candidate by candidate and keeps, of all partial patterns with the same units
per line, the same number of shipments and the same draws on the rows that matter, the cheapest:
whatever can be added to one can be added to the other at the same cost, so nothing is lost.

A partial pattern's counts are packed side by side into one integer, so that adding a load is one
addition and one mask tells whether any count has passed its limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tests.naive.exact import Ledger, TooLarge, half_even
from tests.naive.plans import book_unmet, rule_faults
from tests.naive.problem import Line, Order, Position, Problem
from tests.naive.rows import Row, draws_of
from tests.naive.shipping import (
    Candidate,
    Load,
    Piece,
    Shipment,
    candidates_of,
    cargo_of,
    price_load,
    refusal,
    sources_of,
)

MOST_STEPS = 400_000


@dataclass(frozen=True)
class Pattern:
    """One complete way to serve an order.

    ``cost_micros`` is the weighted cost of section 5 without overtime, loads and activation, which
    belong to rows; ``draws`` are in the rows' internal units and name only the rows kept.
    """

    order: Order
    cost_micros: int
    draws: Mapping[Row, int]
    unallocated: tuple[int, ...]
    shipments: tuple[Shipment, ...]

    @property
    def nodes(self) -> frozenset[str]:
        return frozenset(shipment.candidate.node.node for shipment in self.shipments)


@dataclass(frozen=True)
class Option:
    """A shipment that could be part of a pattern, priced and measured."""

    shipment: Shipment
    cost_micros: int
    aboard: tuple[int, ...]
    draws: Mapping[Row, int]


class Packing:
    """Counts with limits, side by side in one integer; the top bit of each field tells an excess."""

    def __init__(self, limits: Sequence[int]) -> None:
        self._shifts: list[int] = []
        self.offset = self.guard = shift = 0
        for limit in limits:
            self._shifts.append(shift)
            width = limit.bit_length() + 1
            # A count up to 2 * limit fits; beyond limit it reaches the top bit.
            self.offset += ((1 << (width - 1)) - 1 - limit) << shift
            self.guard += 1 << (shift + width - 1)
            shift += width

    def pack(self, counts: Iterable[tuple[int, int]]) -> int:
        """Pack (field, count) pairs, each count within its field's limit."""
        return sum(count << self._shifts[field] for field, count in counts)

    def fits(self, packed: int) -> bool:
        """Tell whether the sum of two packed numbers, each within the limits, is within them."""
        return not (packed + self.offset) & self.guard

    def covers(self, more: int, less: int) -> bool:
        """Tell whether every count of ``less`` is at most that of ``more``."""
        return ((more | self.guard) - less) & self.guard == self.guard


def options_of(problem: Problem, order: Order, most_steps: int = MOST_STEPS) -> list[tuple[Candidate, list[Option]]]:
    """Return, for each candidate, every load that makes a shipment and alone respects every row."""
    steps = 0
    options: list[tuple[Candidate, list[Option]]] = []
    for candidate in candidates_of(problem, order):
        found: list[Option] = []
        for load in _loads(problem, candidate):
            steps += 1
            if steps * 20 > most_steps:
                raise TooLarge(f"{order.order}: more than {steps} loads")
            option = _option(problem, candidate, load)
            if option is not None:
                found.append(option)
        if found:
            options.append((candidate, found))
    return options


def _loads(problem: Problem, candidate: Candidate) -> Iterator[Load]:
    order = candidate.order
    ways = [list(_ways(order, line, sources_of(problem, candidate, line))) for line in order.lines]
    for choice in product(*ways):
        load = tuple(piece for pieces in choice for piece in pieces)
        aboard = tuple(sum(piece.quantity for piece in pieces) for pieces in choice)
        if load and not rule_faults(order, aboard):
            yield load


def _ways(order: Order, line: Line, sources: Sequence[tuple[Position, bool]]) -> Iterator[Load]:
    def spread(start: int, left: int) -> Iterator[Load]:
        yield ()
        for index in range(start, len(sources)):
            position, safety = sources[index]
            limit = position.covered if safety else position.free
            for quantity in range(1, min(left, limit) + 1):
                for rest in spread(index + 1, left - quantity):
                    yield (Piece(line, position, safety, quantity), *rest)

    whole = not order.line_split or order.ship_together or bool(line.group)
    for load in spread(0, line.quantity):
        units = sum(piece.quantity for piece in load)
        if units % line.pack == 0 and (not whole or units in (0, line.quantity)):
            yield load


def _option(problem: Problem, candidate: Candidate, load: Load) -> Option | None:
    cargo = cargo_of(problem, candidate, load)
    if refusal(problem, candidate, cargo):
        return None
    shipment = Shipment(candidate, load)
    draws = draws_of(problem, shipment, cargo)
    if any(amount > row.most for row, amount in draws.items()):
        return None
    aboard = tuple(
        sum(piece.quantity for piece in load if piece.line.line == line.line) for line in candidate.order.lines
    )
    cost_micros = price_load(problem, candidate, load, cargo).total_micros
    return Option(shipment, cost_micros, aboard, draws)


def ceilings(order: Order, options: Sequence[tuple[Candidate, list[Option]]]) -> dict[Row, int]:
    """Return, per row, an amount that no pattern of the order draws beyond.

    A pattern uses each candidate once, and ships each unit once.
    """
    by_candidate: dict[Row, int] = {}
    per_unit: dict[Row, int] = {}
    for _, found in options:
        most: dict[Row, int] = {}
        for option in found:
            units = sum(option.aboard)
            for row, amount in option.draws.items():
                most[row] = max(most.get(row, 0), amount)
                per_unit[row] = max(per_unit.get(row, 0), -(-amount // units))
        for row, amount in most.items():
            by_candidate[row] = by_candidate.get(row, 0) + amount
    total = sum(line.quantity for line in order.lines)
    return {row: min(amount, per_unit[row] * total) for row, amount in by_candidate.items()}


def enumerate_patterns(
    problem: Problem,
    order: Order,
    keep: Callable[[Row], bool] | None = None,
    options: Sequence[tuple[Candidate, list[Option]]] | None = None,
    most_steps: int = MOST_STEPS,
) -> list[Pattern]:
    """Return the cheapest pattern for every distinct draw on the kept rows, cheapest first.

    Parameters
    ----------
    problem, order
        The order to serve.
    keep
        Tells which rows' draws matter; all of them without it. Rows that the order alone could
        exceed are respected in any case.
    options
        What ``options_of`` returned, where the caller has it already.
    most_steps
        Partial patterns to look at before giving up.

    Raises
    ------
    TooLarge
        When there are more.
    """
    if options is None:
        options = options_of(problem, order, most_steps)
    limits = ceilings(order, options)
    kept = [row for row, most in limits.items() if most > row.most or keep is None or keep(row)]
    rows = {row: index for index, row in enumerate(kept)}
    shared = Packing([min(limits[row], row.most) for row in kept])
    local = Packing([*(line.quantity for line in order.lines), *_count(order, order.max_shipments)])
    states = _combine(problem, order, options, rows, shared, local, most_steps)
    return _finish(problem, order, states, shared, kept)


Chain = tuple["Chain", Option] | None
States = dict[tuple[int, int], tuple[int, Chain]]


def _combine(
    problem: Problem,
    order: Order,
    options: Sequence[tuple[Candidate, list[Option]]],
    rows: Mapping[Row, int],
    shared: Packing,
    local: Packing,
    most_steps: int,
) -> States:
    split_micros = _weighted(problem, "split", problem.policy.split_cost_micros)
    states: States = {(0, 0): (0, None)}
    steps = 0
    for _, found in options:
        packed = [
            (
                local.pack(enumerate([*option.aboard, *_count(order, 1)])),
                shared.pack((rows[row], amount) for row, amount in option.draws.items() if row in rows),
                option,
            )
            for option in found
        ]
        steps += len(states) * len(packed)
        if steps > most_steps:
            raise TooLarge(f"{order.order}: more than {most_steps} partial patterns")
        grown = dict(states)
        for (taken, drawn), (cost_micros, chain) in states.items():
            first_or_next = split_micros if chain else 0
            for more_taken, more_drawn, option in packed:
                key = taken + more_taken, drawn + more_drawn
                if not (local.fits(key[0]) and shared.fits(key[1])):
                    continue
                total_micros = cost_micros + option.cost_micros + first_or_next
                known = grown.get(key)
                if known is None or total_micros < known[0]:
                    grown[key] = total_micros, (chain, option)
        states = grown
    return states


def _count(order: Order, shipments: int) -> list[int]:
    """Shipments are counted only where their number is limited: fewer partial patterns to tell apart."""
    return [shipments] if order.max_shipments else []


def _finish(problem: Problem, order: Order, states: States, shared: Packing, kept: Sequence[Row]) -> list[Pattern]:
    """Add what is left unserved, and keep the cheapest of equal draws."""
    unmet_micros = [_unmet_micros(problem, order, line) for line in order.lines]
    best: dict[tuple[int, int], Pattern] = {}
    for (_, drawn), (cost_micros, chain) in states.items():
        chosen = _unroll(chain)
        missing = tuple(
            line.quantity - sum(option.aboard[index] for option in chosen) for index, line in enumerate(order.lines)
        )
        if order.ship_complete and chosen and any(missing):
            continue
        total_micros = cost_micros + sum(count * micros for count, micros in zip(missing, unmet_micros, strict=True))
        # Only under fill_first do units left unserved matter beside their cost.
        key = drawn, sum(missing) if problem.policy.fill_first else 0
        if key not in best or total_micros < best[key].cost_micros:
            draws = {row: amount for row in kept if (amount := sum(option.draws.get(row, 0) for option in chosen))}
            shipments = tuple(option.shipment for option in chosen)
            best[key] = Pattern(order, total_micros, draws, missing, shipments)
    return sorted(best.values(), key=lambda pattern: pattern.cost_micros)


def _unroll(chain: Chain) -> list[Option]:
    chosen: list[Option] = []
    while chain is not None:
        chain, option = chain
        chosen.append(option)
    return chosen[::-1]


def _unmet_micros(problem: Problem, order: Order, line: Line) -> int:
    ledger = Ledger(problem.weights)
    book_unmet(problem, order, line, 1, ledger)
    return ledger.total_micros


def _weighted(problem: Problem, term: str, amount_micros: int) -> int:
    return half_even(problem.weights[term] * amount_micros)
