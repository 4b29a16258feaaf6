# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures of direct deliveries, as Standard Webhooks 1.0 defines them. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import typing as t

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
_MADE = 32
_FINGERPRINT = 16


def new_secret() -> str:
    """Make a secret of 256 bits in its written form, ``whsec_<base64>``."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_MADE)).decode("ascii")


def key_of(secret: str) -> bytes:
    """Return the key inside a written secret.

    Raises ValueError, whose text never holds the secret, for one that is not ``whsec_`` and the base64 of 24 to 64 bytes.
    """
    if not secret.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    try:
        key = base64.b64decode(secret[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"what follows {PREFIX} must be base64") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"a secret holds {SHORTEST} to {LONGEST} bytes; this one has {len(key)}")
    return key


def signature(delivery_id: str, timestamp: int, body: bytes, keys: t.Iterable[bytes]) -> str:
    """Write the header ``webhook-signature``: one signature a key, separated by spaces, so that a secret can be changed."""
    signed = b"%s.%d.%s" % (delivery_id.encode("ascii"), timestamp, body)
    return " ".join(f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode('ascii')}" for key in keys)


def fingerprint(secret: str) -> str:
    """Return what names a secret without giving it away; who holds the secret can compute it."""
    return hmac.new(key_of(secret), b"fingerprint", hashlib.sha256).hexdigest()[:_FINGERPRINT]


def same(one: str, other: str) -> bool:
    """Whether two written secrets hold the same key, compared in constant time."""
    return hmac.compare_digest(key_of(one), key_of(other))
