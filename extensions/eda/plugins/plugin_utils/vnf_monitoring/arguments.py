# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of the source, checked before it probes."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, NamedTuple

from .asking import check_files
from .errors import ArgumentError
from .outbox import worker_name
from .target import How, Target, read_how, read_target, read_targets
from .values import number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_TOKEN = 16


class Arguments(NamedTuple):
    """The checked arguments; what each means stands in the documentation of the source."""

    targets: list[Target]
    targets_file: str | None
    inventory: str | None
    defaults: dict[str, Any]
    references: list[Target]
    guard_share: float
    guard_least: int
    remind: float
    max_open: int
    worker: str
    cloud: str | None
    region_name: str | None
    policy: str | None
    policies: dict[str, Any]
    reconcile: float
    coordination: str | None
    group: str
    lease: int
    host: str
    port: int | None
    token: str | None
    modules: dict[str, How]


def check_arguments(args: Mapping[str, Any]) -> Arguments:
    """Return the arguments with their defaults; ArgumentError says which one is wrong."""
    # ansible-rulebook adds a queue of its own; what a rulebook leaves empty counts as not given.
    given = {key: value for key, value in args.items() if key != "eda_feedback_queue" and value is not None and value != ""}
    if unknown := sorted(set(given) - set(Arguments._fields)):
        raise ArgumentError(f"unknown argument {unknown[0]!r}; known are {', '.join(Arguments._fields)}")
    defaults = _map(given, "defaults")
    read_how("ping", {key: value for key, value in defaults.items() if key != "probe"})
    checked = Arguments(
        targets=read_targets(given.get("targets", []), defaults, "targets"),
        targets_file=text(given, "targets_file", "") or None,
        inventory=text(given, "inventory", "") or None,
        defaults=defaults,
        references=_references(given.get("references", [])),
        guard_share=number(given, "guard_share", 0.5, 0, 1),
        guard_least=int(number(given, "guard_least", 5, 1, 100_000, whole=True)),
        remind=number(given, "remind", 60, 0, 86400),
        max_open=int(number(given, "max_open", 2000, 1, 100_000, whole=True)),
        worker=text(given, "worker", "") or worker_name(),
        cloud=text(given, "cloud", "") or None,
        region_name=text(given, "region_name", "") or None,
        policy=text(given, "policy", "") or None,
        policies=_map(given, "policies"),
        reconcile=number(given, "reconcile", 20, 1, 30),
        coordination=text(given, "coordination", "") or None,
        group=text(given, "group", "nfv.maintenance.vnf_monitor"),
        lease=int(number(given, "lease", 10, 2, 300, whole=True)),
        host=text(given, "host", "127.0.0.1"),
        port=None if "port" not in given else int(number(given, "port", 0, 0, 65535, whole=True)),
        token=text(given, "token", "") or None,
        modules={name: _module(name, one) for name, one in _map(given, "modules").items()},
    )
    for how in {target.how for target in checked.targets} | set(checked.modules.values()):
        check_files(how)
    if not (checked.targets or checked.targets_file or checked.inventory or checked.cloud):
        raise ArgumentError("neither targets, targets_file, inventory nor cloud is given; there is nothing to probe")
    if checked.token is not None and len(checked.token) < SHORTEST_TOKEN:
        raise ArgumentError(f"token must have at least {SHORTEST_TOKEN} characters")
    if checked.port is not None and checked.token is None and not _is_loopback(checked.host):
        raise ArgumentError("token is needed where host is not an address of this machine alone")
    return checked


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _map(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise ArgumentError(f"{name} must be a map, not {type(value).__name__}")
    return value


def _references(value: Any) -> list[Target]:
    if not isinstance(value, list):
        raise ArgumentError("references must be a list of addresses or targets")
    found = []
    for one in value:
        wanted = {"address": one} if isinstance(one, str) else one
        try:
            found.append(read_target(wanted, {"interval": 1.0, "grace": 0}))
        except ArgumentError as exc:
            raise ArgumentError(f"references: {exc}") from None
    return found


def _module(name: str, value: Any) -> How:
    if not isinstance(value, dict) or not set(value) <= {"probe", "parameters"}:
        raise ArgumentError(f"module {name} must be a map of probe and parameters")
    try:
        target = read_target({"address": "127.0.0.1", "port": 1, **value}, {})
    except ArgumentError as exc:
        raise ArgumentError(f"module {name}: {exc}") from None
    return target.how
