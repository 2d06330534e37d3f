"""A result that cannot be written is refused before anything is solved."""

from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine.cli.target import check_target
from dom_engine.errors import InputError
from tests.unit.cli.results import quickstart


def code_of(out: Path) -> str:
    with pytest.raises(InputError) as caught:
        check_target(out)
    return caught.value.faults[0].code


def test_new_empty_and_earlier_results_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "a" / "b" / "new", tmp_path / "empty", quickstart(tmp_path / "plan")):
        check_target(out)


def test_anything_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.txt").write_text("milk")
    assert code_of(tmp_path) == "NOT_A_RESULT"
    assert code_of(tmp_path / "list.txt") == "NOT_A_FOLDER"
    assert code_of(tmp_path / "list.txt" / "deep" / "plan") == "NOT_A_FOLDER"
    monkeypatch.setattr("os.access", lambda *_: False)
    assert code_of(tmp_path / "plan") == "NOT_WRITABLE"
