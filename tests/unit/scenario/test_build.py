"""The problem that comes out: defaults, resolved values, canonical order, digest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dom_engine.domain.network import NodeKind
from dom_engine.domain.trade import Incoterm, NamedPlace, Stage
from dom_engine.domain.transport import Measure, Mode
from dom_engine.errors import InputError
from dom_engine.scenario import RawScenario, RawTable, build_problem, load_scenario, read_raw
from dom_engine.scenario.digest import problem_digest
from dom_engine.scenario.schema import RESERVED_TABLES, TABLES
from dom_engine.scenario.yaml_positions import YamlMap, from_plain
from dom_engine.units import ALWAYS_S, NEVER_S, UNLIMITED
from tests.unit.scenario.folders import SETTINGS, changed, write_folder
from tests.unit.scenario.folders import TABLES as SMALL

BARE = {
    "nodes.csv": "node\nn\n",
    "inventory.csv": "node,item,quantity\nn,i,1\n",
    "services.csv": "service\ns\n",
    "lanes.csv": "service,rate\ns,r\n",
    "rates.csv": "rate\nr\n",
    "orders.csv": "order\no\n",
    "order_lines.csv": "order,line,item,quantity\no,l,i,1\n",
    **dict.fromkeys(
        ("items.csv", "node_items.csv", "node_services.csv", "duties.csv", "capacities.csv", "calendars.csv")
    ),
}


def test_defaults(tmp_path: Path) -> None:
    problem = load_scenario(write_folder(tmp_path, BARE, "now: 2026-01-01T00:00:00Z\n"))
    nodes, orders, lines = problem.nodes, problem.orders, problem.lines
    assert (nodes.kind[0], nodes.cutoff_s[0], nodes.enabled[0]) == (NodeKind.DC, 86_340, True)
    assert (nodes.country_idx[0], nodes.calendar_idx[0], nodes.has_location[0]) == (-1, -1, False)
    assert problem.timezones == ("UTC",)
    assert nodes.max_distance_m[0] == UNLIMITED
    assert (problem.services.mode[0], problem.services.max_parcel_g[0]) == (Mode.PARCEL, UNLIMITED)
    assert (problem.lanes.node_idx[0], problem.lanes.from_m[0], problem.lanes.to_m[0]) == (-1, 0, UNLIMITED)
    assert (problem.rates.stage[0], problem.rates.base_micros[0]) == (Stage.MAIN_CARRIAGE, 0)
    assert (problem.positions.available_at_s[0], problem.positions.expires_at_s[0]) == (ALWAYS_S, NEVER_S)
    assert (problem.positions.lot_idx[0], problem.positions.pool_idx[0]) == (-1, -1)
    assert (orders.priority[0], orders.released_at_s[0]) == (100, problem.now_s)
    assert (orders.incoterm[0], orders.named_place[0]) == (Incoterm.DAP, NamedPlace.DESTINATION)
    assert (orders.earliest_s[0], orders.latest_s[0], orders.hard_window[0]) == (ALWAYS_S, NEVER_S, False)
    assert (orders.line_split[0], orders.backorder[0], orders.ship_complete[0]) == (True, True, False)
    assert (orders.pickup_node_idx[0], orders.customer[0].as_py()) == (-1, "")
    assert (lines.pack[0], lines.group_idx[0], lines.unmet_cost_micros[0]) == (1, -1, 100_000_000)
    assert lines.latest_s[0] == NEVER_S


def test_an_empty_batch_is_a_problem(tmp_path: Path) -> None:
    tables = BARE | {"orders.csv": "order\n", "order_lines.csv": "order,line,item,quantity\n"}
    problem = load_scenario(write_folder(tmp_path, tables))
    assert (len(problem.orders), len(problem.lines), problem.orders.line_ptr.tolist()) == (0, 0, [0])


def test_resolved_values(tmp_path: Path) -> None:
    problem = load_scenario(write_folder(tmp_path))
    nodes, orders, lines, positions = problem.nodes, problem.orders, problem.lines, problem.positions
    territories = problem.territories.to_pylist()
    assert territories == sorted(territories) == ["CN", "DE", "EU", "FR"]
    assert [territories[at] for at in nodes.customs_idx] == ["EU", "EU"]
    assert [territories[at] for at in orders.customs_idx] == ["DE", "FR"]  # blank: the country
    assert nodes.handling_s.tolist() == [5_400, 0]
    # A,desk has a unit cost and work of its own; the others the node's.
    assert positions.unit_cost_micros.tolist() == [3_000_000, 250_000, 250_000, 0]
    assert positions.work_s.tolist() == [1_800, 0, 0, 0]
    assert (positions.free.tolist(), positions.covered_safety.tolist()) == ([4, 85, 50, 8], [0, 5, 0, 0])
    assert lines.unit_price_micros.tolist() == [1_500_000, 250_000_000, 1_500_000]
    assert lines.unmet_cost_micros.tolist() == [100_000_000, 80_000_000, 100_000_000]
    assert [lines.latest_s[at] == orders.latest_s[lines.order_idx[at]] for at in range(3)] == [True, False, True]
    assert lines.group_idx.tolist() == [0, 0, -1]
    assert problem.groups.to_pylist() == ["g"]
    assert problem.node_services.cutoff_s.tolist() == [43_200]
    assert [Measure(measure) for measure in problem.capacities.measure] == [Measure.SHIPMENTS, Measure.KG]
    assert problem.capacities.limit.tolist() == [6, 250_500]
    assert problem.capacities.daily.tolist() == [False, True]
    calendar = problem.calendars[0]
    assert (calendar.weekdays, calendar.regions) == (0b11111, ("DE", "DE-BY"))


def test_groups_are_told_apart_by_order(tmp_path: Path) -> None:
    lines = "order,line,item,quantity,group\n8,1,pen,1,g\n007,2,pen,1,h\n007,1,pen,1,g\n8,2,pen,1,\n007,3,pen,1,g\n"
    problem = load_scenario(write_folder(tmp_path, {"order_lines.csv": lines}))
    assert problem.groups.to_pylist() == ["g", "h", "g"]
    assert problem.lines.group_idx.tolist() == [0, 1, 0, 2, -1]


def test_ids_sort_bytewise_and_lists_ascend(tmp_path: Path) -> None:
    nodes = "node\né\nz\nB\na\n10\n9\n"
    orders = "order,nodes\no,z;B; 10 ;;B\n"
    problem = load_scenario(
        write_folder(
            tmp_path, BARE | {"nodes.csv": nodes, "orders.csv": orders, "inventory.csv": "node,item,quantity\n"}
        )
    )
    assert problem.nodes.ids.to_pylist() == ["10", "9", "B", "a", "z", "é"]
    assert problem.orders.nodes[0].tolist() == [0, 2, 4]


def test_arrays_are_read_only(tmp_path: Path) -> None:
    problem = load_scenario(write_folder(tmp_path))
    with pytest.raises(ValueError, match="read-only"):
        problem.lines.quantity[0] = 1


class TestDigest:
    def digest(
        self, folder: Path, tables: dict[str, str | bytes | None] | None = None, settings: str = SETTINGS
    ) -> str:
        return load_scenario(write_folder(folder, tables, settings)).digest

    def test_it_is_stable(self, tmp_path: Path) -> None:
        # Changes only with DIGEST_VERSION: plans are kept with the digest of what they solve.
        digest = self.digest(tmp_path, BARE, "now: 2026-01-01T00:00:00Z\n")
        assert digest == "2f2f1c0e2055cfd850e623d88593b670538178ce9f85d74826b33bd3a2112ba5"

    def test_what_does_not_decide_the_solution_does_not_count(self, tmp_path: Path) -> None:
        settings = SETTINGS.replace("name: small", "name: other\ndescription: text").replace("seed: 7", "seed: 8")
        spelt_out = changed("items", "pen,0.02,0.05,1.50", "pen,0.020,5e-2,1.5")
        other_zone = changed("inventory", "2026-03-03T06:00:00", "2026-03-03T00:00:00-05:00")
        assert {
            self.digest(tmp_path / "a"),
            self.digest(tmp_path / "b", settings=settings),
            self.digest(tmp_path / "c", spelt_out | other_zone),
        } == {self.digest(tmp_path / "d")}

    @pytest.mark.parametrize(
        ("table", "old", "new"),
        [
            ("nodes", "16:30", "16:31"),
            ("items", "1.50,9608", "1.500001,9608"),
            ("rates", "20,10,0.3", "20,10,0.30000000000000004"),
            ("orders", "gold,\n", "silver,\n"),
            ("order_lines", "007,1,pen", "007,0,pen"),
            ("calendars", "DE;DE-BY", "DE"),
            ("order_lines", "10,,,,g", "10,,,,f"),
        ],
    )
    def test_what_decides_it_counts(self, tmp_path: Path, table: str, old: str, new: str) -> None:
        assert self.digest(tmp_path / "a") != self.digest(tmp_path / "b", dict(changed(table, old, new)))

    def test_policy_and_weights_count(self, tmp_path: Path) -> None:
        settings = SETTINGS.replace("{1: 3.5}", "{1: 3.25}")
        assert self.digest(tmp_path / "a") != self.digest(tmp_path / "b", settings=settings)
        settings = SETTINGS + "weights: {late: 2}\n"
        assert self.digest(tmp_path / "a") != self.digest(tmp_path / "c", settings=settings)

    def test_texts_count_whatever_buffer_they_lie_in(self, tmp_path: Path) -> None:
        problem = load_scenario(write_folder(tmp_path))
        sliced = replace(problem, lots=pa.array(["x", *problem.lots.to_pylist(), "y"]).slice(1, len(problem.lots)))
        assert problem_digest(sliced) == problem.digest


def test_parquet_of_any_type_is_the_same_problem(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "parquet", {"order_lines.csv": None, "orders.csv": None})
    lines = pa.table(
        {
            "order": pa.array(["007", "007", "8"]).dictionary_encode(),
            "line": pa.array(["1", "2", "1"], pa.large_string()),
            "item": ["pen", "desk", "pen"],
            "quantity": pa.array([10, 1, 3], pa.int16()),
            "unit_price": pa.array([None, 250.0, 0.0]),
            "unmet_cost": pa.array([None, 80, None], pa.decimal128(9, 3)),
            "latest": pa.array([None, 1_772_622_000, None], pa.timestamp("s", "UTC")),
            "group": ["g", "g", None],
            "substitutes": [None, ["pen"], []],
            "substitute_cost": [None, 1.25, None],
            "pack": pa.array([5, None, None], pa.uint8()),
        }
    )
    pq.write_table(lines, folder / "order_lines.parquet")
    (folder / "orders.csv").write_text(SMALL["orders"])
    assert load_scenario(folder).digest == load_scenario(write_folder(tmp_path / "csv")).digest


def test_a_scenario_can_be_made_without_files() -> None:
    settings = from_plain({"now": "2026-01-01T00:00:00Z", "horizon_h": 24}, "request")
    assert isinstance(settings, YamlMap)
    tables = {
        "nodes": {"node": ["n"]},
        "inventory": {"node": ["n"], "item": ["i"], "quantity": [1]},
        "services": {"service": ["s"]},
        "lanes": {"service": ["s"], "rate": ["r"]},
        "rates": {"rate": ["r"], "base": [2.5]},
        "orders": {"order": ["o"], "nodes": [["n"]]},
        "order_lines": {"order": ["o"], "line": ["1"], "item": ["i"], "quantity": [1]},
    }
    raw_tables = {name: RawTable(pa.table(columns), name, first_row=1) for name, columns in tables.items()}
    problem = build_problem(RawScenario(settings, raw_tables))
    assert problem.rates.base_micros.tolist() == [2_500_000]
    bad = raw_tables | {"lanes": RawTable(pa.table({"service": ["t"], "rate": ["r"]}), "lanes", first_row=1)}
    with pytest.raises(InputError, match="lanes, row 1, column service: unknown service 't'"):
        build_problem(RawScenario(settings, bad))


def test_the_schema_knows_every_table_and_no_reserved_one() -> None:
    assert not set(TABLES) & set(RESERVED_TABLES)
    for table in TABLES.values():
        assert set(table.key) <= set(table.columns)
        for column in table.columns.values():
            assert not column.references or column.references in TABLES
            assert not (column.required and column.default)


def test_reading_twice_yields_the_same_bytes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    assert build_problem(read_raw(folder)).digest == build_problem(read_raw(folder)).digest
