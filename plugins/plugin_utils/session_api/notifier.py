# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where notifications go: an intake that takes JSON over HTTP, or the message bus."""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import typing as t
import warnings

from . import times
from .config import ConfigurationError
from .libraries import cfg, requests

_TRY_AGAIN_LATER = (408, 425, 429)


@dataclasses.dataclass(frozen=True)
class Notification:
    """One notification as it goes out."""

    notification_id: str
    event_type: str
    publisher_id: str
    payload: dict[str, t.Any]
    created_at: datetime.datetime

    def envelope(self) -> dict[str, t.Any]:
        """Write it as the bus carries it."""
        return {
            "message_id": self.notification_id,
            "publisher_id": self.publisher_id,
            "event_type": self.event_type,
            "priority": "INFO",
            "timestamp": times.envelope(self.created_at),
            "payload": self.payload,
        }


class NotTakenError(Exception):
    """The notification was not taken. ``alone``: it is this one that is refused, others may pass."""

    def __init__(self, message: str, *, alone: bool = False) -> None:
        """Say why."""
        super().__init__(message)
        self.alone = alone


class Notifier(t.Protocol):
    """Hands notifications over."""

    def send(self, notification: Notification) -> None:
        """Return when it has been taken, else raise :class:`NotTakenError`."""

    def close(self) -> None:
        """Give connections back."""


class IntakeNotifier:
    """POSTs each notification to an HTTP intake."""

    def __init__(self, url: str, timeout: float) -> None:
        """POST to this URL and wait so many seconds for the answer."""
        self._url = url
        self._timeout = timeout
        self._session = requests.Session()
        # An intake is a part of the cloud; a proxy of the environment has nothing to do with it.
        self._session.trust_env = False

    def send(self, notification: Notification) -> None:
        """POST it; any 2xx means taken."""
        try:
            response = self._session.post(self._url, json=notification.envelope(), timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as exc:
            raise NotTakenError(f"{type(exc).__name__}: {exc}") from exc
        if not 200 <= response.status_code < 300:
            alone = 400 <= response.status_code < 500 and response.status_code not in _TRY_AGAIN_LATER
            raise NotTakenError(f"the intake answered {response.status_code}", alone=alone)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


class BusNotifier:
    """Puts notifications on the bus in the format without envelope, which is what the predecessor's listeners read."""

    def __init__(self, conf: cfg.ConfigOpts, url: str, topic: str) -> None:
        """Connect to the bus when the first notification is sent."""
        try:
            with warnings.catch_warnings():
                # It complains about a library of its own that it loads where it finds it.
                warnings.simplefilter("ignore")
                self._messaging = importlib.import_module("oslo_messaging")
        except ImportError as exc:
            raise ConfigurationError("[notifications] transport_url needs the library oslo.messaging") from exc
        try:
            self._transport = self._messaging.get_notification_transport(conf, url=url)
        except (self._messaging.DriverLoadFailure, self._messaging.InvalidTransportURL) as exc:
            raise ConfigurationError(f"[notifications] transport_url: {exc}") from exc
        self._target = self._messaging.Target(topic=f"{topic}.info")

    def send(self, notification: Notification) -> None:
        """Publish it.

        The driver below oslo.messaging's own Notifier is called directly: that one swallows every error, and makes a new message
        id each time, so that a notification sent again could not be told from a new one.
        """
        try:
            self._transport._send_notification(self._target, {}, notification.envelope(), version=1.0, retry=0)
        except Exception as exc:
            raise NotTakenError(f"{type(exc).__name__}: {exc}") from exc

    def close(self) -> None:
        """Close the connections."""
        self._transport.cleanup()


class NowhereNotifier:
    """For a service without a bus and without an intake: projects read their messages from the API."""

    def send(self, notification: Notification) -> None:
        """Take it."""

    def close(self) -> None:
        """Nothing to close."""


def way(conf: cfg.ConfigOpts) -> str:
    """Name the way that :func:`make` takes."""
    if conf.notifications.transport_url:
        return "bus"
    return "intake" if conf.notifications.intake_url else "nowhere"


def make(conf: cfg.ConfigOpts) -> Notifier:
    """Make the notifier that the configuration asks for."""
    options = conf.notifications
    match way(conf):
        case "bus":
            return BusNotifier(conf, options.transport_url, options.topic)
        case "intake":
            return IntakeNotifier(options.intake_url, options.timeout)
    return NowhereNotifier()
