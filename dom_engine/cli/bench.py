"""``dom bench``: how long a scenario takes to solve, and whether that became worse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Tone
from dom_engine.cli.exits import ExitCode
from dom_engine.cli.options import (
    GapOption,
    JsonOption,
    MethodOption,
    ScenarioArgument,
    ThreadsOption,
    TimeLimitOption,
    ToleranceOption,
    VariantOption,
)

if TYPE_CHECKING:
    from dom_engine.bench import Comparison, Measured

TOLERANCE = 0.25
ROUNDS = 3


def bench(
    scenario: ScenarioArgument,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compare with this measurement; exit code 1 when a phase became slower."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the measurement here (pytest-benchmark JSON).")
    ] = None,
    tolerance: ToleranceOption = TOLERANCE,
    rounds: Annotated[
        int, typer.Option(metavar="N", min=1, help="Solves to time; the fastest of each phase counts.")
    ] = ROUNDS,
    variant: VariantOption = None,
    as_json: JsonOption = False,
    method: MethodOption = None,
    time_limit: TimeLimitOption = None,
    gap: GapOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Time a scenario's solve by phase, and hold it against an earlier measurement.

    Times are divided by those of a fixed loop, timed between the rounds, so that a slower machine or a busy one does
    not look like slower code. Counted work is compared too: it does not vary at all.

    [bold]Examples[/bold]
    dom bench my-batch --save baseline.json
    dom bench my-batch --baseline baseline.json --tolerance 0.2
    """
    from dom_engine.bench import read_measured

    overrides = {"method": method, "time_limit_s": time_limit, "gap": gap, "threads": threads}
    stated = {key: value for key, value in overrides.items() if value is not None}
    # A baseline that cannot be read is said before minutes of solving.
    before = read_measured(baseline) if baseline else None
    measured = _measured(scenario, variant, stated, rounds, as_json=as_json)
    compared: list[Comparison] = []
    if before is not None and baseline is not None:
        from dom_engine.bench import compare

        compared = compare(before, measured, tolerance, baseline)
    if save:
        _save(measured, save)
    _show(measured, compared, as_json=as_json)
    if any(comparison.worse for comparison in compared):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _measured(
    scenario: Path, variant: str | None, overrides: Mapping[str, object], rounds: int, *, as_json: bool
) -> Measured:
    from dom_engine.cli import shipped
    from dom_engine.cli.progress import reporter

    folder = shipped.locate(scenario)
    with reporter(quiet=as_json) as report:
        report.step(f"reading {scenario}")
        from dom_engine.scenario import load_scenario

        problem = load_scenario(folder, variant, overrides)
        report.step("warming up", "on the first run kernels are compiled, which takes minutes")
        from dom_engine.bench import measure
        from dom_engine.cli.warmup import warm_up

        warm_up(problem)
        return measure(lambda: load_scenario(folder, variant, overrides), rounds, report.step)


def _stated(measured: Measured) -> dict[str, object]:
    from datetime import UTC, datetime

    from dom_engine.bench import to_json

    return to_json(measured, datetime.now(UTC).isoformat())


def _save(measured: Measured, file: Path) -> None:
    import json

    beside = file.with_name(f".{file.name}.writing")
    beside.write_text(json.dumps(_stated(measured), indent=2, allow_nan=False) + "\n", encoding="utf-8")
    beside.replace(file)


def _show(measured: Measured, compared: list[Comparison], *, as_json: bool) -> None:
    from dom_engine.cli import terminal

    if as_json:
        comparisons = [
            {"name": c.name, "before": c.before, "now": c.now, "worse": c.worse, "is_count": c.is_count}
            for c in compared
        ]
        terminal.show_json({**_stated(measured), "comparisons": comparisons})
    else:
        terminal.show(measurement_blocks(measured, compared))


def measurement_blocks(measured: Measured, compared: list[Comparison]) -> list[Block]:
    """The times, and beside each what it was before."""
    from dom_engine.cli.texts import percent, printable, seconds

    worse = [comparison.name for comparison in compared if comparison.worse]
    verdict = Cell("")
    if compared:
        verdict = Cell(f"WORSE: {', '.join(worse)}", Tone.BAD) if worse else Cell("NO WORSE", Tone.GOOD)
    rounds = len(next(iter(measured.seconds.values())))
    facts = [
        ("result", Cell(f"{measured.status}, gap {percent(measured.gap)}")),
        ("rounds", Cell(f"{rounds}, the fastest of each phase counts")),
        ("calibration", Cell(f"{seconds(measured.calibration_s)} for the fixed loop", Tone.QUIET)),
    ]
    if measured.limit:
        note = "the search ended by its limit: slower code shows in the gap then, not in time; ask for a gap it reaches"
        facts.append(("note", Cell(note, Tone.WARNING)))
    against = {comparison.name: comparison for comparison in compared}
    rows = tuple(
        (Cell(phase), Cell(seconds(min(taken))), Cell(f"{measured.normalised(phase):.2f}"), _change(against.get(phase)))
        for phase, taken in measured.seconds.items()
    ) + tuple(
        (Cell(name), Cell(f"{number:,}"), Cell(""), _change(against.get(name)))
        for name, number in measured.counters.items()
    )
    columns = (
        Column("phase"),
        Column("best", right=True),
        Column("in loops", right=True),
        Column("change", right=True),
    )
    title = f"bench {printable(measured.scenario)}"
    return [Facts(title, verdict, tuple(facts)), Grid("Phases and counters", columns, rows)]


def _change(comparison: Comparison | None) -> Cell:
    if comparison is None:
        return Cell("")
    return Cell(f"{100 * (comparison.ratio - 1):+.0f} %", Tone.BAD if comparison.worse else Tone.NORMAL)
