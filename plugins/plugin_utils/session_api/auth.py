# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is calling: tokens are checked by keystonemiddleware, here is what is made of its answer."""

from __future__ import annotations

import collections
import dataclasses
import json
import re
import threading
import time
import typing as t

from .config import ConfigurationError
from .errors import Unauthorized
from .libraries import auth_token, cfg, flask, oslo_log

LOG = oslo_log.getLogger(__name__)

# These carry no data of the cloud.
_PUBLIC = re.compile(r"/healthcheck/?|/v1/openapi\.json/?|/v1/sessions/[^/]+/page/?")
_IDENTITY_HEADERS = ("HTTP_X_", "HTTP_OPENSTACK_")
_CACHE = "nfv.token_cache"
_REACHED = "nfv.reached"

StartResponse = t.Callable[..., t.Any]
WsgiApp = t.Callable[[dict[str, t.Any], StartResponse], t.Iterable[bytes]]


@dataclasses.dataclass(frozen=True)
class Identity:
    """The caller, as Keystone vouches for it."""

    user_id: str
    project_id: str
    roles: tuple[str, ...]
    system_scope: str = ""
    user_name: str = ""

    def credentials(self) -> dict[str, t.Any]:
        """Return what policy rules look at."""
        return {
            "user_id": self.user_id,
            "project_id": self.project_id or None,
            "roles": list(self.roles),
            "system_scope": self.system_scope or None,
        }


def current() -> Identity:
    """Return the caller of the present request."""
    headers = flask.request.headers
    if headers.get("X-Identity-Status") != "Confirmed":
        raise Unauthorized("A valid token in X-Auth-Token is required")
    roles = tuple(role.strip() for role in headers.get("X-Roles", "").split(",") if role.strip())
    return Identity(
        user_id=headers.get("X-User-Id", ""),
        project_id=headers.get("X-Project-Id", ""),
        roles=roles,
        system_scope=headers.get("OpenStack-System-Scope", ""),
        user_name=headers.get("X-User-Name", ""),
    )


def is_public(path: str) -> bool:
    """Whether a path is served without a token."""
    return _PUBLIC.fullmatch(path) is not None


class TokenCache:
    """Remembers validated tokens for a short while, so that not every poll is a call to Keystone. Keys are hashes of tokens."""

    def __init__(self, size: int = 1000) -> None:
        """Hold at most ``size`` tokens."""
        self._size = size
        self._lock = threading.Lock()
        self._entries: collections.OrderedDict[str, tuple[float, t.Any]] = collections.OrderedDict()

    def get(self, key: str) -> t.Any:
        """Return what was stored under the key and is not too old."""
        with self._lock:
            until, value = self._entries.get(key, (0.0, None))
            if until < time.monotonic():
                self._entries.pop(key, None)
                return None
            return value

    def set(self, key: str, value: t.Any, **options: t.Any) -> None:
        """Store a value for ``time`` seconds."""
        with self._lock:
            self._entries[key] = (time.monotonic() + options.get("time", 0), value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)


class Gate:
    """WSGI: public paths go straight to the application, everything else past Keystone; refusals have the service's own form."""

    def __init__(self, app: WsgiApp, conf: cfg.ConfigOpts) -> None:
        """Stand in front of an application."""
        self._app = app
        self._cache = TokenCache()
        options = {"oslo_config_config": conf, "delay_auth_decision": False, "include_service_catalog": False}
        if not conf.keystone_authtoken.memcached_servers:
            options["cache"] = _CACHE
        self._guarded = auth_token.AuthProtocol(self._inside, options)
        # Only now it is known which options the kind of authentication has.
        group = conf.keystone_authtoken.auth_section or "keystone_authtoken"
        if "auth_url" in conf[group] and not conf[group].auth_url:
            raise ConfigurationError(f"[{group}] auth_url is missing, so that no token could be checked")

    def __call__(self, environ: dict[str, t.Any], start_response: StartResponse) -> t.Iterable[bytes]:
        """Serve one request."""
        if is_public(environ.get("PATH_INFO", "")):
            # Nobody has checked these headers here, so nobody may believe them.
            for name in [name for name in environ if name.startswith(_IDENTITY_HEADERS)]:
                del environ[name]
            return self._app(environ, start_response)
        environ[_CACHE] = self._cache
        answer: list[t.Any] = []

        def remember(status: str, headers: list[tuple[str, str]], exc_info: t.Any = None) -> t.Any:
            answer[:] = [status, headers]
            if environ.get(_REACHED):
                return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)
            return lambda _data: None

        try:
            body = self._guarded(environ, remember)
        except Exception:
            if environ.get(_REACHED):
                raise
            LOG.exception("a token could not be checked")
            return _refuse(
                start_response, "503 Service Unavailable", "Keystone cannot check the token at the moment; try again", []
            )
        if environ.get(_REACHED):
            return t.cast("t.Iterable[bytes]", body)
        status, headers = answer
        if status.startswith("401"):
            kept = [(name, value) for name, value in headers if name.lower() == "www-authenticate"]
            return _refuse(start_response, "401 Unauthorized", "A valid token in X-Auth-Token is required", kept)
        return _refuse(start_response, "503 Service Unavailable", "Keystone cannot check the token at the moment; try again", [])

    def _inside(self, environ: dict[str, t.Any], start_response: StartResponse) -> t.Iterable[bytes]:
        environ[_REACHED] = True
        return self._app(environ, start_response)


def _refuse(start_response: StartResponse, status: str, text: str, headers: list[tuple[str, str]]) -> list[bytes]:
    body = json.dumps({"error": text}).encode() + b"\n"
    if status.startswith("503"):
        headers = [*headers, ("Retry-After", "5")]
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers])
    return [body]
