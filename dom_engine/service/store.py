"""The job store: an SQLite file of jobs and their answers. Everything in it is committed before it is told."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path

from dom_engine.errors import InputError, InternalError

FORMAT = 1
_BUSY_S = 0.5

PAGE_BYTES = 2 * 2**20
"""About the most that the answers of a page weigh: half of what a client takes unless told otherwise."""
_SCHEMA = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    request_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    request BLOB NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    submitted_s REAL NOT NULL,
    ended_s REAL,
    response BLOB,
    status BLOB
) STRICT;
CREATE UNIQUE INDEX by_request_id ON jobs (tenant, request_id) WHERE request_id <> '';
CREATE INDEX by_state ON jobs (state);
"""


class StoreError(InternalError):
    """The store could not be read or written; ``full``: for want of room on its disk."""

    def __init__(self, error: sqlite3.Error) -> None:
        super().__init__(f"the store of jobs: {error}")
        self.full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL


class State(IntEnum):
    """Where a job stands; the numbers are those of ``JobMetadata.State``."""

    WAITING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    CANCELLED = 5

    @property
    def done(self) -> bool:
        """Whether it will not change any more."""
        return self >= State.SUCCEEDED


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as stored; instants in seconds since 1970, ``response`` and ``status`` serialised."""

    number: int
    name: str
    tenant: str
    request_id: str
    digest: bytes
    state: State
    attempts: int
    submitted_s: float
    ended_s: float | None
    response: bytes | None
    status: bytes | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, and whether there are more."""

    rows: list[JobRow]
    more: bool


_COLUMNS = ", ".join(field.name for field in fields(JobRow))


class Store:
    """The jobs of one server. Not for several threads at once.

    Raises
    ------
    InputError
        When the file is no job store of this format, or another server has it.
    sqlite3.Error
        By any method, when the disk is full or fails; nothing is half written then.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            # One server, one store: two would rerun each other's jobs.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._prepare(path)
        except sqlite3.Error as error:
            raise InputError.single(str(path), f"is no job store to be used: {error}", code="STORE") from None

    def _prepare(self, path: Path) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")
        elif version != FORMAT:
            raise InputError.single(str(path), f"is a job store of format {version}, not {FORMAT}", code="STORE")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def add(self, name: str, tenant: str, request_id: str, digest: bytes, request: bytes, now_s: float) -> JobRow:
        """A new job, waiting; where the tenant has one of that request id, that one."""
        self._db.execute(
            "INSERT INTO jobs (name, tenant, request_id, digest, request, state, attempts, submitted_s) "
            "VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING",
            (name, tenant, request_id, digest, request, State.WAITING, now_s),
        )
        found = self._one("name = ? OR (tenant = ? AND request_id = ? AND request_id <> '')", name, tenant, request_id)
        assert found is not None
        return found

    def get(self, name: str, tenant: str) -> JobRow | None:
        """A tenant's job."""
        return self._one("name = ? AND tenant = ?", name, tenant)

    def page(self, tenant: str, after: int, size: int, done: bool | None) -> Page:
        """A tenant's jobs with a number beyond ``after``, the oldest first, all of them or those (not) done.

        At least one, where there is any, then as many as ``PAGE_BYTES`` of answers hold.
        """
        where = {None: "", True: f"AND state >= {State.SUCCEEDED}", False: f"AND state < {State.SUCCEEDED}"}[done]
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE tenant = ? AND number > ? {where} ORDER BY number LIMIT ?",
            (tenant, after, size + 1),
        )
        found: list[JobRow] = []
        weight = 0
        for row in map(_row, rows):
            weight += len(row.response or b"")
            if found and (weight > PAGE_BYTES or len(found) == size):
                return Page(found, more=True)
            found.append(row)
        return Page(found, more=False)

    def unfinished(self) -> list[JobRow]:
        """Jobs that wait or run, the oldest first."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE state < ? ORDER BY number", (State.SUCCEEDED,))
        return [_row(row) for row in rows]

    def request(self, name: str) -> bytes:
        """A job's request, serialised."""
        (request,) = self._db.execute("SELECT request FROM jobs WHERE name = ?", (name,)).fetchone()
        return bytes(request)

    def begin(self, name: str) -> None:
        """A worker has begun with a job."""
        self._db.execute(
            "UPDATE jobs SET state = ?, attempts = attempts + 1 WHERE name = ? AND state < ?",
            (State.RUNNING, name, State.SUCCEEDED),
        )

    def suspend(self) -> None:
        """Let what runs wait for the next start; an orderly end is no attempt that failed."""
        self._db.execute(
            "UPDATE jobs SET state = ?, attempts = attempts - 1 WHERE state = ?", (State.WAITING, State.RUNNING)
        )

    def end(self, name: str, state: State, now_s: float, response: bytes | None, status: bytes | None) -> None:
        """A job that is not done yet is done; what it was asked is kept no longer."""
        self._db.execute(
            "UPDATE jobs SET state = ?, ended_s = ?, response = ?, status = ?, request = x'' "
            "WHERE name = ? AND state < ?",
            (state, now_s, response, status, name, State.SUCCEEDED),
        )

    def delete(self, name: str) -> None:
        """Forget a job."""
        self._db.execute("DELETE FROM jobs WHERE name = ?", (name,))

    def forget(self, before_s: float) -> None:
        """Forget jobs that were done before an instant."""
        self._db.execute("DELETE FROM jobs WHERE ended_s < ?", (before_s,))

    def _one(self, where: str, *values: object) -> JobRow | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE {where} ORDER BY number LIMIT 1", values).fetchone()
        return None if row is None else _row(row)


def _row(row: tuple[object, ...]) -> JobRow:
    named = dict(zip((field.name for field in fields(JobRow)), row, strict=True))
    state = named.pop("state")
    assert isinstance(state, int)
    return JobRow(state=State(state), **named)  # type: ignore[arg-type]  # STRICT: the columns have these types
