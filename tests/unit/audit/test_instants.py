"""Dispatch, ready and arrival instants by hand, clock changes included."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.units import NEVER_S
from tests import naive
from tests.unit.audit.conversion import Converter


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def auditor(config: dict[str, Any], **tables: list[dict[str, str]]) -> Auditor:
    base: dict[str, list[dict[str, str]]] = {
        "nodes": [{"node": "N"}],
        "items": [{"item": "A"}],
        "inventory": [{"node": "N", "item": "A", "quantity": "5"}],
        "services": [{"service": "S"}],
        "lanes": [{"service": "S", "rate": "R"}],
        "rates": [{"rate": "R"}],
        "orders": [{"order": "O", "country": "US"}],
        "order_lines": [{"order": "O", "line": "1", "item": "A", "quantity": "1"}],
    }
    scenario = naive.Scenario({"format": 1, **config}, base | tables)
    return Auditor(Converter(naive.read_problem(scenario)).problem())


def test_dispatches_are_local_cutoffs_of_days_open_to_node_and_service() -> None:
    # 2025-11-27 is Thanksgiving; the service does not collect on Saturdays and Sundays.
    found = auditor(
        {"now": "2025-11-26T17:00:00-05:00", "horizon_h": 120},
        nodes=[{"node": "N", "timezone": "America/New_York", "calendar": "us", "cutoff": "17:00"}],
        services=[{"service": "S", "pickup_calendar": "week"}],
        calendars=[{"calendar": "us", "holidays": "US"}, {"calendar": "week", "weekdays": "Mon-Fri"}],
    )
    # The 26th's cutoff is now and so past; Monday's at 17:00 is exactly the horizon's end and in.
    expected = [at("2025-11-28T17:00", "America/New_York"), at("2025-12-01T17:00", "America/New_York")]
    assert list(found.network.clock.dispatches(0, 0)) == expected


def test_cutoff_in_a_skipped_hour_takes_the_offset_before_the_change() -> None:
    # On 2025-03-09 New York's clocks go from 02:00 to 03:00: 02:30 EST is 07:30 UTC.
    found = auditor(
        {"now": "2025-03-09T00:00:00-05:00", "horizon_h": 24},
        nodes=[{"node": "N", "timezone": "America/New_York", "cutoff": "02:30"}],
    )
    assert list(found.network.clock.dispatches(0, 0)) == [at("2025-03-09T07:30")]


def test_handling_counts_open_days_only() -> None:
    # Friday 20:00 local, 6 h of handling, closed at the weekend: 4 h on Friday, 2 h on Monday.
    found = auditor(
        {"now": "2025-11-21T20:00:00-05:00", "horizon_h": 120},
        nodes=[{"node": "N", "timezone": "America/New_York", "calendar": "week", "handling_h": "6"}],
        calendars=[{"calendar": "week", "weekdays": "Mon-Fri"}],
    )
    start = at("2025-11-21T20:00", "America/New_York")
    starts = np.array([start, start + 86_400, start + 4 * 86_400, start + 30 * 86_400])
    ready = found.network.clock.ready_s(np.zeros(4, np.int64), starts)
    # From closed Saturday on handling starts on Monday at midnight; past the horizon's last day it never ends.
    monday, tuesday = at("2025-11-24T02:00", "America/New_York"), at("2025-11-26T02:00", "America/New_York")
    assert ready.tolist() == [monday, monday + 4 * 3_600, tuesday, NEVER_S]


def test_arrival_counts_the_services_open_days_and_keeps_the_local_time() -> None:
    # Dispatch Friday 2025-03-07 17:00 EST; +1 h pre-carriage; two weekdays later is Tuesday 18:00 EDT; +2 h import.
    found = auditor(
        {"now": "2025-03-07T12:00:00-05:00", "horizon_h": 24},
        nodes=[{"node": "N", "timezone": "America/New_York", "cutoff": "17:00"}],
        services=[{"service": "S", "calendar": "week"}],
        calendars=[{"calendar": "week", "weekdays": "Mon-Fri"}],
        lanes=[{"service": "S", "rate": "R", "pre_carriage_h": "1", "transit_days": "2", "import_h": "2"}],
    )
    dispatch = at("2025-03-07T17:00", "America/New_York")
    assert found.network.clock.arrival_s(0, 0, dispatch) == at("2025-03-11T20:00", "America/New_York")


def test_transit_past_the_years_of_the_calendar_never_arrives() -> None:
    found = auditor(
        {"now": "2025-03-07T12:00:00Z", "horizon_h": 24},
        lanes=[{"service": "S", "rate": "R", "transit_h": "100000000", "transit_days": "1"}],
    )
    assert found.network.clock.arrival_s(0, 0, at("2025-03-07T23:59")) == NEVER_S
