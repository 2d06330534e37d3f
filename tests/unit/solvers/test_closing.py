"""What closes a proof does nothing where there is nothing to close it with."""

from __future__ import annotations

import numpy as np

from solvers.closing import close_by_pool
from solvers.columns import Generated
from solvers.incumbent import Incumbent
from solvers.judging import unserved
from solvers.model import Prices
from solvers.stop import Stop
from tests.unit.solvers.batches import ordinary_model


def test_prices_that_were_never_tried_pool_nothing() -> None:
    """A share of the time may be over before the first pass, and the rest of it goes on."""
    model = ordinary_model(1, 20)
    incumbent = Incumbent(model, Stop())
    incumbent.offer(unserved(model))
    before = incumbent.objective
    untried = Generated(Prices.zero(model), -np.inf, unserved(model), converged=False)
    close_by_pool(model, 0.0, 0, 1, Stop(), incumbent, untried, 10_000)
    assert incumbent.objective == before
    assert incumbent.bound is None
