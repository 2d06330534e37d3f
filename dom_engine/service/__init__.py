"""The engine over gRPC: an asynchronous front, and worker processes that solve.

The front (``server``, ``servicer``, ``pool``) never parses a request nor solves one, so it answers health checks and
cancellations at once whatever the workers do. A worker (``worker``, ``answer``) is a process of its own: a solver
that crashes, hangs or runs out of memory loses the request it was solving and no other.
"""
