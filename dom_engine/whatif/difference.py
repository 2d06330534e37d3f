"""What changed from one plan to another, order by order, and how the cost moved, to the micro."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from dom_engine.errors import InputError
from dom_engine.scenario.exports import MONEY, table_of
from dom_engine.scenario.results_format import RESULT_TABLES, SUMMARY_FILE
from dom_engine.scenario.results_read import read_summary

_MAX_CELL_BYTES = 1 << 26
ROW_TERMS = ("overtime", "load", "activation")
"""Costs of rows that orders share: they belong to no single order."""

_NEEDED = (
    "objective_micros",
    "lower_bound_micros",
    "costs_micros",
    "raw_costs_micros",
    "kpis",
    "fill",
    "problem_digest",
)


@dataclass(frozen=True, slots=True)
class OrderChange:
    """How one order changed; ``before`` and ``after`` say what ships, costs are its own (section 9), in micros.

    ``kind`` is the first that applies: ``added``, ``removed``, ``moved`` (it ships from other nodes), ``service``,
    ``dispatch``, ``quantity``, or ``cost``: it does just the same at another cost.
    """

    order: str
    kind: str
    before: str
    after: str
    cost_before_micros: int
    cost_after_micros: int

    @property
    def delta_micros(self) -> int:
        """What its own cost moved by."""
        return self.cost_after_micros - self.cost_before_micros


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """Two plans apart. ``orders`` holds those that changed, the largest move of cost first.

    The objective moves by the sum of the orders' ``delta_micros`` and ``rows_delta_micros`` (overtime, loads,
    activation).
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    orders: tuple[OrderChange, ...]
    num_orders: int

    @property
    def same_problem(self) -> bool:
        """Whether both plans answer the same problem."""
        return bool(self.before["problem_digest"] == self.after["problem_digest"])

    @property
    def delta_micros(self) -> int:
        """What the objective moved by."""
        return int(self.after["objective_micros"]) - int(self.before["objective_micros"])

    @property
    def rows_delta_micros(self) -> int:
        """What overtime, loads and activations moved by."""
        return sum(self.terms()[term] for term in ROW_TERMS)

    def terms(self) -> dict[str, int]:
        """What each cost term moved by."""
        before, after = self.before["costs_micros"], self.after["costs_micros"]
        return {term: int(after[term]) - int(before[term]) for term in after}


def diff_plans(before: Path, after: Path) -> PlanDiff:
    """Compare two result folders, of the same problem or of two that share orders.

    Raises
    ------
    InputError
        When either is no result folder.
    """
    old, new = _Side(before), _Side(after)
    changes = []
    for order in sorted({*old.cost, *new.cost}):
        change = _change(order, old, new)
        if change is not None:
            changes.append(change)
    changes.sort(key=lambda change: (-abs(change.delta_micros), change.order))
    return PlanDiff(old.summary, new.summary, tuple(changes), len({*old.cost, *new.cost}))


def diff_tables(found: PlanDiff) -> dict[str, pa.Table]:
    """The orders that changed, and every cost term before and after."""
    words = dict.fromkeys(("order", "kind", "before", "after"), pa.string())
    orders: list[dict[str, Any]] = [
        {
            **{name: getattr(change, name) for name in words},
            "cost_before": change.cost_before_micros,
            "cost_after": change.cost_after_micros,
            "delta": change.delta_micros,
        }
        for change in found.orders
    ]
    before, after = found.before["costs_micros"], found.after["costs_micros"]
    terms = [
        {"term": term, "before": before[term], "after": after[term], "delta": moved}
        for term, moved in found.terms().items()
    ]
    return {
        "order_changes": table_of(orders, {**words, **dict.fromkeys(("cost_before", "cost_after", "delta"), MONEY)}),
        "cost_changes": table_of(terms, {"term": pa.string(), **dict.fromkeys(("before", "after", "delta"), MONEY)}),
    }


class _Side:
    """One of the two results, by order."""

    def __init__(self, folder: Path) -> None:
        self.summary = read_whole_summary(folder)
        bounds = read_table(folder / "order_bounds.csv")
        costs = (int(Decimal(text).scaleb(6)) for text in bounds["cost"].to_pylist())
        self.cost = dict(zip(bounds["order"].to_pylist(), costs, strict=True))
        self.ships: dict[str, list[tuple[str, str, str]]] = {}
        shipped = read_table(folder / "shipments.csv")
        columns = (shipped[name].to_pylist() for name in ("order", "node", "service", "dispatch_at"))
        for order, node, service, dispatch_at in zip(*columns, strict=True):
            self.ships.setdefault(order, []).append((node, service, dispatch_at))
        self.aboard: dict[str, dict[tuple[str, str], int]] = {}
        loads = read_table(folder / "allocations.csv")
        columns = (loads[name].to_pylist() for name in ("order", "line", "item", "quantity"))
        for order, line, item, quantity in zip(*columns, strict=True):
            of = self.aboard.setdefault(order, {})
            of[line, item] = of.get((line, item), 0) + int(quantity)


def read_whole_summary(folder: Path) -> Mapping[str, Any]:
    """The summary of a result folder; InputError when it lacks what a result states."""
    summary = read_summary(folder)
    missing = [key for key in _NEEDED if key not in summary]
    if missing:
        message = f"is not the summary of a result: it has no '{missing[0]}'"
        raise InputError.single(str(folder / SUMMARY_FILE), message, code="NOT_A_RESULT")
    return summary


def read_table(path: Path) -> pa.Table:
    """A table of a result folder as text; InputError when there is none."""
    columns = list(RESULT_TABLES[path.name])
    try:
        return pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(block_size=_MAX_CELL_BYTES),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except FileNotFoundError:
        raise InputError.single(str(path), "the result folder has no such file", code="NOT_FOUND") from None
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise InputError.single(str(path), f"not a table of a result: {error}", code="MALFORMED") from None


def _change(order: str, old: _Side, new: _Side) -> OrderChange | None:
    before, after = old.ships.get(order, []), new.ships.get(order, [])
    costs = old.cost.get(order, 0), new.cost.get(order, 0)
    if order not in old.cost or order not in new.cost:
        kind = "added" if order not in old.cost else "removed"
    elif sorted(node for node, _, _ in before) != sorted(node for node, _, _ in after):
        kind = "moved"
    elif sorted(ship[:2] for ship in before) != sorted(ship[:2] for ship in after):
        kind = "service"
    elif sorted(before) != sorted(after):
        kind = "dispatch"
    elif old.aboard.get(order, {}) != new.aboard.get(order, {}):
        kind = "quantity"
    elif costs[0] != costs[1]:
        kind = "cost"
    else:
        return None
    return OrderChange(order, kind, _told(before, old, order), _told(after, new, order), *costs)


def _told(ships: Sequence[tuple[str, str, str]], side: _Side, order: str) -> str:
    """What ships, in a few words."""
    if not ships:
        return "nothing" if order in side.cost else "no such order"
    units = sum(side.aboard.get(order, {}).values())
    return f"{units} from " + ", ".join(f"{node} by {service} {at[5:16]}" for node, service, at in ships)
