"""One program, one call into OR-Tools: it returns when the solver does, which no interrupt hastens.

MathOpt loads a ``ModelProto`` filled from arrays some ten times faster than it takes one coefficient at a time. HiGHS
is the workhorse: its cuts are strong on set partitioning. CP-SAT is the judge where optimality must hold in integers.
Whoever needs to be able to stop goes through ``execution``.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

# What cp_model is made of. That brings pandas along, which takes 0.4 s to import and is needed for nothing here.
from ortools.sat.python import cp_model_helper as cp_sat

from solvers.model import F64
from solvers.narrowing import kept_columns, over, widened
from solvers.program import NOTHING_FOUND, Answer, LpOutcome, MipOutcome, Program, Task
from solvers.stop import now_s

_LEAST_S, _MOST_S = 0.001, 1e7
_LEAST_INT, _MOST_INT = -(2**63), 2**63 - 1


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
    solver = cp_sat.SolveWrapper()
    parameters = cp_sat.SatParameters()
    parameters.num_workers = task.threads
    parameters.random_seed = task.seed
    # It would put a handler of its own in place of the caller's and leave none behind: the next Ctrl-C would kill.
    parameters.catch_sigint_signal = False
    parameters.max_time_in_seconds = _left_s(until_s)
    if task.deterministic_limit > 0:
        parameters.max_deterministic_time = task.deterministic_limit
    solver.set_parameters(parameters)
    answer: cp_sat.CpSolverResponse = solver.solve(_cp_model(task.program, task.hint))  # type: ignore[no-untyped-call]
    status = answer.status
    # Its own clock may say a little less than its limit when that ended it: what has not ended by itself was cut, but
    # for the limit that counts.
    counted = 0.0 < task.deterministic_limit <= answer.deterministic_time
    was_cut = status in (cp_sat.UNKNOWN, cp_sat.FEASIBLE) and not counted
    if status not in (cp_sat.OPTIMAL, cp_sat.FEASIBLE):
        # Stopped before presolve, CP-SAT reports a bound of 0, which is none.
        bound = np.inf if status == cp_sat.INFEASIBLE else -np.inf
        return Answer(NOTHING_FOUND._replace(bound=bound), was_cut)
    x = np.array(list(answer.solution), np.float64)
    bound = float(answer.best_objective_bound)
    return Answer(MipOutcome(x, float(answer.objective_value), bound, status == cp_sat.OPTIMAL), was_cut)


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


def _cp_model(program: Program, hint: F64 | None) -> cp_sat.CpModelProto:
    proto = cp_sat.CpModelProto()
    for lo, hi in zip(program.lower.astype(np.int64).tolist(), program.upper.astype(np.int64).tolist(), strict=True):
        proto.variables.add().domain.extend([lo, hi])
    coef, col, ptr = program.coef.astype(np.int64).tolist(), program.col.tolist(), program.ptr.tolist()
    for row, (lo, hi) in enumerate(zip(program.row_lower.tolist(), program.row_upper.tolist(), strict=True)):
        if np.isneginf(lo) and np.isposinf(hi):
            continue
        linear = proto.constraints.add().linear
        linear.vars.extend(col[ptr[row] : ptr[row + 1]])
        linear.coeffs.extend(coef[ptr[row] : ptr[row + 1]])
        linear.domain.extend([_LEAST_INT if np.isneginf(lo) else int(lo), _MOST_INT if np.isposinf(hi) else int(hi)])
    priced = np.flatnonzero(program.cost.astype(np.int64))
    proto.objective.vars.extend(priced.tolist())
    proto.objective.coeffs.extend(program.cost[priced].astype(np.int64).tolist())
    proto.objective.scaling_factor = 1.0
    if hint is not None:
        proto.solution_hint.vars.extend(range(len(hint)))
        proto.solution_hint.values.extend(np.rint(hint).astype(np.int64).tolist())
    return proto
