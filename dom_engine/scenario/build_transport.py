"""Services, lanes, rates, duties, capacities and calendars."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dom_engine.domain.calendars import Calendar
from dom_engine.domain.columns import I64, Flags, Ids
from dom_engine.domain.transport import (
    BASE_UNITS_PER_MEASURE,
    Capacities,
    Duties,
    Lanes,
    Measure,
    Rates,
    Services,
)
from dom_engine.scenario.assembly import label_ranks, one_per_id, sorted_by
from dom_engine.scenario.build_network import Vocabularies
from dom_engine.scenario.kept import kept
from dom_engine.scenario.numbers import Problems, integers, scaled_integers
from dom_engine.scenario.raw import FaultLog
from dom_engine.scenario.schema import COUNT_MEASURES
from dom_engine.scenario.typed import Cells, TypedTable


@kept
def build_services(table: TypedTable, ids: Ids, words: Vocabularies) -> Services:
    """Services sorted by id."""
    rows = one_per_id(table, "service")
    return Services(
        ids=ids,
        carrier=rows.texts("carrier"),
        mode=rows.choices("mode"),
        calendar_idx=rows.refs("calendar"),
        pickup_calendar_idx=rows.refs("pickup_calendar"),
        max_weight_g=rows.ints("max_weight_kg"),
        max_parcel_g=rows.ints("max_parcel_kg"),
        kg_per_m3=rows.floats("kg_per_m3"),
        co2_g_per_tkm=rows.floats("co2_g_per_tkm"),
        carries=rows.label_lists("carries", words.tags),
        enabled=rows.flags("enabled"),
    )


@kept
def build_lanes(table: TypedTable, words: Vocabularies) -> Lanes:
    """Lanes sorted by (service, node, country, prefix, from, to, rate)."""
    rows = sorted_by(
        table,
        table.ints("service"),
        table.ints("node"),
        label_ranks(table["country"]),
        label_ranks(table["postal_prefix"]),
        table.ints("from_km"),
        table.ints("to_km"),
        table.ints("rate"),
    )
    return Lanes(
        service_idx=rows.refs("service"),
        node_idx=rows.refs("node"),
        country_idx=rows.labels("country", words.territories),
        postal_prefix=rows.texts("postal_prefix"),
        from_m=rows.ints("from_km"),
        to_m=rows.ints("to_km"),
        rate_idx=rows.refs("rate"),
        transit_s=rows.ints("transit_h"),
        transit_days=rows.ints("transit_days"),
        pre_carriage_s=rows.ints("pre_carriage_h"),
        export_s=rows.ints("export_h"),
        import_s=rows.ints("import_h"),
        on_carriage_s=rows.ints("on_carriage_h"),
    )


@kept
def build_rates(table: TypedTable) -> Rates:
    """Rate rows sorted by (rate, stage, weight_from)."""
    rows = sorted_by(table, table.ints("rate"), table.choices("stage"), table.ints("weight_from_kg"))
    return Rates(
        rate_idx=rows.refs("rate"),
        stage=rows.choices("stage"),
        weight_from_g=rows.ints("weight_from_kg"),
        base_micros=rows.ints("base"),
        per_kg=rows.floats("per_kg"),
        per_unit=rows.floats("per_unit"),
        per_line=rows.floats("per_line"),
        per_parcel=rows.floats("per_parcel"),
        per_km=rows.floats("per_km"),
        per_unit_km=rows.floats("per_unit_km"),
        per_kg_km=rows.floats("per_kg_km"),
        pct_of_value=rows.floats("pct_of_value"),
        minimum_micros=rows.ints("minimum"),
    )


@kept
def build_duties(table: TypedTable, words: Vocabularies) -> Duties:
    """Duty rows sorted by (origin, destination, prefix)."""
    keys = [label_ranks(table[column]) for column in ("origin", "destination", "hs_prefix")]
    rows = sorted_by(table, *keys)
    return Duties(
        origin_idx=rows.labels("origin", words.territories),
        destination_idx=rows.labels("destination", words.territories),
        hs_prefix=rows.texts("hs_prefix"),
        pct=rows.floats("pct"),
    )


@kept
def build_capacities(table: TypedTable, limit: I64, overtime_limit: I64) -> Capacities:
    """Capacity rows sorted by (node, service, measure, starts, ends, every); the limits by ``measured``."""
    rows = sorted_by(
        table,
        table.ints("node"),
        table.ints("service"),
        table.choices("measure"),
        table.ints("starts"),
        table.ints("ends"),
        table.choices("every"),
    )
    return Capacities(
        node_idx=rows.refs("node"),
        service_idx=rows.refs("service"),
        measure=rows.choices("measure"),
        starts_s=rows.ints("starts"),
        ends_s=rows.ints("ends"),
        daily=rows.choices("every") == 0,
        limit=limit[rows.order],
        open_cost_micros=rows.ints("open_cost"),
        open_max=rows.ints("open_max"),
        overtime_limit=overtime_limit[rows.order],
        overtime_cost_micros=rows.ints("overtime_cost"),
    )


@kept
def measured(table: TypedTable, column: str, log: FaultLog) -> I64:
    """A column whose unit is the row's measure, in its base units, int64[num_rows]; unreadable values are noted."""
    cells = table[column]
    values = np.zeros(len(table), np.int64)
    judged = table.good(column, "measure")
    for measure in Measure:
        of_measure = judged & (table["measure"].values == measure)
        if of_measure.any():
            values[of_measure] = _in_base_units(table, column, cells, measure, of_measure, log)
    return values


def _in_base_units(table: TypedTable, column: str, cells: Cells, measure: Measure, rows: Flags, log: FaultLog) -> I64:
    codes = np.unique(cells.values[rows])
    texts = cells.labels.take(pa.array(codes))
    problems: Problems
    if measure in COUNT_MEASURES:
        converted, problems = integers(texts, signed=False, positive=False)
    else:
        scale = BASE_UNITS_PER_MEASURE[measure]
        converted, problems = scaled_integers(texts, scale, signed=False, positive=False)
    for row in np.flatnonzero(rows & np.isin(cells.values, codes[list(problems)])).tolist():
        code, message = problems[int(np.searchsorted(codes, cells.values[row]))]
        log.add(table.fault(row, column, code, message))
    in_base_units: I64 = converted[np.searchsorted(codes, cells.values[rows])]
    return in_base_units


@kept
def build_calendars(table: TypedTable, ids: Ids) -> tuple[Calendar, ...]:
    """Calendars sorted by id."""
    rows = one_per_id(table, "calendar")
    weekdays = rows.ints("weekdays")
    regions = table["holidays"].labels
    return tuple(
        Calendar(
            calendar=calendar,
            weekdays=int(weekdays[at]),
            regions=tuple(sorted({regions[code].as_py() for code in _entries(table["holidays"], row)})),
            closed=frozenset(_entries(table["closed"], row)),
            open=frozenset(_entries(table["open"], row)),
        )
        for at, (calendar, row) in enumerate(zip(ids.to_pylist(), rows.order.tolist(), strict=True))
    )


def _entries(cells: Cells, row: int) -> list[int]:
    """The entries of one list cell: dates as ordinals, labels as codes."""
    code = int(cells.values[row])
    return [] if code < 0 else cells.entries[cells.entry_ptr[code] : cells.entry_ptr[code + 1]].tolist()
