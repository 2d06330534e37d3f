"""``load_scenario``: from a folder to a problem in three separable steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dom_engine.domain.problem import Problem
from dom_engine.scenario.build import build_problem
from dom_engine.scenario.changes import apply_changes, override_solve, with_variant
from dom_engine.scenario.read import read_raw


def load_scenario(
    folder: Path | str, variant: str | None = None, overrides: Mapping[str, object] | None = None
) -> Problem:
    """Load a scenario folder as a validated problem.

    Parameters
    ----------
    folder
        The folder that holds ``scenario.yaml`` and the tables.
    variant
        The name of one of its variants, whose changes apply last.
    overrides
        Keys of ``solve`` that win over the scenario's, as a command line gives them.

    Raises
    ------
    InputError
        With everything that is wrong with the scenario, each fault located by file, row and column.
    """
    raw = with_variant(read_raw(Path(folder)), variant)
    raw = replace(apply_changes(raw, raw.changes), changes=())
    return build_problem(override_solve(raw, overrides or {}))
