# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a download is, and whether it has to be fetched (private to this collection)."""

from __future__ import annotations

import pathlib
import re
import tempfile

from .._ensure import Record, Result
from .._errors import CollectionError
from .fetch import Checksum, Source
from .unpack import replace_folder, unpack

_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,199}")


class Download:
    """One file of a folder, and beside it what was inside."""

    def __init__(self, name: str, checksum: str, directory: str, unpacked: bool) -> None:
        """Nothing is looked at yet."""
        if _NAME.fullmatch(name) is None:
            raise CollectionError("A download's name has letters, digits, dots, hyphens and underscores, and no dot in front")
        self._name = name
        self._checksum = Checksum.read(checksum)
        self._directory = pathlib.Path(directory)
        self._file = self._directory / name
        # Which archive the folder was made of; written last.
        self._mark = self._directory / f"{name}.unpacked"
        self._folder = self._directory / f"{name}.d" if unpacked else None

    @property
    def record(self) -> Record:
        """What the module returns."""
        return {"name": self._name, "path": str(self._folder or self._file), "file": str(self._file)}

    def ensure(self, source: Source, *, check_mode: bool) -> Result:
        """Fetch and unpack what is not there."""
        fetched = self._checksum.fits(self._file)
        if fetched and self._is_unpacked():
            return Result(False, self.record)
        if not check_mode:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".download-", dir=self._directory) as work:
                if not fetched:
                    self._fetch(source, pathlib.Path(work))
                if self._folder is not None:
                    self._unpack(source.max_bytes, self._folder, pathlib.Path(work))
        return Result(True, self.record)

    def _is_unpacked(self) -> bool:
        if self._folder is None:
            return True
        return self._folder.is_dir() and self._mark.is_file() and self._mark.read_text() == self._checksum.digest

    def _fetch(self, source: Source, work: pathlib.Path) -> None:
        new = work / "file"
        try:
            source.fetch(new, self._checksum)
            new.replace(self._file)
        except OSError as exc:
            raise CollectionError(f"Failed to write {self._file}: {exc}") from exc

    def _unpack(self, max_bytes: int, folder: pathlib.Path, work: pathlib.Path) -> None:
        new = work / "folder"
        new.mkdir(mode=0o700)
        unpack(self._file, new, max_bytes)
        self._mark.unlink(missing_ok=True)
        replace_folder(new, folder)
        self._mark.write_text(self._checksum.digest)
