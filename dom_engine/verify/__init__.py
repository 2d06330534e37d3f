"""``dom verify``: recompute everything a result folder states, by code that shares nothing with kernels and solvers."""

from dom_engine.verify.check import verify
from dom_engine.verify.findings import Finding, Unproven, VerifyReport

__all__ = ["Finding", "Unproven", "VerifyReport", "verify"]
