"""OR-Library as scenarios: whether every instance reaches the library's optimum, proven, and after how long.

``python benchmarks/bench_orlib.py DIR`` (DIR holds ``cap/``, ``gap/`` and ``optima.csv``) prints one row per instance,
then one per set, and ends with exit code 1 if one is missed. Times are of whole runs, from the first byte read to the
last file in place; ``cpu_s`` is what they took of a processor, which other processes on the machine leave alone. A row
is certified where prices or tree prove its cost to a ten-millionth, what prices in whole micros may lose on orders
of thousands of units; how many are to the micro is told, too.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from benchmarks.measure import Measured, measure, tell
from dom_engine.importers import import_orlib_cap, import_orlib_gap

TIME_LIMIT_S = 60.0
CERTIFIED_PCT = 1e-5


def instances(library: Path, kinds: list[str], threads: int) -> Iterator[Measured]:
    """Solve every instance of the kinds, at gap 0."""
    overrides = {"gap": 0.0, "time_limit_s": TIME_LIMIT_S, "threads": threads}
    with tempfile.TemporaryDirectory() as parent:
        for kind in kinds:
            importer = import_orlib_cap if kind == "cap" else import_orlib_gap
            for file in sorted((library / kind).iterdir()):
                yield measure(file.stem, importer(file, Path(parent) / file.stem), overrides)


def set_of(instance: str) -> str:
    """``cap``, ``gap1`` to ``gap6``, ``a`` or ``b``."""
    return "cap" if instance.startswith("cap") else instance.split("-")[0] if "-" in instance else instance[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, metavar="DIR")
    parser.add_argument("--kind", action="append", choices=["cap", "gap"], help="by default both")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    arguments = parser.parse_args()
    with (arguments.library / "optima.csv").open(newline="") as stream:
        optima = {row["instance"]: float(Decimal(row["optimum"])) for row in csv.DictReader(stream)}
    missed = []
    sets: dict[str, list[Measured]] = {}
    for row in tell(instances(arguments.library, arguments.kind or ["cap", "gap"], arguments.threads), arguments.table):
        sets.setdefault(set_of(row.case), []).append(row)
        if row.status != "OPTIMAL" or round(row.objective, 6) != round(optima[row.case], 6) or row.findings:
            missed.append(row.case)
    for name, rows in sets.items():
        optimal = sum(r.status == "OPTIMAL" for r in rows)
        certified, exactly = (sum(r.proven_pct <= most_pct for r in rows) for most_pct in (CERTIFIED_PCT, 0.0))
        slowest, total = max(r.whole_s for r in rows), sum(r.whole_s for r in rows)
        cpu = sum(r.cpu_s for r in rows)
        print(
            f"{name}: {len(rows)} instances, {optimal} optimal, {certified} certified, {exactly} to the micro; "
            f"slowest {slowest:.2f} s, {total:.2f} s in all, {cpu:.2f} s of a processor"
        )
    print(f"missed: {', '.join(missed)}" if missed else "every optimum reached, proven")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
