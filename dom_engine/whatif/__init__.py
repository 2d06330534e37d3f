"""What-if: a scenario and its variants solved side by side, and what certainly differs between them."""

from dom_engine.whatif.comparison import Delta, compare, write_comparison
from dom_engine.whatif.study import Study, solve_variants

__all__ = ["Delta", "Study", "compare", "solve_variants", "write_comparison"]
