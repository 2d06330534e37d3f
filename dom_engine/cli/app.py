"""The command ``dom`` and its subcommands."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from dom_engine.cli import (
    accept,
    bench,
    commands,
    convert,
    diff,
    explain,
    imports,
    infer,
    pareto,
    regret,
    replay,
    report,
    scenarios,
    serve,
    shadow,
    show,
    solve,
    sweep,
    tune,
    verify,
    whatif,
)

HELP = """Source orders from a network at the least cost, and say how good the plan is.

[bold]Start here[/bold]

  dom scenarios                                the scenarios that come along
  dom solve quickstart --out plan              solve one and show the plan
  dom verify quickstart plan                   check that plan, independently
  dom show plan                                see it again
  dom explain quickstart plan 1006             why an order is served as it is
  dom whatif quickstart --out study            solve its variants and compare

A scenario is a folder of tables and a [bold]scenario.yaml[/bold]; a result, of tables and a [bold]summary.json[/bold].

[dim]Exit codes: 0 done, 1 a check did not hold, 2 bad usage or input, 3 stopped without a plan,
130 interrupted with the best plan so far written, or with what is solved kept.[/dim]"""

app = typer.Typer(
    name="dom",
    cls=commands.Group,
    help=HELP,
    rich_markup_mode="rich",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"dom-engine {version('dom-engine')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", metavar="", help="On an internal error, print its traceback as well.")
    ] = False,
) -> None:
    del version, debug  # the callback has answered; `main` looks for --debug when something breaks


command = partial(app.command, cls=commands.Command)
command("solve")(solve.solve)
command("verify")(verify.verify)
command("show")(show.show)
command("whatif")(whatif.whatif)
command("sweep")(sweep.sweep)
command("pareto")(pareto.pareto)
command("tune")(tune.tune)
command("infer")(infer.infer)
command("explain")(explain.explain)
command("shadow")(shadow.shadow)
command("report")(report.report)
command("replay")(replay.replay)
command("regret")(regret.regret)
command("diff")(diff.diff)
command("accept")(accept.accept)
command("bench")(bench.bench)
app.add_typer(imports.app, name="import")
command("convert")(convert.convert)
command("scenarios")(scenarios.scenarios)
command("serve", context_settings=serve.CONTEXT_SETTINGS)(serve.serve)
