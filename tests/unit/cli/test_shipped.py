"""Scenarios by name: a folder wins, then what is shipped, then a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine.cli import shipped
from dom_engine.errors import InputError


def test_a_shipped_name_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert (shipped.locate(Path("quickstart")) / "scenario.yaml").is_file()


def test_a_folder_of_that_name_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickstart").mkdir()
    assert shipped.locate(Path("quickstart")) == Path("quickstart")


@pytest.mark.parametrize("name", ["a" * 5_000, "quickstar", "no/quickstart", "../quickstart"])
def test_anything_else_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"export, peak-day, quickstart, stores"):
        shipped.locate(Path(name))


def test_variants_are_named() -> None:
    assert shipped.variant_names(shipped.folder() / "quickstart") == ["reno-closed", "splits-hurt"]


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "variants: 3\n", "variants: [{}, 1]\n", "a: [\n"])
def test_a_broken_scenario_has_no_variants(text: str, tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(text)
    assert shipped.variant_names(tmp_path) == []
    assert shipped.variant_names(tmp_path / "none") == []


def test_an_installed_package_brings_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "shipped" / "tiny").mkdir(parents=True)
    (tmp_path / "shipped" / "tiny" / "scenario.yaml").touch()
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path)
    assert shipped.names() == ["tiny"]
