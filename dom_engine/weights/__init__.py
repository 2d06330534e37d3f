"""Which weights: plans over a grid of them, against several objectives, tuned on batches, inferred from plans."""

from dom_engine.weights.infer import Inferred, infer
from dom_engine.weights.pareto import Pareto, pareto
from dom_engine.weights.sweep import Sweep, sweep
from dom_engine.weights.tune import Tuned, tune

__all__ = ["Inferred", "Pareto", "Sweep", "Tuned", "infer", "pareto", "sweep", "tune"]
