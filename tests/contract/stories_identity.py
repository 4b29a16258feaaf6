# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keystone: tokens, who may see what, and what every service says when a token is no good."""

from __future__ import annotations

from typing import Any

from .sites import SERVICES, password, scope
from .talk import NAME, Talk

_TOKENS = "/v3/auth/tokens"
_AUDIT = ("token.audit_ids.*",)
_NOTHING = {"compute": "/v2.1/servers?name=nothing", "network": "/v2.0/ports?name=nothing"}
# What each service is asked first, and what has to be refused without a token.
FIRST = {
    "identity": "/v3/projects",
    "compute": "/v2.1/servers",
    "placement": "/resource_providers",
    "network": "/v2.0/ports",
    "alarming": "/v2/alarms",
}


def documents(t: Talk) -> None:
    """The version documents need no token."""
    t.call("root", "GET", "identity", "/", user=None, expect=300)
    t.call("v3", "GET", "identity", "/v3", user=None, expect=200)
    t.call("v3 with a slash", "GET", "identity", "/v3/", user=None, expect=200)
    t.call("an unknown path", "GET", "identity", "/v3/nothing", expect=404)
    t.call("an unknown path without token", "GET", "identity", "/v3/nothing", user=None, expect=404)
    t.call("an unknown version", "GET", "identity", "/v9", expect=404)


def tokens(t: Talk) -> None:
    """Issue, validate, rescope."""
    auth = t.site.auths["demo"]
    identity, project = password(auth), scope(auth)

    def wanted(**changes: Any) -> dict[str, Any]:
        return {"auth": {"identity": identity, "scope": project, **changes}}

    wrong = password({**auth, "password": "wrong"})
    nobody = password({**auth, "username": "nobody"})
    post = ("POST", "identity", _TOKENS)
    first = t.call("with a password", *post, wanted(), user=None, expect=201, vague=_AUDIT, see=_without_glance)
    t.call("without a catalogue", "POST", "identity", _TOKENS + "?nocatalog", wanted(), user=None, expect=201, vague=_AUDIT,
           see=_in_order)  # fmt: skip
    t.call("without a scope", *post, {"auth": {"identity": identity}}, user=None, expect=201, vague=_AUDIT, see=_without_glance)
    t.call("with a wrong password", *post, wanted(identity=wrong), user=None, expect=401)
    t.call("of an unknown user", *post, wanted(identity=nobody), user=None, expect=401)
    t.call("for an unknown project", *post, wanted(scope=scope({**auth, "project_name": "nothing"})), user=None, expect=401)
    t.call("for a project of others", *post, wanted(scope=scope({**auth, "project_name": "demo2"})), user=None, expect=401)
    t.call("with an unknown method", *post, {"auth": {"identity": {"methods": ["magic"], "magic": {}}}}, user=None, expect=401)
    t.call("with an empty body", *post, {}, user=None, expect=400)
    t.call("with a body that is no JSON", *post, data=b"{", user=None, expect=400)
    text = first.headers["X-Subject-Token"]
    again = {"auth": {"identity": {"methods": ["token"], "token": {"id": text}}, "scope": project}}
    t.call("from a token", *post, again, user=None, expect=201, vague=_AUDIT, see=_without_glance)
    bad = {"auth": {"identity": {"methods": ["token"], "token": {"id": "nothing"}}, "scope": project}}
    t.call("from a token that is none", *post, bad, user=None, expect=404)
    t.call("validated by an administrator", "GET", "identity", _TOKENS, headers={"X-Subject-Token": text}, expect=200,
           vague=_AUDIT, see=_without_glance)  # fmt: skip
    t.call("validated by a head", "HEAD", "identity", _TOKENS, headers={"X-Subject-Token": text}, expect=200)
    t.call("validated by its user", "GET", "identity", _TOKENS + "?nocatalog", user="demo", headers={"X-Subject-Token": text},
           expect=200, vague=_AUDIT, see=_in_order)  # fmt: skip
    t.call("validated by a stranger", "GET", "identity", _TOKENS, user="demo2", headers={"X-Subject-Token": text}, expect=403)
    t.call("validated but unknown", "GET", "identity", _TOKENS, headers={"X-Subject-Token": "nothing"}, expect=404)
    t.call("validated without one", "GET", "identity", _TOKENS, expect=404)


def _without_glance(body: dict[str, Any]) -> dict[str, Any]:
    """Only the services that both clouds have, in one order: Keystone keeps none here, nor for roles and methods."""
    _in_order(body)
    kept = [entry for entry in body["token"]["catalog"] if entry["type"] in SERVICES]
    for entry in kept:
        entry["endpoints"].sort(key=lambda endpoint: endpoint["interface"])
    return {"token": {**body["token"], "catalog": sorted(kept, key=lambda entry: entry["type"])}}


def _in_order(body: dict[str, Any]) -> dict[str, Any]:
    token = body["token"]
    token.get("roles", []).sort(key=lambda role: role["name"])
    token.get("methods", []).sort()
    return body


def refused(t: Talk) -> None:
    """No token, a made-up one, a revoked one: each service says 401 and where Keystone is."""
    for service in SERVICES:
        t.call(f"{service} without a token", "GET", service, FIRST[service], user=None, expect=401)
        made_up = {"X-Auth-Token": "gAAAAABnothingnothingnothing"}
        t.call(f"{service} with a made-up token", "GET", service, FIRST[service], user=None, headers=made_up, expect=401)
    text, _token = t.site.log_in("demo")
    t.name("revoked token", text)
    ended = {"X-Auth-Token": text}
    seen = ("compute", "network")
    for service in seen:
        t.call(f"{service} before it is revoked", "GET", service, _NOTHING[service], user=None, headers=ended, expect=200)
    t.call("revoke a token", "DELETE", "identity", _TOKENS, user="demo", headers={"X-Subject-Token": text}, expect=204)
    for service in SERVICES:
        if service not in seen:
            t.call(f"{service} after it was revoked", "GET", service, FIRST[service], user=None, headers=ended, expect=401)
    # What a service has validated it believes for some minutes without asking Keystone again.
    for service in seen:
        t.call(f"{service} has seen it before", "GET", service, _NOTHING[service], user=None, headers=ended, expect=200)
    t.call("revoke it again", "DELETE", "identity", _TOKENS, headers={"X-Subject-Token": text}, expect=404)
    t.call("validate it", "GET", "identity", _TOKENS, headers={"X-Subject-Token": text}, expect=404)


def directory(t: Talk) -> None:
    """Projects, users, roles: what an administrator, a member and nobody may read."""
    mine, theirs = t.site.project("demo"), t.site.project("demo2")
    get = ("GET", "identity")
    roles = t.call("roles", *get, "/v3/roles?name=member", expect=200).json()["roles"]
    t.name("role member", roles[0]["id"])
    t.call("roles, by a member", *get, "/v3/roles", user="demo", expect=403)
    t.call("projects by name", *get, "/v3/projects?name=demo", expect=200)
    t.call("projects by an unknown name", *get, "/v3/projects?name=nothing", expect=200)
    t.call("projects, by a member", *get, "/v3/projects", user="demo", expect=403)
    t.call("own projects", *get, "/v3/auth/projects", user="demo", expect=200)
    t.call("own project", *get, f"/v3/projects/{mine}", user="demo", expect=200)
    t.call("another project", *get, f"/v3/projects/{theirs}", user="demo", expect=403)
    t.call("another project, by an administrator", *get, f"/v3/projects/{theirs}", expect=200)
    t.call("an unknown project", *get, "/v3/projects/nothing", expect=404)
    t.call("an unknown project, by a member", *get, "/v3/projects/nothing", user="demo", expect=403)
    t.call("users by name", *get, "/v3/users?name=demo", expect=200)
    t.call("users, by a member", *get, "/v3/users", user="demo", expect=403)
    person = t.site.bodies["demo"]["user"]["id"]
    t.call("own user", *get, f"/v3/users/{person}", user="demo", expect=200)
    t.call("another user", *get, f"/v3/users/{person}", user="demo2", expect=403)
    t.call("an unknown user", *get, "/v3/users/nothing", expect=404)
    t.call("a user's projects", *get, f"/v3/users/{person}/projects", expect=200)
    t.call("assignments", *get, f"/v3/role_assignments?user.id={person}&scope.project.id={mine}", expect=200)
    t.call("assignments, by a member", *get, "/v3/role_assignments", user="demo", expect=403)
    t.call("domains", *get, "/v3/domains", expect=200)
    t.call("domain", *get, "/v3/domains/default", expect=200)
    t.call("domain, by a member", *get, "/v3/domains/default", user="demo", expect=200)
    t.call("an unknown domain", *get, "/v3/domains/nothing", expect=404)
    t.call("regions", *get, "/v3/regions", expect=200)
    t.call("services", *get, "/v3/services?type=compute", expect=200)
    t.call("services, by a member", *get, "/v3/services", user="demo", expect=403)
    t.call("endpoints", *get, "/v3/endpoints?interface=public", expect=200, see=_compute_endpoint)
    t.call("endpoints, by a member", *get, "/v3/endpoints", user="demo", expect=403)
    t.call("catalogue", *get, "/v3/auth/catalog", user="demo", expect=200, see=_sorted_catalog)


def grants(t: Talk) -> None:
    """A role is given and taken away."""
    person, project = t.site.bodies["demo"]["user"]["id"], t.site.project("demo2")
    role = t.ask("GET", "identity", "/v3/roles?name=reader")["roles"][0]["id"]
    path = f"/v3/projects/{project}/users/{person}/roles/{t.name('role reader', role)}"
    t.undo("DELETE", "identity", path)
    t.call("given by a member", "PUT", "identity", path, user="demo", expect=403)
    t.call("given", "PUT", "identity", path, expect=204)
    t.call("given again", "PUT", "identity", path, expect=204)
    t.call("given to nobody", "PUT", "identity", path.replace(person, "nothing"), expect=404)
    t.call("given where nothing is", "PUT", "identity", path.replace(project, "nothing"), expect=404)
    t.call("given which is not there", "PUT", "identity", path.replace(role, "nothing"), expect=404)
    t.call("taken", "DELETE", "identity", path, expect=204)
    t.call("taken again", "DELETE", "identity", path, expect=404)


def credentials(t: Talk) -> None:
    """Application credentials, with which automation logs in."""
    person = t.site.bodies["demo"]["user"]["id"]
    path = f"/v3/users/{person}/application_credentials"
    wanted = {"name": f"{NAME}-credential", "roles": [{"name": "member"}]}
    post = ("POST", "identity", path)
    made = t.call("make", *post, {"application_credential": wanted}, user="demo", expect=201)
    credential = made.json()["application_credential"]
    one = f"{path}/{t.name('credential', credential['id'])}"
    t.undo("DELETE", "identity", one, user="demo")
    t.call("make it again", *post, {"application_credential": wanted}, user="demo", expect=409)
    t.call("make one without a name (schema)", *post, {"application_credential": {}}, user="demo", expect=400)
    t.call("make one for another", *post, {"application_credential": wanted}, user="demo2", expect=403)
    too_much = {"application_credential": {"name": f"{NAME}-more", "roles": [{"name": "admin"}]}}
    t.call("make one that may more", *post, too_much, user="demo", expect=400)
    t.call("list", "GET", "identity", path, user="demo", expect=200)
    t.call("show", "GET", "identity", one, user="demo", expect=200)
    t.call("show another's", "GET", "identity", one, user="demo2", expect=403)
    t.call("show an unknown one", "GET", "identity", f"{path}/nothing", user="demo", expect=404)

    def body(secret: str) -> dict[str, Any]:
        data = {"id": credential["id"], "secret": secret}
        return {"auth": {"identity": {"methods": ["application_credential"], "application_credential": data}}}

    login = ("POST", "identity", _TOKENS)
    given = t.call("log in", *login, body(credential["secret"]), user=None, expect=201, vague=_AUDIT, see=_without_glance)
    t.call("log in with a wrong secret", *login, body("wrong"), user=None, expect=401)
    restricted = {"X-Auth-Token": given.headers["X-Subject-Token"]}
    other = {"application_credential": {"name": f"{NAME}-other"}}
    t.call("make another with it", *post, other, user=None, headers=restricted, expect=403)
    t.call("delete", "DELETE", "identity", one, user="demo", expect=204)
    t.call("delete again", "DELETE", "identity", one, user="demo", expect=404)
    t.call("log in when it is gone", *login, body(credential["secret"]), user=None, expect=404)


def _compute_endpoint(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "endpoints": [item for item in body["endpoints"] if item["url"].endswith("/v2.1")]}


def _sorted_catalog(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "catalog": _without_glance({"token": body})["token"]["catalog"]}


STORIES = {"identity documents": documents, "tokens": tokens, "no valid token": refused, "directory": directory,
           "grants": grants, "credentials": credentials}  # fmt: skip
