"""What every test may count on: the repository's root, the real data, compile caches outside the sources."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
DATA_FOLDER = Path(os.environ.get("DOM_DATA") or ROOT.parent / "shared" / "data")

# Before anything imports numba, which reads it once.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".cache" / "numba"))

pytest_plugins = ["pytester"]

# No deadline: the first example of a kernel pays for its compilation. Examples repeat from run to run, so
# that a red build is red again where it is looked into; chance is for the night (`make nightly`).
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "nightly",
    deadline=None,
    derandomize=False,
    max_examples=2_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data: ``DOM_DATA``, or ``../shared/data``; only its absence may skip a test."""
    if not DATA_FOLDER.is_dir():
        pytest.skip(f"no real data at {os.path.relpath(DATA_FOLDER, ROOT)} (set DOM_DATA)")
    return DATA_FOLDER


def _skip_is_excused(item: pytest.Item) -> bool:
    return "data_dir" in getattr(item, "fixturenames", ()) and not DATA_FOLDER.is_dir()


def _under_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI, fail a test that was skipped for anything but absent data."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and _under_ci() and not _skip_is_excused(item):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI without an excuse: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Under CI, fail a module that skips itself whole: nobody would miss its tests."""
    report = yield
    if report.skipped and _under_ci():
        report.outcome = "failed"
        report.longrepr = f"module skipped under CI: {report.longrepr}"
    return report
