"""Problem -> solvers.SourcingModel, and patterns and prices back into the words of the problem."""

from dom_engine.formulation.model import Formulation, build_model
from dom_engine.formulation.plans import patterns_of, plan_of
from dom_engine.formulation.prices import priced_rows, prices_of

__all__ = ["Formulation", "build_model", "patterns_of", "plan_of", "priced_rows", "prices_of"]
