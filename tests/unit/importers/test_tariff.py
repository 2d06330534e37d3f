"""Overlapping brackets become one rate: the cheapest row at every weight in whole grams."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dom_engine.importers.tariff import Bracket, cheapest_breaks


def bracket(from_kg: str, to_kg: str, minimum: str, per_kg: str) -> Bracket:
    return Bracket(Decimal(from_kg), Decimal(to_kg), Decimal(minimum), Decimal(per_kg))


def test_plain_table_stays_as_it_is() -> None:
    rows = [bracket("0", "99.99", "5", "0.5"), bracket("100", "499.99", "5", "0.4"), bracket("500", "9999", "5", "0.3")]
    breaks = cheapest_breaks(rows)
    assert [(b.weight_from_kg, b.bracket) for b in breaks] == list(zip([0, 100, 500], rows, strict=True))


def test_a_heavier_rate_takes_over_where_it_gets_cheaper() -> None:
    flat, rising = bracket("0", "5000", "27", "7"), bracket("0", "5000", "25", "15")
    breaks = cheapest_breaks([flat, rising])
    # 15 w passes 27 at 1.8 kg.
    assert [(b.weight_from_kg, b.bracket) for b in breaks] == [(0, rising), (Decimal("1.8"), flat)]


def test_below_the_first_start_nothing_applies() -> None:
    assert cheapest_breaks([bracket("0.51", "1", "1", "1")])[0].weight_from_kg == Decimal("0.510")


amounts = st.integers(0, 60).map(lambda n: Decimal(n) / 4)


@st.composite
def tables(draw: st.DrawFn) -> list[Bracket]:
    """Two published tables over the same weights, each with brackets that end 10 g below the next start."""
    rows = []
    for _ in range(2):
        starts = [Decimal(0), *sorted(draw(st.sets(st.integers(1, 30).map(Decimal), max_size=3)))]
        ends = [*(start - Decimal("0.01") for start in starts[1:]), Decimal(1000)]
        rows += [Bracket(start, end, draw(amounts), draw(amounts)) for start, end in zip(starts, ends, strict=True)]
    return rows


@given(tables(), st.integers(0, 40_000))
def test_every_weight_pays_the_cheapest_row_that_covers_it(rows: list[Bracket], weight_g: int) -> None:
    weight = Decimal(weight_g) / 1000
    covering = [row for row in rows if row.from_kg <= weight <= row.to_kg]
    applied = [step for step in cheapest_breaks(rows) if step.weight_from_kg <= weight][-1]
    if len(covering) == 2:  # not in the 10 g between two brackets
        assert applied.bracket.cost(weight) == min(row.cost(weight) for row in covering)
