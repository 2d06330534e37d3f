"""Checks within one table, across its columns: duplicate keys, ranges that are empty, lanes that tie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dom_engine.domain.columns import I64, NONE_IDX, Flags
from dom_engine.scenario.codes import country_codes
from dom_engine.scenario.kept import kept
from dom_engine.scenario.raw import FaultLog
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.typed import TypedTable, Values
from dom_engine.units import UNLIMITED


def check_tables(tables: Mapping[str, TypedTable], log: FaultLog) -> None:
    """Note what is wrong across the cells of a table; rows whose judged cells have faults are left out."""
    for table in tables.values():
        if table.schema.name != "lanes":  # two lanes of one key tie: see below
            _check_keys(table, log)
    for name in ("nodes", "orders"):
        _check_locations(tables[name], log)
    _check_origins(tables, log)
    _check_lanes(tables["lanes"], log)
    _check_capacities(tables["capacities"], log)
    orders = tables["orders"]
    reversed_window = orders.ints("earliest") > orders.ints("latest")
    _note(orders, reversed_window, ("earliest", "latest"), "latest", "EMPTY_WINDOW", "lies before earliest", log)


def _note(
    table: TypedTable, wrong: Flags, judged: tuple[str, ...], column: str, code: str, message: str, log: FaultLog
) -> None:
    """Note a fault in every row that is wrong and whose judged columns have no fault of their own."""
    for row in np.flatnonzero(wrong & table.good(*judged)).tolist():
        log.add(table.fault(row, column, code, message))


@kept
def _check_keys(table: TypedTable, log: FaultLog) -> None:
    key = table.schema.key
    if len(key) == 1 and len(table[key[0]].labels) == len(table):
        return
    columns = [table[column].values for column in key]
    rows = _sorted_rows(columns, table.good(*key))
    same = _agree(columns, rows[:-1], rows[1:])
    for at in np.flatnonzero(same).tolist():
        first, again = int(rows[at]), int(rows[at + 1])
        message = f"the same {', '.join(key)} as in {_other_place(table, first, again)}"
        log.add(table.fault(again, key[-1] if len(key) < 3 else "", "DUPLICATE_ROW", message))


def _sorted_rows(columns: Sequence[Values], good: Flags) -> I64:
    """The good rows sorted by the columns, then as written."""
    rows = np.flatnonzero(good)
    return rows[np.lexsort([column[rows] for column in reversed(columns)])]


def _agree(columns: Sequence[Values], before: I64, after: I64) -> Flags:
    """Whether the rows ``before`` and ``after`` agree in every column."""
    same = np.ones(len(before), np.bool_)
    for column in columns:
        same &= column[before] == column[after]
    return same


def _other_place(table: TypedTable, other: int, row: int) -> str:
    """Where another row stands, as seen from this one."""
    file, number, _ = table.raw.place(other, "")
    return f"row {number}" if file == table.raw.place(row, "")[0] else f"{file}, row {number}"


@kept
def _check_locations(table: TypedTable, log: FaultLog) -> None:
    lat, lon = table["lat"], table["lon"]
    for column, lone in (("lon", lat.given & lon.blank), ("lat", lon.given & lat.blank)):
        _note(table, lone, ("lat", "lon"), column, "HALF_LOCATION", "lat and lon must be given together", log)


def _check_origins(tables: Mapping[str, TypedTable], log: FaultLog) -> None:
    """An item's origin is a country, or a customs territory that other tables name."""
    items = tables["items"]
    named = set(country_codes())
    for name, column in (("nodes", "customs"), ("orders", "customs"), ("duties", "origin"), ("duties", "destination")):
        named.update(tables[name][column].labels.to_pylist())
    names = NearestName(named)
    origin = items["origin"]
    for code, label in enumerate(origin.labels.to_pylist()):
        if label not in named:
            message = unknown_name("country or customs territory", label, names)
            for row in np.flatnonzero(origin.values == code).tolist():
                log.add(items.fault(row, "origin", "UNKNOWN_CODE", message))


@kept
def _check_lanes(lanes: TypedTable, log: FaultLog) -> None:
    from_m, to_m = lanes.ints("from_km"), lanes.ints("to_km")
    _note(lanes, from_m >= to_m, ("from_km", "to_km"), "to_km", "EMPTY_BAND", "must be more than from_km", log)
    sharing = ("service", "node", "country", "postal_prefix")
    good = lanes.good(*sharing, "from_km", "to_km") & (from_m < to_m)
    is_open = to_m >= UNLIMITED
    # Equally specific lanes are equally wide, or both open; they tie where they overlap, open ones where they start
    # together.
    width = np.where(is_open, UNLIMITED, to_m - from_m)
    columns = [*(lanes[column].values for column in sharing), width]
    rows = _sorted_rows([*columns, from_m], good)
    before, after = rows[:-1], rows[1:]
    overlap = np.where(is_open[before], from_m[after] == from_m[before], from_m[after] < to_m[before])
    ties = overlap & _agree(columns, before, after)
    for at in np.flatnonzero(ties).tolist():
        first, again = sorted((int(before[at]), int(after[at])))
        message = f"matches as specifically as {_other_place(lanes, first, again)}: a tie"
        log.add(lanes.fault(again, "", "LANE_TIE", message))


@kept
def _check_capacities(capacities: TypedTable, log: FaultLog) -> None:
    homeless = (capacities["node"].values == NONE_IDX) & (capacities["service"].values == NONE_IDX)
    message = "a capacity needs a node, a service, or both"
    _note(capacities, homeless, ("node", "service"), "", "NO_SCOPE", message, log)
    empty = capacities.ints("starts") >= capacities.ints("ends")
    _note(capacities, empty, ("starts", "ends"), "ends", "EMPTY_PERIOD", "must be after starts", log)
