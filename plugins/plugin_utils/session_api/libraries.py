# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only importer of third-party libraries.

The files of this package are also imported where the libraries are missing (``ansible-test sanity``). There every name below is a
stand-in that lets class bodies and decorators pass; ``IMPORT_ERROR`` says what is missing and the service refuses to start.
"""

from __future__ import annotations

import typing as t

IMPORT_ERROR: ImportError | None = None

try:
    import alembic.command
    import alembic.config
    import alembic.util
    import flask
    import jsonschema
    import prometheus_client
    import prometheus_client.core
    import requests
    import sqlalchemy as sa
    import waitress
    import werkzeug.exceptions
    from keystonemiddleware import auth_token
    from oslo_config import cfg
    from oslo_log import log as oslo_log
    from oslo_policy import policy as oslo_policy
    from sqlalchemy import exc as sa_exc
    from sqlalchemy import orm
except ImportError as exc:
    IMPORT_ERROR = exc

    class _Missing:
        """Takes every use that happens while a file is imported."""

        def __getattr__(self, name: str) -> t.Any:
            return self

        def __call__(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            return self

        def __getitem__(self, item: t.Any) -> t.Any:
            return self

        def __mro_entries__(self, bases: tuple[t.Any, ...]) -> tuple[type, ...]:
            return ()

    for _name in (
        "alembic",
        "auth_token",
        "cfg",
        "flask",
        "jsonschema",
        "oslo_log",
        "oslo_policy",
        "orm",
        "prometheus_client",
        "requests",
        "sa",
        "sa_exc",
        "waitress",
        "werkzeug",
    ):
        globals()[_name] = _Missing()

__all__ = [
    "IMPORT_ERROR",
    "alembic",
    "auth_token",
    "cfg",
    "flask",
    "jsonschema",
    "orm",
    "oslo_log",
    "oslo_policy",
    "prometheus_client",
    "requests",
    "sa",
    "sa_exc",
    "waitress",
    "werkzeug",
]
