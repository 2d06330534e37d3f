"""One request to its answer, inside a worker: bytes in, bytes or a status out, never an exception."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from google.protobuf.message import DecodeError
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine import engine
from dom_engine.audit import Rule, evaluate, reasons, violations
from dom_engine.domain.pins import Pin
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Reason, Result
from dom_engine.domain.start import Start
from dom_engine.errors import AuditError, Fault, InputError, StoppedError
from dom_engine.scenario.build import build_problem
from dom_engine.scenario.raw import RawScenario
from dom_engine.service.explained import explained
from dom_engine.service.frames import Ask
from dom_engine.service.job import Job
from dom_engine.v1.optimizer_pb2 import (
    CertificateView,
    EvaluatePlanRequest,
    ExplainOrderRequest,
    OptimizeRequest,
    OptimizeResponse,
    OptimizeStreamRequest,
)
from dom_engine.wire import (
    evaluation_response,
    failure,
    invalid_argument,
    optimize_response,
    part_event,
    parts_of,
    pins_of,
    raw_scenario,
    start_of,
    stated_plan,
    unfillable_response,
    upload,
    upload_events,
)
from solvers.stop import Stop

log = logging.getLogger(__name__)

Solve: TypeAlias = Callable[..., Result]
"""As ``solve_within``; what a search begins with is handed over only where a request says it."""
Respond: TypeAlias = Callable[[bytes, Job, Solve], bytes]

LONGEST_UUID = len("urn:uuid:{2f1c1a52-7a3b-4a7e-9c53-0a4f0d3f6b1e}")
"""Python reads any number of hyphens, and an id is kept with its answer."""

_CAN_BE_FILLED = frozenset({Reason.NOT_WORTH_IT, Reason.SEARCH_LIMIT})
"""Reasons of units that stand out of nothing but their cost: in an empty plan, they can ship."""


def solve_within(
    problem: Problem, stop: Stop, job: Job, start: Start | None = None, pins: Sequence[Pin] = ()
) -> Result:
    """The engine, as a worker calls it."""
    return engine.solve(problem, start=start, pins=pins, stop=stop, watch=job.watch)


def answer(ask: Ask, payload: bytes, job: Job, solve: Solve = solve_within) -> bytes | Status:
    """Answer a serialised request with a serialised response, or say why not.

    Of a stream the responses are said by the job, and the answer is empty. What is wrong with the request is
    ``INVALID_ARGUMENT``; what is wrong with us is ``INTERNAL``, and never a plan.
    """
    try:
        return _RESPOND[ask](payload, job, solve)
    except DecodeError:
        return failure(Code.INVALID_ARGUMENT, "MALFORMED_REQUEST", "the request is not the message that it should be")
    except InputError as error:
        log.info("%d faults in the request", len(error.faults))
        return invalid_argument(error.faults)
    except StoppedError as error:
        return failure(Code.DEADLINE_EXCEEDED, "STOPPED", str(error))
    except AuditError as error:
        log.error("a plan failed its audit and is withheld: %s", ", ".join(error.rules))  # not of which order
        return failure(Code.INTERNAL, "AUDIT_FAILED", str(error))
    except Exception:
        # Whatever it is, the worker lives on, and the details are for our log alone.
        log.exception("the request failed")
        return failure(Code.INTERNAL, "INTERNAL", "the engine failed; its log says more")


def _optimize(payload: bytes, job: Job, solve: Solve) -> bytes:
    return optimized(OptimizeRequest.FromString(payload), job, solve).SerializeToString()


def _optimize_stream(payload: bytes, job: Job, solve: Solve) -> bytes:
    response = optimized(OptimizeStreamRequest.FromString(payload).request, job, solve)
    for part in parts_of(response):
        job.part(part_event(part))
    return b""


def _upload_and_optimize(payload: bytes, job: Job, solve: Solve) -> bytes:
    request, raw = upload(payload)
    done = _done(request, raw, job, solve)
    if isinstance(done, OptimizeResponse):
        job.part(part_event(done))  # nothing was solved: a few rows, as in every stream
    else:
        for event in upload_events(done, request.request_id, _view(request)):
            job.go_on()
            job.part(event)
    return b""


def _evaluate_plan(payload: bytes, _job: Job, _solve: Solve) -> bytes:
    request = EvaluatePlanRequest.FromString(payload)
    if faults := _request_id_faults(request.request_id):
        raise InputError(faults)
    problem = build_problem(raw_scenario(request.scenario))
    plan = stated_plan(problem, request.plan)
    found = violations(problem, plan)
    well_formed = all(one.code is not Rule.INTEGRITY for one in found)
    evaluation = evaluate(problem, plan) if well_formed else None
    return evaluation_response(problem, plan, found, evaluation, request.request_id).SerializeToString()


def _explain_order(payload: bytes, _job: Job, _solve: Solve) -> bytes:
    request = ExplainOrderRequest.FromString(payload)
    if faults := _request_id_faults(request.request_id):
        raise InputError(faults)
    return explained(request, build_problem(raw_scenario(request.scenario))).SerializeToString()


def optimized(request: OptimizeRequest, job: Job, solve: Solve) -> OptimizeResponse:
    """The answer to a request."""
    done = _done(request, raw_scenario(request.scenario), job, solve)
    if isinstance(done, OptimizeResponse):
        return done
    job.go_on()
    return optimize_response(done, request.request_id, _view(request))


def _view(request: OptimizeRequest) -> CertificateView:
    """How much of the certificate is wanted; that the request makes sense has been checked."""
    if request.omit_certificate:
        return CertificateView.CERTIFICATE_VIEW_NONE
    return request.certificate_view or CertificateView.CERTIFICATE_VIEW_WHOLE


def _done(request: OptimizeRequest, raw: RawScenario, job: Job, solve: Solve) -> OptimizeResponse | Result:
    """Do with a scenario what its request asks for; what was solved is a result, anything less an answer."""
    mode = _mode(request)
    problem = build_problem(raw)
    if mode == OptimizeRequest.MODE_VALIDATE_ONLY:
        return OptimizeResponse(request_id=request.request_id, problem_digest=problem.digest)
    if mode == OptimizeRequest.MODE_DETECT_INFEASIBLE:
        nothing = Plan.empty()
        found = reasons(problem, nothing)
        kept = [why not in _CAN_BE_FILLED for why in found.reason]
        return unfillable_response(problem, found, evaluate(problem, nothing), kept, request.request_id)
    begin: dict[str, Start | Sequence[Pin]] = {}
    if request.HasField("start"):
        begin = {"start": start_of(problem, request.start), "pins": pins_of(request.pins)}
    job.go_on()
    result = solve(problem, job.stop_for(problem), job, **begin)
    log.info("%d orders, %s, %.3f s", len(problem.orders), result.status.value, job.elapsed_s)
    return result


def _mode(request: OptimizeRequest) -> OptimizeRequest.Mode:
    """What is to be done, once what the request says beside its scenario is checked."""
    faults = list(_request_id_faults(request.request_id))
    mode = request.mode
    if mode not in OptimizeRequest.Mode.values():
        faults.append(Fault("", 0, "mode", "UNKNOWN_CHOICE", f"unknown value '{mode}'"))
    if request.validate_only and mode not in (OptimizeRequest.MODE_UNSPECIFIED, OptimizeRequest.MODE_VALIDATE_ONLY):
        message = f"validate_only is set, and the mode is {OptimizeRequest.Mode.Name(mode)}"
        faults.append(Fault("", 0, "mode", "CONTRADICTION", message))
    solving = mode in (OptimizeRequest.MODE_UNSPECIFIED, OptimizeRequest.MODE_SOLVE) and not request.validate_only
    for field, given in (("start", request.HasField("start")), ("pins", bool(request.pins))):
        if given and not solving:
            faults.append(Fault("", 0, field, "CONTRADICTION", "is for MODE_SOLVE alone"))
    if request.pins and not request.HasField("start"):
        faults.append(Fault("", 0, "pins", "CONTRADICTION", "pins keep parts of start, which is not given"))
    if request.certificate_view not in CertificateView.values():
        faults.append(Fault("", 0, "certificate_view", "UNKNOWN_CHOICE", f"unknown value '{request.certificate_view}'"))
    if request.omit_certificate and request.certificate_view not in (0, CertificateView.CERTIFICATE_VIEW_NONE):
        faults.append(Fault("", 0, "certificate_view", "CONTRADICTION", "omit_certificate is set as well"))
    if faults:
        raise InputError(faults)
    return OptimizeRequest.MODE_VALIDATE_ONLY if request.validate_only else mode


def _request_id_faults(request_id: str) -> list[Fault]:
    if not request_id:
        return []
    try:
        if len(request_id) > LONGEST_UUID:
            raise ValueError
        uuid.UUID(request_id)
    except ValueError:
        message = f"{request_id[:60]!r} is not a UUID such as 2f1c1a52-7a3b-4a7e-9c53-0a4f0d3f6b1e"
        return [Fault("", 0, "request_id", "NOT_A_UUID", message)]
    return []


_RESPOND: Mapping[Ask, Respond] = MappingProxyType(
    {
        Ask.OPTIMIZE: _optimize,
        Ask.OPTIMIZE_STREAM: _optimize_stream,
        Ask.UPLOAD_AND_OPTIMIZE: _upload_and_optimize,
        Ask.EVALUATE_PLAN: _evaluate_plan,
        Ask.EXPLAIN_ORDER: _explain_order,
    }
)
