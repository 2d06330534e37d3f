from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dom_engine.domain.problem import Problem
from dom_engine.errors import InputError
from dom_engine.scenario import apply_changes, build_problem, load_scenario, read_raw
from dom_engine.scenario.yaml_positions import from_plain
from tests.unit.scenario.folders import SETTINGS, faults_of, located, write_folder


def changed(folder: Path, *changes: str, tables: dict[str, str | bytes | None] | None = None) -> Problem:
    listed = "".join(f"- {change}\n" for change in changes)
    return load_scenario(write_folder(folder, tables, f"{SETTINGS}changes:\n{listed}"))


def codes_of(folder: Path, change: str) -> list[tuple[str, int, str, str]]:
    return located(faults_of(write_folder(folder, settings=f"{SETTINGS}changes:\n- {change}\n")))


class TestScale:
    def test_money_scales_exactly(self, tmp_path: Path) -> None:
        problem = changed(tmp_path, "scale: {table: items, column: value, by: 1.1}")
        assert problem.items.value_micros.tolist() == [264_000_000, 1_650_000]

    def test_whole_numbers_round_down(self, tmp_path: Path) -> None:
        problem = changed(tmp_path, "scale: {table: order_lines, column: quantity, by: 1.39}")
        assert problem.lines.quantity.tolist() == [13, 1, 4]  # 13.9, 1.39, 4.17

    def test_blanks_scale_as_their_default(self, tmp_path: Path) -> None:
        problem = changed(tmp_path, "scale: {table: orders, column: priority, by: 0.5}")
        assert problem.orders.priority.tolist() == [0, 50]

    def test_an_absent_column_is_all_default(self, tmp_path: Path) -> None:
        problem = changed(tmp_path, "scale: {table: capacities, column: open_max, by: 3, where: {measure: shipments}}")
        assert sorted(problem.capacities.open_max.tolist()) == [2, 3]

    def test_a_blank_without_default_stays_blank(self, tmp_path: Path) -> None:
        problem = changed(tmp_path, "scale: {table: nodes, column: max_distance_km, by: 2}")
        assert problem.nodes.max_distance_m.tolist() == [2**62, 1_800_000]

    def test_blanks_that_other_tables_and_the_policy_supply(self, tmp_path: Path) -> None:
        problem = changed(
            tmp_path,
            "policy: {unmet_cost: 8, max_shipments: 3}",
            "scale: {table: order_lines, column: unmet_cost, by: 2}",
            "scale: {table: order_lines, column: unit_price, by: 2}",
            "scale: {table: orders, column: max_shipments, by: 2}",
            "scale: {table: node_items, column: unit_cost, by: 2}",
            tables={"node_items.csv": "node,item,unit_cost\nA,desk,\nB,pen,3\n"},
        )
        assert problem.lines.unmet_cost_micros.tolist() == [16_000_000, 160_000_000, 16_000_000]
        # Blank and 0 both mean the item's value of 1.50.
        assert problem.lines.unit_price_micros.tolist() == [3_000_000, 500_000_000, 3_000_000]
        assert problem.orders.max_shipments.tolist() == [6, 6]
        assert problem.node_items.unit_cost_micros.tolist() == [500_000, 6_000_000]

    def test_limits_of_counts_round_down_others_do_not(self, tmp_path: Path) -> None:
        problem = changed(tmp_path, "scale: {table: capacities, column: limit, by: 1.25}")
        assert sorted(problem.capacities.limit.tolist()) == [7, 313_125]  # 7.5 shipments, 313.125 kg

    def test_coordinates_may_scale_and_keep_their_sign(self, tmp_path: Path) -> None:
        tables = {"nodes.csv": "node,lat,lon\nA,-10,20\nB,0,0\n", "node_services.csv": None}
        problem = changed(tmp_path, "scale: {table: nodes, column: lat, by: 2}", tables=tables)
        assert problem.nodes.lat.tolist() == [-20.0, 0.0]

    def test_parquet_numbers_scale_as_they_print(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path, {"items.csv": None})
        items = pa.table({"item": ["pen", "desk"], "value": [0.1, 3.0], "weight_kg": pa.array([1, None], pa.int32())})
        pq.write_table(items, folder / "items.parquet")
        raw = read_raw(folder)
        raw = apply_changes(raw, [from_plain({"scale": {"table": "items", "column": "value", "by": 3}}, "request")])
        assert build_problem(raw).items.value_micros.tolist() == [9_000_000, 300_000]


class TestSet:
    def test_values_flags_lists_and_blanks(self, tmp_path: Path) -> None:
        problem = changed(
            tmp_path,
            "set: {table: nodes, column: enabled, to: false, where: {node: B}}",
            "set: {table: orders, column: exclude_nodes, to: [A, B]}",
            "set: {table: orders, column: latest, to: ~, where: {order: 007}}",
            "set: {table: order_lines, column: latest, to: null}",
        )
        assert problem.nodes.enabled.tolist() == [True, False]
        assert problem.orders.exclude_nodes.idx.tolist() == [0, 1, 0, 1]
        assert problem.orders.latest_s[0] == 2**62

    def test_ids_stay_text(self, tmp_path: Path) -> None:
        problem = changed(tmp_path, "set: {table: orders, column: customer, to: 0042}")
        assert problem.orders.customer.to_pylist() == ["0042", "0042"]

    def test_what_it_writes_is_checked_where_the_change_stands(self, tmp_path: Path) -> None:
        found = codes_of(tmp_path, "set: {table: orders, column: country, to: Utopia}")
        assert found == [("scenario.yaml", 13, "country", "UNKNOWN_CODE")]

    def test_an_unreadable_cell_is_said_though_a_change_replaces_it(self, tmp_path: Path) -> None:
        tables = {"items.csv": b"item,value\npen,caf\xe9\ndesk,240\n"}
        folder = write_folder(tmp_path, tables, f"{SETTINGS}changes:\n- set: {{table: items, column: value, to: 1}}\n")
        assert located(faults_of(folder)) == [("items.csv", 2, "value", "BAD_ENCODING")]


class TestAddAndRemove:
    def test_rows(self, tmp_path: Path) -> None:
        problem = changed(
            tmp_path,
            "add: {table: nodes, rows: [{node: C, country: IT, tags: [cold, new], lat: 45, lon: 9}]}",
            "add: {table: inventory, rows: [{node: C, item: pen, quantity: 3}, {node: C, item: desk, quantity: 1}]}",
            "remove: {table: order_lines, where: {order: 007, line: [2, 3]}}",
        )
        assert problem.nodes.ids.to_pylist() == ["A", "B", "C"]
        assert len(problem.positions) == 6
        assert problem.orders.line_ptr.tolist() == [0, 1, 2]

    def test_into_a_table_that_is_not_there(self, tmp_path: Path) -> None:
        problem = changed(
            tmp_path,
            "add: {table: duties, rows: [{origin: CN, destination: EU, pct: 3}]}",
            tables={"duties.csv": None},
        )
        assert problem.duties.pct.tolist() == [3.0]

    def test_faults_of_added_rows_stand_at_their_line(self, tmp_path: Path) -> None:
        rows = ("node: A, item: pen, lot: Z", "node: A, item: pan, quantity: -1", "node: B, item: pen, quantity: 1")
        listed = "".join(f"    - {{{row}}}\n" for row in rows)
        assert codes_of(tmp_path, f"add:\n    table: inventory\n    rows:\n{listed}") == [
            ("scenario.yaml", 16, "quantity", "MISSING_VALUE"),
            ("scenario.yaml", 17, "item", "UNKNOWN_ID"),
            ("scenario.yaml", 17, "quantity", "NEGATIVE"),
            ("scenario.yaml", 18, "", "DUPLICATE_ROW"),
        ]

    def test_removing_everything(self, tmp_path: Path) -> None:
        problem = changed(tmp_path, "remove: {table: orders}", "remove: {table: order_lines}")
        assert (len(problem.orders), len(problem.lines)) == (0, 0)


class TestWhere:
    @pytest.mark.parametrize(
        ("where", "nodes"),
        [
            ("{node: A}", "A"),
            ("{node: [A, B]}", "AB"),
            ("{unit_cost: 0.250}", "A"),  # numbers compare as numbers
            ("{unit_cost: 0}", "B"),  # and an empty cell as its default
            ("{unit_cost: ~}", "B"),
            ("{enabled: TRUE}", "AB"),
            ("{cutoff: '23:59:00'}", "B"),
            ("{timezone: Europe/Paris}", "B"),
            ("{tags: cold}", "A"),  # a list holds the value
            ("{tags: null}", "B"),
            ("{calendar: null}", "B"),
            ("{max_distance_km: 900.0}", "B"),
            ("{kind: [dc, supplier], country: DE}", "A"),
        ],
    )
    def test_rows_that_match(self, tmp_path: Path, where: str, nodes: str) -> None:
        problem = changed(tmp_path, f"set: {{table: nodes, column: preference_cost, to: 1, where: {where}}}")
        names = np.array(problem.nodes.ids.to_pylist())
        assert "".join(names[problem.nodes.preference_cost_micros > 0]) == nodes

    def test_instants_compare_as_instants(self, tmp_path: Path) -> None:
        problem = changed(
            tmp_path,
            "set: {table: inventory, column: quantity, to: 1, where: {available_at: '2026-03-03T05:00:00Z'}}",
        )
        assert problem.positions.quantity.tolist() == [4, 100, 1, 8]

    @pytest.mark.parametrize(
        ("change", "column", "code"),
        [
            ("remove: {table: nodes, where: {node: C}}", "where", "NO_MATCH"),
            ("remove: {table: nodes, where: {nod: C}}", "nod", "UNKNOWN_COLUMN"),
            ("remove: {table: nodes, where: {unit_cost: much}}", "unit_cost", "NOT_A_NUMBER"),
            ("remove: {table: nodes, where: A}", "where", "NOT_A_MAPPING"),
            ("remove: {table: noes}", "table", "UNKNOWN_TABLE"),
            ("remove: {}", "table", "MISSING_KEY"),
            ("remove: {table: [nodes]}", "table", "NOT_A_VALUE"),
            ("remove: {table: nodes, wher: {node: A}}", "wher", "UNKNOWN_KEY"),
            ("set: {table: nodes, column: cost, to: 1}", "cost", "UNKNOWN_COLUMN"),
            ("set: {table: nodes, column: kind, to: [dc]}", "kind", "NOT_A_VALUE"),
            ("scale: {table: nodes, column: unit_cost, by: -1}", "by", "NEGATIVE"),
            ("scale: {table: nodes, column: tags, by: 2}", "tags", "NOT_NUMERIC"),
            ("add: {table: nodes, rows: {node: C}}", "rows", "NOT_A_LIST"),
            ("add: {table: nodes, rows: [C]}", "rows", "NOT_A_MAPPING"),
            ("add: {table: nodes, rows: [{nod: C}]}", "nod", "UNKNOWN_COLUMN"),
            ("double: {table: nodes}", "double", "UNKNOWN_KEY"),
            ("{set: {}, add: {}}", "changes", "NOT_A_CHANGE"),
            ("weights: 3", "weights", "NOT_A_MAPPING"),
            ("weights: {freight: -3}", "weights.freight", "NEGATIVE"),
        ],
    )
    def test_what_cannot_be_applied(self, tmp_path: Path, change: str, column: str, code: str) -> None:
        assert codes_of(tmp_path, change) == [("scenario.yaml", 13, column, code)]

    def test_a_table_that_is_not_there_matches_nothing(self, tmp_path: Path) -> None:
        settings = f"{SETTINGS}changes:\n- remove: {{table: duties}}\n"
        folder = write_folder(tmp_path, {"duties.csv": None}, settings)
        assert located(faults_of(folder)) == [("scenario.yaml", 13, "table", "NO_MATCH")]


class TestVariants:
    SETTINGS = f"""{SETTINGS}
changes:
- policy: {{split_cost: 3}}
variants:
- name: dear-splits
  changes:
  - scale: {{table: nodes, column: unit_cost, by: 2}}
  - policy: {{split_cost: 9}}
- name: as-is
"""

    def test_a_variant_applies_last(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path, settings=self.SETTINGS)
        assert load_scenario(folder).policy.split_cost_micros == 3_000_000
        problem = load_scenario(folder, "dear-splits")
        assert problem.policy.split_cost_micros == 9_000_000
        assert problem.nodes.unit_cost_micros.tolist() == [500_000, 0]
        assert load_scenario(folder, "as-is").digest == load_scenario(folder).digest

    def test_an_unknown_variant_names_the_nearest(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path, settings=self.SETTINGS)
        with pytest.raises(InputError, match="unknown variant 'dear-split'; the nearest known is 'dear-splits'"):
            load_scenario(folder, "dear-split")

    def test_variants_are_checked_before_they_are_asked_for(self, tmp_path: Path) -> None:
        settings = f"""{SETTINGS}variants:
- name: a
  changes:
  - set: {{table: nodes, column: cutof, to: "12:00"}}
- name: a
- nam: b
- name: c
  change: []
- name: d
  changes: {{}}
"""
        found = located(faults_of(write_folder(tmp_path, settings=settings)))
        assert found == [
            ("scenario.yaml", 15, "cutof", "UNKNOWN_COLUMN"),
            ("scenario.yaml", 16, "name", "DUPLICATE_KEY"),
            ("scenario.yaml", 17, "variants", "NOT_A_VARIANT"),
            ("scenario.yaml", 19, "change", "UNKNOWN_KEY"),
            ("scenario.yaml", 21, "changes", "NOT_A_LIST"),
        ]


class TestOverrides:
    def test_flags_win(self, tmp_path: Path) -> None:
        problem = load_scenario(write_folder(tmp_path), overrides={"seed": 9, "gap": 0.5, "method": None})
        assert (problem.solve.seed, problem.solve.gap, problem.solve.method) == (9, 0.5, "auto")

    def test_bad_flags_are_located_there(self, tmp_path: Path) -> None:
        found = located(faults_of(write_folder(tmp_path), overrides={"gap": -1.0, "method": "x"}))
        assert found == [
            ("command line", 0, "solve.gap", "NEGATIVE"),
            ("command line", 0, "solve.method", "UNKNOWN_CHOICE"),
        ]
