# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of incidents and of what was done about them, in SQLite or PostgreSQL (private to this collection).

Several runs use it at the same time, and any of them may be killed: a transaction sees what the one before it has committed, and
what was not committed has not happened.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import time
import typing as t

from .._errors import CollectionError

try:
    import sqlalchemy as sa
except ImportError as exc:
    sa: t.Any = None  # type: ignore[no-redef]
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

__all__ = ["Ledger", "Transaction", "now", "sa", "tables"]

VERSION = "1"
# Any number will do, as long as nobody else locks it in the same PostgreSQL database.
_POSTGRESQL_LOCK = 7_355_608_213
# Seconds that a transaction waits for another one; each takes milliseconds.
_PATIENCE = 30.0

Transaction = t.Any


class Tables(t.NamedTuple):
    """The tables.

    :ivar targets: what was probed, when it was last up, since when it is known to be gone, and how many incidents it had.
    :ivar incidents: open while ``open_key`` is set, of which there is one for a target and a state.
    :ivar actions: one for an incident and an action; ``claim`` is the one run, and the one operation, that it was begun by.
    """

    metadata: t.Any
    settings: t.Any
    vnfs: t.Any
    targets: t.Any
    incidents: t.Any
    actions: t.Any


def _tables() -> Tables:
    metadata = sa.MetaData()
    text, number, seconds, json = sa.String, sa.Integer, sa.Float, sa.JSON

    def table(name: str, *columns: t.Any) -> t.Any:
        return sa.Table(f"vnf_policy_{name}", metadata, *columns)

    return Tables(
        metadata,
        table("settings", sa.Column("name", text(50), primary_key=True), sa.Column("value", text(50), nullable=False)),
        table("vnfs", sa.Column("id", text(255), primary_key=True), sa.Column("generation", number, nullable=False)),
        table(
            "targets",
            sa.Column("id", text(32), primary_key=True),
            sa.Column("up_at", seconds),
            sa.Column("gone_at", seconds),
            sa.Column("incidents", number, nullable=False),
        ),
        table(
            "incidents",
            sa.Column("id", text(32), primary_key=True),
            sa.Column("open_key", text(32), unique=True),
            sa.Column("target", text(32), nullable=False, index=True),
            sa.Column("vnf_id", text(255), nullable=False, index=True),
            sa.Column("vnf_name", text(255), nullable=False),
            sa.Column("project_id", text(255)),
            sa.Column("vnfc_id", text(255), nullable=False),
            sa.Column("vdu", text(255)),
            sa.Column("server_id", text(255)),
            sa.Column("place", text(255), nullable=False),
            sa.Column("state", text(20), nullable=False),
            sa.Column("generation", number, nullable=False),
            sa.Column("found_at", seconds, nullable=False),
            sa.Column("seen_at", seconds, nullable=False),
            sa.Column("opened_at", seconds, nullable=False),
            sa.Column("closed_at", seconds),
            sa.Column("closed_why", text(255)),
            sa.Column("up_at", seconds),
            sa.Column("reported", number, nullable=False),
            sa.Column("wanted", json, nullable=False),
            sa.Column("facts", json, nullable=False),
        ),
        table(
            "actions",
            sa.Column("id", text(32), primary_key=True),
            sa.Column("incident_id", text(32), nullable=False, index=True),
            sa.Column("vnf_id", text(255), nullable=False, index=True),
            sa.Column("name", text(20), nullable=False),
            sa.Column("wanted", json, nullable=False),
            sa.Column("status", text(20), nullable=False),
            sa.Column("reason", text(1000), nullable=False),
            sa.Column("claim", text(32), index=True),
            sa.Column("attempts", number, nullable=False),
            sa.Column("begun_at", seconds),
            sa.Column("ended_at", seconds),
            sa.Column("order", json),
        ),
    )


tables: t.Any = None if IMPORT_ERROR else _tables()


class Ledger:
    """Transactions on one ledger."""

    def __init__(self, place: str) -> None:
        """Open it, and make it if it is new.

        :param place: a path, or a ``postgresql://`` URL.
        :raises CollectionError: why it cannot be used; passwords are not in it.
        """
        if IMPORT_ERROR is not None:
            raise CollectionError(f"The ledger needs SQLAlchemy: {IMPORT_ERROR}. Next: pip install SQLAlchemy")
        self._shared = "://" in place
        try:
            self._engine, self.name = _postgresql(place) if self._shared else _sqlite(place)
            self._prepare()
        except (sa.exc.SQLAlchemyError, OSError, ImportError) as exc:
            raise _unusable(place, exc) from exc

    @contextlib.contextmanager
    def transaction(self) -> t.Iterator[Transaction]:
        """Open a transaction; those of all runs follow each other."""
        try:
            with self._engine.begin() as connection:
                if self._shared:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})")
                yield connection
        except sa.exc.SQLAlchemyError as exc:
            raise _unusable(self.name, exc) from exc

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _prepare(self) -> None:
        with self._engine.begin() as connection:
            if self._shared:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})")
            settings = tables.settings
            if not sa.inspect(connection).has_table(settings.name):
                tables.metadata.create_all(connection)
                connection.execute(settings.insert().values(name="schema", value=VERSION))
            found = connection.execute(sa.select(settings.c.value).where(settings.c.name == "schema")).scalar()
        if found != VERSION:
            raise CollectionError(
                f"The ledger {self.name} has version {found}, and only {VERSION} is known here. Next: give another ledger, or "
                "run the version of the collection that wrote it"
            )


def now() -> float:
    """The present, seconds since the epoch."""
    return time.time()


def _sqlite(place: str) -> tuple[t.Any, str]:
    path = pathlib.Path(place).expanduser()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Nobody else reads who has which VNFs.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": _PATIENCE, "isolation_level": None})

    # sqlite3 would begin a transaction at the first write, after what it is decided by was read.
    @sa.event.listens_for(engine, "begin")
    def begin(connection: t.Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine, str(path)


def _postgresql(place: str) -> tuple[t.Any, str]:
    url = sa.make_url(place).set(drivername="postgresql+psycopg")
    if url.password is not None:
        raise CollectionError(
            "A password in the URL of the ledger would be logged. Next: put it into the file that PGPASSFILE names"
        )
    if not place.startswith("postgresql"):
        raise CollectionError(f"The ledger is a file, or a postgresql:// URL, not {url.render_as_string(hide_password=True)}")
    engine = sa.create_engine(url, pool_size=1, max_overflow=0, connect_args={"connect_timeout": 10})
    return engine, url.render_as_string(hide_password=True)


def _unusable(place: str, exc: Exception) -> CollectionError:
    name = sa.make_url(place).render_as_string(hide_password=True) if "://" in place and "***" not in place else place
    words = str(getattr(exc, "orig", None) or exc).strip().splitlines()
    return CollectionError(f"The ledger {name} cannot be used: {words[0] if words else type(exc).__name__}")
