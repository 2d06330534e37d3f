"""Messages to problems and results to messages; no other package but ``service`` knows the wire."""

from dom_engine.wire.envelopes import content_digest, request_id_of, wrapped
from dom_engine.wire.faults import failure, field_path, fitted, invalid_argument, retry_s_of
from dom_engine.wire.files import REQUEST_SUFFIXES, request_file, request_scenario
from dom_engine.wire.operations import operation_message
from dom_engine.wire.parts import part_event, parts_of, progress_event
from dom_engine.wire.plans import evaluation_response, stated_plan
from dom_engine.wire.results import optimize_response, unfillable_response
from dom_engine.wire.scenarios import raw_scenario, scenario_message
from dom_engine.wire.uploads import joined, upload, upload_events

__all__ = [
    "REQUEST_SUFFIXES",
    "content_digest",
    "evaluation_response",
    "failure",
    "field_path",
    "fitted",
    "invalid_argument",
    "joined",
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
    "stated_plan",
    "unfillable_response",
    "upload",
    "upload_events",
    "wrapped",
]
