from __future__ import annotations

from dom_engine.scenario.texts import MAX_SHOWN, NearestName, shown, unknown_name


def test_bad_values_are_shown_on_one_line_and_cut() -> None:
    assert shown("a\nb\r\x00") == "'a\\nb\\r\\0'"
    assert len(shown("x" * 10_000_000)) < MAX_SHOWN + 40


def test_the_nearest_name() -> None:
    names = NearestName(["newark", "reno", "Chicago"])
    assert [names.of(name) for name in ("newrak", "RENO", " chicago", "zzz")] == ["newark", "reno", "Chicago", "reno"]
    assert [names.misspelt_by(name) for name in ("newrak", "zzz")] == ["newark", ""]
    assert NearestName([]).of("x") is None
    assert unknown_name("node", "x", NearestName([])) == "unknown node 'x'"


def test_the_nearest_of_a_million_names_is_found_wherever_the_mistake_is() -> None:
    names = NearestName(f"ITEM-{at:06d}-EU" for at in range(100_000))
    assert names.of("ITEM-012345-US") == "ITEM-012345-EU"
    assert names.of("IITEM-012345-EU") == "ITEM-012345-EU"


def test_only_so_many_names_are_looked_up() -> None:
    names = NearestName(["aa"])
    found = [names.of(f"a{at}") for at in range(150)]
    assert found == ["aa"] * 100 + [None] * 50
    assert names.of("a0") == "aa"
