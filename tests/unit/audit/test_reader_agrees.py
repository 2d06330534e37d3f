"""The conversion used by these tests states the same problem as the product's reader."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from dom_engine.audit import evaluate, reasons, violations
from dom_engine.scenario import load_scenario
from tests import naive
from tests.property.random_scenario import random_scenario
from tests.unit.audit.conversion import Converter


@pytest.mark.parametrize("seed", range(500, 530))
def test_plan_is_judged_alike_from_files(seed: int, tmp_path: Path) -> None:
    scenario = random_scenario(seed)
    given = naive.read_problem(scenario)
    try:
        best = naive.solve_exhaustive(given)
    except naive.TooLarge:
        return
    naive.write_scenario(scenario, tmp_path / "scenario")
    problem = load_scenario(tmp_path / "scenario")
    converter = Converter(given)
    plan = converter.plan(best.plan)
    assert violations(problem, plan) == []
    read, converted = evaluate(problem, plan), evaluate(converter.problem(), plan)
    assert read.costs_micros == converted.costs_micros
    for field in fields(read.shipments):
        if field.name not in {"raw_micros", "weighted_micros"}:
            assert np.array_equal(getattr(read.shipments, field.name), getattr(converted.shipments, field.name))
    assert reasons(problem, plan).reason == reasons(converter.problem(), plan).reason
