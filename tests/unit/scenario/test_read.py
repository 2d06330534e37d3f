from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario, read_raw
from tests.unit.scenario.folders import SETTINGS, TABLES, faults_of, located, write_folder


def test_the_small_scenario_loads(tmp_path: Path) -> None:
    problem = load_scenario(write_folder(tmp_path / "s"))
    assert (problem.name, problem.currency, len(problem.orders), len(problem.lines)) == ("small", "EUR", 2, 3)


def test_the_folder_names_a_nameless_scenario(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "spring sale", settings=SETTINGS.replace("name: small\n", ""))
    assert load_scenario(folder).name == "spring sale"


def test_no_folder_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        load_scenario(tmp_path / "absent")
    with pytest.raises(InputError, match=r"has no scenario\.yaml"):
        load_scenario(tmp_path)


def test_each_table_in_any_format_but_one(tmp_path: Path) -> None:
    zipped = {"nodes.csv": None, "nodes.csv.gz": gzip.compress(TABLES["nodes"].encode())}
    assert (
        load_scenario(write_folder(tmp_path / "gz", zipped)).digest
        == load_scenario(write_folder(tmp_path / "csv")).digest
    )
    twice = write_folder(tmp_path / "twice", {"nodes.csv.gz": gzip.compress(b"node\n")})
    assert located(faults_of(twice)) == [("nodes.csv.gz", 0, "", "DUPLICATE_TABLE")]


def test_tables_in_other_formats_are_not_overlooked(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "s", {"capacities.xlsx": b"PK", "README.md": "x", ".orders.csv.swp": "x"})
    (folder / "duties.parquet").mkdir()
    assert located(faults_of(folder)) == [
        ("capacities.xlsx", 0, "", "UNKNOWN_FORMAT"),
        ("duties.parquet", 0, "", "UNKNOWN_FORMAT"),
    ]


@pytest.mark.parametrize(
    ("settings", "row", "code"),
    [("now: [1,\n", 2, "BAD_YAML"), ("- now\n", 1, "BAD_YAML"), (b"name: caf\xe9\n", 0, "BAD_ENCODING")],
)
def test_of_settings_that_cannot_be_read_no_key_is_missed(
    tmp_path: Path, settings: str | bytes, row: int, code: str
) -> None:
    # The orders have instants without offset, and a parent might supply the nodes.
    folder = write_folder(tmp_path / "s", {"scenario.yaml": settings, "nodes.csv": None})
    assert located(faults_of(folder)) == [("scenario.yaml", row, "", code)]


def test_a_missing_table_is_said_once(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "s", {"nodes.csv": None, "services.csv": None, "items.csv": None})
    assert located(faults_of(folder)) == [
        ("nodes", 0, "", "MISSING_TABLE"),
        ("services", 0, "", "MISSING_TABLE"),
    ]


def test_a_misspelt_table_is_not_missing_as_well(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "s", {"nodes.csv": None, "node.csv": TABLES["nodes"]})
    (fault,) = faults_of(folder)
    assert (fault.code, fault.message) == ("UNKNOWN_TABLE", "unknown table 'node'; the nearest known is 'nodes'")


class TestExtends:
    def child(self, tmp_path: Path, settings: str, tables: dict[str, str] | None = None, base: str = "base") -> Path:
        write_folder(tmp_path / base)
        folder = tmp_path / "child"
        folder.mkdir()
        (folder / "scenario.yaml").write_text(settings, encoding="utf-8")
        for name, content in (tables or {}).items():
            (folder / name).write_text(content, encoding="utf-8")
        return folder

    def test_tables_and_keys_are_inherited(self, tmp_path: Path) -> None:
        problem = load_scenario(self.child(tmp_path, "extends: ../base\n"))
        assert problem.digest == load_scenario(tmp_path / "base").digest
        assert (problem.name, problem.solve.seed) == ("small", 7)

    def test_own_tables_and_keys_replace(self, tmp_path: Path) -> None:
        settings = "extends: ../base\nhorizon_h: 24\npolicy: {unmet_cost: 9}\nsolve: {threads: 2}\n"
        lines = "order,line,item,quantity\n8,1,pen,2\n"
        problem = load_scenario(self.child(tmp_path, settings, {"order_lines.csv": lines}))
        assert (problem.horizon_s, len(problem.lines)) == (86_400, 1)
        # Policy and solve merge by key.
        assert (problem.policy.unmet_cost_micros, problem.policy.split_cost_micros) == (9_000_000, 2_000_000)
        assert (problem.solve.seed, problem.solve.threads) == (7, 2)

    def test_an_own_table_may_have_another_format(self, tmp_path: Path) -> None:
        folder = self.child(tmp_path, "extends: ../base\n")
        (folder / "duties.csv.gz").write_bytes(gzip.compress(b"origin,destination,pct\n"))
        assert len(load_scenario(folder).duties) == 0

    def test_changes_apply_parents_first(self, tmp_path: Path) -> None:
        grandparent = "changes:\n- scale: {table: order_lines, column: quantity, by: 10}\n"
        folder = self.child(
            tmp_path, "extends: ../base\nchanges:\n- set: {table: order_lines, column: quantity, to: 30}\n"
        )
        (tmp_path / "base" / "scenario.yaml").write_text(SETTINGS + grandparent, encoding="utf-8")
        assert load_scenario(folder).lines.quantity.tolist() == [30, 30, 30]

    def test_variants_of_the_parent_can_be_asked_for(self, tmp_path: Path) -> None:
        folder = self.child(tmp_path, "extends: ../base\n")
        variants = "variants:\n- name: soon\n  changes:\n  - policy: {split_cost: 0}\n"
        (tmp_path / "base" / "scenario.yaml").write_text(SETTINGS + variants, encoding="utf-8")
        assert load_scenario(folder, "soon").policy.split_cost_micros == 0

    def test_faults_are_placed_in_the_parents_files(self, tmp_path: Path) -> None:
        folder = self.child(tmp_path, "extends: ../base\n", {"orders.csv": "order,lat,lon\n7,1,1\n7,1,1\n"})
        write_folder(tmp_path / "base", {"nodes.csv": TABLES["nodes"].replace("dc", "cd")}, SETTINGS + "x: 1\n")
        assert located(faults_of(folder)) == [
            ("../base/nodes.csv", 2, "kind", "UNKNOWN_CHOICE"),
            ("../base/order_lines.csv", 2, "order", "UNKNOWN_ID"),
            ("../base/order_lines.csv", 3, "order", "UNKNOWN_ID"),
            ("../base/order_lines.csv", 4, "order", "UNKNOWN_ID"),
            ("../base/scenario.yaml", 12, "x", "UNKNOWN_KEY"),
            ("orders.csv", 3, "order", "DUPLICATE_ROW"),
        ]

    @pytest.mark.parametrize("target", [".", "../child", "../loop"])
    def test_a_cycle_is_the_only_fault(self, tmp_path: Path, target: str) -> None:
        folder = self.child(tmp_path, f"horizon_h: 24\nextends: {target}\n")
        (tmp_path / "loop").mkdir()
        (tmp_path / "loop" / "scenario.yaml").write_text("extends: ../child\n")
        ((file, row, column, code),) = located(faults_of(folder))
        assert (column, code) == ("extends", "CYCLIC_EXTENDS")
        assert (file, row) == (("../loop/scenario.yaml", 1) if target == "../loop" else ("scenario.yaml", 2))

    @pytest.mark.parametrize("nowhere", ["../nowhere", "a" * 5_000, '"a\\0b"'])
    def test_an_absent_parent_is_the_only_fault(self, tmp_path: Path, nowhere: str) -> None:
        folder = self.child(tmp_path, "now: 2026-01-01T00:00:00Z\nextends: ../nowhere\n")
        assert located(faults_of(folder)) == [("scenario.yaml", 2, "extends", "NOT_A_FOLDER")]


def test_reading_collects_and_does_not_raise(tmp_path: Path) -> None:
    raw = read_raw(write_folder(tmp_path / "s", {"nodes.csv": "node\nA,B\n"}, "changes: none\nvariants: {}\n"))
    assert sorted(fault.code for fault in raw.faults) == ["NOT_A_LIST", "NOT_A_LIST", "RAGGED_ROW"]
