"""How far a solve has come: one live line on a terminal, plain lines elsewhere, nothing for programs. On stderr."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from dom_engine.cli.texts import money, percent, seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.spinner import Spinner
    from rich.text import Text

    from solvers.incumbent import Progress

REFRESHES_PER_S = 8
PLAIN_EVERY_S = 2.0
"""Plain lines within one phase are at least this far apart."""

HINT_AFTER_S = 3.0
"""A step that takes longer is explained."""

STOPPING = "stopping with the best plan so far (once more to leave at once)"


class Reporter(Protocol):
    """What a solve tells a person. Its methods return quickly and may be called from any thread."""

    def __enter__(self) -> Reporter: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def step(self, text: str, hint: str = "") -> None:
        """Name what is done now, before and after the search; ``hint`` says why it may take long."""

    def watch(self, progress: Progress) -> None:
        """Take progress of the search."""

    def stopping(self) -> None:
        """Say that the wish to stop was heard."""


def reporter(*, quiet: bool) -> Reporter:
    """The reporter that suits whoever reads stderr."""
    if quiet:
        return Silent()
    from dom_engine.cli.terminal import console

    out = console(stderr=True)
    return Live(out) if out.is_terminal and not out.is_dumb_terminal else Plain()


def progress_text(progress: Progress, elapsed_s: float) -> str:
    """Phase, incumbent, bound, gap and elapsed time, as far as they are known."""
    parts = [progress.phase]
    if progress.incumbent_micros is not None:
        parts.append(f"best {money(progress.incumbent_micros)}")
    if progress.bound_micros is not None:
        parts.append(f"bound {money(progress.bound_micros)}")
    if progress.gap is not None:
        parts.append(f"gap {percent(progress.gap)}")
    return ", ".join([*parts, seconds(elapsed_s)])


class Silent:
    """For programs."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was shown."""

    def step(self, text: str, hint: str = "") -> None:
        """Say nothing."""

    def watch(self, progress: Progress) -> None:
        """Say nothing."""

    def stopping(self) -> None:
        """Say nothing."""


class Plain:
    """A line whenever a phase begins, and now and then within it."""

    def __init__(self) -> None:
        self._phase = ""
        self._last_s = 0.0

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_: object) -> None:
        """Lines stay."""

    def step(self, text: str, hint: str = "") -> None:
        """Print it; where nobody reads any more, the work goes on in silence."""
        line = f"{text} ({hint})" if hint else text
        try:
            sys.stderr.write(f"dom: {line}\n")
            sys.stderr.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    def watch(self, progress: Progress) -> None:
        """Print what is new, unless a line of the same phase was printed just now."""
        if progress.phase == self._phase and progress.elapsed_s - self._last_s < PLAIN_EVERY_S:
            return
        self._phase, self._last_s = progress.phase, progress.elapsed_s
        self.step(progress_text(progress, progress.elapsed_s))

    def stopping(self) -> None:
        """Print it."""
        self.step(STOPPING)


class Live:
    """One line that is redrawn in place and gone at the end."""

    def __init__(self, out: Console) -> None:
        from rich.live import Live as RichLive
        from rich.spinner import Spinner

        from solvers.stop import now_s

        self._now_s = now_s
        self._spinner = Spinner("dots", style="cyan")
        self._text = self._hint = ""
        self._step_began_s = now_s()
        self._progress: Progress | None = None
        self._progress_began_s = 0.0
        self._stopping = False
        self._out = out
        self._live = RichLive(
            console=out, get_renderable=self.renderable, transient=True, refresh_per_second=REFRESHES_PER_S
        )

    def __enter__(self) -> Live:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def step(self, text: str, hint: str = "") -> None:
        """Show it until something else is shown, the hint once it takes long."""
        self._progress, self._step_began_s = None, self._now_s()
        self._text, self._hint = text, hint

    def watch(self, progress: Progress) -> None:
        """Keep it for the next time the line is drawn."""
        self._progress_began_s = self._now_s() - progress.elapsed_s
        self._progress = progress

    def stopping(self) -> None:
        """Show it beside the progress."""
        self._stopping = True

    def renderable(self) -> Spinner:
        """The line as it is now."""
        progress, now_s = self._progress, self._now_s()
        if progress is None:
            step_s = now_s - self._step_began_s
            text = f"{self._text}, {seconds(step_s)}"
            if self._hint and step_s > HINT_AFTER_S:
                text = f"{text}; {self._hint}"
        else:
            text = progress_text(progress, now_s - self._progress_began_s)
        if self._stopping:
            text = f"{text}; {STOPPING}"
        self._spinner.update(text=self._fitted(text))
        return self._spinner

    def _fitted(self, text: str) -> Text:
        """The text on one line, whatever the width: a wrapped line could not be redrawn in place."""
        from rich.text import Text

        line = Text(text, no_wrap=True, overflow="ellipsis")
        line.truncate(max(1, self._out.width - 3), overflow="ellipsis")
        return line
