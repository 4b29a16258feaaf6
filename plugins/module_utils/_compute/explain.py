# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user is told about a drain that did not succeed (private to this collection)."""

from __future__ import annotations

import typing as t

from .._ensure import Record
from .._errors import CollectionError
from .hosts import down

_AGAIN = "when it is mended, run the same again: what was moved stays moved"


def no_such_hosts(unknown: list[str], known: list[str]) -> CollectionError:
    """For names that no nova-compute service has."""
    hosts = f"host {unknown[0]}" if len(unknown) == 1 else f"hosts {', '.join(unknown)}"
    return CollectionError(
        f"There is no nova-compute service on {hosts}. Known hosts: {', '.join(sorted(known)) or 'none'}. "
        "Next: name hosts as Nova does (openstack compute service list --service nova-compute)",
        hosts=unknown,
    )


def not_drained(failed: list[Record], remaining: list[Record], services: list[Record]) -> str:
    """Host by host: what is there, in which state, what is wrong with the hosts concerned, and what to do next."""
    by_host: dict[str, list[str]] = {}
    for one in failed:
        by_host.setdefault(one["from"], []).append(f"{_label(one)} failed: {one['reason']}")
    for one in remaining:
        by_host.setdefault(one["host"], []).append(f"{_label(one)}: {one['state']}")
    texts = [f"Host {host} is not empty: {'; '.join(dict.fromkeys(what))}" for host, what in sorted(by_host.items())]
    known = {str(service["host"]): service for service in services}
    sources = dict.fromkeys(one["from"] for one in failed)
    dead = down(services)
    texts += [f"nova-compute on {host} is {dead[host]}" for host in sources if host in dead]
    if known:
        texts += [text for one in failed if (text := _target(one.get("to"), known))]
    return f"{'. '.join(dict.fromkeys(texts))}. Next: {_next_step(failed, remaining, dead)}; {_AGAIN}"


def _label(one: Record) -> str:
    return f"{one['name']} ({one['instance']})"


def _next_step(failed: list[Record], remaining: list[Record], dead: t.Mapping[str, str]) -> str:
    steps = []
    for host in dict.fromkeys(one["from"] for one in failed if one["from"] in dead):
        evacuations = " and ".join(f"openstack server evacuate {one['instance']}" for one in failed if one["from"] == host)
        steps.append(
            f"bring nova-compute on {host} back (openstack compute service list --host {host}), or, if the host is lost, "
            f"evacuate its servers ({evacuations})"
        )
    steps += dict.fromkeys(str(one["remedy"]) for one in failed if one["from"] not in dead)
    steps += dict.fromkeys(str(one["remedy"]) for one in remaining if one.get("remedy"))
    return "; ".join(steps) or f"openstack server show {remaining[0]['instance']}"


def _target(name: str | None, known: t.Mapping[str, Record]) -> str | None:
    """What keeps Nova from choosing a target, as far as its service shows it."""
    if name is None:
        return None
    if name not in known:
        return f"There is no target host {name}"
    if state := down([known[name]]).get(name):
        return f"nova-compute on the target {name} is {state}"
    if known[name].get("status") == "disabled":
        return f"The target {name} is disabled ({known[name].get('disabled_reason') or 'no reason given'})"
    return None
