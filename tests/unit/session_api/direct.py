# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Receivers of direct deliveries for the tests, and the signature as a receiver computes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import typing as t

from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.posting import Answer

Api = t.Any
OK = Answer(200)


class Receivers:
    """Stands in for the network: keeps what is posted, and answers each address as told, at last with 200."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, list[Answer]] = {}

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        self.posts.append((url, dict(headers), body))
        coming = self.answers.get(url, [])
        return coming.pop(0) if coming else OK

    def heard(self, url: str | None = None) -> list[str]:
        """The states that were posted, also without success."""
        return [json.loads(body)["data"]["state"] for where, _headers, body in self.posts if url in (None, where)]


def signed_by(secret: str, headers: t.Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures is that of a secret; written after Standard Webhooks, not after our code."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ")


def subscribe(api: Api, url: str = "http://vnfm.example.org/hook", who: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    """Subscribe somebody, the owner unless told otherwise."""
    return dict((who or api.owner).ok("POST", "/v1/subscriptions", {"url": url, **more}, 201))


def deliver(api: Api) -> None:
    """Make every attempt that is due at this moment."""
    deliverer = api.service.deliverer
    while True:
        made = len(deliverer._poster.posts), pending(api)
        deliverer.run_once()
        assert deliverer.wait_idle(20)
        if (len(deliverer._poster.posts), pending(api)) == made:
            return


def pending(api: Api) -> int:
    """How many deliveries are on their way."""
    with api.service.store.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM deliveries WHERE status = 'pending'").scalar_one())


def deliveries(api: Api, subscription: dict[str, t.Any], query: str = "") -> list[dict[str, t.Any]]:
    """The deliveries of a subscription, the oldest first."""
    return list(reversed(api.admin.ok("GET", f"/v1/subscriptions/{subscription['id']}/deliveries{query}")["deliveries"]))
