"""What the kernels for large orders work on.

A **class** is demand that is priced alike: a splittable line, the lines of one item that may be served in single
units, or a whole (an unsplit line, a group, all lines that ship together) counted as one unit. A **cell** is a
class at a node, its **bins** are the free and safety stock of positions. A **column** is a way to use a node: one
trip within a range of billable weight, or several trips; it charges at least a fixed part and a part per unit of
each bin (an **arc**), whatever rides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.jit import spliced
from solvers.model import F64, I64, SourcingModel
from solvers.packed import Records

MOST_KEPT = 8
"""Trips of a node that are bounded one by one; what is left is bounded together."""

MOST_SPLITS = 96
"""Depth to which ranges of weight are halved."""

NO_ARCS = -(2**40)
"""``arc_from`` of a column whose arcs are not laid out."""


@spliced
def truth(flag: bool) -> bool:
    """A flag as no literal: a kernel compiles anew for every literal it is called with."""
    return np.bool_(flag)  # type: ignore[return-value]


def _record(ints: str = "", floats: str = "", flags: str = "") -> npt.DTypeLike:
    kinds = ((ints, np.int64), (floats, np.float64), (flags, np.bool_))
    return np.dtype([(name, kind) for names, kind in kinds for name in names.split()], align=True)


# The order at hand: what its parts number; ``constant`` is paid by every pattern, ``unserved`` by the empty one.
# ``whole``: patterns pay whole micros. ``best`` and what follows are of the best pattern so far; ``spent`` counts
# work.
STATE = _record(
    "order classes nodes slots cols arcs most limit spent best_pieces best_ships trail",
    "constant unserved split_cost best",
    "must whole curved",
)
# ``multiplier`` is what a unit is paid, ``best_multiplier`` and ``next_cost`` serve its ascent.
CLASS = _record(
    "line_from line_to step_from step_to pack marginal_node", "quantity multiplier best_multiplier served", "whole"
)
# Per line of the order: class (-1: never served), supply in all, sources at the candidate being laid out;
# ``member`` lists the lines class by class.
LINE = _record("cls source_from source_to supply member")
# What units of a class left out pay, falling: the last steps are left out first.
STEP = _record("", "unmet quantity")
# ``full_*``: what all units that could ride from the node amount to. ``decided``: column, CLOSED or UNDECIDED.
# ``choice``: the column open in a heuristic; ``open`` lists such nodes.
NODE = _record(
    "candidate cell_from cell_to bin_from bin_to col_from col_to kept_from kept_to decided pick choice open"
    " ready_s latest_s all_ready_s expires_s",
    "full_units full_lines full_weight full_volume full_value ref_units ref_lines ref_weight ref_volume ref_value"
    " term slope rent gain left taken paid",
    "dutiable uniform",
)
# ``limit`` and ``weight`` are of the one bin of most cells.
CELL = _record("cls bin_from bin_to", "cap limit weight")
# ``cost``: stock price, safety stock and substitution per unit; ``share``: of a line cost. A whole's bin stands for
# its parts, which lie in the upper half of the bins; ``scratch`` is theirs.
BIN = _record(
    "cls line source slot position ready_s latest_s expires_s part_from part_to",
    "cost units lines weight volume heaviest largest value handling work duty share limit scratch",
    "safety",
)
# Minorant of a column: fixed + per_unit * units + ...; ``lo``/``hi`` bound the billable weight,
# ``floor``/``ceiling`` what its bins may weigh; ``root`` is the column it was split from (-1: it
# is no trip), ``rank`` lists a node's trips by their guessed cost, ``ref_*`` the load at
# which it is as high as may be.
COL = _record(
    "node candidate offer trip arc_from root rank",
    "lo hi floor ceiling fixed per_unit per_line per_g per_cm3 per_value per_handling per_work per_duty guess reached"
    " ref_units ref_lines ref_weight ref_volume ref_value",
    "curved",
)
# The free or safety stock of a position.
SLOT = _record("limit left row")
# A shipment being loaded; ``best_col`` and ``best_*`` of the best pattern.
SHIP = _record(
    "col best_col units lines weight_g volume_cm3 value_micros work_s unit_cost_micros extra ready_s latest_s line",
    "percent_micros stock unmet paid linear",
    "banned",
)
PIECE = _record("ship source slot quantity", "", "safety")
# A level of the search: a node (or a column that is split) and its options yet to try.
LEVEL = _record("node before next last cols arcs trail fixed_node", "bound", "split")


class Large(NamedTuple):
    """Everything a thread writes on.

    ``pieces`` and ``bins`` are two tables in one: the best pattern's pieces and the parts of wholes start in the
    middle. ``marks`` are of stock rows, then of items.
    """

    state: Records
    classes: Records
    lines: Records
    steps: Records
    nodes: Records
    cells: Records
    cell_of: I64
    bins: Records
    cols: Records
    kept: I64
    arcs: F64
    saved: F64
    slots: Records
    marks: I64
    ships: Records
    pieces: Records
    levels: Records
    row_used: I64
    points: F64


class Room(NamedTuple):
    """The largest of each that the orders at hand have."""

    lines: int
    nodes: int
    sources: int
    sources_of_one: int
    trips: int


def room_for(model: SourcingModel, orders: I64) -> Room:
    """How large the arrays for some orders must be."""
    line_ptr, cand_ptr = model.orders.line_ptr, model.orders.cand_ptr
    first, last = cand_ptr[orders], cand_ptr[orders + 1]
    sources = model.candidates.source_ptr
    offers = model.offers
    trips_of_class = offers.trip_ptr[offers.class_ptr[1:]] - offers.trip_ptr[offers.class_ptr[:-1]]
    trips = np.concatenate([[0], np.cumsum(trips_of_class[model.candidates.offer_class])])
    at_one = np.diff(sources)
    most = (int(at_one[a:b].max(initial=1)) for a, b in zip(first.tolist(), last.tolist(), strict=True))
    return Room(
        lines=int((line_ptr[orders + 1] - line_ptr[orders]).max(initial=1)),
        nodes=int((last - first).max(initial=1)),
        sources=int((sources[last] - sources[first]).max(initial=1)),
        sources_of_one=max(most, default=1),
        trips=int((trips[last] - trips[first]).max(initial=1)),
    )


def make_large(model: SourcingModel, room: Room) -> Large:
    """Arrays for one thread: linear in what one order may need, whatever the quantities."""
    lines, nodes, bins, trips = room.lines + 1, room.nodes + 1, 2 * room.sources + 1, room.trips + 1
    pieces = 2 * bins + 64
    rates = int(np.diff(model.tariffs.ptr).max(initial=1))
    return Large(
        state=np.zeros(1, STATE),
        classes=np.zeros(lines, CLASS),
        lines=np.zeros(lines, LINE),
        steps=np.zeros(lines, STEP),
        nodes=np.zeros(nodes, NODE),
        cells=np.zeros(bins, CELL),
        cell_of=np.zeros(nodes * lines, np.int64),
        bins=np.zeros(2 * bins, BIN),
        cols=np.zeros(trips + 2 * nodes + 2 * MOST_SPLITS, COL),
        kept=np.zeros(nodes * (MOST_KEPT + 2), np.int64),
        arcs=np.zeros((MOST_KEPT + 2) * bins + 2 * MOST_SPLITS * (2 * room.sources_of_one + 1)),
        saved=np.zeros((nodes + MOST_SPLITS) * lines),
        slots=np.zeros(bins, SLOT),
        marks=np.zeros(2 * model.num_positions + len(model.items.weight_g) + 1, np.int64),
        ships=np.zeros(trips + 1, SHIP),
        pieces=np.zeros(2 * pieces, PIECE),
        levels=np.zeros(nodes + MOST_SPLITS, LEVEL),
        row_used=np.zeros(model.num_rows - 2 * model.num_positions + 1, np.int64),
        points=np.zeros((2, 3 * rates + 3)),
    )
