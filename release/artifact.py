# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's artifact: ansible-galaxy builds it, and everything that depends on when and where is taken out."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_FILES, _MANIFEST = "FILES.json", "MANIFEST.json"


def build(out: Path, root: Path = ROOT) -> Path:
    """Build the artifact of a checkout from the files that git knows; the same content gives the same bytes.

    :param out: folder for the artifact.
    :return: the artifact.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        for name in known_files(root):
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
            target.chmod(0o755 if (root / name).stat().st_mode & 0o100 else 0o644)
        command = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", "build", str(source)]
        subprocess.run([*command, "--output-path", folder], check=True, stdout=subprocess.DEVNULL)
        (built,) = Path(folder).glob("*.tar.gz")
        out.mkdir(parents=True, exist_ok=True)
        artifact = out / built.name
        artifact.write_bytes(_same_everywhere(built))
    return artifact


def known_files(root: Path) -> list[str]:
    """What git knows and what is there, by its path in the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (root / name).is_file()]


def _same_everywhere(built: Path) -> bytes:
    """The same tar with its members in order, without times, owners and what the list of files owes to the file system."""
    members: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
    with tarfile.open(built) as tar:
        for member in tar:
            file = tar.extractfile(member)
            members[member.name] = member, file.read() if file else b""
    listed = json.loads(members[_FILES][1])
    listed["files"].sort(key=lambda entry: entry["name"])
    files = _json(listed)
    manifest = json.loads(members[_MANIFEST][1])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    members[_FILES], members[_MANIFEST] = (members[_FILES][0], files), (members[_MANIFEST][0], _json(manifest))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        # ansible-galaxy wants to meet the manifest first.
        for name in sorted(members, key=lambda one: (one != _MANIFEST, one != _FILES, one)):
            member, content = members[name]
            member.mtime = member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.size, member.pax_headers = len(content), {}
            tar.addfile(member, io.BytesIO(content) if member.isfile() else None)
    return gzip.compress(packed.getvalue(), mtime=0)


def _json(value: t.Any) -> bytes:
    return json.dumps(value, indent=1).encode()
