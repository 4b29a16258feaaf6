# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a VNF instance is to be, and the orders that lead there from what it is (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import CollectionError
from . import links, vim
from .merge import effective, managed
from .proxy import MODIFY, Raw

PRESENT, INSTANTIATED, TERMINATED, ABSENT = "present", "instantiated", "terminated", "absent"
CREATE, INSTANTIATE, CHANGE_EXT_CONN, TERMINATE, DELETE = "create", "instantiate", "change_ext_conn", "terminate", "delete"
RUNS = "INSTANTIATED"

Views = tuple[Raw, Raw]


@dataclasses.dataclass(frozen=True)
class Step:
    """One order with its body, before it is given."""

    verb: str
    body: Raw


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The options of vnf_instance; None is not managed."""

    state: str
    id: str | None = None
    name: str | None = None
    description: str | None = None
    vnfd_id: str | None = None
    metadata: Raw | None = None
    extensions: Raw | None = None
    vnf_configurable_properties: Raw | None = None
    vnfc_configurable_properties: Raw | None = None
    vim_connection_info: Raw | None = None
    flavour_id: str | None = None
    instantiation_level_id: str | None = None
    ext_virtual_links: list[Raw] | None = None
    ext_managed_virtual_links: list[Raw] | None = None
    localization_language: str | None = None
    additional_params: Raw | None = None
    termination_type: str = "GRACEFUL"
    graceful_termination_timeout: int | None = None

    @classmethod
    def of(cls, params: t.Mapping[str, t.Any]) -> Wanted:
        """From the options of the same names."""
        return cls(**{field.name: params.get(field.name) for field in dataclasses.fields(cls)})  # type: ignore[arg-type]

    def steps(self, raw: Raw | None) -> list[Step]:
        """The orders in their order; an empty list when there is nothing to do.

        :param raw: the VNF instance, None if there is none.
        :raises CollectionError: for what no order can reach.
        """
        if self.state in (TERMINATED, ABSENT):
            return self._ending(raw)
        if raw is None:
            return self._making()
        if raw.get("instantiationState") == RUNS:
            self._agrees(raw)
            return [*self._modified(raw, runs=True), *self._connected(raw)]
        # The request to instantiate carries extensions and properties itself.
        starts = self.state == INSTANTIATED
        return [*self._modified(raw, runs=False, starts=starts), *([self._started()] if starts else [])]

    def links(self) -> Raw:
        """The links alone, as a request to instantiate has them."""
        given = {"extVirtualLinks": self.ext_virtual_links, "extManagedVirtualLinks": self.ext_managed_virtual_links}
        return {"flavourId": self.flavour_id or "any", **_given(given)}

    def views(self, raw: Raw | None) -> Views:
        """The managed values before and after, for a diff: free-form fields by the keys that are given, without credentials."""
        before, after = self._views(raw)
        return before if raw is not None else {}, after

    def _views(self, raw: Raw | None) -> Views:
        before: Raw = {}
        after: Raw = {}
        if raw is not None:
            before["instantiation_state"] = raw.get("instantiationState")
        if self.state == ABSENT:
            return before, after
        now = raw or {}
        was_running = now.get("instantiationState") == RUNS
        runs = self.state == INSTANTIATED or (was_running and self.state == PRESENT)
        if raw is not None or self.state != TERMINATED:
            after["instantiation_state"] = RUNS if runs else "NOT_INSTANTIATED"
        if self.state == TERMINATED:
            return before, after
        for option, field in _TEXTS.items():
            if getattr(self, option) is not None:
                before |= {option: now[field]} if field in now else {}
                after[option] = getattr(self, option)
        for option, field in _MAPS.items():
            if getattr(self, option) is not None:
                before[option], after[option] = managed(now.get(field), getattr(self, option))
        if not runs:
            return before, after
        return self._with_running(before, after, now, was_running)

    def _with_running(self, before: Raw, after: Raw, now: Raw, was_running: bool) -> Views:
        if self.vim_connection_info is not None:
            before["vim_connection_info"], after["vim_connection_info"] = vim.diff(
                now.get("vimConnectionInfo"), self.vim_connection_info
            )
        if self.ext_virtual_links is not None:
            before["external_cps"], after["external_cps"] = links.cps_diff(self.ext_virtual_links, now)
        if self.vnfc_configurable_properties:
            pairs = {key: managed(_vnfcs(now).get(key), patch) for key, patch in self.vnfc_configurable_properties.items()}
            before["vnfc_configurable_properties"] = {key: pair[0] for key, pair in pairs.items()}
            after["vnfc_configurable_properties"] = {key: pair[1] for key, pair in pairs.items()}
        if not was_running:
            started = {"flavour_id": self.flavour_id, "instantiation_level_id": self.instantiation_level_id}
            after |= {name: value for name, value in started.items() if value is not None}
        return before, after

    def _making(self) -> list[Step]:
        if self.id is not None:
            raise CollectionError(
                f"There is no VNF instance {self.id}. Next: give a name to make a new one, Tacker chooses the ids"
            )
        if self.vnfd_id is None:
            raise CollectionError(f"There is no VNF instance named {self.name}. Next: give vnfd_id to make it")
        made = {"vnfInstanceDescription": self.description, "metadata": self.metadata}
        body = {"vnfdId": self.vnfd_id, "vnfInstanceName": self.name, **_given(made)}
        if self.state == INSTANTIATED:
            return [Step(CREATE, body), self._started()]
        maps = _given({_MAPS[name]: getattr(self, name) for name in ("extensions", "vnf_configurable_properties")})
        return [Step(CREATE, body), *([Step(MODIFY, maps)] if maps else [])]

    def _started(self) -> Step:
        if self.flavour_id is None:
            raise CollectionError("flavour_id is needed to instantiate a VNF; it is a deployment flavour of the VNFD")
        body = {
            "flavourId": self.flavour_id,
            "instantiationLevelId": self.instantiation_level_id,
            "extVirtualLinks": self.ext_virtual_links,
            "extManagedVirtualLinks": self.ext_managed_virtual_links,
            "vimConnectionInfo": self.vim_connection_info,
            "localizationLanguage": self.localization_language,
            "additionalParams": self.additional_params,
            "extensions": self.extensions,
            "vnfConfigurableProperties": self.vnf_configurable_properties,
        }
        return Step(INSTANTIATE, _given(body))

    def _modified(self, raw: Raw, *, runs: bool, starts: bool = False) -> list[Step]:
        body: Raw = {}
        for option, field in _TEXTS.items():
            value = getattr(self, option)
            if value is not None and value != raw.get(field):
                body[field] = value
        for option, field in _MAPS.items():
            patch = getattr(self, option)
            if patch is None or (starts and option != "metadata"):
                continue
            keys = effective(raw.get(field), patch)
            if keys:
                body[field] = {key: patch[key] for key in keys}
        if runs and self.vim_connection_info is not None:
            patch = vim.completed(raw.get("vimConnectionInfo"), self.vim_connection_info)
            keys = vim.changed(raw.get("vimConnectionInfo"), patch)
            body |= {"vimConnectionInfo": {key: patch[key] for key in keys}} if keys else {}
        if runs and self.vnfc_configurable_properties:
            vnfcs = self._modified_vnfcs(raw)
            body |= {"vnfcInfoModifications": vnfcs} if vnfcs else {}
        return [Step(MODIFY, body)] if body else []

    def _modified_vnfcs(self, raw: Raw) -> list[Raw]:
        present, patches = _vnfcs(raw), self.vnfc_configurable_properties or {}
        unknown = sorted(patches.keys() - present.keys())
        if unknown:
            raise CollectionError(
                f"VNF instance {raw['id']} has no VNFC {', '.join(unknown)}. Its VNFCs: {', '.join(sorted(present)) or 'none'}"
            )
        return [
            {"id": key, "vnfcConfigurableProperties": patch}
            for key, patch in sorted(patches.items())
            if effective(present[key], patch)
        ]

    def _connected(self, raw: Raw) -> list[Step]:
        changed = links.changed_links(self.ext_virtual_links or (), raw)
        return [Step(CHANGE_EXT_CONN, {"extVirtualLinks": changed})] if changed else []

    def _agrees(self, raw: Raw) -> None:
        """Refuse what cannot be changed while a VNF runs."""
        flavour_id = (raw.get("instantiatedVnfInfo") or {}).get("flavourId")
        if self.flavour_id not in (None, flavour_id):
            raise CollectionError(
                f"VNF instance {raw['id']} runs in deployment flavour {flavour_id}, which Tacker cannot change to "
                f"{self.flavour_id}. Next: terminate it first, or leave flavour_id as it is"
            )
        if self.vnfd_id not in (None, raw.get("vnfdId")):
            raise CollectionError(
                f"VNF instance {raw['id']} runs with VNFD {raw.get('vnfdId')}; to write {self.vnfd_id} into its record would "
                "change no server. Next: use nfv.maintenance.change_vnfpkg",
                vnfd_id=raw.get("vnfdId"),
            )

    def _ending(self, raw: Raw | None) -> list[Step]:
        if raw is None:
            return []
        body = {
            "terminationType": self.termination_type,
            "gracefulTerminationTimeout": self.graceful_termination_timeout,
            "additionalParams": self.additional_params,
        }
        ended = [Step(TERMINATE, _given(body))] if raw.get("instantiationState") == RUNS else []
        return [*ended, Step(DELETE, {})] if self.state == ABSENT else ended


# Options of vnf_instance and the fields of SOL003 that they set.
_TEXTS = {"name": "vnfInstanceName", "description": "vnfInstanceDescription", "vnfd_id": "vnfdId"}
_MAPS = {
    "metadata": "metadata", "extensions": "extensions", "vnf_configurable_properties": "vnfConfigurableProperties"
}  # fmt: skip


def _given(body: Raw) -> Raw:
    return {name: value for name, value in body.items() if value is not None}


def _vnfcs(raw: Raw) -> dict[str, Raw]:
    """The configurable properties of the VNFCs, by the id that Tacker wants."""
    info = raw.get("instantiatedVnfInfo") or {}
    return {str(vnfc.get("id")): vnfc.get("vnfcConfigurableProperties") or {} for vnfc in info.get("vnfcInfo") or ()}
