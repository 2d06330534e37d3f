"""The keys of ``scenario.yaml``: weights, policy, how to solve, and what frames the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from dom_engine.domain.settings import COST_TERMS, METHODS, Policy, SolveSettings, Weights
from dom_engine.errors import Fault
from dom_engine.scenario.codes import currency_check, timezone_check
from dom_engine.scenario.instants import parse_instant
from dom_engine.scenario.numbers import BadText, parse_decimal, parse_flag, parse_float, parse_integer, parse_scaled
from dom_engine.scenario.raw import FaultLog
from dom_engine.scenario.texts import NearestName, shown, unknown_name
from dom_engine.scenario.typed import MAX_DURATION_S
from dom_engine.scenario.yaml_positions import YamlMap, YamlNode, YamlScalar
from dom_engine.units import MICROS_PER_UNIT, SECONDS_PER_HOUR

FORMAT = 1
FOLDER_KEYS = ("extends", "changes", "variants")
"""Keys that say how a scenario is put together; they are gone from ``RawScenario.settings``."""

PROBLEM_KEYS = (
    "format",
    "name",
    "description",
    "currency",
    "now",
    "horizon_h",
    "timezone",
    "weights",
    "policy",
    "solve",
)
MERGED_KEYS = ("weights", "policy", "solve")
POLICY_KEYS = (
    "max_shipments",
    "split_cost",
    "unmet_cost",
    "unmet_value_pct",
    "safety_stock_priority",
    "safety_stock_cost",
    "carbon_cost_per_kg",
    "window_basis",
    "priority_factor",
    "fill_first",
)

DEFAULT_HORIZON_S = 168 * SECONDS_PER_HOUR
_END_OF_NOW_S = int(datetime(3000, 1, 1, tzinfo=UTC).timestamp())
"""Centuries short of the year 9999, so that dispatches and arrivals of the longest trips still have dates."""

_WINDOW_BASES = ("delivery_point", "arrival")

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a problem. ``now_s`` is 0 where it could not be read (a fault is noted)."""

    name: str
    description: str
    currency: str
    now_s: int
    horizon_s: int
    timezone: ZoneInfo | None
    weights: Weights
    policy: Policy
    solve: SolveSettings


def read_settings(root: YamlMap, default_name: str, log: FaultLog, *, whole: bool = True) -> Settings:
    """Read every key; unknown keys and unreadable values are noted and their defaults taken.

    Unless ``root`` is ``whole``, a key that it lacks may stand in what could not be read: its absence is no fault.
    """
    keys = _Keys(root, "", log)
    keys.check((*PROBLEM_KEYS, *FOLDER_KEYS))
    keys.read("format", _parse_format, FORMAT)
    zone = keys.read("timezone", _parse_timezone, None)
    # A fault in the timezone, or one not read, must not make every instant without offset a fault too.
    zone = ZoneInfo("UTC") if zone is None and not (whole and root.get("timezone") is None) else zone
    if whole and root.get("now") is None:
        log.add(Fault(root.file, 0, "now", "MISSING_KEY", "required key 'now' is missing"))
    return Settings(
        name=keys.read("name", str, default_name),
        description=keys.read("description", str, ""),
        currency=keys.read("currency", _parse_currency, "USD"),
        now_s=keys.read("now", partial(_parse_now, zone), 0),
        horizon_s=keys.read("horizon_h", _parse_horizon, DEFAULT_HORIZON_S),
        timezone=zone,
        weights=_read_weights(keys.inner("weights")),
        policy=_read_policy(keys.inner("policy")),
        solve=_read_solve(keys.inner("solve")),
    )


class _Keys:
    """Typed access to one mapping of settings, noting what is wrong under the path of each key."""

    def __init__(self, root: YamlMap, path: str, log: FaultLog) -> None:
        self.root = root
        self._path = path
        self._log = log

    def check(self, known: tuple[str, ...]) -> None:
        for key in self.root.entries:
            if key not in known:
                names = NearestName(known)
                line = self.root.key_lines.get(key, 0)
                file = self.root.entries[key].file
                message = unknown_name("key", key, names)
                self._log.add(Fault(file, line, self._path + key, "UNKNOWN_KEY", message))

    def inner(self, key: str) -> _Keys:
        node = self.root.get(key)
        if node is not None and not isinstance(node, YamlMap):
            self._log.node(node, self._path + key, "NOT_A_MAPPING", f"{key} must be a mapping of keys to values")
            node = None
        return _Keys(node or YamlMap(file=self.root.file), f"{self._path}{key}.", self._log)

    def read(self, key: str, parse: Callable[[str], _Value], default: _Value) -> _Value:
        node = self.root.get(key)
        return default if node is None else self.parse(node, key, parse, default)

    def parse(self, node: YamlNode, key: str, parse: Callable[[str], _Value], default: _Value) -> _Value:
        if not isinstance(node, YamlScalar):
            self._log.node(node, self._path + key, "NOT_A_VALUE", f"{key} must be a single value")
            return default
        try:
            return parse(node.text or "")
        except BadText as error:
            self._log.node(node, self._path + key, *error.problem)
            return default


def _read_weights(keys: _Keys) -> Weights:
    keys.check(COST_TERMS)
    defaults = Weights()
    return Weights(**{term: keys.read(term, parse_float, defaults.of(term)) for term in COST_TERMS})


def _read_policy(keys: _Keys) -> Policy:
    keys.check(POLICY_KEYS)
    default = Policy()
    return Policy(
        max_shipments=keys.read("max_shipments", parse_integer, default.max_shipments),
        split_cost_micros=keys.read("split_cost", _parse_money, default.split_cost_micros),
        unmet_cost_micros=keys.read("unmet_cost", _parse_money, default.unmet_cost_micros),
        unmet_value_pct=keys.read("unmet_value_pct", parse_float, default.unmet_value_pct),
        safety_stock_priority=keys.read(
            "safety_stock_priority",
            lambda text: parse_integer(text, signed=True),
            default.safety_stock_priority,
        ),
        safety_stock_cost_micros=keys.read("safety_stock_cost", _parse_money, default.safety_stock_cost_micros),
        carbon_cost_per_kg_micros=keys.read("carbon_cost_per_kg", _parse_money, default.carbon_cost_per_kg_micros),
        judge_arrival=keys.read("window_basis", _parse_window_basis, default.judge_arrival),
        priority_factor=_read_priority_factor(keys.inner("priority_factor")),
        fill_first=keys.read("fill_first", parse_flag, default.fill_first),
    )


def _read_priority_factor(keys: _Keys) -> Mapping[int, float]:
    factors: dict[int, float] = {}
    for key, node in keys.root.entries.items():
        key_node = YamlScalar(key, node.file, keys.root.key_lines.get(key, 0))
        priority = keys.parse(key_node, key, parse_integer, None)
        factor = keys.parse(node, key, parse_float, None)
        if priority in factors:
            keys.parse(key_node, key, _refuse_twice, None)
        elif priority is not None and factor is not None:
            factors[priority] = factor
    return MappingProxyType(dict(sorted(factors.items())))


def _read_solve(keys: _Keys) -> SolveSettings:
    keys.check(("time_limit_s", "work_limit", "gap", "seed", "threads", "method"))
    default = SolveSettings()
    return SolveSettings(
        time_limit_s=keys.read("time_limit_s", parse_float, default.time_limit_s),
        work_limit=keys.read("work_limit", parse_integer, default.work_limit),
        gap=keys.read("gap", parse_float, default.gap),
        seed=keys.read("seed", parse_integer, default.seed),
        threads=keys.read("threads", parse_integer, default.threads),
        method=keys.read("method", _parse_method, default.method),
    )


def _parse_money(text: str) -> int:
    return parse_scaled(text, MICROS_PER_UNIT)


def _parse_format(text: str) -> int:
    if parse_decimal(text) != FORMAT:
        raise BadText("UNKNOWN_FORMAT", f"format {shown(text)} is not known; this reads format {FORMAT}")
    return FORMAT


def _parse_timezone(text: str) -> ZoneInfo | None:
    message = timezone_check()(text)
    if message:
        raise BadText("UNKNOWN_CODE", message)
    return ZoneInfo(text)


def _parse_currency(text: str) -> str:
    message = currency_check()(text)
    if message:
        raise BadText("UNKNOWN_CODE", message)
    return text


def _parse_now(timezone: ZoneInfo | None, text: str) -> int:
    now_s = parse_instant(text, timezone)
    if now_s >= _END_OF_NOW_S:
        raise BadText("OUT_OF_RANGE", f"{shown(text)} is not before the year 3000")
    return now_s


def _parse_horizon(text: str) -> int:
    horizon_s = parse_scaled(text, SECONDS_PER_HOUR)
    if horizon_s > MAX_DURATION_S:
        raise BadText("OUT_OF_RANGE", f"{shown(text)} is longer than a hundred years")
    return horizon_s


def _parse_window_basis(text: str) -> bool:
    if text not in _WINDOW_BASES:
        raise BadText("UNKNOWN_CHOICE", unknown_name("value", text, NearestName(_WINDOW_BASES)))
    return text == "arrival"


def _parse_method(text: str) -> str:
    if text not in METHODS:
        message = f"{unknown_name('method', text, NearestName(METHODS))}; known are {', '.join(METHODS)}"
        raise BadText("UNKNOWN_CHOICE", message)
    return text


def _refuse_twice(text: str) -> None:
    raise BadText("DUPLICATE_KEY", f"priority {shown(text)} is given twice")
