# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bill of materials: the Python packages with which the collection is tested, as CycloneDX."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .artifact import ROOT

# What the modules need, and the session API. Everything else in the lock is for developers.
DECLARED = ("meta/ee-requirements.txt", "requirements/session-api.in")
LOCK = "requirements/dev.lock"
LICENSE = "GPL-3.0-or-later"


def write(path: Path, name: str, version: str, root: Path = ROOT) -> Path:
    """Write the bill of materials of a version; the same lock gives the same file.

    :param name: of the collection, likewise its version.
    """
    locked = _locked((root / LOCK).read_text())
    needed = _needed([line for file in DECLARED for line in _requirements((root / file).read_text())])
    collection = Component(
        name=name, version=version, bom_ref=f"{name}@{version}", type=ComponentType.LIBRARY, licenses=[LicenseExpression(LICENSE)]
    )
    bom = Bom(components=[_component(locked[package]) for package in needed])
    bom.metadata.component = collection
    bom.register_dependency(collection, bom.components)
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    # They are other ones each time.
    del written["serialNumber"], written["metadata"]["timestamp"]
    path.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n")
    return path


def _component(entry: str) -> Component:
    """A package as the lock has it."""
    pinned = Requirement(entry.partition(" \\\n")[0])
    name, version = canonicalize_name(pinned.name), next(iter(pinned.specifier)).version
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=one) for one in re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)]
    place = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION, url=XsUri(f"https://pypi.org/project/{name}/{version}/"), hashes=hashes
    )
    url = PackageURL("pypi", name=name, version=version)
    return Component(name=name, version=version, purl=url, bom_ref=str(url), external_references=[place])


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
