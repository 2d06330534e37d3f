"""The model as kernels take it: declared types, one compilation for all, and figures worked out by hand."""

from __future__ import annotations

import typing
from pathlib import Path

import numpy as np
import pytest

from dom_engine.formulation import Formulation, build_model
from dom_engine.scenario import load_scenario
from solvers import model as solver_model
from solvers.model import SourcingModel


@pytest.fixture(scope="module")
def quickstart(repository: Path) -> Formulation:
    return build_model(load_scenario(repository / "scenarios" / "quickstart"))


@pytest.mark.parametrize("name", ["quickstart", "stores", "export", "peak-day"])
def test_every_column_has_its_declared_type_and_is_read_only(name: str, repository: Path) -> None:
    model = build_model(load_scenario(repository / "scenarios" / name)).model
    for table_name, table in model._asdict().items():
        hints = typing.get_type_hints(type(table), vars(solver_model))
        for column, value in table._asdict().items():
            where = f"{table_name}.{column}"
            if isinstance(value, np.ndarray):
                assert value.dtype == typing.get_args(typing.get_args(hints[column])[1])[0], where
                assert value.flags.c_contiguous, where
                assert not value.flags.writeable, where
            else:
                assert type(value) is hints[column], where


def test_csr_tables_fit_each_other(quickstart: Formulation) -> None:
    model: SourcingModel = quickstart.model
    assert model.orders.cand_ptr[-1] == len(model.candidates.order)
    assert model.orders.line_ptr[-1] == len(model.lines.item)
    assert model.candidates.source_ptr[-1] == len(model.sources.line)
    assert model.offers.class_ptr[-1] == len(model.offers.service) == len(quickstart.offer_lane)
    assert model.offers.trip_ptr[-1] == len(model.trips.departure)
    assert model.departures.row_ptr[-1] == len(model.departures.row)
    assert (np.diff(model.candidates.source_ptr) > 0).all()


def test_quickstart_has_the_trips_its_calendar_says(quickstart: Formulation) -> None:
    # Monday 09:00 in New York, 48 hours: the 17:00 cutoffs of Monday and Tuesday at each of three nodes.
    departures = quickstart.model.departures
    assert len(departures.dispatch_s) == 6
    assert np.diff(departures.dispatch_s.reshape(3, 2)).tolist() == [[86_400]] * 3


def test_unserved_units_cost_the_policy_where_lines_are_silent(quickstart: Formulation) -> None:
    assert set(quickstart.model.lines.unmet_cost.tolist()) == {25_000_000}
    assert set(quickstart.model.orders.split_cost.tolist()) == {2_000_000}
