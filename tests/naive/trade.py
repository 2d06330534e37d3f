"""Who bears what, where delivery happens, which duty applies. Section 6."""

from __future__ import annotations

from fractions import Fraction

from tests.naive.problem import Item, Node, Order, Problem

WATER = frozenset({"sea", "barge"})
WATER_RULES = frozenset({"FAS", "FOB", "CFR", "CIF"})
CLEARANCES = frozenset({"export_clearance", "import_clearance"})
STAGES = (
    "loading",
    "pre_carriage",
    "export_clearance",
    "origin_terminal",
    "main_carriage",
    "insurance",
    "destination_terminal",
    "import_clearance",
    "on_carriage",
    "unloading",
)

_FCA = frozenset({"loading", "export_clearance"})
_FAS = _FCA | {"pre_carriage"}
_FOB = _FAS | {"origin_terminal"}
_CFR = _FOB | {"main_carriage"}
_DAP = _CFR | {"destination_terminal", "on_carriage", "insurance"}
_BORNE = {
    "EXW": frozenset[str](),
    "FCA": _FCA,
    "FAS": _FAS,
    "FOB": _FOB,
    "CFR": _CFR,
    "CIF": _CFR | {"insurance"},
    "CPT": _CFR,
    "CIP": _CFR | {"insurance"},
    "DAP": _DAP,
    "DPU": _DAP | {"unloading"},
    "DDP": _DAP | {"import_clearance"},
}


def mode_agrees(order: Order, mode: str) -> bool:
    """Tell whether the order's rule allows a mode: the four water rules need water."""
    return order.incoterm not in WATER_RULES or mode in WATER


def seller_bears(order: Order) -> frozenset[str]:
    """Return the stages the seller bears; the named place extends FCA, CPT and CIP."""
    borne = _BORNE[order.incoterm]
    if order.incoterm == "FCA" and order.named_place == "origin_port":
        return borne | {"pre_carriage"}
    if order.incoterm in {"CPT", "CIP"} and order.named_place == "destination":
        return borne | {"destination_terminal", "on_carriage"}
    return borne


def judged(
    order: Order,
    basis: str,
    dispatch_s: int,
    pre_carriage_s: int,
    export_s: int,
    arrival_s: int,
    ready_s: int,
) -> int:
    """Return the instant the window judges, given the latest ready aboard (read by EXW alone)."""
    if basis == "arrival":
        return arrival_s
    match order.incoterm:
        case "EXW":
            # Without `earliest` the buyer collects as soon as the goods are ready.
            return ready_s if order.earliest_s is None else max(ready_s, min(order.earliest_s, dispatch_s))
        case "FCA":
            return dispatch_s + (pre_carriage_s if order.named_place == "origin_port" else 0)
        case "FAS" | "FOB" | "CFR" | "CIF":
            return dispatch_s + pre_carriage_s + export_s
        case "CPT" | "CIP":
            return dispatch_s
        case _:
            return arrival_s


def crosses_border(node: Node, order: Order) -> bool:
    """Tell whether clearance and duties cost anything: two customs territories, both known."""
    return bool(node.customs and order.customs and node.customs != order.customs)


def duty_pct(problem: Problem, node: Node, order: Order, item: Item) -> Fraction:
    """Return the percent of the longest matching prefix; goods without origin are of the node's territory."""
    origin = item.origin or node.customs
    for length in range(len(item.hs_code), -1, -1):
        pct = problem.duties.get((origin, order.customs, item.hs_code[:length]))
        if pct is not None:
            return pct
    return Fraction(0)
