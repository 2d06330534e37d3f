"""Worker processes, and the nursery that keeps some of them warm for when another is lost."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from dom_engine.errors import InternalError
from dom_engine.service.frames import Frame, receive_frame

log = logging.getLogger(__name__)

WORKER_COMMAND = (sys.executable, "-P", "-m", "dom_engine.service.worker")
RESTART_DELAY_S = 0.5

_STREAM_BUFFER = 2**22
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class WorkerLost(Exception):
    """A worker died, or was given up."""


class Worker:
    """One worker process, seen from the front."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._in = process.stdin
        self._out = process.stdout
        self._outgoing: asyncio.Queue[Frame] = asyncio.Queue()
        self._writing = asyncio.create_task(self._write())

    @classmethod
    async def spawn(cls, command: tuple[str, ...]) -> Worker:
        """Start a process. It leads a session of its own: a Ctrl-C in the terminal is the front's to handle."""
        paths = [str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_STREAM_BUFFER,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
        return cls(process)

    def send(self, frame: Frame) -> None:
        """Send a frame, behind all that were sent before. That nobody is there to read it shows in what is received."""
        self._outgoing.put_nowait(frame)

    async def _write(self) -> None:
        """Write what is sent, little by little: a large request would hold up whoever else is served."""
        with suppress(ConnectionError):
            while True:
                frame = await self._outgoing.get()
                for piece in frame.pieces():
                    self._in.write(piece)
                    await self._in.drain()

    async def receive(self) -> Frame:
        """Wait for the next frame; raises WorkerLost when there will be none."""
        frame = await receive_frame(self._out)
        if frame is None:
            raise WorkerLost
        return frame

    async def end(self, grace_s: float) -> None:
        """Close its input, which ends it once it is idle; kill it where that takes longer than the grace."""
        self._writing.cancel()
        self._in.close()
        try:
            async with asyncio.timeout(grace_s):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()

    def kill(self) -> None:
        """End it here and now with the solver processes that it started, so that its cores are free."""
        if self.process.returncode is None:  # it may have ended just now, and its number gone to another
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Nursery:
    """Rears workers ahead of need: whoever takes a warm one has the next reared.

    The first is reared alone: on a new machine it compiles the kernels, which the others then only load.

    Parameters
    ----------
    command
        What starts a worker.
    spares
        Warm workers to keep beside those that are taken.
    """

    def __init__(self, command: tuple[str, ...], spares: int) -> None:
        self._command = command
        self._spares = spares
        self._warm: asyncio.Queue[Worker] = asyncio.Queue()
        self._any_warm = asyncio.Event()
        self._rearing: set[asyncio.Task[None]] = set()
        self._alone = asyncio.Lock()
        self._compiled = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """Begin with the spares."""
        for _ in range(self._spares):
            self._rear_one()

    async def take(self) -> Worker:
        """A warm worker, as soon as there is one."""
        self._rear_one()
        worker = await self._warm.get()
        if self._warm.empty():
            self._any_warm.clear()
        return worker

    async def spare(self) -> None:
        """Wait until a warm one could be taken."""
        await self._any_warm.wait()

    async def close(self) -> None:
        """End the workers that nobody has taken."""
        for task in self._rearing:
            task.cancel()
        await asyncio.gather(*self._rearing, return_exceptions=True)
        while not self._warm.empty():
            await self._warm.get_nowait().end(0.0)

    def _rear_one(self) -> None:
        task = asyncio.create_task(self._rear())
        self._rearing.add(task)
        task.add_done_callback(self._rearing.discard)

    async def _rear(self) -> None:
        if not self._compiled:
            async with self._alone:
                if await self._first():
                    return
        if not self.failed.done():
            await self._rear_until_warm()

    async def _first(self) -> bool:
        """Rear the very first worker, unless it was while this one waited; whether it was this one."""
        if self._compiled or self.failed.done():
            return False
        await self._rear_until_warm()
        return True

    async def _rear_until_warm(self) -> None:
        while True:
            worker = await Worker.spawn(self._command)
            try:
                await worker.receive()
            except WorkerLost:
                await worker.end(0.0)
                if not self._compiled:
                    if not self.failed.done():
                        self.failed.set_exception(InternalError("a worker died while it warmed up; its log says why"))
                    return
                log.warning("worker %d died while it warmed up", worker.process.pid)
                await asyncio.sleep(RESTART_DELAY_S)
            except asyncio.CancelledError:
                await worker.end(0.0)
                raise
            else:
                self._compiled = True
                self._warm.put_nowait(worker)
                self._any_warm.set()
                return
