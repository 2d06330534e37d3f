"""The audit: feasibility, amounts and reasons of a plan, by code that shares nothing with the solvers."""
