"""What is shown of a result, as plain lines: the same blocks a terminal draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine.cli import plain
from dom_engine.cli.outcome import MAX_SHIPMENTS, MAX_UNALLOCATED, outcome_blocks
from dom_engine.cli.stated import read_stated
from dom_engine.errors import InputError
from tests.unit.cli.results import aboard, left_out, quickstart, shipment, summary, write_result_folder


def shown(folder: Path) -> list[str]:
    return list(plain.lines(outcome_blocks(read_stated(folder))))


def section(lines: list[str], title: str) -> list[list[str]]:
    """The rows under a title, split at two spaces or more."""
    start = lines.index(title) + 1
    rows = []
    for line in lines[start:]:
        if not line:
            break
        rows.append([cell.strip() for cell in line.split("  ") if cell.strip()])
    return rows


def test_the_verdict_names_both_bounds_and_how_they_were_found(tmp_path: Path) -> None:
    lines = shown(quickstart(tmp_path / "plan"))
    assert lines[:5] == [
        "quickstart: OPTIMAL",
        "  objective        113.80 USD",
        "  lower bound      113.80 USD   gap 0.00 %   found by branching",
        "  certified bound  110.00 USD   gap 3.34 %   proven by prices alone",
        "  solved by        auto in 0.50 s, seed 0, 2 threads",
    ]


def test_a_bound_by_prices_is_said_once_and_a_limit_is_said(tmp_path: Path) -> None:
    keys = {"bound_source": "prices", "status": "FEASIBLE", "limit": "TIME"}
    lines = shown(write_result_folder(tmp_path / "plan", **keys))
    assert lines[0] == "quickstart: FEASIBLE, stopped by the time limit"
    assert [line for line in lines if "bound" in line] == [
        "  certified bound  110.00 USD   gap 3.34 %   proven by prices alone"
    ]


def test_bounds_not_computed_are_not_shown(tmp_path: Path) -> None:
    keys = {"lower_bound_micros": None, "certified_lower_bound_micros": None, "gap": None, "certified_gap": None}
    assert not [line for line in shown(write_result_folder(tmp_path / "plan", **keys)) if "bound" in line]


def test_fill_first_says_what_was_left_out_at_least(tmp_path: Path) -> None:
    fill = {"weighted_unallocated_micros": 3_000_000, "lower_bound_micros": 2_000_000}
    lines = shown(write_result_folder(tmp_path / "plan", fill=fill))
    assert "  fill first       3.00 weighted units left out, proven least 2.00" in lines


def test_costs_are_sorted_and_add_up(tmp_path: Path) -> None:
    rows = section(shown(quickstart(tmp_path / "plan")), "Costs in USD")
    assert [row[:2] for row in rows] == [
        ["freight", "84.80"],
        ["unmet", "25.00"],
        ["late", "4.00"],
        ["total", "113.80"],
    ]


def test_a_small_plan_is_shown_shipment_by_shipment(tmp_path: Path) -> None:
    rows = section(shown(quickstart(tmp_path / "plan")), "Shipments")
    assert rows[1] == ["1001", "reno", "ground", "25 Nov 01:00", "02 Dec 01:00", "1 lamp, 2 mug", "15.20"]
    assert rows[3] == ["1003", "newark", "ground", "25 Nov 01:00", "02 Dec 01:00 +1d", "2 kettle", "23.50"]


def test_one_item_from_two_positions_is_one_item_aboard(tmp_path: Path) -> None:
    folder = write_result_folder(
        tmp_path / "plan", shipments=[shipment(1)], allocations=[aboard(1, "mug", 2), aboard(1, "mug", 3)]
    )
    assert "5 mug" in section(shown(folder), "Shipments")[1]


def test_a_large_plan_is_shown_by_node_and_service(tmp_path: Path) -> None:
    shipments = [shipment(n, node="reno" if n % 3 else "newark", days_late=n % 2) for n in range(MAX_SHIPMENTS + 1)]
    rows = section(shown(write_result_folder(tmp_path / "plan", shipments=shipments)), "Shipments by node and service")
    assert rows[1] == ["reno", "ground", "20", "40", "10", "304.00"]
    assert rows[2] == ["newark", "ground", "11", "22", "5", "167.20"]


def test_what_is_left_out_is_shown_with_its_reason(tmp_path: Path) -> None:
    rows = section(shown(quickstart(tmp_path / "plan")), "Left out")
    assert rows[1] == ["1006", "1", "1", "STOCK_TAKEN", "the only vase, in reno, rides with this order", "25.00"]


def test_much_that_is_left_out_is_shown_by_reason(tmp_path: Path) -> None:
    lines = [left_out(f"{n:03}", "NO_STOCK" if n else "WINDOW", quantity=2) for n in range(MAX_UNALLOCATED + 1)]
    rows = section(shown(write_result_folder(tmp_path / "plan", unallocated=lines)), "Left out, by reason")
    assert rows[1:3] == [
        ["NO_STOCK", "12", "24", "600.00", "001: the reason of 001"],
        ["WINDOW", "1", "2", "50.00", "000: the reason of 000"],
    ]


def test_what_is_scarce_is_shown_dearest_first(tmp_path: Path) -> None:
    lines = shown(quickstart(tmp_path / "plan"))
    rows = section(lines, "What is scarce, and about what one more unit is worth in USD")
    assert rows[1:] == [
        ["stock", "chicago", "lamp", "2 of 2", "4.60"],
        ["capacity", "reno", "units", "24 Nov 08:00", "12.5 of 20", "0.25"],
    ]


def test_an_empty_batch_has_a_verdict_and_no_tables(tmp_path: Path) -> None:
    costs = dict.fromkeys(summary()["costs_micros"], 0)
    lines = shown(write_result_folder(tmp_path / "plan", costs_micros=costs, objective_micros=0))
    assert "  objective        0.00 USD" in lines
    assert not {"Shipments", "Left out"} & set(lines)


def test_ids_cannot_steer_the_terminal(tmp_path: Path) -> None:
    folder = write_result_folder(tmp_path / "plan", shipments=[shipment(1, order="\x1b[2J")])
    assert "\x1b" not in "".join(shown(folder))


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("summary.json", "{}", "NOT_A_RESULT"),
        ("summary.json", "nonsense", "MALFORMED"),
        ("shipments.csv", "a,b\n1,2\n", "MALFORMED"),
        ("prices.csv", None, "NOT_FOUND"),
    ],
)
def test_what_is_no_result_folder_is_said(tmp_path: Path, file: str, text: str | None, code: str) -> None:
    folder = quickstart(tmp_path / "plan")
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text)
    with pytest.raises(InputError) as caught:
        read_stated(folder)
    assert [(fault.file, fault.code) for fault in caught.value.faults] == [(file, code)]
