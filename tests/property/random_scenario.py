"""Tiny random scenarios that mix any of the contract's features, small enough to enumerate.

Each feature draws from a random stream of its own, so that switching one off leaves the rest of a
scenario as it was: what hypothesis needs to shrink a failure to the features that matter.
Money has two decimals and most weights are short, so that where the contract leaves open at which
step to round, every reading gives the same micros.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from tests.naive import Scenario
from tests.property.random_demand import add_orders
from tests.property.random_network import add_network

T = TypeVar("T")
Row = dict[str, str]

# The chance that a scenario uses a feature at all, before its wildness bends it.
FEATURES: dict[str, float] = {
    "activation": 0.2,
    "backorder": 0.2,
    "breaks": 0.4,
    "buyer": 0.3,
    "calendars": 0.3,
    "capacities": 0.55,
    "carbon": 0.2,
    "carries": 0.2,
    "clocks": 0.2,
    "cutoffs": 0.3,
    "daily": 0.4,
    "disabled": 0.15,
    "duties": 0.3,
    "early": 0.3,
    "exclusions": 0.25,
    "expiry": 0.2,
    "fill_first": 0.15,
    "geography": 0.5,
    "groups": 0.2,
    "handling_costs": 0.5,
    "handling_time": 0.4,
    "hard_windows": 0.3,
    "inbound": 0.3,
    "incoterms": 0.3,
    "insurance": 0.25,
    "lanes": 0.4,
    "line_latest": 0.2,
    "line_split": 0.3,
    "loads": 0.4,
    "lots": 0.2,
    "max_distance": 0.15,
    "max_shipments": 0.25,
    "max_weight": 0.25,
    "min_value": 0.15,
    "minimum": 0.3,
    "modes": 0.3,
    "node_tags": 0.15,
    "odd_ids": 0.15,
    "offsets": 0.2,
    "overtime": 0.4,
    "packs": 0.25,
    "parcels": 0.3,
    "periods": 0.2,
    "pickup": 0.2,
    "pools": 0.2,
    "preference": 0.25,
    "preferred": 0.2,
    "priorities": 0.4,
    "rate_terms": 0.4,
    "released": 0.2,
    "reserved": 0.2,
    "safety_stock": 0.3,
    "same_item": 0.25,
    "service_lists": 0.15,
    "ship_complete": 0.25,
    "ship_together": 0.15,
    "split_cost": 0.5,
    "stages": 0.3,
    "substitutes": 0.3,
    "territories": 0.35,
    "time_zones": 0.3,
    "transit_days": 0.3,
    "unit_prices": 0.4,
    "unmet": 0.4,
    "volumetric": 0.25,
    "weights": 0.3,
    "window_basis": 0.2,
    "windows": 0.5,
    "work": 0.2,
}
WILDNESS = (0.25, 1.0, 1.0, 2.0)
STARTS = ("2025-11-24T08:00:00+00:00", "2025-11-26T15:30:00+00:00")
# The day before a clock change in New York and Berlin, and a turn of the year.
CLOCK_STARTS = ("2025-03-08T20:00:00+00:00", "2025-10-25T20:00:00+00:00", "2025-12-31T06:00:00+00:00")


class Maker:
    """Draws for one scenario, and its tables as they grow."""

    def __init__(self, seed: int, features: Collection[str] | None) -> None:
        self._seed = seed
        self._streams: dict[str, Random] = {}
        if features is None:
            features = self._some_features()
        unknown = set(features) - set(FEATURES)
        if unknown:
            raise ValueError(f"no such features: {sorted(unknown)}")
        self.features = frozenset(features)
        self.tables: dict[str, list[Row]] = {}
        self.now = datetime.fromisoformat(self.pick("clocks", CLOCK_STARTS, default=self.pick("", STARTS)))
        self.days = self.pick("", (1, 1, 2, 2, 3))
        self.zone = ZoneInfo(self.pick("offsets", ("America/New_York", "Europe/Berlin"), default="UTC"))

    def _some_features(self) -> list[str]:
        wildness = self.stream("features").choice(WILDNESS)
        return [name for name, chance in FEATURES.items() if self.stream("features").random() < wildness * chance]

    def stream(self, feature: str) -> Random:
        """Return the feature's own random numbers."""
        return self._streams.setdefault(feature, Random(f"{self._seed} {feature}"))

    def on(self, feature: str, chance: float = 1.0) -> bool:
        """Tell whether a feature is used, here with the given chance; the empty feature always is."""
        hit = self.stream(feature).random() < chance
        return hit and (not feature or feature in self.features)

    def pick(self, feature: str, values: Sequence[T], chance: float = 1.0, default: T | None = None) -> T:
        """Draw a value where the feature is used, else return the default."""
        value = self.stream(feature).choice(values)
        if self.on(feature, chance):
            return value
        assert default is not None
        return default

    def text(self, feature: str, values: Sequence[object], chance: float = 0.6) -> str:
        """Draw a cell where the feature is used, else leave it blank."""
        value = self.stream(feature).choice(values)
        return str(value) if self.on(feature, chance) else ""

    def some(self, feature: str, values: Sequence[str], chance: float) -> str:
        """Draw a non-empty list cell of distinct values where the feature is used, else leave it blank."""
        stream = self.stream(feature)
        chosen = stream.sample(values, stream.randint(1, len(values)))
        return ";".join(chosen) if self.on(feature, chance) else ""

    def instant(self, hours: float) -> str:
        """Write the instant so many hours from now: in UTC, with an offset, or local to ``timezone``."""
        moment = self.now + timedelta(hours=hours)
        if "offsets" not in self.features:
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        local = moment.astimezone(self.zone)
        # The second of two equal local times cannot be written without its offset.
        if local.fold or self.stream("offsets").random() < 0.5:
            return local.isoformat()
        return local.replace(tzinfo=None).isoformat()

    def add(self, table: str, **cells: object) -> None:
        """Add a row to a table; blank cells are left out."""
        row = {column: str(value) for column, value in cells.items() if value not in ("", None)}
        self.tables.setdefault(table, []).append(row)


def random_scenario(seed: int, features: Collection[str] | None = None) -> Scenario:
    """Return a valid tiny scenario.

    Parameters
    ----------
    seed
        Decides everything: equal arguments give equal scenarios.
    features
        The features it may use, of ``FEATURES``; without it they are drawn from the seed, so that
        plain and wild scenarios both occur.
    """
    maker = Maker(seed, features)
    add_network(maker)
    add_orders(maker)
    return Scenario(_config(maker), maker.tables)


def _config(maker: Maker) -> dict[str, Any]:
    policy: dict[str, Any] = {"unmet_cost": maker.pick("unmet", (3, 12.5, 30), default=60)}
    if maker.on("unmet", 0.4):
        policy["unmet_value_pct"] = 12.5
    if maker.on("split_cost", 0.8):
        policy["split_cost"] = 2.75
    if maker.on("max_shipments", 0.4):
        policy["max_shipments"] = 1
    if maker.on("safety_stock"):
        policy["safety_stock_priority"] = maker.pick("safety_stock", (5, 100))
        policy["safety_stock_cost"] = maker.pick("safety_stock", (0, 1.5))
    if maker.on("carbon"):
        policy["carbon_cost_per_kg"] = 0.35
    if maker.on("window_basis"):
        policy["window_basis"] = "arrival"
    if maker.on("priorities", 0.5):
        policy["priority_factor"] = {1: 2.5, 100: 0.5}
    if maker.on("fill_first"):
        policy["fill_first"] = True
    weights = _weights(maker)
    config: dict[str, Any] = {"format": 1, "name": "random", "now": maker.now.isoformat()}
    if "offsets" in maker.features:
        config["timezone"] = maker.zone.key
    config["horizon_h"] = maker.days * 24
    return config | {"policy": policy} | ({"weights": weights} if weights else {})


def _weights(maker: Maker) -> dict[str, Any]:
    weights: dict[str, Any] = {}
    if maker.on("buyer"):
        weights["buyer"] = maker.pick("buyer", (1, 0.5))
    terms = ("freight", "handling", "late", "unmet", "split", "duty", "load", "overtime", "activation")
    for term in terms:
        if maker.on("weights", 0.3):
            weights[term] = maker.pick("weights", (0, 0.5, 1.25, 2))
    return weights
