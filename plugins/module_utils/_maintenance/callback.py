# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports about a delivery to the event source that handed it on (private to this collection).

Only the standard library and nothing of this collection, because the keeper of leases loads this file by its path.
"""

from __future__ import annotations

import http.client
import json
import ssl
import typing as t
import urllib.parse

MAX_ANSWER = 64 * 1024
HELD, EXTENDED, DONE, RELEASED = "held", "extended", "done", "released"
BUSY, STALE, OVER = "busy", "stale", "over"
CONFLICT = 409
SERVER_ERROR = 500


class Tls(t.NamedTuple):
    """How the source is known, and how we are known to it; as the options of the OpenStack modules."""

    validate_certs: bool = True
    ca_cert: str | None = None
    client_cert: str | None = None
    client_key: str | None = None

    def context(self) -> ssl.SSLContext:
        """For connections; OSError when a file cannot be used."""
        context = ssl.create_default_context(cafile=self.ca_cert)
        if not self.validate_certs:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.client_cert:
            context.load_cert_chain(self.client_cert, self.client_key)
        return context


class Answer(t.NamedTuple):
    """What the source says.

    :ivar status: HTTP status.
    :ivar body: the JSON object; empty when it is none.
    """

    status: int
    body: dict[str, t.Any]

    @property
    def taken(self) -> bool:
        """Whether the report was taken."""
        return self.status == http.client.OK

    @property
    def refusal(self) -> str | None:
        """BUSY, STALE or OVER; None when it is something else."""
        return str(self.body.get("reason")) if self.status == CONFLICT else None


class Callback:
    """One attempt of one delivery, as its handler speaks of it.

    Redirects are not followed and no proxy is used: the key is for nobody but the source.
    """

    def __init__(self, delivery: t.Mapping[str, t.Any], tls: Tls) -> None:
        """Take ``id``, ``attempt``, ``key`` and ``url`` of the delivery; ValueError when the address is unusable."""
        self.id, self.attempt = str(delivery["id"]), int(delivery["attempt"])
        self._key = str(delivery["key"])
        parts = urllib.parse.urlsplit(str(delivery["url"]))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError(f"the callback of delivery {self.id} is no http or https URL")
        self.address = f"{parts.hostname}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}"
        self._parts, self._tls = parts, tls

    def hold(self, vnf_ids: t.Sequence[str], seconds: float, timeout: float) -> Answer:
        """Take or renew the locks of these VNFs for so many seconds."""
        return self._post({"state": HELD, "vnf_ids": [*vnf_ids], "seconds": seconds}, timeout)

    def extend(self, reply_at: str, timeout: float) -> Answer:
        """Say that the reply is due at a later time; a source that does not know this yet answers 400."""
        return self._post({"state": EXTENDED, "reply_at": reply_at}, timeout)

    def end(self, state: str, text: str, timeout: float) -> Answer:
        """Say that the delivery is DONE (with an outcome) or RELEASED (with a reason)."""
        return self._post({"state": state, {DONE: "outcome", RELEASED: "reason"}[state]: text}, timeout)

    def _post(self, body: dict[str, t.Any], timeout: float) -> Answer:
        """OSError, also for what is not HTTP, when there is no answer."""
        connection = self._connection(timeout)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            connection.request("POST", self._parts.path or "/", json.dumps({"attempt": self.attempt, **body}), headers)
            answer = connection.getresponse()
            return Answer(answer.status, _object(answer.read(MAX_ANSWER)))
        except http.client.HTTPException as exc:
            raise OSError(f"no answer in HTTP ({type(exc).__name__})") from exc
        finally:
            connection.close()

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        host = str(self._parts.hostname)
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, self._parts.port, timeout=timeout, context=self._tls.context())
        return http.client.HTTPConnection(host, self._parts.port, timeout=timeout)


def _object(text: bytes) -> dict[str, t.Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
