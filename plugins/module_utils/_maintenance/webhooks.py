# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project's subscriptions to direct delivery (private to this collection).

A secret is never read back from the service; whether it has a certain one is told by the fingerprint.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError
from .proxy import MaintenanceProxy

MANAGED = ("url", "description", "enabled")
ALL_DEAD = "dead"
_MOST_DEAD = 1000
_PREFIX = "whsec_"
_NEW = "(a new one)"


def fingerprint(secret: str) -> str:
    """What the session API shows of a secret: the first 16 digits of the hex HMAC-SHA256 of ``fingerprint`` with it.

    :raises CollectionError: without quoting it, for what is no secret.
    """
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not (secret.startswith(_PREFIX) and key):
        raise CollectionError(f"secret must be {_PREFIX} and the base64 of 24 to 64 bytes")
    return hmac.new(key, b"fingerprint", hashlib.sha256).hexdigest()[:16]


class Webhooks:
    """The subscriptions of the project whose credentials are used."""

    def __init__(self, proxy: MaintenanceProxy) -> None:
        """Speak for that project."""
        self._proxy = proxy

    def find(self, url: str) -> Record | None:
        """The subscription of an address."""
        return next((one for one in self._proxy.subscriptions(self._proxy.project_id) if one["url"] == url), None)

    def present(self, url: str, wish: Record, *, check_mode: bool) -> Result:
        """Make the subscription of an address what it should be.

        :param wish: ``description``, ``enabled``, ``secret``, ``rotate``, ``overlap``; None leaves a thing as it is.
        :returns: a result whose ``extra`` has ``secret`` when the service made one.
        """
        wish = {name: value for name, value in wish.items() if value is not None}
        print_ = fingerprint(wish["secret"]) if "secret" in wish else None
        current = self.find(url)
        if current is None:
            return self._create(url, wish, print_, check_mode)
        body = {name: wish[name] for name in ("description", "enabled") if wish.get(name, current[name]) != current[name]}
        if print_ is not None and print_ != current["secrets"][0]["fingerprint"]:
            body["secret"] = wish["secret"]
        if wish.get("rotate"):
            body["rotate"] = True
        if not body:
            return Result(False, current, before=_shown(current), after=_shown(current))
        if "overlap" in wish and ("secret" in body or "rotate" in body):
            body["overlap"] = wish["overlap"]
        if check_mode:
            record = {**current, **{name: body[name] for name in MANAGED if name in body}}
            after = _shown(record)
            if "secret" in body or "rotate" in body:
                after["secret"] = print_ or _NEW
            return Result(True, record, before=_shown(current), after=after)
        return self._changed(self._proxy.update_subscription(current["id"], body), _shown(current), made="rotate" in body)

    def absent(self, url: str, *, check_mode: bool) -> Result:
        """Take the subscription of an address away."""
        current = self.find(url)
        if current is None:
            return Result(False, None)
        if not check_mode:
            self._proxy.delete_subscription(current["id"])
        return Result(True, None, before=_shown(current), after={})

    def resend(self, record: Record, wanted: t.Iterable[str], *, check_mode: bool) -> list[Record]:
        """Send deliveries again.

        :param wanted: ids, or :data:`ALL_DEAD` for all that are dead.
        """
        ids: list[str] = []
        for one in wanted:
            if one == ALL_DEAD:
                dead = self._proxy.deliveries(record["id"], status=ALL_DEAD, most=_MOST_DEAD)
                # They come newest first and should be heard in the order of then.
                ids += [str(delivery["id"]) for delivery in reversed(dead)]
            else:
                ids.append(one)
        ids = list(dict.fromkeys(ids))
        if check_mode:
            return [{"id": one} for one in ids]
        return [self._proxy.resend_delivery(record["id"], one) for one in ids]

    def _create(self, url: str, wish: Record, print_: str | None, check_mode: bool) -> Result:
        body: Record = {"url": url, **{name: wish[name] for name in ("description", "enabled", "secret") if name in wish}}
        if check_mode:
            record: Record = {"url": url, "description": wish.get("description", ""), "enabled": wish.get("enabled", True)}
            after = {**record, "secret": print_ or _NEW}
            return Result(True, {**record, "project_id": self._proxy.project_id}, before={}, after=after)
        return self._changed(self._proxy.create_subscription(body), {}, made="secret" not in wish)

    @staticmethod
    def _changed(answer: Record, before: Record, *, made: bool) -> Result:
        record = {name: value for name, value in answer.items() if name != "secret"}
        extra: Record = {"secret": answer["secret"]} if made and answer.get("secret") else {}
        return Result(True, record, before=before, after=_shown(record), extra=extra)


def _shown(record: Record) -> Record:
    """What a diff shows; the secret by its fingerprint."""
    shown = {name: record.get(name) for name in MANAGED}
    if record.get("secrets"):
        shown["secret"] = record["secrets"][0]["fingerprint"]
    return shown
