"""Answers of shipped scenarios to explain."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dom_engine.explain import Answer, read_answer
from tests.runs import run_folder

Answers = Callable[..., Answer]


@pytest.fixture(scope="package")
def answers(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Shipped scenarios, with settings appended to their ``scenario.yaml``, solved and read again; once each."""
    known: dict[tuple[str, str], Answer] = {}

    def answer(name: str, instead: str = "", by: str = "") -> Answer:
        key = (name, by)
        if key not in known:
            folder = tmp_path_factory.mktemp(name)
            shutil.copytree(repository / "scenarios" / name, folder / "scenario")
            settings = folder / "scenario" / "scenario.yaml"
            assert instead in settings.read_text()
            settings.write_text(settings.read_text().replace(instead, by) if instead else settings.read_text())
            solved = run_folder(folder / "scenario", folder / "out")
            known[key] = read_answer(solved.problem, solved.folder)
        return known[key]

    return answer


def with_limit(limit: int) -> tuple[str, str]:
    """The quickstart, but Reno ships no more than so often."""
    row = f"{{node: reno, measure: shipments, limit: {limit}}}"
    return "horizon_h: 48", f"horizon_h: 48\nchanges: [{{add: {{table: capacities, rows: [{row}]}}}}]"
