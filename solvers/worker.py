"""A process that solves one program after another: ``python -m solvers.worker FD``, spoken to by ``workers``.

Standard input says how many bytes of a pickled (task, until_s) lie at the start of the file open as FD; the pickled
answer goes to standard output behind its length. A file takes a question at once, however large, where a pipe would
keep whoever asks waiting until this process has started. Ends when its input does, in the middle of a solve as well,
and when it has rested for ``REST_S``.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
from queue import Empty, SimpleQueue

HEADER = struct.Struct("<q")

REST_S = 60.0
"""Seconds without a question after which a process gives its memory back, some 70 MB."""


def main() -> None:
    """Serve until the input ends."""
    # The parent decides what an interrupt means; a terminal sends it to all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Solvers print to standard output now and then: that must not mix with answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sizes: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_listen, args=(sizes,), daemon=True).start()
    from solvers.ortools_calls import call

    questions = int(sys.argv[1])
    while True:
        try:
            size = sizes.get(timeout=REST_S)
        except Empty:
            # An orderly end would wait for the thread that listens.
            os._exit(0)
        task, until_s = pickle.loads(os.pread(questions, size, 0))
        answer = pickle.dumps(call(task, until_s), protocol=pickle.HIGHEST_PROTOCOL)
        answers.write(HEADER.pack(len(answer)) + answer)
        answers.flush()


def _listen(sizes: SimpleQueue[int]) -> None:
    while len(header := sys.stdin.buffer.read(HEADER.size)) == HEADER.size:
        sizes.put(HEADER.unpack(header)[0])
    # Nobody is left to hear the answer, and a solver hears nothing.
    os._exit(0)


if __name__ == "__main__":
    main()
