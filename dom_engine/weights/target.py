"""A target: what each figure of a plan is worth, so that one number says how good the plan is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from dom_engine.errors import Fault, InputError
from dom_engine.scenario.changes import COMMAND_LINE
from dom_engine.scenario.texts import shown
from dom_engine.units import MICROS_PER_UNIT
from dom_engine.weights.objectives import OBJECTIVES, Objective, objectives_of
from dom_engine.weights.points import Point


@dataclass(frozen=True, slots=True)
class Aim:
    """``price`` in the scenario's currency for each unit of the objective beyond ``goal``."""

    objective: Objective
    price: Decimal
    goal: Decimal = Decimal(0)

    def micros(self, point: Point) -> int:
        """What the point's plan is charged, to the nearest micro."""
        scale = self.objective.scale
        beyond = max(Fraction(0), Fraction(self.objective.of(point), scale) - Fraction(self.goal))
        return round(beyond * Fraction(self.price) * MICROS_PER_UNIT)


def score_micros(aims: Sequence[Aim], point: Point) -> int:
    """A plan's score, the better the smaller."""
    return sum(aim.micros(point) for aim in aims)


def parse_target(words: Sequence[str]) -> list[Aim]:
    """``late_shipments=10`` (10 for each one) and ``split_orders=5@20`` (5 for each one beyond 20).

    Raises
    ------
    InputError
        For a word of another form, a figure nobody has, one that comes twice, a negative number, or no word at all.
    """
    faults = [] if words else [_fault("EMPTY_TARGET", "the target is empty: name figures and their prices")]
    parsed: list[tuple[str, Decimal, Decimal]] = []
    for word in words:
        name, equals, rest = word.partition("=")
        price, at, goal = rest.partition("@")
        try:
            numbers = Decimal(price.strip()), Decimal(goal.strip() if at else "0")
        except InvalidOperation:
            faults.append(_fault("MALFORMED", f"{shown(word)} is not of the form NAME=PRICE or NAME=PRICE@GOAL"))
            continue
        if not equals or not all(number.is_finite() and number >= 0 and number < 10**12 for number in numbers):
            faults.append(_fault("OUT_OF_RANGE", f"{shown(word)}: a price and a goal are numbers of 0 or more"))
        parsed.append((name.strip(), *numbers))
    if faults:
        raise InputError(faults)
    objectives_of([name for name, _, _ in parsed], "target")
    if not any(price for _, price, _ in parsed):
        raise InputError([_fault("EMPTY_TARGET", "every price of the target is 0: any plan would do")])
    return [Aim(OBJECTIVES[name], price, goal) for name, price, goal in parsed]


def _fault(code: str, message: str) -> Fault:
    return Fault(COMMAND_LINE, 0, "target", code, message)
