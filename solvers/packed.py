"""The sourcing model as kernels read it: one record per order, line, candidate, ..., all fields of it side by side.

Kernels visit a few records and read most of each, so rows beat columns in memory. They also compile ten times faster:
numba's compile time grows with the number of arrays handed from kernel to kernel, and the model has a hundred columns.
"""

from __future__ import annotations

import os
import weakref
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from solvers.jit import inlined_leaf
from solvers.model import I64, CostWeights, Flags, SourcingModel

Records: TypeAlias = Any
"""A structured array; ``records[i].field`` in kernels."""


class Packed(NamedTuple):
    """Fields are named as in the model; a pointer column ``x_ptr`` becomes ``x_from`` and ``x_to``.

    Integers are int64 but in ``sources``, the longest table.
    """

    weights: CostWeights
    orders: Records
    lines: Records
    candidates: Records
    sources: Records
    offers: Records
    class_ptr: I64
    trips: Records
    departures: Records
    departure_row: I64
    tariffs: Records
    tariff_ptr: I64
    nodes: Records
    services: Records
    carry: Flags
    items: Records
    positions: Records
    rows: Records


@inlined_leaf
def wide(index: Any) -> int:
    """An integer as int64: a kernel compiles anew for every kind of integer and every literal it is called with."""
    return np.int64(index)  # type: ignore[return-value]


def _records(columns: Any, *, leave: tuple[str, ...] = (), widen: bool = True) -> Records:
    """Columns side by side; every column has one entry per record, a pointer one more."""
    fields: dict[str, Any] = {}
    for name, column in zip(columns._fields, columns, strict=True):
        if name in leave:
            continue
        if name.endswith("_ptr"):
            fields[name[:-3] + "from"], fields[name[:-3] + "to"] = column[:-1], column[1:]
        else:
            fields[name] = column
    kinds = [(name, np.int64 if widen and c.dtype.kind == "i" else c.dtype) for name, c in fields.items()]
    records = np.empty(len(next(iter(fields.values()))), np.dtype(kinds, align=True))
    for name, column in fields.items():
        records[name] = column
    return records


def _pack(model: SourcingModel) -> Packed:
    return Packed(
        weights=_plain(model.weights),
        orders=_records(model.orders),
        lines=_records(model.lines),
        candidates=_records(model.candidates),
        sources=_records(model.sources, widen=False),
        offers=_records(model.offers, leave=("class_ptr",)),
        class_ptr=model.offers.class_ptr,
        trips=_records(model.trips),
        departures=_records(model.departures, leave=("row",)),
        departure_row=model.departures.row.astype(np.int64),
        tariffs=_records(model.tariffs, leave=("ptr",)),
        tariff_ptr=model.tariffs.ptr,
        nodes=_records(model.nodes),
        services=_records(model.services, leave=("carry",)),
        carry=np.ascontiguousarray(model.services.carry),
        items=_records(model.items),
        positions=_records(model.positions),
        rows=_records(model.rows),
    )


def _plain(weights: CostWeights) -> CostWeights:
    """Floats and one integer, whatever number types the caller used: kernels compile once."""
    multipliers: dict[str, Any] = {name: float(value) for name, value in weights._asdict().items()}
    multipliers["carbon_cost_per_kg_micros"] = int(weights.carbon_cost_per_kg_micros)
    return CostWeights(**multipliers)


_kept: list[tuple[list[Any], Packed]] = []
_MOST_KEPT = 4 + 2 * (os.cpu_count() or 1)
"""A batch's own, its parts' that are solved side by side, and some of what was solved before."""


def packed(model: SourcingModel) -> Packed:
    """The model's records, made once per model: its arrays are never written to.

    Copies every column (about 70 MB for 100,000 orders and 600,000 candidates). A few models are remembered for as long
    as their arrays live.
    """
    arrays, weights = [array for table in model[1:] for array in table], _plain(model.weights)
    for references, records in tuple(_kept):
        if records.weights == weights and all(r() is a for r, a in zip(references, arrays, strict=True)):
            return records
    records = _pack(model)
    alive = [kept for kept in list(_kept) if all(reference() is not None for reference in kept[0])]
    _kept[:] = [*alive[-(_MOST_KEPT - 1) :], ([weakref.ref(array) for array in arrays], records)]
    return records
