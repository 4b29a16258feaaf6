# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve the session API in the foreground."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import typing as t

from . import libraries

EXIT_CONFIGURATION = 2
_PATIENCE = 1.5


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    if libraries.IMPORT_ERROR is not None:
        return _complain(f"{libraries.IMPORT_ERROR}; install what requirements/session-api.in names")
    from . import app, config, http  # noqa: PLC0415 - nothing below can be used without the libraries

    log = libraries.oslo_log
    try:
        conf = config.load(sys.argv[1:] if arguments is None else arguments)
        service = app.start(conf)
        wsgi = app.make_application(service)
        server = libraries.waitress.create_server(
            wsgi,
            host=str(conf.host),
            port=conf.port,
            threads=conf.threads,
            max_request_body_size=http.MAX_BODY + 65536,
            ident="",
            clear_untrusted_proxy_headers=True,
        )
    except Exception as exc:  # noqa: BLE001 - whatever keeps it from starting is for the administrator, without a traceback
        return _complain(str(exc).partition("\n")[0] or type(exc).__name__)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    logger = log.getLogger(__name__)
    logger.info("listening at http://%s:%s for %s", conf.host, server.effective_port, service.settings.public_endpoint)
    try:
        server.run()
    except SystemExit:
        pass
    finally:
        server.close()
        service.stop()
    logger.info("ended")
    return 0


def _stop(number: int, frame: object) -> t.NoReturn:  # pylint: disable=unused-argument
    # All that was answered for is committed, so a request that hangs on Keystone may be cut off.
    watchdog = threading.Timer(_PATIENCE, os._exit, (0,))
    watchdog.daemon = True
    watchdog.start()
    raise SystemExit(0)


def _complain(text: str) -> int:
    sys.stderr.write(f"session_api: {text}\n")
    return EXIT_CONFIGURATION


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # All is closed, and taking the libraries apart one by one would only keep a supervisor waiting.
    os._exit(status)
