"""A worker that does as its requests say, for the pool's tests. Run as a script; needs little but the frames."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from google.rpc.status_pb2 import Status

from dom_engine.service.frames import Asked, Frame, FrameKind, read_frame


def say(kind: FrameKind, job: int = 0, payload: bytes = b"") -> None:
    sys.stdout.buffer.write(Frame(kind, job, payload).to_bytes())
    sys.stdout.buffer.flush()


def answer(job: int, payload: bytes) -> None:
    say(FrameKind.ANSWER, job, payload)
    say(FrameKind.READY)


def main() -> None:
    if "--dead-on-arrival" in sys.argv:
        return
    patience_s = 0.0
    say(FrameKind.READY)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        if frame.kind in (FrameKind.INTERRUPT, FrameKind.ABANDON):
            time.sleep(patience_s)
            answer(frame.job, b"interrupted")
            continue
        asked = Asked.of(frame)
        request = asked.request.strip()
        if request == b"budget":
            answer(frame.job, repr(asked.budget_s).encode())
        elif request == b"parts":
            say(FrameKind.PROGRESS, frame.job, b"half way")
            say(FrameKind.PART, frame.job, b"one")
            say(FrameKind.PART, frame.job, b"two")
            answer(frame.job, b"")
        elif request == b"slow to let go":
            patience_s = 0.6
        elif request == b"refuse":
            say(FrameKind.FAILURE, frame.job, Status(code=3).SerializeToString())
            say(FrameKind.READY)
        elif request == b"pid":
            answer(frame.job, str(os.getpid()).encode())
        elif request == b"child":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
            answer(frame.job, f"{os.getpid()} {child.pid}".encode())
        elif request == b"retire":
            say(FrameKind.ANSWER, frame.job, str(os.getpid()).encode())
            return
        elif request == b"die":
            os._exit(9)
        elif request == b"deaf":
            time.sleep(3_600)
        # Anything else is solved until it is interrupted.


if __name__ == "__main__":
    main()
