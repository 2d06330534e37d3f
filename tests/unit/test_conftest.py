"""The skip rule of tests/conftest.py, on small suites of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

NEEDS_DATA = """
def test_reads_the_data(data_dir):
    assert (data_dir / "README.md").is_file()
"""
SKIPS_ITSELF = """
import pytest

def test_gives_up(data_dir):
    pytest.skip("not today")
"""
SKIPS_NODE = """
import pytest

@pytest.fixture
def node_modules():
    pytest.skip("{why}")

def test_needs_node(node_modules):
    assert node_modules
"""
SKIPS_ITS_MODULE = """
import pytest

pytest.skip("not here", allow_module_level=True)
"""


@pytest.fixture
def run_suite(pytester: pytest.Pytester, repository: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a one-file suite under the repository's conftest, with or without data, with or without CI."""

    def run(source: str, *, ci: bool, data: bool, shared: bool = False) -> pytest.RunResult:
        # Two folders down, as in a checkout: the data may lie beside it.
        tests = pytester.mkdir("checkout") / "tests"
        tests.mkdir()
        conftest = (repository / "tests" / "conftest.py").read_text(encoding="utf-8")
        (tests / "conftest.py").write_text(conftest, encoding="utf-8")
        (tests / "test_suite.py").write_text(source, encoding="utf-8")
        if shared:
            (pytester.path / "shared" / "data").mkdir(parents=True)
            (pytester.path / "shared" / "data" / "README.md").write_text("real", encoding="utf-8")
        folder = pytester.path / "data"
        if data:
            folder.mkdir()
            (folder / "README.md").write_text("real", encoding="utf-8")
        monkeypatch.setenv("DOM_DATA", str(folder))
        monkeypatch.setenv("CI", "true" if ci else "")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist", "-rs", tests)

    return run


def test_data_present_means_the_test_runs(run_suite) -> None:
    run_suite(NEEDS_DATA, ci=True, data=True).assert_outcomes(passed=1)


@pytest.mark.parametrize("ci", [False, True])
def test_data_absent_means_a_skip_that_says_why(run_suite, ci: bool) -> None:
    result = run_suite(NEEDS_DATA, ci=ci, data=False)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*no real data at*set DOM_DATA*"])


def test_a_stale_setting_hides_no_data(run_suite) -> None:
    run_suite(NEEDS_DATA, ci=True, data=False, shared=True).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("why", "excused"), [("npm cannot install @grpc/grpc-js: no registry", True), ("tired", False)]
)
def test_where_node_is_only_its_registry_may_be_absent(
    run_suite, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, why: str, excused: bool
) -> None:
    for name in ("node", "npm"):
        (pytester.path / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (pytester.path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(pytester.path), prepend=os.pathsep)
    result = run_suite(SKIPS_NODE.format(why=why), ci=True, data=True)
    result.assert_outcomes(skipped=int(excused), errors=int(not excused))


@pytest.mark.parametrize("source", [SKIPS_ITSELF, SKIPS_ITS_MODULE])
def test_ci_fails_any_other_skip(run_suite, source: str) -> None:
    result = run_suite(source, ci=True, data=True)
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*skipped under CI*not *"])


def test_elsewhere_a_skip_stays_a_skip(run_suite) -> None:
    run_suite(SKIPS_ITSELF, ci=False, data=True).assert_outcomes(skipped=1)
