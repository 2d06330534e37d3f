"""Knobs: keys of ``weights`` and ``policy`` that a study turns, and the values it gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import TypeAlias

from dom_engine.domain.settings import COST_TERMS
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.changes import COMMAND_LINE
from dom_engine.scenario.settings import POLICY_KEYS
from dom_engine.scenario.texts import NearestName, shown, unknown_name

Setting: TypeAlias = tuple[tuple[str, str], ...]
"""Knobs and their values as text, by knob; what is not named stays as the scenario says."""

SWITCHES: Mapping[str, tuple[str, ...]] = {
    "policy.fill_first": ("false", "true"),
    "policy.window_basis": ("delivery_point", "arrival"),
}
WHOLE = ("policy.max_shipments", "policy.safety_stock_priority")
"""Knobs that take whole numbers only."""

KNOBS = (*(f"weights.{term}" for term in COST_TERMS), *(f"policy.{k}" for k in POLICY_KEYS if k != "priority_factor"))

MAX_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Range:
    """What a search may give a knob: anything from ``low`` to ``high``, or one of ``choices``."""

    knob: str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether only whole numbers will do."""
        return self.knob in WHOLE


def number_text(value: float) -> str:
    """A number as a scenario would state it, to six significant digits: what is solved is what is printed."""
    return f"{Decimal(f'{value:.6g}').normalize() + 0:f}"


def value_text(value: object) -> str:
    """One value of a knob as text: numbers that are the same read the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text.lower() if text.lower() in ("true", "false") else text
    return f"{number.normalize() + 0:f}" if number.is_finite() else text


def as_changes(setting: Setting) -> list[dict[str, dict[str, str]]]:
    """The setting as ``changes`` of a scenario (section 7)."""
    changes: dict[str, dict[str, str]] = {}
    for knob, value in setting:
        table, _, key = knob.partition(".")
        changes.setdefault(table, {})[key] = value
    return [{table: keys} for table, keys in changes.items()]


def check_knobs(names: Iterable[str]) -> None:
    """Raise InputError for every name that is no knob."""
    nearest = NearestName(KNOBS)
    faults = [
        Fault(COMMAND_LINE, 0, "vary", "UNKNOWN_KNOB", unknown_name("weight or policy", name, nearest))
        for name in names
        if name not in KNOBS
    ]
    if faults:
        raise InputError(faults)


def grid(values: Mapping[str, Sequence[object]]) -> list[Setting]:
    """Every combination of the values, the last knob turning fastest.

    Raises
    ------
    InputError
        For a name that is no knob, a knob without a value, no knob at all, or more than ``MAX_POINTS`` points.
    """
    check_knobs(values)
    texts = {knob: list(dict.fromkeys(value_text(value) for value in of)) for knob, of in values.items()}
    faults = [
        _fault("EMPTY_GRID", f"{knob} has an empty value among its values" if any(of) else f"{knob} is given no values")
        for knob, of in texts.items()
        if not of or not all(of)
    ]
    if not values:
        faults = [_fault("EMPTY_GRID", "the grid is empty: name a weight or policy and its values")]
    num_points = 1
    for of in texts.values():
        num_points *= len(of)
    if num_points > MAX_POINTS:
        faults = [_fault("TOO_MANY", f"the grid has {num_points:,} points; at most {MAX_POINTS:,} are solved")]
    if faults:
        raise InputError(faults)
    return [tuple(zip(texts, point, strict=True)) for point in product(*texts.values())]


def parse_values(words: Sequence[str]) -> dict[str, list[str]]:
    """``weights.late=0,1,2`` by knob.

    Raises
    ------
    InputError
        For a word that is not of that form, or a knob that comes twice.
    """
    found: dict[str, list[str]] = {}
    faults = []
    for word in words:
        knob, equals, rest = word.partition("=")
        knob = knob.strip()
        if not equals or knob in found:
            why = "is given twice" if knob in found else "is not of the form KNOB=VALUE,VALUE"
            faults.append(_fault("MALFORMED", f"{shown(word)} {why}"))
        else:
            found[knob] = [value.strip() for value in rest.split(",")] if rest.strip() else []
    if faults:
        raise InputError(faults)
    return found


def parse_ranges(words: Sequence[str]) -> list[Range]:
    """``weights.late=0.1:10`` and ``policy.fill_first=true,false`` as ranges to search, in the order given.

    Raises
    ------
    InputError
        For a word of another form, a name that is no knob, or a range that is empty or not of numbers.
    """
    values = parse_values(words)
    check_knobs(values)
    ranges, faults = [], []
    for knob, of in values.items():
        ends = of[0].split(":") if len(of) == 1 else []
        if not of or (len(ends) not in (0, 2) and len(of) < 2) or (ends and knob in SWITCHES):
            faults.append(_fault("MALFORMED", f"{knob} needs a range LOW:HIGH or values to choose from, as V,V"))
            continue
        if not ends:
            ranges.append(Range(knob, choices=tuple(dict.fromkeys(value_text(value) for value in of))))
            continue
        try:
            low, high = (float(Decimal(end)) for end in ends)
        except InvalidOperation:
            faults.append(_fault("MALFORMED", f"{knob}: {shown(of[0])} is not a range of two numbers LOW:HIGH"))
            continue
        if not -1e12 < low < high < 1e12:
            faults.append(_fault("EMPTY_RANGE", f"{knob}: from {ends[0]} to {ends[1]} there is nothing to search"))
        ranges.append(Range(knob, low, high))
    if faults:
        raise InputError(faults)
    return ranges


def _fault(code: str, message: str) -> Fault:
    return Fault(COMMAND_LINE, 0, "vary", code, message)
