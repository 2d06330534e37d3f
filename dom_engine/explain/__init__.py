"""Why a plan is as it is: each order's alternatives by node, what would have served the rest, what rows are worth."""

from __future__ import annotations

from dom_engine.explain.answer import Answer, read_answer
from dom_engine.explain.counterfactuals import Counterfactual
from dom_engine.explain.options import Option, RowShare
from dom_engine.explain.order import Explanation, explain
from dom_engine.explain.shadow import Worth, shadow

__all__ = [
    "Answer",
    "Counterfactual",
    "Explanation",
    "Option",
    "RowShare",
    "Worth",
    "explain",
    "read_answer",
    "shadow",
]
