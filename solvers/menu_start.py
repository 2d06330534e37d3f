"""Patterns as entries of menus: how a search on menus takes up a plan that it is given."""

from __future__ import annotations

import numpy as np

from solvers.jit import kernel
from solvers.menus import Menus
from solvers.model import I32, I64, Patterns, SourcingModel
from solvers.packed import wide


def picks_of(menus: Menus, model: SourcingModel, patterns: Patterns) -> tuple[I32, I64, I32]:
    """The orders whose pattern their menu lists whole, and what they pick: pointers and entries.

    Menus leave out what another entry always beats, and safety stock; a pattern with any of that is not among them.
    """
    picks = np.full(len(patterns.ship_cand), -1, np.int32)
    _find_entries(menus, model.sources.line, patterns, picks)
    owner = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.ship_ptr))
    whole = menus.listed[patterns.order] & (np.diff(patterns.ship_ptr) <= menus.most_ships[patterns.order])
    whole[owner[picks < 0]] = False
    length = np.diff(patterns.ship_ptr)[whole]
    pick_ptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    return patterns.order[whole], pick_ptr, picks[whole[owner]]


@kernel
def _find_entries(menus: Menus, source_line: I32, patterns: Patterns, picks: I32) -> None:
    """The entry of each shipment, where its order's menu has it."""
    for k in range(len(patterns.order)):
        order = wide(patterns.order[k])
        if not menus.listed[order]:
            continue
        for s in range(patterns.ship_ptr[k], patterns.ship_ptr[k + 1]):
            state, known = wide(0), True
            for i in range(patterns.load_ptr[s], patterns.load_ptr[s + 1]):
                line, units = source_line[patterns.load_source[i]], patterns.load_quantity[i]
                place, found = wide(1), False
                for digit in range(menus.digit_ptr[order], menus.digit_ptr[order + 1]):
                    if menus.digit_line[digit] == line and units % menus.digit_units[digit] == 0:
                        state += place * (units // menus.digit_units[digit])
                        found = True
                    place *= menus.digit_radix[digit]
                known = known and found and not patterns.load_safety[i]
            if not known:
                continue
            for slot in range(menus.slot_ptr[order], menus.slot_ptr[order + 1]):
                same = menus.slot_candidate[slot] == patterns.ship_cand[s]
                if same and menus.slot_trip[slot] == patterns.ship_trip[s]:
                    for entry in range(menus.entry_ptr[slot], menus.entry_ptr[slot + 1]):
                        if menus.entry_state[entry] == state:
                            picks[s] = entry
