"""How every command states itself in its help: flags without a type, arguments in usage without braces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    # Typer brings its own Click and overrides are typed by that; nothing of it is used but the names.
    from typer._click.core import Context, Parameter

_IN_BRACES = re.compile(r"^\{(.+)\}")


def _without_types_of_flags(params: Iterable[Parameter]) -> None:
    # `--help <bool>` reads as if a value had to follow.
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag and param.metavar is None:
            param.metavar = ""


class Command(TyperCommand):
    """A command; ``app.command(name, cls=Command)``."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Every parameter, the one that asks for help among them."""
        params = super().get_params(ctx)
        _without_types_of_flags(params)
        return params

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """The words of the usage line: ``SCENARIO``, where Typer writes ``{SCENARIO}``."""
        return [_IN_BRACES.sub(r"\1", piece) for piece in super().collect_usage_pieces(ctx)]


class Group(TyperGroup):
    """A command with subcommands; ``Typer(cls=Group)``."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Every parameter, those that ask for help and for completion among them."""
        params = super().get_params(ctx)
        _without_types_of_flags(params)
        return params
