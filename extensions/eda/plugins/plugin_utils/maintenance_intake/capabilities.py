# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys that let the handler of one attempt report about it, and nobody else."""

from __future__ import annotations

import base64
import hmac
import re

_KEY = re.compile(r"([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})")


class Capabilities:
    """Makes and checks keys."""

    def __init__(self, key: bytes) -> None:
        """Hold the journal's own key."""
        self._key = key

    def key(self, delivery: str, attempt: int) -> str:
        """Return the key of one attempt: its number and the HMAC-SHA256 of both."""
        digest = hmac.digest(self._key, f"{delivery}.{attempt}".encode(), "sha256")
        return f"{attempt}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    def attempt(self, delivery: str, authorization: str) -> int | None:
        """Return the attempt whose key a Bearer header holds; None, in the same time, when it is no key of this delivery."""
        scheme, _space, key = authorization.partition(" ")
        found = _KEY.fullmatch(key.strip()) if scheme.lower() == "bearer" else None
        attempt = int(found.group(1)) if found else 0
        given = found.group() if found else ""
        return attempt if hmac.compare_digest(given, self.key(delivery, attempt)) else None
