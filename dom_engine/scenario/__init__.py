"""Scenario folders to problems and back."""

from dom_engine.scenario.build import build_problem
from dom_engine.scenario.changes import apply_changes
from dom_engine.scenario.load import load_scenario
from dom_engine.scenario.raw import RawScenario, RawTable
from dom_engine.scenario.read import read_raw
from dom_engine.scenario.write import write_scenario

__all__ = ["RawScenario", "RawTable", "apply_changes", "build_problem", "load_scenario", "read_raw", "write_scenario"]
