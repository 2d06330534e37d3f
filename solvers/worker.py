"""A process that solves one integer program after another: ``python -m solvers.worker``, spoken to by ``workers``.

Reads length-prefixed pickles of (program, gap, seconds, hint, seed) from standard input and answers each with a pickled
outcome on standard output. Ends when its input does.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys

from solvers.program import solve_mip
from solvers.stop import Stop

HEADER = struct.Struct("<q")


def main() -> None:
    """Serve until the input ends."""
    # The parent decides what an interrupt means; a terminal sends it to all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Solvers print to standard output now and then: that must not mix with answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    questions = sys.stdin.buffer
    while len(header := questions.read(HEADER.size)) == HEADER.size:
        program, gap, seconds, hint, seed = pickle.loads(questions.read(HEADER.unpack(header)[0]))
        outcome = solve_mip(program, Stop(seconds), relative_gap=gap, hint=hint, seed=seed)
        answer = pickle.dumps(outcome, protocol=pickle.HIGHEST_PROTOCOL)
        answers.write(HEADER.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    main()
