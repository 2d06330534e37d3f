"""Linear and integer programs as arrays, and the OR-Tools solvers that take them.

MathOpt loads a ``ModelProto`` filled from arrays some ten times faster than it takes one coefficient at a
time. HiGHS is the workhorse: its cuts are strong on set partitioning. It ignores MathOpt's interrupter, so a
solve runs in a thread of its own that is left behind when the run is stopped. CP-SAT is the judge where
optimality must hold in integers.
"""

from __future__ import annotations

import datetime as dt
import threading
from typing import NamedTuple

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.sat.python import cp_model

from solvers.model import F64, I32, I64, Flags
from solvers.stop import Stop

_POLL_S = 0.02

_left_behind: list[threading.Thread] = []

SOLVER_THREAD = "mathopt-solve"
"""Name of the threads that solve; one left behind by a stop may outlive its caller."""


class Program(NamedTuple):
    """minimise cost x, row_lower <= A x <= row_upper, lower <= x <= upper; A by rows (``ptr``, ``col``, ``coef``)."""

    cost: F64
    lower: F64
    upper: F64
    integer: Flags
    ptr: I64
    col: I32
    coef: F64
    row_lower: F64
    row_upper: F64


class LpOutcome(NamedTuple):
    """``dual`` is the change of the objective per unit of a row's bound; for a binding ``<=`` row it is <= 0."""

    x: F64
    dual: F64
    objective: float


class MipOutcome(NamedTuple):
    """``x`` is None when nothing feasible was found; ``bound`` is -inf when nothing was proven."""

    x: F64 | None
    objective: float
    bound: float
    optimal: bool


def solve_lp(program: Program, stop: Stop) -> LpOutcome | None:
    """Solve the relaxation with HiGHS; None when stopped before the optimum."""
    model = _mathopt_model(program, relaxed=True)
    params = mathopt.SolveParameters(time_limit=_time_limit(stop))
    result = _run(model, mathopt.SolverType.HIGHS, params, None, stop)
    if result is None or result.termination.reason != mathopt.TerminationReason.OPTIMAL:
        return None
    x = _values(result.variable_values(), list(model.variables()))
    dual = _values(result.dual_values(), list(model.linear_constraints()))
    return LpOutcome(x, dual, float(result.objective_value()))


def solve_mip(
    program: Program,
    stop: Stop,
    *,
    relative_gap: float,
    time_limit_s: float = float("inf"),
    hint: F64 | None = None,
    seed: int = 0,
    most_nodes: int | None = None,
) -> MipOutcome:
    """Solve with HiGHS within its float tolerances; ``hint`` is a feasible start, ``most_nodes`` a counted limit."""
    model = _mathopt_model(program, relaxed=False)
    params = mathopt.SolveParameters(
        time_limit=_time_limit(stop, time_limit_s),
        relative_gap_tolerance=relative_gap,
        absolute_gap_tolerance=0.0,
        random_seed=seed,
        node_limit=most_nodes,
    )
    result = _run(model, mathopt.SolverType.HIGHS, params, hint, stop)
    if result is None:
        return MipOutcome(None, np.inf, -np.inf, False)
    stop.count("nodes", result.solve_stats.node_count)
    bound = float(result.termination.objective_bounds.dual_bound)
    optimal = result.termination.reason == mathopt.TerminationReason.OPTIMAL
    if not result.has_primal_feasible_solution():
        return MipOutcome(None, np.inf, bound, False)
    x = _values(result.variable_values(), list(model.variables()))
    x[program.integer] = np.rint(x[program.integer])
    return MipOutcome(x, float(result.objective_value()), bound, optimal)


def solve_in_integers(
    program: Program,
    stop: Stop,
    *,
    time_limit_s: float = float("inf"),
    hint: F64 | None = None,
    seed: int = 0,
    threads: int = 1,
    deterministic_limit: float = 0.0,
) -> MipOutcome:
    """Solve with CP-SAT: every coefficient an integer, every claim holds in integers.

    With one thread and a deterministic limit the run reproduces to the byte. The caller keeps ``sum |cost| *
    upper`` within 2**62.
    """
    model, variables = _cp_model(program, hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = threads
    solver.parameters.random_seed = seed
    # It would put a handler of its own in place of the caller's and leave none behind: the next Ctrl-C would kill.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_time_in_seconds = min(stop.remaining_s, time_limit_s, 1e9)
    if deterministic_limit > 0:
        solver.parameters.max_deterministic_time = deterministic_limit
    done = threading.Event()
    status: list[object] = []

    def work() -> None:
        status.append(solver.solve(model))
        done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while not done.wait(_POLL_S):
        if stop.remaining_s == 0.0:
            solver.stop_search()
    thread.join()
    if status[0] not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        # Stopped before presolve, CP-SAT reports a bound of 0, which is none.
        return MipOutcome(None, np.inf, np.inf if status[0] == cp_model.INFEASIBLE else -np.inf, False)
    bound = float(solver.best_objective_bound)
    x = np.array([solver.value(v) for v in variables], dtype=np.float64)
    return MipOutcome(x, float(solver.objective_value), bound, status[0] == cp_model.OPTIMAL)


def _time_limit(stop: Stop, most_s: float = float("inf")) -> dt.timedelta:
    return dt.timedelta(seconds=max(0.001, min(stop.remaining_s, most_s, 1e7)))


def _mathopt_model(program: Program, relaxed: bool) -> mathopt.Model:
    proto = model_pb2.ModelProto()
    num_cols, num_rows = len(program.cost), len(program.row_lower)
    proto.variables.ids.extend(range(num_cols))
    proto.variables.lower_bounds.extend(program.lower.tolist())
    proto.variables.upper_bounds.extend(program.upper.tolist())
    integer = np.zeros(num_cols, np.bool_) if relaxed else program.integer
    proto.variables.integers.extend(integer.tolist())
    priced = np.flatnonzero(program.cost)
    proto.objective.linear_coefficients.ids.extend(priced.tolist())
    proto.objective.linear_coefficients.values.extend(program.cost[priced].tolist())
    proto.linear_constraints.ids.extend(range(num_rows))
    proto.linear_constraints.lower_bounds.extend(program.row_lower.tolist())
    proto.linear_constraints.upper_bounds.extend(program.row_upper.tolist())
    # MathOpt wants the matrix sorted by (row, column), without repeats.
    row = np.repeat(np.arange(num_rows), np.diff(program.ptr))
    order = np.lexsort((program.col, row))
    proto.linear_constraint_matrix.row_ids.extend(row[order].tolist())
    proto.linear_constraint_matrix.column_ids.extend(program.col[order].tolist())
    proto.linear_constraint_matrix.coefficients.extend(program.coef[order].tolist())
    return mathopt.Model.from_model_proto(proto)


def _run(
    model: mathopt.Model,
    solver: mathopt.SolverType,
    params: mathopt.SolveParameters,
    hint: F64 | None,
    stop: Stop,
) -> mathopt.SolveResult | None:
    """Solve in a thread and wait for it; None when it was left behind because the run is stopped."""
    model_params = mathopt.ModelSolveParameters()
    if hint is not None:
        values = dict(zip(model.variables(), hint.tolist(), strict=True))
        model_params.solution_hints.append(mathopt.SolutionHint(variable_values=values))
    outcome: list[mathopt.SolveResult] = []
    failure: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            outcome.append(mathopt.solve(model, solver, params=params, model_params=model_params))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread below
            failure.append(error)
        finally:
            done.set()

    # HiGHS keeps one scheduler per process: a solve beside one that was left behind may crash both.
    while _left_behind:
        _left_behind.pop().join()
    thread = threading.Thread(target=work, name=SOLVER_THREAD, daemon=True)
    thread.start()
    grace_s = 0.5
    while not done.wait(_POLL_S):
        if stop.remaining_s == 0.0:
            # At the clock's end HiGHS stops by its own limit; give it a moment to hand over what is waited for.
            if not stop.abandoned and done.wait(grace_s):
                break
            _left_behind.append(thread)
            return None
    if failure:
        raise failure[0]
    return outcome[0]


def _values(values: dict[object, float], keys: list[object]) -> F64:
    return np.fromiter((values[key] for key in keys), np.float64, len(keys))


def _cp_model(program: Program, hint: F64 | None) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    model = cp_model.CpModel()
    lower = program.lower.astype(np.int64).tolist()
    upper = program.upper.astype(np.int64).tolist()
    variables = [model.new_int_var(lo, hi, "") for lo, hi in zip(lower, upper, strict=True)]
    coef = program.coef.astype(np.int64).tolist()
    col = program.col.tolist()
    ptr = program.ptr.tolist()
    for row, (lo, hi) in enumerate(zip(program.row_lower.tolist(), program.row_upper.tolist(), strict=True)):
        span = range(ptr[row], ptr[row + 1])
        expression = cp_model.LinearExpr.weighted_sum([variables[col[i]] for i in span], [coef[i] for i in span])
        if lo == hi:
            model.add(expression == int(lo))
        elif np.isneginf(lo) and np.isposinf(hi):
            continue
        elif np.isneginf(lo):
            model.add(expression <= int(hi))
        elif np.isposinf(hi):
            model.add(expression >= int(lo))
        else:
            model.add_linear_constraint(expression, int(lo), int(hi))
    cost = program.cost.astype(np.int64).tolist()
    model.minimize(cp_model.LinearExpr.weighted_sum(variables, cost))
    if hint is not None:
        for variable, value in zip(variables, hint.tolist(), strict=True):
            model.add_hint(variable, round(value))
    return model, variables
