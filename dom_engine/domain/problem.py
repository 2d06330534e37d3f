"""The validated problem: immutable columnar tables, all references resolved to indices, all units integers."""

from __future__ import annotations

from dataclasses import dataclass

from dom_engine.domain.calendars import Calendar
from dom_engine.domain.columns import Ids
from dom_engine.domain.demand import OrderLines, Orders
from dom_engine.domain.network import Items, NodeItems, Nodes, NodeServices, Positions
from dom_engine.domain.settings import Policy, SolveSettings, Weights
from dom_engine.domain.transport import Capacities, Duties, Lanes, Rates, Services


@dataclass(frozen=True, slots=True)
class Problem:
    """One batch of orders and the network that serves it (sections 1 and 2 of docs/format.md).

    The vocabularies ``territories`` (countries and customs territories), ``tags``, ``lots``, ``pools``,
    ``groups``, ``rate_ids`` and ``timezones`` (IANA names) are sorted bytewise; the ``*_idx`` columns of the
    tables index them. ``digest`` is the sha256 of the canonical problem: equal for two folders that state the
    same problem, whatever the order of their rows.
    """

    name: str
    description: str
    currency: str
    now_s: int
    horizon_s: int
    weights: Weights
    policy: Policy
    solve: SolveSettings
    nodes: Nodes
    items: Items
    node_items: NodeItems
    node_services: NodeServices
    positions: Positions
    services: Services
    lanes: Lanes
    rates: Rates
    duties: Duties
    capacities: Capacities
    calendars: tuple[Calendar, ...]
    orders: Orders
    lines: OrderLines
    territories: Ids
    tags: Ids
    lots: Ids
    pools: Ids
    groups: Ids
    rate_ids: Ids
    timezones: tuple[str, ...]
    digest: str

    @property
    def horizon_end_s(self) -> int:
        """No dispatch is later than this instant."""
        return self.now_s + self.horizon_s
