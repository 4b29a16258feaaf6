# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database: one writer at a time, readers never wait."""

from __future__ import annotations

import contextlib
import pathlib
import threading
import typing as t

from ..libraries import alembic, orm, sa
from ..models import SessionRow

_MIGRATIONS = pathlib.Path(__file__).resolve().parent.parent / "migrations"
_FOR_WRITING = "nfv_for_writing"
# Any number will do, as long as nobody else locks it in the same PostgreSQL database.
_POSTGRESQL_LOCK = 7_355_608_211

# An error of the database must not quote what was to be written: there are secrets in it.
_POOL: dict[str, t.Any] = {"pool_size": 10, "max_overflow": 30, "hide_parameters": True}


class Store:
    """Hands out transactions. Writing ones follow each other, so what one has read stays true until it commits."""

    def __init__(self, url: str, busy_timeout: int = 30) -> None:
        """Open the database; nothing is connected before the first transaction."""
        parsed = sa.make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if not parsed.database or parsed.database == ":memory:":
                raise ValueError("[database] connection must name a file; a database in memory would forget the sessions")
            connect = {"timeout": busy_timeout, "check_same_thread": False}
            self._engine = sa.create_engine(parsed, connect_args=connect, **_POOL)
            sa.event.listen(self._engine, "connect", _sqlite_connect)
        else:
            self._engine = sa.create_engine(parsed, pool_pre_ping=True, **_POOL)
        sa.event.listen(self._engine, "begin", self._begin)
        self._writing = self._engine.execution_options(**{_FOR_WRITING: True})
        self._writer = threading.Lock()
        self._read_session = orm.sessionmaker(self._engine, expire_on_commit=False)
        self._write_session = orm.sessionmaker(self._writing, expire_on_commit=False)

    def _begin(self, connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(_FOR_WRITING)
        if self.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        elif writes:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})")

    @contextlib.contextmanager
    def read(self) -> t.Iterator[orm.Session]:
        """Open a transaction that only reads."""
        with self._read_session() as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> t.Iterator[orm.Session]:
        """Open a transaction that writes; it waits for its turn before it reads anything, and commits at the end."""
        with self._writer, self._write_session.begin() as session:
            session.connection()
            yield session

    def upgrade(self) -> None:
        """Bring the tables to the newest revision."""
        config = alembic.config.Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self._writer, self._writing.begin() as connection:
            config.attributes["connection"] = connection
            try:
                alembic.command.upgrade(config, "head")
            except alembic.util.CommandError as exc:
                raise ValueError(f"the database has a revision that this version does not know: {exc}") from exc

    def ping(self) -> None:
        """Raise when the database does not answer."""
        with self.read() as session:
            session.execute(sa.select(sa.func.count()).select_from(SessionRow))

    @property
    def engine(self) -> sa.Engine:
        """The engine, for tests that look at the tables themselves."""
        return self._engine

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _sqlite_connect(connection: t.Any, record: object) -> None:
    # The driver begins transactions when it likes; "begin" above does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # A commit that was answered for survives a power cut, not only a killed process.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
