# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file from the network: bounded in size and time, and what was promised or nothing (private to this collection)."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import pathlib
import re
import time
import typing as t
import urllib.parse
from http.client import HTTPException
from urllib.error import HTTPError

from ansible.module_utils.urls import open_url

from .._errors import CollectionError

_CHECKSUM = re.compile(r"(?P<kind>sha256|sha384|sha512):(?P<digest>[0-9a-fA-F]{64,128})")
_CHUNK = 1024 * 1024
# Seconds without a byte.
_SILENCE = 30

Opener = t.Callable[..., t.Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Checksum:
    """What a file has to be.

    :ivar kind: the algorithm, as hashlib calls it.
    :ivar digest: hexadecimal.
    """

    kind: str
    digest: str

    @classmethod
    def read(cls, text: str) -> Checksum:
        """``sha256:<hexadecimal>``; older algorithms can be forged and are refused."""
        found = _CHECKSUM.fullmatch(text.strip())
        if found is None or len(found["digest"]) != 2 * hashlib.new(found["kind"]).digest_size:
            raise CollectionError("A checksum has the form sha256:<64 hexadecimal digits>, or the same with sha384 or sha512")
        return cls(found["kind"], found["digest"].lower())

    def fits(self, path: pathlib.Path) -> bool:
        """Whether a file is there and is it."""
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return hmac.compare_digest(hashlib.file_digest(file, self.kind).hexdigest(), self.digest)


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """Where a file comes from. Its address may hold a secret in its query, so only host and path are ever shown.

    :ivar timeout: seconds for all of it.
    """

    url: str
    username: str | None = None
    password: str | None = None
    ca_cert: str | None = None
    max_bytes: int = 0
    timeout: float = 0.0
    opener: Opener = open_url

    def __post_init__(self) -> None:
        """Refuse what would show a password."""
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CollectionError("A download's url has to be http or https")
        if "@" in parts.netloc:
            raise CollectionError("A download's url must hold no password. Next: give url_username and url_password")

    @property
    def shown(self) -> str:
        """The address without what may be secret."""
        parts = urllib.parse.urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    def fetch(self, target: pathlib.Path, checksum: Checksum, clock: t.Callable[[], float] = time.monotonic) -> int:
        """Write the file; returns its size.

        :raises CollectionError: when it does not come, is too large, takes too long, or is another one.
        """
        try:
            size, digest = self._copy(target, checksum.kind, clock)
        except HTTPError as exc:
            with exc:
                raise self._failed(f"HTTP {exc.code}") from None
        except (OSError, HTTPException, ValueError) as exc:
            # Without the cause: its text may hold the whole address.
            raise self._failed(type(exc).__name__) from None
        if not hmac.compare_digest(digest, checksum.digest):
            raise self._failed(f"its {checksum.kind} is {digest}, not {checksum.digest}")
        return size

    def _copy(self, target: pathlib.Path, kind: str, clock: t.Callable[[], float]) -> tuple[int, str]:
        end = clock() + self.timeout
        digest, size = hashlib.new(kind), 0
        response = self.opener(
            self.url, timeout=min(_SILENCE, max(1.0, self.timeout)), url_username=self.username, url_password=self.password,
            force_basic_auth=self.username is not None, ca_path=self.ca_cert, follow_redirects="safe",
        )  # fmt: skip
        with response, target.open("wb") as file:
            # What has arrived, not a whole chunk, so that a slow source cannot outlast the time.
            while chunk := response.read1(_CHUNK) if hasattr(response, "read1") else response.read(_CHUNK):
                size += len(chunk)
                if size > self.max_bytes:
                    raise self._failed(f"it is larger than {self.max_bytes} bytes")
                if clock() > end:
                    raise self._failed(f"it took longer than {self.timeout:g} s")
                digest.update(chunk)
                file.write(chunk)
        return size, digest.hexdigest()

    def _failed(self, why: str) -> CollectionError:
        step = "check the address and the checksum, then run it again"
        return CollectionError(f"Failed to download {self.shown}: {why}. Next: {step}")
