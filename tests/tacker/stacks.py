# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Heat's stacks, make-believe: templates are really expanded, so what Tacker records follows from the VNF package.

Enough of HOT for a VNF on Tacker: nested files, ``get_param``, ``get_resource``, ``depends_on``, auto-scaling groups.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime
import json
import time
import typing as t
import uuid

import yaml

Raw = dict[str, t.Any]
SERVER = "OS::Nova::Server"
PORT = "OS::Neutron::Port"
GROUP = "OS::Heat::AutoScalingGroup"
# A flavor or image whose name begins so is not there.
MISSING = "missing"
MISSED = {"flavor": "No Flavor matching {{'name': '{}'}}. (HTTP 404)", "image": "No images matching {{'name': '{}'}}."}


def now() -> str:
    """The time as OpenStack writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclasses.dataclass
class Failure:
    """What shall go wrong.

    :ivar action: CREATE, UPDATE or DELETE.
    """

    action: str
    times: int
    reason: str


@dataclasses.dataclass
class Resource:
    """A resource of a stack."""

    name: str
    kind: str
    physical_id: str
    created: str
    properties: Raw
    nested: Stack | None = None
    unhealthy: bool = False
    required_by: list[str] = dataclasses.field(default_factory=list)


class Heat:
    """All stacks. The caller takes care that one thread at a time is in here.

    :ivar delay: seconds that a stack stays IN_PROGRESS.
    """

    def __init__(self) -> None:
        """Nothing is there."""
        self.stacks: dict[str, Stack] = {}
        self.failures: list[Failure] = []
        self.delay = 0.0

    def find(self, name: str, stack_id: str | None = None) -> Stack | None:
        """A stack by id, or by name; one whose deletion is over is gone."""
        for stack in [*self.stacks.values()]:
            if stack.id == stack_id or (stack_id is None and stack.name == name):
                if stack.status() != "DELETE_COMPLETE":
                    return stack
                stack.destroy()
        return None

    def create(self, name: str, body: Raw) -> Stack:
        """Make a stack from a request of Heat's API."""
        stack = Stack(self, name)
        stack.parameters, stack.files = {**(body.get("parameters") or {})}, {**(body.get("files") or {})}
        stack.template = template_of(body["template"])
        if stack.begin("CREATE"):
            stack.apply(stack.template)
            if stack.failed:
                stack.reason = f"Resource CREATE failed: {stack.reason}"
        return stack

    @staticmethod
    def refusal(body: Raw, stack: Stack | None = None, *, existing: bool = False) -> str:
        """What is wrong with a request to make or change a stack, empty if nothing is: a resource has to give the template in its
        file each parameter that has no default, and no other.
        """
        files = {**(stack.files if stack and existing else {}), **(body.get("files") or {})}
        template = template_of(body.get("template") or (stack.template if stack else {}))
        for name, definition in (template.get("resources") or {}).items():
            if definition["type"] not in files:
                continue
            takes = template_of(files[definition["type"]]).get("parameters") or {}
            given = definition.get("properties") or {}
            wrong = [f"Unknown Property {one}" for one in given if one not in takes]
            wrong += [f"Property {one} not assigned" for one in takes if one not in given and "default" not in takes[one]]
            if wrong:
                return f"Property error: : resources.{name}.properties: : {wrong[0]}"
        return ""

    def update(self, stack: Stack, body: Raw, *, existing: bool) -> None:
        """Change a stack; what is not given stays when ``existing`` is said (PATCH), else it is empty."""
        if not stack.begin("UPDATE"):
            return
        stack.parameters = {**(stack.parameters if existing else {}), **(body.get("parameters") or {})}
        if "files" in body:
            stack.files = {**(stack.files if existing else {}), **body["files"]}
        stack.apply(template_of(body.get("template") or stack.template))


class Stack:
    """One stack; the nested ones are stacks too."""

    def __init__(self, heat: Heat, name: str, parent_resource: str | None = None) -> None:
        """An empty stack."""
        self.heat, self.name, self.parent_resource = heat, name, parent_resource
        self.id = str(uuid.uuid4())
        self.template: Raw = {}
        self.files: dict[str, t.Any] = {}
        self.parameters: Raw = {}
        self.resources: dict[str, Resource] = {}
        self.action, self.reason, self.failed, self.ready_at = "CREATE", "", False, 0.0
        self.created = now()
        heat.stacks[self.id] = self

    # -- what happens to it -----------------------------------------------------------------------------------------------

    def begin(self, action: str) -> bool:
        """Begin an action; False when it fails."""
        self.action, self.ready_at = action, time.monotonic() + self.heat.delay
        self.failed, self.reason = False, ""
        for failure in self.heat.failures:
            if failure.action == action and failure.times > 0:
                failure.times -= 1
                self.failed, self.reason = True, failure.reason
                return False
        return True

    def status(self) -> str:
        """Heat's ``stack_status``."""
        end = "IN_PROGRESS" if time.monotonic() < self.ready_at else "FAILED" if self.failed else "COMPLETE"
        return f"{self.action}_{end}"

    def apply(self, template: Raw) -> None:
        """Make the resources what a template wants."""
        self.template = template
        wanted: Raw = template.get("resources") or {}
        for gone in self.resources.keys() - wanted.keys():
            self._drop(gone)
        for name in _in_order(wanted):
            self._make(name, wanted[name])
        for name, resource in self.resources.items():
            resource.required_by = sorted(other for other in wanted if name in references(wanted[other].get("properties")))

    def destroy(self) -> None:
        """Take the stack and all nested ones away."""
        for name in [*self.resources]:
            self._drop(name)
        self.heat.stacks.pop(self.id, None)

    def _drop(self, name: str) -> None:
        nested = self.resources.pop(name).nested
        if nested is not None:
            nested.destroy()

    def _make(self, name: str, definition: Raw) -> None:
        kind, properties = definition["type"], self._value(definition.get("properties") or {})
        old = self.resources.get(name)
        nested = None
        if kind in self.files:
            nested = self._child(name, template_of(self.files[kind]), properties)
        elif kind == GROUP:
            nested = self._group(name, definition, properties)
        elif kind == SERVER:
            for key, words in MISSED.items():
                value = str(properties.get(key))
                if value.startswith(MISSING):
                    where = f"resources.{name}.properties.{key}"
                    self.failed = True
                    self.reason = f"Property error: {where}: Error validating value '{value}': {words.format(value)}"
        kept = old if old is not None and not old.unhealthy and old.kind == kind else None
        if kept is not None and kind == PORT and network_of(properties) != network_of(kept.properties):
            # Neutron moves no port to another network: it is another port.
            kept = None
        physical_id = nested.id if nested else kept.physical_id if kept else str(uuid.uuid4())
        self.resources[name] = Resource(name, kind, physical_id, kept.created if kept else now(), properties, nested)
        if nested is not None and nested.failed:
            self.failed, self.reason = True, f"resources.{name}: {nested.reason}"

    def _child(self, name: str, template: Raw, parameters: Raw) -> Stack:
        known = self.resources.get(name)
        stack = known.nested if known else None
        if stack is None:
            stack = Stack(self.heat, f"{self.name}-{name}-{uuid.uuid4().hex[:12]}", name)
        stack.parameters, stack.files, stack.action, stack.failed = parameters, self.files, self.action, False
        stack.apply(template)
        return stack

    def _group(self, name: str, definition: Raw, properties: Raw) -> Stack:
        inner = definition["properties"]["resource"]
        values = self._value(inner.get("properties") or {})
        count = int(properties.get("desired_capacity") or properties.get("min_size") or 0)
        known = self.resources.get(name)
        members = known.nested.resources if known and known.nested else {}
        names = [member for member, resource in members.items() if not resource.unhealthy][:count]
        names += [uuid.uuid4().hex[:12] for _number in range(count - len(names))]
        return self._child(name, {"resources": {one: {"type": inner["type"], "properties": values} for one in names}}, {})

    # -- functions of HOT -------------------------------------------------------------------------------------------------

    def _value(self, value: t.Any) -> t.Any:
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if [*value] == ["get_param"]:
            path = value["get_param"]
            return self._parameter(*(path if isinstance(path, list) else [path]))
        if [*value] == ["get_resource"]:
            known = self.resources.get(value["get_resource"])
            return known.physical_id if known else None
        return {key: self._value(inner) for key, inner in value.items()}

    def _parameter(self, name: str, *path: t.Any) -> t.Any:
        default = (self.template.get("parameters") or {}).get(name, {}).get("default")
        found: t.Any = self.parameters.get(name, default)
        for part in path:
            if isinstance(found, list):
                found = found[int(part)]
                continue
            found = found.get(part) if isinstance(found, dict) else None
        return found

    # -- what Heat's API shows --------------------------------------------------------------------------------------------

    def path(self) -> str:
        """Below the endpoint of the project."""
        return f"/stacks/{self.name}/{self.id}"

    def view(self, endpoint: str) -> Raw:
        """The stack."""
        shown = {key: value if isinstance(value, str) else json.dumps(value) for key, value in self.parameters.items()}
        return {
            "id": self.id, "stack_name": self.name, "stack_status": self.status(),
            "stack_status_reason": self.reason or f"Stack {self.action} completed successfully",
            "creation_time": self.created, "updated_time": now(), "parameters": shown,
            "links": [{"href": endpoint + self.path(), "rel": "self"}],
        }  # fmt: skip

    def resource_view(self, name: str, endpoint: str) -> Raw:
        """One resource."""
        resource = self.resources[name]
        shown: Raw = {
            "resource_name": name, "logical_resource_id": name, "resource_type": resource.kind,
            "physical_resource_id": resource.physical_id, "resource_status": "CREATE_COMPLETE",
            "resource_status_reason": "state changed", "creation_time": resource.created, "updated_time": now(),
            "required_by": resource.required_by,
            "links": [{"href": f"{endpoint}{self.path()}/resources/{name}", "rel": "self"},
                      {"href": endpoint + self.path(), "rel": "stack"}],
        }  # fmt: skip
        if self.parent_resource:
            shown["parent_resource"] = self.parent_resource
        if resource.kind == PORT:
            addresses = [{"ip_address": "192.0.2.10", "subnet_id": None}]
            shown["attributes"] = {"fixed_ips": addresses, "network_id": network_of(resource.properties)}
        return shown

    def listing(self, endpoint: str, depth: int) -> t.Iterator[Raw]:
        """The resources, nested ones included down to a depth."""
        for name, resource in [*self.resources.items()]:
            yield self.resource_view(name, endpoint)
            if depth and resource.nested is not None:
                yield from resource.nested.listing(endpoint, depth - 1)


def template_of(given: t.Any) -> Raw:
    """A template as data."""
    return t.cast("Raw", yaml.safe_load(given) if isinstance(given, str) else copy.deepcopy(given)) or {}


def network_of(port: Raw) -> t.Any:
    """The network in the properties of a port."""
    return port.get("network") or port.get("network_id")


def references(value: t.Any) -> set[str]:
    """The resources that a value names."""
    if isinstance(value, list):
        return {name for inner in value for name in references(inner)}
    if not isinstance(value, dict):
        return set()
    own = {value["get_resource"]} if isinstance(value.get("get_resource"), str) else set()
    return own | {name for inner in value.values() for name in references(inner)}


def _in_order(wanted: Raw) -> list[str]:
    """Each after what it refers to."""
    found: list[str] = []

    def visit(name: str, trail: frozenset[str]) -> None:
        if name in found or name in trail or name not in wanted:
            return
        after = wanted[name].get("depends_on") or []
        needs = references(wanted[name].get("properties")) | {*(after if isinstance(after, list) else [after])}
        for other in sorted(needs):
            visit(other, trail | {name})
        found.append(name)

    for name in sorted(wanted):
        visit(name, frozenset())
    return found
