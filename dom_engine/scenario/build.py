"""``build_problem``: a raw scenario to a validated problem, in numbered steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem
from dom_engine.errors import Fault
from dom_engine.scenario.assembly import vocabulary
from dom_engine.scenario.build_demand import build_lines, build_orders
from dom_engine.scenario.build_network import (
    Vocabularies,
    build_items,
    build_node_items,
    build_node_services,
    build_nodes,
    build_positions,
)
from dom_engine.scenario.build_transport import (
    build_calendars,
    build_capacities,
    build_duties,
    build_lanes,
    build_rates,
    build_services,
    measured,
)
from dom_engine.scenario.checks import check_tables
from dom_engine.scenario.digest import problem_digest
from dom_engine.scenario.distance_check import check_distances
from dom_engine.scenario.kept import same_group
from dom_engine.scenario.magnitudes import check_magnitudes
from dom_engine.scenario.raw import FaultLog, RawScenario, RawTable
from dom_engine.scenario.references import Known, known_ids, link
from dom_engine.scenario.schema import RESERVED_TABLES, TABLES
from dom_engine.scenario.settings import Settings, read_settings
from dom_engine.scenario.texts import NearestName, shown, unknown_name
from dom_engine.scenario.typed import TypedTable, type_known_table, type_table


def build_problem(raw: RawScenario) -> Problem:
    """Validate a raw scenario and resolve it into a problem.

    Parameters
    ----------
    raw
        From ``read_raw``, or made from a request; with its changes applied.

    Raises
    ------
    InputError
        With every fault of the scenario, those found while reading it included.
    """
    log = FaultLog(raw.faults)
    settings = read_settings(raw.settings, raw.default_name, log, whole=not raw.settings_broken)
    # 1. Which tables there are.
    broken = raw.broken | check_table_names(raw, log)
    # 2. Cells: types, units, defaults, ranges.
    typed = type_tables(raw, settings.timezone, log)
    # 3. References between tables.
    known = known_ids(typed, broken)
    tables = {name: link(table, known, log) for name, table in typed.items()}
    # 4. Rows and tables.
    check_tables(tables, log)
    limits = measured(tables["capacities"], "limit", log), measured(tables["capacities"], "overtime_limit", log)
    check_distances(tables, log)
    if not len(log):
        check_magnitudes(tables, settings, log)
    log.raise_if_any()
    # 5. Everything is clean: sort, index, freeze.
    return assemble(settings, tables, known, limits)


def check_table_names(raw: RawScenario, log: FaultLog) -> frozenset[str]:
    """Note unknown, reserved and missing tables; return the missing ones."""
    names = NearestName(TABLES)
    explained: set[str] = set()
    for name, table in raw.tables.items():
        if name in RESERVED_TABLES:
            message = f"table {shown(name)} is reserved for a later version of the format"
            log.add(Fault(table.file, 0, "", "RESERVED_TABLE", message))
        elif name not in TABLES:
            log.add(Fault(table.file, 0, "", "UNKNOWN_TABLE", unknown_name("table", name, names)))
            explained.add(names.misspelt_by(name))
    missing = {
        table.name for table in TABLES.values() if table.required and table.name not in {*raw.tables, *raw.broken}
    }
    for name in missing - explained:
        log.add(Fault(name, 0, "", "MISSING_TABLE", f"required table {shown(name)} is missing"))
    return frozenset(missing | (explained - set(raw.tables) - {""}))


def type_tables(raw: RawScenario, timezone: ZoneInfo | None, log: FaultLog) -> dict[str, TypedTable]:
    """Every table of the format typed; one that is not given has no rows."""
    typed = {}
    for name, schema in TABLES.items():
        given = raw.tables.get(name)
        typed[name] = type_known_table(given, schema, timezone, log) if given is not None else _absent(name, timezone)
    return typed


@cache
def _absent(name: str, timezone: ZoneInfo | None) -> TypedTable:
    """A table that is not given."""
    schema = TABLES[name]
    schema = replace(schema, columns={k: replace(c, required=False) for k, c in schema.columns.items()})
    return type_table(RawTable(pa.table({}), name), schema, timezone, FaultLog())


def assemble(
    settings: Settings,
    tables: Mapping[str, TypedTable],
    known: Mapping[str, Known],
    capacity_limits: tuple[I64, I64],
) -> Problem:
    """The problem of tables without faults."""
    words = _vocabularies(tables, known)
    nodes = build_nodes(tables["nodes"], known["nodes"].ids, words)
    items = build_items(tables["items"], known["items"].ids, words)
    node_items = build_node_items(tables["node_items"], nodes)
    order_ids = known["orders"].ids
    lines_per_order = np.bincount(tables["order_lines"].ints("order"), minlength=len(order_ids)).astype(np.int64)
    orders = build_orders(tables["orders"], order_ids, words, settings.now_s, settings.policy, lines_per_order)
    lines, groups = build_lines(tables["order_lines"], items, orders.latest_s, settings.policy)
    problem = Problem(
        name=settings.name,
        description=settings.description,
        currency=settings.currency,
        now_s=settings.now_s,
        horizon_s=settings.horizon_s,
        weights=settings.weights,
        policy=settings.policy,
        solve=settings.solve,
        nodes=nodes,
        items=items,
        node_items=node_items,
        node_services=build_node_services(tables["node_services"], nodes),
        positions=build_positions(tables["inventory"], nodes, node_items, len(items), words),
        services=build_services(tables["services"], known["services"].ids, words),
        lanes=build_lanes(tables["lanes"], words),
        rates=build_rates(tables["rates"]),
        duties=build_duties(tables["duties"], words),
        capacities=build_capacities(tables["capacities"], *capacity_limits),
        calendars=build_calendars(tables["calendars"], known["calendars"].ids),
        orders=orders,
        lines=lines,
        territories=words.territories,
        tags=words.tags,
        lots=words.lots,
        pools=words.pools,
        groups=groups,
        rate_ids=words.rate_ids,
        timezones=tuple(words.timezones.to_pylist()),
        digest="",
    )
    return replace(problem, digest=problem_digest(problem))


def _vocabularies(tables: Mapping[str, TypedTable], known: Mapping[str, Known]) -> Vocabularies:
    nodes, items, orders = tables["nodes"], tables["items"], tables["orders"]
    duties, inventory = tables["duties"], tables["inventory"]
    words = Vocabularies(
        territories=vocabulary(
            nodes["country"],
            nodes["customs"],
            items["origin"],
            orders["country"],
            orders["customs"],
            tables["lanes"]["country"],
            duties["origin"],
            duties["destination"],
        ),
        tags=vocabulary(nodes["tags"], items["tags"], tables["services"]["carries"], orders["node_tags"]),
        lots=vocabulary(inventory["lot"]),
        pools=vocabulary(inventory["pool"], orders["pools"]),
        timezones=vocabulary(nodes["timezone"]),
        rate_ids=known["rates"].ids,
    )
    texts = (words.territories, words.tags, words.lots, words.pools, words.timezones, words.rate_ids)
    return same_group(words, *texts)
