"""Rules against a baseline: what holds, what is broken, and which files are refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario
from dom_engine.whatif import Delta
from dom_engine.whatif.acceptance import accept, read_baseline
from dom_engine.whatif.rules import Rule, judge, read_rules
from tests.runs import TO_THE_END, run_folder

DELTA = Delta("now", "kpis.orders", Decimal(110), Decimal(100), Decimal(10))


@pytest.mark.parametrize(
    ("limit", "amount", "holds"),
    [
        ("max", "110", True),
        ("max", "109.9", False),
        ("min", "110", True),
        ("min", "111", False),
        ("max_increase", "10", True),
        ("max_increase", "9", False),
        ("max_decrease", "0", True),
        ("max_increase_pct", "10", True),
        ("max_increase_pct", "9.99", False),
        ("max_decrease_pct", "0", True),
    ],
)
def test_limits(limit: str, amount: str, holds: bool) -> None:
    assert Rule("kpis.orders", limit, Decimal(amount), 1).holds(DELTA) is holds
    fewer = Delta("now", "kpis.orders", Decimal(90), Decimal(100), Decimal(-10))
    mirrored = {"max_increase": "max_decrease", "max_increase_pct": "max_decrease_pct"}
    if limit in mirrored:
        assert Rule("kpis.orders", mirrored[limit], Decimal(amount), 1).holds(fewer) is holds


def test_a_change_of_weights_is_judged(repository: Path, tmp_path: Path) -> None:
    scenario = repository / "scenarios" / "quickstart"
    run_folder(scenario, tmp_path / "plan")
    (tmp_path / "rules.yaml").write_text(
        "rules:\n- metric: objective\n  max_increase_pct: 6.1\n  max: 122.8\n- {metric: kpis.split_orders, max: 0}\n"
        "- {metric: kpis.complete_orders, max_decrease: 0}\n"
    )
    rules = read_rules(tmp_path / "rules.yaml")
    assert [(rule.metric, rule.limit, rule.line) for rule in rules] == [
        ("objective", "max_increase_pct", 3),
        ("objective", "max", 4),
        ("kpis.split_orders", "max", 5),
        ("kpis.complete_orders", "max_decrease", 6),
    ]
    problem = load_scenario(scenario, "splits-hurt", TO_THE_END)
    verdicts = accept(problem, tmp_path / "plan", tmp_path / "rules.yaml")
    assert [verdict.rule for verdict in verdicts] == rules
    # 122.80 is 6.04 % above 115.80; splitting order 1002 no longer pays, so that it is not complete.
    assert [verdict.holds for verdict in verdicts] == [True, True, True, False]
    assert (verdicts[3].delta.base, verdicts[3].delta.value) == (5, 4)

    other = load_scenario(repository / "scenarios" / "peak-day")
    with pytest.raises(InputError, match=r"answers other orders \(6\) than the scenario has \(9\)"):
        read_baseline(tmp_path / "plan", other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules:\n- metric: objective\n", "row 2.*needs one of max, min"),
        ("rules:\n- metric: objective\n  max_increas: 1\n", "row 3.*unknown key 'max_increas'.*'max_increase'"),
        ("rules:\n- metric: objective\n  max: nan\n", "row 3.*finite number"),
        ("rules:\n- max: 1\n", "row 2.*key metric"),
        ("rule:\n- metric: objective\n", "unknown key 'rule'.*'rules'"),
        ("rules: []\n", "needs a list of rules"),
    ],
)
def test_bad_rules_are_located(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(InputError, match=said):
        read_rules(tmp_path / "rules.yaml")


def test_no_file_and_no_such_metric(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_rules(tmp_path / "rules.yaml")
    with pytest.raises(InputError, match=r"row 7.*unknown metric 'kpis.order'.*'kpis.orders'"):
        judge([Rule("kpis.order", "max", Decimal(1), 7)], [DELTA], "rules.yaml")
