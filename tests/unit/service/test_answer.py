"""One request to its answer: every outcome is a response or a status, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from dom_engine import engine
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.errors import AuditError, StoppedError
from dom_engine.scenario.build import build_problem
from dom_engine.service.answer import answer
from dom_engine.service.frames import Ask, FrameKind
from dom_engine.service.job import Job
from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeResponse, OptimizeStreamRequest, OptimizeStreamResponse
from dom_engine.v1.plan_pb2 import Reason
from dom_engine.wire import raw_scenario
from solvers.incumbent import Progress
from solvers.stop import Stop, StopReason

REQUEST_ID = "2f1c1a52-7a3b-4a7e-9c53-0a4f0d3f6b1e"


def request(**fields: Any) -> bytes:
    return OptimizeRequest(scenario=tiny_scenario(), **fields).SerializeToString()


def refuse(problem: Problem, stop: Stop, job: Job) -> Result:
    raise AssertionError("nothing is to be solved")


def raising(error: Exception) -> Callable[[Problem, Stop, Job], Result]:
    def solve(problem: Problem, stop: Stop, job: Job) -> Result:
        raise error

    return solve


def reason_of(status: bytes | Status) -> tuple[int, str]:
    assert isinstance(status, Status)
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    return status.code, info.reason


def test_a_scenario_can_be_checked_without_solving() -> None:
    outcome = answer(Ask.OPTIMIZE, request(validate_only=True, request_id=REQUEST_ID), Job(), refuse)
    assert isinstance(outcome, bytes)
    response = OptimizeResponse.FromString(outcome)
    digest = build_problem(raw_scenario(tiny_scenario())).digest
    assert response == OptimizeResponse(request_id=REQUEST_ID, problem_digest=digest)


def test_the_mode_checks_a_scenario_as_well() -> None:
    mode = OptimizeRequest.MODE_VALIDATE_ONLY
    assert answer(Ask.OPTIMIZE, request(mode=mode), Job(), refuse) == answer(
        Ask.OPTIMIZE, request(validate_only=True), Job(), refuse
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"mode": 99}, "UNKNOWN_CHOICE"), ({"mode": OptimizeRequest.MODE_SOLVE, "validate_only": True}, "CONTRADICTION")],
)
def test_a_mode_that_makes_no_sense_is_refused(fields: dict[str, Any], code: str) -> None:
    status = answer(Ask.OPTIMIZE, request(**fields), Job(), refuse)
    assert isinstance(status, Status)
    faults = BadRequest()
    assert status.details[1].Unpack(faults)
    assert [(fault.field, fault.reason) for fault in faults.field_violations] == [("mode", code)]


def test_what_cannot_be_filled_is_told_without_a_search() -> None:
    message = OptimizeRequest(scenario=tiny_scenario(), mode=OptimizeRequest.MODE_DETECT_INFEASIBLE)
    message.scenario.order_lines[6].exclude_nodes.append("south")  # the only node its order allows
    outcome = answer(Ask.OPTIMIZE, message.SerializeToString(), Job(), refuse)
    assert isinstance(outcome, bytes)
    response = OptimizeResponse.FromString(outcome)
    assert not response.HasField("summary")
    assert not response.HasField("certificate")
    (row,) = response.plan.unallocated
    assert (row.order, row.line, row.quantity, row.reason) == ("choosy", "A", 1, Reason.REASON_NODE_EXCLUDED)
    assert row.unmet_micros == 100_000_000
    assert row.detail


def test_the_certificate_may_be_left_out() -> None:
    outcome = answer(Ask.OPTIMIZE, request(omit_certificate=True), Job())
    assert isinstance(outcome, bytes)
    response = OptimizeResponse.FromString(outcome)
    assert response.HasField("plan")
    assert not response.HasField("certificate")


def test_a_stream_says_progress_and_the_parts_of_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[FrameKind, OptimizeStreamResponse]] = []
    job = Job(say=lambda kind, payload: said.append((kind, OptimizeStreamResponse.FromString(payload))))
    wrapped = OptimizeStreamRequest(request=OptimizeRequest.FromString(request(request_id=REQUEST_ID)))
    assert answer(Ask.OPTIMIZE_STREAM, wrapped.SerializeToString(), job) == b""

    merged = OptimizeResponse()
    for kind, event in said:
        assert event.WhichOneof("event") == {FrameKind.PROGRESS: "progress", FrameKind.PART: "part"}[kind]
        merged.MergeFrom(event.part)
    kinds = [kind for kind, _ in said]
    assert kinds == sorted(kinds)  # progress first
    assert kinds[0] is FrameKind.PROGRESS
    last = [event.progress for kind, event in said if kind is FrameKind.PROGRESS][-1]
    assert last.lower_bound_micros <= last.incumbent_micros == merged.summary.objective_micros

    alone = OptimizeResponse.FromString(bytes_of(answer(Ask.OPTIMIZE, request(request_id=REQUEST_ID), Job())))
    for response in (merged, alone):
        response.summary.timings_s.clear()
    assert merged == alone


def bytes_of(outcome: bytes | Status) -> bytes:
    assert isinstance(outcome, bytes)
    return outcome


def test_a_plan_that_breaks_a_rule_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the search, planted: one unit more than there is in stock."""
    honest = engine.plan_of

    def wrong(*arguments: Any) -> Plan:
        plan = honest(*arguments)
        quantity = plan.allocations.quantity.copy()
        quantity[0] += 1_000
        return replace(plan, allocations=replace(plan.allocations, quantity=quantity))

    monkeypatch.setattr(engine, "plan_of", wrong)
    for ask, payload in (
        (Ask.OPTIMIZE, request()),
        (Ask.OPTIMIZE_STREAM, OptimizeStreamRequest(request=OptimizeRequest.FromString(request())).SerializeToString()),
    ):
        said: list[FrameKind] = []
        status = answer(ask, payload, Job(say=lambda kind, _, said=said: said.append(kind)))  # type: ignore[misc]
        assert reason_of(status) == (Code.INTERNAL, "AUDIT_FAILED")
        assert FrameKind.PART not in said


@pytest.mark.parametrize("payload", [b"\xff\xff\xff", b"not a message", request()[:-3]])
def test_bytes_that_are_no_message_are_the_callers_fault(payload: bytes) -> None:
    assert reason_of(answer(Ask.OPTIMIZE, payload, Job(), refuse)) == (Code.INVALID_ARGUMENT, "MALFORMED_REQUEST")


@pytest.mark.parametrize("validate_only", [True, False])
def test_faults_are_the_callers(validate_only: bool) -> None:
    message = OptimizeRequest(scenario=tiny_scenario(), validate_only=validate_only)
    message.scenario.order_lines[5].item = "C"
    status = answer(Ask.OPTIMIZE, message.SerializeToString(), Job(), refuse)
    assert reason_of(status) == (Code.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert isinstance(status, Status)
    faults = BadRequest()
    assert status.details[1].Unpack(faults)
    assert [violation.field for violation in faults.field_violations] == ["scenario.order_lines[5].item"]


def test_a_request_without_scenario_is_the_callers_fault() -> None:
    status = answer(Ask.OPTIMIZE, b"", Job(), refuse)
    assert reason_of(status) == (Code.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert isinstance(status, Status)
    assert status.message.startswith("scenario.now: ")


def test_a_request_id_is_a_uuid() -> None:
    status = answer(Ask.OPTIMIZE, request(request_id="order 17"), Job(), refuse)
    assert isinstance(status, Status)
    assert status.message.startswith("request_id: 'order 17' is not a UUID")


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (AuditError("the plan breaks 1 rule(s) and is withheld"), Code.INTERNAL, "AUDIT_FAILED"),
        (StoppedError("stopped before a plan"), Code.DEADLINE_EXCEEDED, "STOPPED"),
        (ZeroDivisionError("secret"), Code.INTERNAL, "INTERNAL"),
        (MemoryError(), Code.INTERNAL, "INTERNAL"),
    ],
)
def test_what_fails_is_told_by_code_and_reason(error: Exception, code: int, reason: str) -> None:
    status = answer(Ask.OPTIMIZE, request(), Job(), raising(error))
    assert reason_of(status) == (code, reason)
    assert isinstance(status, Status)
    assert "secret" not in status.message


def stop_given_to_the_solver(job: Job, time_limit_s: str = "30", work_limit: int = 0) -> Stop:
    seen: list[Stop] = []

    def solve(problem: Problem, stop: Stop, job: Job) -> Result:
        seen.append(stop)
        raise StoppedError("enough")

    message = OptimizeRequest(scenario=tiny_scenario())
    message.scenario.solve.time_limit_s = time_limit_s
    message.scenario.solve.work_limit = work_limit
    answer(Ask.OPTIMIZE, message.SerializeToString(), job, solve)
    return seen[0]


def test_the_tighter_of_budget_and_time_limit_stops_the_solver() -> None:
    assert stop_given_to_the_solver(Job(1e6), time_limit_s="1e9").remaining_s <= 1e6
    assert stop_given_to_the_solver(Job(1e9), time_limit_s="1e6").remaining_s <= 1e6
    assert 1e6 < stop_given_to_the_solver(Job(), time_limit_s="2e6").remaining_s <= 2e6


def test_a_spent_budget_stops_the_solver_at_once() -> None:
    assert stop_given_to_the_solver(Job(0.0)).reason is StopReason.TIME


def test_the_work_limit_is_the_scenarios() -> None:
    assert stop_given_to_the_solver(Job(), work_limit=17).work_left == 17


def test_an_abandoned_job_does_nothing_more() -> None:
    job, phases = Job(), []
    job.abandon()
    assert reason_of(answer(Ask.OPTIMIZE, request(), job, refuse)) == (Code.DEADLINE_EXCEEDED, "STOPPED")

    def left(problem: Problem, stop: Stop, job: Job) -> Result:
        def watch(progress: Progress) -> None:
            phases.append(progress.phase)
            job.abandon()

        return engine.solve(problem, stop=stop, watch=watch)

    assert reason_of(answer(Ask.OPTIMIZE, request(), Job(), left)) == (Code.DEADLINE_EXCEEDED, "STOPPED")
    assert phases


@pytest.mark.parametrize("step", ["Auditor", "reasons"])
def test_what_comes_after_a_search_is_spared_once_nobody_waits(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def left(problem: Problem, stop: Stop, job: Job) -> Result:
        honest = getattr(engine, {"Auditor": "plan_of", "reasons": "audited"}[step])

        def then_leave(*arguments: Any) -> Any:
            job.abandon()
            return honest(*arguments)

        monkeypatch.setattr(engine, honest.__name__, then_leave)
        monkeypatch.setattr(engine, step, raising(AssertionError("nobody waits")))  # type: ignore[arg-type]
        return engine.solve(problem, stop=stop)

    assert reason_of(answer(Ask.OPTIMIZE, request(), Job(), left)) == (Code.DEADLINE_EXCEEDED, "STOPPED")


def test_an_interrupt_stops_the_solver_whenever_it_comes() -> None:
    early, late = Job(), Job()
    early.interrupt()
    assert stop_given_to_the_solver(early).reason is StopReason.INTERRUPTED
    stop = stop_given_to_the_solver(late)
    assert stop.reason is None
    late.interrupt()
    assert stop.reason is StopReason.INTERRUPTED
