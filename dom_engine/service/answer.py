"""One request to its answer, inside a worker: bytes in, bytes or a status out, never an exception."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from google.protobuf.message import DecodeError
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine import engine
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.errors import AuditError, Fault, InputError, StoppedError
from dom_engine.scenario.build import build_problem
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeResponse
from dom_engine.wire import failure, invalid_argument, optimize_response, raw_scenario
from solvers.stop import Stop, now_s

log = logging.getLogger(__name__)

Solve = Callable[[Problem, Stop], Result]


class Job:
    """The time one request may take, and its interrupt, which may come before there is anything to stop.

    Parameters
    ----------
    budget_s
        Seconds from now to the answer; ``inf``: what the scenario says itself.
    """

    def __init__(self, budget_s: float = float("inf")) -> None:
        self._started_s = now_s()
        self._budget_s = budget_s
        self._interrupted = False
        self._stop: Stop | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the job came."""
        return now_s() - self._started_s

    def interrupt(self) -> None:
        """Ask for the best plan so far; safe from another thread."""
        self._interrupted = True
        if self._stop is not None:
            self._stop.interrupt()

    def stop_for(self, problem: Problem) -> Stop:
        """The stop of the solve: what is left of the budget, or the scenario's own limits where they are tighter."""
        settings = problem.solve
        stop = Stop(min(settings.time_limit_s, self._budget_s - self.elapsed_s), settings.work_limit)
        self._stop = stop
        if self._interrupted:
            stop.interrupt()
        return stop


def solve_within(problem: Problem, stop: Stop) -> Result:
    """The engine, as a worker calls it."""
    return engine.solve(problem, stop=stop)


def answer(payload: bytes, job: Job, solve: Solve = solve_within) -> bytes | Status:
    """Answer a serialised ``OptimizeRequest`` with a serialised ``OptimizeResponse``, or say why not.

    What is wrong with the request is ``INVALID_ARGUMENT``; what is wrong with us is ``INTERNAL``, and never a plan.
    """
    try:
        request = OptimizeRequest.FromString(payload)
    except DecodeError:
        return failure(Code.INVALID_ARGUMENT, "MALFORMED_REQUEST", "the request is not an OptimizeRequest message")
    try:
        response = _respond(request, job, solve)
        return response.SerializeToString()
    except InputError as error:
        log.info("request %s: %d faults", request.request_id or "-", len(error.faults))
        return invalid_argument(error.faults)
    except StoppedError as error:
        return failure(Code.DEADLINE_EXCEEDED, "STOPPED", str(error))
    except AuditError as error:
        log.error("request %s: %s", request.request_id or "-", error)
        return failure(Code.INTERNAL, "AUDIT_FAILED", str(error))
    except Exception:
        # Whatever it is, the worker lives on, and the details are for our log alone.
        log.exception("request %s failed", request.request_id or "-")
        return failure(Code.INTERNAL, "INTERNAL", "the engine failed; its log says more")


def _respond(request: OptimizeRequest, job: Job, solve: Solve) -> OptimizeResponse:
    _check_request_id(request.request_id)
    problem = build_problem(raw_scenario(request.scenario))
    if request.validate_only:
        return OptimizeResponse(request_id=request.request_id, problem_digest=problem.digest)
    result = solve(problem, job.stop_for(problem))
    response = optimize_response(result, request.request_id)
    log.info(
        "request %s: %d orders, %s, %.3f s",
        request.request_id or "-",
        len(problem.orders),
        result.status.value,
        job.elapsed_s,
    )
    return response


def _check_request_id(request_id: str) -> None:
    if not request_id:
        return
    try:
        uuid.UUID(request_id)
    except ValueError:
        message = f"{request_id[:60]!r} is not a UUID such as 2f1c1a52-7a3b-4a7e-9c53-0a4f0d3f6b1e"
        raise InputError([Fault("", 0, "request_id", "NOT_A_UUID", message)]) from None
