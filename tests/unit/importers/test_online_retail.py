"""Online Retail: real baskets kept line by line, what is no order left out, the rest drawn from the seed."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
import yaml

from dom_engine.errors import InputError
from dom_engine.importers.online_retail import import_online_retail
from tests.unit.importers.tables import read_table

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
INVOICES = (
    HEADER
    + """536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,007,LANTERN,2,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,85123A,HEART,1,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom
536366,22139,TEA SET,3,2010-12-01 09:00:00,4.25,,France
536367,22139,,56,2010-12-01 09:01:00,0.0,,United Kingdom
536368,22139,,-10,2010-12-01 09:02:00,0.0,,United Kingdom
536369,22139,GIFT,1,2010-12-02 09:02:00,0.0,12345.0,United Kingdom
C536370,85123A,HEART,-6,2010-12-02 10:00:00,2.55,17850.0,United Kingdom
536371,M,Manual,1,2010-12-03 10:00:00,2.55,17850.0,United Kingdom
"""
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a small file and a small network."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "retail.csv").write_text(INVOICES)
    (folder / "cities.csv").write_text("\ufeffNew York,New York,40.7,-73.9,2000\nPortland,Oregon,45.5,-122.6,1000\n")
    (folder / "fulfillment_centers.csv").write_text("OAK4,CA,37.7448,-121.3985\nAVP3,PA,41.2776,-75.4973\n")
    return folder


def miles(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great circle by the law of cosines, another formula than the one under test."""
    a, b = math.radians(lat), math.radians(other_lat)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(math.radians(lon - other_lon))
    return 6371.0088 / 1.609344 * math.acos(cosine)


def do_import(source: Path, out: Path, seed: int = 0) -> list[Path]:
    return import_online_retail(source / "retail.csv", source, out, seed)


def test_a_day_is_a_batch_of_its_real_lines(source: Path, tmp_path: Path) -> None:
    days = do_import(source, tmp_path / "out")
    assert [day.name for day in days] == ["2010-12-01", "2010-12-02"]
    lines = read_table(days[0], "order_lines")
    assert [(row["order"], row["line"], row["item"], row["quantity"], row["unit_price"]) for row in lines] == [
        ("536365", "1", "85123A", "6", "2.55"),
        ("536365", "2", "007", "2", "3.39"),
        ("536365", "3", "85123A", "1", "2.55"),
        ("536366", "1", "22139", "3", "4.25"),
    ]
    order = read_table(days[0], "orders")[0]
    assert (order["customer"], order["released_at"]) == ("17850.0", "2010-12-01T08:26:00")
    assert [row["order"] for row in read_table(days[1], "orders")] == ["536369"]
    settings = yaml.safe_load((days[0] / "scenario.yaml").read_text())
    assert (settings["extends"], settings["now"]) == ("../base", "2010-12-02T00:00:00")


def test_the_readme_says_what_is_real_and_what_is_not(source: Path, tmp_path: Path) -> None:
    do_import(source, tmp_path / "out", seed=7)
    text = (tmp_path / "out" / "README.md").read_text()
    for part in ("1 rows: cancellation", "2 rows: no product", "2 rows: stock correction", "Generated, seed 7"):
        assert part in text


def test_unmet_cost_is_twice_a_shipment_and_the_farthest_unit(source: Path, tmp_path: Path) -> None:
    days = do_import(source, tmp_path / "out")
    place = {row["order"]: (row["lat"], row["lon"]) for row in read_table(days[0], "orders")}
    # New York to OAK4 and Portland to AVP3.
    farthest = {
        ("40.7", "-73.9"): miles(40.7, -73.9, 37.7448, -121.3985),
        ("45.5", "-122.6"): miles(45.5, -122.6, 41.2776, -75.4973),
    }
    for row in read_table(days[0], "order_lines"):
        cost = 2 * 8.759 + 2 * (0.423 + 0.000541 * farthest[place[row["order"]]])
        assert float(row["unmet_cost"]) == pytest.approx(cost, abs=1e-4)


def test_the_seed_decides_and_a_customer_has_one_address(source: Path, tmp_path: Path) -> None:
    many = [f"6{n:05d},10002,X,1,2011-01-03 10:00:00,1.0,{n % 50}.0,United Kingdom" for n in range(300)]
    (source / "retail.csv").write_text(HEADER + "\n".join(many))
    (first,), (again,), (other,) = (do_import(source, tmp_path / name, s) for name, s in (("a", 1), ("b", 1), ("c", 2)))
    for name in ("orders", "inventory"):
        assert (first / f"{name}.csv").read_bytes() == (again / f"{name}.csv").read_bytes()
        assert (first / f"{name}.csv").read_bytes() != (other / f"{name}.csv").read_bytes()
    address = {(row["customer"], row["lat"]) for row in read_table(first, "orders")}
    assert len(address) == 50
    share = Counter(lat for _, lat in address)["40.7"] / 50
    assert 0.5 < share < 0.85


def test_an_item_lies_by_the_line_not_by_the_piece(source: Path, tmp_path: Path) -> None:
    rows = [f"7{n:05d},A,X,24,2011-01-03 10:00:00,1.0,{n}.0,United Kingdom" for n in range(40)]
    rows += ["800000,ONCE,X,24,2011-01-03 10:00:00,1.0,1.0,United Kingdom"]
    (source / "retail.csv").write_text(HEADER + "\n".join(rows))
    (day,) = do_import(source, tmp_path / "out")
    centres = Counter(row["item"] for row in read_table(day, "inventory"))
    assert centres["ONCE"] == 1
    assert centres["A"] > 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("08:26:00,3.39", "08:26:00,cheap", r"retail\.csv, row 3, column UnitPrice: 'cheap'"),
        ("LANTERN,2,", "LANTERN,2.5,", r"row 3, column Quantity: '2\.5' is not a whole number"),
        ("2010-12-01 09:00:00", "1 Dec", r"row 6, column InvoiceDate: '1 Dec'"),
        ("536366", "", r"row 6, column InvoiceNo: is empty"),
    ],
)
def test_faults_are_located(old: str, new: str, message: str, source: Path, tmp_path: Path) -> None:
    (source / "retail.csv").write_text(INVOICES.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        do_import(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_archive_is_an_error(source: Path, tmp_path: Path) -> None:
    (source / "retail.csv.xz").write_bytes(b"not xz")
    with pytest.raises(InputError, match=r"damaged|cannot be read"):
        import_online_retail(source / "retail.csv.xz", source, tmp_path / "out")


def test_the_whole_half_year(data_dir: Path, tmp_path: Path) -> None:
    file = data_dir / "online-retail" / "2010-12_2011-05.csv.xz"
    days = import_online_retail(file, data_dir / "us-network", tmp_path / "out")
    assert len(days) == 141
    quantity: Counter[str] = Counter()
    num_lines: Counter[str] = Counter()
    stock = wanted = 0
    for day in days:
        for row in read_table(day, "order_lines"):
            num_lines[row["order"]] += 1
            quantity[row["order"]] = max(quantity[row["order"]], int(row["quantity"]))
            wanted += int(row["quantity"])
        stock += sum(int(row["quantity"]) for row in read_table(day, "inventory"))
    assert len(num_lines) == 8068
    assert max(quantity.values()) == 74_215
    assert stock / wanted == pytest.approx(1.15, abs=0.01)
