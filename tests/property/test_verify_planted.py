"""Faults planted in right results of random scenarios, no solver run: every figure, price and rule `verify` reads.

The plans are the oracle's best, the prices random. Faults of form (rows dropped, ids unknown) are planted in results of
the engine, in ``test_engine_planted``.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from dom_engine.audit.evaluate import Auditor
from dom_engine.certificate.fill import least_unallocated
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.result import Fill, Result, Status
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.verify import VerifyReport, verify
from tests import naive
from tests.naive.certificate import Prices
from tests.property.strategies import SEEDS, scenarios
from tests.runs import examples, read_table, write_table
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices, result_of

Cells = list[dict[str, str]]

INSTANTS = ("delivery_at", "judged_at", "arrival_at")
COUNTS = ("units", "lines", "parcels", "days_late", "days_early")
THOUSANDTHS = ("weight_kg", "billable_kg", "distance_km", "co2_kg")
MONEY = (
    "freight", "insurance", "duty", "buyer", "handling", "preference", "late", "early", "carbon", "safety_stock",
    "substitution", "total",
)  # fmt: skip
FIGURES: Mapping[str, tuple[str, ...]] = {
    "shipments.csv": (*INSTANTS, *COUNTS, *THOUSANDTHS, *MONEY),
    "allocations.csv": ("quantity",),
    "unallocated.csv": ("quantity", "unmet"),
    "prices.csv": ("limit", "used"),
    "order_bounds.csv": ("cost", "priced_minimum"),
}
"""What each table states in figures."""

AMOUNTS = ("objective", "lower_bound", "certified_lower_bound", "kpis.cost_per_order")
RATIOS = ("gap", "certified_gap", "kpis.fill_rate", "kpis.shipments_per_order", "kpis.co2_kg")
COUNTED = (
    "orders", "lines", "units", "filled_units", "complete_orders", "split_orders", "shipments", "parcels",
    "on_time_shipments",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A right result and its folder."""

    scenario: naive.Scenario
    given: naive.Problem
    converter: Converter
    prices: Prices
    result: Result
    folder: Path

    def findings(self) -> list[str]:
        """What is found in the folder as it stands."""
        return told(verify(self.result.problem, self.folder))

    def edit(self, file: str, change: Callable[[Cells], Any]) -> None:
        """Change the rows of a table."""
        columns = (self.folder / file).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
        rows = read_table(self.folder / file)
        change(rows)
        write_table(self.folder / file, rows, columns)

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` states."""
        stated: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return stated

    def restate(self, **figures: Any) -> None:
        """Change figures of the summary; ``__`` stands for the dot between the parts of a key."""
        summary = self.summary()
        for key, value in figures.items():
            *parents, last = key.split("__")
            entry = summary
            for parent in parents:
                entry = entry[parent]
            assert last in entry, key
            entry[last] = value
        (self.folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")

    def stated(self, key: str) -> Any:
        """A figure of the summary."""
        entry: Any = self.summary()
        for part in key.split("__"):
            entry = entry[part]
        return entry


def told(report: VerifyReport) -> list[str]:
    return [str(finding) for finding in report.findings]


@contextmanager
def made(scenario: naive.Scenario, seed: int) -> Iterator[Made]:
    """The oracle's best plan with random prices; scenarios that are too large to enumerate are drawn again."""
    given_problem = naive.read_problem(scenario)
    try:
        best = naive.solve_exhaustive(given_problem)
    except naive.TooLarge:
        reject()
    converter = Converter(given_problem)
    prices = random_prices(given_problem, Random(seed))
    result = result_of(converter.problem(), converter.plan(best.plan), priced_rows(converter, prices))
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "out"
        write_result(result, folder)
        yield Made(scenario, given_problem, converter, prices, result, folder)


def otherwise(column: str, cell: str) -> str:
    """Another value of a cell, farther off than rounding reaches."""
    if column in INSTANTS:
        moment = datetime.fromisoformat(cell).astimezone(UTC) + timedelta(seconds=1)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    step = {"quantity": 1, **dict.fromkeys(COUNTS, 1), **dict.fromkeys(THOUSANDTHS, Fraction(1, 1_000))}
    more = Fraction(cell) + step.get(column, 1)
    return str(int(more)) if "." not in cell else f"{float(more):.{len(cell.partition('.')[2])}f}"


@examples(0.6)
@given(scenarios(), SEEDS, st.data())
def test_every_figure_of_every_table_is_recomputed(scenario: naive.Scenario, seed: int, data: st.DataObject) -> None:
    with made(scenario, seed) as solved:
        filled = [file for file in FIGURES if read_table(solved.folder / file)]
        file = data.draw(st.sampled_from(filled))
        at = data.draw(st.integers(0, len(read_table(solved.folder / file)) - 1))
        column = data.draw(st.sampled_from(FIGURES[file]))
        solved.edit(file, lambda rows: rows[at].update({column: otherwise(column, rows[at][column])}))
        findings = solved.findings()
        # A quantity in allocations.csv makes another plan: what is stated of it shows the fault.
        place = "" if file == "allocations.csv" else f"{file}, row {at + 2}, {column}:"
        assert any(place in finding for finding in findings), (file, column, findings)


@examples(0.4)
@given(scenarios(), SEEDS, st.data())
def test_every_figure_of_the_summary_is_recomputed(scenario: naive.Scenario, seed: int, data: st.DataObject) -> None:
    """Each figure alone, and money together with its integer in micros."""
    with made(scenario, seed) as solved:
        terms = [f"{group}__{term}" for group in ("costs", "raw_costs") for term in solved.stated("costs")]
        amounts = [*terms, *(key.replace(".", "__") for key in AMOUNTS), "fill__weighted_unallocated"]
        counts = [f"kpis__{name}" for name in COUNTED]
        key = data.draw(st.sampled_from([*amounts, *(key.replace(".", "__") for key in RATIOS), *counts]))
        group, _, term = key.partition("__")
        micros = f"{group}_micros__{term}" if group in ("costs", "raw_costs") else f"{key}_micros"
        change = {key: solved.stated(key) + 1}
        if key in amounts and data.draw(st.booleans()):
            change[micros] = solved.stated(micros) + 1_000_000
        solved.restate(**change)
        assert any(finding.startswith("summary.json") for finding in solved.findings()), change


@examples(0.15)
@given(scenarios(), SEEDS, st.data())
def test_a_cost_that_is_wrong_throughout_is_found(scenario: naive.Scenario, seed: int, data: st.DataObject) -> None:
    """A term that is a unit too high in the table, its total, the summary, the objective: nothing contradicts it."""
    with made(scenario, seed) as solved:
        assume(read_table(solved.folder / "shipments.csv"))
        term = data.draw(st.sampled_from(MONEY[:-1]))

        def dearer(rows: Cells) -> None:
            for column in (term, "total"):
                rows[0][column] = otherwise(column, rows[0][column])

        solved.edit("shipments.csv", dearer)
        raised = {key: solved.stated(key) + 1 for key in (f"costs__{term}", "objective")}
        micros = (f"costs_micros__{term}", "objective_micros")
        solved.restate(**raised, **{key: solved.stated(key) + 1_000_000 for key in micros})
        findings = solved.findings()
        for place in (f"shipments.csv, row 2, {term}:", f"summary.json, costs_micros.{term}:"):
            assert any(finding.startswith(place) for finding in findings), (place, findings)


@examples(0.15)
@given(scenarios(), SEEDS, st.data())
def test_other_prices_prove_another_bound(scenario: naive.Scenario, seed: int, data: st.DataObject) -> None:
    """Bound and minima as of one price less a row; the oracle says whether the row made a difference."""
    with made(scenario, seed) as solved:
        assume(solved.prices.rows)
        row = data.draw(st.sampled_from(sorted(solved.prices.rows, key=repr)))
        raised = {**solved.prices.rows, row: solved.prices.rows[row] + 50}
        dearer = Prices(raised, solved.prices.activation, solved.prices.fill_price, solved.prices.fill_limit)
        try:
            before, after = (naive.certified_bound(solved.given, prices) for prices in (solved.prices, dearer))
        except naive.TooLarge:
            reject()
        moved = abs(after.bound_micros - before.bound_micros)
        moved = max([moved, *(abs(after.order_minima[o] - least) for o, least in before.order_minima.items())])
        assume(moved > 1_000)
        problem, plan = solved.result.problem, solved.result.plan
        stated = result_of(problem, plan, priced_rows(solved.converter, dearer))
        write_result(stated, solved.folder.parent / "dearer")
        prices = (solved.folder.parent / "dearer" / "prices.csv").read_bytes()
        (solved.folder / "prices.csv").write_bytes(prices)
        assert solved.findings()


@examples(0.15)
@given(scenarios(), SEEDS, st.data())
def test_a_minimum_is_exact_or_says_that_it_is_not(scenario: naive.Scenario, seed: int, data: st.DataObject) -> None:
    """Too high is no bound whatever the flag says; too low is a relaxation, and none that is called exact."""
    with made(scenario, seed) as solved:
        rows = read_table(solved.folder / "order_bounds.csv")
        assume(rows)
        at = data.draw(st.integers(0, len(rows) - 1))
        off, exact = data.draw(st.sampled_from([(1, "true"), (1, "false"), (-1, "true"), (0, "maybe"), (0, "")]))

        def misstate(rows: Cells) -> None:
            rows[at].update(priced_minimum=f"{float(rows[at]['priced_minimum']) + off:.6f}", exact=exact)

        solved.edit("order_bounds.csv", misstate)
        column = "priced_minimum" if off else "exact"
        findings = solved.findings()
        assert any(f"order_bounds.csv, row {at + 2}, {column}:" in finding for finding in findings), findings


@examples(0.15)
@given(scenarios(), SEEDS, st.data())
def test_minima_that_are_right_and_called_relaxed_hold(
    scenario: naive.Scenario, seed: int, data: st.DataObject
) -> None:
    """Whoever prices less exactly may say so: the other side of the faults above."""
    with made(scenario, seed) as solved:
        assume(read_table(solved.folder / "order_bounds.csv"))
        solved.edit("order_bounds.csv", lambda rows: [row.update(exact="false") for row in rows])
        assert solved.findings() == []


# ---- what the folder's word alone would make OPTIMAL ----------------------------------------------------------------


@examples(0.3)
@given(scenarios(always=["fill_first"]), SEEDS)
def test_a_bound_of_the_fill_is_proven_or_told_as_a_claim(scenario: naive.Scenario, seed: int) -> None:
    """A plan that serves nothing states that nothing more can be served; the oracle knows better."""
    with made(scenario, seed) as solved:
        best = naive.solve_exhaustive(solved.given).fill * 1_000_000
        problem, folder = solved.result.problem, solved.folder.parent / "poor"
        slack = int(problem.lines.quantity.sum())
        assert least_unallocated(problem, Auditor(problem)) <= best + slack
        poor = result_of(problem, unserved_plan())
        reached = poor.fill.weighted_unallocated_micro_units
        write_result(replace(poor, fill=Fill(reached, reached)), folder)
        report = verify(problem, folder)
        claimed = {part.key: part for part in report.unproven}
        assume(reached > best + 2 * slack)
        assert claimed["fill.lower_bound_micros"].stated_micros == reached
        assert claimed["fill.lower_bound_micros"].proven_micros <= best + slack
        assert not report.proven


def unserved_plan() -> Plan:
    none, instants = np.zeros(0, np.int32), np.zeros(0, np.int64)
    shipments = Shipments(none, none.copy(), none.copy(), instants)
    return Plan(shipments, Allocations(none, none.copy(), none.copy(), np.zeros(0, np.bool_), instants.copy()))


@examples(0.2)
@given(scenarios(never=["fill_first"]), SEEDS)
def test_a_wider_gap_than_the_scenario_asks_for_is_told_as_a_claim(scenario: naive.Scenario, seed: int) -> None:
    with made(scenario, seed) as solved:
        assume(solved.result.status is Status.FEASIBLE)
        gap = solved.stated("gap") * 2 + 1
        solved.restate(solve__gap=gap, status="OPTIMAL")
        report = verify(solved.result.problem, solved.folder)
        assert report.findings == ()
        assert [f"gap of {gap} " in claim for claim in report.claims] == [True]
        assert not report.proven


@examples(0.2)
@given(scenarios(), SEEDS)
def test_a_bound_that_only_a_search_knows_is_told_as_a_claim(scenario: naive.Scenario, seed: int) -> None:
    with made(scenario, seed) as solved:
        certified, objective = solved.stated("certified_lower_bound_micros"), solved.stated("objective_micros")
        assume(certified < objective)
        filled = solved.result.fill.weighted_unallocated_micro_units == 0
        status = "OPTIMAL" if filled or not solved.result.problem.policy.fill_first else "FEASIBLE"
        bound = {"lower_bound": objective / 1_000_000, "lower_bound_micros": objective}
        solved.restate(**bound, bound_source="search", gap=0.0, status=status)
        report = verify(solved.result.problem, solved.folder)
        assert report.findings == ()
        claimed = {part.key: part for part in report.unproven}["lower_bound_micros"]
        assert (claimed.stated_micros, claimed.proven_micros) == (objective, certified)


# ---- the plan stays, and the scenario asks a little more than it keeps ----------------------------------------------


def bar_the_node(solved: Made, at: int) -> tuple[str, str, dict[str, str]]:
    shipment = read_table(solved.folder / "shipments.csv")[at]
    return "orders", shipment["order"], {"nodes": "", "exclude_nodes": shipment["node"]}


def close_the_node(solved: Made, at: int) -> tuple[str, str, dict[str, str]]:
    return "nodes", read_table(solved.folder / "shipments.csv")[at]["node"], {"enabled": "false"}


def stop_the_service(solved: Made, at: int) -> tuple[str, str, dict[str, str]]:
    return "services", read_table(solved.folder / "shipments.csv")[at]["service"], {"enabled": "false"}


def allow_a_shipment_less(solved: Made, at: int) -> tuple[str, str, dict[str, str]]:
    count = Counter(row["order"] for row in read_table(solved.folder / "shipments.csv"))
    order, most = count.most_common(1)[0]
    assume(most > 1)
    return "orders", order, {"max_shipments": str(most - 1)}


def judge_it_a_second_late(solved: Made, at: int) -> tuple[str, str, dict[str, str]]:
    shipment = read_table(solved.folder / "shipments.csv")[at]
    latest = datetime.fromisoformat(shipment["judged_at"]).astimezone(UTC) - timedelta(seconds=1)
    # EXW is judged by `earliest` too, and a line may have a latest of its own.
    rows = [row for table in ("orders", "order_lines") for row in solved.scenario.rows(table)]
    own = [row for row in rows if row["order"] == shipment["order"]]
    assume(not any(row.get("incoterm") == "EXW" or ("line" in row and row.get("latest")) for row in own))
    late = {"latest": latest.strftime("%Y-%m-%dT%H:%M:%SZ"), "earliest": "", "window": "hard"}
    return "orders", shipment["order"], late


def carry_a_gram_less(solved: Made, at: int) -> tuple[str, str, dict[str, str]]:
    shipment = read_table(solved.folder / "shipments.csv")[at]
    assume(float(shipment["weight_kg"]) > 0.001)
    most = Fraction(shipment["weight_kg"]) - Fraction(1, 1_000)
    return "services", shipment["service"], {"max_weight_kg": f"{float(most):.3f}"}


def ask_for_more_value(solved: Made, at: int) -> tuple[str, str, dict[str, str]]:
    return "nodes", read_table(solved.folder / "shipments.csv")[at]["node"], {"min_shipment_value": "1000000"}


TIGHTER: Mapping[Callable[[Made, int], tuple[str, str, dict[str, str]]], str] = {
    bar_the_node: "NODE_EXCLUDED",
    close_the_node: "NODE_DISABLED",
    stop_the_service: "SERVICE_EXCLUDED",
    allow_a_shipment_less: "MAX_SHIPMENTS",
    judge_it_a_second_late: "WINDOW",
    carry_a_gram_less: "MAX_WEIGHT",
    ask_for_more_value: "BELOW_MIN_VALUE",
}


@examples(0.3)
@given(scenarios(), SEEDS, st.sampled_from(sorted(TIGHTER, key=lambda plant: plant.__name__)), st.data())
def test_a_rule_broken_by_little_is_found(
    scenario: naive.Scenario,
    seed: int,
    tighten: Callable[[Made, int], tuple[str, str, dict[str, str]]],
    data: st.DataObject,
) -> None:
    with made(scenario, seed) as solved:
        shipments = read_table(solved.folder / "shipments.csv")
        assume(shipments)
        at = data.draw(st.integers(0, len(shipments) - 1))
        table, key, cells = tighten(solved, at)
        rows = [dict(row) for row in scenario.rows(table)]
        for row in rows:
            if row[table.removesuffix("s")] == key:
                row.update(cells)
        other = naive.Scenario(scenario.config, {**scenario.tables, table: rows})
        problem = load_scenario(naive.write_scenario(other, solved.folder.parent / "other"))
        solved.restate(problem_digest=problem.digest)
        findings = told(verify(problem, solved.folder))
        assert any(finding.startswith("plan,") and f"[{TIGHTER[tighten]}]" in finding for finding in findings), findings
