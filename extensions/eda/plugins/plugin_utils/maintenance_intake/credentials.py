# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is believed: the secrets of the VNFs, and what is compared with them."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import secrets as random_secrets
import stat
from typing import TYPE_CHECKING, Any

import yaml

from .errors import ArgumentError
from .log import logger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

USER = b"aodh"
MIN_SECRET = 16
MAX_SECRETS_FILE = 4 * 1024 * 1024
# How Standard Webhooks marks a secret that signs; the rest is base64.
SIGNING = "whsec_"
MIN_SIGNING = 24
MAX_SIGNATURES = 16


def check_secrets(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    """Return the secrets of each VNF; errors name the VNF and never show a secret."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ArgumentError(f"{where} must map the id of each VNF to its secret or list of secrets")
    checked = {}
    for vnf_id, entry in value.items():
        if not isinstance(vnf_id, str):
            raise ArgumentError(f"{where}: the VNF id {vnf_id!r} must be text; put it in quotes")
        listed = entry if isinstance(entry, list) else [entry]
        if not listed or not all(isinstance(secret, str) and len(secret) >= MIN_SECRET for secret in listed):
            raise ArgumentError(f"{where}: each secret of VNF {vnf_id!r} must be text of at least {MIN_SECRET} characters")
        if any(len(signing_key(secret)) < MIN_SIGNING for secret in listed if secret.startswith(SIGNING)):
            wrong = f"what follows {SIGNING} in a secret of VNF {vnf_id!r}"
            raise ArgumentError(f"{where}: {wrong} is not the base64 of at least {MIN_SIGNING} bytes")
        checked[vnf_id] = tuple(listed)
    return checked


def signing_key(secret: str) -> bytes:
    """Return the key of a signing secret, empty when it is not base64."""
    try:
        return base64.b64decode(secret.removeprefix(SIGNING), validate=True)
    except (binascii.Error, ValueError):
        return b""


class Secrets:
    """The secrets of the VNFs: fixed ones, and those of a file that may change at any time."""

    def __init__(self, fixed: Mapping[str, tuple[str, ...]], path: Path | None) -> None:
        """Hold the fixed secrets and, when there is a file, read it."""
        self._fixed = dict(fixed)
        self._path = path
        self._from_file: dict[str, tuple[str, ...]] = {}
        self._seen: tuple[int, ...] | None = None
        self._lock = asyncio.Lock()
        # Compared with where a VNF has no secret, so that the answer takes the same time.
        self._nobody = random_secrets.token_urlsafe(32)
        if path is not None:
            self._seen = _mark(path)
            if self._seen is None:
                logger.warning("The secrets file %s does not exist yet", path)
            else:
                self._from_file = read_secrets_file(path)

    async def refresh(self) -> None:
        """Read the file again when it has changed; keep what was known when that fails."""
        if self._path is None or _mark(self._path) == self._seen:
            return
        async with self._lock:
            await asyncio.to_thread(self._refresh, self._path)

    def _refresh(self, path: Path) -> None:
        mark = _mark(path)
        if mark == self._seen:
            return
        self._seen = mark
        if mark is None:
            logger.warning("The secrets file %s is gone; its secrets are no longer valid", path)
            self._from_file = {}
            return
        try:
            self._from_file = read_secrets_file(path)
        except (ArgumentError, OSError) as exc:
            logger.error("The secrets stay as they were: %s", exc)
        else:
            logger.info("Read the secrets of %d VNFs from %s", len(self._from_file), path)

    def accept(self, vnf_id: str, authorization: str) -> bool:
        """Say whether the header of basic authentication holds a secret of this VNF, in the same time for an unknown VNF."""
        return self._holds(vnf_id, _basic(authorization), USER + b":")

    def accept_secret(self, vnf_id: str, secret: str) -> bool:
        """Say the same of a secret that came in the path."""
        return self._holds(vnf_id, secret.encode("utf-8", "surrogateescape"), b"")

    def accept_signature(self, vnf_id: str, signed: bytes, header: str) -> bool:
        """Say whether one of the signatures of the header (Standard Webhooks, v1) was made with a signing secret of this VNF."""
        known = [secret for secret in self._known(vnf_id) if secret.startswith(SIGNING)]
        given = [value for version, _comma, value in (one.partition(",") for one in header.split()) if version == "v1"]
        accepted = False
        for secret in known or (self._nobody,):
            expected = base64.b64encode(hmac.digest(signing_key(secret) or b"-", signed, "sha256"))
            for value in given[:MAX_SIGNATURES] or [""]:
                accepted |= hmac.compare_digest(value.encode("utf-8", "surrogateescape"), expected)
        return accepted and bool(known)

    def _known(self, vnf_id: str) -> tuple[str, ...]:
        return self._fixed.get(vnf_id, ()) + self._from_file.get(vnf_id, ())

    def _holds(self, vnf_id: str, given: bytes, before: bytes) -> bool:
        known = [secret for secret in self._known(vnf_id) if not secret.startswith(SIGNING)]
        digest = hashlib.sha256(given).digest()
        accepted = False
        for secret in known or (self._nobody,):
            accepted |= hmac.compare_digest(digest, hashlib.sha256(before + secret.encode()).digest())
        return accepted and bool(known)


def _basic(authorization: str) -> bytes:
    scheme, _separator, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _mark(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def read_secrets_file(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the secrets of a file that nobody else can read or write."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ArgumentError(f"the secrets file {path} is not a regular file")
        if found.st_uid not in (os.geteuid(), 0):
            raise ArgumentError(f"the secrets file {path} belongs to another user (uid {found.st_uid})")
        if found.st_mode & 0o077:
            raise ArgumentError(f"the secrets file {path} is open to other users; run: chmod 600 {path}")
        content = file.read(MAX_SECRETS_FILE + 1)
    if len(content) > MAX_SECRETS_FILE:
        raise ArgumentError(f"the secrets file {path} is larger than {MAX_SECRETS_FILE} bytes")
    try:
        loaded = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        # The parser's own message quotes the line.
        raise ArgumentError(f"the secrets file {path} is neither YAML nor JSON") from None
    return check_secrets(loaded, f"the secrets file {path}")
