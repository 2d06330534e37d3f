"""An explanation as tables: the ways to serve the order, what each pays, and what would have served the rest."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dom_engine.domain.problem import Problem
from dom_engine.explain.options import Option
from dom_engine.explain.order import Explanation
from dom_engine.scenario.exports import MONEY, table_of


def explanation_tables(explanation: Explanation, problem: Problem) -> dict[str, pa.Table]:
    """The tables ``ways``, ``way_terms`` and ``counterfactuals``.

    The way ``chosen`` is what the plan does, ``best`` what costs least at the prices, and each other one the best of
    its node alone. The amounts of ``way_terms`` sum to the way's ``priced`` cost, those of kind ``term`` to its own
    ``cost``; ways that serve nothing by an ``obstacle`` pay for what they leave out.
    """
    chosen = explanation.chosen
    named = [
        ("chosen", chosen),
        ("best", explanation.best),
        *((f"from {way.node}", way) for way in explanation.by_node),
    ]
    money = ("cost", "prices", "priced", "against_plan")
    types = {
        "order": pa.string(),
        "way": pa.string(),
        "node": pa.string(),
        "ships": pa.string(),
        "served_units": pa.int64(),
        "missing_units": pa.int64(),
        **dict.fromkeys(money, MONEY),
        "obstacle": pa.string(),
    }
    ways: list[dict[str, Any]] = [
        {
            "order": explanation.order,
            "way": name,
            "node": way.node,
            "ships": shipments_text(way, problem),
            "served_units": way.served_units,
            "missing_units": way.missing_units,
            "cost": way.own_micros,
            "prices": way.priced_micros - way.own_micros,
            "priced": way.priced_micros,
            "against_plan": way.priced_micros - chosen.priced_micros,
            "obstacle": way.obstacle,
        }
        for name, way in named
    ]
    terms: list[dict[str, Any]] = []
    for name, way in named:
        told = [("term", term, amount) for term, amount in way.costs_micros.items()]
        told += [("row", share.label, share.paid_micros) for share in way.rows]
        terms += [
            {"order": explanation.order, "way": name, "kind": kind, "name": what, "amount": amount}
            for kind, what, amount in told
        ]
    changes = [
        {
            "order": explanation.order,
            "line": one.line,
            "change": one.change,
            "served_units": one.served_units,
            "short_units": one.short_units,
            "delta": one.delta_micros,
        }
        for one in explanation.counterfactuals
    ]
    texts, units = ("order", "line", "change"), ("served_units", "short_units")
    return {
        "ways": table_of(ways, types),
        "way_terms": table_of(terms, {**dict.fromkeys(("order", "way", "kind", "name"), pa.string()), "amount": MONEY}),
        "counterfactuals": table_of(
            changes, {**dict.fromkeys(texts, pa.string()), **dict.fromkeys(units, pa.int64()), "delta": MONEY}
        ),
    }


def shipments_text(way: Option, problem: Problem) -> str:
    """From where and by what a way ships."""
    ships = way.plan.shipments
    pairs = zip(ships.node_idx.tolist(), ships.service_idx.tolist(), strict=True)
    texts = [
        f"from {problem.nodes.ids[node].as_py()} by {problem.services.ids[service].as_py()}" for node, service in pairs
    ]
    return ", ".join(texts) or "nothing"
