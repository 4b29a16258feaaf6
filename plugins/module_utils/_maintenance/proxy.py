# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every call of Fenix v1 and of the session API, one method each (private to this collection).

HTTP lives here and nowhere else: paths, headers, repetitions, what an answer without a body means. What the calls are good for is
decided in the files beside this one. Records are passed on as the service sent them.
"""

from __future__ import annotations

import threading
import typing as t
import urllib.parse

from .._ensure import Record
from .._errors import CollectionError, ServiceError, failing
from .._sdk import Connection, Proxy, RetriableConnectionFailure, attach
from .._wait import outlast
from .messages import MAINTENANCE_DONE

SERVICE_TYPE = "maintenance"
LEASE_HEADER = "X-Lease-Token"
# A service that restarts answers so for a moment.
TRANSIENT = (502, 503, 504)

# The session API refuses longer ones.
REASON_LENGTH = 1000
# More than any run has; a service that gave events for ever would be read for ever.
MOST_EVENTS = 200_000

# What openstacksdk calls credentials of the environment, and those that were given one by one.
_NO_ENTRIES = ("envvars", "defaults")

_NOT_FOUND = 404
_SERVER_ERROR = 500
_ABSENT = object()

# The attribute of a connection that has what was found out about its cloud before, by others who share what they know.
FOUND_OUT = "_nfv_found_out"
_SESSION_API = "session_api"


class MaintenanceProxy(Proxy):  # type: ignore[misc]
    """The maintenance service of the catalogue: a Fenix, or the session API, which is a Fenix and more.

    :cvar retry_seconds: how long a call that may be repeated is repeated while the service cannot be reached.
    :cvar call_timeout: seconds for one call where the cloud's configuration sets none; a Fenix without its engine blocks for 60.
    """

    retry_seconds = 30.0
    call_timeout = 75.0

    _base: str | None = None
    _is_session_api: bool | None = None
    _lock = threading.Lock()

    # --- the service itself

    @property
    def base(self) -> str:
        """The endpoint of the catalogue, ending in ``/v1`` and without a trailing slash, which Fenix answers with 404."""
        if self._base is None:
            with failing("find the maintenance service in the catalogue (see: openstack endpoint list --service maintenance)"):
                url = self.get_endpoint(skip_discovery=True)
            url = str(url).rstrip("/")
            self._base = url if url.endswith("/v1") else f"{url}/v1"
        return self._base

    def is_session_api(self) -> bool:
        """Whether the service has the resources below ``/v1/sessions``; a Fenix of 2019 answers 404. Asked once."""
        found_out = getattr(getattr(self, "_connection", None), FOUND_OUT, {})
        with self._lock:
            if self._is_session_api is None:
                self._is_session_api = found_out.get(_SESSION_API) == self.base or None
            if self._is_session_api is None:
                # No session is open and done, so the answer is short however many there are.
                query = {"open": "true", "state": MAINTENANCE_DONE}
                answer = self._call("GET", "/sessions", "ask what kind of maintenance service this is", query=query, absent=True)
                self._is_session_api = isinstance(answer, dict) and "sessions" in answer
                # That it is none is not passed on: a proxy in front of it may have said so, for a moment.
                if self._is_session_api:
                    found_out[_SESSION_API] = self.base
        return self._is_session_api

    @property
    def cloud_name(self) -> str | None:
        """The entry of ``clouds.yaml`` that was used, for commands that are to be typed; None where there was none."""
        name = getattr(getattr(getattr(self, "_connection", None), "config", None), "name", None)
        return None if name in _NO_ENTRIES else name

    @property
    def project_id(self) -> str:
        """The project the token is scoped to."""
        with failing("read the project of the credentials"):
            return str(self.session.get_project_id(self.auth) or "")

    # --- Fenix v1, administrator

    def create_session(self, body: Record) -> Record:
        """``POST /maintenance``. Repeated only where the session has a name, which makes it one and the same session."""
        return self._record("POST", "/maintenance", "create the maintenance session", body=body, repeat=bool(body.get("name")))

    def session_ids(self) -> list[str]:
        """``GET /maintenance``."""
        answer = self._record("GET", "/maintenance", "list the maintenance sessions")
        return [str(item) for item in answer.get("sessions") or answer.get("session_id") or []]

    def fenix_session(self, session_id: str, **more: t.Any) -> Record | None:
        """``GET /maintenance/{sid}``: id and state; None for an unknown session. ``more`` are ``repeat`` and ``timeout``."""
        return self._found("GET", _path("maintenance", session_id), f"read session {session_id}", **more)

    def continue_session(self, session_id: str) -> Record:
        """``PUT /maintenance/{sid}`` with state MAINTENANCE."""
        return self._record(
            "PUT", _path("maintenance", session_id), f"continue session {session_id}", body={"state": "MAINTENANCE"}
        )

    def delete_session(self, session_id: str) -> None:
        """``DELETE /maintenance/{sid}``; a session that is gone already is no error."""
        self._call("DELETE", _path("maintenance", session_id), f"delete session {session_id}", absent=True)

    def session_detail(self, session_id: str) -> Record | None:
        """``GET /maintenance/{sid}/detail``; None where the service has none (a Fenix of 2019 answers 500)."""
        try:
            return self._found("GET", _path("maintenance", session_id, "detail"), f"read the details of session {session_id}")
        except ServiceError as exc:
            if exc.status == _SERVER_ERROR:
                return None
            raise

    # --- Fenix v1, project

    def project_instances(self, session_id: str, project_id: str, **more: t.Any) -> list[str] | None:
        """``GET /maintenance/{sid}/{pid}``: ids of the instances concerned now; None for an unknown session (also ``null``).

        ``more`` are ``repeat`` and ``timeout``.
        """
        what = f"read the instances of project {project_id} in session {session_id}"
        answer = self._call("GET", _path("maintenance", session_id, project_id), what, absent=True, **more)
        return [str(item) for item in answer.get("instance_ids") or []] if isinstance(answer, dict) else None

    def reply(
        self, session_id: str, project_id: str, body: Record, *, instance_id: str | None = None, timeout: float | None = None
    ) -> Record | None:
        """``PUT /maintenance/{sid}/{pid}[/{iid}]``, sent once: the caller knows until when it may be repeated."""
        path = _path("maintenance", session_id, project_id, *([instance_id] if instance_id else []))
        what = f"reply {body.get('state')} for project {project_id} in session {session_id}"
        return self._optional("PUT", path, what, body=body, repeat=False, timeout=timeout)

    def constraint(self, kind: str, id_: str) -> Record | None:
        """``GET /instance/{id}`` or ``/instance_group/{id}``."""
        return self._found("GET", _path(kind, id_), f"read the constraints of {kind} {id_}")

    def put_constraint(self, kind: str, id_: str, body: Record) -> Record | None:
        """``PUT /instance/{id}`` or ``/instance_group/{id}``; later Fenix answers 204."""
        return self._optional("PUT", _path(kind, id_), f"set the constraints of {kind} {id_}", body=body)

    def delete_constraint(self, kind: str, id_: str) -> None:
        """``DELETE /instance/{id}`` or ``/instance_group/{id}``; none there is no error."""
        self._call("DELETE", _path(kind, id_), f"delete the constraints of {kind} {id_}", absent=True)

    def constraints(self, project_id: str | None = None) -> Record:
        """``GET /constraints``."""
        return self._record("GET", "/constraints", "read the constraints", query={"project_id": project_id})

    # --- session API, anybody concerned

    def sessions(self, *, name: str | None = None, state: str | None = None, only_open: bool = False) -> list[Record]:
        """``GET /sessions``."""
        query = {"name": name, "state": state, "open": "true" if only_open else None}
        return _list(self._record("GET", "/sessions", "list the maintenance sessions", query=query), "sessions")

    def session_record(self, session_id: str) -> Record | None:
        """``GET /sessions/{sid}``; None for an unknown session."""
        return self._found("GET", _path("sessions", session_id), f"read session {session_id}")

    def messages(
        self, session_id: str, *, status: str | None = None, state: str | None = None, ids: t.Collection[str] | None = None
    ) -> list[Record] | None:
        """``GET /sessions/{sid}/messages``; None for a session that is unknown to these credentials."""
        query = {"status": status, "state": state, "id": sorted(ids) if ids else None}
        answer = self._found(
            "GET", _path("sessions", session_id, "messages"), f"read the messages of session {session_id}", query=query
        )
        return None if answer is None else _list(answer, "messages")

    def message(self, session_id: str, message_id: str) -> Record | None:
        """``GET /sessions/{sid}/messages/{mid}``."""
        return self._found("GET", _path("sessions", session_id, "messages", message_id), f"read message {message_id}")

    def events(self, session_id: str) -> list[Record]:
        """``GET /sessions/{sid}/events``, which gives them in parts: at most :data:`MOST_EVENTS`, the oldest first."""
        what = f"read the events of session {session_id}"
        path = _path("sessions", session_id, "events")
        found: list[Record] = []
        while len(found) < MOST_EVENTS:
            after = {"after": found[-1]["number"]} if found else None
            part = _list(self._record("GET", path, what, query=after), "events")
            if not part:
                break
            found += part
        return found

    def extend_message(
        self, session_id: str, message_id: str, seconds: int, *, reply_at: str | None, reason: str | None = None
    ) -> Record:
        """``POST /sessions/{sid}/messages/{mid}/extension``; repeated only with ``reply_at``, which makes it one request."""
        what = f"extend message {message_id} of session {session_id} by {seconds} s"
        path = _path("sessions", session_id, "messages", message_id, "extension")
        body = _set(seconds=seconds, reply_at=reply_at, reason=reason)
        return self._record("POST", path, what, body=body, repeat=reply_at is not None)

    # --- session API, direct delivery

    def subscriptions(self, project_id: str | None = None) -> list[Record]:
        """``GET /subscriptions``: those of the own project; an administrator's credentials see all."""
        answer = self._record("GET", "/subscriptions", "list the subscriptions", query={"project_id": project_id})
        return _list(answer, "subscriptions")

    def create_subscription(self, body: Record) -> Record:
        """``POST /subscriptions``; the answer shows the secret. Not repeated: the answer to the first one could be lost."""
        return self._record("POST", "/subscriptions", "subscribe to direct delivery", body=body, repeat=False)

    def update_subscription(self, subscription_id: str, body: Record) -> Record:
        """``PUT /subscriptions/{id}``; the answer shows a secret that was made."""
        what = f"change subscription {subscription_id}"
        return self._record("PUT", _path("subscriptions", subscription_id), what, body=body, repeat=not body.get("rotate"))

    def delete_subscription(self, subscription_id: str) -> None:
        """``DELETE /subscriptions/{id}``; one that is gone already is no error."""
        self._call("DELETE", _path("subscriptions", subscription_id), f"delete subscription {subscription_id}", absent=True)

    def deliveries(self, subscription_id: str, *, status: str | None = None, most: int) -> list[Record]:
        """``GET /subscriptions/{id}/deliveries``, page by page: the newest ``most`` of them."""
        found: list[Record] = []
        marker: str | None = None
        while len(found) < most:
            query = {"status": status, "limit": min(most - len(found), 1000), "marker": marker}
            what = f"read the deliveries of subscription {subscription_id}"
            answer = self._record("GET", _path("subscriptions", subscription_id, "deliveries"), what, query=query)
            found += _list(answer, "deliveries")
            marker = answer.get("next_marker")
            if not marker:
                break
        return found

    def resend_delivery(self, subscription_id: str, delivery_id: str) -> Record:
        """``POST /subscriptions/{id}/deliveries/{did}/resend``."""
        path = _path("subscriptions", subscription_id, "deliveries", delivery_id, "resend")
        return self._record("POST", path, f"send delivery {delivery_id} again", repeat=False)

    # --- session API, people who control a run

    def control(self, session_id: str) -> Record | None:
        """``GET /sessions/{sid}/control``: what people want of the run; None where the service knows no such thing."""
        return self._found("GET", _path("sessions", session_id, "control"), f"read what is wanted of session {session_id}")

    def set_control(
        self, session_id: str, action: str, *, host: str | None = None, wave: int | None = None, reason: str | None = None
    ) -> Record:
        """``PUT /sessions/{sid}/control``; the same again changes nothing."""
        body = _set(action=action, host=host, wave=wave, reason=reason)
        return self._record("PUT", _path("sessions", session_id, "control"), f"{action} session {session_id}", body=body)

    # --- session API, runner

    def take_lease(self, session_id: str, holder: str, ttl: int, lease_token: int | None = None) -> Record:
        """``POST /sessions/{sid}/lease``; 409 while another holder's has not expired. The same holder gets the same token.

        :param lease_token: only renew: 409 when this is not the present token, also when the lease was given back.
        """
        what = f"{'take' if lease_token is None else 'renew'} the lease of session {session_id}"
        body = _set(holder=holder, ttl=ttl, token=lease_token)
        return self._record("POST", _path("sessions", session_id, "lease"), what, body=body)

    def release_lease(self, session_id: str, lease_token: int) -> None:
        """``DELETE /sessions/{sid}/lease``."""
        self._call(
            "DELETE", _path("sessions", session_id, "lease"), f"release the lease of session {session_id}", lease=lease_token
        )

    def set_state(self, session_id: str, lease_token: int, state: str, reason: str | None = None) -> Record:
        """``PUT /sessions/{sid}``."""
        what = f"set session {session_id} to {state}"
        return self._record("PUT", _path("sessions", session_id), what, lease=lease_token, body=_set(state=state, reason=reason))

    def set_waiting(self, session_id: str, lease_token: int, state: str, waiting: str | None) -> Record:
        """``PUT /sessions/{sid}`` in its present state: what the runner waits for, besides replies; None for nothing."""
        what = f"write into session {session_id} what it waits for"
        body = {"state": state, "waiting": None if waiting is None else shortened(waiting)}
        return self._record("PUT", _path("sessions", session_id), what, lease=lease_token, body=body)

    def begin_wave(self, session_id: str, lease_token: int, state: str, wave: Record) -> Record:
        """``PUT /sessions/{sid}`` in its present state: a wave begins, as ``{"number", "hosts", "minutes"}``."""
        what = f"write into session {session_id} that wave {wave['number']} begins"
        body = {"state": state, "wave": wave}
        return self._record("PUT", _path("sessions", session_id), what, lease=lease_token, body=body)

    def post_messages(self, session_id: str, lease_token: int, requests: list[Record]) -> list[Record]:
        """``POST /sessions/{sid}/messages``; asking twice gives the same messages, so it may be repeated."""
        what = f"send {len(requests)} message(s) of session {session_id}"
        path = _path("sessions", session_id, "messages")
        return _list(self._record("POST", path, what, lease=lease_token, body={"messages": requests}), "messages")

    def put_host(
        self,
        session_id: str,
        lease_token: int,
        host: str,
        *,
        state: str,
        disabled: bool | None = None,
        reason: str | None = None,
        type: str | None = None,
        verifying: bool = False,
        version: str | None = None,
    ) -> Record:
        """``PUT /sessions/{sid}/hosts/{host}``."""
        what = f"set host {host} of session {session_id} to {state}"
        body = _set(state=state, disabled=disabled, reason=reason, type=type, verifying=verifying or None, version=version)
        return self._record("PUT", _path("sessions", session_id, "hosts", host), what, lease=lease_token, body=body)

    def put_instances(self, session_id: str, lease_token: int, instances: list[Record]) -> list[Record]:
        """``PUT /sessions/{sid}/instances``: replaces the inventory."""
        what = f"register {len(instances)} instance(s) in session {session_id}"
        path = _path("sessions", session_id, "instances")
        return _list(self._record("PUT", path, what, lease=lease_token, body={"instances": instances}), "instances")

    def put_instance(
        self,
        session_id: str,
        lease_token: int,
        instance_id: str,
        *,
        state: str,
        host: str | None = None,
        how: str | None = None,
        from_host: str | None = None,
        seconds: float | None = None,
        reason: str | None = None,
    ) -> Record:
        """``PUT /sessions/{sid}/instances/{iid}``; state is MOVING, MOVED or FAILED."""
        what = f"set instance {instance_id} of session {session_id} to {state}"
        body = _set(state=state, host=host, how=how, from_host=from_host, seconds=seconds, reason=reason)
        return self._record("PUT", _path("sessions", session_id, "instances", instance_id), what, lease=lease_token, body=body)

    def probe(self, probe_id: str) -> Record | None:
        """``GET /probes/{uuid}``: what would be sent, and what of it waits; None where the service knows no probes."""
        # Not repeated: a check before the work must not hold it up.
        return self._found("GET", _path("probes", probe_id), "read a probe", repeat=False)

    def send_probe(self, probe_id: str) -> Record:
        """``PUT /probes/{uuid}``: an event of each type."""
        return self._record("PUT", _path("probes", probe_id), "send a probe", repeat=False)

    # --- HTTP

    def _record(self, method: str, path: str, what: str, **more: t.Any) -> Record:
        answer = self._call(method, path, what, **more)
        if not isinstance(answer, dict):
            raise ServiceError(
                f"Failed to {what}: the service answered {answer!r}, not a record", method=method, url=self.base + path
            )
        return answer

    def _found(self, method: str, path: str, what: str, **more: t.Any) -> Record | None:
        answer = self._call(method, path, what, absent=True, **more)
        if answer is _ABSENT:
            return None
        if not isinstance(answer, dict):
            # Fenix answers null while it has lost its thread; that is not the same as having no such thing.
            raise ServiceError(
                f"Failed to {what}: the service answered {answer!r}, not a record", method=method, url=self.base + path
            )
        return answer

    def _optional(self, method: str, path: str, what: str, **more: t.Any) -> Record | None:
        answer = self._call(method, path, what, **more)
        return answer if isinstance(answer, dict) else None

    def _call(
        self,
        method: str,
        path: str,
        what: str,
        *,
        body: Record | None = None,
        query: t.Mapping[str, t.Any] | None = None,
        lease: int | None = None,
        absent: bool = False,
        repeat: bool = True,
        timeout: float | None = None,
    ) -> t.Any:
        """One call: the JSON of the answer, None for an empty one, ``_ABSENT`` for a 404 where that is allowed.

        The URL is absolute and redirects are not followed, so that the token goes to the endpoint of the catalogue only.
        """
        url = self.base + path
        headers = {"Accept": "application/json"}
        if lease is not None:
            headers[LEASE_HEADER] = str(lease)
        sent: dict[str, t.Any] = {"headers": headers, "redirect": False, "raise_exc": True}
        if body is not None:
            sent["json"] = body
        params = {name: value for name, value in (query or {}).items() if value is not None}
        if params:
            sent["params"] = params
        if timeout is not None or getattr(self.session, "timeout", None) is None:
            sent["timeout"] = self.call_timeout if timeout is None else timeout

        def ask() -> t.Any:
            with failing(what):
                return self.request(url, method, **sent)

        try:
            response = outlast(ask, self.retry_seconds if repeat else 0, _may_pass)
        except ServiceError as exc:
            if exc.status == _NOT_FOUND and absent:
                return _ABSENT
            raise
        if 300 <= response.status_code < 400:
            place = response.headers.get("Location")
            raise ServiceError(
                f"Failed to {what}: {url} redirects to {place}, which is not followed", status=response.status_code, url=url
            )
        return _json(response, what)


def maintenance(cloud: Connection) -> MaintenanceProxy:
    """The maintenance service of a cloud; one and the same proxy for one connection."""
    known = vars(cloud).get("_nfv_maintenance")
    if known is None:
        known = attach(cloud, SERVICE_TYPE, MaintenanceProxy)
        # The session only holds a weak reference to the connection that its proxies need.
        known._connection = cloud
        cloud._nfv_maintenance = known
    return t.cast("MaintenanceProxy", known)


def _may_pass(exc: ServiceError) -> bool:
    return exc.status in TRANSIENT or isinstance(exc.__cause__, RetriableConnectionFailure)


def _json(response: t.Any, what: str) -> t.Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as exc:
        raise ServiceError(
            f"Failed to {what}: the answer is not JSON: {response.text[:80]!r}", status=response.status_code
        ) from exc


def _path(*parts: str) -> str:
    """A path of quoted parts. Ids come from webhooks too: none may reach another path than its own."""
    for part in parts:
        if str(part).strip(".") == "":
            raise CollectionError(f"{part!r} is not an id")
    return "".join("/" + urllib.parse.quote(str(part), safe="") for part in parts)


def _set(**values: t.Any) -> Record:
    if values.get("reason"):
        values["reason"] = shortened(values["reason"])
    return {name: value for name, value in values.items() if value is not None}


def shortened(reason: str) -> str:
    """A reason as long as the service takes it: an error that is too long to be told must not keep a session from failing."""
    return reason if len(reason) <= REASON_LENGTH else f"{reason[: REASON_LENGTH - 3]}..."


def _list(answer: Record, name: str) -> list[Record]:
    return [item for item in answer.get(name) or [] if isinstance(item, dict)]
