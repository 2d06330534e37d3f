"""Where shipments go: nodes, flows and coastlines as one figure that needs no network."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import NamedTuple

from dom_engine.report.figures import WIDTH, figure, text_width

MAX_HEIGHT = 300
MARGIN_DEG = 2.0
MAX_LABELS = 12
WIDEST_LINE = 5.0
LARGEST_NODE = 7.0
FONT_SIZE = 11.0
EDGE = 4.0


class Place(NamedTuple):
    """A node; ``shipments`` leave it."""

    name: str
    lat: float
    lon: float
    shipments: int


class Flow(NamedTuple):
    """Shipments from a node to an area around a point."""

    node: int
    lat: float
    lon: float
    shipments: int


class _View(NamedTuple):
    """An equirectangular view, true to scale at its middle latitude."""

    west: float
    north: float
    scale: float
    squeeze: float
    height: float

    def x(self, lon: float) -> float:
        return (lon - self.west) * self.scale * self.squeeze

    def y(self, lat: float) -> float:
        return (self.north - lat) * self.scale


def network_map(title: str, places: Sequence[Place], flows: Sequence[Flow]) -> str:
    """Draw nodes by what leaves them, and flows by how much goes that way."""
    view = _view([(p.lat, p.lon) for p in places] + [(f.lat, f.lon) for f in flows])
    most = max([flow.shipments for flow in flows], default=1)
    widest = min(WIDEST_LINE, 1.5 * math.sqrt(most))
    parts = [f'<rect class="sea" width="{WIDTH}" height="{view.height:.0f}"/>', _coast(view), *_graticule(view)]
    for flow in sorted(flows, key=lambda one: one.shipments):
        place, width = places[flow.node], max(0.4, widest * math.sqrt(flow.shipments / most))
        ends = f'x1="{view.x(place.lon):.1f}" y1="{view.y(place.lat):.1f}" x2="{view.x(flow.lon):.1f}"'
        parts.append(f'<line class="flow" {ends} y2="{view.y(flow.lat):.1f}" stroke-width="{width:.1f}"/>')
    busiest = max([place.shipments for place in places], default=1) or 1
    ranked = sorted(places, key=lambda place: (-place.shipments, place.name))
    for place in reversed(ranked):
        radius = 2 + (LARGEST_NODE - 2) * math.sqrt(place.shipments / busiest)
        kind = "node" if place.shipments else "idle"
        parts.append(
            f'<circle class="{kind}" cx="{view.x(place.lon):.1f}" cy="{view.y(place.lat):.1f}" r="{radius:.1f}"/>'
        )
    parts += _labels(view, ranked[:MAX_LABELS])
    told = "; ".join(f"{place.name} {place.shipments:,} shipments" for place in ranked[:MAX_LABELS])
    return figure(title, told, parts, view.height)


def _view(points: Sequence[tuple[float, float]]) -> _View:
    lats, lons = [lat for lat, _ in points] or [0.0], [lon for _, lon in points] or [0.0]
    south, north = max(-85.0, min(lats) - MARGIN_DEG), min(85.0, max(lats) + MARGIN_DEG)
    west, east = min(lons) - MARGIN_DEG, max(lons) + MARGIN_DEG
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = min(WIDTH / ((east - west) * squeeze), MAX_HEIGHT / (north - south))
    # What is narrower than the figure stands in its middle.
    west -= (WIDTH / scale / squeeze - (east - west)) / 2
    return _View(west, north, scale, squeeze, (north - south) * scale)


@cache
def _rings() -> tuple[tuple[tuple[float, float], ...], ...]:
    """Coastlines of the world as (lon, lat) in degrees: Natural Earth 1:110m land, public domain."""
    stated = json.loads(files(__package__).joinpath("land.json").read_text(encoding="utf-8"))
    rings = []
    for steps in stated["rings"]:
        lon = lat = 0
        ring = []
        for at in range(0, len(steps), 2):
            lon, lat = lon + steps[at], lat + steps[at + 1]
            ring.append((lon / 10, lat / 10))
        rings.append(tuple(ring))
    return tuple(rings)


def _coast(view: _View) -> str:
    """The land within the view, a degree beyond its edges; points outside are drawn to the nearest edge."""
    pad = 6.0
    drawn = []
    for ring in _rings():
        points: list[str] = []
        for lon, lat in ring:
            x = min(max(view.x(lon), -pad), WIDTH + pad)
            y = min(max(view.y(lat), -pad), view.height + pad)
            point = f"{x:.1f} {y:.1f}"
            if not points or points[-1] != point:
                points.append(point)
        inside = any(-pad < view.x(lon) < WIDTH + pad and -pad < view.y(lat) < view.height + pad for lon, lat in ring)
        if inside and len(points) > 2:
            drawn.append(f"M{'L'.join(points)}Z")
    return f'<path class="land" d="{"".join(drawn)}"/>'


def _graticule(view: _View) -> list[str]:
    """Degrees, ten apart, or five or one where less is seen."""
    east, south = view.west + WIDTH / view.scale / view.squeeze, view.north - view.height / view.scale
    step = next(step for step in (1, 5, 10, 30) if (view.north - south) / step <= 8 or step == 30)
    lons = (view.x(lon) for lon in range(math.ceil(view.west / step) * step, math.floor(east) + 1, step))
    lats = (view.y(lat) for lat in range(math.ceil(south / step) * step, math.floor(view.north) + 1, step))
    return [
        *(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{view.height:.1f}"/>' for x in lons),
        *(f'<line class="axis" x1="0" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>' for y in lats),
    ]


def _labels(view: _View, places: Sequence[Place]) -> list[str]:
    """Names beside, above or below the busiest nodes, each where no other stands; left out where there is no room."""
    taken: list[tuple[float, float, float]] = []
    parts = []
    for place in places:
        width, x, y = text_width(place.name, FONT_SIZE), view.x(place.lon), view.y(place.lat) + 4
        centred = min(max(EDGE, x - width / 2), WIDTH - width - EDGE)
        for start, line in ((x + 9, y), (x - 9 - width, y), (centred, y - 13), (centred, y + 14)):
            fits = start >= 0 and start + width <= WIDTH and 9 <= line <= view.height
            free = (abs(line - other) >= 11 or start >= end or begin >= start + width for begin, end, other in taken)
            if fits and all(free):
                taken.append((start, start + width, line))
                parts.append(f'<text class="place" x="{start:.1f}" y="{line:.1f}">{escape(place.name)}</text>')
                break
    return parts
