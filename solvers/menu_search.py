"""Large neighbourhood search on a plan of listed orders: take out a few that want the same rows, put them back.

Ruin and recreate (Schrimpf et al. 2000, doi:10.1006/jcph.1999.6413) with threshold acceptance that cools down: a round
takes an order that carries some of the gap and orders that hold what it could use, and reinserts them one by one at
their cheapest on what is then left, priced rows counting in part. A menu makes an insertion cost a microsecond or two,
so a second tries some hundred thousand.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from solvers.jit import kernel, leaf
from solvers.menu_loads import MOST_SHIPS
from solvers.menu_pricing import slots_entries, table_size
from solvers.menu_seats import Seats, Wanted, add_held, priced_excess, seat, unseat
from solvers.menus import Menus
from solvers.model import F64, I8, I32, I64, Flags
from solvers.packed import wide

Bits = npt.NDArray[np.uint64]

MOST_TAKEN = 8
"""Orders taken out in one round, at most: fewer find less, many more cost more than they find."""

_ROOM = 32
_NO_ACTIVATION = np.zeros(0)
_MOST_SHARE = 1.5
"""Row prices count on top of cost by up to this share, drawn anew every so often: none at all, and plans end twice as
far from the bound."""

_RESHARE = 256
"""Rounds between two draws of the share."""

_OTHER_SEEDS = 0.5
"""Seeds drawn from all orders, for each that carries some of the gap: the few that do are where a plan can gain, but
only they, and the rest of it freezes."""

_HOLDERS_TRIED = 8
"""Orders that want a row, looked at for one that holds it, since only such a one can give it up."""


@leaf
def _random(state: Bits) -> float:
    """The next of xorshift64* (Vigna 2016, doi:10.1145/2845077), in [0, 1)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@kernel
def improve(
    menus: Menus,
    wanted: Wanted,
    row: F64,
    activation: F64,
    seeds: I32,
    threshold: F64,
    rounds: int,
    halt: Flags,
    most_taken: int,
    chance: Bits,
    side: I8,
    own: int,
    seats: Seats,
    table_room: int,
    entry_room: int,
) -> float:
    """Rounds of ruin and recreate from ``seeds`` (drawn with repeats); returns the change of the plan's cost.

    ``threshold[i]`` is what round i may worsen the plan by. ``row`` steers: a random share of it counts on top of cost.
    Only orders whose ``side`` is ``own`` are moved; ``seeds`` are among them. Between two rounds it ends once ``halt``.
    """
    table, cost = np.empty(table_room), np.empty(entry_room)
    taken, old_count, old_cost = np.empty(_ROOM, np.int64), np.empty(_ROOM, np.int64), np.empty(_ROOM)
    old_held = np.empty((_ROOM, MOST_SHIPS), np.int32)
    key = np.empty(_ROOM)
    change, share = 0.0, 0.0
    for turn in range(rounds):
        if halt[0]:
            break
        if turn % _RESHARE == 0:
            share = _MOST_SHARE * _random(chance)
        seed = wide(seeds[int(_random(chance) * len(seeds))])
        size = 2 + int(_random(chance) * (most_taken - 1))
        count = _take_around(menus, wanted, row, seed, size, chance, side, own, seats, taken)
        before = 0.0
        for k in range(count):
            order = taken[k]
            before += seats.cost[order]
            old_count[k], old_cost[k] = seats.num_held[order], seats.cost[order]
            for at in range(seats.num_held[order]):
                old_held[k, at] = seats.held[seats.start[order] + at]
            unseat(menus, order, seats)
            key[k] = _random(chance)
        # The seed goes first half of the time; the others follow at random.
        if _random(chance) < 0.5:
            key[0] = -1.0
        after = 0.0
        for _ in range(count):
            which = 0
            for k in range(count):
                if key[k] < key[which]:
                    which = k
            key[which] = 2.0 + key[which]
            seat(menus, row, share, activation, taken[which], cost, table, seats)
            after += seats.cost[taken[which]]
            if after > before + threshold[turn] + 1e-6:
                break
        if after <= before + threshold[turn]:
            change += after - before
            continue
        for k in range(count):
            unseat(menus, taken[k], seats)
        for k in range(count):
            order = taken[k]
            seats.num_held[order], seats.cost[order] = old_count[k], old_cost[k]
            for at in range(old_count[k]):
                seats.held[seats.start[order] + at] = old_held[k, at]
            add_held(menus, order, -1, seats, seats.left)
    return change


def improve_side_by_side(
    menus: Menus,
    wanted: Wanted,
    row: F64,
    minimum: F64,
    seats: Seats,
    *,
    rounds: int,
    heat: tuple[float, float],
    threads: int,
    rng: np.random.Generator,
    halt: Flags,
) -> float:
    """Rounds of ruin and recreate by ``threads`` threads, each over a random part of the orders; returns the change.

    What is left of a row is shared out before and collected after, so that no two threads meet. A round may worsen the
    plan by an exponential chance whose mean goes from the first ``heat`` to the second. Orders that pay more than their
    priced ``minimum`` are seeds more often than others. The same for the same ``rng``, threads and plan.
    """
    listed = np.flatnonzero(menus.listed & (menus.most_ships > 0)).astype(np.int32)
    if not len(listed):
        return 0.0
    carries = priced_excess(menus, row, seats) - minimum > 1.0
    side = rng.integers(0, threads, menus.num_orders).astype(np.int8)
    parts = [seats.left // threads for _ in range(threads)]
    parts[int(rng.integers(threads))] += seats.left % threads
    size = (table_size(menus), slots_entries(menus))
    chances = rng.integers(1, 2**63, threads).astype(np.uint64)
    generators = [np.random.default_rng(rng.integers(1, 2**63)) for _ in range(threads)]
    thresholds = rng.exponential(1.0, (threads, rounds)) * np.linspace(*heat, rounds)

    def run(k: int) -> float:
        own = listed[side[listed] == k]
        if not len(own):
            return 0.0
        seeds = _seeds(own, own[carries[own]], generators[k])
        return improve(
            menus, wanted, row, _NO_ACTIVATION, seeds, thresholds[k], rounds, halt, MOST_TAKEN, chances[k : k + 1],
            side, k, seats._replace(left=parts[k]), *size,
        )  # fmt: skip

    if threads == 1:
        change = run(0)
    else:
        with ThreadPoolExecutor(threads) as pool:
            change = sum(pool.map(run, range(threads)))
    seats.left[:] = np.sum(parts, axis=0)
    return float(change)


def _seeds(own: I32, carrying: I32, rng: np.random.Generator) -> I32:
    """Orders to draw seeds from: all that carry some of the gap, and as many others as go with them."""
    if not len(carrying):
        return own
    others = rng.choice(own, 1 + int(_OTHER_SEEDS * len(carrying)))
    return np.concatenate([carrying, others]).astype(np.int32)


@leaf
def _take_around(
    menus: Menus,
    wanted: Wanted,
    row: F64,
    seed: int,
    size: int,
    chance: Bits,
    side: I8,
    own: int,
    seats: Seats,
    taken: I64,
) -> int:
    """Choose the seed and orders that hold, or could use, a priced row of its menu, walking from one to the next."""
    taken[0] = seed
    count, at = 1, seed
    for _ in range(4 * size):
        if count == size:
            break
        first, last = menus.entry_ptr[menus.slot_ptr[at]], menus.entry_ptr[menus.slot_ptr[at + 1]]
        if first == last:
            break
        entry = first + int(_random(chance) * (last - first))
        begin, end = menus.draw_ptr[entry], menus.draw_ptr[entry + 1]
        r = menus.draw_row[begin + int(_random(chance) * (end - begin))]
        if row[r] <= 0.0:
            continue
        other = _one_of(menus, wanted, r, at, seats, chance)
        known = side[other] != own
        for k in range(count):
            known = known or taken[k] == other
        if not known:
            taken[count] = other
            count += 1
            if _random(chance) < 0.5:
                at = other
    return count


@leaf
def _one_of(menus: Menus, wanted: Wanted, r: int, but: int, seats: Seats, chance: Bits) -> int:
    """One of the orders that want a row: one that holds some of it, if that is found soon."""
    span = wanted.ptr[r + 1] - wanted.ptr[r]
    pick = int(_random(chance) * span)
    for step in range(min(_HOLDERS_TRIED, span)):
        other = wide(wanted.order[wanted.ptr[r] + (pick + step) % span])
        if other != but and _holds(menus, other, r, seats):
            return other
    return wide(wanted.order[wanted.ptr[r] + pick])


@leaf
def _holds(menus: Menus, order: int, r: int, seats: Seats) -> bool:
    for at in range(seats.start[order], seats.start[order] + seats.num_held[order]):
        entry = seats.held[at]
        for i in range(menus.draw_ptr[entry], menus.draw_ptr[entry + 1]):
            if menus.draw_row[i] == r:
                return True
    return False
