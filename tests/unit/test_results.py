"""Result folders: what stands in them to the letter, that they come back as written, and that they appear whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from dom_engine.cli.exits import Leave
from dom_engine.domain.result import Limit, Result, Status, status_of
from dom_engine.errors import InputError
from dom_engine.scenario import results
from dom_engine.scenario.results import shipment_ids, write_result
from dom_engine.scenario.results_format import RESULT_FILES, amount_text, csv_bytes, decimal_text, instants_text
from dom_engine.scenario.results_read import read_result
from dom_engine.scenario.results_summary import relative_gap
from dom_engine.units import ALWAYS_S, INT64_MAX, INT64_MIN, NEVER_S
from tests import naive
from tests.property.random_scenario import random_scenario
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices, result_of

HEADERS = {
    "shipments.csv": "shipment,order,node,service,dispatch_at,delivery_at,judged_at,arrival_at,units,lines,parcels,"
    "weight_kg,billable_kg,distance_km,co2_kg,days_late,days_early,freight,insurance,duty,buyer,handling,preference,"
    "late,early,carbon,safety_stock,substitution,total",
    "allocations.csv": "shipment,order,line,item,quantity,available_at,lot,pool,from_safety_stock",
    "unallocated.csv": "order,line,quantity,unmet,reason,detail",
    "prices.csv": "kind,node,item,available_at,lot,pool,service,measure,starts,ends,order,limit,used,price",
    "order_bounds.csv": "order,cost,priced_minimum,exact",
}


def result_of_seed(seed: int) -> Result:
    """The oracle's best plan of a random scenario, with random prices."""
    given = naive.read_problem(random_scenario(seed))
    converter = Converter(given)
    plan = converter.plan(naive.solve_exhaustive(given).plan)
    return result_of(converter.problem(), plan, priced_rows(converter, random_prices(given, Random(seed))))


@pytest.fixture(scope="module")
def result() -> Result:
    return result_of_seed(7)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_folder_holds_the_stated_files_and_columns(result: Result, tmp_path: Path) -> None:
    write_result(result, tmp_path / "out")
    assert sorted(entry.name for entry in (tmp_path / "out").iterdir()) == sorted(RESULT_FILES)
    for file, header in HEADERS.items():
        content = (tmp_path / "out" / file).read_bytes()
        assert content.split(b"\n", 1)[0].decode() == header
        assert content.endswith(b"\n")
        assert b"\r" not in content


def test_the_same_result_gives_the_same_bytes(result: Result, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_result(result, tmp_path / name)
    for file in RESULT_FILES:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("rows_at_once", [1, 2])
def test_rows_are_the_same_however_many_are_written_at_once(
    result: Result, rows_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_result(result, tmp_path / "whole")
    monkeypatch.setattr(results, "ROWS_AT_ONCE", rows_at_once)
    write_result(result, tmp_path / "pieces")
    for file in RESULT_FILES:
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "pieces" / file).read_bytes()


@pytest.mark.parametrize("seed", range(25))
def test_what_is_written_is_read_back(seed: int, tmp_path: Path) -> None:
    try:
        result = result_of_seed(seed)
    except naive.TooLarge:
        return
    write_result(result, tmp_path / "out")
    stated = read_result(tmp_path / "out", result.problem)
    shipments = stated.tables["shipments.csv"].values
    facts, made = result.evaluation.shipments, result.plan.shipments
    for column, expected in (
        ("order", made.order_idx),
        ("node", made.node_idx),
        ("service", made.service_idx),
        ("dispatch_at", made.dispatch_s),
        ("judged_at", facts.judged_at_s),
        ("weight_kg", facts.weight_g),
        ("distance_km", facts.distance_m),
        ("freight", facts.weighted_micros["freight"]),
    ):
        np.testing.assert_array_equal(shipments[column], expected)
    rides = stated.tables["allocations.csv"].values
    assert sorted(rides["quantity"].tolist()) == sorted(result.plan.allocations.quantity.tolist())
    bounds = stated.tables["order_bounds.csv"].values
    np.testing.assert_array_equal(bounds["priced_minimum"], result.certificate.order_priced_minimum_micros)
    prices = stated.tables["prices.csv"].values["price"]
    assert sorted(prices.tolist()) == sorted(result.certificate.rows.price_micros.tolist())
    assert stated.summary["objective_micros"] == result.evaluation.objective_micros


def test_tables_are_sorted_bytewise(result: Result, tmp_path: Path) -> None:
    write_result(result, tmp_path / "out")
    for file, leading in (
        ("shipments.csv", ("order", "dispatch_at", "node", "service")),
        ("allocations.csv", ("shipment", "order", "line", "item")),
        ("unallocated.csv", ("order", "line")),
        ("prices.csv", ("kind", "node", "item", "available_at", "lot", "pool", "service", "measure", "starts")),
        ("order_bounds.csv", ("order",)),
    ):
        keys = [tuple(row[name].encode() for name in leading) for row in rows_of(tmp_path / "out" / file)]
        assert keys == sorted(keys)


def test_summary_states_amounts_twice_and_adds_up(result: Result, tmp_path: Path) -> None:
    write_result(result, tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert sum(summary["costs_micros"].values()) == summary["objective_micros"]
    assert summary["objective"] == summary["objective_micros"] / 1_000_000
    assert summary["costs"].keys() == summary["raw_costs"].keys() == summary["costs_micros"].keys()
    assert summary["kpis"]["units"] == int(result.problem.lines.quantity.sum())
    assert summary["problem_digest"] == result.problem.digest
    assert summary["limit"] is None


def test_bounds_not_computed_are_null(result: Result, tmp_path: Path) -> None:
    bare = replace(
        result, lower_bound_micros=None, limit=Limit.TIME, fill=replace(result.fill, lower_bound_micro_units=None)
    )
    write_result(bare, tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["lower_bound"] is summary["lower_bound_micros"] is summary["gap"] is None
    assert summary["fill"]["lower_bound"] is None
    assert summary["limit"] == "TIME"


def test_existing_result_is_replaced_and_an_empty_folder_filled(result: Result, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_result(result, tmp_path / "out")
    (tmp_path / "out" / "prices.csv").write_text("stale")
    write_result(result, tmp_path / "out")
    assert (tmp_path / "out" / "prices.csv").read_text().startswith("kind,")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("foreign", ["notes.txt", "prices.csv", "summary.json"])
def test_a_folder_of_something_else_is_left_alone(result: Result, tmp_path: Path, foreign: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / foreign).write_text("mine")
    with pytest.raises(InputError, match="neither empty nor a result folder"):
        write_result(result, tmp_path / "out")
    assert [(entry.name, entry.read_text()) for entry in (tmp_path / "out").iterdir()] == [(foreign, "mine")]
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_file_in_the_way_is_left_alone(result: Result, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        write_result(result, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_failed_write_leaves_what_was_there(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_result(result, tmp_path / "out")
    before = (tmp_path / "out" / "summary.json").read_bytes()

    def fails(_: Result) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(results, "summary", fails)
    for folder in ("out", "new"):
        with pytest.raises(OSError, match="no space"):
            write_result(result, tmp_path / folder)
    assert (tmp_path / "out" / "summary.json").read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_text_is_quoted_only_where_it_must_be() -> None:
    columns = {"a": pa.array(["x", 'say "hi"', "1,5", "two\nlines", "ünï"]), "b": pa.array(list("12345"))}
    assert bytes(csv_bytes(columns)).decode() == 'a,b\nx,1\n"say ""hi""",2\n"1,5",3\n"two\nlines",4\nünï,5\n'
    assert bytes(csv_bytes({"a": pa.array([], pa.string())})) == b"a\n"


def test_numbers_are_written_exactly() -> None:
    values = np.array([0, 1, -1, 12_500_000, INT64_MAX, INT64_MIN])
    assert decimal_text(values, 6).to_pylist() == [
        "0.000000",
        "0.000001",
        "-0.000001",
        "12.500000",
        "9223372036854.775807",
        "-9223372036854.775808",
    ]
    assert instants_text(np.array([0, ALWAYS_S, 1_764_072_000, NEVER_S])).to_pylist() == [
        "1970-01-01T00:00:00Z",
        "",
        "2025-11-25T12:00:00Z",
        "",
    ]
    assert [amount_text(7, 1), amount_text(1_500, 1_000), amount_text(5, 1_000_000)] == ["7", "1.500", "0.000005"]
    # 10,801 s are 3.000277... h; 1.8 s would tie, but seconds are whole: 9 s are 0.0025 h.
    assert [amount_text(10_801, 3_600), amount_text(9, 3_600)] == ["3.000278", "0.002500"]


def test_shipment_ids_sort_as_the_plan() -> None:
    assert shipment_ids(np.arange(2), 2).to_pylist() == ["S000001", "S000002"]
    assert shipment_ids(np.array([0, 1_000_000]), 1_000_001).to_pylist() == ["S0000001", "S1000001"]


def test_gap_and_status_follow_the_definition() -> None:
    assert relative_gap(500_000, 400_000) == 0.1  # below one unit of currency the gap is absolute
    assert relative_gap(4_000_000, 3_000_000) == 0.25
    assert relative_gap(1, None) is None
    plain = {"fill_first": False, "fill_proven": False}
    assert status_of(10_000_000, 9_999_000, 1e-4, **plain) is Status.OPTIMAL
    assert status_of(10_000_000, 9_998_999, 1e-4, **plain) is Status.OPTIMAL  # one micro of grace
    assert status_of(10_000_000, 9_998_998, 1e-4, **plain) is Status.FEASIBLE
    assert status_of(10_000_000, None, 1e-4, **plain) is Status.FEASIBLE
    assert status_of(1, 1, 0, fill_first=True, fill_proven=False) is Status.FEASIBLE
    assert status_of(1, 1, 0, fill_first=True, fill_proven=True) is Status.OPTIMAL


def _edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


@pytest.mark.parametrize(
    ("spoil", "file", "message"),
    [
        (lambda folder: (folder / "prices.csv").unlink(), "prices.csv", "no such file"),
        (lambda folder: (folder / "summary.json").write_text("{"), "summary.json", "not JSON"),
        (lambda folder: (folder / "summary.json").write_text("[1]"), "summary.json", "not a JSON object"),
        (lambda folder: (folder / "shipments.csv").write_bytes(b"\xff\xfe"), "shipments.csv", "UTF-8"),
        (lambda folder: (folder / "allocations.csv").write_bytes(b""), "allocations.csv", "not a CSV"),
        (_edit("order_bounds.csv", "order,cost", "order,price"), "order_bounds.csv", "column 2 is 'price'"),
        (_edit("order_bounds.csv", "priced_minimum,exact", "priced_minimum"), "order_bounds.csv", "nothing"),
        (_edit("order_bounds.csv", "true", "yes"), "order_bounds.csv", "'yes' is not 'true' or 'false'"),
        (_edit("order_bounds.csv", "true", "true,1"), "order_bounds.csv", "5 cells"),
        (_edit("shipments.csv", "Z,", ","), "shipments.csv", "is not an instant with an offset"),
        (_edit("shipments.csv", ".000,", ".0001,"), "shipments.csv", "at most 3 places"),
        (_edit("allocations.csv", "\nS000001,", "\nS9,"), "allocations.csv", "unknown shipment 'S9'"),
    ],
)
def test_malformed_results_are_refused_with_the_place(
    result: Result, tmp_path: Path, spoil: Callable[[Path], None], file: str, message: str
) -> None:
    write_result(result, tmp_path / "out")
    spoil(tmp_path / "out")
    with pytest.raises(InputError) as caught:
        read_result(tmp_path / "out", result.problem)
    assert caught.value.faults[0].file == file
    assert message in caught.value.faults[0].message


def test_unknown_ids_come_with_the_nearest(result: Result, tmp_path: Path) -> None:
    write_result(result, tmp_path / "out")
    order = result.problem.orders.ids[0].as_py()
    _edit("order_bounds.csv", f"\n{order},", f"\n{order}x,")(tmp_path / "out")
    with pytest.raises(InputError) as caught:
        read_result(tmp_path / "out", result.problem)
    (fault,) = caught.value.faults
    assert (fault.row, fault.column) == (2, "order")
    assert fault.message == f"unknown order '{order}x', nearest is '{order}'"


def test_a_missing_folder_is_said(result: Result, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such result folder"):
        read_result(tmp_path / "nowhere", result.problem)


def test_other_notations_of_the_same_values_are_read(result: Result, tmp_path: Path) -> None:
    """Another tool may write a BOM, CRLF, quotes, offsets and fewer decimals."""
    write_result(result, tmp_path / "out")
    expected = read_result(tmp_path / "out", result.problem)
    path = tmp_path / "out" / "shipments.csv"
    rows = rows_of(path)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {key: cell.replace("Z", "+00:00").removesuffix("000") if "." in cell or "Z" in cell else cell
                 for key, cell in row.items()}
            )  # fmt: skip
    again = read_result(tmp_path / "out", result.problem)
    for column, values in expected.tables["shipments.csv"].values.items():
        np.testing.assert_array_equal(again.tables["shipments.csv"].values[column], values)


@pytest.mark.parametrize("left_by", [OSError, Leave])
def test_the_former_result_is_back_when_the_new_one_cannot_take_its_place(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_by: type[BaseException]
) -> None:
    folder = tmp_path / "out"
    write_result(result, folder)
    before = (folder / "shipments.csv").read_bytes()
    rename = Path.rename

    def rename_but_the_new_one(path: Path, target: Path) -> Path:
        if target == folder and not path.name.endswith(".former"):
            raise left_by
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_but_the_new_one)
    with pytest.raises(left_by):
        write_result(result, folder)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    assert (folder / "shipments.csv").read_bytes() == before
