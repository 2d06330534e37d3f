"""One program, one call into OR-Tools: it returns when the solver does, which no interrupt hastens.

MathOpt loads a ``ModelProto`` filled from arrays some ten times faster than it takes one coefficient at a time. HiGHS
is the workhorse: its cuts are strong on set partitioning. CP-SAT is the judge where optimality must hold in integers.
Whoever needs to be able to stop goes through ``execution``.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from solvers.model import F64
from solvers.narrowing import kept_columns, over, widened
from solvers.program import NOTHING_FOUND, Answer, LpOutcome, MipOutcome, Program, Task
from solvers.stop import now_s

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_LEAST_S, _MOST_S = 0.001, 1e7


def call(task: Task, until_s: float) -> Answer:
    """Solve a task until the clock of ``stop.now_s`` says so much, as closely as its solver keeps to it.

    Raises
    ------
    ValueError
        When the kind is unknown.
    """
    if task.kind == "lp":
        return _lp(task, until_s)
    if task.kind == "mip":
        return _mip(task, until_s)
    if task.kind == "narrowed":
        return _narrowed(task, until_s)
    if task.kind == "integers":
        return _in_integers(task, until_s)
    raise ValueError(f"unknown kind of task {task.kind!r}")


def _lp(task: Task, until_s: float) -> Answer:
    model = _mathopt_model(task.program, relaxed=True)
    params = mathopt.SolveParameters(time_limit=dt.timedelta(seconds=_left_s(until_s)))
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params)
    if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
        return Answer(None, result.termination.limit is not None)
    x = _values(result.variable_values(), list(model.variables()))
    dual = _values(result.dual_values(), list(model.linear_constraints()))
    return Answer(LpOutcome(x, dual, float(result.objective_value())), False)


def _mip(task: Task, until_s: float) -> Answer:
    program = task.program
    model = _mathopt_model(program, relaxed=False)
    params = mathopt.SolveParameters(
        time_limit=dt.timedelta(seconds=_left_s(until_s)),
        relative_gap_tolerance=task.relative_gap,
        absolute_gap_tolerance=0.0,
        random_seed=task.seed,
        node_limit=task.most_nodes,
    )
    model_params = mathopt.ModelSolveParameters()
    if task.hint is not None:
        values = dict(zip(model.variables(), task.hint.tolist(), strict=True))
        model_params.solution_hints.append(mathopt.SolutionHint(variable_values=values))
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params, model_params=model_params)
    nodes = int(result.solve_stats.node_count)
    bound = float(result.termination.objective_bounds.dual_bound)
    optimal = result.termination.reason == mathopt.TerminationReason.OPTIMAL
    # MathOpt tells a limit on time from one on nodes.
    was_cut = result.termination.limit not in (None, mathopt.Limit.NODE)
    if not result.has_primal_feasible_solution():
        return Answer(MipOutcome(None, np.inf, bound, False, nodes), was_cut)
    x = _values(result.variable_values(), list(model.variables()))
    x[program.integer] = np.rint(x[program.integer])
    return Answer(MipOutcome(x, float(result.objective_value()), bound, optimal, nodes), was_cut)


def _narrowed(task: Task, until_s: float) -> Answer:
    relaxed = _lp(task, until_s)
    if not isinstance(relaxed.outcome, LpOutcome):
        return Answer(NOTHING_FOUND, relaxed.was_cut)
    keep = kept_columns(task.program, relaxed.outcome.dual, task.most_reduced, task.hint)
    hint = None if task.hint is None else task.hint[keep]
    answer = _mip(task._replace(program=over(task.program, keep), hint=hint), until_s)
    assert isinstance(answer.outcome, MipOutcome)
    x = None if answer.outcome.x is None else widened(answer.outcome.x, keep)
    return answer._replace(outcome=answer.outcome._replace(x=x, bound=relaxed.outcome.objective))


def _in_integers(task: Task, until_s: float) -> Answer:
    # Importing it takes a quarter of a second, and few batches come to it.
    from ortools.sat.python import cp_model

    model, variables = _cp_model(task.program, task.hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = task.threads
    solver.parameters.random_seed = task.seed
    # It would put a handler of its own in place of the caller's and leave none behind: the next Ctrl-C would kill.
    solver.parameters.catch_sigint_signal = False
    seconds = _left_s(until_s)
    solver.parameters.max_time_in_seconds = seconds
    if task.deterministic_limit > 0:
        solver.parameters.max_deterministic_time = task.deterministic_limit
    status = solver.solve(model)
    was_cut = status in (cp_model.UNKNOWN, cp_model.FEASIBLE) and solver.wall_time >= seconds
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        # Stopped before presolve, CP-SAT reports a bound of 0, which is none.
        bound = np.inf if status == cp_model.INFEASIBLE else -np.inf
        return Answer(NOTHING_FOUND._replace(bound=bound), was_cut)
    bound = float(solver.best_objective_bound)
    x = np.array([solver.value(v) for v in variables], dtype=np.float64)
    return Answer(MipOutcome(x, float(solver.objective_value), bound, status == cp_model.OPTIMAL), was_cut)


def _left_s(until_s: float) -> float:
    return max(_LEAST_S, min(until_s - now_s(), _MOST_S))


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


def _values(values: dict[object, float], keys: list[object]) -> F64:
    return np.fromiter((values[key] for key in keys), np.float64, len(keys))


def _cp_model(program: Program, hint: F64 | None) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    from ortools.sat.python import cp_model

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
