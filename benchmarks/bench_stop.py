"""How soon a run ends once it is asked to: at random instants, by an interrupt, by its clock, and by Ctrl-C.

``python -m benchmarks.bench_stop`` solves each case again and again and stops it at an instant drawn from a seed: as a
library, where **search_s** is from the instant asked for to the end of the search (the certificate follows, in exact
integers, and so do audit and reasons: **answer_s** is to the answer), and once in a while as the command, where
**exit_s** is from the signal to the process's end, its plan written. ``--in-process`` leaves the command out.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.measure import tell
from dom_engine.cli.warmup import warm_up
from dom_engine.domain.problem import Problem
from dom_engine.engine import solve
from dom_engine.importers import import_online_retail, import_orlib_cap, import_orlib_gap
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers.incumbent import Progress
from solvers.stop import Stop

LIMIT_S, RUNS, COMMANDS = 20.0, 24, 5
"""Of a run that nobody stops, and the latest instant at which one is stopped; runs and commands stopped."""


Make = Callable[[Path, Path], Path]
"""Makes a scenario folder below a parent from where public data lies."""


def _generated(spec: Spec) -> Make:
    def make(_data: Path, parent: Path) -> Path:
        write_scenario(generate(spec), parent / spec.name)
        return parent / spec.name

    return make


def _day(data: Path, parent: Path) -> Path:
    file = data / "online-retail" / "2010-12_2011-05.csv.xz"
    return import_online_retail(file, data / "us-network", parent / "days")[0]


DAYS: dict[str, Any] = {"services": 2, "days": 5, "daily_capacity": True}

CASES: dict[str, Make] = {
    "cap71": lambda data, parent: import_orlib_cap(data / "orlib" / "cap" / "cap71.txt", parent / "cap71"),
    "single units, b": lambda data, parent: import_orlib_gap(_largest_gap(data), parent / "gap"),
    "a wholesaler's day": _day,
    "300 tight": _generated(Spec(300, 10, 150, "tight")),
    "1,000 tight": _generated(Spec(1_000, 20, 500, "tight")),
    "1,000 tight, days": _generated(Spec(1_000, 20, 500, "tight", **DAYS)),
    "1,000 comfortable, 20 regions": _generated(Spec(1_000, 60, 500, "comfortable", regions=20)),
    "20,000 tight, days": _generated(Spec(20_000, 50, 5_000, "tight", **DAYS)),
    "100,000 tight": _generated(Spec(100_000, 100, 20_000, "tight")),
}


def _largest_gap(data: Path) -> Path:
    return max((data / "orlib" / "gap").glob("b*"), key=lambda file: file.stat().st_size)


@dataclass(frozen=True)
class Latency:
    """Seconds over so many runs; ``worst_phase`` is what the slowest was at when it was asked to stop."""

    case: str
    how: str
    runs: int
    p50_s: float
    p90_s: float
    max_s: float
    answer_p50_s: float
    answer_max_s: float
    worst_phase: str


class _Ended(NamedTuple):
    """One run: seconds from the instant to the end of the search, to the answer; what it was at by then."""

    search_s: float
    answer_s: float
    phase: str


def stopped(problem: Problem, instant_s: float, *, by_clock: bool) -> _Ended | None:
    """Stop a run at an instant from its start; None where it ended before."""
    stop = Stop(instant_s if by_clock else float("inf"))
    phases: list[tuple[float, str]] = [(time.monotonic(), "formulation")]

    def watch(progress: Progress) -> None:
        if progress.phase != phases[-1][1]:
            phases.append((time.monotonic(), progress.phase))

    started_s = time.monotonic()
    alarm = threading.Timer(instant_s, stop.interrupt)
    if not by_clock:
        alarm.start()
    solve(problem, stop=stop, watch=watch)
    ended_s = time.monotonic()
    alarm.cancel()
    certificate_s = next(at_s for at_s, phase in reversed(phases) if phase == "certificate")
    asked_s = started_s + instant_s
    if ended_s < asked_s:
        return None
    phase = [phase for at_s, phase in phases if at_s <= asked_s][-1]
    return _Ended(max(0.0, certificate_s - asked_s), ended_s - asked_s, phase)


def interrupted(folder: Path, out: Path, instant_s: float) -> float | None:
    """Send SIGINT to ``dom solve`` at an instant from its first word of pricing; seconds to its end, None if before."""
    command = [sys.executable, "-m", "dom_engine.cli", "solve", str(folder), "--out", str(out)]
    command += ["--gap", "0", "--time-limit", "600"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "pricing" in line:
                break
        threading.Thread(target=process.stderr.read, daemon=True).start()
        time.sleep(instant_s)
        if process.poll() is not None:
            return None
        asked_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait()
        return time.monotonic() - asked_s


def measured(names: list[str], data: Path, seed: int, limit_s: float, runs: int, commands: int) -> Iterator[Latency]:
    """Stop every case by interrupts and by the clock, and as a command."""
    for name in names:
        rng = np.random.default_rng(seed)
        with tempfile.TemporaryDirectory() as parent:
            folder = CASES[name](data, Path(parent))
            warm_up(load_scenario(folder))
            problem = load_scenario(folder, overrides={"gap": 0.0, "time_limit_s": limit_s, "threads": 0})
            started_s = time.monotonic()
            solve(problem, stop=Stop(limit_s))
            whole_s = min(limit_s, time.monotonic() - started_s)
            for how, by_clock in (("interrupt", False), ("clock", True)):
                instants = rng.uniform(0.0, whole_s, runs)
                ended = [stopped(problem, instant_s, by_clock=by_clock) for instant_s in instants.tolist()]
                yield _latency(name, how, [one for one in ended if one is not None])
            if commands:
                waits = [interrupted(folder, Path(parent) / "out", at_s) for at_s in rng.uniform(0, whole_s, commands)]
                yield _latency(name, "Ctrl-C", [_Ended(wait_s, wait_s, "") for wait_s in waits if wait_s is not None])


def _latency(name: str, how: str, ended: list[_Ended]) -> Latency:
    if not ended:
        return Latency(name, how, 0, *(float("nan"),) * 5, "")
    search_s = np.array([one.search_s for one in ended])
    answer_s = np.array([one.answer_s for one in ended])
    worst = ended[int(search_s.argmax())].phase
    p50, p90 = np.quantile(search_s, [0.5, 0.9]).tolist()
    return Latency(
        name, how, len(ended), p50, p90, float(search_s.max()), float(np.median(answer_s)), float(answer_s.max()), worst
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=list(CASES), help="by default all")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("DOM_DATA", "../shared/data")), metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="S", help="no run is stopped later")
    parser.add_argument("--runs", type=int, default=RUNS, help="stopped by either way, each case")
    parser.add_argument("--commands", type=int, default=COMMANDS, help="stopped by Ctrl-C, each case")
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    arguments = parser.parse_args()
    names = arguments.case or list(CASES)
    how = (arguments.seed, arguments.limit, arguments.runs, arguments.commands)
    rows = measured(names, arguments.data, *how)
    for _ in tell(rows, arguments.table):
        pass


if __name__ == "__main__":
    main()
