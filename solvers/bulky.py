"""Batches of few large orders: prices and plans from the compact relaxation, then dual ascent and reinsertion."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from solvers.climb import climb
from solvers.incumbent import Incumbent
from solvers.model import Prices, SourcingModel
from solvers.patterns import priced_cost
from solvers.reinsertion import fit, reinsert
from solvers.relaxation import relax
from solvers.stop import HaltedError, Stop

_RELAX_SHARE, _CLIMB_SHARE, _REINSERT_SHARE = 0.5, 0.3, 0.5
"""Of the time that remains, what each step may take at most before the next."""

_PASSES = 150
_TURNS_PER_ORDER = 30
_INSERT_WORK = 20_000
"""Counted work of putting one order back: a good pattern is found long before it is proven."""


def applies(model: SourcingModel) -> bool:
    """Whether opening a node costs nothing: prices of openings are none of the relaxation's rows."""
    return not model.nodes.activation_cost.any()


def improve_bulky(
    model: SourcingModel, gap: float, seed: int, threads: int, stop: Stop, incumbent: Incumbent, work_limit: int
) -> Prices:
    """Raise the bound and improve the plan; returns the best prices found."""
    prices = Prices.zero(model)
    incumbent.enter("relaxation")
    with stop.share(_RELAX_SHARE):
        relaxed = relax(model, stop)
        if relaxed is not None:
            prices = relaxed.prices
            with suppress(HaltedError):
                for plan in relaxed.plans:
                    incumbent.offer(fit(model, plan, prices, _INSERT_WORK, stop))
    assert incumbent.objective is not None
    incumbent.enter("prices")
    with stop.share(_CLIMB_SHARE):
        climbed = climb(
            model,
            prices,
            float(incumbent.objective),
            stop,
            passes=_PASSES,
            work_limit=work_limit,
            threads=threads,
            on_bound=lambda bound: incumbent.prove(int(np.floor(bound)) - 1),
        )
    if climbed is None:
        return prices
    prices = climbed.prices
    if not incumbent.closed(gap) and stop.reason is None:
        incumbent.enter("reinsertion")
        minima = np.minimum(climbed.priced.lower_bound, priced_cost(climbed.priced.patterns, prices))
        turns = _TURNS_PER_ORDER * model.num_orders
        with stop.share(_REINSERT_SHARE):
            reinsert(
                model, incumbent, prices, minima, stop, turns=turns, work_limit=_INSERT_WORK, seed=seed
            )  # fmt: skip
    return prices
