"""Which weights: plans over a grid of them, against several objectives, tuned on batches, inferred from plans."""

from dom_engine.weights.pareto import Pareto, pareto
from dom_engine.weights.sweep import Sweep, sweep

__all__ = ["Pareto", "Sweep", "pareto", "sweep"]
