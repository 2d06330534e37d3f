"""OR-Library as scenarios: whether every instance reaches the library's optimum, proven, and after how long.

``python benchmarks/bench_orlib.py DIR`` (DIR holds ``cap/``, ``gap/`` and ``optima.csv``) prints one row per instance
and ends with exit code 1 if one is missed.
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


def instances(library: Path, kinds: list[str], threads: int) -> Iterator[Measured]:
    """Solve every instance of the kinds, at gap 0."""
    overrides = {"gap": 0.0, "time_limit_s": TIME_LIMIT_S, "threads": threads}
    with tempfile.TemporaryDirectory() as parent:
        for kind in kinds:
            importer = import_orlib_cap if kind == "cap" else import_orlib_gap
            for file in sorted((library / kind).iterdir()):
                yield measure(file.stem, importer(file, Path(parent) / file.stem), overrides)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, metavar="DIR")
    parser.add_argument("--kind", action="append", choices=["cap", "gap"], help="by default both")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    arguments = parser.parse_args()
    with (arguments.library / "optima.csv").open(newline="") as stream:
        optima = {row["instance"]: float(Decimal(row["optimum"])) for row in csv.DictReader(stream)}
    missed, total_s = [], 0.0
    for row in tell(instances(arguments.library, arguments.kind or ["cap", "gap"], arguments.threads), arguments.table):
        total_s += row.formulate_s + row.search_s
        if row.status != "OPTIMAL" or round(row.objective, 6) != round(optima[row.case], 6) or row.findings:
            missed.append(row.case)
    print(f"{total_s:.1f} s in all; " + (f"missed: {', '.join(missed)}" if missed else "every optimum reached, proven"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
