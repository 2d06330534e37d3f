"""``dom accept``: whether a scenario, solved now, keeps to rules against a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Tone
from dom_engine.cli.exits import ExitCode
from dom_engine.cli.options import (
    GapOption,
    JsonOption,
    ScenarioArgument,
    SeedOption,
    ThreadsOption,
    TimeLimitOption,
    VariantOption,
    WorkLimitOption,
)

if TYPE_CHECKING:
    from dom_engine.whatif.rules import Verdict


def accept(
    scenario: ScenarioArgument,
    baseline: Annotated[
        Path, typer.Option(metavar="DIR", help="A result folder of the same orders.", show_default=False)
    ],
    rules: Annotated[Path, typer.Option(metavar="FILE", help="A YAML file of tolerances.", show_default=False)],
    variant: VariantOption = None,
    as_json: JsonOption = False,
    time_limit: TimeLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Solve a scenario and hold its costs and KPIs to rules against a baseline: exit code 1 when one is broken.

    For the CI of a change of weights, rates or rules. Nothing is written.

    [bold]Examples[/bold]
    dom accept my-batch --baseline plan --rules rules.yaml
    dom accept quickstart --variant splits-hurt --baseline plan --rules rules.yaml
    """
    given = {"time_limit_s": time_limit, "work_limit": work_limit, "gap": gap, "seed": seed, "threads": threads}
    from dom_engine.cli import shipped, terminal
    from dom_engine.cli.progress import reporter

    with reporter(quiet=as_json) as report:
        report.step(f"reading {scenario}")
        from dom_engine.scenario import load_scenario
        from dom_engine.whatif.acceptance import judge_against, read_baseline
        from dom_engine.whatif.rules import read_rules

        stated = read_rules(rules)
        problem = load_scenario(shipped.locate(scenario), variant, given)
        known = read_baseline(baseline, problem)
        report.step("warming up", "on the first run kernels are compiled, which takes minutes")
        from dom_engine.cli.warmup import warm_up

        warm_up(problem)
        verdicts = judge_against(problem, known, stated, str(rules), watch=report.watch)
    broken = [verdict for verdict in verdicts if not verdict.holds]
    if as_json:
        terminal.show_json({"ok": not broken, "rules": [_members(verdict) for verdict in verdicts]})
    else:
        terminal.show(verdict_blocks(verdicts))
    if broken:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def verdict_blocks(verdicts: list[Verdict]) -> list[Block]:
    """Whether all rules hold, and each of them."""
    from dom_engine.cli.texts import count, printable

    broken = sum(not verdict.holds for verdict in verdicts)
    head = Cell(f"BROKEN, {count(broken, 'rule')}", Tone.BAD) if broken else Cell("ACCEPTED", Tone.GOOD)
    rows = tuple(
        (
            Cell(printable(verdict.rule.metric, 60), Tone.STRONG),
            Cell(f"{verdict.delta.base:,}"),
            Cell(f"{verdict.delta.value:,}"),
            Cell(f"{verdict.rule.limit.replace('_', ' ').replace(' pct', ' %')} {verdict.rule.amount}"),
            Cell("holds", Tone.GOOD) if verdict.holds else Cell("broken", Tone.BAD),
        )
        for verdict in verdicts
    )
    columns = (
        Column("metric"),
        Column("baseline", right=True),
        Column("now", right=True),
        Column("rule"),
        Column(""),
    )
    facts = (("rules", Cell(f"{len(verdicts):,}")),)
    return [Facts("accept", head, facts), Grid("Rules", columns, rows)]


def _members(verdict: Verdict) -> dict[str, Any]:
    return {
        "metric": verdict.rule.metric,
        "limit": verdict.rule.limit,
        "amount": float(verdict.rule.amount),
        "value": float(verdict.delta.value),
        "base": float(verdict.delta.base),
        "holds": verdict.holds,
    }
