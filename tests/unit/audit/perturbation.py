"""Small random damages to an oracle's plan, so that every rule gets its chance to be broken."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from tests import naive

Plan = list[naive.Shipment]


def damaged(given: naive.Problem, plan: Sequence[naive.Shipment], rng: random.Random) -> Plan:
    """The plan after one to three random changes: most often infeasible, sometimes not."""
    result = list(plan)
    for _ in range(rng.randint(1, 3)):
        if result:
            number = rng.randrange(len(result))
            result[number] = _changed(given, result[number], rng)
            if rng.random() < 0.1:
                del result[number]
        if rng.random() < 0.25 and given.orders:
            result += _extra(given, rng)
    unique: dict[tuple[str, str, str, int], naive.Shipment] = {}
    for shipment in result:
        candidate = shipment.candidate
        key = (candidate.order.order, candidate.node.node, candidate.service.service, candidate.dispatch_s)
        if key in unique:
            shipment = replace(shipment, load=unique[key].load + shipment.load)
        unique[key] = replace(shipment, load=_merged(shipment.load))
    return list(unique.values())


def _merged(load: tuple[naive.Piece, ...]) -> tuple[naive.Piece, ...]:
    units: dict[naive.Piece, int] = {}
    for piece in load:
        key = replace(piece, quantity=0)
        units[key] = units.get(key, 0) + piece.quantity
    return tuple(replace(piece, quantity=quantity) for piece, quantity in units.items())


def _changed(given: naive.Problem, shipment: naive.Shipment, rng: random.Random) -> naive.Shipment:
    choice, load = rng.randrange(4), list(shipment.load)
    if choice == 0 or not load:
        return replace(shipment, candidate=_moved(given, shipment.candidate, rng))
    number = rng.randrange(len(load))
    piece = load[number]
    if choice == 1:
        load[number] = replace(piece, quantity=max(1, piece.quantity + rng.choice((-1, 1, 2))))
    elif choice == 2:
        position = rng.choice(given.positions)
        load[number] = replace(piece, position=position, safety=rng.random() < 0.3)
    elif len(load) > 1:
        del load[number]
    else:
        load[number] = replace(piece, safety=not piece.safety)
    return replace(shipment, load=tuple(load))


def _moved(given: naive.Problem, candidate: naive.Candidate, rng: random.Random) -> naive.Candidate:
    """Another candidate of the order, or one that does not exist."""
    real = list(naive.candidates_of(given, candidate.order))
    if real and rng.random() < 0.6:
        return rng.choice(real)
    node, service = rng.choice(list(given.nodes.values())), rng.choice(list(given.services.values()))
    dispatch_s = candidate.dispatch_s + rng.choice((0, 0, 3_600, 86_400))
    for known in real:
        if (known.node, known.service, known.dispatch_s) == (node, service, dispatch_s):
            return known
    return replace(candidate, node=node, service=service, dispatch_s=dispatch_s)


def _extra(given: naive.Problem, rng: random.Random) -> Plan:
    order = rng.choice(given.orders)
    real = list(naive.candidates_of(given, order))
    if not real or not order.lines:
        return []
    candidate, line = rng.choice(real), rng.choice(order.lines)
    here = [position for position in given.positions if position.node == candidate.node.node]
    if not here:
        return []
    piece = naive.Piece(line, rng.choice(here), False, rng.randint(1, line.quantity))
    return [naive.Shipment(candidate, (piece,))]
