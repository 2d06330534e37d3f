"""What every test may count on: the repository's root, the real data, compile caches outside the sources."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
NO_REGISTRY = "npm cannot install @grpc/grpc-js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DATA_PLACES = tuple(Path(place) for place in (os.environ.get("DOM_DATA"), ROOT.parent / "shared" / "data") if place)
"""Where the real data may lie: the first folder there is counts, so that a stale ``DOM_DATA`` hides none."""
DATA_FOLDER = next(filter(Path.is_dir, DATA_PLACES), None)

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
    """The folder of real data: ``DOM_DATA``, else ``../shared/data``; only the absence of both may skip a test."""
    if DATA_FOLDER is None:
        places = " or ".join(os.path.relpath(place, ROOT) for place in DATA_PLACES)
        pytest.skip(f"no real data at {places} (set DOM_DATA)")
    return DATA_FOLDER


@pytest.fixture(scope="session")
def browser() -> str:
    """A Chromium to open pages in without a screen; only its absence may skip a test."""
    found = _browser()
    if found is None:
        pytest.skip(f"no browser on the path ({', '.join(BROWSERS)})")
    return found


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def node_modules(repository: Path) -> Path:
    """The packages of the example for Node, installed once; only where Node or its registry is absent it skips."""
    home = repository / ".cache" / "node"
    if not _has_node():
        pytest.skip("Node and npm are not installed")
    if not (home / "node_modules" / "@grpc" / "proto-loader").is_dir():
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / "examples" / "node" / "package.json", home)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"{NO_REGISTRY}: {done.stderr.strip()[-200:]}")
    return home / "node_modules"


def _has_node() -> bool:
    return shutil.which("node") is not None and shutil.which("npm") is not None


def _skip_is_excused(item: pytest.Item, why: str) -> bool:
    needs = getattr(item, "fixturenames", ())
    return (
        ("data_dir" in needs and DATA_FOLDER is None)
        or ("browser" in needs and _browser() is None)
        or ("node_modules" in needs and (not _has_node() or NO_REGISTRY in why))
    )


def _under_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI, fail a test that was skipped for anything but absent data."""
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and _under_ci()
        and not _skip_is_excused(item, str(report.longrepr))
    ):
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
