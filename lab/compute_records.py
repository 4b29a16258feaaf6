# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's flavors, server groups, migrations, instance actions and limits."""

from __future__ import annotations

from aiohttp import web

from . import compute_views as views
from .clock import stamp_micro
from .compute import ROOT, Call, Nova, check_query, object_body
from .compute_views import host_id
from .schema import Schema, check
from .state import Action, Flavor, Group, Migration
from .web import ApiError, Json, answer, empty, flag, next_link, page_of

_MIGRATION_FILTERS = frozenset(
    {"host", "status", "instance_uuid", "source_compute", "migration_type", "hidden", "cell_name", "include_inherited"}
)
_TEXT = {"type": ["string"], "shortest": 1, "longest": 255}
_SIZE = {"type": ["integer", "string"]}
_FLAVOR: Schema = {
    "type": ["object"],
    "required": ["flavor"],
    "properties": {
        "flavor": {
            "type": ["object"],
            "required": ["name", "ram", "vcpus", "disk"],
            "properties": {"name": _TEXT, "ram": _SIZE, "vcpus": _SIZE, "disk": _SIZE},
        }
    },
}


class NovaRecords:
    """The handlers of what is not a server and not a host."""

    def __init__(self, nova: Nova) -> None:
        """Serve Nova's other records."""
        self.nova = nova
        self.cloud = nova.cloud

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        bind = self.nova.bind
        actions = f"{ROOT}/servers/{{id}}/os-instance-actions"
        return [
            web.get(f"{ROOT}/flavors", bind(self.flavors)),
            web.get(f"{ROOT}/flavors/detail", bind(self.flavors_detail)),
            web.post(f"{ROOT}/flavors", bind(self.create_flavor)),
            web.get(f"{ROOT}/flavors/{{id}}", bind(self.flavor)),
            web.delete(f"{ROOT}/flavors/{{id}}", bind(self.delete_flavor)),
            web.get(f"{ROOT}/flavors/{{id}}/os-extra_specs", bind(self.extra_specs)),
            web.get(f"{ROOT}/os-server-groups", bind(self.groups)),
            web.post(f"{ROOT}/os-server-groups", bind(self.create_group)),
            web.get(f"{ROOT}/os-server-groups/{{id}}", bind(self.group)),
            web.delete(f"{ROOT}/os-server-groups/{{id}}", bind(self.delete_group)),
            web.get(f"{ROOT}/os-migrations", bind(self.migrations)),
            web.get(actions, bind(self.actions)),
            web.get(f"{actions}/{{request_id}}", bind(self.action)),
            web.get(f"{ROOT}/limits", bind(self.limits)),
        ]

    # Flavors

    def _flavor(self, flavor: Flavor, call: Call) -> Json:
        href = f"{self.nova.base}/flavors/{flavor.id}"
        view: Json = {
            "id": flavor.id,
            "name": flavor.name,
            "ram": flavor.memory_mb,
            "disk": flavor.disk_gb,
            "swap": 0 if call.at_least(75) else "",
            "OS-FLV-EXT-DATA:ephemeral": 0,
            "OS-FLV-DISABLED:disabled": False,
            "vcpus": flavor.vcpus,
            "os-flavor-access:is_public": True,
            "rxtx_factor": 1.0,
            "links": [{"rel": "self", "href": href}, {"rel": "bookmark", "href": href.replace("/v2.1", "")}],
        }
        if call.at_least(55):
            view["description"] = None
        if call.at_least(61):
            view["extra_specs"] = flavor.extra_specs
        return view

    def _flavor_page(self, call: Call, brief: bool) -> web.Response:
        page, more = page_of(list(self.cloud.flavors.values()), call.request, lambda flavor: flavor.id)
        shown = [self._flavor(flavor, call) for flavor in page]
        if brief:
            shown = [{name: view[name] for name in ("id", "name", "links", "description") if name in view} for view in shown]
        body: Json = {"flavors": shown}
        if more:
            body["flavors_links"] = next_link(call.request, self.nova.context.url, page[-1].id)
        return answer(body)

    async def flavors(self, call: Call) -> web.Response:
        """List ids and names."""
        return self._flavor_page(call, True)

    async def flavors_detail(self, call: Call) -> web.Response:
        """List flavors in full."""
        return self._flavor_page(call, False)

    def _found_flavor(self, call: Call) -> Flavor:
        flavor = self.cloud.flavors.get(call["id"])
        if flavor is None:
            raise ApiError(404, f"Flavor {call['id']} could not be found.")
        return flavor

    async def flavor(self, call: Call) -> web.Response:
        """Show a flavor."""
        return answer({"flavor": self._flavor(self._found_flavor(call), call)})

    async def extra_specs(self, call: Call) -> web.Response:
        """Show a flavor's extra specs."""
        return answer({"extra_specs": self._found_flavor(call).extra_specs})

    async def create_flavor(self, call: Call) -> web.Response:
        """Make a flavor."""
        call.admin("os_compute_api:os-flavor-manage:create")
        data = await object_body(call.request)
        check(data, _FLAVOR)
        body = data["flavor"]
        if any(item.name == body["name"] for item in self.cloud.flavors.values()):
            raise ApiError(409, f"Flavor with name {body['name']} already exists.")
        flavor = Flavor(
            str(body.get("id") or self.cloud.new_id()),
            body["name"],
            int(body["vcpus"]),
            int(body["ram"]),
            int(body["disk"]),
        )
        self.cloud.flavors[flavor.id] = flavor
        return answer({"flavor": self._flavor(flavor, call)})

    async def delete_flavor(self, call: Call) -> web.Response:
        """Delete a flavor; servers keep their own copy of it."""
        call.admin("os_compute_api:os-flavor-manage:delete")
        del self.cloud.flavors[self._found_flavor(call).id]
        return empty(202)

    # Server groups

    def _group(self, group: Group, call: Call) -> Json:
        view: Json = {"id": group.id, "name": group.name}
        members = [
            server.id for server in self.cloud.members(group.id) if call.token.is_admin or call.token.sees(server.project_id)
        ]
        if call.at_least(64):
            rules = {"max_server_per_host": group.max_server_per_host} if group.max_server_per_host else {}
            view |= {"policy": group.policy, "rules": rules, "members": members}
        else:
            view |= {"policies": [group.policy], "members": members, "metadata": {}}
        if call.at_least(13):
            view |= {"project_id": group.project_id, "user_id": group.user_id}
        return view

    async def groups(self, call: Call) -> web.Response:
        """List server groups."""
        everybody = "all_projects" in call.query and call.token.is_admin
        check_query(call, {"all_projects", "limit", "offset"}, numbers={"limit", "offset"})
        found = [
            group
            for group in self.cloud.groups.values()
            if group.policy and (everybody or group.project_id == call.token.project_id)
        ]
        offset = int(call.query.get("offset", 0))
        limit = min(int(call.query.get("limit", 1000)), 1000)
        return answer({"server_groups": [self._group(group, call) for group in found[offset : offset + limit]]})

    def _found_group(self, call: Call) -> Group:
        group = self.cloud.groups.get(call["id"])
        if group is None or group.policy is None or not call.token.sees(group.project_id):
            raise ApiError(404, f"Instance group {call['id']} could not be found.")
        return group

    async def group(self, call: Call) -> web.Response:
        """Show a server group."""
        return answer({"server_group": self._group(self._found_group(call), call)})

    async def create_group(self, call: Call) -> web.Response:
        """Make a server group."""
        call.writer("os_compute_api:os-server-groups:create")
        data = await object_body(call.request)
        soft = ("soft-anti-affinity", "soft-affinity") if call.at_least(15) else ()
        check(data, _group_schema(call, ("anti-affinity", "affinity", *soft)))
        body = data["server_group"]
        policy = body["policy"] if call.at_least(64) else body["policies"][0]
        limit = (body.get("rules") or {}).get("max_server_per_host")
        if limit is not None and policy != "anti-affinity":
            raise ApiError(400, "Only anti-affinity policy supports rules.")
        group = Group(
            self.cloud.new_id(),
            body["name"],
            call.token.project_id,
            call.token.user.id,
            policy,
            int(limit) if limit else None,
        )
        self.cloud.groups[group.id] = group
        return answer({"server_group": self._group(group, call)})

    async def delete_group(self, call: Call) -> web.Response:
        """Delete a server group; its members stay."""
        call.writer("os_compute_api:os-server-groups:delete")
        group = self._found_group(call)
        for server in self.cloud.members(group.id):
            server.group_id = None
        del self.cloud.groups[group.id]
        return empty()

    # Migrations

    async def migrations(self, call: Call) -> web.Response:
        """List migrations, newest first."""
        call.admin("os_compute_api:os-migrations:index")
        if call.at_least(59):
            allowed = {"limit", "marker", "changes-since", *(["changes-before"] if call.at_least(66) else [])}
            owners = {"user_id", "project_id"} if call.at_least(80) else set()
            check_query(call, {*_MIGRATION_FILTERS, *allowed, *owners}, numbers={"limit"})
        wanted = dict(call.query)
        found = [item for item in reversed(self.cloud.migrations.values()) if _selected(item, wanted, call)]
        body: Json = {}
        if call.at_least(59):
            found, more = page_of(found, call.request, lambda item: item.uuid)
            if more:
                body["migrations_links"] = next_link(call.request, self.nova.context.url, found[-1].uuid)
        body["migrations"] = [views.migration(item, call.version, self.nova.base) for item in found]
        return answer(body)

    # Instance actions

    def _actions(self, call: Call) -> list[Action]:
        server = self.cloud.servers.get(call["id"])
        found = self.cloud.actions.get(call["id"], [])
        # From 2.21 on the actions of a deleted server can still be read.
        visible = bool(found) and call.at_least(21) and call.token.sees(found[0].project_id)
        if server is not None:
            visible = call.token.sees(server.project_id)
        if not visible:
            raise ApiError(404, f"Instance {call['id']} could not be found.")
        return found

    def _action(self, action: Action, call: Call) -> Json:
        view: Json = {
            "action": action.name,
            "instance_uuid": action.server_id,
            "request_id": action.request_id,
            "user_id": action.user_id,
            "project_id": action.project_id,
            "start_time": stamp_micro(action.start),
            "message": action.message,
        }
        if call.at_least(58):
            view["updated_at"] = stamp_micro(action.updated)
        return view

    async def actions(self, call: Call) -> web.Response:
        """List what was done with a server, newest first."""
        found = list(reversed(self._actions(call)))
        body: Json = {}
        if call.at_least(58):
            allowed = {"limit", "marker", "changes-since", *(["changes-before"] if call.at_least(66) else [])}
            check_query(call, allowed, numbers={"limit"})
            if call.query.get("marker", found[0].request_id) not in [action.request_id for action in found]:
                # Nova has forgotten which by then.
                raise ApiError(400, "Marker None could not be found.")
            found, more = page_of(found, call.request, lambda action: action.request_id)
            if more:
                body["links"] = next_link(call.request, self.nova.context.url, found[-1].request_id)
        body["instanceActions"] = [self._action(action, call) for action in found]
        return answer(body)

    async def action(self, call: Call) -> web.Response:
        """Show an instance action with its events."""
        for action in self._actions(call):
            if action.request_id == call["request_id"]:
                view = self._action(action, call)
                if call.token.is_admin or call.at_least(51):
                    view["events"] = self._events(action, call)
                return answer({"instanceAction": view})
        raise ApiError(404, f"Action {call['request_id']} not found")

    def _events(self, action: Action, call: Call) -> list[Json]:
        shown: list[Json] = []
        for event in reversed(action.events):
            view: Json = {
                "event": event.name,
                "start_time": stamp_micro(event.start),
                "finish_time": stamp_micro(event.finish),
                "result": event.result,
            }
            if call.token.is_admin:
                view["traceback"] = None if event.details is None else f"Traceback: {event.details}"
            if call.at_least(62):
                view["hostId"] = host_id(action.project_id, event.host)
                if call.token.is_admin:
                    view["host"] = event.host
            if call.at_least(84):
                view["details"] = event.details
            shown.append(view)
        return shown

    # Limits

    async def limits(self, call: Call) -> web.Response:
        """Show a project's limits, which nothing in the lab enforces, and its use."""
        mine = [server for server in self.cloud.servers.values() if server.project_id == call.token.project_id]
        absolute = {
            "maxTotalInstances": -1,
            "maxTotalCores": -1,
            "maxTotalRAMSize": -1,
            "maxTotalKeypairs": 100,
            "maxServerMeta": 128,
            "maxServerGroups": 10,
            "maxServerGroupMembers": 10,
            "totalInstancesUsed": len(mine),
            "totalCoresUsed": sum(server.flavor.vcpus for server in mine),
            "totalRAMUsed": sum(server.flavor.memory_mb for server in mine),
            "totalServerGroupsUsed": sum(
                1 for group in self.cloud.groups.values() if group.policy and group.project_id == call.token.project_id
            ),
        }
        return answer({"limits": {"rate": [], "absolute": absolute}})


def _group_schema(call: Call, policies: tuple[str, ...]) -> Schema:
    """What a server group is made of at the microversion of the call."""
    fields: Schema = {"name": _TEXT}
    if call.at_least(64):
        limit = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "least": 1}
        rules = {"type": ["object"], "properties": {"max_server_per_host": limit}, "closed": True}
        fields |= {"policy": {"type": ["string"], "enum": list(policies)}, "rules": rules}
    else:
        fields |= {"policies": {"type": ["array"], "items": {"enum": list(policies)}}}
    required = ["name", "policy" if call.at_least(64) else "policies"]
    group = {"type": ["object"], "required": required, "properties": fields, "closed": True}
    return {"type": ["object"], "required": ["server_group"], "properties": {"server_group": group}}


def _selected(item: Migration, wanted: dict[str, str], call: Call) -> bool:
    fields = {
        "status": item.status,
        "instance_uuid": item.server_id,
        "source_compute": item.source,
        "migration_type": item.kind,
    }
    if call.at_least(80):
        fields |= {"user_id": item.user_id, "project_id": item.project_id}
    if any(name in wanted and wanted[name] != value for name, value in fields.items()):
        return False
    if "host" in wanted and wanted["host"] not in {item.source, item.dest}:
        return False
    moment = stamp_micro(item.updated or item.created) or ""
    if call.at_least(59) and "changes-since" in wanted and moment < wanted["changes-since"].rstrip("Z"):
        return False
    return not (flag(wanted.get("hidden")))
