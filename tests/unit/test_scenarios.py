"""The shipped scenarios are what their READMEs say: the slow oracle finds the costs printed there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.naive import read_problem, read_scenario, solve_exhaustive

COSTS = {
    "quickstart": {"freight": "84.80", "split": "2", "late": "4", "unmet": "25"},
    "peak-day": {"freight": "67.20", "handling": "4.50", "late": "5", "overtime": "4", "load": "15"},
    "export": {"freight": "3291.45", "duty": "4120.00", "insurance": "161.76", "unmet": "5000"},
    "stores": {
        "freight": "53.40",
        "handling": "19",
        "preference": "7",
        "split": "6",
        "safety_stock": "8",
        "substitution": "2",
        "unmet": "30",
    },
}


@pytest.mark.parametrize("name", COSTS)
def test_optimum(name: str, repository: Path) -> None:
    folder = repository / "scenarios" / name
    optimum = solve_exhaustive(read_problem(read_scenario(folder)))
    expected = {term: round(float(amount) * 1e6) for term, amount in COSTS[name].items()}
    assert {term: micros for term, micros in optimum.costs.items() if micros} == expected
    text = (folder / "README.md").read_text()
    assert f"The best plan costs {optimum.objective_micros / 1e6:,.2f}" in text


def test_every_scenario_is_listed_and_every_variant_described(repository: Path) -> None:
    folders = {path.parent.name for path in (repository / "scenarios").glob("*/scenario.yaml")}
    assert folders == set(COSTS)
    index = (repository / "scenarios" / "README.md").read_text()
    for name in folders:
        assert f"[{name}]({name}/)" in index
        settings = yaml.safe_load((repository / "scenarios" / name / "scenario.yaml").read_text())
        text = (repository / "scenarios" / name / "README.md").read_text()
        for variant in settings["variants"]:
            assert f"`{variant['name']}`" in text
