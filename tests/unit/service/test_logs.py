"""A log line a program can read."""

from __future__ import annotations

import json
import logging
import sys

from dom_engine.service.logs import FIELDS, JsonLines, TextLines


def record(**fields: object) -> logging.LogRecord:
    made = logging.LogRecord("dom_engine.x", logging.INFO, "", 0, "a %s", ("call",), None)
    setattr(made, FIELDS, fields)
    return made


def test_a_record_is_one_json_object_on_one_line() -> None:
    line = JsonLines().format(record(request_id="r\n1", seconds=0.5))
    assert "\n" not in line
    members = json.loads(line)
    assert members.pop("at").endswith("+00:00")
    assert members == {
        "level": "INFO",
        "logger": "dom_engine.x",
        "event": "a call",
        "request_id": "r\n1",
        "seconds": 0.5,
    }


def test_an_error_carries_its_traceback() -> None:
    made = record()
    try:
        raise ValueError("broken")
    except ValueError:
        made.exc_info = sys.exc_info()
    assert "ValueError: broken" in json.loads(JsonLines().format(made))["error"]


def test_text_names_its_fields() -> None:
    assert TextLines().format(record(code="OK")).endswith("INFO a call code=OK")
