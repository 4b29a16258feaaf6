# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One exception root for the collection, and how a failure reaches the user (private to this collection)."""

from __future__ import annotations

import contextlib
import typing as t

from ._sdk import CLIENT_ERRORS, CONFIG_ERRORS, EndpointNotFound


class CollectionError(Exception):
    """What a user is told: a sentence that names the thing, the state seen and, where there is one, the next command.

    :param details: machine-readable facts, returned under ``failure``.
    """

    def __init__(self, message: str, **details: t.Any) -> None:
        """Keep the details that are set."""
        super().__init__(message)
        self.details = {name: value for name, value in details.items() if value is not None}


class ServiceError(CollectionError):
    """A service refused a call or could not be reached; ``details`` has status, request_id, method and url."""

    @property
    def status(self) -> int | None:
        """HTTP status, None when there was no answer."""
        return t.cast("int | None", self.details.get("status"))


class WaitTimeout(CollectionError):
    """A bounded wait ended before the thing waited for was there."""


@contextlib.contextmanager
def failing(action: str) -> t.Iterator[None]:
    """Translate what the client libraries raise: ``Failed to <action>: <what the server said>``."""
    try:
        yield
    except CLIENT_ERRORS as exc:
        raise service_error(action, exc) from exc


def service_error(action: str, exc: Exception) -> ServiceError:
    """The :class:`ServiceError` for an exception of openstacksdk or keystoneauth."""
    response = getattr(exc, "response", None)
    request = getattr(response, "request", None)
    return ServiceError(
        f"Failed to {action}: {detail(exc)}",
        status=getattr(exc, "status_code", None) or getattr(exc, "http_status", None),
        request_id=getattr(exc, "request_id", None),
        method=getattr(request, "method", None),
        url=getattr(request, "url", None),
    )


def detail(exc: Exception) -> str:
    """The server's own words if there are any, else the exception's."""
    response = getattr(exc, "response", None)
    if response is not None:
        with contextlib.suppress(ValueError, AttributeError):
            text = _words(response.json())
            if text:
                status = getattr(response, "status_code", "")
                return f"HTTP {status}: {text}"
    return str(exc)


def _words(body: t.Any) -> str | None:
    """The sentence inside an error body of Keystone, Nova, Aodh, Tacker, Fenix or the session API."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return None
    if isinstance(body.get("error"), str):
        field = body.get("field")
        return f"{body['error']} (field {field})" if field else str(body["error"])
    for key in ("message", "detail", "faultstring"):
        if isinstance(body.get(key), str) and body[key]:
            return str(body[key])
    for value in body.values():
        if isinstance(value, dict):
            return _words(value)
    return None


def failure(exc: Exception) -> dict[str, t.Any]:
    """Arguments of ``fail_json`` for an exception that may reach the user, with a next step where the status suggests one."""
    if isinstance(exc, CONFIG_ERRORS):
        exc = CollectionError(f"The credentials cannot be used: {str(exc).rstrip('. ')}. {_NEXT}{_CREDENTIALS}")
    elif not isinstance(exc, CollectionError):
        exc = service_error("talk to the cloud", exc)
    text, step = str(exc), _next_step(exc)
    if step and _NEXT not in text:
        text = f"{text.rstrip('. ')}. {_NEXT}{step}"
    return {"msg": text, "failure": exc.details}


_NEXT = "Next: "
_CREDENTIALS = (
    "see which clouds there are and what their entries have in clouds.yaml, which is looked for in this folder, in "
    "~/.config/openstack, in /etc/openstack and at OS_CLIENT_CONFIG_FILE (openstack --os-cloud <name> token issue)"
)
_CATALOGUE = "see what the catalogue has in that region (openstack catalog list); what is not there, the platform team sets up"
_NO_ANSWER = "see whether the service, and Keystone, can be reached at their addresses (openstack catalog list)"


def _next_step(exc: CollectionError) -> str | None:
    status = exc.details.get("status")
    if isinstance(exc, ServiceError) and status is None:
        steps = ((CONFIG_ERRORS, _CREDENTIALS), (EndpointNotFound, _CATALOGUE), (object, _NO_ANSWER))
        return next(step for kinds, step in steps if isinstance(exc.__cause__, kinds))
    if not isinstance(status, int):
        return None
    if status == 401:
        return "check the user, the project and the password of these credentials (openstack token issue)"
    if status == 403:
        return (
            "use credentials with the role for it, as a rule an administrator's "
            "(openstack role assignment list --names --user <user>)"
        )
    if status >= 500:
        request = exc.details.get("request_id")
        return f"see the log of that service{f' for {request}' if request else ''}, then run the same again"
    return None
