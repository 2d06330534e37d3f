"""A branching tree of the solvers in the words of the domain."""

from __future__ import annotations

import numpy as np

from dom_engine.domain.result import Branch, BranchTree, Leaf
from dom_engine.formulation.model import Formulation
from dom_engine.formulation.prices import priced_rows, used_rows
from solvers.leaves import Leaf as SolvedLeaf
from solvers.leaves import Limits, Tree
from solvers.model import Patterns, SourcingModel


def branch_tree(formulation: Formulation, tree: Tree, patterns: Patterns, objective_micros: int) -> BranchTree:
    """The tree's leaves, each with its branches and prices; no bound is claimed beyond a plan's cost."""
    leaves = tuple(_leaf(formulation, leaf, patterns) for leaf in tree.leaves)
    return BranchTree(leaves, min(tree.bound, objective_micros))


def _leaf(formulation: Formulation, leaf: SolvedLeaf, patterns: Patterns) -> Leaf:
    limits = leaf.limits
    # The tightest of several, by row: that is the order in which kinds of rows stand.
    most, least = dict[tuple[int, int], int](), dict[tuple[int, int], int]()
    for row, order, units in limits.at_most:
        most[row, order] = min(units, most.get((row, order), units))
    for row, order, units in limits.at_least:
        least[row, order] = max(units, least.get((row, order), units))
    uses = sorted(
        [(*key, 0, units) for key, units in most.items()] + [(*key, 1, units) for key, units in least.items()]
    )
    rows, orders, at_least, units_of = np.array(uses, np.int64).reshape(-1, 4).T
    return Leaf(
        _branches(formulation.model, limits),
        used_rows(formulation, rows, orders.astype(np.int32), units_of),
        at_least == 1,
        priced_rows(formulation, leaf.prices, patterns),
        leaf.reward,
    )


def _branches(model: SourcingModel, limits: Limits) -> tuple[Branch, ...]:
    node, order = model.candidates.node, model.candidates.order
    return (
        *(Branch(n, -1, taken=False) for n in limits.closed),
        *(Branch(n, -1, taken=True) for n in limits.opened),
        *(Branch(int(node[c]), int(order[c]), taken=False) for c in limits.without),
        *(Branch(int(node[c]), int(order[c]), taken=True) for c in limits.within),
    )
