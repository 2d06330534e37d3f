"""``verify`` accepts what is right, and rejects every figure that is changed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from dom_engine.domain.columns import Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.verify import VerifyReport, verify
from tests import naive
from tests.property.random_scenario import random_scenario
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices, result_of, table_of

SEEDS = range(60)
Row = dict[str, str]
Edit = Callable[[Path], None]


def result_of_seed(seed: int) -> Result:
    given = naive.read_problem(random_scenario(seed))
    converter = Converter(given)
    plan = converter.plan(naive.solve_exhaustive(given).plan)
    return result_of(converter.problem(), plan, priced_rows(converter, random_prices(given, Random(seed))))


@pytest.mark.parametrize("seed", SEEDS)
def test_right_results_hold(seed: int, tmp_path: Path) -> None:
    try:
        result = result_of_seed(seed)
    except naive.TooLarge:
        return
    write_result(result, tmp_path / "out")
    report = verify(result.problem, tmp_path / "out")
    assert report.findings == ()
    assert report.ok
    assert report.certified_lower_bound_micros == result.certificate.lower_bound_micros


# ---- one folder, spoiled in one place at a time -------------------------------------------------------------------


def quickstart_plan(problem: Problem) -> Plan:
    """1004 with four mugs from Reno, 1006 with its vase from there; the rest left out."""
    from tests.unit.audit.conversion import make_plan

    def index(ids: Any, text: str) -> int:
        return int(ids.to_pylist().index(text))

    reno = index(problem.nodes.ids, "reno")
    dispatch_s = 1_764_032_400  # 2025-11-24T17:00-08:00
    at = {
        item: int(np.flatnonzero((problem.positions.node_idx == reno) & (problem.positions.item_idx == number))[0])
        for number, item in enumerate(problem.items.ids.to_pylist())
        if ((problem.positions.node_idx == reno) & (problem.positions.item_idx == number)).any()
    }
    first = problem.orders.line_ptr
    orders = [index(problem.orders.ids, order) for order in ("1004", "1006")]
    shipments = [(order, dispatch_s, reno, 0) for order in orders]
    pieces = [(0, int(first[orders[0]]), at["mug"], False, 4), (1, int(first[orders[1]]), at["vase"], False, 1)]
    return make_plan(shipments, pieces)


@pytest.fixture(scope="module")
def quickstart(repository: Path) -> Result:
    problem = load_scenario(repository / "scenarios" / "quickstart")
    stock = [(0, row, -1, -1, -1, 0, 0, int(problem.positions.free[row]), 0, 1_500_000) for row in (0, 3)]
    return result_of(problem, quickstart_plan(problem), table_of(stock))


@pytest.fixture
def folder(quickstart: Result, tmp_path: Path) -> Path:
    write_result(quickstart, tmp_path / "out")
    return tmp_path / "out"


def test_the_folder_to_spoil_holds(quickstart: Result, folder: Path) -> None:
    assert verify(quickstart.problem, folder).findings == ()


def table_edit(file: str, change: Callable[[list[Row]], Any]) -> Edit:
    """Change the rows of a table, as another tool would write them."""

    def edit(folder: Path) -> None:
        with (folder / file).open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            rows, columns = list(reader), list(reader.fieldnames or ())
        change(rows)
        with (folder / file).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    return edit


def cell_edit(file: str, column: str, text: str, row: int = 0) -> Edit:
    return table_edit(file, lambda rows: rows[row].__setitem__(column, text))


def summary_edit(key: str, value: object) -> Edit:
    def edit(folder: Path) -> None:
        summary = json.loads((folder / "summary.json").read_text())
        *parents, last = key.split(".")
        entry = summary
        for parent in parents:
            entry = entry[parent]
        entry[last] = value
        (folder / "summary.json").write_text(json.dumps(summary))

    return edit


SHIPMENT_AMOUNTS = (
    "freight", "insurance", "duty", "buyer", "handling", "preference", "late", "early", "carbon", "safety_stock",
    "substitution", "total",
)  # fmt: skip

CELLS = [
    *((("shipments.csv", name, "99.000000")) for name in SHIPMENT_AMOUNTS),
    *((("shipments.csv", name, "99")) for name in ("units", "lines", "parcels", "days_late", "days_early")),
    *((("shipments.csv", name, "99.000")) for name in ("weight_kg", "billable_kg", "distance_km", "co2_kg")),
    *((("shipments.csv", name, "2025-11-26T00:00:00Z")) for name in ("delivery_at", "judged_at", "arrival_at")),
    ("shipments.csv", "dispatch_at", "2025-11-25T02:00:00Z"),
    ("shipments.csv", "node", "newark"),
    ("shipments.csv", "order", "1005"),
    ("allocations.csv", "quantity", "5"),
    ("allocations.csv", "quantity", "-4"),
    ("allocations.csv", "item", "lamp"),
    ("allocations.csv", "order", "1005"),
    ("allocations.csv", "line", "2"),
    ("allocations.csv", "available_at", "2025-11-25T02:00:00Z"),
    ("allocations.csv", "from_safety_stock", "true"),
    ("unallocated.csv", "quantity", "9"),
    ("unallocated.csv", "unmet", "99.000000"),
    ("unallocated.csv", "reason", "NO_LANE"),
    ("unallocated.csv", "reason", "BAD_LUCK"),
    ("prices.csv", "kind", "safety_stock"),
    ("prices.csv", "kind", "capacity"),
    ("prices.csv", "kind", "whim"),
    ("prices.csv", "node", "newark"),
    ("prices.csv", "node", ""),
    ("prices.csv", "item", "rug"),
    ("prices.csv", "service", "ground"),
    ("prices.csv", "limit", "3"),
    ("prices.csv", "used", "3"),
    ("prices.csv", "price", "9.000000"),
    ("prices.csv", "price", "-1.000000"),
    ("order_bounds.csv", "cost", "99.000000"),
    ("order_bounds.csv", "priced_minimum", "99.000000"),
    ("order_bounds.csv", "priced_minimum", "1.000000"),
    ("order_bounds.csv", "order", "1006"),
]


@pytest.mark.parametrize(("file", "column", "text"), CELLS)
def test_a_changed_cell_is_found(quickstart: Result, folder: Path, file: str, column: str, text: str) -> None:
    cell_edit(file, column, text)(folder)
    assert not verify(quickstart.problem, folder).ok


def keys_of(summary: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in summary.items():
        if isinstance(value, dict):
            yield from keys_of(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


FREE_KEYS = {"format", "scenario", "currency", "method", "work", "seed", "threads", "bound_source", "limit"}


def test_every_figure_of_the_summary_is_checked(quickstart: Result, folder: Path) -> None:
    original = (folder / "summary.json").read_bytes()
    unnoticed = []
    for key, value in keys_of(json.loads(original)):
        if key in FREE_KEYS or key.split(".")[0] in ("timings_s", "versions", "solve"):
            continue
        changed = value + 3 if isinstance(value, int | float) else "OTHER"
        summary_edit(key, changed)(folder)
        if verify(quickstart.problem, folder).ok:
            unnoticed.append(key)
        (folder / "summary.json").write_bytes(original)
    # The numbers beside integers are the same figures; a fill bound that is null proves nothing and claims nothing.
    assert unnoticed == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("limit", "SOMETIMES"),
        ("bound_source", "hope"),
        ("work", "much"),
        ("seed", None),
        ("threads", 1.5),
        ("method", 3),
        ("timings_s", {"search": "long"}),
        ("versions", ["1.0"]),
        ("certified_lower_bound_micros", None),
        ("objective_micros", "115"),
        ("costs", {}),
        ("kpis", None),
    ],
)
def test_ill_formed_summary_is_found(quickstart: Result, folder: Path, key: str, value: object) -> None:
    summary_edit(key, value)(folder)
    assert not verify(quickstart.problem, folder).ok


def duplicate(rows: list[Row]) -> None:
    rows.append(dict(rows[-1]))


@pytest.mark.parametrize(
    ("file", "change", "expected"),
    [
        ("shipments.csv", list.clear, "unknown shipment"),
        ("shipments.csv", list.reverse, "not sorted by order, dispatch, node, service"),
        ("shipments.csv", duplicate, "names two shipments"),
        ("shipments.csv", lambda rows: rows.append({**rows[-1], "shipment": "S9"}), "stands twice"),
        ("allocations.csv", list.reverse, "not sorted by shipment, order, line, item"),
        ("allocations.csv", duplicate, "stands twice"),
        ("allocations.csv", list.pop, "nothing is aboard"),
        ("unallocated.csv", list.reverse, "not sorted by order, line"),
        ("unallocated.csv", duplicate, "stands twice"),
        ("unallocated.csv", list.pop, "has unallocated units and no row"),
        ("prices.csv", list.reverse, "not sorted by kind, node"),
        ("prices.csv", duplicate, "stands twice"),
        ("prices.csv", list.pop, "a pattern pays less"),
        ("order_bounds.csv", list.pop, "does not hold every order once"),
    ],
)
def test_missing_repeated_and_unsorted_rows_are_found(
    quickstart: Result, folder: Path, file: str, change: Callable[[list[Row]], Any], expected: str
) -> None:
    table_edit(file, change)(folder)
    report = verify(quickstart.problem, folder)
    assert not report.ok
    assert any(expected in finding.message for finding in report.findings), [str(one) for one in report.findings]


def test_a_finding_names_the_place_and_both_values(quickstart: Result, folder: Path) -> None:
    cell_edit("shipments.csv", "freight", "1.000000", row=1)(folder)
    finding = next(one for one in verify(quickstart.problem, folder).findings if one.column == "freight")
    assert (finding.file, finding.row, finding.stated) == ("shipments.csv", 3, "1.000000")
    assert str(finding).startswith(
        "shipments.csv, row 3, freight: is not what the plan gives (stated 1.000000, expected"
    )


def test_amounts_may_differ_by_their_rounding_alone(quickstart: Result, folder: Path) -> None:
    """One micro more freight, carried through every sum, is another implementation's rounding; two are not."""

    def dearer(micros: int) -> None:
        write_result(shifted(quickstart, micros), folder)

    dearer(1)
    assert verify(quickstart.problem, folder).findings == ()
    dearer(2)
    assert {finding.column for finding in verify(quickstart.problem, folder).findings} >= {"freight"}


def shifted(result: Result, micros: int) -> Result:
    """The result with the freight of its first shipment dearer by some micros, everywhere it is stated."""
    facts, certificate = result.evaluation.shipments, result.certificate
    first: Flags = np.arange(len(facts.units)) == 0
    weighted = {**facts.weighted_micros, "freight": facts.weighted_micros["freight"] + micros * first}
    costs = {**result.evaluation.costs_micros, "freight": result.evaluation.costs_micros["freight"] + micros}
    raw = {**result.evaluation.raw_costs_micros, "freight": result.evaluation.raw_costs_micros["freight"] + micros}
    cost = certificate.order_cost_micros.copy()
    cost[result.plan.shipments.order_idx[0]] += micros
    return replace(
        result,
        evaluation=replace(
            result.evaluation,
            shipments=replace(facts, weighted_micros=weighted),
            costs_micros=costs,
            raw_costs_micros=raw,
        ),
        certificate=replace(certificate, order_cost_micros=cost),
    )


def test_a_result_of_another_scenario_is_found(repository: Path, quickstart: Result, folder: Path) -> None:
    other = load_scenario(repository / "scenarios" / "quickstart", variant="splits-hurt")
    report = verify(other, folder)
    assert report.findings[0].code == "OTHER_PROBLEM"


def test_malformed_tables_are_findings_and_missing_files_are_errors(quickstart: Result, folder: Path) -> None:
    cell_edit("order_bounds.csv", "cost", "dear")(folder)
    (finding,) = verify(quickstart.problem, folder).findings
    assert (finding.file, finding.row, finding.column, finding.code) == ("order_bounds.csv", 2, "cost", "MALFORMED")
    (folder / "order_bounds.csv").unlink()
    with pytest.raises(InputError, match="no such file"):
        verify(quickstart.problem, folder)


def accepts(report: VerifyReport, note: str) -> bool:
    return report.ok and any(note in text for text in report.notes)


def test_a_searched_bound_is_noted_as_a_claim(quickstart: Result, tmp_path: Path) -> None:
    bound = quickstart.evaluation.objective_micros
    claimed = replace(
        quickstart, lower_bound_micros=bound, bound_source="search", status=type(quickstart.status).OPTIMAL
    )
    write_result(claimed, tmp_path / "out")
    report = verify(quickstart.problem, tmp_path / "out")
    assert accepts(report, "claim of a search")
    assert not report.proven


EXTREMES = (
    "",
    "0",
    "-1",
    "x",
    "1e30",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854.775807",
    "9223372036854775.807",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "S000001",
    "reno",
)


@pytest.mark.parametrize(
    "file", ["shipments.csv", "allocations.csv", "unallocated.csv", "prices.csv", "order_bounds.csv"]
)
def test_no_cell_makes_verify_stumble(quickstart: Result, folder: Path, file: str) -> None:
    """Whatever stands in a cell, the answer is a report; what does not hold is a finding."""
    original = (folder / file).read_bytes()
    for column in original.split(b"\n", 1)[0].decode().split(","):
        for text in EXTREMES:
            cell_edit(file, column, text)(folder)
            # The cell as it was, free text, a zero that stood there with decimals, the id of the first shipment.
            unchanged = (folder / file).read_bytes() == original
            harmless = unchanged or column == "detail" or text in ("0", "S000001")
            report = verify(quickstart.problem, folder)
            assert not report.ok or harmless, (column, text)
            (folder / file).write_bytes(original)
