"""Branch and bound over the nodes of a large order: closed, one of its trips within a range of weight, or several.

Bounds come from ``pricing_large_bound``, patterns from ``pricing_large_build``. What is cut off is no better than
the pattern at hand; what is left when the work is spent keeps its bound.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import leaf, spliced
from solvers.model import I64, NUM_STAGES, Prices
from solvers.packed import Packed, wide
from solvers.pricing_large_bound import CLOSED, UNDECIDED, ascend, fill_value
from solvers.pricing_large_build import build
from solvers.pricing_large_charges import charge, price_arcs
from solvers.pricing_large_columns import list_columns
from solvers.pricing_large_layout import lay_out
from solvers.pricing_large_space import NO_ARCS, Large, truth

_ROOT_ROUNDS = 100
_NODE_ROUNDS = 16
_RELATIVE = 4e-10
_MOST_SHIPS = 64
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
    if state.cols == 0:
        return state.unserved, state.unserved
    _improve_choice(work)
    _offer(model, prices, capacity, work)
    fill_value(truth(True), work)
    bound = ascend(_goal(work), wide(_ROOT_ROUNDS), work)
    _choose_picks(model, prices, capacity, work)
    if bound < _goal(work):
        bound = _branch(model, prices, capacity, bound, work)
        if bound < _goal(work):
            _polish(model, prices, capacity, work)
    bound = min(bound, state.best)
    if whole:
        bound = min(state.best, np.ceil(bound - 1e-3))
    return state.best, bound


@leaf
def _goal(work: Large) -> float:
    """A bound that leaves nothing better than the best pattern."""
    value = work.state[0].best
    return float(value - 0.99 if work.state[0].whole else value - abs(value) * _RELATIVE - 4e-4)


@spliced
def _improve_choice(work: Large) -> None:
    """Set each node's ``choice``: open, close or swap one column at a time while what they pay for all units falls."""
    state, nodes = work.state[0], work.nodes
    for at in range(state.nodes):
        nodes[at].choice = -1
    value, first, opened, most = np.inf, -1, 1, state.most
    for at in range(state.nodes):
        for k in range(nodes[at].kept_from, nodes[at].kept_to):
            nodes[at].choice = work.kept[k]
            found = fill_value(truth(False), work)
            if found < value:
                value, first = found, work.kept[k]
        nodes[at].choice = -1
    nodes[work.cols[first].node].choice = first
    improved = True
    while improved and state.spent <= state.limit:
        improved = False
        for at in range(state.nodes):
            node = nodes[at]
            before, best = node.choice, node.choice
            if before < 0 and 0 < most <= opened:
                continue
            for k in range(node.kept_from - 1, node.kept_to):
                col = work.kept[k] if k >= node.kept_from else -1
                if col == before or (col < 0 and opened <= 1):
                    continue
                node.choice = col
                found = fill_value(truth(False), work)
                if found < value - 1e-6:
                    value, best, improved = found, col, True
            node.choice = best
            opened += (1 if best >= 0 else 0) - (1 if before >= 0 else 0)
        if not improved and state.nodes <= _MOST_SHIPS:
            found = _swap(value, work)
            value, improved = found, found < value


@spliced
def _swap(value: float, work: Large) -> float:
    """Close one node and open another where that pays; returns the value reached."""
    nodes = work.nodes
    for out in range(work.state[0].nodes):
        closed = nodes[out].choice
        if closed < 0:
            continue
        nodes[out].choice = -1
        for at in range(work.state[0].nodes):
            if at == out or nodes[at].choice >= 0:
                continue
            for k in range(nodes[at].kept_from, nodes[at].kept_to):
                nodes[at].choice = work.kept[k]
                found = fill_value(truth(False), work)
                if found < value - 1e-6:
                    return found
            nodes[at].choice = -1
        nodes[out].choice = closed
    return value


@leaf
def _list_ships(work: Large) -> int:
    """The trips that ``choice`` opens, as ships; a column of several trips opens all that are laid out."""
    ships = wide(0)
    for at in range(work.state[0].nodes):
        choice = work.nodes[at].choice
        if choice >= 0 and work.cols[choice].trip >= 0:
            work.ships[ships].col = choice
            ships += 1
        elif choice >= 0:
            for col in range(work.nodes[at].col_from, work.nodes[at].col_to):
                if work.cols[col].arc_from != NO_ARCS and ships < min(_MOST_SHIPS, len(work.ships) - 1):
                    work.ships[ships].col = col
                    ships += 1
    return ships


@spliced
def _offer(model: Packed, prices: Prices, capacity: I64, work: Large) -> None:
    """Build the pattern of ``choice``; keep it where it is the best so far."""
    ships = _list_ships(work)
    if ships > 0:
        _try_ships(model, prices, capacity, ships, work)


@leaf
def _try_ships(model: Packed, prices: Prices, capacity: I64, ships: int, work: Large) -> bool:
    """Build the pattern of the first ships; keep it where it is the best so far, and say so."""
    state = work.state[0]
    value, pieces = build(model, prices, capacity, ships, work)
    state.spent += state.classes * ships
    if not value < state.best:
        return False
    state.best, state.best_pieces, state.best_ships = value, pieces, ships
    for s in range(ships):
        work.ships[s].best_col = work.cols[work.ships[s].col].root
    half = len(work.pieces) // 2
    for piece in range(pieces):
        work.pieces[half + piece] = work.pieces[piece]
    return True


@leaf
def _choose_picks(model: Packed, prices: Prices, capacity: I64, work: Large) -> float:
    """Open what answered the multipliers; returns what its columns pay for all units at least."""
    for at in range(work.state[0].nodes):
        work.nodes[at].choice = work.nodes[at].pick
    value = fill_value(truth(False), work)
    if value < _goal(work):
        _offer(model, prices, capacity, work)
    return value


@spliced
def _polish(model: Packed, prices: Prices, capacity: I64, work: Large) -> None:
    """Open one trip less, or one more, than the best pattern does, while it gets better."""
    state, improved, turns = work.state[0], work.state[0].best_pieces > 0, 0
    while improved and turns < _MOST_POLISHES:
        improved, turns = False, turns + 1
        opened = state.best_ships
        for skip in range(opened if opened > 1 else 0):
            ships = wide(0)
            for s in range(opened):
                if s != skip:
                    work.ships[ships].col = work.ships[s].best_col
                    ships += 1
            if _try_ships(model, prices, capacity, ships, work):
                improved = True
                break
        tried = 0
        for col in range(state.cols):
            opened = state.best_ships
            out = work.cols[col]
            fresh = (
                out.trip >= 0
                and out.root == col
                and out.arc_from != NO_ARCS
                and opened + 1 < len(work.ships)
                and tried < _MOST_SHIPS
            )
            for s in range(opened if fresh else 0):
                fresh = fresh and work.ships[s].best_col != col
            if fresh:
                tried += 1
                for s in range(opened):
                    work.ships[s].col = work.ships[s].best_col
                work.ships[opened].col = col
                improved = _try_ships(model, prices, capacity, opened + 1, work) or improved


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
        if level.next > level.last or level.bound >= _goal(work):
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
        reached = ascend(_goal(work), wide(_NODE_ROUNDS), work)
        bound = max(level.bound, reached)
        if bound >= _goal(work):
            continue
        _fix(reached, work)
        value = _choose_picks(model, prices, capacity, work)
        if _open_level(depth + 1, bound, work):
            depth += 1
            continue
        # All nodes are decided: what their columns pay for all units is a bound as well.
        bound = max(bound, value - abs(value) * 1e-12)
        if bound >= _goal(work):
            continue
        if depth + 2 < len(levels) and _split(model, prices, capacity, depth + 1, bound, work):
            depth += 1
        else:
            unresolved = min(unresolved, bound)
    return min(unresolved, _goal(work))


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
    state, opened, goal = work.state[0], 0, _goal(work)
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
    ships = _list_ships(work)
    build(model, prices, capacity, ships, work)
    widest, chosen, at_g = 1.0, -1, 0.0
    for s in range(ships):
        ship, out = work.ships[s], work.cols[work.ships[s].col]
        if ship.units == 0 or work.nodes[out.node].decided != ship.col:
            continue
        fixed = out.fixed - state.split_cost - prices.activation[out.candidate]
        cut = _cut(model, s, work)
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
