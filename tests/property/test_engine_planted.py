"""One fault planted in a right result of a random scenario: ``verify`` finds it, and names where it stands."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from dom_engine.domain.result import Reason
from dom_engine.scenario import load_scenario
from dom_engine.verify import verify
from tests import naive
from tests.property.strategies import scenarios
from tests.runs import TABLES, TO_THE_END, Row, Run, examples, oracle, run, write_table

KEY_COLUMNS = {
    "shipments.csv": ("order", "node", "service"),
    "allocations.csv": ("shipment", "order", "line", "item", "lot", "pool"),
    "unallocated.csv": ("order", "line"),
    "prices.csv": ("node", "item", "lot", "pool", "service", "measure"),
    "order_bounds.csv": ("order",),
}


@dataclass
class Spoiled:
    """A result folder about to be spoiled: ``draw`` chooses, ``place`` is a text some finding must hold."""

    solved: Run
    draw: st.DataObject

    def some_table(self, *files: str, at_least: int = 1) -> tuple[str, list[Row]]:
        """A table of the result with enough rows."""
        filled = [file for file in files or TABLES if len(self.solved.table(file)) >= at_least]
        assume(filled)
        file = self.draw.draw(st.sampled_from(filled))
        return file, self.solved.table(file)

    def some_row(self, rows: list[Row]) -> int:
        """The place of one of the rows."""
        return self.draw.draw(st.integers(0, len(rows) - 1))

    def write(self, file: str, rows: list[Row]) -> None:
        """Write the table back; its columns stay, even where no row is left."""
        columns = (self.solved.folder / file).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
        write_table(self.solved.folder / file, rows, columns)


def drop_a_row(spoiled: Spoiled) -> str:
    # A missing price is a price of zero, and proves what it proves; `test_verify_planted` makes prices dearer.
    file, rows = spoiled.some_table("shipments.csv", "allocations.csv", "unallocated.csv", "order_bounds.csv")
    del rows[spoiled.some_row(rows)]
    spoiled.write(file, rows)
    return ".csv"


def repeat_a_row(spoiled: Spoiled) -> str:
    file, rows = spoiled.some_table()
    at = spoiled.some_row(rows)
    rows.insert(at, dict(rows[at]))
    spoiled.write(file, rows)
    return file


def swap_two_rows(spoiled: Spoiled) -> str:
    file, rows = spoiled.some_table(at_least=2)
    at = spoiled.draw.draw(st.integers(0, len(rows) - 2))
    # Units of one line aboard one shipment from two positions: no order is asked of them.
    alike = ("shipment", "order", "line", "item")
    assume(file != "allocations.csv" or any(rows[at][name] != rows[at + 1][name] for name in alike))
    rows[at], rows[at + 1] = rows[at + 1], rows[at]
    spoiled.write(file, rows)
    return file


def name_what_does_not_exist(spoiled: Spoiled) -> str:
    file, rows = spoiled.some_table()
    at = spoiled.some_row(rows)
    named = [column for column in KEY_COLUMNS[file] if rows[at][column]]
    assume(named)
    column = spoiled.draw.draw(st.sampled_from(named))
    rows[at][column] += "?"
    spoiled.write(file, rows)
    return file


def dispatch_off_the_cutoff(spoiled: Spoiled) -> str:
    _, rows = spoiled.some_table("shipments.csv")
    at = spoiled.some_row(rows)
    shift = spoiled.draw.draw(st.sampled_from([timedelta(seconds=-1), timedelta(hours=1), timedelta(days=1)]))
    moment = datetime.fromisoformat(rows[at]["dispatch_at"]).astimezone(UTC) + shift
    rows[at]["dispatch_at"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    spoiled.write("shipments.csv", rows)
    return ""


def another_reason(spoiled: Spoiled) -> str:
    file, rows = spoiled.some_table("unallocated.csv")
    at = spoiled.some_row(rows)
    others = [reason.name for reason in Reason if reason.name != rows[at]["reason"]]
    rows[at]["reason"] = spoiled.draw.draw(st.sampled_from(others))
    spoiled.write(file, rows)
    return f"{file}, row {at + 2}, reason"


def the_other_status(spoiled: Spoiled) -> str:
    other = {"OPTIMAL": "FEASIBLE", "FEASIBLE": "OPTIMAL"}[spoiled.solved.summary()["status"]]
    set_summary(spoiled.solved, "status", other)
    return "summary.json, status"


def a_bound_above_the_objective(spoiled: Spoiled) -> str:
    key = spoiled.draw.draw(st.sampled_from(["lower_bound_micros", "certified_lower_bound_micros"]))
    set_summary(spoiled.solved, key, spoiled.solved.summary()["objective_micros"] + 2)
    return "summary.json"


def a_certified_bound_that_is_not_proven(spoiled: Spoiled) -> str:
    key = "certified_lower_bound_micros"
    set_summary(spoiled.solved, key, spoiled.solved.summary()[key] + 2)
    return "summary.json, certified_lower_bound"


def a_priced_minimum_too_high(spoiled: Spoiled) -> str:
    file, rows = spoiled.some_table("order_bounds.csv")
    at = spoiled.some_row(rows)
    rows[at]["priced_minimum"] = f"{float(rows[at]['priced_minimum']) + 1:.6f}"
    spoiled.write(file, rows)
    return f"{file}, row {at + 2}, priced_minimum"


def a_negative_price(spoiled: Spoiled) -> str:
    file, rows = spoiled.some_table("prices.csv")
    at = spoiled.some_row(rows)
    rows[at]["price"] = "-" + (rows[at]["price"] if float(rows[at]["price"]) else "0.000001")
    spoiled.write(file, rows)
    return f"{file}, row {at + 2}, price"


PLANTS: list[Callable[[Spoiled], str]] = [
    drop_a_row,
    repeat_a_row,
    swap_two_rows,
    name_what_does_not_exist,
    dispatch_off_the_cutoff,
    another_reason,
    the_other_status,
    a_bound_above_the_objective,
    a_certified_bound_that_is_not_proven,
    a_priced_minimum_too_high,
    a_negative_price,
]


@contextmanager
def solved_in_a_folder(scenario: naive.Scenario, **overrides: object) -> Iterator[Run]:
    oracle(naive.read_problem(scenario))
    with tempfile.TemporaryDirectory() as parent:
        solved = run(scenario, Path(parent), **overrides)
        assert verify(solved.problem, solved.folder).ok
        yield solved


@examples(1)
@given(scenarios(), st.sampled_from(PLANTS), st.data())
def test_a_planted_fault_is_found(
    scenario: naive.Scenario, plant: Callable[[Spoiled], str], data: st.DataObject
) -> None:
    with solved_in_a_folder(scenario, method="fcfs") as solved:
        place = plant(Spoiled(solved, data))
        findings = [str(finding) for finding in verify(solved.problem, solved.folder).findings]
        assert any(place in finding for finding in findings), (plant.__name__, place, findings)


@examples(0.4)
@given(scenarios(), st.data())
def test_stock_oversold_by_one_is_found(scenario: naive.Scenario, data: st.DataObject) -> None:
    """The plan stays; the stock under it shrinks to one unit less than it draws."""
    with solved_in_a_folder(scenario, method="fcfs") as solved:
        problem = naive.read_problem(scenario)
        plan = naive.plan_from_tables(problem, solved.table("shipments.csv"), solved.table("allocations.csv"))
        drawn = Counter[int]()
        for piece in (piece for shipment in plan for piece in shipment.load if not piece.safety):
            drawn[problem.positions.index(piece.position)] += piece.quantity
        assume(drawn)
        at = data.draw(st.sampled_from(sorted(drawn)))
        inventory = [dict(row) for row in scenario.rows("inventory")]
        left = int(inventory[at].get("reserved", "0")) + drawn[at] - 1
        inventory[at].update(quantity=str(left), safety_stock="0")
        other = naive.Scenario(scenario.config, {**scenario.tables, "inventory": inventory})
        findings = findings_against(solved, other)
        expected = (
            f"{inventory[at]['item']} at {inventory[at]['node']}",
            f"{drawn[at]} units taken, {drawn[at] - 1} free",
        )
        assert any(all(text in finding for text in expected) for finding in findings), findings


def findings_against(solved: Run, scenario: naive.Scenario) -> list[str]:
    """What is found when the same folder claims to answer another scenario."""
    folder = naive.write_scenario(scenario, solved.folder.parent / "other")
    problem = load_scenario(folder, overrides={**TO_THE_END, "method": "fcfs"})
    set_summary(solved, "problem_digest", problem.digest)
    return [str(finding) for finding in verify(problem, solved.folder).findings]


def set_summary(solved: Run, key: str, value: object) -> None:
    """Replace one figure of the summary."""
    (solved.folder / "summary.json").write_text(json.dumps({**solved.summary(), key: value}))
