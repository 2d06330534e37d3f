"""Messages to problems and results to messages; no other package but ``service`` knows the wire."""

from dom_engine.wire.envelopes import content_digest, request_id_of, wrapped
from dom_engine.wire.faults import failure, field_path, fitted, invalid_argument, retry_s_of
from dom_engine.wire.files import REQUEST_SUFFIXES, request_file, request_scenario
from dom_engine.wire.operations import operation_message
from dom_engine.wire.parts import part_event, parts_of, progress_event
from dom_engine.wire.results import optimize_response, unfillable_response
from dom_engine.wire.scenarios import raw_scenario, scenario_message

__all__ = [
    "REQUEST_SUFFIXES",
    "content_digest",
    "failure",
    "field_path",
    "fitted",
    "invalid_argument",
    "operation_message",
    "optimize_response",
    "part_event",
    "parts_of",
    "progress_event",
    "raw_scenario",
    "request_file",
    "request_id_of",
    "request_scenario",
    "retry_s_of",
    "scenario_message",
    "unfillable_response",
    "wrapped",
]
