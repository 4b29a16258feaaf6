# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker's API and its conductor as threads of one process: tacker_server.py --config-file FILE.

The two talk over oslo.messaging's transport within a process, so nothing can be lost between them, and the tables are made
from Tacker's models, because its migrations do not run on SQLite.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import typing as t
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)  # before anything else imports oslo.service

from oslo_config import cfg
from sqlalchemy import event
from tacker import objects
from tacker import service as tacker_service
from tacker.common import config as tacker_config
from tacker.common import topics
from tacker.conductor import conductor_server
from tacker.db import api as db_api
from tacker.db import model_base
from tacker.sol_refactored import objects as sol_objects
from tacker.sol_refactored.infra_drivers.openstack import heat_utils

# They declare their tables when they are imported.
for module in ("tacker.db.db_sqlalchemy.models", "tacker.db.migration.models.head"):
    importlib.import_module(module)

CONF = cfg.CONF
# Seconds. Tacker itself looks at a stack every 5 seconds, of which half would be lost with every change of one.
LOOK_EVERY = 0.5


class Server(ThreadingMixIn, WSGIServer):
    """A thread a request."""

    daemon_threads = True
    request_queue_size = 64


class Handler(WSGIRequestHandler):
    """Says nothing of its own."""

    def log_message(self, *_args: t.Any) -> None:
        """Tacker's own log tells of each request."""


def make_schema() -> None:
    """All tables, on a database that bears several writers."""
    engine = db_api.get_engine()

    @event.listens_for(engine, "connect")
    def _settings(connection: t.Any, _record: t.Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA busy_timeout=15000")

    engine.dispose()
    model_base.BASE.metadata.create_all(engine)


def main(look_every: float = LOOK_EVERY) -> None:
    """Serve until a signal comes."""
    heat_utils.CHECK_INTERVAL = look_every
    # The conductor declares some of keystonemiddleware's options, which that would not declare again.
    CONF.unregister_opts(conductor_server.OPTS, "keystone_authtoken")
    tacker_config.init(sys.argv[1:])
    objects.register_all()
    sol_objects.register_all()
    tacker_config.setup_logging(CONF)
    make_schema()
    tacker_service.Service.create(
        binary="tacker-conductor", topic=topics.TOPIC_CONDUCTOR, manager="tacker.conductor.conductor_server.Conductor",
    ).start()
    server = make_server(
        CONF.bind_host, CONF.bind_port, tacker_config.load_paste_app("tacker"), server_class=Server, handler_class=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(1):
        pass
    server.shutdown()
    os._exit(0)  # operations run in threads that nobody waits for


if __name__ == "__main__":
    main()
