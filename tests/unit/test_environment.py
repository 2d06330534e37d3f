"""The environment is the pinned one: left free, pip goes back to an OR-Tools years old."""

from __future__ import annotations

import importlib
import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOADED_TOGETHER = ["ortools", "numba", "grpc", "pyarrow", "google.protobuf", "numpy", "scipy"]
DISTRIBUTION = {"grpc": "grpcio", "google.protobuf": "protobuf"}


def read_pins(text: str) -> dict[str, str]:
    """The exact versions of a constraints file by canonical name; a line that pins nothing is an error."""
    pins: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        requirement = line.partition("#")[0].strip()
        if not requirement:
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!]+)", requirement)
        if match is None:
            raise ValueError(f"constraints.txt:{number} pins nothing: {line!r}")
        name = canonicalize_name(match[1])
        if name in pins:
            raise ValueError(f"constraints.txt:{number} pins {name} a second time")
        pins[name] = match[2]
    return pins


def required_distributions(root: str, extras: frozenset[str]) -> dict[str, str]:
    """Installed versions of everything that ``root`` with ``extras`` needs here, direct or not."""
    found: dict[str, str] = {}
    asked: set[tuple[str, frozenset[str]]] = set()
    queue = [(canonicalize_name(root), extras)]
    while queue:
        name, wanted = queue.pop()
        if (name, wanted) in asked:
            continue
        asked.add((name, wanted))
        found[name] = metadata.version(name)
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            contexts = [{"extra": extra} for extra in sorted(wanted | {""})]
            if requirement.marker is None or any(requirement.marker.evaluate(c) for c in contexts):
                queue.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    del found[canonicalize_name(root)]
    return found


def asked_by_extra(root: str, extra: str) -> set[str]:
    """Names of what an extra asks for itself, installed or not."""
    requirements = [Requirement(text) for text in metadata.requires(root) or ()]
    return {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})
        if requirement.marker.evaluate({"extra": extra})
    }


@pytest.fixture(scope="module")
def pins(repository: Path) -> dict[str, str]:
    """What constraints.txt pins."""
    return read_pins((repository / "constraints.txt").read_text(encoding="utf-8"))


def test_every_dependency_is_installed_at_its_pin(pins: dict[str, str]) -> None:
    installed = required_distributions("dom-engine", frozenset({"dev"}))
    assert {name: pins.get(name, "not pinned") for name in installed} == installed


def test_every_pin_is_needed(pins: dict[str, str]) -> None:
    needed = {*required_distributions("dom-engine", frozenset({"dev"})), *asked_by_extra("dom-engine", "bench")}
    assert sorted(set(pins) - needed) == []


def test_what_the_benchmarks_compare_with_is_pinned_though_not_installed_here(pins: dict[str, str]) -> None:
    assert asked_by_extra("dom-engine", "bench") == {"pulp"}
    assert asked_by_extra("dom-engine", "bench") <= set(pins)


@pytest.mark.parametrize("module", LOADED_TOGETHER)
def test_native_packages_load_in_one_process_at_their_pin(module: str, pins: dict[str, str]) -> None:
    version = importlib.import_module(module).__version__
    assert version == pins[canonicalize_name(DISTRIBUTION.get(module, module))]


def test_ortools_solves_beside_the_others() -> None:
    for module in LOADED_TOGETHER:
        importlib.import_module(module)
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    units = model.new_int_var(0, 7, "units")
    model.add(3 * units <= 17)
    model.maximize(units)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    assert solver.value(units) == 5


@pytest.mark.parametrize("text", ["numpy>=2.4", "numpy==2.4.6\nNumPy==2.4.6", "numpy"])
def test_a_line_that_pins_nothing_is_found(text: str) -> None:
    with pytest.raises(ValueError, match=r"constraints\.txt:"):
        read_pins(text)
