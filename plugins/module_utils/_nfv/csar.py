# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VNF packages as archives (CSAR, ETSI NFV-SOL004) (private to this collection)."""

from __future__ import annotations

import hashlib
import io
import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from .._errors import CollectionError
from .definitions import TOSCA_META
from .yaml_reading import MOST_BYTES

MOST_MEMBERS = 10_000
# The earliest time that a ZIP archive can tell.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
# What a damaged or encrypted member raises when it is read.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


def unpack(data: bytes) -> dict[str, bytes]:
    """The TOSCA files of an archive by their paths; for the form see :func:`.vnfd.parse`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return tosca_files(archive)
    except zipfile.BadZipFile as exc:
        raise CollectionError(f"The VNF package is not a ZIP archive: {exc}") from exc


def tosca_files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The YAML files and ``TOSCA.meta`` of an open archive, of which all together may have 20 MB."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise CollectionError(f"The VNF package has {len(members)} files; at most {MOST_MEMBERS} are read")
    found: dict[str, bytes] = {}
    left = 4 * MOST_BYTES
    for member in members:
        if member.filename != TOSCA_META and not member.filename.endswith((".yaml", ".yml")):
            continue
        try:
            with archive.open(member) as stream:
                found[member.filename] = stream.read(left + 1)
        except UNREADABLE as exc:
            raise CollectionError(f"{member.filename} of the VNF package cannot be read: {exc}") from exc
        left -= len(found[member.filename])
        if left < 0:
            raise CollectionError(f"The YAML files of the VNF package have more than {4 * MOST_BYTES} bytes")
    return found


def build(folder: Path, target: Path) -> None:
    """Make an archive of a directory; the same files always give the same bytes.

    Names that begin with a dot are left out. Nothing is compressed: what compression gives depends on the library's version, and
    then the same package would look like another one.

    :raises CollectionError: for a link, which could lead out of the directory, and for an empty directory.
    """
    paths = sorted(path for path in folder.rglob("*") if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    files = [path for path in paths if not path.is_dir() or path.is_symlink()]
    if not files:
        raise CollectionError(f"Directory {folder} has no files, so it is no VNF package")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            if path.is_symlink() or not path.is_file():
                raise CollectionError(f"{path} is not a regular file; a VNF package can have nothing else")
            member = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _NO_TIME)
            # Tacker gives its copies these permissions, and runs scripts of the package.
            mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
            member.external_attr = (stat.S_IFREG | mode) << 16
            with path.open("rb") as source, archive.open(member, "w", force_zip64=True) as out:
                shutil.copyfileobj(source, out)


def digest(path: Path, algorithm: str) -> str:
    """The checksum of a file in hexadecimal digits.

    :param algorithm: as Tacker names it (``sha512``, ``SHA-256``).
    """
    name = algorithm.lower().replace("-", "")
    if name not in hashlib.algorithms_available:
        raise CollectionError(f"Checksum algorithm {algorithm} is not known here")
    with path.open("rb") as file:
        return hashlib.file_digest(file, name).hexdigest()


def opened(path: Path) -> zipfile.ZipFile:
    """The archive in a file."""
    try:
        return zipfile.ZipFile(path)
    except OSError as exc:
        raise CollectionError(f"The VNF package {path} cannot be read: {exc.strerror}") from exc
    except zipfile.BadZipFile as exc:
        raise CollectionError(f"{path} is not a ZIP archive, so it is no VNF package: {exc}") from exc
