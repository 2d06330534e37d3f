"""Messages to problems and results to messages; no other package but ``service`` knows the wire."""

from dom_engine.wire.faults import failure, field_path, fitted, invalid_argument
from dom_engine.wire.results import optimize_response
from dom_engine.wire.scenarios import raw_scenario, scenario_message

__all__ = [
    "failure",
    "field_path",
    "fitted",
    "invalid_argument",
    "optimize_response",
    "raw_scenario",
    "scenario_message",
]
