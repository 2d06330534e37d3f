"""What units left out pay, by state of an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dom_engine.certificate.grids import IMPOSSIBLE
from dom_engine.certificate.shapes import Forms, Shape
from dom_engine.certificate.sources import Pricing
from dom_engine.domain.columns import I64, Flags


@dataclass(frozen=True, slots=True)
class Leftover:
    """Per order of a block, in ``1/scale`` micros: what the units pay that no pattern ships, and a digit of each slot.

    ``can_complete``: the states of the order cover all its units.
    """

    always: I64
    per_digit: npt.NDArray[np.int64]
    can_complete: Flags

    def of_states(self, shape: Shape, members: I64) -> npt.NDArray[np.int64]:
        """What the units of each state pay when they are left out, int64[num_members, num_states]."""
        per_digit = self.per_digit[members, : len(shape.radix)]
        return self.always[members][:, np.newaxis] + per_digit @ shape.digits.T


def unmet_of_lines(pricing: Pricing, forms: Forms) -> tuple[Leftover, Flags]:
    """Unmet costs of a block, and the orders whose costs are small enough to add up in 64 bits."""
    lines = pricing.problem.lines
    num_orders = len(forms.regular)
    every = np.arange(forms.line_from, forms.line_from + len(forms.step))
    local = lines.order_idx[every].astype(np.int64) - forms.order_from
    per_unit = pricing.unmet[every]
    quantity = lines.quantity[every]
    left = np.where(forms.slot >= 0, quantity % np.maximum(1, forms.step), quantity)
    total = np.zeros(num_orders)
    np.add.at(total, local, per_unit.astype(np.float64) * quantity)
    small = total < IMPOSSIBLE / 8
    counted = small[local]
    always = np.zeros(num_orders, np.int64)
    np.add.at(always, local[counted], (per_unit[counted] * left[counted]).astype(np.int64))
    per_digit = np.zeros(forms.radix.shape, np.int64)
    slotted = np.flatnonzero(counted & (forms.slot >= 0))
    per_digit[local[slotted], forms.slot[slotted]] = per_unit[slotted] * forms.step[slotted]
    can_complete = np.ones(num_orders, np.bool_)
    can_complete[local[left > 0]] = False
    return Leftover(always, per_digit, can_complete), small
