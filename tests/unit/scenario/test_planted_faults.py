"""More than fifty faults of different kinds in one folder: exactly those are found, each where it stands."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.scenario.folders import faults_of, located

SETTINGS = """\
format: 2
currency: EURO
now: 2026-03-02T08:00:00
horizn_h: 72
timezone: UTC
weights: {freight: -1, postage: 2}
policy:
  split_cost: cheap
  window_basis: departure
  priority_factor: {high: 2}
solve:
  method: magic
  gap: nan
  gap: 0.1
changes:
  - set: {table: nodes, column: cutof, to: "12:00"}
  - remove: {table: orders, where: {order: nobody}}
  - scale: {table: orders, column: country, by: 2}
"""

FILES: dict[str, str | bytes] = {
    "nodes.csv": """\
node,kind,country,lat,lon,timezone,calendar,cutoff,handling_h,unit_cost,colour
A,dc,DE,52.5,13.4,Europe/Berlin,week,16:30,1.5,0.25,
B,shop,FR,48.9,2.4,Europe/Pariss,,,,,
C,,XX,95,2.4,,,25:00,,,
D,,FR,48.9,2.4,,weak,,,-1,
A,dc,DE,52.5,13.4,,,,,,
E,dc,DE,52.5,,,,,,,
F,dc,DE
""",
    "items.csv": """\
item,weight_kg,value
pen,0.02,1.50
desk,1e400,240
lamp,heavy,9223372036855
""",
    "node_items.csv": b"node,item,work_h\nA,desk,0.5\nB,p\xe9n,1\n",
    "inventory.csv": """\
node,item,quantity,available_at,lot,reserved
A,pen,100,,,
A,pne,1,,,
A,pen,,,L1,
A,pen,2.5,,L2,
A,pen,1,2026-02-30T06:00:00Z,L3,inf
F,desk,4,,,
""",
    "services.csv": """\
service,mode,max_parcel_kg,enabled
van,parcel,0,true
shop,truck,,maybe
""",
    "lanes.csv": """\
service,node,country,postal_prefix,from_km,to_km,rate,transit_days
van,,,,0,500,near,1
van,,,,500,400,far,2
van,,,,250,750,near,1
van,,US,,,,slow,2
shop,,USA,,,,near,2
""",
    "rates.csv": """\
rate,stage,base
near,,4
near,main_carriage,6
far,main_carige,6
""",
    "capacities.csv": """\
node,service,measure,starts,ends,every,limit
,,kg,,,day,250.5
,van,units,,,,2.5
,van,shipments,2026-03-03T00:00:00Z,2026-03-02T00:00:00Z,week,6
""",
    "calendars.csv": """\
calendar,weekdays,holidays,closed
week,Mon-Fri,US-XX,2026-13-01
days,Mo;Tue,,
""",
    "orders.csv": """\
order,country,lat,lon,earliest,latest,services,nodes
7,DE,51.05,13.74,,2026-03-05T12:00:00,van,A;Z
8,FR,,,,,,
9,FR,48.86,2.35,2026-03-04T00:00:00,2026-03-03T00:00:00,,
""",
    "order_lines.csv": "order,line,item\n7,1,pen\n10,1,pen\n",
    "dutys.csv": "origin,destination,pct\nCN,EU,2\n",
    "kits.csv": "kit,item\nk,pen\n",
    "node_services.xlsx": b"PK",
}

PLANTED = [
    ("capacities.csv", 2, "", "NO_SCOPE"),
    ("capacities.csv", 3, "limit", "NOT_AN_INTEGER"),
    ("capacities.csv", 4, "ends", "EMPTY_PERIOD"),
    ("capacities.csv", 4, "every", "UNKNOWN_CHOICE"),
    ("calendars.csv", 2, "closed", "NOT_A_DATE"),
    ("calendars.csv", 2, "holidays", "UNKNOWN_CODE"),
    ("calendars.csv", 3, "weekdays", "NOT_WEEKDAYS"),
    ("dutys.csv", 0, "", "UNKNOWN_TABLE"),
    ("inventory.csv", 3, "item", "UNKNOWN_ID"),
    ("inventory.csv", 4, "quantity", "MISSING_VALUE"),
    ("inventory.csv", 5, "quantity", "NOT_AN_INTEGER"),
    ("inventory.csv", 6, "available_at", "NOT_AN_INSTANT"),
    ("inventory.csv", 6, "reserved", "NOT_FINITE"),
    ("items.csv", 3, "weight_kg", "OVERFLOW"),
    ("items.csv", 4, "value", "OVERFLOW"),
    ("items.csv", 4, "weight_kg", "NOT_A_NUMBER"),
    ("kits.csv", 0, "", "RESERVED_TABLE"),
    ("lanes.csv", 3, "to_km", "EMPTY_BAND"),
    ("lanes.csv", 4, "", "LANE_TIE"),
    ("lanes.csv", 5, "rate", "UNKNOWN_ID"),
    ("lanes.csv", 6, "country", "UNKNOWN_CODE"),
    ("node_items.csv", 3, "item", "BAD_ENCODING"),
    ("node_services.xlsx", 0, "", "UNKNOWN_FORMAT"),
    ("nodes.csv", 1, "colour", "UNKNOWN_COLUMN"),
    ("nodes.csv", 3, "kind", "UNKNOWN_CHOICE"),
    ("nodes.csv", 3, "timezone", "UNKNOWN_CODE"),
    ("nodes.csv", 4, "country", "UNKNOWN_CODE"),
    ("nodes.csv", 4, "cutoff", "NOT_A_TIME"),
    ("nodes.csv", 4, "lat", "OUT_OF_RANGE"),
    ("nodes.csv", 5, "calendar", "UNKNOWN_ID"),
    ("nodes.csv", 5, "unit_cost", "NEGATIVE"),
    ("nodes.csv", 6, "node", "DUPLICATE_ROW"),
    ("nodes.csv", 7, "lon", "HALF_LOCATION"),
    ("nodes.csv", 8, "", "RAGGED_ROW"),
    ("order_lines.csv", 1, "quantity", "MISSING_COLUMN"),
    ("order_lines.csv", 3, "order", "UNKNOWN_ID"),
    ("orders.csv", 2, "nodes", "UNKNOWN_ID"),
    ("orders.csv", 3, "lat", "NO_LOCATION"),
    ("orders.csv", 4, "latest", "EMPTY_WINDOW"),
    ("rates.csv", 3, "", "DUPLICATE_ROW"),
    ("rates.csv", 4, "stage", "UNKNOWN_CHOICE"),
    ("scenario.yaml", 1, "format", "UNKNOWN_FORMAT"),
    ("scenario.yaml", 2, "currency", "UNKNOWN_CODE"),
    ("scenario.yaml", 4, "horizn_h", "UNKNOWN_KEY"),
    ("scenario.yaml", 6, "weights.freight", "NEGATIVE"),
    ("scenario.yaml", 6, "weights.postage", "UNKNOWN_KEY"),
    ("scenario.yaml", 8, "policy.split_cost", "NOT_A_NUMBER"),
    ("scenario.yaml", 9, "policy.window_basis", "UNKNOWN_CHOICE"),
    ("scenario.yaml", 10, "policy.priority_factor.high", "NOT_A_NUMBER"),
    ("scenario.yaml", 12, "solve.method", "UNKNOWN_CHOICE"),
    ("scenario.yaml", 13, "solve.gap", "NOT_FINITE"),
    ("scenario.yaml", 14, "gap", "DUPLICATE_KEY"),
    ("scenario.yaml", 16, "cutof", "UNKNOWN_COLUMN"),
    ("scenario.yaml", 17, "where", "NO_MATCH"),
    ("scenario.yaml", 18, "country", "NOT_NUMERIC"),
    ("services.csv", 2, "max_parcel_kg", "NOT_POSITIVE"),
    ("services.csv", 3, "enabled", "NOT_A_FLAG"),
    ("services.csv", 3, "mode", "UNKNOWN_CHOICE"),
]


def test_exactly_the_planted_faults_are_found(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(SETTINGS, encoding="utf-8")
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    # One more kind: ids that Parquet holds as numbers.
    pq.write_table(pa.table({"service": ["van"], "node": [1]}), tmp_path / "node_services.parquet")

    found = faults_of(tmp_path)

    planted = sorted([*PLANTED, ("node_services.parquet", 0, "node", "WRONG_TYPE")])
    assert located(found) == planted
    assert len(planted) >= 50
    assert list(found) == sorted(found)
