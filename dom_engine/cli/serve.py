"""``dom serve``: the optimiser over gRPC."""

from __future__ import annotations

import signal

import typer

# The service parses its own options, `--help` among them.
CONTEXT_SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def serve(context: typer.Context) -> None:
    """Answer over gRPC until told to stop (`dom serve --help` lists its options).

    [bold]Examples[/bold]
    dom serve --port 50051
    """
    from dom_engine.service.main import main

    # A service drains on a signal, in its own time.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise typer.Exit(main(context.args, prog="dom serve"))
