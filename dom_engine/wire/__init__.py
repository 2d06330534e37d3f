"""Messages to problems and results to messages; no other package but ``service`` knows the wire."""

from dom_engine.wire.envelopes import content_digest, request_id_of, wrapped
from dom_engine.wire.faults import failure, field_path, fitted, invalid_argument, retry_s_of
from dom_engine.wire.files import REQUEST_SUFFIXES, request_file, request_scenario
from dom_engine.wire.operations import operation_message
from dom_engine.wire.parts import part_event, parts_of, progress_event
from dom_engine.wire.plans import evaluation_response, stated_plan
from dom_engine.wire.results import costs_message, optimize_response, unallocated_rows, unfillable_response
from dom_engine.wire.scenarios import raw_scenario, scenario_message
from dom_engine.wire.starts import located, pins_of, start_of
from dom_engine.wire.uploads import joined, upload, upload_events
from dom_engine.wire.words import word_of

__all__ = [
    "REQUEST_SUFFIXES",
    "content_digest",
    "costs_message",
    "evaluation_response",
    "failure",
    "field_path",
    "fitted",
    "invalid_argument",
    "joined",
    "located",
    "operation_message",
    "optimize_response",
    "part_event",
    "parts_of",
    "pins_of",
    "progress_event",
    "raw_scenario",
    "request_file",
    "request_id_of",
    "request_scenario",
    "retry_s_of",
    "scenario_message",
    "start_of",
    "stated_plan",
    "unallocated_rows",
    "unfillable_response",
    "upload",
    "upload_events",
    "word_of",
    "wrapped",
]
