"""The one place that decides how kernels are compiled.

Serial, without the GIL and cached on disk: callers shard over their own threads. numba's own threading layers are
avoided because ``workqueue`` aborts the process when entered from two threads and ``omp`` breaks after a fork.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a bare loop over NumPy arrays. ``fastmath`` stays off: bounds rely on IEEE arithmetic and its order."""
    return cast("F", numba.njit(function, nogil=True, cache=True, boundscheck=False))


def inlined(function: F) -> F:
    """Compile a helper into its callers: handing a model over costs a microsecond, more than a small helper's work."""
    return cast("F", numba.njit(function, nogil=True, cache=True, boundscheck=False, forceinline=True))
