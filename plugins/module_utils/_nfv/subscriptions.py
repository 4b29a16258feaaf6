# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subscriptions to what happens to VNF instances (private to this collection).

Tacker knows no change of a subscription: another one is made, and the present one deleted after that, so that nothing is missed.
"""

from __future__ import annotations

import typing as t
import urllib.parse

from .._ensure import Record, Result
from .._errors import ServiceError, failing
from .merge import same
from .proxy import SUBSCRIPTIONS, NfvProxy, Raw
from .requests import check


class Subscriptions:
    """The subscriptions of one address."""

    def __init__(self, nfv: NfvProxy, callback_uri: str) -> None:
        """Use the VNF manager."""
        self._nfv, self._uri = nfv, callback_uri

    def present(self, event_filter: Raw | None, verbosity: str, authentication: Raw | None, *, check_mode: bool) -> Result:
        """One subscription of the address, with this filter and verbosity.

        :param authentication: for Tacker's calls of the address. It is never shown, and thus not compared.
        """
        body: Raw = {"callbackUri": self._uri, "verbosity": verbosity}
        body |= {"filter": event_filter} if event_filter else {}
        body |= {"authentication": authentication} if authentication else {}
        check("LccnSubscriptionRequest", body)
        found = self._found()
        kept = next((raw for raw in found if same(_view(raw), _view(body))), None)
        others = [raw for raw in found if raw is not kept]
        before, after = [_view(raw) for raw in found], [_view(body)]
        if kept is not None and not others:
            return Result(False, _record(kept), {"subscriptions": before}, {"subscriptions": before})
        if not check_mode:
            kept = kept or self._create(body)
            self._delete(others)
        return Result(True, _record(kept or body), {"subscriptions": before}, {"subscriptions": after})

    def absent(self, *, check_mode: bool) -> Result:
        """No subscription of the address."""
        found = self._found()
        if found and not check_mode:
            self._delete(found)
        return Result(bool(found), None, {"subscriptions": [_view(raw) for raw in found]}, {"subscriptions": []})

    def _found(self) -> list[Raw]:
        return [raw for raw in self._nfv.subscriptions() if raw.get("callbackUri") == self._uri]

    def _create(self, body: Raw) -> Raw:
        with failing(f"subscribe {self._uri}"):
            return t.cast("Raw", self._nfv.post(SUBSCRIPTIONS, json=body, connect_retries=0).json())

    def _delete(self, subscriptions: t.Iterable[Raw]) -> None:
        for raw in subscriptions:
            try:
                with failing(f"delete subscription {raw['id']}"):
                    self._nfv.delete(f"{SUBSCRIPTIONS}/{urllib.parse.quote(str(raw['id']), safe='')}")
            except ServiceError as exc:
                if exc.status != 404:
                    raise


def find_subscriptions(nfv: NfvProxy, subscription_id: str | None, callback_uri: str | None) -> list[Record]:
    """The subscriptions of whomever, by address; only that of an id, and only those of an address, where these are given."""
    found = [
        raw
        for raw in nfv.subscriptions()
        if subscription_id in (None, raw.get("id")) and callback_uri in (None, raw.get("callbackUri"))
    ]
    return sorted(map(_record, found), key=lambda record: (str(record["callback_uri"]), str(record["id"])))


def _view(raw: Raw) -> Record:
    return {"filter": raw.get("filter") or {}, "verbosity": raw.get("verbosity", "FULL")}


def _record(raw: Raw) -> Record:
    return {"id": raw.get("id"), "callback_uri": raw["callbackUri"], **_view(raw)}
