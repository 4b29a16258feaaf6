# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions for findings that do not say any, from the owner's policies or the VNF's descriptor (private to this collection)."""

from __future__ import annotations

import typing as t

from .policies import Dict, monitoring_policies, owner_policy

# Of the owner's policies, the one for VNFs that are not named.
DEFAULT = "default"
Event = dict[str, t.Any]


def vnf_policy_unsaid(events: t.Sequence[Event], policies: t.Mapping[str, t.Any]) -> list[str]:
    """The ids of the VNFs whose descriptor has to say what is wanted for these findings, each once.

    :param policies: the owner's, by the id or the name of the VNF.
    """
    unsaid = [str(_vnf(event).get("id")) for event in events if event.get("actions") is None and _owners(event, policies) is None]
    return list(dict.fromkeys(unsaid))


def vnf_policy_events(events: t.Sequence[Event], policies: t.Mapping[str, t.Any], read: t.Sequence[Dict] = ()) -> list[Event]:
    """The findings, each with the actions that are wanted for its state.

    :param policies: the owner's, by the id or the name of the VNF, ``default`` for others.
    :param read: of each VNF that was looked for, ``item``, its record, and ``vnfds``, what ``vnfd_info`` returned.
    :raises PolicyError: for a policy that cannot be used.
    """
    described = {str(one["item"]["id"]): monitoring_policies(one["vnfds"][0])["vdus"] for one in read if one.get("vnfds")}
    return [_completed(event, policies, described) for event in events]


def _completed(event: Event, policies: t.Mapping[str, t.Any], described: t.Mapping[str, Dict]) -> Event:
    if event.get("actions") is not None:
        return event
    vdu = (event.get("vnfc") or {}).get("vdu")
    owners = _owners(event, policies)
    policy: Dict | None
    if owners is not None:
        policy = owner_policy(owners, f"the policy of VNF {_vnf(event).get('id')}")
    else:
        by_vdu = described.get(str(_vnf(event).get("id")), {})
        # A finding that does not say of which VDU it is, is about the only one that is monitored.
        policy = by_vdu.get(str(vdu)) or (next(iter(by_vdu.values())) if vdu is None and len(by_vdu) == 1 else None)
    return {**event, "actions": [] if policy is None else policy["actions"].get(str(event.get("to")), [])}


def _owners(event: Event, policies: t.Mapping[str, t.Any]) -> t.Any:
    vnf = _vnf(event)
    return next((policies[name] for name in (str(vnf.get("id")), str(vnf.get("name")), DEFAULT) if name in policies), None)


def _vnf(event: Event) -> Event:
    vnf = event.get("vnf")
    return vnf if isinstance(vnf, dict) else {}
