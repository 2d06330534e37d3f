"""The documented format (docs/format.md and the pages it leads to) is the one that the code reads and writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from random import Random

import pytest

from dom_engine.domain.result import BranchTree, Reason
from dom_engine.domain.settings import COST_TERMS, METHODS, Policy, SolveSettings, Weights
from dom_engine.domain.start import Begun
from dom_engine.domain.trade import Incoterm, Stage
from dom_engine.scenario.results_format import RESULT_TABLES, TREE_COLUMNS
from dom_engine.scenario.results_summary import summary
from dom_engine.scenario.schema import RESERVED_TABLES, TABLES, Column, Kind
from dom_engine.scenario.settings import FOLDER_KEYS, POLICY_KEYS, PROBLEM_KEYS
from dom_engine.units import MICROS_PER_UNIT
from tests import naive
from tests.property.random_scenario import random_scenario
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices, result_of

PAGES = ("format.md", "rules.md", "results.md", "certificate.md")
CITED = re.compile(r"\b[Ss]ections? (\d+(?:(?:, | and |, and )\d+)*)")
LIST_TYPES = {Kind.LABEL: "labels", Kind.HOLIDAYS: "regions", Kind.DATE: "dates"}

Row = tuple[str, ...]


def page(repository: Path, name: str) -> str:
    return (repository / "docs" / name).read_text(encoding="utf-8")


def under(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def tables(text: str) -> list[list[Row]]:
    """The Markdown tables of a text, each as its rows below the head."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [
        [tuple(cell.strip() for cell in line[1:-1].split("|")) for line in block.splitlines()[2:]] for block in blocks
    ]


def coded(cells: list[str]) -> list[str]:
    """What stands in code quotes in these cells, in order."""
    return [name for cell in cells for name in re.findall(r"`([^`]*)`", cell)]


def firsts(rows: list[Row]) -> list[str]:
    return coded([row[0] for row in rows])


def documented_type(column: Column) -> str:
    if column.kind is Kind.CHOICE:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    if column.kind is Kind.REF:
        return f"{'ids' if column.is_list else 'id'} of {column.references}"
    return LIST_TYPES[column.kind] if column.is_list else column.kind.value


def documented(column: Column) -> Row:
    """The cells that a column of the schema must have: name, type, default."""
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    return name, documented_type(column), f"`{column.default}`" if column.default else ""


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_documented_and_no_other(repository: Path, name: str) -> None:
    section = under(page(repository, "format.md"), name)
    (rows,) = tables(section)
    assert [row[:3] for row in rows] == [documented(column) for column in TABLES[name].columns.values()]
    assert ("*Needed to solve.*" in section) is TABLES[name].required


def test_every_table_is_documented_and_no_other(repository: Path) -> None:
    text = page(repository, "format.md")
    _, _, after = text.partition("\n## Tables\n")
    assert re.findall(r"^### (.+)$", after, re.MULTILINE) == list(TABLES)
    assert all(f"`{name}`" in text for name in RESERVED_TABLES)


def test_a_column_that_is_wrong_is_found(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "docs").mkdir()
    text = page(repository, "format.md")
    for name, right, wrong in (
        ("nodes", "time of day | `23:59` |", "time of day | `00:00` |"),
        ("inventory", "| `lot` |", "| `lots` |"),
        ("order_lines", "| **`line`** |", "| `line` |"),
    ):
        assert right in text
        (tmp_path / "docs" / "format.md").write_text(text.replace(right, wrong))
        with pytest.raises(AssertionError):
            test_every_column_is_documented_and_no_other(tmp_path, name)


def test_the_keys_of_scenario_yaml(repository: Path) -> None:
    keys, solve = tables(under(page(repository, "format.md"), "scenario.yaml"))
    assert sorted(firsts(keys)) == sorted((*PROBLEM_KEYS, *FOLDER_KEYS))
    default = SolveSettings()
    stated = {key: value for (key,), value in ((coded([row[0]]), row[1]) for row in solve)}
    assert stated == {
        field.name: f"`{value:g}`" if isinstance(value := getattr(default, field.name), float) else f"`{value}`"
        for field in fields(SolveSettings)
    }
    assert coded([solve[-1][2]]) == list(METHODS)


def test_policy_and_weights(repository: Path) -> None:
    text = page(repository, "rules.md")
    (policy,) = tables(under(text, "4. Policy"))
    default = Policy()
    told = {
        "max_shipments": default.max_shipments,
        "split_cost": default.split_cost_micros // MICROS_PER_UNIT,
        "unmet_cost": default.unmet_cost_micros // MICROS_PER_UNIT,
        "unmet_value_pct": f"{default.unmet_value_pct:g}",
        "safety_stock_priority": default.safety_stock_priority,
        "safety_stock_cost": default.safety_stock_cost_micros,
        "carbon_cost_per_kg": default.carbon_cost_per_kg_micros,
        "window_basis": "arrival" if default.judge_arrival else "delivery_point",
        "priority_factor": dict(default.priority_factor),
        "fill_first": str(default.fill_first).lower(),
    }
    assert tuple(told) == POLICY_KEYS
    assert [row[:2] for row in policy] == [(f"`{key}`", f"`{value}`") for key, value in told.items()]
    (terms,) = tables(under(text, "5. Cost"))
    assert firsts(terms) == list(COST_TERMS)
    assert [term for term in COST_TERMS if Weights().of(term) != 1] == ["buyer"]


def test_incoterms(repository: Path) -> None:
    section = under(page(repository, "rules.md"), "6. Incoterms")
    (rules,) = tables(section)
    assert list(dict.fromkeys(row[0].split()[0] for row in rules)) == [rule.name for rule in Incoterm]
    stages = [name for name in coded([section.partition("\n|")[0]]) if name.upper() in Stage.__members__]
    assert stages[: len(Stage)] == [stage.name.lower() for stage in Stage]


@pytest.mark.parametrize(("name", "columns"), [*RESULT_TABLES.items(), ("tree.csv", TREE_COLUMNS)])
def test_result_tables(repository: Path, name: str, columns: Mapping[str, object]) -> None:
    where = "certificate.md" if name in ("prices.csv", "order_bounds.csv", "tree.csv") else "results.md"
    (rows,) = tables(under(page(repository, where), name))
    assert firsts(rows) == list(columns)


def test_the_summary(repository: Path) -> None:
    given = naive.read_problem(random_scenario(7))
    converter = Converter(given)
    plan = converter.plan(naive.solve_exhaustive(given).plan)
    result = result_of(converter.problem(), plan, priced_rows(converter, random_prices(given, Random(7))))
    written = summary(replace(result, tree=BranchTree((), 0), begun=Begun(0, 0, ())))
    section = under(page(repository, "results.md"), "summary.json")
    (rows,) = tables(section)
    assert firsts(rows) == [key for key in written if not key.endswith("_micros")]
    named = coded([section.rpartition("`kpis`:")[2]])
    assert named == [key for key in written["kpis"] if not key.endswith("_micros")]


def test_reasons(repository: Path) -> None:
    filters, others = tables(under(page(repository, "results.md"), "Reasons"))
    assert firsts(filters) == [reason.name for reason in Reason if reason.value <= Reason.BELOW_MIN_VALUE.value]
    assert firsts(filters) + firsts(others) == [reason.name for reason in Reason]


def test_every_section_that_code_cites_is_there(repository: Path) -> None:
    text = "\n".join(page(repository, name) for name in PAGES)
    numbered = re.findall(r"^## (\d+)\. ", text, re.MULTILINE)
    assert numbered == [str(number) for number in range(1, 10)]
    assert page(repository, "command-line.md").startswith("# The command line\n\nSection 10 of ")
    sources = [
        path for part in ("dom_engine", "solvers", "proto") for path in sorted((repository / part).rglob("*.[p][yr]*"))
    ]
    cited = [
        int(number)
        for path in sources
        if path.suffix in (".py", ".proto")
        for found in CITED.findall(path.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+", found)
    ]
    assert len(cited) > 50
    assert set(cited) <= set(range(1, 11))
