# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps what must not be read out of what is written down; pure (private to this collection).

Ansible censors the results of tasks with ``no_log`` and the values of secret options before a callback sees them. This is for
what is left: texts of failures that quote a URL, a header or an option.
"""

from __future__ import annotations

import re

HIDDEN = "********"
LONGEST = 2000

_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@\"']+@", re.IGNORECASE)
_NAMED = re.compile(
    r"(?P<name>[\w-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)[\w-]*[\"']?\s*[:=]\s*)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&}\"']+)",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(r"(?P<name>authorization[\"']?\s*[:=]\s*[\"']?)(?P<value>[^\r\n\"']+)", re.IGNORECASE)
_BEARER = re.compile(r"(?P<name>\bbearer\s+)(?P<value>[\w.~+/=-]+)", re.IGNORECASE)
_TOKENS = re.compile(r"\bgAAAA[\w=-]{20,}|\bwhsec_[\w+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")


def masked(text: object) -> str:
    """Text without what looks like a secret, and not longer than anybody reads."""
    hidden = _CREDENTIALS.sub(rf"\g<scheme>{HIDDEN}@", str(text)[: 2 * LONGEST])
    for pattern in (_AUTHORIZATION, _BEARER, _NAMED):
        hidden = pattern.sub(rf"\g<name>{HIDDEN}", hidden)
    hidden = _TOKENS.sub(HIDDEN, hidden)
    return hidden if len(hidden) <= LONGEST else hidden[:LONGEST] + " …"
