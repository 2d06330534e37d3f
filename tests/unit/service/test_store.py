"""The job store keeps what it was told, whoever opens it next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from dom_engine.errors import InputError
from dom_engine.service.store import PAGE_BYTES, Page, State, Store, StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def add(store: Store, name: str, tenant: str = "t", request_id: str = "", digest: bytes = b"d") -> None:
    store.add(name, tenant, request_id, digest, b"request of " + name.encode(), 100.0)


def names(page: Page) -> list[str]:
    return [row.name for row in page.rows] + ["..."] * page.more


def test_a_job_goes_its_way(store: Store) -> None:
    add(store, "a")
    assert [(row.name, row.state, row.attempts) for row in store.unfinished()] == [("a", State.WAITING, 0)]
    assert store.request("a") == b"request of a"
    store.begin("a")
    store.end("a", State.SUCCEEDED, 200.0, b"response", None)
    store.end("a", State.CANCELLED, 300.0, None, b"too late")
    store.begin("a")
    row = store.get("a", "t")
    assert row is not None
    assert (row.state, row.attempts, row.ended_s, row.response, row.status) == (
        State.SUCCEEDED,
        1,
        200.0,
        b"response",
        None,
    )
    assert store.unfinished() == []
    assert store.request("a") == b""


def test_it_survives_its_process(path: Path) -> None:
    first = Store(path)
    add(first, "a", request_id="id")
    first.begin("a")
    first.close()
    again = Store(path)
    (row,) = again.unfinished()
    assert (row.name, row.request_id, row.digest, row.state, row.attempts) == ("a", "id", b"d", State.RUNNING, 1)
    again.suspend()
    (row,) = again.unfinished()
    assert (row.state, row.attempts) == (State.WAITING, 0)
    again.close()


def test_one_request_id_is_one_job_of_a_tenant(store: Store) -> None:
    first = store.add("a", "t", "id", b"d", b"", 1.0)
    assert store.add("b", "t", "id", b"other", b"", 2.0) == first
    assert store.add("c", "u", "id", b"d", b"", 2.0).name == "c"
    assert store.add("d", "t", "", b"d", b"", 2.0).name == "d"
    assert store.add("e", "t", "", b"d", b"", 2.0).name == "e"


def test_tenants_see_their_own(store: Store) -> None:
    for number in range(5):
        add(store, f"a{number}")
    add(store, "b", tenant="u")
    store.end("a1", State.FAILED, 150.0, None, b"status")
    assert store.get("b", "t") is None
    assert names(store.page("t", 0, 3, None)) == ["a0", "a1", "a2", "..."]
    assert names(store.page("t", 3, 3, None)) == ["a3", "a4"]
    assert names(store.page("t", 2, 3, None)) == ["a2", "a3", "a4"]
    assert names(store.page("t", 0, 9, True)) == ["a1"]
    assert names(store.page("t", 0, 9, False)) == ["a0", "a2", "a3", "a4"]


def test_a_page_holds_no_more_answers_than_a_client_takes(store: Store) -> None:
    for name, weight in (("a", PAGE_BYTES + 1), ("b", PAGE_BYTES), ("c", 1), ("d", 0)):
        add(store, name)
        store.end(name, State.SUCCEEDED, 150.0, bytes(weight), None)
    pages, after = [], 0
    while True:
        page = store.page("t", after, 9, None)
        pages.append(names(page))
        if not page.more:
            break
        after = page.rows[-1].number
    assert pages == [["a", "..."], ["b", "..."], ["c", "d"]]


def test_a_full_disk_loses_nothing_and_is_told(store: Store) -> None:
    add(store, "a")
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError) as caught:
        store.add("b", "t", "", b"d", bytes(10**5), 2.0)
    assert StoreError(caught.value).full
    with pytest.raises(sqlite3.OperationalError):
        store.end("a", State.SUCCEEDED, 2.0, bytes(10**5), None)
    assert [(row.name, row.state) for row in store.unfinished()] == [("a", State.WAITING)]
    assert store.request("a") == b"request of a"
    store._db.execute("PRAGMA max_page_count = 10000")
    store.end("a", State.SUCCEEDED, 2.0, bytes(10**5), None)
    assert store.unfinished() == []


def test_what_is_done_is_forgotten_in_time(store: Store) -> None:
    for name, ended_s in (("a", 150.0), ("b", 250.0)):
        add(store, name)
        store.end(name, State.CANCELLED, ended_s, None, None)
    add(store, "c")
    store.forget(200.0)
    assert names(store.page("t", 0, 9, None)) == ["b", "c"]
    store.delete("b")
    assert store.get("b", "t") is None


def test_two_servers_do_not_share_a_store(store: Store, path: Path) -> None:
    add(store, "a")
    with pytest.raises(InputError, match="is no job store to be used"):
        Store(path)


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no database, but long enough to be looked at as one" * 30)
    with pytest.raises(InputError, match="is no job store"):
        Store(text)
    newer = tmp_path / "newer"
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(InputError, match="format 99"):
        Store(newer)
