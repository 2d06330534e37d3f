"""Reports of shipped scenarios: the numbers on the page, and how a real browser finds it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from dom_engine.errors import InputError
from dom_engine.report import write_report
from dom_engine.report.figures import Bar, bars
from dom_engine.whatif import solve_variants
from tests.runs import TO_THE_END, Run, run_folder

# Run after the page's own script: uses it as a reader does, and says on the page what came of it.
PROBE = """
<script>
const table = [...document.querySelectorAll("table")].find((t) => t.caption.textContent === "Cost by term");
const first = () => table.tBodies[0].rows[0].cells[0].textContent;
const heading = table.tHead.rows[0].cells[1];
heading.firstElementChild.click();
const cheapest = first();
heading.firstElementChild.click();
const field = document.querySelector("input[aria-label='Filter Metrics of every variant']");
field.value = "costs.late";
field.dispatchEvent(new Event("input"));
const metrics = field.closest("label").nextElementSibling.querySelector("tbody");
document.body.dataset.probe = JSON.stringify({
  cheapest, dearest: first(), sorted: heading.getAttribute("aria-sort"),
  shown: [...metrics.rows].filter((row) => !row.hidden).map((row) => row.cells[1].textContent),
  figures: document.querySelectorAll("figure svg").length,
  cut: [...document.querySelectorAll("svg text")].filter((text) => {
    const box = text.getBoundingClientRect(), all = text.ownerSVGElement.getBoundingClientRect();
    return box.left < all.left || box.right > all.right;
  }).map((text) => text.textContent),
  wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
});
</script>
"""

LABELS = (
    "what was done",
    "demand-surge",
    "mmmmmmmmmmmmmmmmmmmm",
    "WAREHOUSE MÜNCHEN-WEST 0815",
    "倉庫倉庫倉庫倉庫倉庫倉庫倉庫",
)
"""No label is cut by the edge of its figure, whatever its letters."""


@pytest.fixture(scope="module")
def solved(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_folder(repository / "scenarios" / "quickstart", tmp_path_factory.mktemp("plan") / "out")


@pytest.fixture(scope="module")
def study(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("study") / "out"
    solve_variants(repository / "scenarios" / "quickstart", out, overrides=TO_THE_END)
    return out


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_a_plan_in_numbers(solved: Run, tmp_path: Path) -> None:
    write_report(solved.folder, tmp_path / "plan.html")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    text = text_of(page)
    assert "cost 115.80 USD" in text
    assert "units filled 14 of 15" in text
    assert "freight 84.80; unmet 25.00; late 4.00; split 2.00; total 115.80" in text
    assert "1 shipment 5; 2 shipments 1" in text
    assert "on time 6; 1 d late 1" in text
    assert "newark 2025-11-24 2 6 1" in text
    assert "1006 1 1 STOCK_TAKEN" in text
    assert "reno ground 3 5 42.20" in text
    assert [path.name for path in tmp_path.iterdir()] == ["plan.html"]


def test_a_page_needs_nothing_beside_itself(solved: Run, tmp_path: Path) -> None:
    write_report(solved.folder, tmp_path / "plan.html")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|\bsrc=|\bhref=|@import|url\(", page)


def test_ids_cannot_break_the_page(solved: Run, tmp_path: Path) -> None:
    shutil.copytree(solved.folder, tmp_path / "plan")
    for file in ("shipments.csv", "unallocated.csv"):
        table = tmp_path / "plan" / file
        table.write_text(table.read_text().replace("reno", "<script>alert(1)</script>"))
    write_report(tmp_path / "plan", tmp_path / "plan.html")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_variants_in_numbers(study: Path, tmp_path: Path) -> None:
    write_report(study, tmp_path / "study.html")
    text = text_of((tmp_path / "study.html").read_text(encoding="utf-8"))
    assert "reno-closed 153.00 37.20 37.20 37.20 OPTIMAL" in text
    assert "splits-hurt 122.80 7.00 7.00 7.00 OPTIMAL" in text
    assert "Base: Costs in USD" in text


def test_the_scenario_adds_the_map(solved: Run, tmp_path: Path) -> None:
    write_report(solved.folder, tmp_path / "plan.html", solved.problem)
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert "<desc>newark 2 shipments; reno 3 shipments" not in page
    assert "<desc>reno 3 shipments; chicago 2 shipments; newark 2 shipments</desc>" in page
    assert page.count('<line class="flow"') == 7  # seven shipments to seven areas
    # Newark lies at the edge of the view, and has its name all the same.
    named = dict(re.findall(r'class="place" x="([\d.]+)" y="[\d.]+">(\w+)<', page))
    assert set(named.values()) == {"reno", "chicago", "newark"}
    assert max(map(float, named)) + 6 * len("newark") < 360
    text = text_of(page)
    assert re.search(r"reno 3 [\d,]+ [\d,]+ chicago 2", text)
    # Seattle lies at 47.61, -122.33 and Miami at 25.76, -80.19: north is up, and west is left.
    ends = [tuple(map(float, end)) for end in re.findall(r'class="flow" .*?x2="([\d.]+)" y2="([\d.]+)"', page)]
    assert min(ends)[1] < 0.3 * max(y for _, y in ends)
    land = re.search(r'<path class="land" d="([^"]*)"', page)
    assert land is not None
    assert land[1].count("M") >= 5


def test_the_scenario_adds_load_against_capacity(repository: Path, tmp_path: Path) -> None:
    run = run_folder(repository / "scenarios" / "peak-day", tmp_path / "plan")
    write_report(run.folder, tmp_path / "plan.html", run.problem)
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert "11-28 dallas work_h 2.5 of 2" in page
    assert 'text-anchor="end">11-28 atlanta shipments</text>' in page
    text = text_of(page)
    assert "11-28 dallas work_h 2.5 2 3 83 %" in text


def test_figures_as_pictures(solved: Run, tmp_path: Path) -> None:
    write_report(solved.folder, tmp_path / "plan.html", solved.problem, tmp_path / "pictures")
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names == [
        "01-cost-by-term-adding-up-to-the-total.png",
        "02-shipments-from-nodes-to-areas.png",
        "03-orders-by-number-of-shipments.png",
        "04-shipments-by-days-late.png",
        "05-shipments-by-node-the-busiest-first.png",
        "06-units-left-out-by-reason.png",
    ]
    for name in names:
        content = (tmp_path / "pictures" / name).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(content[16:20]) == 1_080
    assert len((tmp_path / "pictures" / names[1]).read_bytes()) > 10_000


def test_pictures_without_the_extra_are_refused(solved: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(InputError, match=r"dom-engine\[figures\]"):
        write_report(solved.folder, tmp_path / "plan.html", None, tmp_path / "pictures")
    assert list(tmp_path.iterdir()) == []


def test_another_problem_is_refused(study: Path, solved: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="answers another problem"):
        write_report(study / "reno-closed", tmp_path / "plan.html", solved.problem)
    assert list(tmp_path.iterdir()) == []


def test_a_study_that_moved_on_is_refused(study: Path, tmp_path: Path) -> None:
    shutil.copytree(study, tmp_path / "study")
    shutil.rmtree(tmp_path / "study" / "reno-closed")
    shutil.copytree(study / "base", tmp_path / "study" / "reno-closed")
    with pytest.raises(InputError, match="'reno-closed' was solved again since"):
        write_report(tmp_path / "study", tmp_path / "study.html")
    assert not (tmp_path / "study.html").exists()


@pytest.mark.parametrize("missing", ["summary.json", "shipments.csv"])
def test_what_is_no_result_is_refused(missing: str, solved: Run, tmp_path: Path) -> None:
    shutil.copytree(solved.folder, tmp_path / "plan")
    (tmp_path / "plan" / missing).unlink()
    with pytest.raises(InputError, match=missing):
        write_report(tmp_path / "plan", tmp_path / "plan.html")
    assert not (tmp_path / "plan.html").exists()


@pytest.mark.parametrize("width", [1100, 500])
def test_a_browser_shows_figures_sorts_and_filters(
    width: int, browser: str, study: Path, solved: Run, tmp_path: Path
) -> None:
    write_report(study, tmp_path / "study.html", solved.problem)
    page = (tmp_path / "study.html").read_text(encoding="utf-8")
    page = page.replace("</main>", f"{bars('Labels', [Bar(label, 1.0, '12,345,678.90') for label in LABELS])}</main>")
    (tmp_path / "probed.html").write_text(page.replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        f"--window-size={width},900",
    ]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", (tmp_path / "probed.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "CONSOLE" not in done.stderr, done.stderr
    (told,) = re.findall(r'data-probe="([^"]*)"', done.stdout)
    assert unescape(told) == (
        '{"cheapest":"split","dearest":"freight","sorted":"descending",'
        '"shown":["costs.late","raw_costs.late","costs.late","raw_costs.late"],"figures":8,"cut":[],"wide":false}'
    )
