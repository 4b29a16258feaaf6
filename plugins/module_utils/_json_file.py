# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON files that people keep: read within bounds, replaced all at once (private to this collection)."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import tempfile
import typing as t

from ._errors import CollectionError

# The snapshot of a cloud of 10,000 hosts and 100,000 instances has a tenth of it.
MOST_BYTES = 500_000_000
PRIVATE = 0o600


@dataclasses.dataclass(frozen=True)
class JsonFile:
    """One file.

    :ivar path: where it is.
    :ivar what: what it is to the user, for messages: ``plan``, ``snapshot``.
    """

    path: pathlib.Path
    what: str

    def read(self) -> dict[str, t.Any]:
        """The object that it holds; CollectionError when it cannot be read, is too large or holds something else."""
        try:
            if self.path.stat().st_size > MOST_BYTES:
                raise self._error(f"The {self.what} file {self.path} is larger than {MOST_BYTES} bytes")
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as exc:
            raise self._error(f"Cannot read the {self.what} file {self.path}: {exc}") from exc
        if not isinstance(found, dict):
            raise self._error(f"The {self.what} file {self.path} holds no JSON object")
        return found

    def text(self) -> str | None:
        """Its text as it is, None when there is no such file."""
        try:
            return self.path.read_text(encoding="utf-8") if self.path.exists() else None
        except (OSError, UnicodeDecodeError) as exc:
            raise self._error(f"Cannot read the {self.what} file {self.path}: {exc}") from exc

    def write(self, text: str) -> None:
        """Put the whole text there, or leave what is there; a new file is for its owner only."""
        try:
            mode = self.path.stat().st_mode & 0o777 if self.path.exists() else PRIVATE
            with tempfile.NamedTemporaryFile(
                "w", dir=self.path.parent, prefix=f".{self.path.name}.", encoding="utf-8", delete=False
            ) as file:
                file.write(text)
            pathlib.Path(file.name).chmod(mode)
            os.replace(file.name, self.path)  # noqa: PTH105 (atomic on every system)
        except OSError as exc:
            raise self._error(f"Cannot write the {self.what} file {self.path}: {exc}") from exc

    def _error(self, text: str) -> CollectionError:
        return CollectionError(text, path=str(self.path))
