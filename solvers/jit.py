"""The one place that decides how kernels are compiled.

Serial, without the GIL and cached on disk: callers shard over their own threads. numba's own threading layers are
avoided because ``workqueue`` aborts the process when entered from two threads and ``omp`` breaks after a fork.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}
_LEAF: dict[str, Any] = {**_OPTIONS, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""``_nrt`` is numba's own switch for functions that own no memory."""


def kernel(function: F) -> F:
    """Compile a bare loop over NumPy arrays. ``fastmath`` stays off: bounds rely on IEEE arithmetic and its order."""
    return cast("F", numba.njit(function, nogil=True, cache=True, boundscheck=False))


def inlined(function: F) -> F:
    """Compile a helper into its callers: handing a model over costs a microsecond, more than a small helper's work."""
    return cast("F", numba.njit(function, nogil=True, cache=True, boundscheck=False, forceinline=True))


def leaf(function: F) -> F:
    """Compile what only kernels call, and what neither allocates nor returns an array: no references are counted in it.

    Every array read out of a tuple costs an atomic count otherwise: that made small kernels three times slower and took
    half of their compile time. The way in from Python, which unpacks whole models, took another quarter.
    """
    return cast("F", numba.njit(**_LEAF)(function))


def inlined_leaf(function: F) -> F:
    """Compile a helper that is a leaf into its callers."""
    return cast("F", numba.njit(**_LEAF, forceinline=True)(function))


def spliced(function: F) -> F:
    """Make a helper part of the kernel that calls it, before compilation.

    For small ones, and those with one caller: compiled apart, all that they call in turn is optimised once more.
    """
    return cast("F", numba.njit(nogil=True, boundscheck=False, inline="always")(function))
