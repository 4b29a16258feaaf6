# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A YAML file with one entry for each VNF, which several runs change at the same time (private to this collection)."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import pathlib
import stat
import tempfile
import time
import typing as t

from .._errors import CollectionError

try:
    import yaml

    IMPORT_ERROR: Exception | None = None
except ImportError as exc:
    IMPORT_ERROR = exc

PRIVATE = 0o600
# As much as the event source reads of the secrets.
MOST_BYTES = 4 * 1024 * 1024
LONGEST_WAIT = 30.0
LOOK_EVERY = 0.02

Decide = t.Callable[[t.Any], t.Any]


@dataclasses.dataclass(frozen=True)
class KeyedFile:
    """The file; nobody who reads it ever sees half of it.

    :ivar path: where it is. Beside it stands an empty ``<path>.lock``, which whoever changes it locks.
    :ivar mode: what others may do with it at most; without more it is for its owner alone.
    """

    path: pathlib.Path
    mode: int = PRIVATE

    def change(self, key: str, decide: Decide, *, check_mode: bool = False) -> tuple[bool, t.Any]:
        """Put what ``decide`` makes of the entry of a key in its place, and leave all others as they are.

        :param decide: gets the present entry, None where there is none, and gives the new one, None for none. It is called once,
            while nobody else changes the file.
        :returns: whether the entry was changed (or would be), and the new one.
        :raises CollectionError: when the file cannot be read or written, is no map, or stays locked.
        """
        if IMPORT_ERROR is not None:
            raise CollectionError("The library PyYAML is needed on the host. Next: install python3-yaml there") from IMPORT_ERROR
        # Where there is no folder there is nothing to take out of the file, and nobody else who changes it.
        with contextlib.nullcontext() if check_mode or not self.path.parent.is_dir() else self._locked():
            entries = self._read()
            before = entries.get(key)
            after = decide(before)
            others = {name: entry for name, entry in entries.items() if name != key}
            changed = bool(after != before)
            if changed and not check_mode:
                self._write(others if after is None else {**entries, key: after})
            return changed, after

    @contextlib.contextmanager
    def _locked(self) -> t.Iterator[None]:
        """Keep everybody else from changing the file; the lock ends with the process, however that ends."""
        try:
            # Not the file itself, in whose place another one is put.
            descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        except OSError as exc:
            raise self._failed("lock", exc) from exc
        try:
            self._keep_owner(descriptor)
            end = time.monotonic() + LONGEST_WAIT
            while True:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if time.monotonic() > end:
                    raise CollectionError(
                        f"{self.path} is being changed by another process for {LONGEST_WAIT:g} s. Next: fuser {self.path}.lock"
                    )
                time.sleep(LOOK_EVERY)
            yield
        finally:
            os.close(descriptor)

    def _read(self) -> dict[str, t.Any]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise self._failed("read", exc) from exc
        if len(content) > MOST_BYTES:
            raise CollectionError(f"{self.path} has {len(content)} bytes; at most {MOST_BYTES} are read")
        try:
            found = yaml.safe_load(content) or {}
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
            # The parser's own message quotes what it could not read.
            raise CollectionError(f"{self.path} is neither YAML nor JSON; it is left as it is") from None
        if not isinstance(found, dict):
            raise CollectionError(f"{self.path} has to map the id of each VNF to its entry; it holds a {type(found).__name__}")
        return found

    def _write(self, entries: dict[str, t.Any]) -> None:
        text = yaml.safe_dump(entries, default_flow_style=False, sort_keys=False, allow_unicode=True).encode()
        written: pathlib.Path | None = None
        try:
            # Only its owner can open it from the beginning.
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            written = pathlib.Path(name)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), self.mode)
                self._keep_owner(file.fileno())
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            written.replace(self.path)
            written = None
        except OSError as exc:
            raise self._failed("write", exc) from exc
        finally:
            if written is not None:
                written.unlink(missing_ok=True)

    def _keep_owner(self, descriptor: int) -> None:
        """What root changes for somebody stays theirs."""
        with contextlib.suppress(FileNotFoundError, PermissionError):
            found = self.path.stat()
            os.fchown(descriptor, found.st_uid, found.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode) & self.mode)

    def _failed(self, what: str, exc: OSError) -> CollectionError:
        return CollectionError(f"Cannot {what} {self.path}: {exc.strerror}", path=str(self.path))
