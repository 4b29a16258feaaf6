# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives taken apart without a surprise (private to this collection)."""

from __future__ import annotations

import pathlib
import shutil
import stat
import tarfile
import typing as t
import zipfile

from .._errors import CollectionError

_MAX_MEMBERS = 200_000
_CHUNK = 1024 * 1024


def unpack(archive: pathlib.Path, folder: pathlib.Path, max_bytes: int) -> None:
    """Put what is inside an archive (tar in any compression of Python, or zip) into an empty folder.

    Nothing is written outside the folder, no link leads out of it, and no device or owner is taken over.

    :param max_bytes: of all files inside together.
    :raises CollectionError: when it is no archive, or one that would break one of these.
    """
    try:
        if zipfile.is_zipfile(archive):
            _unzip(archive, folder, max_bytes)
        else:
            _untar(archive, folder, max_bytes)
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as exc:
        raise CollectionError(f"Failed to unpack {archive.name}: {type(exc).__name__}: {exc}") from exc


def _untar(archive: pathlib.Path, folder: pathlib.Path, max_bytes: int) -> None:
    total = 0
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar, 1):
            total += member.size
            _bounded(archive, number, total, max_bytes)
            if hasattr(tarfile, "data_filter"):
                tar.extract(member, folder, filter="data")
            else:
                _extract(tar, member, folder, archive)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: pathlib.Path, archive: pathlib.Path) -> None:
    """What the filter does that came with Python 3.11.4, without links."""
    path = folder / member.name.lstrip("/")
    if not path.resolve().is_relative_to(folder.resolve()) or not (member.isfile() or member.isdir()):
        raise CollectionError(
            f"Failed to unpack {archive.name}: {member.name!r} is no plain file inside it; links need Python 3.11.4 or newer"
        )
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with t.cast("t.IO[bytes]", tar.extractfile(member)) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    path.chmod(member.mode & (0o755 if member.mode & 0o100 else 0o644) | 0o600)


def _unzip(archive: pathlib.Path, folder: pathlib.Path, max_bytes: int) -> None:
    total = 0
    with zipfile.ZipFile(archive) as file:
        for number, member in enumerate(file.infolist(), 1):
            path = folder / member.filename
            kind = stat.S_IFMT(member.external_attr >> 16)
            if not path.resolve().is_relative_to(folder.resolve()) or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise CollectionError(f"Failed to unpack {archive.name}: {member.filename!r} is no plain file inside it")
            if member.is_dir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with file.open(member) as source, path.open("wb") as target:
                # Counted as it comes: the size that an archive names need not be true.
                while chunk := source.read(_CHUNK):
                    total += len(chunk)
                    _bounded(archive, number, total, max_bytes)
                    target.write(chunk)


def _bounded(archive: pathlib.Path, members: int, total: int, max_bytes: int) -> None:
    if members > _MAX_MEMBERS or total > max_bytes:
        raise CollectionError(f"Failed to unpack {archive.name}: more than {max_bytes} bytes or {_MAX_MEMBERS} files are inside")


def replace_folder(new: pathlib.Path, old: pathlib.Path) -> None:
    """Put a folder in the place of another one; what was there stays beside ``new`` and goes with that."""
    if old.exists():
        old.rename(new.with_name(f"{new.name}.old"))
    new.rename(old)
