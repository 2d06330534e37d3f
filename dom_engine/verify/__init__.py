"""``dom verify``: recompute everything a result folder states, by code that imports neither kernels nor solvers."""

from dom_engine.verify.check import verify
from dom_engine.verify.findings import Finding, Unproven, VerifyReport

__all__ = ["Finding", "Unproven", "VerifyReport", "verify"]
