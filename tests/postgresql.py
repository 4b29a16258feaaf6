# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PostgreSQL of the tests' own, where its programs are there."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time
import typing as t
import uuid

import pytest
import sqlalchemy as sa


def _places() -> str:
    """Where programs are looked for; Debian keeps those of a server beside the PATH, one folder for each version."""
    versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, versions)])


@contextlib.contextmanager
def server() -> t.Iterator[str]:
    """Start one on a socket and give its URL; skips the test where it is not installed."""
    programs = {name: shutil.which(name, path=_places()) for name in ("initdb", "postgres")}
    pytest.importorskip("psycopg")
    if None in programs.values():
        pytest.skip("PostgreSQL is not installed")
    folder = pathlib.Path("/tmp") / f"nfv-pg-{uuid.uuid4().hex[:8]}"  # a socket's path has an end, pytest's folders are deep
    folder.mkdir()
    # PostgreSQL refuses to be run by root.
    other: dict[str, t.Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    if other:
        shutil.chown(folder, other["user"], other["group"])
    data = str(folder / "data")
    made = subprocess.run(
        [str(programs["initdb"]), "-D", data, "-A", "trust", "-U", "nfv", "--no-sync"],
        capture_output=True, text=True, check=False, cwd="/tmp", **other,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"initdb: {made.stderr.strip().splitlines()[-1:]}")
    command = [str(programs["postgres"]), "-D", data, "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/tmp", **other)
    url = f"postgresql+psycopg://nfv@/postgres?host={folder}"
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                sa.create_engine(url).connect().close()
                break
            except sa.exc.OperationalError:
                if time.monotonic() > deadline or running.poll() is not None:
                    pytest.skip("PostgreSQL did not start")
                time.sleep(0.1)
        yield url
    finally:
        running.send_signal(signal.SIGINT)  # SIGTERM would wait for its clients
        running.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def database(url: str) -> str:
    """Make an empty database and return its URL."""
    name = f"test_{uuid.uuid4().hex}"
    with sa.create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return str(sa.make_url(url).set(database=name).render_as_string(hide_password=False))
