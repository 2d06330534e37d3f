"""Logs: one JSON object a line, or text for people. Nothing that a request says of orders or secrets goes there."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

FORMATS = ("json", "text")
LOG_FORMAT_KEY = "DOM_LOG_FORMAT"
"""The environment variable that tells workers."""

FIELDS = "fields"
"""The attribute of a record that holds what a program may want to look for: ``extra={FIELDS: {...}}``."""


class JsonLines(logging.Formatter):
    """A record as a JSON object: at, level, logger, event, its fields, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        members = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            members["error"] = self.formatException(record.exc_info)
        return json.dumps(members, ensure_ascii=False)


class TextLines(logging.Formatter):
    """A record as a line for people, its fields behind it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback of an error."""
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, FIELDS, {}).items())
        return f"{super().format(record)} {fields}".rstrip()


def set_up(log_format: str) -> None:
    """Log to standard error from here on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
