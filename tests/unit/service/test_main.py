"""Flags and their limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine.errors import InputError
from dom_engine.service import main as main_module
from dom_engine.service.admission import Limits
from dom_engine.service.calls import budget_s
from dom_engine.service.main import is_loopback, main
from dom_engine.service.pool import Slots
from dom_engine.service.security import Tls
from dom_engine.service.server import Options


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """The options of servers that would have run."""
    options: list[Options] = []

    async def serve(chosen: Options) -> None:
        options.append(chosen)

    monkeypatch.setattr(main_module, "serve", serve)
    return options


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.1.2.3", False),
        ("db.example.org", False),
        ("", False),
    ],
)
def test_loopback_is_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_defaults_are_safe(served: list[Options]) -> None:
    assert main([]) == 0
    assert served == [Options()]
    assert is_loopback(Options().host)
    assert Options().reflection is False


def test_flags_reach_the_server(served: list[Options]) -> None:
    flags = (
        "--host ::1 --port 0 --reflection --workers 3 --small-workers 0 --spare-workers 2 --grace 1.5 "
        "--max-message-mb 8 --small-kb 1 --queue 7 --queue-mb 5 --tenant-limit 2 --max-solve-s 9 "
        "--metrics-port 0 --tokens t --tls-cert c --tls-key k --tls-client-ca a --jobs j --job-keep-h 0.5"
    )
    assert main(flags.split()) == 0
    assert served == [
        Options(
            host="::1",
            port=0,
            reflection=True,
            slots=Slots(3, 0, 2),
            limits=Limits(1_024, 7, 5 * 2**20, 2),
            max_solve_s=9.0,
            grace_s=1.5,
            max_message_bytes=8 * 2**20,
            tls=Tls(Path("c"), Path("k"), Path("a")),
            tokens=Path("t"),
            metrics_port=0,
            jobs=Path("j"),
            job_keep_s=1_800.0,
        )
    ]


def test_plain_text_beyond_this_machine_must_be_asked_for(
    served: list[Options], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--host", "0.0.0.0"])
    assert caught.value.code == 2
    assert "--insecure" in capsys.readouterr().err
    assert served == []
    assert main(["--host", "0.0.0.0", "--insecure"]) == 0
    assert main(["--host", "0.0.0.0", "--tls-cert", "c", "--tls-key", "k"]) == 0
    assert [options.host for options in served] == ["0.0.0.0", "0.0.0.0"]


@pytest.mark.parametrize(
    "flags",
    [
        "--tls-cert c",
        "--tls-key k",
        "--tls-client-ca a",
        "--small-workers -1",
        "--log-format xml",
        "--port 65536",
        "--port -1",
        "--port x",
        "--workers 0",
        "--grace -1",
        "--grace inf",
        "--max-message-mb 0",
    ],
)
def test_bad_usage_is_exit_code_2(flags: str, served: list[Options]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(flags.split())
    assert caught.value.code == 2
    assert served == []


@pytest.mark.parametrize(
    "error",
    [OSError("cannot listen on 127.0.0.1:1"), InputError.single("tokens", "cannot listen to nobody")],
)
def test_what_the_caller_got_wrong_is_bad_usage(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def serve(chosen: Options) -> None:
        raise error

    monkeypatch.setattr(main_module, "serve", serve)
    assert main([]) == 2
    assert "cannot listen" in capsys.readouterr().err


def test_the_budget_leaves_time_for_the_way_back() -> None:
    assert budget_s(None) == float("inf")
    assert budget_s(None, 60.0) == 60.0
    assert budget_s(600.0, 60.0) == 60.0
    assert budget_s(0.0) == 0.0
    assert budget_s(0.2) == pytest.approx(0.1)
    assert budget_s(10.0) == pytest.approx(7.75)
    assert budget_s(600.0) == pytest.approx(590.0)
