# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One probe of a target, now, because somebody asks."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from .asking import ANSWERED, Asker, Finding
from .icmp import CannotPing, Echo, NotSent, Unreachable
from .judging import Outcome

if TYPE_CHECKING:
    from .names import Names
    from .target import Target


class Answer(NamedTuple):
    """What it came to, and how long it took."""

    finding: Finding
    seconds: float


class Once:
    """Probes beside the schedule, with sockets of its own."""

    def __init__(self, names: Names) -> None:
        """Share what is known about names."""
        self._names = names
        self._asker = Asker()
        self._echoes: dict[int, Echo] = {}
        self._waiting: dict[int, tuple[str, asyncio.Future[Finding]]] = {}
        self._number = 0

    async def probe(self, target: Target) -> Answer:
        """Try as often as the target says."""
        finding = Finding(Outcome.LOST, "it was not tried")
        began = time.monotonic()
        for _try in range(target.how.retries + 1):
            began = time.monotonic()
            address = self._names.address(target.address)
            if address is None:
                finding = Finding(Outcome.VOID, "its name does not resolve")
                await asyncio.sleep(min(1.0, target.how.timeout))
                continue
            finding = await (self._ping(target, address) if target.how.probe == "ping" else self._asker.ask(target, address))
            if finding.outcome is Outcome.ANSWERED:
                break
        return Answer(finding, time.monotonic() - began)

    async def _ping(self, target: Target, address: str) -> Finding:
        version = 6 if ":" in address else 4
        self._number += 1
        number = self._number
        waiting: asyncio.Future[Finding] = asyncio.get_running_loop().create_future()
        try:
            if version not in self._echoes:
                self._echoes[version] = Echo(version, self._answered)
                asyncio.get_running_loop().add_reader(self._echoes[version].socket, self._echoes[version].receive)
            self._waiting[number] = (address, waiting)
            self._echoes[version].send(address, number)
            async with asyncio.timeout(target.how.timeout):
                return await waiting
        except TimeoutError:
            return Finding(Outcome.LOST, f"no answer within {target.how.timeout:g} s")
        except Unreachable as exc:
            return Finding(Outcome.LOST, str(exc))
        except (NotSent, CannotPing) as exc:
            return Finding(Outcome.VOID, str(exc))
        finally:
            self._waiting.pop(number, None)

    def _answered(self, number: int, sender: str) -> None:
        address, waiting = self._waiting.get(number, ("", None))
        if waiting is not None and not waiting.done() and sender == address:
            waiting.set_result(ANSWERED)

    def close(self) -> None:
        """Close what is open."""
        for echo in self._echoes.values():
            asyncio.get_running_loop().remove_reader(echo.socket)
            echo.close()
        self._asker.close()
