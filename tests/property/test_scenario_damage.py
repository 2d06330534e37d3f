"""Whatever is done to a scenario's files, loading yields a problem or located faults, never anything else."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.scenario.folders import SETTINGS, TABLES, faults_of, write_folder

NASTY = (
    *("", ",", ";", '"', "\n", "\r", "\x00", "\ufeff", " ", "-", "nan", "inf", "1e999", "9" * 30, "0", "true", "~"),
    *(
        "2026-02-30",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "Mon-Xxx",
        "A;;B",
        "[",
        "{",
        "&a",
        "*a",
        "? ",
        "!!x",
    ),
    *("- ", ": ", "changes:\n- remove: {table: orders}\n", "extends: .\n", "x: [*a]\n", "\t"),
)
FILES = ("scenario.yaml", *(f"{name}.csv" for name in TABLES))


@st.composite
def damage(draw: st.DrawFn) -> dict[str, bytes]:
    """A few places of a few files overwritten, cut out or doubled."""
    contents = {f"{name}.csv": text for name, text in TABLES.items()} | {"scenario.yaml": SETTINGS}
    damaged: dict[str, bytes] = {}
    for name in draw(st.lists(st.sampled_from(FILES), min_size=1, max_size=3, unique=True)):
        content = contents[name].encode()
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, len(content)))
            end = min(len(content), start + draw(st.integers(0, 12)))
            piece = draw(
                st.sampled_from(NASTY).map(str.encode) | st.binary(max_size=4) | st.just(content[start:end] * 2)
            )
            content = content[:start] + piece + content[end:]
        damaged[name] = content
    return damaged


@given(damage())
@settings(max_examples=60)
def test_damage_is_survived_or_located(damaged: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = write_folder(Path(temporary) / "s", {n: c for n, c in damaged.items() if n != "scenario.yaml"})
        if "scenario.yaml" in damaged:
            (folder / "scenario.yaml").write_bytes(damaged["scenario.yaml"])
        faults = faults_of(folder)
    assert faults == tuple(sorted(faults))
    assert all(fault.file and fault.message and fault.code for fault in faults)
    assert not any(temporary in str(fault) for fault in faults)
