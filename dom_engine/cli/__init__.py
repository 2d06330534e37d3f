"""The command line: one file per command, thin; whatever is heavy is imported inside the command that needs it."""

from dom_engine.cli.main import main

__all__ = ["main"]
