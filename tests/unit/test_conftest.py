"""The skip rule of tests/conftest.py, on small suites of its own."""

from __future__ import annotations

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
SKIPS_ITS_MODULE = """
import pytest

pytest.skip("not here", allow_module_level=True)
"""


@pytest.fixture
def run_suite(pytester: pytest.Pytester, repository: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a one-file suite under the repository's conftest, with or without data, with or without CI."""

    def run(source: str, *, ci: bool, data: bool) -> pytest.RunResult:
        pytester.makeconftest((repository / "tests" / "conftest.py").read_text(encoding="utf-8"))
        pytester.makepyfile(source)
        folder = pytester.path / "data"
        if data:
            folder.mkdir()
            (folder / "README.md").write_text("real", encoding="utf-8")
        monkeypatch.setenv("DOM_DATA", str(folder))
        monkeypatch.setenv("CI", "true" if ci else "")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist", "-rs")

    return run


def test_data_present_means_the_test_runs(run_suite) -> None:
    run_suite(NEEDS_DATA, ci=True, data=True).assert_outcomes(passed=1)


@pytest.mark.parametrize("ci", [False, True])
def test_data_absent_means_a_skip_that_says_why(run_suite, ci: bool) -> None:
    result = run_suite(NEEDS_DATA, ci=ci, data=False)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*no real data at*set DOM_DATA*"])


@pytest.mark.parametrize("source", [SKIPS_ITSELF, SKIPS_ITS_MODULE])
def test_ci_fails_any_other_skip(run_suite, source: str) -> None:
    result = run_suite(source, ci=True, data=True)
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*skipped under CI*not *"])


def test_elsewhere_a_skip_stays_a_skip(run_suite) -> None:
    run_suite(SKIPS_ITSELF, ci=False, data=True).assert_outcomes(skipped=1)
