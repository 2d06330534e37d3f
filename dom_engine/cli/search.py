"""Running the engine so that signals are heard: it works in a thread of its own, and the main thread waits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from dom_engine.cli.exits import Leave, leave_on_signals
from dom_engine.cli.progress import Reporter

if TYPE_CHECKING:
    from dom_engine.domain.result import Result
    from solvers.stop import Stop


class Hearing:
    """Within this context the first signal asks for the best plan so far, the second leaves at once.

    Python runs signal handlers in the main thread alone, between bytecodes: a long call into a solver there would keep
    them waiting. Once the engine has answered, signals are passed over: leaving would lose a finished plan, and writing
    it takes but a moment.
    """

    def __init__(self, stop: Stop, reporter: Reporter) -> None:
        self._stop = stop
        self._reporter = reporter
        self._asked = False
        self._done = threading.Event()
        self._results: list[Result] = []
        self._errors: list[BaseException] = []

    def __enter__(self) -> Hearing:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        leave_on_signals()

    def run(self, engine: Callable[[], Result]) -> Result:
        """What the engine answers, or raises.

        Raises
        ------
        Leave
            On the second signal; the engine's thread is left behind and ends with the process.
        """
        threading.Thread(target=self._body, args=(engine,), name="engine", daemon=True).start()
        self._done.wait()
        if self._errors:
            raise self._errors[0]
        return self._results[0]

    def _body(self, engine: Callable[[], Result]) -> None:
        try:
            self._results.append(engine())
        except BaseException as error:  # noqa: BLE001  raised again in the thread that can handle it
            self._errors.append(error)
        finally:
            self._done.set()

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._done.is_set():
            return
        if self._asked:
            raise Leave
        self._asked = True
        self._stop.interrupt()
        self._reporter.stopping()
