# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of the service in Prometheus' form: counted as they happen, or read from the tables when asked."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import deliveries, measure, sessions
from .libraries import prometheus_client, sa
from .models import DeliveryRow, MessageRow, OutboxRow, SessionRow, SubscriptionRow
from .unit import Work

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LATENCIES = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600)


class Figures:
    """What is counted."""

    def __init__(self, work: Work) -> None:
        """Count for this service."""
        self._registry = prometheus_client.CollectorRegistry()
        self._registry.register(_Tables(work))
        self.requests = prometheus_client.Counter(
            "nfv_session_api_requests", "Requests answered.", ["operation", "status"], registry=self._registry
        )
        self.replies = prometheus_client.Counter(
            "nfv_session_api_replies",
            "Replies of projects, by what became of them.",
            ["state", "result"],
            registry=self._registry,
        )
        self.latency = prometheus_client.Histogram(
            "nfv_session_api_reply_seconds",
            "Seconds from a message to the reply that settled it.",
            ["state"],
            registry=self._registry,
            buckets=_LATENCIES,
        )

        self.deliveries = prometheus_client.Counter(
            "nfv_session_api_deliveries",
            "Attempts to deliver directly: delivered, failed (tried again), dead (given up).",
            ["result"],
            registry=self._registry,
        )
        self.delivery_latency = prometheus_client.Histogram(
            "nfv_session_api_delivery_seconds",
            "Seconds from a message to the moment its receiver took it.",
            registry=self._registry,
            buckets=(0.01, 0.025, 0.05, *_LATENCIES),
        )

    def text(self) -> bytes:
        """Write all figures."""
        return bytes(prometheus_client.generate_latest(self._registry))


class _Tables:
    """Reads what lies in the tables."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def collect(self) -> t.Iterator[t.Any]:
        """Return the gauges."""
        core = prometheus_client.core
        with self._work.read() as unit:
            alive = sa.select(SessionRow.state, sa.func.count()).where(SessionRow.deleted_at.is_(None)).group_by(SessionRow.state)
            states = _counts(messages.SESSION_STATES, unit.db.execute(alive).all())
            told = sa.select(MessageRow.status, sa.func.count()).group_by(MessageRow.status)
            statuses = _counts(messages.MESSAGE_STATUSES, unit.db.execute(told).all())
            waiting, oldest = unit.db.execute(
                sa.select(sa.func.count(), sa.func.min(OutboxRow.created_at)).select_from(OutboxRow)
            ).one()
            age = (unit.now - oldest).total_seconds() if oldest is not None else 0.0
            on_their_way, first = unit.db.execute(
                sa.select(sa.func.count(), sa.func.min(DeliveryRow.began_at)).where(DeliveryRow.status == deliveries.PENDING)
            ).one()
            late = (unit.now - first).total_seconds() if first is not None else 0.0
            ready = sa.select(SubscriptionRow.enabled, sa.func.count()).group_by(SubscriptionRow.enabled)
            enabled = {("yes" if one else "no"): count for one, count in unit.db.execute(ready).all()}
            under_way = [
                (row.id, row.name or "", measure.measure(unit, row), row.state)
                for row in sessions.listed(unit, None, open_only=True)
            ]
        yield _gauge(core, "nfv_session_api_sessions", "Sessions by state.", "state", states)
        yield _gauge(core, "nfv_session_api_messages", "Messages by status.", "status", statuses)
        yield from _progress(core, under_way)
        yield core.GaugeMetricFamily("nfv_session_api_outbox", "Notifications that have not been taken yet.", value=waiting)
        yield core.GaugeMetricFamily("nfv_session_api_outbox_oldest_seconds", "Age of the oldest of them.", value=age)
        subscribed = {"yes": 0, "no": 0, **enabled}
        yield _gauge(core, "nfv_session_api_subscriptions", "Subscriptions to direct delivery.", "enabled", subscribed)
        yield core.GaugeMetricFamily("nfv_session_api_deliveries_pending", "Deliveries on their way.", value=on_their_way)
        yield core.GaugeMetricFamily("nfv_session_api_deliveries_oldest_seconds", "Age of the oldest of them.", value=late)


def _progress(core: t.Any, under_way: t.Sequence[tuple[str, str, measure.Measured, str]]) -> t.Iterator[t.Any]:
    """Return how far the open sessions are, as :mod:`measure` says it everywhere."""
    labels = ["session_id", "name"]
    percent = core.GaugeMetricFamily("nfv_session_api_session_percent_done", "How much of a session is done.", labels=labels)
    left = core.GaugeMetricFamily(
        "nfv_session_api_session_seconds_left", "Seconds to the end of a session, as measured so far.", labels=labels
    )
    counts = core.GaugeMetricFamily(
        "nfv_session_api_session_progress", "Hosts and servers of a session.", labels=[*labels, "what"]
    )
    for session_id, name, measured, state in under_way:
        percent.add_metric([session_id, name], measured.percent(state))
        if measured.seconds_left is not None:
            left.add_metric([session_id, name], round(measured.seconds_left))
        for what in ("hosts", "hosts_done", "hosts_failed", "servers", "servers_done"):
            counts.add_metric([session_id, name, what], getattr(measured, what))
    yield from (percent, left, counts)


def _counts(known: t.Iterable[str], rows: t.Iterable[t.Any]) -> dict[str, int]:
    counts = dict.fromkeys(known, 0)
    for value, count in rows:
        counts[value] = count
    return counts


def _gauge(core: t.Any, name: str, text: str, label: str, values: dict[str, int]) -> t.Any:
    family = core.GaugeMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
