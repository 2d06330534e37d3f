"""A client of the service: calls with types, retries that solve nothing twice, progress as it comes, frames."""

from __future__ import annotations

from dom_engine.client.calls import Client, Solving
from dom_engine.client.tables import scenario_of, table_of
from dom_engine.client.uploads import Uploaded, Uploading

__all__ = ["Client", "Solving", "Uploaded", "Uploading", "scenario_of", "table_of"]
