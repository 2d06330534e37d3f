"""``dom verify``: an independent check of anyone's plan."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Tone
from dom_engine.cli.exits import ExitCode
from dom_engine.cli.options import JsonOption, ResultArgument, ScenarioArgument, VariantOption

if TYPE_CHECKING:
    from dom_engine.domain.problem import Problem
    from dom_engine.verify import Finding, VerifyReport

MAX_FINDINGS = 100
TEXT_LIMIT = 300


def verify(
    scenario: ScenarioArgument,
    result: ResultArgument,
    variant: VariantOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 also where what is stated is more than this check proves.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a result, whoever made it: every rule, amount and reason, and the bound that its prices prove.

    The check imports nothing of what makes plans: kernels, candidates, solvers. Exit code 1, and what differs, when
    something does not hold.
    Orders too large to price exactly here count in the bound with a relaxation; the report says how much of each stated
    bound is proven, and --strict asks for all of it, and for the scenario's own gap.

    [bold]Examples[/bold]
    dom verify quickstart plan
    dom verify quickstart plan --variant reno-closed
    dom verify my-batch plan --strict
    dom verify my-batch plan --json | jq .ok
    """
    from dom_engine.cli import shipped, terminal
    from dom_engine.cli.progress import reporter

    folder = shipped.locate(scenario)
    with reporter(quiet=as_json) as report:
        report.step(f"reading {scenario}")
        from dom_engine.scenario import load_scenario
        from dom_engine.verify import verify as verify_result

        problem = load_scenario(folder, variant)
        report.step(f"checking {result}")
        outcome = verify_result(problem, result)
    if as_json:
        members = {"ok": outcome.ok, "total": len(outcome.findings), "proven": outcome.proven} | asdict(outcome)
        terminal.show_json(members)
    else:
        terminal.show(report_blocks(outcome, problem, result))
    if not (outcome.proven if strict else outcome.ok):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def report_blocks(outcome: VerifyReport, problem: Problem, result: Path) -> list[Block]:
    """What was found, and what it was held against."""
    from dom_engine.cli.texts import count, money, printable

    rows = [("scenario", Cell(printable(problem.name))), ("result", Cell(str(result)))]
    if outcome.certified_lower_bound_micros is not None:
        bound = money(outcome.certified_lower_bound_micros, problem.currency)
        rows.append(("certified bound", Cell(f"{bound}, computed anew from the prices", Tone.STRONG)))
    for part in outcome.unproven:
        unit = "weighted units" if part.key.startswith("fill.") else problem.currency
        stated, rest = (money(micros, unit) for micros in (part.stated_micros, part.unproven_micros))
        where = part.key.removesuffix("_micros")
        where += f": {count(len(part.orders), 'order')}" if part.orders else ""
        rows.append(("not proven here", Cell(f"{rest} of the stated {stated} ({where})", Tone.WARNING)))
    rows += [("not proven here", Cell(printable(claim, TEXT_LIMIT), Tone.WARNING)) for claim in outcome.claims]
    if outcome.relaxed_orders:
        rows.append(("bounded only", Cell(count(len(outcome.relaxed_orders), "order"), Tone.QUIET)))
    rows += [("note", Cell(printable(note, TEXT_LIMIT), Tone.QUIET)) for note in outcome.notes]
    if outcome.proven:
        verdict = Cell("HOLDS", Tone.GOOD)
    elif outcome.ok:
        verdict = Cell("HOLDS, but what it states is proven here in part only", Tone.WARNING)
    else:
        verdict = Cell(f"DOES NOT HOLD, {count(len(outcome.findings), 'finding')}", Tone.BAD)
    blocks: list[Block] = [Facts("verify", verdict, tuple(rows))]
    if outcome.findings:
        blocks.append(_findings(outcome))
    return blocks


def _findings(outcome: VerifyReport) -> Grid:
    rows = tuple((_where(finding), _what(finding)) for finding in outcome.findings[:MAX_FINDINGS])
    columns = (Column("where", flexible=True), Column("what", flexible=True))
    hidden = len(outcome.findings) - len(rows)
    return Grid("What does not hold", columns, rows, f"... and {hidden:,} more" if hidden else "")


def _where(finding: Finding) -> Cell:
    from dom_engine.cli.texts import printable

    row = f"row {finding.row}" if finding.row else ""
    return Cell(printable(", ".join(filter(None, (finding.file, row, finding.column))), TEXT_LIMIT), Tone.STRONG)


def _what(finding: Finding) -> Cell:
    from dom_engine.cli.texts import printable

    compared = f": stated {finding.stated}, expected {finding.expected}" if finding.stated or finding.expected else ""
    return Cell(printable(finding.message + compared, TEXT_LIMIT))
