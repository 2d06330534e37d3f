"""``dom convert``: folders to requests and back, without a loss."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from dom_engine.cli.app import app
from dom_engine.errors import InputError
from dom_engine.scenario.changes import with_variant
from dom_engine.scenario.load import load_scenario
from dom_engine.scenario.read import read_raw
from dom_engine.v1.optimizer_pb2 import OptimizeRequest
from dom_engine.wire import scenario_message

SHIPPED = ("quickstart", "peak-day", "export", "stores")


def convert(folder: Path, *arguments: str) -> Result:
    """In this process: a new one for each would take most of the time."""
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, ["convert", *arguments])


@pytest.mark.parametrize("name", SHIPPED)
def test_there_and_back_nothing_is_lost(repository: Path, tmp_path: Path, name: str) -> None:
    for source, target in [(name, "a.json"), ("a.json", "b.binpb"), ("b.binpb", "folder"), ("folder", "c.binpb")]:
        done = convert(tmp_path, source, target)
        assert done.exit_code == 0, done.exception
    assert (tmp_path / "c.binpb").read_bytes() == (tmp_path / "b.binpb").read_bytes()
    scenario = repository / "scenarios" / name
    request = OptimizeRequest.FromString((tmp_path / "b.binpb").read_bytes())
    assert request.scenario == scenario_message(with_variant(read_raw(scenario), None))
    assert load_scenario(tmp_path / "folder").digest == load_scenario(scenario).digest


def test_a_variant_is_applied(repository: Path, tmp_path: Path) -> None:
    assert convert(tmp_path, "quickstart", "closed", "--variant", "reno-closed").exit_code == 0
    expected = load_scenario(repository / "scenarios" / "quickstart", "reno-closed").digest
    assert load_scenario(tmp_path / "closed").digest == expected


def test_the_json_reads_as_the_tables_do(tmp_path: Path) -> None:
    assert convert(tmp_path, "quickstart", "request.json").exit_code == 0
    scenario = json.loads((tmp_path / "request.json").read_text(encoding="utf-8"))["scenario"]
    assert {"nodes", "inventory", "order_lines", "orders"} <= set(scenario)
    assert "node" in scenario["nodes"][0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"scenario": {"nodes": [{"nod": "x"}]}}', 'no field named "nod"'),
        ("{", "is no OptimizeRequest in JSON"),
        ('{"scenario": {"items": [{"item": "a", "weight_kg": "x"}]}}', "is not a number"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "request.json").write_text(content)
    done = convert(tmp_path, "request.json", "folder")
    assert isinstance(done.exception, InputError)
    assert message in str(done.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["request.json"]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    assert convert(tmp_path, "quickstart", "a.binpb").exit_code == 0
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    done = convert(tmp_path, "a.binpb", "full")
    assert "not an empty folder" in str(done.exception)


def test_as_a_command_it_ends_as_all_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dom_engine.cli", "convert", "absent.json", "folder"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "absent.json: cannot be read" in done.stderr
