"""Two families of the OR-Library (Beasley, 1990, doi:10.1057/jors.1990.166) whose optima are known, as scenarios.

The costs are carried so that the scenario's optimum is the library's: what it costs to serve all of a customer is
divided by its demand in full precision, and leaving a unit unserved costs more than any plan could save by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal, localcontext
from pathlib import Path
from typing import Any

from dom_engine.errors import InputError
from dom_engine.importers.folder import (
    CsvTable,
    plain,
    replacing,
    write_readme,
    write_settings,
    write_tables,
)
from dom_engine.importers.source import open_text

SERVICE = "delivery"
# Digits of a quotient: far below a micro even times a whole customer's demand.
QUOTIENT_DIGITS = 30


def import_orlib_cap(file: Path, out: Path) -> Path:
    """Write a capacitated warehouse location instance as a scenario folder.

    A customer is an order of one line that may be split; a warehouse a node with a capacity in units and its fixed
    cost as activation cost.

    Parameters
    ----------
    file
        m, n; m times capacity and fixed cost; n times demand and the m costs of serving all of it.
    out
        Folder to write; an earlier import there is replaced.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    InputError
        The file is not such an instance (its row is named), or ``out`` holds something else.
    """
    numbers = _Numbers(file)
    num_nodes, num_orders = numbers.count(), numbers.count()
    warehouses = [(numbers.count(), numbers.amount()) for _ in range(num_nodes)]
    customers = [(numbers.count(), [numbers.amount() for _ in range(num_nodes)]) for _ in range(num_orders)]
    numbers.end()
    nodes, orders = _labels("W", num_nodes), _labels("C", num_orders)
    wanted = sum(demand for demand, _ in customers)
    lanes = CsvTable("lanes", ["service", "node", "postal_prefix", "rate"])
    rates = CsvTable("rates", ["rate", "per_unit"])
    unit_costs = [Decimal(0)]
    for order, (demand, costs) in zip(orders, customers, strict=True):
        for node, cost in zip(nodes, costs, strict=True):
            lanes.rows.append([SERVICE, node, order, f"{node}-{order}"])
            with localcontext(prec=QUOTIENT_DIGITS):
                unit_costs.append(cost / demand if demand else Decimal(0))
            rates.rows.append([f"{node}-{order}", plain(unit_costs[-1])])
    # One more unit can be served by opening what is closed and moving a unit along each node at most once.
    prohibitive = sum(fixed for _, fixed in warehouses) + (num_nodes + 1) * max(unit_costs)
    served = [(order, demand) for order, (demand, _) in zip(orders, customers, strict=True) if demand]
    tables = [
        CsvTable("nodes", ["node", "activation_cost"], _rows(nodes, [plain(fixed) for _, fixed in warehouses])),
        CsvTable(
            "capacities",
            ["node", "measure", "limit"],
            [[node, "units", capacity] for node, (capacity, _) in zip(nodes, warehouses, strict=True)],
        ),
        CsvTable("items", ["item"], [["goods"]]),
        CsvTable("inventory", ["node", "item", "quantity"], [[node, "goods", wanted] for node in nodes]),
        lanes,
        rates,
        CsvTable("orders", ["order", "postal_code"], [[order, order] for order, _ in served]),
        CsvTable(
            "order_lines",
            ["order", "line", "item", "quantity"],
            [[order, 1, "goods", demand] for order, demand in served],
        ),
    ]
    return _write(file, out, "capacitated warehouse location", prohibitive, tables)


def import_orlib_gap(file: Path, out: Path) -> Path:
    """Write a generalised assignment instance (minimisation) as a scenario folder.

    A job is an order of one unit; an agent a node with a capacity in ``work_h``; cost and resource of a job at an
    agent are ``node_items.unit_cost`` and ``work_h``.

    Parameters
    ----------
    file
        m, n; m times n costs; m times n resources; m capacities.
    out
        Folder to write; an earlier import there is replaced.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    InputError
        The file is not such an instance (its row is named), or ``out`` holds something else.
    """
    numbers = _Numbers(file)
    num_agents, num_jobs = numbers.count(), numbers.count()
    cost = [[numbers.amount() for _ in range(num_jobs)] for _ in range(num_agents)]
    work = [[numbers.amount() for _ in range(num_jobs)] for _ in range(num_agents)]
    capacity = [numbers.amount() for _ in range(num_agents)]
    numbers.end()
    agents, jobs = _labels("A", num_agents), _labels("J", num_jobs)
    pairs = [(i, j) for i in range(num_agents) for j in range(num_jobs)]
    # Dearer than all jobs at their dearest: no plan gains by leaving one out.
    prohibitive = 1 + sum((max(column) for column in zip(*cost, strict=True)), Decimal(0))
    tables = [
        CsvTable("nodes", ["node"], _rows(agents)),
        CsvTable(
            "capacities",
            ["node", "measure", "limit"],
            [[agent, "work_h", plain(limit)] for agent, limit in zip(agents, capacity, strict=True)],
        ),
        CsvTable("items", ["item"], _rows(jobs)),
        CsvTable("inventory", ["node", "item", "quantity"], [[agents[i], jobs[j], 1] for i, j in pairs]),
        CsvTable(
            "node_items",
            ["node", "item", "unit_cost", "work_h"],
            [[agents[i], jobs[j], plain(cost[i][j]), plain(work[i][j])] for i, j in pairs],
        ),
        CsvTable("lanes", ["service", "rate"], [[SERVICE, "free"]]),
        CsvTable("rates", ["rate"], [["free"]]),
        CsvTable("orders", ["order"], _rows(jobs)),
        CsvTable("order_lines", ["order", "line", "item", "quantity"], [[job, 1, job, 1] for job in jobs]),
    ]
    return _write(file, out, "generalised assignment", prohibitive, tables)


class _Numbers:
    """The numbers of a file one after another, however its lines break."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._row = 0
        self._words = self._read()

    def _read(self) -> Iterator[str]:
        with open_text(self._path) as stream:
            for line in stream:
                self._row += 1
                yield from line.split()

    def _error(self, message: str) -> InputError:
        return InputError.single(str(self._path), message, row=self._row, code="BAD_SOURCE")

    def amount(self) -> Decimal:
        """Return the next number, exact, not negative."""
        word = next(self._words, None)
        if word is None:
            raise self._error("ends early: more numbers are announced than there are")
        try:
            value = Decimal(word)
        except ArithmeticError:
            raise self._error(f"{word!r} is not a number") from None
        if not value.is_finite() or value < 0:
            raise self._error(f"{word!r} must be a finite number, zero or more")
        return value

    def count(self) -> int:
        """Return the next number, which must be whole."""
        value = self.amount()
        if value != value.to_integral_value():
            raise self._error(f"{value} is not a whole number")
        return int(value)

    def end(self) -> None:
        """Check that nothing is left."""
        if next(self._words, None) is not None:
            raise self._error("goes on after the last number announced")


def _labels(letter: str, count: int) -> list[str]:
    return [f"{letter}{number:0{len(str(count))}d}" for number in range(1, count + 1)]


def _rows(*columns: list[str]) -> list[Any]:
    return [list(row) for row in zip(*columns, strict=True)]


def _write(file: Path, out: Path, problem: str, prohibitive: Decimal, tables: list[CsvTable]) -> Path:
    settings = {
        "format": 1,
        "name": file.stem,
        "description": f"OR-Library, {problem}: {file.name}",
        "now": "2026-01-01T00:00:00Z",
        "horizon_h": 24,
        "policy": {"unmet_cost": int(prohibitive.to_integral_value(ROUND_CEILING))},
        "solve": {"gap": 0},
    }
    services = CsvTable("services", ["service"], [[SERVICE]])
    with replacing(out) as folder:
        write_settings(folder, settings)
        write_tables(folder, [services, *tables])
        write_readme(
            folder,
            f"# {file.stem}\n\nOR-Library, {problem} ({file.name}). Its optimum is the library's: nothing is generated,"
            "\nstock never binds, and leaving a unit unserved is dearer than any way to serve it.",
        )
    return out
