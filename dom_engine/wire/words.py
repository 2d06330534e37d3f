"""Enumerations of the wire and words of the contract: ``NODE_KIND_3PL`` is ``3pl``, ``WINDOW_HARD`` is ``hard``.

Each enumeration has one value more than the contract's list: 0, unspecified, which is the empty cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from google.protobuf.descriptor import EnumDescriptor

from dom_engine.domain.result import Limit, Reason, Status
from dom_engine.domain.rows import RowKind
from dom_engine.domain.settings import METHODS
from dom_engine.scenario.schema import (
    INCOTERMS,
    MEASURES,
    MODES,
    NAMED_PLACES,
    NODE_KINDS,
    STAGES,
    TABLES,
)

_WORDS: Mapping[str, tuple[str, ...]] = {
    "NodeKind": NODE_KINDS,
    "Mode": MODES,
    "Stage": STAGES,
    "Measure": MEASURES,
    "Every": TABLES["capacities"].columns["every"].choices,
    "Incoterm": INCOTERMS,
    "NamedPlace": NAMED_PLACES,
    "Window": TABLES["orders"].columns["window"].choices,
    "WindowBasis": ("delivery_point", "arrival"),
    "Method": METHODS,
    "Status": tuple(Status),
    "Limit": tuple(Limit),
    "BoundSource": ("prices", "search"),
    "RowKind": tuple(kind.name.lower() for kind in RowKind),
    "Reason": tuple(reason.name for reason in Reason),
}


@cache
def numbers_of(enum: EnumDescriptor) -> Mapping[str, int]:
    """The number of each of the contract's words; of '' 0."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    numbers = {"": 0}
    for word in _WORDS[enum.name]:
        numbers[word] = enum.values_by_name[prefix + word.upper().replace("-", "_")].number
    return MappingProxyType(numbers)


@cache
def words_of(enum: EnumDescriptor) -> Mapping[int, str]:
    """The contract's word for each number; '' for 0."""
    return MappingProxyType({number: word for word, number in numbers_of(enum).items()})


def word_of(enum: EnumDescriptor, number: int) -> str:
    """The contract's word; of a number that this version does not know the number itself, for a fault to name."""
    return words_of(enum).get(number, str(number))
