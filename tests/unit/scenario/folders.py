"""Scenario folders for the reader's tests: one small valid scenario with every table, and ways to bend it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dom_engine.errors import Fault, InputError
from dom_engine.scenario import load_scenario

SETTINGS = """\
format: 1
name: small
currency: EUR
now: 2026-03-02T08:00:00+01:00
horizon_h: 72
timezone: Europe/Berlin
policy:
  split_cost: 2
  priority_factor: {1: 3.5}
solve:
  seed: 7
"""

TABLES: Mapping[str, str] = {
    "nodes": """\
node,kind,country,customs,lat,lon,timezone,calendar,cutoff,handling_h,unit_cost,max_distance_km,tags
A,dc,DE,EU,52.5,13.4,Europe/Berlin,week,16:30,1.5,0.25,,cold;bulky
B,store,FR,EU,48.9,2.4,Europe/Paris,,,,,900,
""",
    "items": """\
item,weight_kg,volume_l,value,hs_code,origin,tags
pen,0.02,0.05,1.50,9608,CN,
desk,31.5,180,240,9403,,bulky
""",
    "node_items": "node,item,unit_cost,work_h\nA,desk,3,0.5\n",
    "node_services": "node,service,cutoff,enabled\nB,van,12:00,true\n",
    "inventory": """\
node,item,quantity,available_at,lot,pool,expires_at,reserved,safety_stock
A,pen,100,,,,,10,5
A,pen,50,2026-03-03T06:00:00,L1,gold,2027-01-01T00:00:00Z,,
B,pen,8,,,,,,
A,desk,4,,,,,,
""",
    "services": """\
service,carrier,mode,calendar,pickup_calendar,max_weight_kg,max_parcel_kg,kg_per_m3,carries
van,Roadster,parcel,week,week,500,30,200,bulky
shop,,pickup,,,,,,bulky
""",
    "lanes": """\
service,node,country,postal_prefix,from_km,to_km,rate,transit_h,transit_days
van,,,,0,500,near,,1
van,,,,500,,far,,2
shop,B,,,,,free,,
""",
    "rates": """\
rate,stage,weight_from_kg,base,per_kg,minimum
near,,0,4,0.5,5
near,,20,10,0.3,
far,main_carriage,0,6,0.8,
far,insurance,,1,,
free,,,,,
""",
    "duties": "origin,destination,hs_prefix,pct\nCN,EU,96,4.5\nCN,EU,,2\n",
    "capacities": """\
node,service,measure,starts,ends,every,limit,open_cost,open_max,overtime_limit,overtime_cost
A,,kg,,,day,250.5,20,2,40,0.75
,van,shipments,2026-03-02T00:00:00,2026-03-03T00:00:00,,6,,,,
""",
    "calendars": "calendar,weekdays,holidays,closed,open\nweek,Mon-Fri,DE;DE-BY,2026-03-05,2026-03-07;2026-03-08\n",
    "orders": """\
order,customer,priority,country,postal_code,lat,lon,earliest,latest,window,late_cost_per_day,services,nodes,pools,pickup_node
007,Ada,1,DE,01067,51.05,13.74,,2026-03-05T12:00:00,hard,5,van,A;B,gold,
8,Ben,,FR,75001,48.86,2.35,2026-03-03T00:00:00,2026-03-06T00:00:00,,2.5,,,,B
""",
    "order_lines": """\
order,line,item,quantity,unit_price,unmet_cost,latest,group,substitutes,substitute_cost,pack
007,1,pen,10,,,,g,,,5
007,2,desk,1,250,80,2026-03-04T12:00:00,g,pen,1.25,
8,1,pen,3,0,,,,,,
""",
}


def write_folder(
    folder: Path,
    tables: Mapping[str, str | bytes | None] | None = None,
    settings: str = SETTINGS,
) -> Path:
    """Write the small scenario with some tables replaced (by file name: ``orders.csv``), or left out (None)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.yaml").write_text(settings, encoding="utf-8")
    files: dict[str, str | bytes | None] = {f"{name}.csv": text for name, text in TABLES.items()}
    files.update(tables or {})
    for name, content in files.items():
        if content is not None:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def changed(table: str, old: str, new: str) -> dict[str, str]:
    """The one file of a table in which some text is replaced."""
    assert TABLES[table].count(old) == 1, f"{old!r} stands {TABLES[table].count(old)} times in {table}"
    return {f"{table}.csv": TABLES[table].replace(old, new)}


def faults_of(folder: Path, **options: object) -> tuple[Fault, ...]:
    """The faults that loading the folder yields; none where it loads."""
    try:
        load_scenario(folder, **options)  # type: ignore[arg-type]
    except InputError as error:
        return error.faults
    return ()


def located(faults: tuple[Fault, ...]) -> list[tuple[str, int, str, str]]:
    """File, row, column and code of each fault."""
    return [(fault.file, fault.row, fault.column, fault.code) for fault in faults]
