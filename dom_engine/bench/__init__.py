"""A scenario's solve timed by phase, kept as JSON, and held against an earlier measurement."""

from dom_engine.bench.baseline import Comparison, compare, read_measured, to_json
from dom_engine.bench.measure import Measured, measure

__all__ = ["Comparison", "Measured", "compare", "measure", "read_measured", "to_json"]
