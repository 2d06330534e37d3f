"""Incoterms 2020: who bears each stage of a delivery, and which instant is the delivery.

Source: ICC Incoterms 2020, articles A2 (delivery) and A9/B9 (allocation of costs).
"""

from __future__ import annotations

from enum import IntEnum


class Stage(IntEnum):
    """The stages a rate row may price, in the order goods pass them."""

    LOADING = 0
    PRE_CARRIAGE = 1
    EXPORT_CLEARANCE = 2
    ORIGIN_TERMINAL = 3
    MAIN_CARRIAGE = 4
    INSURANCE = 5
    DESTINATION_TERMINAL = 6
    IMPORT_CLEARANCE = 7
    ON_CARRIAGE = 8
    UNLOADING = 9


class Incoterm(IntEnum):
    """The eleven rules of Incoterms 2020."""

    EXW = 0
    FCA = 1
    FAS = 2
    FOB = 3
    CFR = 4
    CIF = 5
    CPT = 6
    CIP = 7
    DAP = 8
    DPU = 9
    DDP = 10


class NamedPlace(IntEnum):
    """How far FCA, CPT and CIP reach; other rules do not read it."""

    ORIGIN = 0
    ORIGIN_PORT = 1
    DESTINATION_PORT = 2
    DESTINATION = 3


class Delivery(IntEnum):
    """The instant at which the seller has delivered; EXW is computed from what is aboard."""

    EX_WORKS = 0
    DISPATCH = 1
    AFTER_PRE_CARRIAGE = 2
    AFTER_EXPORT = 3
    ARRIVAL = 4


WATERBORNE_ONLY = frozenset({Incoterm.FAS, Incoterm.FOB, Incoterm.CFR, Incoterm.CIF})
"""Rules that exist only for sea and inland waterway transport."""

_FAS = frozenset({Stage.LOADING, Stage.PRE_CARRIAGE, Stage.EXPORT_CLEARANCE})
_FOB = _FAS | {Stage.ORIGIN_TERMINAL}
_CFR = _FOB | {Stage.MAIN_CARRIAGE}
_TO_DOOR = frozenset({Stage.DESTINATION_TERMINAL, Stage.ON_CARRIAGE})
_DAP = _CFR | _TO_DOOR | {Stage.INSURANCE}


def seller_stages(rule: Incoterm, place: NamedPlace) -> frozenset[Stage]:
    """The stages whose cost the seller bears; the buyer bears the rest."""
    match rule:
        case Incoterm.EXW:
            return frozenset()
        case Incoterm.FCA:
            base = frozenset({Stage.LOADING, Stage.EXPORT_CLEARANCE})
            return base | {Stage.PRE_CARRIAGE} if place == NamedPlace.ORIGIN_PORT else base
        case Incoterm.FAS:
            return _FAS
        case Incoterm.FOB:
            return _FOB
        case Incoterm.CFR:
            return _CFR
        case Incoterm.CIF:
            return _CFR | {Stage.INSURANCE}
        case Incoterm.CPT:
            return _CFR | _TO_DOOR if place == NamedPlace.DESTINATION else _CFR
        case Incoterm.CIP:
            base = _CFR | {Stage.INSURANCE}
            return base | _TO_DOOR if place == NamedPlace.DESTINATION else base
        case Incoterm.DAP:
            return _DAP
        case Incoterm.DPU:
            return _DAP | {Stage.UNLOADING}
        case Incoterm.DDP:
            return _DAP | {Stage.IMPORT_CLEARANCE}


def delivery_of(rule: Incoterm, place: NamedPlace) -> Delivery:
    """Which instant a window judges under ``window_basis: delivery_point``."""
    match rule:
        case Incoterm.EXW:
            return Delivery.EX_WORKS
        case Incoterm.FCA:
            return Delivery.AFTER_PRE_CARRIAGE if place == NamedPlace.ORIGIN_PORT else Delivery.DISPATCH
        case Incoterm.FAS | Incoterm.FOB | Incoterm.CFR | Incoterm.CIF:
            return Delivery.AFTER_EXPORT
        case Incoterm.CPT | Incoterm.CIP:
            return Delivery.DISPATCH
        case Incoterm.DAP | Incoterm.DPU | Incoterm.DDP:
            return Delivery.ARRIVAL
