# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subscriptions: made, changed, given a new secret, taken away. Each belongs to one project."""

from __future__ import annotations

import datetime
import typing as t
import uuid

from . import deliveries, outcomes, signing, times
from .addresses import check_url
from .errors import BadRequest, Conflict, NotFound
from .libraries import sa
from .models import DeliveryRow, SubscriptionRow
from .unit import Unit

# So many older secrets sign beside the present one; a header with more of them could be too long for a receiver.
MOST_OLD_SECRETS = 4

Json = dict[str, t.Any]


def create(unit: Unit, project_id: str, wish: Json) -> tuple[SubscriptionRow, str]:
    """Make a subscription; returns it and its secret, which is shown this once."""
    _check_url(unit, wish["url"])
    _refuse_double(unit, project_id, wish["url"])
    own = sa.select(sa.func.count()).where(SubscriptionRow.project_id == project_id)
    if (unit.db.scalar(own) or 0) >= unit.settings.max_subscriptions:
        raise Conflict(f"a project may have {unit.settings.max_subscriptions} subscriptions; delete one first")
    row = SubscriptionRow(
        id=str(uuid.uuid4()),
        project_id=project_id,
        url=wish["url"],
        description=wish.get("description", ""),
        enabled=wish.get("enabled", True),
        secret=_given(wish["secret"]) if "secret" in wish else signing.new_secret(),
        old_secrets=[],
        created_at=unit.now,
        updated_at=unit.now,
    )
    unit.db.add(row)
    unit.db.flush()
    return row, row.secret


def update(unit: Unit, row: SubscriptionRow, wish: Json) -> str | None:
    """Change what is named; returns the new secret if one was made."""
    if wish.get("rotate") and "secret" in wish:
        raise BadRequest("secret", "give either secret, or rotate, which makes one")
    if "overlap" in wish and not wish.get("rotate") and "secret" not in wish:
        raise BadRequest("overlap", "overlap is about the secret before; give secret or rotate with it")
    if wish.get("url", row.url) != row.url:
        _check_url(unit, wish["url"])
        _refuse_double(unit, row.project_id, wish["url"])
        row.url = wish["url"]
    row.description = wish.get("description", row.description)
    if wish.get("enabled", row.enabled) != row.enabled:
        _enable(unit, row, wish["enabled"])
    row.updated_at = unit.now
    if wish.get("rotate"):
        _rotate(unit, row, signing.new_secret(), wish.get("overlap"))
        return row.secret
    if "secret" in wish and not signing.same(_given(wish["secret"]), row.secret):
        _rotate(unit, row, wish["secret"], wish.get("overlap"))
        return row.secret
    return None


def _enable(unit: Unit, row: SubscriptionRow, enabled: bool) -> None:
    row.enabled = enabled
    row.disabled_reason = None if enabled else "disabled by its project"
    if not enabled:
        outcomes.give_up_all(unit, row, "the subscription was disabled")


def _rotate(unit: Unit, row: SubscriptionRow, secret: str, overlap: int | None) -> None:
    """Sign with another secret from now on; those before sign as well until their time is over, or not at all with overlap 0."""
    seconds = unit.settings.overlap if overlap is None else overlap
    kept = []
    if seconds:
        until = times.wire(unit.now + datetime.timedelta(seconds=seconds))
        kept = [{"secret": row.secret, "until": str(until)}, *_still_signing(row, unit.now)]
        kept = [one for one in kept if not signing.same(one["secret"], secret)]
    if len(kept) > MOST_OLD_SECRETS:
        raise Conflict(
            f"{MOST_OLD_SECRETS} older secrets still sign, the first of them until {kept[-1]['until']}; wait for that,"
            " or rotate with overlap 0, which ends them all"
        )
    row.secret = secret
    row.old_secrets = kept


def _still_signing(row: SubscriptionRow, now: datetime.datetime) -> list[dict[str, str]]:
    return [one for one in row.old_secrets if times.parse(one["until"]) > now]


def keys(row: SubscriptionRow, now: datetime.datetime) -> list[bytes]:
    """Return the keys that sign at this moment, the present one first."""
    return [signing.key_of(secret) for secret in (row.secret, *(one["secret"] for one in _still_signing(row, now)))]


def listed(unit: Unit, project_id: str | None) -> list[SubscriptionRow]:
    """Return the subscriptions, oldest first; with a project its own."""
    query = sa.select(SubscriptionRow).order_by(SubscriptionRow.number)
    if project_id is not None:
        query = query.where(SubscriptionRow.project_id == project_id)
    return list(unit.db.scalars(query))


def find(unit: Unit, subscription_id: str, project_id: str | None) -> SubscriptionRow:
    """Return a subscription; with a project only its own."""
    row: SubscriptionRow | None = unit.db.scalar(sa.select(SubscriptionRow).where(SubscriptionRow.id == subscription_id))
    if row is None or project_id not in (None, row.project_id):
        raise NotFound(f"there is no subscription {subscription_id}")
    return row


def delete(unit: Unit, row: SubscriptionRow) -> None:
    """Take it away with all its deliveries."""
    unit.db.delete(row)


def views(unit: Unit, rows: t.Sequence[SubscriptionRow]) -> list[Json]:
    """Write subscriptions; secrets are only named by their fingerprints."""
    counted: dict[str, Json] = {row.id: dict.fromkeys(deliveries.STATUSES, 0) for row in rows}
    counts = (
        sa.select(DeliveryRow.subscription_id, DeliveryRow.status, sa.func.count().label("count"))
        .where(DeliveryRow.subscription_id.in_(counted))
        .group_by(DeliveryRow.subscription_id, DeliveryRow.status)
    )
    for one in unit.db.execute(counts):
        counted[one.subscription_id][one.status] = one.count
    return [
        {
            "id": row.id,
            "project_id": row.project_id,
            "url": row.url,
            "description": row.description,
            "enabled": row.enabled,
            "disabled_reason": row.disabled_reason,
            "secrets": [
                {"fingerprint": signing.fingerprint(row.secret), "until": None},
                *(
                    {"fingerprint": signing.fingerprint(one["secret"]), "until": one["until"]}
                    for one in _still_signing(row, unit.now)
                ),
            ],
            "deliveries": counted[row.id],
            "created_at": times.wire(row.created_at),
            "updated_at": times.wire(row.updated_at),
        }
        for row in rows
    ]


def _check_url(unit: Unit, url: str) -> None:
    try:
        check_url(url, unit.settings.networks)
    except ValueError as exc:
        raise BadRequest("url", str(exc)) from None


def _refuse_double(unit: Unit, project_id: str, url: str) -> None:
    same = sa.select(SubscriptionRow.id).where(SubscriptionRow.project_id == project_id, SubscriptionRow.url == url)
    known = unit.db.scalar(same)
    if known is not None:
        raise Conflict(f"subscription {known} of this project has that url already", subscription_id=known)


def _given(secret: str) -> str:
    try:
        signing.key_of(secret)
    except ValueError as exc:
        raise BadRequest("secret", str(exc)) from None
    return secret
