"""The catalogue of a sweep: one SQLite file that says what is to be run, what is done and what it gave.

Only the coordinator writes; anybody may read while it grows (write-ahead logging).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

PENDING, RUNNING, DONE, INFEASIBLE, FAILED = "pending", "running", "done", "infeasible", "failed"
FINISHED = (DONE, INFEASIBLE)
"""States that are kept when a sweep is taken up again."""
ROOM_TO_WRITE = 1_000_000
"""Bytes free below which a disk is as good as full: SQLite writes a log and shared memory beside."""

_TABLE = """
create table if not exists runs (
    key text primary key,
    name text not null,
    settings text not null,
    state text not null,
    attempts integer not null default 0,
    worker text,
    started text,
    ended text,
    status text,
    objective real,
    bound real,
    footprints integer,
    seconds real,
    folder text,
    message text
)
"""


@dataclass(frozen=True)
class Entry:
    """One run that a sweep asks for: its key, name and the settings that differ."""

    key: str
    name: str
    settings: Mapping[str, object]


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=60)) as connection:
            connection.execute("pragma journal_mode=wal")
            connection.execute("pragma synchronous=normal")
            with connection:
                yield connection
    except sqlite3.OperationalError as error:
        raise _as_system_error(error, path) from error


def _as_system_error(error: sqlite3.OperationalError, path: Path) -> OSError:
    """What SQLite could not do, as the system would say it; a full disk it calls by many names."""
    if shutil.disk_usage(path.parent).free < ROOM_TO_WRITE:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    return OSError(errno.EIO, str(error), str(path))


class Catalogue:
    """The catalogue at a path; made when it is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with _open(path) as connection:
            connection.execute(_TABLE)

    def enter(self, entries: Sequence[Entry]) -> None:
        """Add runs that are new; those that are there keep their state."""
        rows = [(e.key, e.name, json.dumps(e.settings, sort_keys=True), PENDING) for e in entries]
        with _open(self.path) as connection:
            connection.executemany(
                "insert or ignore into runs (key, name, settings, state) values (?, ?, ?, ?)", rows
            )

    def release(self) -> int:
        """Runs that no worker holds any more, and failed ones, are to be run again; how many."""
        with _open(self.path) as connection:
            done = connection.execute(
                "update runs set state = ?, attempts = 0, worker = null where state in (?, ?)",
                (PENDING, RUNNING, FAILED),
            )
            return done.rowcount

    def start(self, key: str, worker: str) -> None:
        """A worker has taken a run."""
        with _open(self.path) as connection:
            connection.execute(
                "update runs set state = ?, worker = ?, attempts = attempts + 1, "
                "started = datetime('now'), ended = null where key = ?",
                (RUNNING, worker, key),
            )

    def finish(self, key: str, state: str, result: Mapping[str, object]) -> None:
        """Note that a run has ended.

        Args:
            key: the run.
            state: how it ended.
            result: status, objective, bound, footprints, seconds, folder and message, where known.
        """
        names = ("status", "objective", "bound", "footprints", "seconds", "folder", "message")
        values = [result.get(name) for name in names]
        with _open(self.path) as connection:
            connection.execute(
                f"update runs set state = ?, ended = datetime('now'), "
                f"{', '.join(f'{name} = ?' for name in names)} where key = ?",
                (state, *values, key),
            )

    def attempts(self, key: str) -> int:
        """How often a run was started since the sweep was last taken up."""
        with _open(self.path) as connection:
            row = connection.execute("select attempts from runs where key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def read(self) -> pd.DataFrame:
        """One row per run, in the order they were entered."""
        with _open(self.path) as connection:
            return pd.read_sql_query("select * from runs order by rowid", connection)
