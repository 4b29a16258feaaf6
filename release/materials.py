# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bill of materials: the Python packages with which the collection is tested, as CycloneDX."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .artifact import ROOT

# What the modules need, and the session API. Everything else in the lock is for developers.
DECLARED = ("meta/ee-requirements.txt", "requirements/session-api.in")
LOCK = "requirements/dev.lock"


def write(path: Path, name: str, version: str, root: Path = ROOT) -> Path:
    """Write the bill of materials of a version; the same lock gives the same file.

    :param name: of the collection, likewise its version.
    """
    locked = _locked((root / LOCK).read_text())
    needed = _needed([line for file in DECLARED for line in _requirements((root / file).read_text())])
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "pyproject.toml"
        project.write_text(f'[project]\nname = "{name}"\nversion = "{version}"\nlicense = "GPL-3.0-or-later"\n')
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text("".join(locked[package] for package in sorted(needed)))
        command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", "--output-reproducible", "--of", "JSON"]
        command += ["--mc-type", "library", "--pyproject", str(project), "--output-file", str(path), str(requirements)]
        subprocess.run(command, check=True)
    return path


def _locked(text: str) -> dict[str, str]:
    """The entries of the lock by the name of the package."""
    entries = [entry for entry in re.split(r"(?m)^(?=[A-Za-z0-9])", text) if re.match(r"[A-Za-z0-9._-]+==", entry)]
    return {canonicalize_name(entry.partition("==")[0]): entry for entry in entries}


def _requirements(text: str) -> list[str]:
    lines = [line.partition(" #")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _needed(declared: list[str]) -> set[str]:
    """These packages and what they need in this environment, which the lock describes."""
    found: set[str] = set()
    waiting = [Requirement(line) for line in declared]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting += map(Requirement, importlib.metadata.requires(name) or ())
    return found
