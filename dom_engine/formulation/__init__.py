"""Problem -> solvers.SourcingModel, and patterns and prices back into the words of the problem."""

from dom_engine.formulation.model import Formulation, build_model
from dom_engine.formulation.pinned import PinnedStart, begin_pinned
from dom_engine.formulation.plans import patterns_of, plan_of
from dom_engine.formulation.prices import priced_rows, prices_of
from dom_engine.formulation.start import Fitted, fit, steering_prices
from dom_engine.formulation.tree import branch_tree

__all__ = [
    "Fitted",
    "Formulation",
    "PinnedStart",
    "begin_pinned",
    "branch_tree",
    "build_model",
    "fit",
    "patterns_of",
    "plan_of",
    "priced_rows",
    "prices_of",
    "steering_prices",
]
