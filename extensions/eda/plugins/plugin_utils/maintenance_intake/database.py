# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of the journal: opened, locked for this process, of a known version."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from . import schema
from .errors import ArgumentError
from .log import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

# Any number will do, as long as nobody else locks it in the same PostgreSQL database.
_POSTGRESQL_LOCK = 7_355_608_212
_WAL_LIMIT = 16 * 1024 * 1024


class Database:
    """Hands out transactions, which follow each other: what one has read stays true until it commits."""

    def __init__(self, journal: str) -> None:
        """Open the journal, a path or a postgresql:// URL; ArgumentError says why it cannot be used."""
        self.is_shared = "://" in journal
        self._held: int | None = None
        if self.is_shared:
            url = sa.make_url(journal).set(drivername="postgresql+psycopg")
            self.name = url.render_as_string(hide_password=True)
            self._engine = _postgresql(url)
        else:
            path = Path(journal)
            self.name = journal
            self._held = _hold(path)
            try:
                self._engine = _sqlite(path)
            except BaseException:
                self.close()
                raise
        try:
            self.key = self._prepare()
        except sa.exc.SQLAlchemyError as exc:
            self.close()
            raise ArgumentError(f"the journal {self.name} cannot be used: {_plain(exc)}") from None
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[tuple[sa.Connection, float]]:
        """Open a transaction; with the time, which all that share the database agree on."""
        with self._engine.begin() as connection:
            if not self.is_shared:
                yield connection, time.time()
                return
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})")
            yield connection, float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())

    def close(self) -> None:
        """Close the database and let another process have it."""
        if hasattr(self, "_engine"):
            self._engine.dispose()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _prepare(self) -> bytes:
        """Make the tables of a new journal, and return the key that its capabilities are made with."""
        with self.transaction() as (connection, _now):
            if not sa.inspect(connection).has_table(schema.settings.name):
                schema.metadata.create_all(connection)
                first = {"schema": schema.VERSION, "key": secrets.token_hex(32), "token": "0"}
                connection.execute(schema.settings.insert(), [{"name": name, "value": value} for name, value in first.items()])
            rows = connection.execute(sa.select(schema.settings.c.name, schema.settings.c.value)).all()
        found: dict[str, str] = {row.name: row.value for row in rows}
        if found.get("schema") != schema.VERSION:
            raise ArgumentError(
                f"the journal {self.name} has version {found.get('schema')} and only {schema.VERSION} is known here; run the "
                "version of the collection that wrote it until all is handled, or give another journal"
            )
        return bytes.fromhex(found["key"])


def _postgresql(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError:
        raise ArgumentError("a journal in PostgreSQL needs psycopg; run: pip install psycopg[binary]") from None


def _hold(path: Path) -> int:
    """Take the file for this process alone; the lock ends with the process, however that ends."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A file of its own: SQLite's locks on the database end when anybody in the process closes it.
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        raise ArgumentError(f"the journal {path} cannot be made: {exc.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise ArgumentError(f"the journal {path} is in use by process {holder}; each listener needs its own") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _sqlite(path: Path) -> sa.Engine:
    _check_file(path)
    if (trouble := _trouble(path)) is not None:
        _set_aside(path, trouble)
        _check_file(path)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"check_same_thread": False}, poolclass=sa.pool.StaticPool
    )
    sa.event.listen(engine, "connect", _connected)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _check_file(path: Path) -> None:
    """Make the file, or see that it is nobody else's."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        raise ArgumentError(f"the journal {path} cannot be opened: {exc.strerror}") from None
    found = os.fstat(descriptor)
    os.close(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise ArgumentError(f"the journal {path} is not a regular file of this user")
    if found.st_mode & 0o077:
        raise ArgumentError(f"the journal {path} is open to other users; run: chmod 600 {path}")


def _trouble(path: Path) -> str | None:
    """Say what is wrong with the file of a journal, None when it is sound."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except sa.exc.OperationalError as exc:
        raise ArgumentError(f"the journal {path} cannot be opened: {_plain(exc)}") from None
    except sa.exc.DatabaseError as exc:
        return _plain(exc)
    return None if found == "ok" else str(found)


def _set_aside(path: Path, trouble: str) -> None:
    kept = f"{path}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{ending}").rename(f"{kept}{ending}")
    logger.error(
        "The journal %s is corrupt (%s) and was set aside as %s. A new one is begun: what had been accepted and was not yet over "
        "is not handed on any more; look at the open maintenance sessions",
        path,
        trouble,
        kept,
    )


def _connected(connection: Any, _record: Any) -> None:
    # The driver's own transactions would begin too late; see the listener on "begin".
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT}")


def _plain(exc: sa.exc.SQLAlchemyError) -> str:
    """Return the database's own words, without the statement and its parameters."""
    return str(getattr(exc, "orig", None) or exc).strip().splitlines()[0]
