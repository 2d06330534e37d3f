"""An interrupt at any moment: no program is begun after it, and next to nothing is priced but for the certificate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dom_engine.formulation import build_model
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers import execution, pricing
from solvers.incumbent import Progress
from solvers.model import SourcingModel
from solvers.portfolio import Settings, solve
from solvers.program import Answer, Task
from solvers.stop import Stop
from solvers.workers import Worker

MOMENTS = 3

SPECS = {
    "together": Spec(30, 5, 20, "tight"),
    "apart": Spec(45, 6, 30, "comfortable", regions=3),
    "many": Spec(420, 10, 200, "tight", seed=2),
    "days": Spec(25, 4, 20, "tight", services=2, days=3, daily_capacity=True),
}


@pytest.fixture(scope="module", params=SPECS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SourcingModel:
    folder: Path = tmp_path_factory.mktemp("batch")
    write_scenario(generate(SPECS[request.param]), folder)
    return build_model(load_scenario(folder)).model


class Watched:
    """A run that is interrupted at its n-th event, and what is begun after that."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.stop, self.left, self.events = Stop(), -1, 0
        self.begun: list[str] = []
        self.priced = 0
        begin, price, here = Worker.begin, pricing.price_by_states, execution._try_here

        def begun(worker: Worker, task: Task, seconds: float) -> None:
            self._note(f"{task.kind} in a process")
            begin(worker, task, seconds)

        def tried(task: Task, seconds: float) -> Answer | None:
            self._note(f"{task.kind} here")
            return here(task, seconds)

        def priced(*words: object) -> object:
            self.priced += self.stop.is_interrupted
            return price(*words)  # type: ignore[arg-type]

        patch.setattr(Worker, "begin", begun)
        patch.setattr(execution, "_try_here", tried)
        patch.setattr(pricing, "price_by_states", priced)

    def _note(self, what: str) -> None:
        if self.stop.is_interrupted:
            self.begun.append(what)

    def watch(self, _: Progress) -> None:
        self.events += 1
        if self.events == self.left:
            self.stop.interrupt()

    def run(self, model: SourcingModel, interrupt_at: int = -1) -> None:
        self.stop, self.left, self.events, self.priced = Stop(work_limit=8_000), interrupt_at, 0, 0
        everyone = np.arange(model.num_orders, dtype=np.int32)
        solve(model, Settings("auto", 2e-3, 0, 1, everyone), self.stop, self.watch)


def test_nothing_is_begun_after_an_interrupt(model: SourcingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    watched.run(model)
    assert watched.events > MOMENTS
    rng = np.random.default_rng(0)
    for moment in rng.integers(1, watched.events, MOMENTS).tolist():
        watched.run(model, moment)
        assert watched.stop.is_interrupted
        assert watched.begun == []
        # A part's certificate and the whole's price at two sets of prices each; one shard may be being priced.
        assert watched.priced <= 5
