"""A result or a study as one self-contained HTML file, for people who do not open CSV files."""

from dom_engine.report.build import write_report
from dom_engine.report.regret import write_regret

__all__ = ["write_regret", "write_report"]
