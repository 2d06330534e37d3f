"""What a report holds: for one result, or for a study of variants."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from dom_engine.domain.problem import Problem
from dom_engine.errors import InputError
from dom_engine.explain.answer import read_answer
from dom_engine.report.figures import Span, spans
from dom_engine.report.html import Cell, Column, Number, cards, page, section, table
from dom_engine.report.network import network_sections
from dom_engine.report.pictures import png_figures, write_pictures
from dom_engine.report.plan import plan_sections
from dom_engine.report.read import read_columns, read_result_summary
from dom_engine.report.words import headline, money, signed
from dom_engine.scenario.whole import write_whole
from dom_engine.whatif.comparison import BASE, COMPARISON_FILE

_COMPARED = ("variant", "metric", "value", "base", "delta", "delta_low", "delta_high")


def write_report(folder: Path, out: Path, problem: Problem | None = None, pictures: Path | None = None) -> None:
    """Write one HTML file that needs nothing beside itself; it appears whole or not at all.

    Parameters
    ----------
    folder
        A result folder, as ``dom solve`` writes it, or a study of variants, as ``dom whatif`` does.
    out
        The file; one that is there is replaced.
    problem
        What the result (of a study: its base) answers, for what only a scenario knows: the map, and capacities.
    pictures
        A folder that gets every figure as PNG too.

    Raises
    ------
    InputError
        When ``folder`` is neither, answers another problem, or ``out`` is a folder; before anything is written.
    """
    if out.is_dir():
        raise InputError.single(str(out), "is a folder, not a file to write a report into", code="NOT_A_FILE")
    text = _study(folder, problem) if (folder / COMPARISON_FILE).is_file() else _result(folder, problem)
    drawn = {} if pictures is None else png_figures(text)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, text)
    if pictures is not None:
        write_pictures(drawn, pictures)


def _result(folder: Path, problem: Problem | None) -> str:
    summary = read_result_summary(folder)
    title = f"{summary.get('scenario', folder.name)}: the plan"
    return page(title, headline(summary), _sections(folder, summary, problem))


def _sections(folder: Path, summary: Mapping[str, Any], problem: Problem | None, prefix: str = "") -> list[str]:
    """What the files say, and after the costs what the scenario adds."""
    parts = plan_sections(folder, summary, prefix)
    more = [] if problem is None else network_sections(read_answer(problem, folder), prefix)
    return [*parts[:2], *more, *parts[2:]]


def _study(folder: Path, problem: Problem | None) -> str:
    compared = read_columns(folder / COMPARISON_FILE, _COMPARED).to_pylist()
    base = read_result_summary(folder / BASE)
    currency = str(base.get("currency", ""))
    variants = list(dict.fromkeys(row["variant"] for row in compared))
    summaries = {name: read_result_summary(folder / name) for name in variants}
    for row in compared:
        if row["metric"] == "objective" and _micros(row["value"]) != summaries[row["variant"]]["objective_micros"]:
            message = f"variant '{row['variant']}' was solved again since: run dom whatif once more"
            raise InputError.single(str(folder / COMPARISON_FILE), message, code="STALE")
    objectives = [row for row in compared if row["metric"] == "objective"]
    differences = [
        Span(
            row["variant"],
            float(row["delta"]),
            float(row["delta_low"]) if row["delta_low"] else None,
            float(row["delta_high"]) if row["delta_high"] else None,
            signed(_micros(row["delta"])),
        )
        for row in objectives
    ]
    lead = (
        "What each variant costs against base. The line over a bar is the interval that certainly holds the difference "
        "of the two best plans; where it reaches 0, no difference is proven."
    )
    parts = [
        cards([("base", money(base["objective_micros"], currency)), ("variants", f"{len(variants):,}")]),
        section(
            f"Differences in {currency}",
            spans("Difference of each variant's cost to base", differences),
            _verdicts(objectives, summaries),
            lead=lead,
        ),
        section("Every metric", _metrics(compared), lead="Cost terms, raw cost terms and KPIs, against base."),
    ]
    parts += [f"<hr>\n{text}" for text in _sections(folder / BASE, base, problem, "Base: ")]
    return page(f"{base.get('scenario', folder.name)}: what if", headline(base), parts)


def _verdicts(objectives: list[dict[str, str]], summaries: Mapping[str, Mapping[str, Any]]) -> str:
    columns = (
        Column("variant"),
        Column("cost", number=True),
        Column("difference", number=True),
        Column("at least", number=True),
        Column("at most", number=True),
        Column("status"),
    )
    rows: list[list[Cell]] = [
        [
            row["variant"],
            *(_number(row[name]) for name in ("value", "delta", "delta_low", "delta_high")),
            str(summaries[row["variant"]].get("status")),
        ]
        for row in objectives
    ]
    return table("Variants", columns, rows)


def _metrics(compared: list[dict[str, str]]) -> str:
    columns = (
        Column("variant"),
        Column("metric"),
        Column("value", number=True),
        Column("base", number=True),
        Column("difference", number=True),
    )
    rows: list[list[Cell]] = [
        [row["variant"], row["metric"], *(_number(row[name]) for name in ("value", "base", "delta"))]
        for row in compared
        if Decimal(row["value"]) or Decimal(row["base"])
    ]
    return table("Metrics of every variant", columns, rows)


def _number(text: str) -> Cell:
    if not text:
        return ""
    shown = f"{int(text):,}" if "." not in text else f"{Decimal(text):,.2f}"
    return Number(shown, float(text))


def _micros(text: str) -> int:
    return int(Decimal(text).scaleb(6))
