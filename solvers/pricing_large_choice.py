"""Good patterns of a large order: choose columns by what they pay for all units, build, and keep the best."""

from __future__ import annotations

import numpy as np

from solvers.jit import leaf, spliced
from solvers.model import I64, Prices
from solvers.packed import Packed, wide
from solvers.pricing_large_bound import fill_value
from solvers.pricing_large_build import build
from solvers.pricing_large_space import NO_ARCS, Large, truth

_RELATIVE = 4e-10
_MOST_SHIPS = 256
_MOST_TRIES = 64
_MOST_POLISHES = 4


@spliced
def refer_to_best(work: Large) -> None:
    """Let nodes refer to what the pattern just built ships from them, per shipment."""
    for at in range(work.state[0].nodes):
        node, shipped = work.nodes[at], 0.0
        units, lines, weight, volume, value = 0.0, 0.0, 0.0, 0.0, 0.0
        for s in range(work.state[0].best_ships):
            ship = work.ships[s]
            if ship.units > 0 and work.cols[ship.col].node == at:
                shipped += 1.0
                units, lines, weight = units + ship.units, lines + ship.lines, weight + ship.weight_g
                volume, value = volume + ship.volume_cm3, value + ship.value_micros
        if shipped > 0.0:
            node.ref_units, node.ref_lines, node.ref_weight = units / shipped, lines / shipped, weight / shipped
            node.ref_volume, node.ref_value = volume / shipped, value / shipped


@leaf
def goal_of(work: Large) -> float:
    """A bound that leaves nothing better than the best pattern."""
    value = work.state[0].best
    return float(value - 0.99 if work.state[0].whole else value - abs(value) * _RELATIVE - 4e-4)


@spliced
def improve_choice(work: Large) -> None:
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
        if not improved and state.nodes <= _MOST_TRIES:
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
def list_ships(work: Large) -> int:
    """The trips that ``choice`` opens, as ships; a column of several trips opens all that are laid out."""
    ships = wide(0)
    for at in range(work.state[0].nodes):
        choice = work.nodes[at].choice
        if choice >= 0 and work.cols[choice].trip >= 0:
            work.ships[ships].col = choice
            ships += 1
        elif choice >= 0:
            for place in range(work.nodes[at].col_from, work.nodes[at].col_to):
                col = work.cols[place].rank
                if work.cols[col].arc_from != NO_ARCS and ships < min(_MOST_SHIPS, len(work.ships) - 1):
                    work.ships[ships].col = col
                    ships += 1
    return ships


@spliced
def offer_choice(model: Packed, prices: Prices, capacity: I64, work: Large) -> None:
    """Build the pattern of ``choice``; keep it where it is the best so far."""
    ships = list_ships(work)
    if ships > 0:
        _try_ships(model, prices, capacity, ships, work)


@leaf
def _try_ships(model: Packed, prices: Prices, capacity: I64, ships: int, work: Large) -> bool:
    """Build the pattern of the first ships; keep it where it is the best so far, and say so."""
    state = work.state[0]
    value, pieces = build(model, prices, capacity, ships, work)
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
def choose_picks(model: Packed, prices: Prices, capacity: I64, work: Large) -> float:
    """Open what answered the multipliers; returns what its columns pay for all units at least."""
    for at in range(work.state[0].nodes):
        work.nodes[at].choice = work.nodes[at].pick
    value = fill_value(truth(False), work)
    if value < goal_of(work):
        offer_choice(model, prices, capacity, work)
    return value


@spliced
def polish(model: Packed, prices: Prices, capacity: I64, work: Large) -> None:
    """Open one trip less, or one more, than the best pattern does, while it gets better."""
    state, improved, turns = work.state[0], work.state[0].best_pieces > 0, 0
    for s in range(state.best_ships):
        improved = improved and work.cols[work.ships[s].best_col].arc_from != NO_ARCS
    while improved and turns < _MOST_POLISHES and state.spent <= state.limit:
        improved, turns = False, turns + 1
        opened = state.best_ships
        for skip in range(opened if opened > 1 and opened <= _MOST_TRIES else 0):
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
                and tried < _MOST_TRIES
                and state.spent <= state.limit
            )
            for s in range(opened if fresh else 0):
                fresh = fresh and work.ships[s].best_col != col
            if fresh:
                tried += 1
                for s in range(opened):
                    work.ships[s].col = work.ships[s].best_col
                work.ships[opened].col = col
                improved = _try_ships(model, prices, capacity, opened + 1, work) or improved
