"""Reduced-cost fixing: what no plan better than the best one known can use, by the prices' bound alone.

With row prices of bound L and a plan of cost U, a plan that sends an order by a pattern costs at least L and what the
pattern pays beyond the order's priced minimum. So what is in no pattern within U - L of its order's minimum is in no
better plan, and a program that lacks it has the same optimum where that is below U (Balas & Martin 1980,
doi:10.1287/mnsc.26.1.86). What an entry of a menu costs an order at least is read off two tables, one filled from each
end of its slots.
"""

from __future__ import annotations

import numpy as np

from solvers.bound import lagrangian
from solvers.jit import kernel
from solvers.menu_pricing import fill_table, price_menus, slots_entries, table_size
from solvers.menus import Menus
from solvers.model import F64, I32, I64, Flags, Prices, SourcingModel
from solvers.packed import wide

_WORTH = 0.6
"""Of what an order costs on average: where plan and bound are further apart than that, hardly a slot is idle."""

_ROUNDING = 1e-11
"""Relative: the two tables add up the same amounts in another sequence."""


def fix_slots(model: SourcingModel, menus: Menus, prices: Prices, objective: int) -> I64:
    """Slots that no plan of less than ``objective`` uses, as candidate * num_trips + trip, rising; int64[...].

    None where orders are without a menu, or where plan and bound are too far apart for it to be worth the while.
    """
    if not menus.listed.all() or not menus.num_orders:
        return np.zeros(0, np.int64)
    orders = np.arange(menus.num_orders, dtype=np.int32)
    minimum = price_menus(menus, prices, orders).value
    # Of these minima, whatever else gave a better bound: it says nothing about what a pattern pays at these prices.
    bound = np.floor(lagrangian(model, prices, float(minimum.sum()))) - 1.0
    gap = objective - bound + 2.0
    if gap > _WORTH * objective / menus.num_orders:
        return np.zeros(0, np.int64)
    return idle_slots(model, menus, useful_entries(menus, prices, orders, minimum, gap))


def least_with(menus: Menus, prices: Prices, orders: I32) -> F64:
    """What the cheapest pattern with each entry pays, float64[entries]; infinite where there is none.

    Entries of orders that are not among ``orders`` (listed ones) pay nothing.
    """
    least = np.zeros(len(menus.entry_cost))
    room = table_size(menus)
    write_least(menus, prices.row, prices.activation, prices.fill, orders, room, slots_entries(menus), least)
    return least


def useful_entries(menus: Menus, prices: Prices, orders: I32, minimum: F64, gap: float) -> Flags:
    """Entries that a plan could use whose cost is less than ``gap`` above the prices' bound, bool[entries].

    Parameters
    ----------
    minimum
        Every order's priced minimum, float64[num_orders].
    gap
        In weighted micros, what rounding may hide included.
    """
    order = np.repeat(np.arange(menus.num_orders), np.diff(menus.entry_ptr[menus.slot_ptr]))
    ceiling = minimum[order] + gap
    return np.asarray(least_with(menus, prices, orders) <= ceiling + _ROUNDING * np.abs(ceiling), np.bool_)


def idle_slots(model: SourcingModel, menus: Menus, useful: Flags) -> I64:
    """Slots of which no entry is useful, as candidate * num_trips + trip, rising; int64[...]."""
    used = np.add.reduceat(np.append(useful, False), menus.entry_ptr[:-1]) > 0
    used &= np.diff(menus.entry_ptr) > 0
    idle = np.flatnonzero(~used)
    key = menus.slot_candidate[idle] * np.int64(len(model.trips.departure)) + menus.slot_trip[idle]
    return np.sort(key)


@kernel
def write_least(
    menus: Menus, row: F64, activation: F64, fill: float, orders: I32, table_room: int, entry_room: int, least: F64
) -> None:
    """Write what the cheapest pattern with each entry of the orders pays.

    ``table`` holds what the slots before pay to serve a state, ``rest`` what is to be paid from a state on.
    """
    table, rest, cost = np.empty(table_room), np.empty(table_room), np.empty(entry_room)
    no_limit = np.empty(0, np.int64)
    for k in range(len(orders)):
        order = wide(orders[k])
        states = fill_table(menus, row, 1.0, activation, order, no_limit, cost, table)
        first_state, guard = menus.state_ptr[order], menus.guard[order]
        first_slot, first_entry = menus.slot_ptr[order], menus.entry_ptr[menus.slot_ptr[order]]
        last = (menus.slot_ptr[order + 1] - first_slot) * states
        for state in range(states):
            rest[last + state] = menus.state_unmet[first_state + state] + fill * menus.state_fill[first_state + state]
            if state > 0:
                rest[last + state] -= menus.split[order]
        for slot in range(menus.slot_ptr[order + 1] - 1, first_slot - 1, -1):
            before = (slot - first_slot) * states
            after = before + states
            for state in range(states):
                rest[before + state] = rest[after + state]
            for entry in range(menus.entry_ptr[slot], menus.entry_ptr[slot + 1]):
                step, paid, best = wide(menus.entry_state[entry]), cost[entry - first_entry], np.inf
                levels = menus.state_packed[first_state + step]
                for state in range(states - step):
                    full = menus.state_packed[first_state + state + step] | guard
                    if (full - levels) & guard == guard:
                        onward = paid + rest[after + state + step]
                        rest[before + state] = min(rest[before + state], onward)
                        best = min(best, table[before + state] + onward)
                least[entry] = best
