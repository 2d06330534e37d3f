"""The solvers that peers would use, each on the same program: one call that builds, solves and tells.

Each runs in a process of its own, which is killed when it overruns: HiGHS hears no interrupt, and none keeps its limit
to the second.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import NamedTuple

import numpy as np

from solvers.model import F64
from solvers.program import Program

GRACE_S = 15.0
"""Beyond its limit, for handing over what was found."""


class Run(NamedTuple):
    """What a peer found: ``x`` None where nothing feasible, ``bound`` -inf where nothing proven; money, seconds.

    ``status`` is the solver's word, or ``KILLED``.
    """

    x: F64 | None
    objective: float
    bound: float
    build_s: float
    solve_s: float
    status: str


def run(peer: str, program: Program, limit_s: float, gap: float, threads: int) -> Run:
    """Build and solve in a fresh process; times exclude its start."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    worker = context.Process(target=_work, args=(theirs, peer, program, limit_s, gap, threads), daemon=True)
    worker.start()
    theirs.close()
    try:
        # A program takes a while to travel, to load and to build; the solver's own clock starts after that.
        if ours.poll(3 * limit_s + 10 * GRACE_S):
            answer = ours.recv()
            if isinstance(answer, Run):
                return answer
            raise RuntimeError(f"{peer}: {answer}")
    except EOFError:
        raise RuntimeError(f"{peer} ended without an answer (exit code {worker.exitcode})") from None
    finally:
        worker.kill()
        worker.join()
    return Run(None, np.inf, -np.inf, np.nan, 3 * limit_s + 10 * GRACE_S, "KILLED")


def _work(pipe: Connection, peer: str, program: Program, limit_s: float, gap: float, threads: int) -> None:
    try:
        pipe.send(PEERS[peer](program, limit_s, gap, threads))
    except BaseException as error:  # noqa: BLE001 - told to whoever waits
        pipe.send(f"{type(error).__name__}: {error}")


def _mathopt(solver_name: str, *, relaxed: bool = False) -> Callable[[Program, float, float, int], Run]:
    def solve(program: Program, limit_s: float, gap: float, threads: int) -> Run:
        from ortools.math_opt.python import mathopt

        started_s = time.perf_counter()
        model = mathopt.Model.from_model_proto(model_proto(program, relaxed=relaxed))
        built_s = time.perf_counter()
        params = mathopt.SolveParameters(time_limit=dt.timedelta(seconds=limit_s))
        if not relaxed:
            params.relative_gap_tolerance = gap
        if solver_name in ("CP_SAT", "PDLP"):
            params.threads = threads
        result = mathopt.solve(model, mathopt.SolverType[solver_name], params=params)
        ended_s = time.perf_counter()
        x = None
        if result.has_primal_feasible_solution():
            values = result.variable_values()
            x = np.array([values[variable] for variable in model.variables()])
        bounds = result.termination.objective_bounds
        status = result.termination.reason.name
        return Run(
            x, float(bounds.primal_bound), float(bounds.dual_bound), built_s - started_s, ended_s - built_s, status
        )

    return solve


def model_proto(program: Program, *, relaxed: bool) -> object:
    """The program as MathOpt loads it fastest: arrays, no expression."""
    from ortools.math_opt import model_pb2

    proto = model_pb2.ModelProto()
    num_cols, num_rows = len(program.cost), len(program.row_lower)
    proto.variables.ids.extend(range(num_cols))
    proto.variables.lower_bounds.extend(program.lower.tolist())
    proto.variables.upper_bounds.extend(program.upper.tolist())
    proto.variables.integers.extend((program.integer & (not relaxed)).tolist())
    priced = np.flatnonzero(program.cost)
    proto.objective.linear_coefficients.ids.extend(priced.tolist())
    proto.objective.linear_coefficients.values.extend(program.cost[priced].tolist())
    proto.linear_constraints.ids.extend(range(num_rows))
    proto.linear_constraints.lower_bounds.extend(program.row_lower.tolist())
    proto.linear_constraints.upper_bounds.extend(program.row_upper.tolist())
    row = np.repeat(np.arange(num_rows), np.diff(program.ptr))
    proto.linear_constraint_matrix.row_ids.extend(row.tolist())
    proto.linear_constraint_matrix.column_ids.extend(program.col.tolist())
    proto.linear_constraint_matrix.coefficients.extend(program.coef.tolist())
    return proto


def _pulp_cbc(program: Program, limit_s: float, gap: float, threads: int) -> Run:
    """PuLP as its tutorials write it: a variable at a time, ``lpSum`` a constraint, CBC behind it."""
    import pulp

    started_s = time.perf_counter()
    model = pulp.LpProblem("sourcing", pulp.LpMinimize)
    variables = [
        pulp.LpVariable(f"x{j}", lower, None if np.isinf(upper) else upper, pulp.LpInteger if whole else "Continuous")
        for j, (lower, upper, whole) in enumerate(
            zip(program.lower.tolist(), program.upper.tolist(), program.integer.tolist(), strict=True)
        )
    ]
    model += pulp.lpSum(cost * variables[j] for j, cost in enumerate(program.cost.tolist()) if cost)
    ptr, col, coef = program.ptr.tolist(), program.col.tolist(), program.coef.tolist()
    for r, (lower, upper) in enumerate(zip(program.row_lower.tolist(), program.row_upper.tolist(), strict=True)):
        if ptr[r] == ptr[r + 1]:
            continue
        left = pulp.lpSum(coef[k] * variables[col[k]] for k in range(ptr[r], ptr[r + 1]))
        if lower == upper:
            model += left == upper
            continue
        if not np.isinf(lower):
            model += left >= lower
        if not np.isinf(upper):
            model += left <= upper
    built_s = time.perf_counter()
    # Its clock counts processor time of all threads unless told otherwise.
    solver = pulp.PULP_CBC_CMD(
        msg=False, timeLimit=limit_s, gapRel=gap, threads=threads, timeMode="elapsed", keepFiles=False
    )
    model.solve(solver)
    ended_s = time.perf_counter()
    found = model.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    x = np.array([variable.value() or 0.0 for variable in variables]) if found else None
    objective = float(pulp.value(model.objective)) if found else np.inf
    # PuLP hands on no bound: within the gap asked for it is known, else not.
    proven = found and model.sol_status == pulp.LpSolutionOptimal
    bound = objective - gap * abs(objective) if proven else -np.inf
    return Run(x, objective, bound, built_s - started_s, ended_s - built_s, pulp.LpSolution[model.sol_status])


PEERS: dict[str, Callable[[Program, float, float, int], Run]] = {
    "MathOpt HiGHS": _mathopt("HIGHS"),
    "MathOpt SCIP": _mathopt("GSCIP"),
    "MathOpt CP-SAT": _mathopt("CP_SAT"),
    "PuLP CBC": _pulp_cbc,
    "LP alone, HiGHS": _mathopt("HIGHS", relaxed=True),
    "LP alone, PDLP": _mathopt("PDLP", relaxed=True),
}
MONOLITHS = ("MathOpt HiGHS", "MathOpt SCIP", "MathOpt CP-SAT", "PuLP CBC")
RELAXATIONS = ("LP alone, HiGHS", "LP alone, PDLP")
