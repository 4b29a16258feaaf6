# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keystone of the lab, from outside."""

from __future__ import annotations

import io
import stat
from wsgiref.util import setup_testing_defaults

import openstack
import pytest
from keystonemiddleware import auth_token

V3 = "/identity/v3"


def login(lab, auth):
    return lab.call("POST", f"{V3}/auth/tokens", None, {"auth": auth})


def password(lab, cloud, scope=True):
    auth = lab.auth(cloud)
    domain = {"name": "Default"}
    user = {"name": auth["username"], "password": auth["password"], "domain": domain}
    found = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if scope:
        found["scope"] = {"project": {"name": auth["project_name"], "domain": domain}}
    return found


def test_files_are_private_and_complete(lab):
    for name in ("lab.json", "clouds.yaml"):
        assert stat.S_IMODE((lab.state_dir / name).stat().st_mode) == 0o600
    assert set(lab.vnf) >= {"id", "name", "project_id", "floating_ip", "groups", "aspect"}
    assert lab.vnf["aspect"] == "worker"
    assert lab.info["pid"] == lab.process.pid


@pytest.mark.parametrize(
    ("cloud", "roles"),
    [
        ("lab-admin", {"admin", "member", "reader"}),
        ("lab-vnf", {"member", "reader"}),
        ("lab-session-api", {"admin", "service", "member", "reader"}),
        ("lab-member", {"member", "reader"}),
    ],
)
def test_a_token_carries_roles_and_catalogue(lab, cloud, roles):
    answer = login(lab, password(lab, cloud))
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert {role["name"] for role in token["roles"]} == roles
    types = {entry["type"]: entry["name"] for entry in token["catalog"]}
    assert types == {
        "identity": "keystone",
        "compute": "nova",
        "placement": "placement",
        "network": "neutron",
        "alarming": "aodh",
        "nfv-orchestration": "tacker",
    }
    for entry in token["catalog"]:
        assert {endpoint["interface"] for endpoint in entry["endpoints"]} == {"public", "internal", "admin"}
    assert token["expires_at"].endswith("Z")


def test_versions(lab):
    assert lab.call("GET", "/identity").status_code == 300
    assert lab.call("GET", V3).json()["version"]["id"] == "v3.14"


def test_wrong_password_is_told_in_keystones_words(lab):
    auth = password(lab, "lab-admin")
    auth["identity"]["password"]["user"]["password"] = "wrong"
    answer = login(lab, auth)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": {
            "code": 401,
            "message": "The request you have made requires authentication.",
            "title": "Unauthorized",
        }
    }


def test_a_project_without_a_role_is_refused(lab):
    auth = password(lab, "lab-member")
    auth["scope"]["project"]["name"] = "vnf-owner"
    assert login(lab, auth).status_code == 401


ONE_USER = {
    "projects": ["admin"],
    "users": [{"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"}],
    "hosts": {"count": 1},
}


def test_an_unscoped_token_can_be_rescoped(lab):
    first = login(lab, password(lab, "lab-vnf", scope=False))
    assert "project" not in first.json()["token"]
    text = first.headers["X-Subject-Token"]
    listed = lab.call("GET", f"{V3}/auth/projects", X_Auth_Token=text).json()["projects"]
    assert [project["name"] for project in listed] == ["vnf-owner"]
    scope = {"project": {"id": listed[0]["id"]}}
    second = login(lab, {"identity": {"methods": ["token"], "token": {"id": text}}, "scope": scope})
    assert second.status_code == 201
    assert second.json()["token"]["project"]["id"] == lab.vnf["project_id"]
    assert second.json()["token"]["expires_at"] == first.json()["token"]["expires_at"]


def test_validation_is_for_services_and_owners(lab):
    subject = lab.token("lab-vnf")
    for cloud, status in (("lab-session-api", 200), ("lab-admin", 200), ("lab-vnf", 200), ("lab-member", 403)):
        answer = lab.call("GET", f"{V3}/auth/tokens", cloud, X_Subject_Token=subject)
        assert answer.status_code == status, cloud
    shown = lab.call("GET", f"{V3}/auth/tokens", "lab-session-api", X_Subject_Token=subject).json()["token"]
    assert shown["project"]["id"] == lab.vnf["project_id"]
    assert lab.call("HEAD", f"{V3}/auth/tokens", "lab-admin", X_Subject_Token=subject).status_code == 200
    missing = lab.call("GET", f"{V3}/auth/tokens", "lab-session-api", X_Subject_Token="nonsense")
    assert missing.status_code == 404
    assert missing.json()["error"]["message"] == "Could not recognize Fernet token"


def test_keystonemiddleware_works_against_it(lab):
    auth = lab.auth("lab-session-api")

    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{environ['HTTP_X_PROJECT_ID']} {environ['HTTP_X_ROLES']}".encode()]

    options = {
        "auth_type": "password",
        "www_authenticate_uri": auth["auth_url"],
        "delay_auth_decision": False,
        **{name: auth[name] for name in ("auth_url", "username", "password", "project_name")},
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "service_token_roles_required": True,
    }
    guarded = auth_token.AuthProtocol(application, options)

    def ask(token):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO(), "HTTP_X_AUTH_TOKEN": token}
        setup_testing_defaults(environ)
        seen = []
        body = b"".join(guarded(environ, lambda status, _headers, _info=None: seen.append(status)))
        return seen[0], body.decode()

    status, body = ask(lab.token("lab-vnf"))
    assert status == "200 OK"
    project, roles = body.split()
    assert project == lab.vnf["project_id"]
    assert set(roles.split(",")) == {"member", "reader"}
    assert ask("nonsense")[0].startswith("401")


def test_a_revoked_token_is_worthless_where_it_was_not_seen_yet(lab):
    text = login(lab, password(lab, "lab-member")).headers["X-Subject-Token"]
    assert lab.call("GET", "/network/v2.0/ports", X_Auth_Token=text).status_code == 200
    assert lab.call("DELETE", f"{V3}/auth/tokens", "lab-admin", X_Subject_Token=text).status_code == 204
    assert lab.call("GET", "/network/v2.0/ports", X_Auth_Token=text).status_code == 200, "validated once, believed for a while"
    refused = lab.call("GET", "/compute/v2.1/servers", X_Auth_Token=text)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Keystone uri=")
    assert refused.json()["error"]["code"] == 401


def test_a_service_asks_again_when_its_memory_of_a_token_is_too_old(start_lab, until):
    lab = start_lab({**ONE_USER, "options": {"token_cache_ttl": 1}})
    text = login(lab, password(lab, "lab-admin")).headers["X-Subject-Token"]
    assert lab.call("GET", "/compute/v2.1/servers", X_Auth_Token=text).status_code == 200
    assert lab.call("DELETE", f"{V3}/auth/tokens", X_Auth_Token=text, X_Subject_Token=text).status_code == 204
    until(lambda: lab.call("GET", "/compute/v2.1/servers", X_Auth_Token=text).status_code == 401, 15)


def test_tokens_expire(start_lab, until):
    lab = start_lab({**ONE_USER, "options": {"token_ttl": 4}})
    text = login(lab, password(lab, "lab-admin")).headers["X-Subject-Token"]
    assert lab.call("GET", "/compute/v2.1/servers", X_Auth_Token=text).status_code == 200
    until(lambda: lab.call("GET", "/compute/v2.1/servers", X_Auth_Token=text).status_code == 401, 15)


def test_application_credentials(lab):
    connection = lab.connect("lab-vnf")
    user = connection.current_user_id
    made = connection.identity.create_application_credential(user=user, name="rulebook")
    assert made.secret
    with pytest.raises(openstack.exceptions.ConflictException):
        connection.identity.create_application_credential(user=user, name="rulebook")
    answer = login(
        lab,
        {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": made.id, "secret": made.secret},
            }
        },
    )
    token = answer.json()["token"]
    assert token["project"]["id"] == lab.vnf["project_id"]
    assert token["application_credential"]["restricted"] is True
    body = {"application_credential": {"name": "second"}}
    text = answer.headers["X-Subject-Token"]
    path = f"{V3}/users/{user}/application_credentials"
    assert lab.call("POST", path, None, body, X_Auth_Token=text).status_code == 403
    assert [item.name for item in connection.identity.application_credentials(user)] == ["rulebook"]
    connection.identity.delete_application_credential(user, made.id)
    again = login(
        lab,
        {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": made.id, "secret": made.secret},
            }
        },
    )
    assert again.status_code == 404


def test_lists_are_for_administrators(lab):
    assert {item.name for item in lab.connect().identity.projects()} >= {"admin", "service", "vnf-owner", "other"}
    assert lab.connect().identity.find_project("vnf-owner").id == lab.vnf["project_id"]
    assert lab.call("GET", f"{V3}/users", "lab-vnf").status_code == 403
    assert {item.name for item in lab.connect().identity.roles()} >= {"admin", "member", "reader", "service"}


def test_an_administrator_can_enter_a_project_after_a_grant(lab):
    connection = lab.connect()
    role = connection.identity.find_role("admin")
    path = f"{V3}/projects/{lab.vnf['project_id']}/users/{connection.current_user_id}/roles/{role.id}"
    auth = password(lab, "lab-admin")
    auth["scope"] = {"project": {"id": lab.vnf["project_id"]}}
    assert login(lab, auth).status_code == 401
    assert lab.call("PUT", path, "lab-admin").status_code == 204
    assert login(lab, auth).status_code == 201
    assert lab.call("DELETE", path, "lab-admin").status_code == 204
    assert login(lab, auth).status_code == 401


def test_a_catalogue_entry_can_be_moved(lab):
    url = "http://127.0.0.1:1/v1"
    assert lab.call("PUT", "/lab/catalog/maintenance", None, {"url": url}).status_code == 200
    token = login(lab, password(lab, "lab-vnf")).json()["token"]
    entry = next(item for item in token["catalog"] if item["type"] == "maintenance")
    assert entry["name"] == "fenix"
    assert {endpoint["url"] for endpoint in entry["endpoints"]} == {url}
    assert lab.call("PUT", "/lab/catalog/maintenance", None, {"url": "nonsense"}).status_code == 400
