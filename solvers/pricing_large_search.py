"""Branch and bound over the nodes of a large order: closed, one of its trips within a range of weight, or several.

Bounds come from ``pricing_large_bound``, patterns from ``pricing_large_build``. What is cut off is no better than
the pattern at hand; what is left when the work is spent keeps its bound.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import leaf, spliced
from solvers.model import I64, NUM_STAGES, Prices
from solvers.packed import Packed, wide
from solvers.pricing_large_arcs import price_arcs
from solvers.pricing_large_bound import CLOSED, UNDECIDED, ascend, fill_value
from solvers.pricing_large_build import build
from solvers.pricing_large_charges import charge
from solvers.pricing_large_choice import (
    choose_picks,
    goal_of,
    improve_choice,
    list_ships,
    offer_choice,
    polish,
    refer_to_best,
)
from solvers.pricing_large_columns import list_columns
from solvers.pricing_large_layout import lay_out
from solvers.pricing_large_space import Large, truth

_ROOT_ROUNDS = 100
_NODE_ROUNDS = 16
_MOST_POLISHES = 4


@spliced
def search(
    model: Packed, prices: Prices, capacity: I64, order: int, whole: bool, limit: int, work: Large
) -> tuple[float, float]:
    """What the best pattern found pays, and a lower bound on every pattern; it stands in the state and ``pieces``.

    ``whole``: patterns pay whole micros, so that a better one is better by one.
    """
    state = work.state[0]
    servable = lay_out(model, prices, capacity, order, work)
    state.whole, state.limit = whole, limit
    state.best, state.best_pieces, state.best_ships = state.unserved, 0, 0
    if not servable:
        return state.unserved, state.unserved
    list_columns(model, prices, capacity, work)
    if work.nodes[state.nodes - 1].kept_to == 0:
        return state.unserved, state.unserved
    bound = -np.inf
    for turn in range(2):
        improve_choice(work)
        offer_choice(model, prices, capacity, work)
        shipped = state.best_pieces > 0
        if turn == 0 and shipped and state.curved:
            refer_to_best(work)
        fill_value(truth(True), work)
        bound = max(bound, ascend(goal_of(work), wide(_ROOT_ROUNDS), work))
        choose_picks(model, prices, capacity, work)
        if turn == 1 or not shipped or not state.curved or bound >= goal_of(work):
            break
        # Charges that are not linear are bounded well at the loads that a good pattern has.
        list_columns(model, prices, capacity, work)
    if bound < goal_of(work):
        bound = _branch(model, prices, capacity, bound, work)
        if bound < goal_of(work):
            polish(model, prices, capacity, work)
    bound = min(bound, state.best)
    if whole:
        bound = min(state.best, np.ceil(bound - 1e-3))
    return state.best, bound


@spliced
def _branch(model: Packed, prices: Prices, capacity: I64, root: float, work: Large) -> float:
    """Depth-first search; returns the bound it proves."""
    state, levels = work.state[0], work.levels
    unresolved, depth = np.inf, wide(0)
    state.trail = 0
    # The root is a level of one option, which decides nothing.
    top = levels[0]
    top.node, top.before, top.next, top.last, top.split = 0, UNDECIDED, UNDECIDED, UNDECIDED, True
    _note_level(depth, root, work)
    while depth >= 0:
        level = levels[depth]
        node = work.nodes[level.node]
        while state.trail > level.trail:
            state.trail -= 1
            work.nodes[levels[state.trail].fixed_node].decided = UNDECIDED
        node.decided = level.before
        if level.next > level.last or level.bound >= goal_of(work):
            depth -= 1
            continue
        if state.spent > state.limit:
            unresolved = min(unresolved, level.bound)
            depth -= 1
            continue
        if level.split:
            node.decided = level.next
        else:
            node.decided = CLOSED if level.next == node.kept_to else work.kept[level.next]
        level.next += 1
        state.cols, state.arcs = level.cols, level.arcs
        if _too_many(work):
            continue
        for cls in range(state.classes):
            work.classes[cls].multiplier = work.saved[depth * state.classes + cls]
        reached = ascend(goal_of(work), wide(_NODE_ROUNDS), work)
        bound = max(level.bound, reached)
        if bound >= goal_of(work):
            continue
        _fix(reached, work)
        value = choose_picks(model, prices, capacity, work)
        if _open_level(depth + 1, bound, work):
            depth += 1
            continue
        # All nodes are decided: what their columns pay for all units is a bound as well.
        bound = max(bound, value - abs(value) * 1e-12)
        if bound >= goal_of(work):
            continue
        if depth + 2 < len(levels) and _split(model, prices, capacity, depth + 1, bound, work):
            depth += 1
        else:
            unresolved = min(unresolved, bound)
    return min(unresolved, goal_of(work))


@spliced
def _too_many(work: Large) -> bool:
    """(P1) whether more nodes are open than the order may have shipments, or all are closed."""
    opened, undecided, most = 0, 0, work.state[0].most
    for at in range(work.state[0].nodes):
        opened += 1 if work.nodes[at].decided >= 0 else 0
        undecided += 1 if work.nodes[at].decided == UNDECIDED else 0
    return bool((most > 0 and opened > most) or opened + undecided == 0)


@leaf
def _fix(bound: float, work: Large) -> None:
    """Decide nodes whose other decision would lift the bound beyond the goal."""
    state, opened, goal = work.state[0], 0, goal_of(work)
    for at in range(state.nodes):
        opened += 1 if work.nodes[at].pick >= 0 else 0
    for at in range(state.nodes):
        node = work.nodes[at]
        if node.decided != UNDECIDED:
            continue
        if node.pick < 0 and opened > 0 and bound + node.term >= goal:
            node.decided = CLOSED
        elif opened > 1 and state.most == 0 and node.kept_to == node.kept_from + 1 and bound - node.term >= goal:
            node.decided = work.kept[node.kept_from]
        else:
            continue
        work.levels[state.trail].fixed_node = at
        state.trail += 1


@leaf
def _open_level(depth: int, bound: float, work: Large) -> bool:
    """Branch on the undecided node that is the least clear; False where all are decided."""
    least, chosen = np.inf, -1
    for at in range(work.state[0].nodes):
        node = work.nodes[at]
        if node.decided == UNDECIDED and abs(node.term) < least:
            least, chosen = abs(node.term), at
    if chosen < 0:
        return False
    level = work.levels[depth]
    level.node, level.before, level.split = chosen, UNDECIDED, False
    level.next, level.last = work.nodes[chosen].kept_from, work.nodes[chosen].kept_to
    _note_level(depth, bound, work)
    return True


@spliced
def _note_level(depth: int, bound: float, work: Large) -> None:
    """What a level starts its options from."""
    state, level = work.state[0], work.levels[depth]
    level.bound, level.trail, level.cols, level.arcs = bound, state.trail, state.cols, state.arcs
    for cls in range(state.classes):
        work.saved[depth * state.classes + cls] = work.classes[cls].multiplier


@spliced
def _split(model: Packed, prices: Prices, capacity: I64, depth: int, bound: float, work: Large) -> bool:
    """Branch on the weight of the shipment charged farthest above its column; False where none can be parted."""
    state, level = work.state[0], work.levels[depth]
    ships = list_ships(work)
    build(model, prices, capacity, ships, work)
    widest, chosen, at_g = 1.0, -1, 0.0
    for s in range(ships):
        ship, out = work.ships[s], work.cols[work.ships[s].col]
        if ship.units == 0 or work.nodes[out.node].decided != ship.col:
            continue
        fixed = out.fixed - state.split_cost - prices.activation[out.candidate]
        cut = _cut(model, s, work) if out.curved else -1.0
        if ship.paid - ship.linear - fixed > widest and cut >= 0.0:
            widest, chosen, at_g = ship.paid - ship.linear - fixed, s, cut
    if chosen < 0:
        return False
    ship = work.ships[chosen]
    node = work.nodes[work.cols[ship.col].node]
    size = node.bin_to - node.bin_from
    if state.cols + 2 > len(work.cols) or state.arcs + 2 * size > len(work.arcs):
        return False
    level.node, level.before, level.split, level.next = work.cols[ship.col].node, ship.col, True, state.cols
    for half in range(2):
        work.cols[state.cols] = work.cols[ship.col]
        out = work.cols[state.cols]
        if half == 0:
            out.hi = at_g
        else:
            out.lo = at_g + 1.0
        out.ref_units, out.ref_lines, out.ref_weight = float(ship.units), float(ship.lines), float(ship.weight_g)
        out.ref_volume, out.ref_value = float(ship.volume_cm3), float(ship.value_micros)
        if charge(model, prices, capacity, state.cols, work):
            price_arcs(model, state.cols, state.arcs, work)
            state.spent += size
            state.cols, state.arcs = state.cols + 1, state.arcs + size
    level.last = state.cols - 1
    _note_level(depth, bound, work)
    return True


@spliced
def _cut(model: Packed, s: int, work: Large) -> float:
    """The weight to part a column's range at: a break or a parcel's limit, nearest to the load; -1 for none.

    The lower half ends with it.
    """
    ship, out = work.ships[s], work.cols[work.ships[s].col]
    lane = model.offers[out.offer]
    service = model.services[lane.service]
    billable = max(float(ship.weight_g), ship.volume_cm3 * service.kg_per_m3 / 1_000.0)
    nearest, cut = np.inf, -1.0
    for row in range(model.tariff_ptr[lane.tariff * NUM_STAGES], model.tariff_ptr[(lane.tariff + 1) * NUM_STAGES]):
        at = model.tariffs[row].weight_from_g - 1.0
        if out.lo <= at < out.hi and abs(at - billable) < nearest:
            nearest, cut = abs(at - billable), at
    if cut < 0.0 and service.kg_per_m3 == 0.0:
        parcels = ship.weight_g // max(1, service.max_parcel_g)
        for more in range(2):
            at = float(parcels + more) * service.max_parcel_g
            if out.lo <= at < out.hi and abs(at - billable) < nearest:
                nearest, cut = abs(at - billable), at
    if cut < 0.0 and out.lo + 2.0 < out.hi:
        cut = np.floor(min(max(billable, out.lo + 1.0), out.hi - 1.0))
    return float(cut)
