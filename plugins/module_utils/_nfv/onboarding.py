# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing VNF packages on board, in the state that is wanted, and away again (private to this collection)."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError, ServiceError
from .._wait import wait_for
from .package_content import Address, Content
from .packages import FIELDS, Packages, described, package_record
from .proxy import Raw

ENABLED, DISABLED = "ENABLED", "DISABLED"
ONBOARDED, CREATED = "ONBOARDED", "CREATED"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What shall be so.

    :ivar known: which package it is, by the names of :meth:`.Packages.find`.
    :ivar operational_state: ENABLED, DISABLED, or None for either.
    :ivar user_defined_data: values that have to be there; others stay.
    :ivar replace: whether a package of other content may be deleted for this one.
    """

    known: t.Mapping[str, str | None]
    content: Content | Address | None = None
    operational_state: str | None = None
    user_defined_data: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    replace: bool = False


class Onboarding:
    """One VNF package."""

    def __init__(self, packages: Packages, wish: Wish, *, timeout: float, wait: bool, check_mode: bool) -> None:
        """Everything that follows shares the one ``timeout``."""
        self._packages, self._wish, self._wait, self._check_mode = packages, wish, wait, check_mode
        self._end = time.monotonic() + timeout

    def present(self) -> Result:
        """Bring the package on board unless it is there, then into the state that is wanted."""
        wish, before = self._wish, self._found()
        if before is not None and before.get("onboardingState") not in (ONBOARDED, CREATED) and not self._check_mode:
            before = self._onboarded(before, ours=False)
        same = before is not None and (wish.content is None or self._same(before))
        if before is None and wish.content is None:
            asked = ", ".join(f"{option} {value}" for option, value in wish.known.items() if value)
            raise CollectionError(
                f"There is no VNF package with {asked} that this project can see, and no content is given for one"
            )
        if not same:
            if isinstance(wish.content, Content):
                wish.content.check()
            if before is not None and before.get("onboardingState") != CREATED:
                self._check_replaceable(before)
        now = before
        if not same:
            now = self._expected(before) if self._check_mode else self._brought(before)
        if now is None or (not self._wait and not same):
            return self._result(True, before, now)
        changes = self._changes(now)
        if changes:
            if not self._check_mode:
                self._packages.modify(str(now["id"]), changes)
            data = {**(now.get("userDefinedData") or {}), **changes.get("userDefinedData", {})}
            now = {**now, **changes, "userDefinedData": data}
        return self._result(not same or bool(changes), before, now)

    def absent(self) -> Result:
        """Disable the package and delete it; one that VNF instances use is an error that names them."""
        before = self._found()
        if before is None:
            return Result(False, None)
        self._check_unused(before, "deleted")
        if not self._check_mode:
            self._remove(before)
        return self._result(True, before, None)

    # -- looking ------------------------------------------------------------------------------------------------------------

    def _found(self) -> Raw | None:
        """The package, if it is there. A content that is given says which one it is, unless an id does."""
        known = {key: value for key, value in self._wish.known.items() if value is not None}
        content = self._wish.content
        if isinstance(content, Content):
            for key, value in content.known.items():
                if known.get(key, value) != value:
                    raise CollectionError(f"The VNFD of the content has {key} {value}, and the task says {known[key]}")
            known = {key: known[key] for key in ("package_id",) if key in known} or {"vnfd_id": content.known["vnfd_id"]}
        found = self._packages.find(**known)
        if len(found) > 1:
            asked = ", ".join(f"{option} {value}" for option, value in known.items())
            raise CollectionError(f"There are {len(found)} VNF packages with {asked}: {', '.join(map(described, found))}")
        if not found and "package_id" in known:
            if content is not None:
                raise CollectionError(f"There is no VNF package {known['package_id']} that this project can see")
            return None
        return found[0] if found else None

    def _same(self, package: Raw) -> bool:
        """Whether the content is the wanted one, by its checksum."""
        if package.get("onboardingState") == CREATED:
            return False
        content, checksum = self._wish.content, package.get("checksum") or {}
        algorithm, found = str(checksum.get("algorithm")), checksum.get("hash")
        if isinstance(content, Address):
            wanted = content.checksum and content.checksum.partition(":")
            if not wanted:
                return True
            if wanted[0].lower().replace("-", "") != algorithm.lower().replace("-", ""):
                raise CollectionError(f"Tacker has a checksum of algorithm {algorithm}; give that one, not {wanted[0]}")
            return bool(wanted[2].lower() == found)
        return isinstance(content, Content) and content.checksum(algorithm) == found

    def _check_replaceable(self, package: Raw) -> None:
        if not self._wish.replace:
            raise CollectionError(
                f"VNF package {described(package)} has the vnfd_id {package.get('vnfdId')} and another content, which cannot be "
                "changed. Next: give the new content a vnfd_id of its own, or set replace to have the package deleted for it",
                package_id=package["id"],
            )
        self._check_unused(package, "replaced")

    def _check_unused(self, package: Raw, done: str) -> None:
        if package.get("usageState") != "IN_USE":
            return
        users = self._packages.users(str(package.get("vnfdId")))
        names = ", ".join(f"{raw.get('vnfInstanceName')} ({raw['id']})" for raw in users)
        raise CollectionError(
            f"VNF package {described(package)} cannot be {done}, because VNF instances use it: {names or 'unknown ones'}. "
            "Next: delete them, or change them to another package",
            package_id=package["id"],
        )

    def _changes(self, package: Raw) -> Raw:
        """What has to be sent; Tacker refuses what is so already."""
        wish, present = self._wish, package.get("userDefinedData") or {}
        changes: Raw = {}
        if wish.operational_state and package.get("operationalState") != wish.operational_state:
            if package.get("onboardingState") != ONBOARDED:
                raise CollectionError(f"VNF package {package['id']} is {package.get('onboardingState')}; only one that is "
                                      f"{ONBOARDED} can be {wish.operational_state}", package_id=package["id"])  # fmt: skip
            changes["operationalState"] = wish.operational_state
        data = {key: value for key, value in wish.user_defined_data.items() if present.get(key) != value}
        return {**changes, "userDefinedData": data} if data else changes

    # -- acting -------------------------------------------------------------------------------------------------------------

    def _brought(self, before: Raw | None) -> Raw | None:
        """Upload; returns the package as it is then."""
        if before is not None and before.get("onboardingState") == CREATED:
            return self._filled(before, ours=False)
        if before is not None:
            self._remove(before)
        return self._filled(self._packages.create(self._wish.user_defined_data), ours=True)

    def _filled(self, package: Raw, *, ours: bool) -> Raw | None:
        package_id, content = str(package["id"]), self._wish.content
        try:
            if isinstance(content, Content):
                with content.path.open("rb") as stream:
                    self._packages.upload(package_id, stream)
            elif content is not None:
                self._packages.fetch(package_id, content.uri, content.user, content.password)
        except ServiceError:
            self._give_up(package_id, ours)
            raise
        if not self._wait:
            return self._packages.get(package_id)
        return self._onboarded(package, ours=ours)

    def _onboarded(self, package: Raw, *, ours: bool) -> Raw:
        """Wait until Tacker has taken the content in."""
        package_id = str(package["id"])
        last: Raw = {}

        def look() -> Raw | None:
            last.update(self._packages.get(package_id) or {"onboardingState": "deleted"})
            return None if last["onboardingState"] in ("UPLOADING", "PROCESSING") else last

        found = wait_for(
            look,
            f"the onboarding of VNF package {package_id}",
            round(max(0.0, self._end - time.monotonic()), 1),
            seen=lambda: str(last.get("onboardingState")),
            next_step=f"openstack vnf package show {package_id}",
            clock=time.monotonic,
            sleep=time.sleep,
        )
        if found["onboardingState"] != ONBOARDED:
            self._give_up(package_id, ours)
            raise self._refused(package_id)
        content = self._wish.content
        expected = self._wish.known.get("vnfd_id")
        if isinstance(content, Address) and expected and found.get("vnfdId") != expected:
            if ours:
                self._remove(found)
            raise CollectionError(f"The content at the address has vnfd_id {found.get('vnfdId')}, and the task says {expected}")
        return found

    def _refused(self, package_id: str) -> CollectionError:
        content = self._wish.content
        if isinstance(content, Content):
            likely = (f"The VNFD can be read and the checksums are right, so most likely another project has a VNF package with "
                      f"vnfd_id {content.known['vnfd_id']}, which may be only once in the whole installation")  # fmt: skip
        else:
            likely = ("Most likely the address cannot be reached from there, the content is no VNF package, or another package "
                      "has its vnfd_id")  # fmt: skip
        return CollectionError(
            f"Tacker refused the content of VNF package {package_id} and does not say why. {likely}. "
            f"Next: look for {package_id} in the log of Tacker's conductor",
            package_id=package_id,
        )

    def _give_up(self, package_id: str, ours: bool) -> None:
        """Leave no empty package of ours behind."""
        if ours:
            with contextlib.suppress(ServiceError):
                self._packages.delete(package_id)

    def _remove(self, package: Raw) -> None:
        if package.get("operationalState") == ENABLED:
            self._packages.modify(str(package["id"]), {"operationalState": DISABLED})
        self._packages.delete(str(package["id"]))

    # -- telling ------------------------------------------------------------------------------------------------------------

    def _expected(self, before: Raw | None) -> Raw:
        """The package as it would be, for check mode."""
        content = self._wish.content
        known = content.known if isinstance(content, Content) else self._wish.known
        kept = (before or {}).get("userDefinedData") or {} if before and before.get("onboardingState") == CREATED else {}
        package: Raw = {FIELDS[key]: value for key, value in known.items() if key != "package_id" and value is not None}
        package |= {"onboardingState": ONBOARDED, "operationalState": ENABLED, "usageState": "NOT_IN_USE"}
        if before is not None:
            package["id"] = before["id"]
        if isinstance(content, Content):
            package["checksum"] = {"algorithm": "sha512", "hash": content.checksum("sha512")}
        return {**package, "userDefinedData": {**kept, **self._wish.user_defined_data}}

    @staticmethod
    def _result(changed: bool, before: Raw | None, after: Raw | None) -> Result:
        return Result(changed, package_record(after) if after else None, _managed(before), _managed(after))


def _managed(raw: Raw | None) -> Record:
    if raw is None:
        return {}
    record = package_record(raw)
    managed = {name: record[name] for name in ("vnfd_id", "software_version", "operational_state", "user_defined_data")}
    return {**managed, "checksum": (record["checksum"] or {}).get("hash")}
