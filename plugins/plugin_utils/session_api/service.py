# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service: everything the routes need in one place, and the threads behind them."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from . import asking, config, metrics, notifier, outcomes, sessions, times
from .delivering import Deliverer
from .libraries import cfg, oslo_log
from .outbox import Outbox
from .policy import Policy
from .posting import Poster
from .store.database import Store
from .streams import Streams
from .unit import Settings, Unit, Work

LOG = oslo_log.getLogger(__name__)
_LONGEST_SLEEP = 60.0
_AFTER_ERROR = 2.0


class Service:
    """Holds the conversation together."""

    def __init__(self, conf: cfg.ConfigOpts, clock: times.Clock = times.utc_now, out: notifier.Notifier | None = None) -> None:
        """Bring the tables up to date and put everything together; ``start`` sets it going."""
        self.conf = conf
        self.policy = Policy(conf)
        self.store = Store(conf.database.connection, conf.database.busy_timeout)
        self.store.upgrade()
        self.settings = Settings.of(conf)
        self.work = Work(self.store, self.settings, clock)
        self.clock = clock
        self.figures = metrics.Figures(self.work)
        self._notifier = out or notifier.make(conf)
        self.outbox = Outbox(self.work, self._notifier, conf.notifications.retry_first, conf.notifications.retry_longest)
        options = conf.webhooks
        try:
            poster = Poster(self.settings.networks, options.connect_timeout, options.timeout, options.ca_file)
        except OSError as exc:
            raise config.ConfigurationError(f"[webhooks] ca_file {options.ca_file}: {exc}") from None
        self.deliverer = Deliverer(self.work, poster, outcomes.Patience.of(conf), options.concurrency, self.figures)
        self._stopping = threading.Event()
        self._threads = [
            _Loop("outbox", self.outbox.run_once, self._stopping),
            _Loop("deadlines", self._keep_time, self._stopping),
            _Loop("deliveries", self.deliverer.run_once, self._stopping),
        ]
        self.deliverer.on_done = self._threads[-1].wake
        self.work.on_notified = self.wake
        # Half of the threads are left to everybody else.
        self.streams = Streams(conf.threads // 2)
        self.work.on_written = self.streams.written

    def start(self) -> None:
        """Start sending and keeping time."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Stop within so many seconds, for all of it together; what is not sent stays in the outbox."""
        self._stopping.set()
        self.streams.close()
        self.wake()
        end = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))
        self.deliverer.stop(max(0.0, end - time.monotonic()))
        self._notifier.close()
        self.store.close()

    def wake(self) -> None:
        """Let the threads look again: there is something to send, and perhaps an earlier deadline."""
        for thread in self._threads:
            thread.wake()

    def expire_due(self) -> None:
        """Expire what is due, so that nobody sees a message pending after its time."""
        with self.work.read() as unit:
            due = asking.any_due(unit)
        if due:
            with self.work.write() as unit:
                asking.expire(unit)

    def read(self) -> contextlib.AbstractContextManager[Unit]:
        """Open a unit that reads, with all deadlines applied."""
        self.expire_due()
        return self.work.read()

    def write(self) -> contextlib.AbstractContextManager[Unit]:
        """Open a unit that writes, with all deadlines applied."""
        self.expire_due()
        return self.work.write()

    def _keep_time(self) -> float:
        self.expire_due()
        with self.work.read() as unit:
            due = asking.next_deadline(unit)
            gone = sessions.any_to_purge(unit)
        if gone:
            with self.work.write() as unit:
                sessions.purge(unit)
        if due is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, max(0.0, (due - self.clock()).total_seconds()) + 0.01)


class _Loop(threading.Thread):
    """Does one thing again and again: after the time it asks for, and whenever it is woken."""

    def __init__(self, name: str, once: t.Callable[[], float | None], stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._once = once
        self._stopping = stopping
        self._woken = threading.Event()

    def wake(self) -> None:
        """Do it now."""
        self._woken.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                pause = self._once()
            except Exception:
                LOG.exception("the %s thread met an error and goes on", self.name)
                pause = _AFTER_ERROR
            self._woken.wait(pause)
