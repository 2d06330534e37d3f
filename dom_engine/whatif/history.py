"""A shop's exported history: its orders and what was shipped from where, as a scenario and a plan of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.errors import Fault, InputError
from dom_engine.importers.source import SourceRow, read_csv
from dom_engine.scenario import RawScenario, RawTable, apply_changes, build_problem, read_raw
from dom_engine.scenario.changes import override_solve
from dom_engine.scenario.instants import parse_instant, timezone_names
from dom_engine.scenario.numbers import BadText
from dom_engine.scenario.schema import TABLES
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.yaml_positions import YamlMap, YamlScalar, from_plain
from dom_engine.units import SECONDS_PER_DAY, SECONDS_PER_HOUR
from dom_engine.whatif.done import done_plan
from dom_engine.whatif.mapping import Mapped, read_mapping

_LINE_COLUMNS = frozenset(TABLES["order_lines"].columns) - frozenset(TABLES["orders"].columns)
"""What is a line's; a column that both tables have is the order's."""
_NEEDED = ("order", "released_at", "item", "quantity")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()
DEFAULT_HORIZON_H = 168


@dataclass(frozen=True, slots=True)
class Shipped:
    """A row of the export of shipments; it left on the date ``ordinal``, local to the node, or (0) at ``instant_s``."""

    row: SourceRow
    order: str
    item: str
    quantity: int
    node: str
    service: str
    ordinal: int
    instant_s: int


@dataclass(frozen=True, slots=True)
class History:
    """What was asked for, as a problem, and what was done, as a plan of it that need not keep its rules."""

    raw: RawScenario
    problem: Problem
    done: Plan
    stock_inferred: bool


def read_history(
    orders: Path,
    shipments: Path,
    network: Path,
    columns: Path | None = None,
    *,
    infer_stock: bool = False,
    overrides: Mapping[str, object] | None = None,
) -> History:
    """Read an export.

    Parameters
    ----------
    orders
        A row per order line: at least ``order``, ``released_at``, ``item``, ``quantity``; any other column of the
        tables ``orders`` and ``order_lines`` may be there. CSV, plain, ``.gz`` or ``.xz``.
    shipments
        A row per order, item and node shipped from: ``order``, ``item``, ``quantity``, ``node``, ``shipped_at`` (a
        date, local to the node, or an instant); ``service`` where the network has several.
    network
        A scenario: nodes, services, lanes, rates, rules and weights. Its orders, if it has any, are left out.
    columns
        YAML that says what the columns, nodes and services are called there.
    infer_stock
        Take what each node shipped for its stock, even where the network states its inventory.
    overrides
        Keys of ``solve``.

    Raises
    ------
    InputError
        With everything that is wrong, by the file, row and column of the export.
    """
    mapped = read_mapping(columns)
    raw = read_raw(network)
    raw = replace(apply_changes(raw, raw.changes), changes=(), variants=())
    raw = override_solve(raw, overrides or {})
    asked = _Asked(orders, mapped)
    timezone = _timezone(raw)
    shipped = list(_shipped(shipments, mapped, _only_service(raw), timezone))
    inferred = infer_stock or "inventory" not in raw.tables
    settings = raw.settings.merged(_span(raw, asked, shipped, timezone))
    tables = dict(raw.tables) | {"orders": asked.orders(), "order_lines": asked.lines()}
    tables["inventory"] = _inferred(shipped, shipments) if inferred else _with_all(raw.tables["inventory"], shipped)
    raw = replace(raw, settings=settings, tables=tables)
    _check_names(raw, shipped, asked)
    problem = _built(raw, mapped, orders)
    _check_items(shipped, asked)
    return History(raw, problem, done_plan(problem, shipped), inferred)


def _timezone(raw: RawScenario) -> ZoneInfo | None:
    zone = raw.settings.get("timezone")
    known = isinstance(zone, YamlScalar) and zone.text in timezone_names()
    return ZoneInfo(zone.text) if known and isinstance(zone, YamlScalar) and zone.text else None


def _only_service(raw: RawScenario) -> str:
    """The service of a network that has but one."""
    names = _ids(raw, "services", "service")
    return names[0] if len(names) == 1 else ""


def _ids(raw: RawScenario, table: str, column: str) -> list[str]:
    if table not in raw.tables or column not in raw.tables[table].data.column_names:
        return []
    return [str(value) for value in raw.tables[table].data.column(column).to_pylist()]


@dataclass
class _Asked:
    """The export of orders, row by row: the first row of an order says what is the order's."""

    file: Path
    mapped: Mapped
    order_rows: dict[str, SourceRow] = field(default_factory=dict)
    line_rows: list[SourceRow] = field(default_factory=list)
    num_lines: dict[str, int] = field(default_factory=dict)
    line_names: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    items: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        name = self.mapped.orders
        faults: list[Fault] = []
        for row in read_csv(self.file, [name(column) for column in _NEEDED]):
            try:
                order = row.text(name("order"))
                first = self.order_rows.setdefault(order, row)
                self._note_differences(first, row, faults)
                if first is row:
                    self.released.append(row.text(name("released_at")))
                also = filter(None, row.cells.get(name("substitutes"), "").split(";"))
                self.items |= {(order, item.strip()) for item in (row.text(name("item")), *also)}
            except InputError as error:
                faults += error.faults
                continue
            self.num_lines[order] = self.num_lines.get(order, 0) + 1
            self.line_names.append(row.cells.get(name("line")) or str(self.num_lines[order]))
            self.line_rows.append(row)
        if faults:
            raise InputError(sorted(faults))
        if not self.line_rows:
            raise InputError.single(str(self.file), "holds no order", code="NO_ORDERS")

    def _note_differences(self, first: SourceRow, row: SourceRow, faults: list[Fault]) -> None:
        for column in self._of("orders") if first is not row else ():
            if row.cells[self.mapped.orders(column)] != first.cells[self.mapped.orders(column)]:
                message = f"differs from row {first.row} of the same order"
                faults.append(Fault(row.file, row.row, self.mapped.orders(column), "NOT_ONE_ORDER", message))

    def _of(self, table: str) -> list[str]:
        """The columns of a table that the export has."""
        cells = next(iter(self.order_rows.values())).cells
        known = [c for c in TABLES[table].columns if (c in _LINE_COLUMNS) == (table == "order_lines") or c == "order"]
        return [column for column in known if self.mapped.orders(column) in cells and column != "line"]

    def orders(self) -> RawTable:
        """The table ``orders``; every row where the order first stands in the export."""
        return self._table("orders", list(self.order_rows.values()))

    def lines(self) -> RawTable:
        """The table ``order_lines``; lines without a name are numbered."""
        table = self._table("order_lines", self.line_rows)
        return replace(table, data=table.data.append_column("line", pa.array(self.line_names, pa.string())))

    def _table(self, name: str, rows: list[SourceRow]) -> RawTable:
        cells = {
            column: pa.array([row.cells[self.mapped.orders(column)] for row in rows], pa.string())
            for column in self._of(name)
        }
        return RawTable(pa.table(cells), str(self.file), np.array([row.row for row in rows], np.int64))


def _shipped(file: Path, mapped: Mapped, only_service: str, timezone: ZoneInfo | None) -> Iterable[Shipped]:
    name = mapped.shipments
    needed = ["order", "item", "quantity", "node", "shipped_at", *([] if only_service else ["service"])]
    faults: list[Fault] = []
    for row in read_csv(file, [name(column) for column in needed]):
        try:
            node, service = row.text(name("node")), row.cells.get(name("service"), "") or only_service
            if not service:
                raise row.error(name("service"), "is empty, and the network has several services")
            quantity = row.count(name("quantity"))
            if quantity == 0:
                raise row.error(name("quantity"), "is 0: leave the row out")
            ordinal, instant_s = _when(row, name("shipped_at"), timezone)
            yield Shipped(
                row=row,
                order=row.text(name("order")),
                item=row.text(name("item")),
                quantity=quantity,
                node=mapped.nodes.get(node, node),
                service=mapped.services.get(service, service),
                ordinal=ordinal,
                instant_s=instant_s,
            )
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(sorted(faults))


def _when(row: SourceRow, column: str, timezone: ZoneInfo | None) -> tuple[int, int]:
    """The ordinal of a date, or 0 and an instant."""
    text = row.text(column)
    try:
        return (
            (date.fromisoformat(text).toordinal(), 0) if _DATE.fullmatch(text) else (0, parse_instant(text, timezone))
        )
    except BadText as error:
        raise row.error(column, error.problem[1]) from None
    except ValueError:
        raise row.error(column, f"'{text}' is no date") from None


def _span(raw: RawScenario, asked: _Asked, shipped: list[Shipped], timezone: ZoneInfo | None) -> YamlMap:
    """``now`` and ``horizon_h``: from the first release until whatever was shipped has left, or could have."""
    column = asked.mapped.orders("released_at")
    released, faults = [], []
    for row, text in zip(asked.order_rows.values(), asked.released, strict=True):
        try:
            released.append(parse_instant(text, timezone))
        except BadText as error:
            faults.append(Fault(row.file, row.row, column, *error.problem))
    if faults:
        raise InputError(sorted(faults))
    stated = raw.settings.get("horizon_h")
    try:
        horizon_h = int(float(stated.text or "")) if isinstance(stated, YamlScalar) else DEFAULT_HORIZON_H
    except ValueError:
        horizon_h = DEFAULT_HORIZON_H  # reading the settings says what is wrong with it
    now_s = min(released)
    left_s = [one.instant_s or (one.ordinal - _EPOCH) * SECONDS_PER_DAY for one in shipped]
    end_s = max(max(released) + horizon_h * SECONDS_PER_HOUR, max(left_s, default=0) + 2 * SECONDS_PER_DAY)
    now = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"now": now, "horizon_h": -(-(end_s - now_s) // SECONDS_PER_HOUR)}
    node = from_plain(values, raw.settings.file)
    assert isinstance(node, YamlMap)
    return node


def _inferred(shipped: list[Shipped], file: Path) -> RawTable:
    """What each node shipped in all, on hand from the start: the least stock that makes the history possible."""
    held: dict[tuple[str, str], int] = {}
    for one in shipped:
        held[one.node, one.item] = held.get((one.node, one.item), 0) + one.quantity
    return _stock_table(held, str(file))


def _stock_table(held: Mapping[tuple[str, str], int], file: str) -> RawTable:
    keys = sorted(held)
    return RawTable(
        pa.table(
            {
                "node": pa.array([node for node, _ in keys], pa.string()),
                "item": pa.array([item for _, item in keys], pa.string()),
                "quantity": pa.array([str(held[key]) for key in keys], pa.string()),
            }
        ),
        file,
        np.zeros(len(keys), np.int64),
    )


def _with_all(stock: RawTable, shipped: list[Shipped]) -> RawTable:
    """The stock stated, and an empty position wherever something was shipped that it does not know."""
    names = stock.data.column_names
    if not {"node", "item"} <= set(names):
        return stock  # building the problem says which column is missing
    texts = [[str(value) for value in stock.data.column(name).to_pylist()] for name in ("node", "item")]
    known = set(zip(*texts, strict=True))
    more = _stock_table({(s.node, s.item): 0 for s in shipped if (s.node, s.item) not in known}, stock.file).data
    text = stock.data.cast(pa.schema([(name, pa.string()) for name in names]))
    data = pa.concat_tables(
        [text, more.select([c for c in more.column_names if c in names])], promote_options="default"
    )
    blank = pa.table({name: data.column(name).combine_chunks().fill_null("") for name in names})
    rows = np.concatenate([stock.row_numbers(), np.zeros(more.num_rows, np.int64)])
    return RawTable(blank, stock.file, rows)


def _check_names(raw: RawScenario, shipped: list[Shipped], asked: _Asked) -> None:
    """Nodes, services, orders and their items must be known; every row that names another is told."""
    name, faults = asked.mapped.shipments, []
    known: dict[str, Iterable[str]] = {
        "node": _ids(raw, "nodes", "node"),
        "service": _ids(raw, "services", "service"),
        "order": asked.order_rows,
    }
    nearest = {what: NearestName(names) for what, names in known.items()}
    sets = {what: set(names) for what, names in known.items()}
    for one in shipped:
        for what, value in (("order", one.order), ("node", one.node), ("service", one.service)):
            if value not in sets[what]:
                message = unknown_name(what, value, nearest[what])
                faults.append(Fault(one.row.file, one.row.row, name(what), "UNKNOWN_ID", message))
    if faults:
        raise InputError(sorted(faults))


def _check_items(shipped: list[Shipped], asked: _Asked) -> None:
    """An order is sent what it asked for, or what may stand for it."""
    faults = []
    for one in shipped:
        if (one.order, one.item) not in asked.items:
            message = f"order '{one.order}' has no line that item '{one.item}' may serve"
            column = asked.mapped.shipments("item")
            faults.append(Fault(one.row.file, one.row.row, column, "WRONG_ITEM", message))
    if faults:
        raise InputError(sorted(faults))


def _built(raw: RawScenario, mapped: Mapped, orders: Path) -> Problem:
    """The problem; faults in the export's own columns are told by the names that it gives them."""
    try:
        return build_problem(raw)
    except InputError as error:
        faults = [
            replace(fault, column=mapped.orders(fault.column)) if fault.file == str(orders) else fault
            for fault in error.faults
        ]
        raise InputError(sorted(faults)) from None
