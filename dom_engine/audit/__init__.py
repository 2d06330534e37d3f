"""The audit: feasibility, amounts and reasons of a plan, by code that imports nothing of what makes plans."""

from dom_engine.audit.evaluate import Auditor, evaluate
from dom_engine.audit.feasibility import Rule, Violation, violations
from dom_engine.audit.reasons import reasons

__all__ = ["Auditor", "Rule", "Violation", "evaluate", "reasons", "violations"]
