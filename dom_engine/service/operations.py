"""``JobService`` and the standard ``google.longrunning.Operations`` over the jobs."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import grpc
from google.longrunning import operations_pb2 as longrunning
from google.longrunning import operations_pb2_grpc
from google.protobuf.empty_pb2 import Empty
from google.rpc.code_pb2 import Code

from dom_engine.service.calls import Call, Context, Desk
from dom_engine.service.jobs import Jobs
from dom_engine.service.store import JobRow, StoreError
from dom_engine.v1 import jobs_pb2, optimizer_pb2
from dom_engine.wire import content_digest, failure, operation_message, request_id_of, wrapped

log = logging.getLogger(__name__)

JOB_SERVICE_NAME: str = jobs_pb2.DESCRIPTOR.services_by_name["JobService"].full_name
OPERATIONS_SERVICE_NAME: str = longrunning.DESCRIPTOR.services_by_name["Operations"].full_name

DEFAULT_PAGE, LARGEST_PAGE = 50, 1_000
DEFAULT_WAIT_S = 30.0
STORE_RETRY_S = 30.0
_PAGE_TOKEN = re.compile("[0-9]{0,18}")
FILTERS = {"": None, "done=true": True, "done=false": False}


class Operations(operations_pb2_grpc.OperationsServicer):  # type: ignore[misc]  # generated without types
    """What callers do with jobs; without a store for them, nothing."""

    def __init__(self, jobs: Jobs | None, desk: Desk) -> None:
        self._jobs = jobs
        self._desk = desk

    async def submit(self, payload: bytes, context: Context) -> longrunning.Operation:
        """Take a job."""
        async with self._call("SubmitOptimization", context) as call:
            jobs = await self._enabled(call)
            request = wrapped(payload)
            call.request_id, call.num_bytes = request_id_of(request)[:64], len(payload)
            digest = await asyncio.to_thread(content_digest, request, optimizer_pb2.OptimizeRequest)
            row = await jobs.submit(call.tenant, request_id_of(request), digest, request)
            return self._operation(jobs, row) if isinstance(row, JobRow) else await call.refuse(row)

    async def GetOperation(self, request: longrunning.GetOperationRequest, context: Context) -> longrunning.Operation:  # noqa: N802
        """How a job is."""
        async with self._call("GetOperation", context) as call:
            jobs = await self._enabled(call)
            return self._operation(jobs, await self._found(call, jobs, request.name))

    async def ListOperations(  # noqa: N802
        self, request: longrunning.ListOperationsRequest, context: Context
    ) -> longrunning.ListOperationsResponse:
        """The caller's jobs, the oldest first, page by page; the filter is ``done=true``, ``done=false`` or none.

        A page may hold fewer than asked for: answers are large.
        """
        async with self._call("ListOperations", context) as call:
            jobs = await self._enabled(call)
            done_filter = request.filter.replace(" ", "").lower()
            if done_filter not in FILTERS:
                await self._invalid(call, "FILTER", f"the filter is none of {', '.join(filter(None, FILTERS))}")
            if not _PAGE_TOKEN.fullmatch(request.page_token):
                await self._invalid(call, "PAGE_TOKEN", "the page token is none of this service's")
            size = min(request.page_size if request.page_size > 0 else DEFAULT_PAGE, LARGEST_PAGE)
            page = await jobs.page(call.tenant, int(request.page_token or 0), size, FILTERS[done_filter])
            return longrunning.ListOperationsResponse(
                operations=[self._operation(jobs, row) for row in page.rows],
                next_page_token=str(page.rows[-1].number) if page.more else "",
            )

    async def WaitOperation(self, request: longrunning.WaitOperationRequest, context: Context) -> longrunning.Operation:  # noqa: N802
        """How a job is once it is done, or when the time to wait is over."""
        async with self._call("WaitOperation", context) as call:
            jobs = await self._enabled(call)
            row = await self._found(call, jobs, request.name)
            seconds = request.timeout.ToMilliseconds() / 1_000 if request.HasField("timeout") else DEFAULT_WAIT_S
            await jobs.wait(row, min(seconds, call.budget_s()))
            return self._operation(jobs, await self._found(call, jobs, request.name))

    async def CancelOperation(self, request: longrunning.CancelOperationRequest, context: Context) -> Empty:  # noqa: N802
        """Stop a job; one that is done stays as it is."""
        async with self._call("CancelOperation", context) as call:
            jobs = await self._enabled(call)
            row = await self._found(call, jobs, request.name)
            if not row.state.done:
                await jobs.cancel(row)
            return Empty()

    async def DeleteOperation(self, request: longrunning.DeleteOperationRequest, context: Context) -> Empty:  # noqa: N802
        """Forget a job that is done."""
        async with self._call("DeleteOperation", context) as call:
            jobs = await self._enabled(call)
            row = await self._found(call, jobs, request.name)
            if not row.state.done:
                message = f"{row.name} is not done; cancel it first"
                await call.refuse(failure(Code.FAILED_PRECONDITION, "JOB_NOT_DONE", message))
            await jobs.delete(row)
            return Empty()

    @asynccontextmanager
    async def _call(self, method: str, context: Context) -> AsyncIterator[Call]:
        """A call that may find the store full or broken."""
        async with self._desk.call(method, context) as call:
            try:
                yield call
            except StoreError as error:
                log.error("%s", error)
                code, reason = (
                    (Code.RESOURCE_EXHAUSTED, "STORE_FULL") if error.full else (Code.UNAVAILABLE, "STORE_FAILED")
                )
                message = "the store of jobs has no room left" if error.full else "the store of jobs cannot be used"
                await call.refuse(failure(code, reason, message, retry_s=STORE_RETRY_S))

    def handlers(self) -> grpc.GenericRpcHandler:
        """``JobService`` by name; the request stays bytes."""
        submit: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(
            self.submit, response_serializer=longrunning.Operation.SerializeToString
        )
        return grpc.method_handlers_generic_handler(JOB_SERVICE_NAME, {"SubmitOptimization": submit})

    async def _enabled(self, call: Call) -> Jobs:
        if self._jobs is None:
            message = "this server has no store for jobs: it was started without --jobs"
            await call.refuse(failure(Code.FAILED_PRECONDITION, "NO_JOBS", message))
        return self._jobs

    async def _found(self, call: Call, jobs: Jobs, name: str) -> JobRow:
        row = await jobs.get(name, call.tenant)
        if row is None:
            await call.refuse(failure(Code.NOT_FOUND, "NO_SUCH_JOB", "there is no such job of this tenant"))
        return row

    async def _invalid(self, call: Call, reason: str, message: str) -> NoReturn:
        await call.refuse(failure(Code.INVALID_ARGUMENT, reason, message))

    def _operation(self, jobs: Jobs, row: JobRow) -> longrunning.Operation:
        return operation_message(
            row.name,
            state=row.state,
            request_id=row.request_id,
            submitted_s=row.submitted_s,
            ended_s=row.ended_s,
            attempts=row.attempts,
            progress=jobs.progress(row.name),
            response=row.response,
            status=row.status,
        )
