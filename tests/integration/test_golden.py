"""The shipped scenarios, solved: the plan, to the shipment, that their READMEs tell of, proven and verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from dom_engine.verify import verify
from tests.runs import Run, run_folder

Parts = Mapping[str, str]


@dataclass(frozen=True)
class Golden:
    """What a scenario must come to.

    ``shipments`` are "order node service dispatch" (UTC) with "line:units item" aboard, ``!`` from safety stock, and
    ``unallocated`` "order line" with "units reason".
    """

    cost: str
    shipments: Parts
    unallocated: Parts


GOLDEN = {
    "quickstart": Golden(
        "115.800000",
        {
            "1001 reno ground 11-25T01:00": "1:2 mug, 2:1 lamp",
            "1002 reno ground 11-25T01:00": "1:1 rug",
            "1002 chicago ground 11-25T23:00": "2:1 kettle",
            "1003 newark ground 11-24T22:00": "1:2 kettle",
            "1004 newark ground 11-24T22:00": "1:4 mug",
            "1005 chicago ground 11-24T23:00": "1:2 lamp",
            "1006 reno ground 11-25T01:00": "1:1 vase",
        },
        {"1006 1": "1 STOCK_TAKEN"},
    ),
    "quickstart reno-closed": Golden(
        "153.000000",
        {
            "1001 newark ground 11-24T22:00": "1:2 mug",
            "1002 chicago ground 11-25T23:00": "2:1 kettle",
            "1003 newark ground 11-24T22:00": "1:2 kettle",
            "1004 newark ground 11-24T22:00": "1:4 mug",
            "1005 chicago ground 11-24T23:00": "1:2 lamp",
        },
        {"1001 2": "1 STOCK_TAKEN", "1002 1": "1 NO_STOCK", "1006 1": "2 NO_STOCK"},
    ),
    "quickstart splits-hurt": Golden(
        "122.800000",
        {
            "1001 reno ground 11-25T01:00": "1:2 mug, 2:1 lamp",
            "1002 chicago ground 11-25T23:00": "2:1 kettle",
            "1003 newark ground 11-24T22:00": "1:2 kettle",
            "1004 newark ground 11-24T22:00": "1:4 mug",
            "1005 chicago ground 11-24T23:00": "1:2 lamp",
            "1006 reno ground 11-25T01:00": "1:1 vase",
        },
        {"1002 1": "1 NOT_WORTH_IT", "1006 1": "1 STOCK_TAKEN"},
    ),
    "peak-day": Golden(
        "95.700000",
        {
            "G1 atlanta parcel 11-28T21:00": "1:2 console",
            "G2 atlanta parcel 11-29T21:00": "1:2 tv",
            "G3 atlanta parcel 11-28T21:00": "1:1 tv, 2:1 console",
            "G4 atlanta parcel 11-28T21:00": "1:1 console",
            "T1 dallas parcel 11-28T22:00": "1:1 tv, 2:2 console",
            "T2 dallas parcel 11-28T22:00": "1:2 tv",
            "T3 dallas parcel 11-28T22:00": "1:1 tv",
            "T4 dallas parcel 11-29T22:00": "1:3 console",
            "T5 dallas parcel 11-29T22:00": "1:1 tv",
        },
        {},
    ),
    "export": Golden(
        "12573.210000",
        {
            "E1 hamburg ocean 03-02T14:00": "1:6 pump",
            "E2 hamburg ocean 03-02T14:00": "1:4 pump",
            "E3 shenzhen ocean 03-02T10:00": "1:10 sensors",
            "E3 hamburg air 03-02T14:00": "1:2 sensors",
            "E4 shenzhen air 03-02T10:00": "1:1 sensors",
            "E5 hamburg truck 03-02T14:00": "1:2 pump, 2:1 sensors",
            "E6 shenzhen air 03-02T10:00": "1:2 sensors",
            "E7 hamburg ocean 03-02T14:00": "1:8 pump",
            "E8 hamburg ocean 03-02T14:00": "1:3 pump",
        },
        {"E9 1": "1 INCOTERM_MODE"},
    ),
    "stores": Golden(
        "125.400000",
        {
            "S1 shop-soho courier 05-11T18:00": "1:1 boots",
            "S2 shop-soho parcel 05-11T18:00": "1:2 boots!",
            "S3 dc parcel 05-11T22:00": "1:2 boots",
            "S4 shop-philly courier 05-11T18:00": "2:1 boots",
            "S4 dc parcel 05-11T22:00": "1:2 coat",
            "S5 shop-harlem parcel 05-11T18:00": "1:1 coat, 2:1 scarf",
            "S5 shop-philly parcel 05-11T18:00": "2:1 shawl",
            "S6 shop-soho collect 05-11T18:00": "1:1 scarf",
            "S7 shop-soho courier 05-11T18:00": "1:2 scarf",
        },
        {"S8 1": "1 STOCK_TAKEN"},
    ),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_golden(case: str, repository: Path, tmp_path: Path) -> None:
    name, _, variant = case.partition(" ")
    solved = run_folder(repository / "scenarios" / name, tmp_path / "out", variant or None)
    golden, summary = GOLDEN[case], solved.summary()
    assert (summary["status"], summary["limit"]) == ("OPTIMAL", None)
    assert f"{summary['objective_micros'] / 1e6:.6f}" == golden.cost
    assert shipments_of(solved) == golden.shipments
    assert unallocated_of(solved) == golden.unallocated
    assert verify(solved.problem, solved.folder).findings == ()


def shipments_of(solved: Run) -> dict[str, str]:
    aboard: dict[str, list[str]] = {}
    for row in solved.table("allocations.csv"):
        mark = "!" if row["from_safety_stock"] == "true" else ""
        aboard.setdefault(row["shipment"], []).append(f"{row['line']}:{row['quantity']} {row['item']}{mark}")
    return {
        f"{row['order']} {row['node']} {row['service']} {row['dispatch_at'][5:16]}": ", ".join(aboard[row["shipment"]])
        for row in solved.table("shipments.csv")
    }


def unallocated_of(solved: Run) -> dict[str, str]:
    rows = solved.table("unallocated.csv")
    return {f"{row['order']} {row['line']}": f"{row['quantity']} {row['reason']}" for row in rows}
