"""What was built of small tables is kept for a while: requests bring the same network again, with other orders."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from dom_engine.domain.columns import Ids
from dom_engine.scenario.raw import FaultLog
from dom_engine.scenario.typed import TypedTable

P = ParamSpec("P")
Built = TypeVar("Built")

MOST_KEPT = 256
"""Results kept of each builder; the one that was asked for longest ago goes first."""

MOST_TEXTS = 1_024
"""Length of the longest texts that are known again."""

_texts: OrderedDict[tuple[str, ...], Ids] = OrderedDict()
_groups: OrderedDict[tuple[int, ...], Any] = OrderedDict()


def kept(build: Callable[P, Built]) -> Callable[P, Built]:
    """Remember what a builder makes of the very same objects, unless it notes a fault.

    Only where the first argument is a table that says by a token what it holds: such tables are small, and typed once.
    Whatever a builder takes or makes is frozen, so that sharing it does no harm. An entry holds what it was built of,
    so that nothing else gets its identity.
    """
    entries: OrderedDict[tuple[Hashable, ...], tuple[list[object], Built]] = OrderedDict()

    @wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> Built:
        table = args[0]
        if kwargs or not isinstance(table, TypedTable) or not table.raw.token:
            return build(*args, **kwargs)
        given = [one for one in args if not isinstance(one, FaultLog)]
        key = tuple((one, True) if isinstance(one, (int, str)) else (id(one), False) for one in given)
        if (entry := entries.get(key)) is not None:
            entries.move_to_end(key)
            return entry[1]
        logs = [given for given in args if isinstance(given, FaultLog)]
        faults = sum(map(len, logs))
        made = build(*args, **kwargs)
        if sum(map(len, logs)) == faults:
            entries[key] = given, made
            if len(entries) > MOST_KEPT:
                entries.popitem(last=False)
        return made

    return built


def same_texts(texts: Ids) -> Ids:
    """The array that held the same texts before, or this one: for ``kept`` to know it again."""
    return texts if len(texts) > MOST_TEXTS else _first(_texts, tuple(texts.to_pylist()), texts)


def same_group(group: Built, *parts: object) -> Built:
    """The group of the very same parts from before, or this one; a group holds its parts."""
    found: Built = _first(_groups, tuple(map(id, parts)), group)
    return found


def _first(known: OrderedDict[Any, Any], key: Hashable, new: Any) -> Any:
    found = known.setdefault(key, new)
    known.move_to_end(key)
    if len(known) > MOST_KEPT:
        known.popitem(last=False)
    return found
