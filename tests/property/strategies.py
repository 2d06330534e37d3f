"""Hypothesis strategies over the random scenarios: a seed and the features that may show."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import strategies as st

from tests.naive import Scenario
from tests.property.random_scenario import FEATURES, random_scenario

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)

__all__ = ["FEATURES", "SEEDS", "random_scenario", "scenarios"]


@st.composite
def scenarios(draw: st.DrawFn, always: Collection[str] = (), never: Collection[str] = ()) -> Scenario:
    """Draw a tiny scenario, plain or wild.

    A failure shrinks by dropping features one at a time: the others keep their random numbers, so
    the rest of the scenario stays as it is. The scenario's ``description`` says how to make it
    again.

    Parameters
    ----------
    draw
        Supplied by hypothesis.
    always, never
        Features of ``FEATURES`` that every scenario may use, or none.
    """
    free = sorted(set(FEATURES) - set(always) - set(never))
    seed = draw(SEEDS)
    most = draw(st.sampled_from((0, 6, 15, 25, len(free))))
    chosen = draw(st.sets(st.sampled_from(free), max_size=most)) if most else set()
    features = sorted(chosen | set(always))
    scenario = random_scenario(seed, features)
    again = f"random_scenario({seed}, {features})"
    return Scenario({**scenario.config, "description": again}, scenario.tables)
