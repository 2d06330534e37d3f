"""Branching certificates at random: any leaves that cover every plan bound the optimum, and a missing leaf is found."""

from __future__ import annotations

from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from dom_engine.audit.evaluate import Auditor
from dom_engine.certificate import certified_bound
from dom_engine.certificate.tree import NODE, UNBOUNDED, Box, Split, leaf_bound, uncovered
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import RowKind
from tests import naive
from tests.property.strategies import SEEDS, scenarios
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices


def splits_of(problem: Problem, rng: Random) -> list[tuple[Split, int]]:
    """Some splits of a problem: what is split on, and the most use on its lower side."""
    nodes, orders = range(len(problem.nodes)), range(len(problem.orders))
    known: list[tuple[Split, int]] = [((NODE, node), 0) for node in nodes]
    known += [((int(RowKind.ACTIVATION), node, order), 0) for node in nodes for order in orders]
    for position, free in enumerate(problem.positions.free.tolist()):
        known.append(((int(RowKind.STOCK), position), rng.randint(0, max(0, free))))
    return rng.sample(known, min(len(known), rng.randint(1, 3)))


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
        leaf_bound(problem, priced_rows(converter, random_prices(known, rng)), box, auditor).bound.lower_bound_micros
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
