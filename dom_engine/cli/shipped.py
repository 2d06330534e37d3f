"""Scenarios that come along: inside the package where it is installed, beside it in a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SETTINGS_FILE = "scenario.yaml"
_PACKAGE = Path(__file__).resolve().parents[1]


def folder() -> Path:
    """Where the shipped scenarios lie."""
    installed = _PACKAGE / "shipped"
    return installed if installed.is_dir() else _PACKAGE.parent / "scenarios"


def names() -> list[str]:
    """Their names."""
    return sorted(path.parent.name for path in folder().glob(f"*/{SETTINGS_FILE}"))


def locate(scenario: Path) -> Path:
    """The folder that a command line means: the one named, else the shipped scenario of that name.

    Raises
    ------
    InputError
        When there is neither.
    """
    if _exists(scenario):
        return scenario
    known = names()
    if scenario.name in known and len(scenario.parts) == 1:
        return folder() / scenario.name

    from dom_engine.errors import InputError

    message = f"no such scenario folder, and none of the shipped ones ({', '.join(known)})"
    raise InputError.single(str(scenario), message, code="NOT_FOUND")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # too long for a name
        return False


def settings(scenario: Path) -> Mapping[str, Any]:
    """What ``scenario.yaml`` says, unchecked, empty where broken: enough to list a scenario, never to solve it."""
    import yaml

    try:
        stated = yaml.safe_load((scenario / SETTINGS_FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return stated if isinstance(stated, dict) else {}


def variant_names(scenario: Path) -> list[str]:
    """Names of a scenario's own variants."""
    stated = settings(scenario).get("variants")
    variants = stated if isinstance(stated, list) else []
    return [str(variant["name"]) for variant in variants if isinstance(variant, dict) and "name" in variant]
