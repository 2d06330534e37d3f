"""The slow oracle: an independent reading of the problem, in plain Python and exact arithmetic.

It shares no code with the product. It reads a scenario as dictionaries of text, rebuilds
candidates, costs and rows from the definitions, enumerates every way to serve each order and so
finds the optimum of small problems and the certified bound of any prices. Tests hold the product
to it; nothing here is meant to be fast beyond what hundreds of tiny scenarios need.

>>> problem = read_problem(Scenario(config, tables))          # doctest: +SKIP
>>> solve_exhaustive(problem).objective_micros                 # doctest: +SKIP
"""

from tests.naive.certificate import certified_bound, prices_from_table
from tests.naive.exact import TooLarge
from tests.naive.files import Scenario, read_scenario, write_scenario
from tests.naive.optimum import Optimum, solve_exhaustive
from tests.naive.patterns import Pattern, enumerate_patterns
from tests.naive.plans import PlanCosts, check_plan, cost_of_plan, plan_from_tables
from tests.naive.problem import Problem
from tests.naive.reading import read_problem
from tests.naive.shipping import (
    Candidate,
    Piece,
    Shipment,
    candidates_of,
    cargo_of,
    price_load,
    refusal,
)

__all__ = [
    "Candidate",
    "Optimum",
    "Pattern",
    "Piece",
    "PlanCosts",
    "Problem",
    "Scenario",
    "Shipment",
    "TooLarge",
    "candidates_of",
    "cargo_of",
    "certified_bound",
    "check_plan",
    "cost_of_plan",
    "enumerate_patterns",
    "plan_from_tables",
    "price_load",
    "prices_from_table",
    "read_problem",
    "read_scenario",
    "refusal",
    "solve_exhaustive",
    "write_scenario",
]
