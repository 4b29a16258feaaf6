# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is probed, and how: read from a file, an inventory or the VNF manager, and checked."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from typing import TYPE_CHECKING, Any

from .errors import ArgumentError
from .judging import STATES, Rule
from .values import flag, number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBES = ("ping", "http_ping", "tcp")
MOST_TARGETS = 100_000
HIGHEST_PORT = 65535
_STATUSES = range(100, 600)
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_METHOD = re.compile(r"[A-Z]{1,16}")
_PATH = re.compile(r"/[\x21-\x7e]{0,2047}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,2048}")


@dataclasses.dataclass(frozen=True, slots=True)
class How:
    """How a target is probed.

    :ivar interval: seconds from one probe to the next.
    :ivar timeout: seconds for one try.
    :ivar retries: further tries before a probe counts as lost.
    :ivar grace: seconds after the target is first seen in which a loss does not count.
    :ivar slow: seconds above which an answer is weak; 0 for never.
    """

    probe: str
    interval: float
    timeout: float
    retries: int
    grace: float
    slow: float
    rule: Rule
    # The rest is of http_ping.
    method: str = "GET"
    path: str = "/"
    tls: bool = False
    validate_certs: bool = True
    ca_file: str | None = None
    server_name: str | None = None
    expected_status: frozenset[int] = frozenset((200,))
    expected_body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    keep_alive: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """One address of one VNFC.

    :ivar actions: of the monitoring policy, by state.
    :ivar generation: of the targets of this VNF.
    """

    name: str
    address: str
    port: int | None  # None for ping
    how: How
    vnf: Mapping[str, Any]
    vnfc: Mapping[str, Any]
    actions: Mapping[str, Any]
    generation: int = 0

    @property
    def key(self) -> str:
        """What makes it this target, whatever its parameters are."""
        return f"{self.vnf['id']}/{self.vnfc['id']}/{self.how.probe}/{self.address}/{self.port or ''}"


def read_targets(given: Any, defaults: Mapping[str, Any], where: str) -> list[Target]:
    """Return the targets of a list of maps; ArgumentError says which one is wrong, and how."""
    if not isinstance(given, list) or len(given) > MOST_TARGETS:
        raise ArgumentError(f"{where} must be a list of at most {MOST_TARGETS} targets")
    targets: dict[str, Target] = {}
    for place, one in enumerate(given, 1):
        try:
            target = read_target(one, defaults)
        except ArgumentError as exc:
            raise ArgumentError(f"target {place} of {where}: {exc}") from None
        if target.key in targets:
            raise ArgumentError(f"target {place} of {where} is there twice: {target.key}")
        targets[target.key] = target
    return list(targets.values())


def read_target(given: Any, defaults: Mapping[str, Any]) -> Target:
    """Return one target from its map; ArgumentError says what is wrong."""
    if not isinstance(given, dict):
        raise ArgumentError("it must be a map")
    known = {"name", "address", "port", "probe", "parameters", "vnf", "vnfc", "actions", "generation"}
    if unknown := sorted(map(str, set(given) - known)):
        raise ArgumentError(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    address = _address(given.get("address"))
    name = text(given, "name", address)
    probe = given.get("probe", defaults.get("probe", "ping"))
    if probe not in PROBES:
        raise ArgumentError(f"unknown probe {str(probe)[:80]!r}; known are {', '.join(PROBES)}")
    parameters = given.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise ArgumentError("parameters must be a map")
    how = read_how(probe, {**{key: value for key, value in defaults.items() if key != "probe"}, **parameters})
    port = given.get("port")
    if port is None and probe == "http_ping":
        port = 443 if how.tls else 80
    if probe == "ping":
        port = None
    elif isinstance(port, bool) or not isinstance(port, int) or not 0 < port <= HIGHEST_PORT:
        raise ArgumentError(f"{probe} needs a port from 1 to 65535")
    return Target(
        name, address, port, how, _identity(given, "vnf", name, ("name", "project_id")),
        _identity(given, "vnfc", name, ("vdu", "server_id")), _actions(given.get("actions")), int(given.get("generation", 0)),
    )  # fmt: skip


def _identity(given: Mapping[str, Any], field: str, name: str, others: tuple[str, str]) -> Mapping[str, Any]:
    value = given.get(field, name)
    value = {"id": value} if isinstance(value, str) else value
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        raise ArgumentError(f"{field} must be an id, or a map with one")
    first, second = others
    return {"id": value["id"], first: value.get(first) or value["id"], second: value.get(second)}


def _actions(given: Any) -> Mapping[str, Any]:
    actions = given or {}
    if not isinstance(actions, dict) or not set(actions) <= set(STATES):
        raise ArgumentError(f"actions must be a map of {', '.join(STATES)}")
    for of_state in actions.values():
        if not isinstance(of_state, list) or not all(isinstance(one, dict) and "name" in one for one in of_state):
            raise ArgumentError("the actions of a state must be a list of maps with a name")
    return actions


def _address(value: Any) -> str:
    if not isinstance(value, str):
        raise ArgumentError("address is missing")
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        if not _NAME.fullmatch(value):
            raise ArgumentError(f"address {value[:80]!r} is neither an address nor a host name") from None
    return value


def read_how(probe: str, given: Mapping[str, Any]) -> How:
    """Return how to probe from the parameters of a target or of a module of the probe endpoint."""
    fields = {field.name for field in dataclasses.fields(How)} - {"probe", "rule"} | set(Rule._fields)
    if unknown := sorted(map(str, set(given) - fields)):
        raise ArgumentError(f"unknown parameter {unknown[0]!r}; known are {', '.join(sorted(fields))}")
    interval = number(given, "interval", 10.0, 0.05, 86400)
    retries = int(number(given, "retries", 1, 0, 10, whole=True))
    longest = interval / (retries + 1)
    window = int(number(given, "window", 5, 1, 999, whole=True))
    losses = int(number(given, "losses", min(3, window), 1, window, whole=True))
    rule = Rule(
        losses, window, int(number(given, "rise", min(2, window), 1, window, whole=True)),
        int(number(given, "degraded", 0, 0, window, whole=True)),
    )  # fmt: skip
    method, path = text(given, "method", "GET"), text(given, "path", "/")
    if not _METHOD.fullmatch(method) or not _PATH.fullmatch(path):
        raise ArgumentError("method must be capital letters, path begin with / and hold no blank")
    server_name = given.get("server_name")
    if server_name is not None and (not isinstance(server_name, str) or not _NAME.fullmatch(server_name)):
        raise ArgumentError("server_name must be a host name")
    return How(
        probe=probe,
        interval=interval,
        timeout=number(given, "timeout", min(0.5 if probe == "ping" else 2.0, 0.8 * longest), 0.01, longest),
        retries=retries,
        grace=number(given, "grace", 30, 0, 86400),
        slow=number(given, "slow", 0, 0, 3600),
        rule=rule,
        method=method,
        path=path,
        tls=flag(given, "tls", False),
        validate_certs=flag(given, "validate_certs", True),
        ca_file=text(given, "ca_file", "") or None,
        server_name=server_name,
        expected_status=_statuses(given.get("expected_status", 200)),
        expected_body=text(given, "expected_body", "").encode(),
        headers=_headers(given.get("headers") or {}),
        keep_alive=flag(given, "keep_alive", False),
    )


def _statuses(value: Any) -> frozenset[int]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, int) and one in _STATUSES for one in values):
        raise ArgumentError("expected_status must be a status, or a list of them")
    return frozenset(values)


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ArgumentError("headers must be a map")
    found = tuple((str(name), str(words)) for name, words in value.items())
    if not all(_HEADER.fullmatch(name) and _HEADER_VALUE.fullmatch(words) for name, words in found):
        raise ArgumentError("headers must be printable text by name")
    return found
