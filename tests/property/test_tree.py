"""Branching certificates at random: any leaves that cover every plan bound the optimum, and a missing leaf is found."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from dom_engine.audit.evaluate import Auditor
from dom_engine.certificate import certified_bound
from dom_engine.certificate.enumeration import NO_PATTERN
from dom_engine.certificate.tree import NODE, UNBOUNDED, Box, Split, leaf_bound, uncovered
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import RowKind
from tests import naive
from tests.naive.certificate import Prices, priced_minimum
from tests.naive.patterns import Pattern, enumerate_patterns
from tests.naive.rows import Row
from tests.property.strategies import SEEDS, scenarios
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices


def splits_of(problem: Problem, rng: Random) -> list[tuple[Split, int]]:
    """Some splits of a problem: what is split on, and the most use on its lower side."""
    nodes, orders = range(len(problem.nodes)), range(len(problem.orders))
    rows = Auditor(problem).capacity_rows
    known: list[tuple[Split, int]] = [((NODE, node), 0) for node in nodes]
    known += [((int(RowKind.ACTIVATION), node, order), 0) for node in nodes for order in orders]
    for position, free in enumerate(problem.positions.free.tolist()):
        known.append(((int(RowKind.STOCK), position), rng.randint(0, max(0, free))))
        known += [((int(RowKind.STOCK), position, order), rng.randint(0, 2)) for order in orders]
    for position, covered in enumerate(problem.positions.covered_safety.tolist()):
        known.append(((int(RowKind.SAFETY_STOCK), position), rng.randint(0, max(0, covered))))
    known += [
        ((int(RowKind.CAPACITY), int(capacity), int(starts), int(ends), *order), rng.randint(0, 3))
        for order in ((), (0,), (len(orders) - 1,))
        for capacity, starts, ends in zip(rows.capacity_idx, rows.starts_s, rows.ends_s, strict=True)
    ]
    return rng.sample(known, min(len(known), rng.randint(1, 4)))


def signed(prices: Prices, rng: Random) -> Prices:
    """The same prices, some of them below 0."""
    rows = {row: price * rng.choice((1, 1, -1)) for row, price in prices.rows.items()}
    activation = {pair: price * rng.choice((1, 1, -1)) for pair, price in prices.activation.items()}
    return Prices(rows, activation)


def tree_of(splits: list[tuple[Split, int]], rng: Random) -> list[Box]:
    """Split everything by the first, either side by the next or not at all, and so on."""
    boxes: list[dict[Split, tuple[int, int]]] = [{}]
    for split, most in splits:
        grown: list[dict[Split, tuple[int, int]]] = []
        for box in boxes:
            if rng.random() < 0.2:
                grown.append(box)
                continue
            top = 1 if split[0] in (NODE, RowKind.ACTIVATION) else UNBOUNDED
            grown += [{**box, split: (0, most)}, {**box, split: (most + 1, top)}]
        boxes = grown
    return [*boxes]


@given(scenarios(never=("fill_first",)), SEEDS)
def test_the_worst_leaf_bounds_the_optimum(scenario: naive.Scenario, seed: int) -> None:
    known = naive.read_problem(scenario)
    try:
        optimum = naive.solve_exhaustive(known)
    except naive.TooLarge:
        assume(False)
        raise
    rng, converter = Random(seed), Converter(known)
    problem = converter.problem()
    assume(not problem.policy.fill_first)
    auditor = Auditor(problem)
    bounds = [
        leaf_bound(
            problem, priced_rows(converter, signed(random_prices(known, rng), rng)), box, auditor
        ).bound.lower_bound_micros
        for box in tree_of(splits_of(problem, rng), rng)
    ]
    assert min(bounds) <= optimum.objective_micros


@given(scenarios(never=("fill_first",)), SEEDS)
def test_a_leaf_proves_no_less_than_its_prices_do(scenario: naive.Scenario, seed: int) -> None:
    known, rng = naive.read_problem(scenario), Random(seed)
    converter = Converter(known)
    problem = converter.problem()
    assume(not problem.policy.fill_first)
    auditor, rows = Auditor(problem), priced_rows(converter, random_prices(known, rng))
    plain = certified_bound(problem, rows, auditor)
    assume(plain.exact.all())
    for box in tree_of(splits_of(problem, rng), rng):
        leaf = leaf_bound(problem, rows, box, auditor).bound
        assert not leaf.exact.all() or leaf.lower_bound_micros >= plain.lower_bound_micros


def instance_of(converter: Converter, row: Row) -> tuple[int, int, int]:
    """A capacity row's capacity, start and end, as the engine names it."""
    rows = priced_rows(converter, Prices({row: Fraction(1)}, {}))
    return int(rows.capacity_idx[0]), int(rows.starts_s[0]), int(rows.ends_s[0])


def in_leaf(pattern: Pattern, order: int, converter: Converter, box: Box) -> bool:
    """Whether a pattern of an order is one of the leaf's, by what the leaf says of nodes and of its own draws."""
    nodes = {converter.nodes[node] for node in pattern.nodes}
    drawn: dict[Split, int] = {}
    for row, units in pattern.draws.items():
        if row.capacity is None:
            kind = RowKind.STOCK if row.kind == "stock" else RowKind.SAFETY_STOCK
            drawn[int(kind), converter.position_idx[row.key[1:]], order] = units
    for split, (least, most) in box.items():
        if split[0] == NODE and most == 0 and split[1] in nodes:
            return False
        if split[0] == RowKind.ACTIVATION and split[2] == order and not least <= (split[1] in nodes) <= most:
            return False
        if split[0] == RowKind.CAPACITY and len(split) == 5 and split[4] == order:
            units = sum(
                amount
                for row, amount in pattern.draws.items()
                if row.capacity is not None and instance_of(converter, row) == split[1:4]
            )
            if not least <= units <= most:
                return False
        of_order = split[0] in (RowKind.STOCK, RowKind.SAFETY_STOCK) and len(split) == 3 and split[2] == order
        if of_order and not least <= drawn.get(split, 0) <= most:
            return False
    return True


@given(scenarios(never=("fill_first",)), SEEDS)
def test_orders_pay_in_a_leaf_what_the_oracle_says(scenario: naive.Scenario, seed: int) -> None:
    known, rng = naive.read_problem(scenario), Random(seed)
    converter = Converter(known)
    problem = converter.problem()
    assume(not problem.policy.fill_first)
    prices = signed(random_prices(known, rng), rng)
    box = rng.choice(tree_of(splits_of(problem, rng), rng))
    report = leaf_bound(problem, priced_rows(converter, prices), box, Auditor(problem)).bound

    def matters(_row: Row) -> bool:
        return True

    for order in known.orders:
        at = converter.orders[order.order]
        try:
            patterns = enumerate_patterns(known, order, matters)
        except naive.TooLarge:
            assume(False)
        paid = [priced_minimum(known, p, prices) for p in patterns if in_leaf(p, at, converter, box)]
        least = report.order_minimum[at]
        if not paid:
            assert least == NO_PATTERN or not report.exact[at]
        elif report.exact[at]:
            assert Fraction(least, report.scale) == min(paid)
        else:
            assert Fraction(least, report.scale) <= min(paid)


CUTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), min_size=1, max_size=8)


@given(CUTS, SEEDS)
def test_a_tree_covers_everything_and_without_a_leaf_it_does_not(cuts: list[tuple[int, int]], seed: int) -> None:
    rng = Random(seed)
    boxes: list[dict[Split, tuple[int, int]]] = [{}]
    for row, cut in cuts:
        box = boxes.pop(rng.randrange(len(boxes)))
        low, high = box.get((0, row), (0, UNBOUNDED))
        if low <= cut < high:
            boxes += [{**box, (0, row): (low, cut)}, {**box, (0, row): (cut + 1, high)}]
        else:
            boxes.append(box)
    assert uncovered(boxes, set()) is None
    gone = boxes.pop(rng.randrange(len(boxes)))
    missing = uncovered(boxes, set())
    assert missing is not None
    assert all(
        a <= missing.get(split, (0, UNBOUNDED))[0] and missing.get(split, (0, UNBOUNDED))[1] <= b
        for split, (a, b) in gone.items()
    )
