"""``dom solve``: from a scenario folder to a checked plan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.exits import ExitCode
from dom_engine.cli.options import (
    GapOption,
    JsonOption,
    MethodOption,
    ScenarioArgument,
    SeedOption,
    ThreadsOption,
    TimeLimitOption,
    VariantOption,
    WorkLimitOption,
)
from dom_engine.cli.progress import Reporter, reporter

if TYPE_CHECKING:
    from dom_engine.domain.result import Result


def solve(
    scenario: ScenarioArgument,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Where to write the result: a new or empty folder, or an earlier result, which is replaced.",
            show_default=False,
        ),
    ],
    variant: VariantOption = None,
    start: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="An earlier result, of this scenario or one like it, to go on from: the plan is never worse than it.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    method: MethodOption = None,
    time_limit: TimeLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Solve a scenario: write the best plan found, audited, with its bound, its prices and its reasons.

    [bold]Examples[/bold]
    dom solve quickstart --out plan
    dom solve my-batch --out plan --time-limit 300 --gap 0.001
    dom solve my-batch --out plan --variant reno-closed
    dom solve my-batch --out today --method fcfs      (a rule of today)
    dom solve my-batch --out noon --start morning     (what of an earlier plan still holds is kept and improved)
    dom solve my-batch --out plan --json | jq .gap    (for programs)

    An interrupt (Ctrl-C) stops the search and writes the best plan so far (exit code 130); a second one leaves at once.
    """
    overrides = {
        "method": method,
        "time_limit_s": time_limit,
        "work_limit": work_limit,
        "gap": gap,
        "seed": seed,
        "threads": threads,
    }
    stated = {key: value for key, value in overrides.items() if value is not None}
    with reporter(quiet=as_json) as report:
        result = _solved(scenario, out, variant, start, stated, report)
    _show(result, scenario, out, variant, as_json=as_json)
    if result.limit == "INTERRUPTED":
        raise typer.Exit(ExitCode.INTERRUPTED)


def _solved(
    scenario: Path,
    out: Path,
    variant: str | None,
    start: Path | None,
    overrides: Mapping[str, object],
    report: Reporter,
) -> Result:
    from dom_engine.cli import shipped
    from dom_engine.cli.search import Hearing
    from dom_engine.cli.texts import count

    folder = shipped.locate(scenario)
    report.step(f"reading {scenario}")
    # Whatever is wrong with the input is said before the engine, which is heavy, is even imported.
    from dom_engine.cli.target import check_target
    from dom_engine.scenario import load_scenario
    from dom_engine.scenario.results import write_result
    from dom_engine.scenario.starts import read_start

    check_target(out)
    problem = load_scenario(folder, variant, overrides)
    begin = None if start is None else read_start(problem, start)
    report.step("warming up", "on the first run kernels are compiled, which takes minutes")
    from dom_engine.cli.warmup import warm_up
    from dom_engine.engine import solve as solve_problem
    from solvers.stop import Stop

    warm_up(problem)
    size = f"{count(len(problem.orders), 'order')}, {count(len(problem.lines), 'line')}"
    report.step(f"formulating {size}, {count(len(problem.nodes), 'node')}")
    stop = Stop(problem.solve.time_limit_s, problem.solve.work_limit)
    with Hearing(stop, report) as hearing:
        result = hearing.run(lambda: solve_problem(problem, start=begin, stop=stop, watch=report.watch))
        report.step(f"writing {out}")
        write_result(result, out)
    return result


def _show(result: Result, scenario: Path, out: Path, variant: str | None, *, as_json: bool) -> None:
    from dom_engine.cli import terminal

    if as_json:
        from dom_engine.scenario.results_summary import summary

        terminal.show_json(summary(result))
        return
    from dom_engine.cli.blocks import Remark
    from dom_engine.cli.outcome import outcome_blocks
    from dom_engine.cli.stated import read_stated

    option = f" --variant {variant}" if variant else ""
    remark = Remark(f"Written to {out}. Check it: dom verify {scenario} {out}{option}")
    terminal.show([*outcome_blocks(read_stated(out)), remark])
