"""``dom tune``: weights and policy that score best on some batches, judged on others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Remark, Tone
from dom_engine.cli.options import (
    GapOption,
    JsonOption,
    SeedOption,
    TablesOption,
    ThreadsOption,
    TimeLimitOption,
    WorkLimitOption,
)

if TYPE_CHECKING:
    from dom_engine.weights.tune import Tuned


def tune(
    batch: Annotated[
        list[str],
        typer.Argument(
            metavar="BATCH...",
            help="What to tune on: scenario folders or names of shipped ones; SCENARIO:VARIANT takes a variant.",
            show_default=False,
        ),
    ],
    hold_out: Annotated[
        list[str],
        typer.Option(metavar="BATCH", help="What to judge on; may be given several times.", show_default=False),
    ],
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="KNOB=LOW:HIGH",
            help="A weight or policy to tune, within a range, or V,V for choices.",
            show_default=False,
        ),
    ],
    target: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=PRICE",
            help="What a figure is worth: `cost=1`, `late_shipments=10`; `split_orders=5@20` prices those beyond 20.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Gets trials and batches as tables, and tuned.yaml; what is solved there is kept.",
            show_default=False,
        ),
    ],
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Settings to try.")] = 40,
    as_json: JsonOption = False,
    time_limit: TimeLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    tables: TablesOption = "csv",
) -> None:
    r"""Tune weights and policy against a target on some batches, and judge them on orders they were not tuned on.

    The target sums what each figure is worth; cost is that under a scenario's own weights and policy. An interrupted
    run goes on where it stopped when the same command is given again. Needs Optuna: pip install 'dom-engine\[tune]'.

    [bold]Examples[/bold]
    dom tune mon tue wed --hold-out thu --vary weights.late=0.1:20 --target cost=1 --target late_shipments=8 --out tuned
    dom tune peak-day --hold-out stores --vary policy.split_cost=0:20 --target cost=1 --target shipments=2 --out tuned
    """
    from dom_engine.cli import terminal
    from dom_engine.cli.board import board
    from dom_engine.cli.kept import keeping
    from dom_engine.cli.target import check_reachable

    overrides = {"time_limit_s": time_limit, "work_limit": work_limit, "gap": gap, "seed": seed, "threads": threads}
    check_reachable(out)
    with board(quiet=as_json) as progress:
        progress.step(f"reading {', '.join([*batch, *hold_out])}")
        from dom_engine.cli.warmup import warm_up
        from dom_engine.weights.knobs import parse_ranges
        from dom_engine.weights.target import parse_target
        from dom_engine.weights.tune import tune as tuned

        with keeping(out):
            found = tuned(
                [_located(word) for word in batch],
                [_located(word) for word in hold_out],
                parse_ranges(vary),
                parse_target(target),
                out,
                trials=trials,
                overrides=overrides,
                tables=tables,
                watcher=progress,
                prepare=warm_up,
            )
    if as_json:
        terminal.show_json(_members(found))
        return
    terminal.show([*tune_blocks(found), Remark(f"Written to {out}; tuned.yaml has the setting as keys of a scenario.")])


def _located(word: str) -> tuple[Path, str | None]:
    """A folder and a variant: ``SCENARIO`` or ``SCENARIO:VARIANT``."""
    from dom_engine.cli import shipped

    folder, colon, variant = word.rpartition(":")
    if not colon or Path(word).exists():
        return shipped.locate(Path(word)), None
    return shipped.locate(Path(folder)), variant


def tune_blocks(found: Tuned) -> list[Block]:
    """The setting, whether it holds on other orders, and every batch before and after."""
    from dom_engine.cli.texts import count, money

    before, after = found.scores(held_out=True)
    own_before, own_after = found.scores(held_out=False)
    if not found.setting:
        verdict = Cell("NOTHING BETTER", Tone.WARNING)
    elif after < before:
        verdict = Cell("BETTER on orders it was not tuned on", Tone.GOOD)
    else:
        same = after == before
        verdict = Cell(
            "NO BETTER" if same else "WORSE on orders it was not tuned on", Tone.WARNING if same else Tone.BAD
        )
    told = [(knob, Cell(value, Tone.STRONG)) for knob, value in found.setting]
    told += [
        ("tuned on", Cell(f"{money(own_before)} -> {money(own_after)} {_percent(own_before, own_after)}")),
        ("held out", Cell(f"{money(before)} -> {money(after)} {_percent(before, after)}")),
    ]
    if found.shared_orders:
        words = f"{count(found.shared_orders, 'order')} held out by an id that was tuned on: are they the same orders?"
        told.append(("careful", Cell(words, Tone.WARNING)))
    rows = []
    for one in found.judged:
        for name, point, score in (
            ("as it is", one.base, one.base_score_micros),
            ("tuned", one.tuned, one.tuned_score_micros),
        ):
            measures = point.measures
            figures = (
                money(score),
                money(point.base_cost_micros) + (" *" if point.base_violations else ""),
                *(f"{measures[key]:,}" for key in ("split_orders", "late_shipments", "unfilled_units")),
            )
            role = "held out" if one.held_out else "tuned on"
            rows.append((Cell(one.batch, Tone.STRONG), Cell(role), Cell(name), *(Cell(text) for text in figures)))
    columns = (
        Column("batch"),
        Column("", rank=2),
        Column("weights"),
        Column("score", right=True),
        Column("cost", right=True),
        Column("splits", right=True, rank=3),
        Column("late", right=True, rank=1),
        Column("units left out", right=True, rank=4),
    )
    from dom_engine.cli.sweep import BROKEN

    note = BROKEN if any(one.tuned.base_violations for one in found.judged) else ""
    title = f"tune: {count(len(found.trials), 'trial')}, score in {found.currency}"
    return [Facts(title, verdict, tuple(told)), Grid("Batches", columns, tuple(rows), note)]


def _percent(before: int, after: int) -> str:
    return f"({(after - before) / before * 100:+.1f} %)" if before else ""


def _members(found: Tuned) -> dict[str, object]:
    return {
        "currency": found.currency,
        "setting": dict(found.setting),
        "shared_orders": found.shared_orders,
        "trials": [{"setting": dict(setting), "score_micros": score} for setting, score in found.trials],
        "batches": [
            {
                "batch": one.batch,
                "held_out": one.held_out,
                "base_score_micros": one.base_score_micros,
                "tuned_score_micros": one.tuned_score_micros,
                "base_measures": dict(one.base.measures),
                "tuned_measures": dict(one.tuned.measures),
            }
            for one in found.judged
        ],
    }
