# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker's VNF lifecycle API, version 2: the calls and their quirks (private to this collection)."""

from __future__ import annotations

import datetime
import email.utils
import typing as t
import urllib.parse

from .._errors import ServiceError, failing
from .._sdk import Connection, Proxy, attach
from . import paging

INSTANCES = "/vnflcm/v2/vnf_instances"
OP_OCCS = "/vnflcm/v2/vnf_lcm_op_occs"
SUBSCRIPTIONS = "/vnflcm/v2/subscriptions"
API_VERSION = "2.0.0"
# The one order that is not a POST to a path of its own.
MODIFY = "modify"

# So many ids fit in an address, and as a rule so many VNF instances in an answer.
MOST_AT_ONCE = 100

# A VNF instance or an op occ in Tacker's own words.
Raw = paging.Raw


class NfvProxy(Proxy):  # type: ignore[misc]
    """The calls on VNF instances and their op occs.

    :ivar heard_at: the server's clock when it answered last, None if it does not tell.
    """

    heard_at: datetime.datetime | None = None

    def request(self, url: str, method: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Every call names the API version; without it Tacker answers 400."""
        kwargs["headers"] = {"Version": API_VERSION, "Accept": "application/json", **(kwargs.get("headers") or {})}
        response = super().request(url, method, *args, **{"raise_exc": True, **kwargs})
        self.heard_at = _date(response.headers.get("Date"))
        return response

    def instances(self, sol_filter: str | None = None) -> list[Raw]:
        """The VNF instances that meet a SOL013 filter, with all their fields."""
        query = {"filter": sol_filter} if sol_filter else {}
        action = "list the VNF instances"
        try:
            found = self.pages(INSTANCES, {**query, "all_fields": ""}, action)
        except ServiceError as exc:
            # One answer has a size limit; the short entries are a small part of it.
            if not _is_too_big(exc):
                raise
            found = self.pages(INSTANCES, query, action)
        incomplete = [str(entry["id"]) for entry in found if not _is_complete(entry)]
        parts = [incomplete[start : start + MOST_AT_ONCE] for start in range(0, len(incomplete), MOST_AT_ONCE)]
        complete = {str(entry["id"]): entry for part in parts for entry in self._with_ids(part)}
        entries = (entry if _is_complete(entry) else complete.get(str(entry["id"])) for entry in found)
        return [entry for entry in entries if entry is not None]

    def _with_ids(self, ids: list[str]) -> list[Raw]:
        """VNF instances with all their fields, in one answer, or in several if that is too big."""
        if len(ids) == 1:
            one = self.instance(ids[0])
            return [one] if one is not None else []
        query = {"filter": f"(in,id,{','.join(map(quoted, ids))})", "all_fields": ""}
        try:
            return self.pages(INSTANCES, query, "read VNF instances")
        except ServiceError as exc:
            if not _is_too_big(exc):
                raise
        middle = len(ids) // 2
        return [*self._with_ids(ids[:middle]), *self._with_ids(ids[middle:])]

    def instance(self, instance_id: str) -> Raw | None:
        """One VNF instance with all its fields, None if there is none."""
        try:
            with failing(f"read VNF instance {instance_id}"):
                return t.cast("Raw", self.get(_path(INSTANCES, instance_id)).json())
        except ServiceError as exc:
            if exc.status == 404:
                return None
            raise

    def op_occs(self, instance_id: str, attribute: str, *values: str, all_fields: bool = False) -> list[Raw]:
        """Op occs of a VNF instance whose attribute has one of the values, oldest first; in their short form unless asked."""
        query = {"filter": f"(eq,vnfInstanceId,{quoted(instance_id)});(in,{attribute},{','.join(values)})"}
        query |= {"all_fields": ""} if all_fields else {}
        found = self.pages(OP_OCCS, query, f"list the operations of VNF instance {instance_id}")
        mine = [occ for occ in found if occ.get("vnfInstanceId") == instance_id and occ.get(attribute) in values]
        return sorted(mine, key=lambda occ: str(occ.get("startTime")))

    def subscriptions(self) -> list[Raw]:
        """All subscriptions, of whomever; they belong to no project."""
        return self.pages(SUBSCRIPTIONS, {}, "list the subscriptions")

    def op_occ(self, op_occ_id: str) -> Raw:
        """One op occ with all its fields."""
        with failing(f"read operation {op_occ_id}"):
            return t.cast("Raw", self.get(_path(OP_OCCS, op_occ_id)).json())

    def order(self, instance_id: str, verb: str, body: Raw) -> str:
        """Send one order (``scale``, ``heal``, ``modify`` ...) and return the id of its op occ.

        It is not sent again when the connection breaks: Tacker would do it twice.
        """
        path = _path(INSTANCES, instance_id)
        with failing(f"{verb} VNF instance {instance_id}"):
            if verb == MODIFY:
                headers = {"Content-Type": "application/merge-patch+json"}
                response = self.patch(path, json=body, headers=headers, connect_retries=0)
            else:
                response = self.post(f"{path}/{verb}", json=body, connect_retries=0)
        # The address is made from Tacker's own configuration and often names a host that cannot be reached from here.
        place = str(urllib.parse.urlsplit(response.headers.get("Location", "")).path)
        _before, found, op_occ_id = place.partition(f"{OP_OCCS}/")
        if not found or not op_occ_id:
            raise ServiceError(
                f"Failed to {verb} VNF instance {instance_id}: the answer (HTTP {response.status_code}) names no operation",
                status=response.status_code,
            )
        return op_occ_id.strip("/")

    def create(self, body: Raw) -> Raw:
        """Make a VNF instance that does not run yet. It is not sent again when the connection breaks: there would be two."""
        with failing(f"create VNF instance {body.get('vnfInstanceName')}"):
            return t.cast("Raw", self.post(INSTANCES, json=body, connect_retries=0).json())

    def remove(self, instance_id: str) -> None:
        """Delete a VNF instance that does not run; one that is gone already is no error."""
        try:
            with failing(f"delete VNF instance {instance_id}"):
                self.delete(_path(INSTANCES, instance_id), connect_retries=0)
        except ServiceError as exc:
            if exc.status != 404:
                raise

    def decide(self, op_occ_id: str, decision: str) -> None:
        """Send ``retry``, ``rollback`` or ``fail`` for a failed operation. Only the last one is done when it is answered."""
        with failing(f"{decision} operation {op_occ_id}"):
            self.post(f"{_path(OP_OCCS, op_occ_id)}/{decision}", connect_retries=0)

    def pages(self, path: str, query: dict[str, str], action: str) -> list[Raw]:
        """All pages of a list. A next page is asked for with the query of the link, not at its host."""

        def ask(params: paging.Params) -> tuple[list[Raw], paging.Params | None]:
            # requests writes ';' as %3B, which matters: Tacker drops what follows a bare one.
            response = self.get(path, params=params)
            link = response.links.get("next")
            query_of = urllib.parse.urlsplit(link["url"]).query if link else ""
            return response.json(), urllib.parse.parse_qsl(query_of, keep_blank_values=True) if link else None

        with failing(action):
            return paging.every_entry(ask, query, by_id=path in (INSTANCES, OP_OCCS, SUBSCRIPTIONS))


def nfv(cloud: Connection) -> NfvProxy:
    """The VNF manager of the cloud's catalogue; its entry has no version in it."""
    proxy = attach(cloud, "nfv-orchestration", NfvProxy)
    # The session holds only a weak reference to the connection that its proxies need.
    proxy._connection = cloud
    with failing("find the VNF manager in the catalogue"):
        proxy.endpoint_override = proxy.get_endpoint(skip_discovery=True)
    return proxy


def quoted(value: str) -> str:
    """A value inside a SOL013 filter."""
    return "'" + value.replace("'", "''") + "'" if set(value) & set(",)'") else value


def _path(base: str, identifier: str) -> str:
    return f"{base}/{urllib.parse.quote(identifier, safe='')}"


def _is_complete(instance: Raw) -> bool:
    return instance.get("instantiationState") != "INSTANTIATED" or "instantiatedVnfInfo" in instance


def _is_too_big(exc: ServiceError) -> bool:
    return exc.status == 400 and "too big" in str(exc)


def _date(header: str | None) -> datetime.datetime | None:
    try:
        return email.utils.parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
