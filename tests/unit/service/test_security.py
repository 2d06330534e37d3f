"""Tokens, tenants and who is turned away."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.errors import InputError
from dom_engine.service.security import Gate, Tls, Tokens, is_tenant

ANYONES, ACMES = "anyone-0123456789", "acme-0123456789ab"


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text(f"# who may call\n\n{ANYONES}\n{ACMES}  acme\n")
    return path


def code_of(answer: str | Status) -> int:
    assert isinstance(answer, Status)
    return answer.code


def test_a_token_says_its_tenant(file: Path) -> None:
    tokens = Tokens(file)
    assert [tokens.tenant_of(token) for token in (ANYONES, ACMES, "unknown", "")] == ["", "acme", None, None]


def test_a_gate_wants_a_token_it_knows(file: Path) -> None:
    gate = Gate(Tokens(file))
    assert code_of(gate.tenant(None)) == Code.UNAUTHENTICATED
    assert code_of(gate.tenant([("authorization", "Bearer unknown")])) == Code.UNAUTHENTICATED
    assert code_of(gate.tenant([("authorization", f"Basic {ANYONES}")])) == Code.UNAUTHENTICATED
    assert gate.tenant([("authorization", f"Bearer {ANYONES}")]) == ""
    assert gate.tenant([("authorization", f"bearer {ANYONES}"), ("x-tenant", "acme")]) == "acme"


def test_a_tenants_token_is_for_that_tenant_alone(file: Path) -> None:
    gate = Gate(Tokens(file))
    known = ("authorization", f"Bearer {ACMES}")
    assert gate.tenant([known]) == "acme"
    assert gate.tenant([known, ("x-tenant", "acme")]) == "acme"
    assert code_of(gate.tenant([known, ("x-tenant", "other")])) == Code.PERMISSION_DENIED


def test_without_tokens_a_tenant_is_who_it_says() -> None:
    assert Gate().tenant(()) == ""
    assert Gate().tenant([("x-tenant", "acme")]) == "acme"
    assert code_of(Gate().tenant([("x-tenant", "a" * 65)])) == Code.INVALID_ARGUMENT


@pytest.mark.parametrize(("name", "expected"), [("", True), ("acme-1", True), ("a b", False), ("ä", False)])
def test_a_tenants_name_is_printable(name: str, expected: bool) -> None:
    assert is_tenant(name) is expected


def test_a_changed_file_is_read_again_and_a_broken_one_is_not(file: Path) -> None:
    clock = Clock()
    tokens = Tokens(file, clock)
    file.write_text("a-new-token-0123456789\n")
    assert tokens.tenant_of(ANYONES) == ""  # it has just looked
    clock.now_s += 2
    assert tokens.tenant_of(ANYONES) is None
    assert tokens.tenant_of("a-new-token-0123456789") == ""
    for broken in ("short\n", ""):
        file.write_text(broken)
        clock.now_s += 2
        assert tokens.tenant_of("a-new-token-0123456789") == ""
    file.unlink()
    clock.now_s += 2
    assert tokens.tenant_of("a-new-token-0123456789") == ""


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ("\nshort\n", 2, "at least 16 characters"),
        (f"{ANYONES} a tenant\n", 1, "at most a tenant's name"),
        (f"{ANYONES} ä\n", 1, "at most a tenant's name"),
        ("# none\n", 0, "holds no token"),
    ],
)
def test_a_token_file_is_checked(tmp_path: Path, text: str, row: int, message: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Tokens(path)
    (fault,) = caught.value.faults
    assert (fault.file, fault.row) == (str(path), row)
    assert message in fault.message
    assert "short" not in fault.message


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(InputError, match="cannot be read"):
        Tokens(missing)
    with pytest.raises(InputError, match="cannot be read"):
        Tls(missing, missing).credentials()
