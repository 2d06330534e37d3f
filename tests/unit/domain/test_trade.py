"""Who bears what, rule by rule, as section 6 tabulates it."""

from __future__ import annotations

import pytest

from dom_engine.domain.trade import Delivery, Incoterm, NamedPlace, Stage, delivery_of, seller_stages

FAS = {Stage.LOADING, Stage.PRE_CARRIAGE, Stage.EXPORT_CLEARANCE}
CFR = FAS | {Stage.ORIGIN_TERMINAL, Stage.MAIN_CARRIAGE}
DOOR = {Stage.DESTINATION_TERMINAL, Stage.ON_CARRIAGE}
ELSEWHERE = NamedPlace.DESTINATION_PORT


@pytest.mark.parametrize(
    ("rule", "place", "stages", "delivery"),
    [
        (Incoterm.EXW, ELSEWHERE, set(), Delivery.EX_WORKS),
        (Incoterm.FCA, NamedPlace.ORIGIN, {Stage.LOADING, Stage.EXPORT_CLEARANCE}, Delivery.DISPATCH),
        (Incoterm.FCA, NamedPlace.DESTINATION, {Stage.LOADING, Stage.EXPORT_CLEARANCE}, Delivery.DISPATCH),
        (Incoterm.FCA, NamedPlace.ORIGIN_PORT, FAS, Delivery.AFTER_PRE_CARRIAGE),
        (Incoterm.FAS, ELSEWHERE, FAS, Delivery.AFTER_EXPORT),
        (Incoterm.FOB, ELSEWHERE, FAS | {Stage.ORIGIN_TERMINAL}, Delivery.AFTER_EXPORT),
        (Incoterm.CFR, ELSEWHERE, CFR, Delivery.AFTER_EXPORT),
        (Incoterm.CIF, ELSEWHERE, CFR | {Stage.INSURANCE}, Delivery.AFTER_EXPORT),
        (Incoterm.CPT, ELSEWHERE, CFR, Delivery.DISPATCH),
        (Incoterm.CPT, NamedPlace.DESTINATION, CFR | DOOR, Delivery.DISPATCH),
        (Incoterm.CIP, ELSEWHERE, CFR | {Stage.INSURANCE}, Delivery.DISPATCH),
        (Incoterm.CIP, NamedPlace.DESTINATION, CFR | DOOR | {Stage.INSURANCE}, Delivery.DISPATCH),
        (Incoterm.DAP, ELSEWHERE, CFR | DOOR | {Stage.INSURANCE}, Delivery.ARRIVAL),
        (Incoterm.DPU, ELSEWHERE, CFR | DOOR | {Stage.INSURANCE, Stage.UNLOADING}, Delivery.ARRIVAL),
        (Incoterm.DDP, ELSEWHERE, CFR | DOOR | {Stage.INSURANCE, Stage.IMPORT_CLEARANCE}, Delivery.ARRIVAL),
    ],
)
def test_rules(rule: Incoterm, place: NamedPlace, stages: set[Stage], delivery: Delivery) -> None:
    assert seller_stages(rule, place) == stages
    assert delivery_of(rule, place) == delivery
