"""Bounds of a large order: which columns to open, units taken from them at what they charge at least.

Demand is dualised: a class pays its multiplier for a unit, every node answers with the column that gains most
(Geoffrion 1974, doi:10.1007/BFb0120690), and multipliers follow the subgradient with Polyak's step. Any multipliers
give a lower bound, also within a subproblem where nodes are decided.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import leaf, spliced
from solvers.packed import wide
from solvers.pricing_large_space import Large, truth

UNDECIDED = -2
CLOSED = -1
_BISECTIONS = 14
_DOUBLINGS = 40
_PATIENCE = 5
_FLOAT_ERROR = 1e-12
_CELLS_PER_WORK = 8


@leaf
def _sweep(col: int, per_g: float, add: bool, work: Large) -> tuple[float, float]:
    """What a column's cells pay less what they earn, and what they weigh; ``per_g`` is a price of weight.

    With ``add`` the units count as served.
    """
    cells, classes, arcs, bins = work.cells, work.classes, work.arcs, work.bins
    node, arc_from = work.nodes[work.cols[col].node], work.cols[col].arc_from
    total, load_g = 0.0, 0.0
    for at in range(node.cell_from, node.cell_to):
        cell = cells[at]
        demand = classes[cell.cls]
        earned, first, last = demand.multiplier, cell.bin_from, cell.bin_to
        if last == first + 1:
            gain = arcs[arc_from + first] + per_g * cell.weight - earned
            if gain < 0.0:
                total += gain * cell.limit
                load_g += cell.weight * cell.limit
                if add:
                    demand.served += cell.limit
            continue
        left, before, before_bin = cell.cap, -np.inf, -1
        while left > 0.0:
            least, which = 0.0, -1
            for b in range(first, last):
                gain = arcs[arc_from + b] + per_g * bins[b].weight - earned
                if gain < least and (gain > before or (gain == before and b > before_bin)):
                    least, which = gain, b
            if which < 0:
                break
            taken = min(left, bins[which].limit)
            total += least * taken
            load_g += bins[which].weight * taken
            if add:
                demand.served += taken
            left -= taken
            before, before_bin = least, which
    return total, load_g


@leaf
def _term(col: int, stop_above: float, work: Large) -> tuple[float, float]:
    """What opening a column costs at the multipliers, and the price of weight at which its range is kept."""
    out = work.cols[col]
    fixed, floor, ceiling = out.fixed, out.floor, out.ceiling
    total, load_g = _sweep(col, 0.0, truth(False), work)
    best, per_g = fixed + total, 0.0
    if best >= stop_above or floor <= load_g <= ceiling:
        return best, per_g
    bound, sign = (floor, -1.0) if load_g < floor else (ceiling, 1.0)
    low, high = 0.0, sign * max(1e-3, -total / max(1.0, bound))
    # First widen the bracket, then halve it; every price on the way gives a bound.
    widening = True
    for turn in range(_DOUBLINGS + _BISECTIONS):
        if turn == _DOUBLINGS:
            widening = False
        at = high if widening else 0.5 * (low + high)
        total, load_g = _sweep(col, at, truth(False), work)
        if fixed + total - at * bound > best:
            best, per_g = fixed + total - at * bound, at
        if best >= stop_above or load_g == bound:
            break
        beyond = (load_g - bound) * sign > 0.0
        if widening and beyond:
            low, high = high, 4.0 * high
        elif widening:
            widening = False
        elif beyond:
            low = at
        else:
            high = at
        if not widening and abs(high - low) <= 1e-4 * abs(high):
            break
    return best, per_g


@leaf
def evaluate(work: Large) -> float:
    """The bound at given multipliers; leaves each node's term and pick, and the units served."""
    state = work.state[0]
    earned = 0.0
    for cls in range(state.classes):
        demand = work.classes[cls]
        demand.served = 0.0
        for step in range(demand.step_from, demand.step_to):
            earned += work.steps[step].quantity * min(demand.multiplier, work.steps[step].unmet)
    # Sums in floats stand for whole micros: what they may be off by is taken off.
    total = state.constant - state.split_cost + earned - _FLOAT_ERROR * earned
    least, opened, gaining = np.inf, 0, 0
    for at in range(state.nodes):
        node = work.nodes[at]
        node.term, node.pick = np.inf, -1
        if node.decided >= 0:
            node.term, node.slope = _term(node.decided, np.inf, work)
            node.pick = node.decided
            total += node.term
            _sweep(node.pick, node.slope, truth(True), work)
            opened += 1
        elif node.decided == UNDECIDED:
            for k in range(node.kept_from, node.kept_to):
                term, slope = _term(work.kept[k], node.term, work)
                if term < node.term:
                    node.term, node.pick, node.slope = term, work.kept[k], slope
            least = min(least, node.term)
            gaining += 1 if node.term < 0.0 else 0
    if opened == 0 and gaining == 0:
        # Some shipment there must be.
        for at in range(state.nodes):
            if work.nodes[at].term > least:
                work.nodes[at].pick = -1
        return float(total + least)
    if state.most > 0 and opened + gaining > state.most:
        _drop_least(opened + gaining - state.most, work)
    for at in range(state.nodes):
        node = work.nodes[at]
        if node.decided == UNDECIDED and node.pick >= 0:
            if node.term >= 0.0:
                node.pick = -1
                continue
            total += node.term
            _sweep(node.pick, node.slope, truth(True), work)
    return float(total)


@spliced
def _drop_least(count: int, work: Large) -> None:
    """(P1) unpick the nodes that gain least, beyond the shipments an order may have."""
    for _ in range(count):
        highest, which = -np.inf, -1
        for at in range(work.state[0].nodes):
            node = work.nodes[at]
            if node.decided == UNDECIDED and node.pick >= 0 and 0.0 > node.term > highest:
                highest, which = node.term, at
        if which >= 0:
            work.nodes[which].pick = -1


@leaf
def ascend(goal: float, rounds: int, work: Large) -> float:
    """Raise the bound from the multipliers at hand; the best ones found are those evaluated last."""
    state = work.state[0]
    size = state.classes
    for at in range(state.nodes):
        node = work.nodes[at]
        tried = 1 if node.decided >= 0 else node.kept_to - node.kept_from if node.decided == UNDECIDED else 0
        size += tried * (_CELLS_PER_WORK + node.cell_to - node.cell_from)
    size = 1 + size // _CELLS_PER_WORK
    best, pace, stalled = -np.inf, 1.0, 0
    for turn in range(rounds):
        value = evaluate(work)
        state.spent += size
        if value > best:
            stalled = stalled if value < best + 1e-3 * (goal - best) else 0
            best = value
            for cls in range(state.classes):
                work.classes[cls].best_multiplier = work.classes[cls].multiplier
        stalled += 1
        if best >= goal or turn == rounds - 1:
            break
        if stalled > _PATIENCE:
            pace, stalled = pace * 0.5, 0
            if pace < 0.05:
                break
        if not _step(pace * max(state.best - value, 1.0), work):
            break
    for cls in range(state.classes):
        work.classes[cls].multiplier = work.classes[cls].best_multiplier
    evaluate(work)
    return best


@spliced
def _step(length: float, work: Large) -> bool:
    """Move the multipliers along the subgradient, scaled by quantities; False where it vanishes."""
    norm = 0.0
    for cls in range(work.state[0].classes):
        demand = work.classes[cls]
        demand.served = -demand.served
        for step in range(demand.step_from, demand.step_to):
            # Units that would rather pay the multiplier than be left out.
            if work.steps[step].unmet > demand.multiplier:
                demand.served += work.steps[step].quantity
        norm += demand.served * demand.served / demand.quantity
    if norm == 0.0:
        return False
    for cls in range(work.state[0].classes):
        demand = work.classes[cls]
        raised = demand.multiplier + length / norm * demand.served / demand.quantity
        demand.multiplier = min(work.steps[demand.step_from].unmet, max(0.0, raised))
    return True


@leaf
def fill_value(note: bool, work: Large) -> float:
    """The least that the columns in ``choice`` pay for any units, ranges aside: each class from its cheapest bins.

    With ``note`` multipliers match: every class at its marginal bin, raised so that columns earn their fixed part.
    """
    state, nodes = work.state[0], work.nodes
    total, opened = state.constant, wide(0)
    for at in range(state.nodes):
        node = nodes[at]
        node.rent, node.gain = 0.0, 0.0
        if node.choice >= 0:
            nodes[opened].open = at
            opened += 1
            total += work.cols[node.choice].fixed
    if opened > 0:
        total -= state.split_cost
    for cls in range(state.classes):
        total += _fill_class(cls, opened, note, work)
    state.spent += state.classes
    if note:
        for k in range(opened):
            node = nodes[nodes[k].open]
            owed = work.cols[node.choice].fixed - node.rent
            node.gain = min(1.0, max(0.0, owed / node.gain)) if node.gain > 0.0 else 0.0
        for cls in range(state.classes):
            demand = work.classes[cls]
            if demand.marginal_node >= 0:
                rise = demand.best_multiplier - demand.multiplier
                demand.multiplier += nodes[demand.marginal_node].gain * rise
    return float(total)


@spliced
def _fill_class(cls: int, opened: int, note: bool, work: Large) -> float:
    """What a class pays from the open columns; with ``note`` its marginal and next cost, and the node at the margin."""
    nodes, demand, steps = work.nodes, work.classes[cls], work.steps
    step, last_step = demand.step_from, demand.step_to
    owed, total = steps[step].quantity, 0.0
    for k in range(opened):
        node = nodes[nodes[k].open]
        cell = work.cell_of[nodes[k].open * work.state[0].classes + cls]
        node.left = work.cells[cell].cap if cell >= 0 else 0.0
        node.taken, node.paid = 0.0, 0.0
    cost, which, at = _next_bin(cls, opened, -np.inf, wide(-1), work)
    bin_left = min(work.bins[which].limit, nodes[at].left) if which >= 0 else 0.0
    marginal, marginal_node = cost, at
    while step < last_step and cost < steps[step].unmet:
        node = nodes[at]
        taken = min(owed, bin_left)
        total += taken * cost
        owed -= taken
        bin_left -= taken
        node.left -= taken
        node.taken += taken
        node.paid += taken * cost
        marginal, marginal_node = cost, at
        if owed <= 0.0:
            step += 1
            owed = steps[step].quantity if step < last_step else 0.0
        if bin_left <= 0.0 and (note or step < last_step):
            cost, which, at = _next_bin(cls, opened, cost, which, work)
            bin_left = min(work.bins[which].limit, nodes[at].left) if which >= 0 else 0.0
    then = steps[last_step - 1].unmet
    if step < last_step:
        # Units of this step are left out: at the margin a unit is worth just that.
        marginal = then = steps[step].unmet
        while step < last_step:
            total += owed * steps[step].unmet
            step += 1
            owed = steps[step].quantity if step < last_step else 0.0
    elif note:
        if bin_left > 0.0:
            cost, which, at = _next_bin(cls, opened, cost, which, work)
        then = max(marginal, min(then, cost))
    if note:
        demand.multiplier, demand.best_multiplier, demand.marginal_node = marginal, then, marginal_node
        for k in range(opened):
            node = nodes[nodes[k].open]
            node.rent += marginal * node.taken - node.paid
            node.gain += (then - marginal) * node.taken
    return total


@leaf
def _next_bin(cls: int, opened: int, cost: float, after: int, work: Large) -> tuple[float, int, int]:
    """The cheapest bin of a class behind a given one: (cost, bin, node), infinite and -1 for none."""
    least, which, from_node = np.inf, -1, -1
    for k in range(opened):
        at = work.nodes[k].open
        node = work.nodes[at]
        if node.left <= 0.0:
            continue
        cell = work.cells[work.cell_of[at * work.state[0].classes + cls]]
        arc_from = work.cols[node.choice].arc_from
        for b in range(cell.bin_from, cell.bin_to):
            found = work.arcs[arc_from + b]
            if found < least and (found > cost or (found == cost and b > after)):
                least, which, from_node = found, b, at
    return least, which, from_node
