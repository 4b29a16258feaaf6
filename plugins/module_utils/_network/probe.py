# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look over HTTP at what a member, or the service as a whole, says of itself (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.error

from ansible.module_utils.urls import open_url

from .._arguments import Spec
from .._ensure import Record
from .._errors import CollectionError

ADDRESS = "{address}"
PROBE_SPEC: Spec = {
    "url": {"type": "str", "required": True},
    "status": {"type": "int", "default": 200},
    "timeout": {"type": "int", "default": 3},
}


@dataclasses.dataclass(frozen=True)
class Probe:
    """A URL and the status it answers with when all is well."""

    url: str
    status: int
    timeout: int

    @classmethod
    def read(cls, option: Record | None) -> Probe | None:
        """From an option with :data:`PROBE_SPEC`."""
        return None if option is None else cls(option["url"], option["status"], option["timeout"])

    @classmethod
    def of_service(cls, option: Record | None) -> Probe | None:
        """From the option ``check``, which is about the service as a whole.

        :raises CollectionError: when it is about one member.
        """
        check = cls.read(option)
        if check is not None and check.wants_address:
            raise CollectionError(
                f"check.url is {check.url}, but check is about the service as a whole and not about one member. "
                f"Next: write the address of the service in place of {ADDRESS}"
            )
        return check

    @property
    def wants_address(self) -> bool:
        """Whether it is about one member."""
        return ADDRESS in self.url

    def complaint(self, address: str | None) -> str:
        """What is wrong, or an empty text. The body is not read, redirects are not followed, no proxy is used."""
        if self.wants_address and not address:
            return "has no address to look at"
        # An IPv6 address stands in brackets in a URL.
        host = f"[{address}]" if ":" in str(address) else str(address)
        url = self.url.replace(ADDRESS, host)
        try:
            status = self._status(url)
        except (OSError, ValueError) as exc:
            return f"{url} gives no answer ({exc})"
        return "" if status == self.status else f"{url} answers {status}, not {self.status}"

    def _status(self, url: str) -> int:
        try:
            with open_url(url, timeout=self.timeout, follow_redirects="none", use_proxy=False) as answer:
                return t.cast("int", answer.status)
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code
