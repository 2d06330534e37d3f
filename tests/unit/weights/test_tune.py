"""Tuning on shipped scenarios: the numbers, the hold-out, interrupts, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario
from dom_engine.weights import tune
from dom_engine.weights.knobs import Range, parse_ranges
from dom_engine.weights.points import Point
from dom_engine.weights.search import own_place, setting_at
from dom_engine.weights.target import parse_target, score_micros
from solvers.incumbent import Progress
from tests.runs import read_table

ALONE: Mapping[str, object] = {"threads": 1}
QUICK: Mapping[str, object] = {"method": "fcfs", "threads": 1}
"""A rule of today, where only the running of a study is looked at."""

LATE = parse_target(["cost=1", "late_shipments=100"])
RANGES = parse_ranges(["weights.late=0.1:40"])


class StopsAt:
    def __init__(self, number: int = 1_000) -> None:
        self.solved = self.kept = 0
        self._number = number

    def began(self, name: str) -> None:
        if self.solved == self._number:
            raise KeyboardInterrupt

    def progressed(self, name: str, progress: Progress) -> None:
        pass

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        self.kept += kept
        self.solved += not kept


@pytest.fixture(scope="module")
def scenarios(repository: Path) -> Path:
    return repository / "scenarios"


def test_a_batch_held_out_judges_what_was_tuned(scenarios: Path, tmp_path: Path) -> None:
    peak_day = scenarios / "peak-day"
    options: dict[str, Any] = {"trials": 2, "overrides": ALONE, "tables": "both"}
    found = tune([peak_day], [(peak_day, "no-overtime")], RANGES, LATE, tmp_path / "tuned", **options)
    # One late shipment at 95.70, or none at 155.20; without overtime two at 96.70, or none at 188.20.
    assert [(one.batch, one.held_out, one.base_score_micros, one.tuned_score_micros) for one in found.judged] == [
        ("peak-day", False, 195_700_000, 155_200_000),
        ("peak-day:no-overtime", True, 296_700_000, 188_200_000),
    ]
    assert found.scores(held_out=True) == (296_700_000, 188_200_000)
    assert found.shared_orders == 9
    # The first trial is the scenario's own setting.
    assert found.trials[0][0] == (("weights.late", "1"),)
    assert found.trials[0][1] == 195_700_000
    rows = read_table(tmp_path / "tuned" / "batches.csv")
    assert [(row["role"], row["setting"], row["score"]) for row in rows][2:] == [
        ("hold_out", "base", "296.700000"),
        ("hold_out", "tuned", "188.200000"),
    ]
    assert pq.read_table(tmp_path / "tuned" / "trials.parquet").equals(found.trial_table)
    assert sum(row["best"] == "true" for row in read_table(tmp_path / "tuned" / "trials.csv")) == 1
    stated = yaml.safe_load((tmp_path / "tuned" / "tuned.yaml").read_text())
    assert stated == {"weights": {"late": pytest.approx(float(dict(found.setting)["weights.late"]))}}


def test_where_nothing_is_better_nothing_is_recommended(scenarios: Path, tmp_path: Path) -> None:
    # The plan of least cost is already the one that the target asks for.
    options: dict[str, Any] = {"trials": 1, "overrides": QUICK}
    target = parse_target(["cost=1"])
    found = tune([scenarios / "quickstart"], [scenarios / "stores"], RANGES, target, tmp_path / "tuned", **options)
    assert found.setting == ()
    assert found.scores(held_out=False) == (120_400_000, 120_400_000)
    assert found.scores(held_out=True) == (201_750_000, 201_750_000)
    assert found.shared_orders == 0
    assert yaml.safe_load((tmp_path / "tuned" / "tuned.yaml").read_text()) is None


def test_an_interrupted_search_ends_as_if_it_had_not_been(scenarios: Path, tmp_path: Path) -> None:
    ranges = parse_ranges(["weights.late=0:9", "policy.split_cost=0:30", "policy.max_shipments=1,2"])

    def run(name: str, watcher: StopsAt) -> dict[str, bytes]:
        batches, held = [scenarios / "quickstart"], [scenarios / "stores"]
        target = parse_target(["cost=1", "split_orders=9"])
        # One more than TPE draws at random.
        options: dict[str, Any] = {"trials": 11, "overrides": QUICK, "watcher": watcher}
        tune(batches, held, ranges, target, tmp_path / name, **options)
        return {file: (tmp_path / name / file).read_bytes() for file in ("trials.csv", "batches.csv", "tuned.yaml")}

    whole = StopsAt()
    expected = run("whole", whole)
    with pytest.raises(KeyboardInterrupt):
        run("stopped", StopsAt(9))
    assert not (tmp_path / "stopped" / "trials.csv").exists()
    again = StopsAt()
    assert run("stopped", again) == expected
    assert again.solved == whole.solved - 9
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    storage = JournalStorage(JournalFileBackend(str(tmp_path / "stopped" / "optuna.journal")))
    assert len(optuna.load_study(study_name="tpe", storage=storage).trials) == 11


def test_a_target_prices_what_lies_beyond_its_goal() -> None:
    point = Point((), 12_345_678, 0, {"late_shipments": 5, "co2_g": 2_500}, {})
    assert score_micros(parse_target(["cost=1"]), point) == 12_345_678
    assert score_micros(parse_target(["late_shipments=10@3", "co2_kg=0.5"]), point) == 20_000_000 + 1_250_000
    assert score_micros(parse_target(["late_shipments=10@9", "cost=0.000001"]), point) == 12
    assert parse_target(["late_shipments=10@3"])[0].goal == Decimal(3)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "EMPTY_TARGET"),
        (["cost=0"], "EMPTY_TARGET"),
        (["cost"], "MALFORMED"),
        (["cost=1@"], "MALFORMED"),
        (["cost=-1"], "OUT_OF_RANGE"),
        (["cost=nan"], "OUT_OF_RANGE"),
        (["fill_rate=1"], "UNKNOWN_OBJECTIVE"),
        (["cost=1", "cost=2"], "DUPLICATE"),
    ],
)
def test_what_is_no_target(words: list[str], code: str) -> None:
    with pytest.raises(InputError) as error:
        parse_target(words)
    assert [fault.code for fault in error.value.faults] == [code]


def test_bad_input_writes_nothing(scenarios: Path, tmp_path: Path) -> None:
    one, other, out = scenarios / "quickstart", scenarios / "stores", tmp_path / "tuned"
    for batches, held, ranges, message in (
        ([one], [], RANGES, "no batch held out"),
        ([], [one], RANGES, "no batch to tune on"),
        ([one], [other], [], "nothing to turn"),
        ([one], [one], RANGES, "given twice"),
        ([one], [scenarios / "export"], RANGES, "EUR and USD"),
        ([one], [other], [Range("weights.lat", 0, 1)], "unknown weight or policy"),
        ([one], [other], [Range("policy.split_cost", -1, 1)], "must not be negative"),
        ([one], [(other, "nobody")], RANGES, "unknown variant 'nobody'"),
    ):
        with pytest.raises(InputError, match=message):
            tune(batches, held, ranges, LATE, out)
    assert list(tmp_path.iterdir()) == []


def test_the_scenarios_own_setting_has_coordinates(scenarios: Path) -> None:
    problem = load_scenario(scenarios / "peak-day")
    ranges = parse_ranges(
        ["weights.late=0.1:40", "policy.split_cost=0:30", "policy.fill_first=true,false", "policy.max_shipments=0:4"]
    )
    assert setting_at(ranges, own_place(problem, ranges)) == (
        ("weights.late", "1"),
        ("policy.split_cost", "1"),
        ("policy.fill_first", "false"),
        ("policy.max_shipments", "0"),
    )
