"""The certificate of prices: every order priced at exactly what is stated, and L added up in exact integers."""

from __future__ import annotations

import numpy as np

from solvers.bound import exact_bound, exact_minima, to_measure
from solvers.menu_pricing import price_menus
from solvers.menus import Menus, fitting, patterns_of
from solvers.model import Prices, SourcingModel
from solvers.patterns import concatenate, take
from solvers.pricing import ROUNDING, Priced, price_orders
from solvers.result import Certificate
from solvers.stop import Stop

PRICING_WORK = 200_000
"""Counted work per order and pass of the pricing kernel: what an order of hundreds of lines may cost."""


def certify(
    model: SourcingModel,
    prices: Prices,
    threads: int,
    fill_limit: int | None = None,
    menus: Menus | None = None,
    closing: Stop | None = None,
    known: Priced | None = None,
) -> Certificate:
    """State prices in micros, price every order at exactly those, and add up L in exact arithmetic.

    ``known`` is what everyone pays at exactly those prices, where they were priced before.
    """
    stated = to_measure(model, prices)
    priced = known or price_everyone(model, stated.steering(model), threads, menus, closing)
    minima = exact_minima(model, priced.patterns, stated, priced.lower_bound, priced.exact)
    bound = exact_bound(model, stated, minima.total, fill_limit)
    return Certificate(stated, minima, priced.exact, bound)


def price_everyone(
    model: SourcingModel, prices: Prices, threads: int, menus: Menus | None, closing: Stop | None
) -> Priced:
    """Every order's cheapest pattern at row prices, in weighted micros, by menu where there is one."""
    if menus is None:
        everyone = np.arange(model.num_orders, dtype=np.int32)
        return price_orders(model, prices, everyone, work_limit=PRICING_WORK, threads=threads, closing=closing)
    listed = np.flatnonzero(menus.listed).astype(np.int32)
    quick = price_menus(menus, prices, listed, threads)
    alone = fitting(menus, quick.pick_ptr, quick.picks, model.row_capacity())
    if not alone.all():
        # A menu's minimum that breaks a row by itself is a relaxation: priced exactly with those that have no menu.
        listed = listed[alone]
        quick = price_menus(menus, prices, listed, threads)
    others = np.setdiff1d(np.arange(model.num_orders, dtype=np.int32), listed)
    slow = price_orders(model, prices, others, work_limit=PRICING_WORK, threads=threads, closing=closing)
    both = concatenate([patterns_of(model, menus, listed, quick.pick_ptr, quick.picks), slow.patterns])
    by_order = np.argsort(both.order, kind="stable")
    yes, one = np.ones(len(listed), np.bool_), np.ones(len(listed), np.int64)
    return Priced(
        np.concatenate([quick.value, slow.value])[by_order],
        np.concatenate([quick.value * (1.0 - ROUNDING), slow.lower_bound])[by_order],
        np.concatenate([yes, slow.exact])[by_order],
        np.concatenate([one, slow.work])[by_order],
        take(both, by_order),
    )
