"""What generated scenarios take for the US: where people live, and what its carriers' services cost."""

from __future__ import annotations

from dataclasses import dataclass

# Metropolitan areas by size, coordinates to a tenth of a degree. The population falls with the rank (Zipf).
METROS = (
    ("New York", 40.7, -74.0), ("Los Angeles", 34.1, -118.2), ("Chicago", 41.9, -87.6),
    ("Dallas", 32.8, -96.8), ("Houston", 29.8, -95.4), ("Washington", 38.9, -77.0),
    ("Philadelphia", 40.0, -75.2), ("Atlanta", 33.7, -84.4), ("Miami", 25.8, -80.2),
    ("Phoenix", 33.4, -112.1), ("Boston", 42.4, -71.1), ("Riverside", 34.0, -117.4),
    ("San Francisco", 37.8, -122.4), ("Detroit", 42.3, -83.0), ("Seattle", 47.6, -122.3),
    ("Minneapolis", 45.0, -93.3), ("Tampa", 28.0, -82.5), ("San Diego", 32.7, -117.2),
    ("Denver", 39.7, -105.0), ("Baltimore", 39.3, -76.6), ("Orlando", 28.5, -81.4),
    ("Charlotte", 35.2, -80.8), ("Saint Louis", 38.6, -90.2), ("San Antonio", 29.4, -98.5),
    ("Portland", 45.5, -122.7), ("Austin", 30.3, -97.7), ("Pittsburgh", 40.4, -80.0),
    ("Sacramento", 38.6, -121.5), ("Las Vegas", 36.2, -115.1), ("Cincinnati", 39.1, -84.5),
    ("Kansas City", 39.1, -94.6), ("Columbus", 40.0, -83.0), ("Cleveland", 41.5, -81.7),
    ("Indianapolis", 39.8, -86.2), ("Nashville", 36.2, -86.8), ("San Jose", 37.3, -121.9),
    ("Norfolk", 36.9, -76.3), ("Providence", 41.8, -71.4), ("Jacksonville", 30.3, -81.7),
    ("Milwaukee", 43.0, -87.9), ("Raleigh", 35.8, -78.6), ("Oklahoma City", 35.5, -97.5),
    ("Louisville", 38.3, -85.8), ("Richmond", 37.5, -77.4), ("Memphis", 35.1, -90.0),
    ("Salt Lake City", 40.8, -111.9), ("Birmingham", 33.5, -86.8), ("Buffalo", 42.9, -78.9),
    ("Hartford", 41.8, -72.7), ("New Orleans", 30.0, -90.1), ("Tucson", 32.2, -110.9),
    ("Tulsa", 36.2, -96.0), ("Omaha", 41.3, -95.9), ("Albuquerque", 35.1, -106.7),
    ("El Paso", 31.8, -106.5), ("Boise", 43.6, -116.2), ("Knoxville", 36.0, -83.9),
    ("Little Rock", 34.7, -92.3), ("Spokane", 47.7, -117.4), ("Des Moines", 41.6, -93.6),
    ("Wichita", 37.7, -97.3), ("Jackson", 32.3, -90.2), ("Charleston", 32.8, -79.9),
    ("Fargo", 46.9, -96.8), ("Billings", 45.8, -108.5), ("Sioux Falls", 43.5, -96.7),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tariff:
    """A service's prices: bands of (upper end in km, base, transit days), then per kg and per unit and km."""

    bands: tuple[tuple[int | None, float, int], ...]
    per_kg: float
    per_unit_km: float


TARIFFS = {
    "ground": Tariff(((250, 5.2, 1), (900, 6.1, 2), (1800, 7.4, 3), (3000, 9.0, 4), (None, 10.8, 5)), 0.32, 0.00034),
    "express": Tariff(((900, 11.5, 1), (2200, 16.0, 1), (None, 22.0, 2)), 0.85, 0.00060),
}
SERVICE_IDS = tuple(TARIFFS)
