# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keystone v3, as far as clients, keystonemiddleware and administrators of this cloud need it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from aiohttp import web

from .catalog import REGION
from .clock import now, stamp_micro_z
from .context import Context
from .state import Project, User
from .tokens import UNAUTHENTICATED, Credential, Token, unauthenticated
from .web import ApiError, Json, answer, empty, flag, json_body

DOMAIN = {"id": "default", "name": "Default"}
ROLES = ("admin", "member", "reader", "service")
_METHODS = ["external", "password", "token", "oauth1", "mapped", "application_credential"]
_MALFORMED = (
    " The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)


def role_id(name: str) -> str:
    """Return the id of a role, the same in every lab."""
    return hashlib.sha256(f"role {name}".encode()).hexdigest()[:32]


def _forbidden(action: str) -> ApiError:
    return ApiError(403, f"You are not authorized to perform the requested action: identity:{action}.")


_NOT_BY_CREDENTIAL = (
    "You are not authorized to perform the requested action: Using method 'application_credential' is not allowed for "
    "managing additional application credentials.."
)


async def _body(request: web.Request) -> Json:
    try:
        return await json_body(request)
    except ApiError as error:
        raise ApiError(400, f"Expecting to find valid JSON in request body.{_MALFORMED}") from error


class Identity:
    """The handlers of /identity."""

    def __init__(self, context: Context) -> None:
        """Serve the users and projects of a lab."""
        self.context = context
        self.cloud = context.cloud
        self.tokens = context.tokens

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        v3 = "/identity/v3"
        return [
            web.get("/identity", self.versions),
            web.get("/identity/", self.versions),
            web.get(v3, self.version),
            web.get(f"{v3}/", self.version),
            web.post(f"{v3}/auth/tokens", self.authenticate),
            web.get(f"{v3}/auth/tokens", self.validate),
            web.delete(f"{v3}/auth/tokens", self.revoke),
            web.get(f"{v3}/auth/projects", self.own_projects),
            web.get(f"{v3}/auth/catalog", self.catalog),
            web.get(f"{v3}/projects", self.projects),
            web.get(f"{v3}/projects/{{id}}", self.project),
            web.get(f"{v3}/users", self.users),
            web.get(f"{v3}/users/{{id}}", self.user),
            web.get(f"{v3}/users/{{id}}/projects", self.user_projects),
            web.get(f"{v3}/roles", self.roles),
            web.get(f"{v3}/domains", self.domains),
            web.get(f"{v3}/domains/{{id}}", self.domain),
            web.get(f"{v3}/regions", self.regions),
            web.get(f"{v3}/services", self.services),
            web.get(f"{v3}/endpoints", self.endpoints),
            web.get(f"{v3}/role_assignments", self.role_assignments),
            web.put(f"{v3}/projects/{{project}}/users/{{user}}/roles/{{role}}", self.grant),
            web.delete(f"{v3}/projects/{{project}}/users/{{user}}/roles/{{role}}", self.ungrant),
            web.get(f"{v3}/users/{{user}}/application_credentials", self.credentials),
            web.post(f"{v3}/users/{{user}}/application_credentials", self.create_credential),
            web.get(f"{v3}/users/{{user}}/application_credentials/{{id}}", self.credential),
            web.delete(f"{v3}/users/{{user}}/application_credentials/{{id}}", self.delete_credential),
        ]

    # Versions and catalogue

    def _version(self) -> Json:
        return {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": f"{self.context.url}/identity/v3/"}],
            "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
        }

    async def versions(self, _: web.Request) -> web.Response:
        """List the versions: 300, as Keystone answers."""
        return answer({"versions": {"values": [self._version()]}}, 300, {"Location": f"{self.context.url}/identity/v3/"})

    async def version(self, _: web.Request) -> web.Response:
        """Describe v3."""
        return answer({"version": self._version()})

    async def catalog(self, request: web.Request) -> web.Response:
        """Return the catalogue of the bearer."""
        self.tokens.require(request)
        return answer({"catalog": self.context.catalog.entries(), "links": {"self": self._links("auth/catalog")["self"]}})

    # Tokens

    async def authenticate(self, request: web.Request) -> web.Response:
        """Issue a token."""
        try:
            return await self._authenticate(request)
        except ApiError as error:
            if error.status == 401 and not error.headers:
                error.headers = unauthenticated(request).headers
            raise

    async def _authenticate(self, request: web.Request) -> web.Response:
        auth = (await _body(request)).get("auth")
        if not isinstance(auth, dict):
            raise ApiError(400, f"Expecting to find auth in request body.{_MALFORMED}")
        if not isinstance(auth.get("identity"), dict):
            raise ApiError(400, "Invalid input for field 'auth': 'identity' is a required property")
        identity = auth["identity"]
        methods = identity.get("methods") or []
        user, parent, credential = self._identified(request, identity)
        if user is None:
            raise unauthenticated(request)
        if parent:
            methods = list(dict.fromkeys([*methods, *parent.methods]))
        if credential:
            if auth.get("scope"):
                raise ApiError(401, "Application credentials cannot request a scope.")
            project: Project | None = self.cloud.projects[credential.project_id]
        else:
            project = self._scope(auth.get("scope"), user)
        token = self.tokens.issue(user, project, methods, credential, parent)
        view = self.view(token, not flag(request.query.get("nocatalog")) and "nocatalog" not in request.query)
        return answer({"token": view}, 201, {"X-Subject-Token": token.text, "Vary": "X-Auth-Token"})

    def _identified(self, request: web.Request, identity: Json) -> tuple[User | None, Token | None, Credential | None]:
        user: User | None = None
        parent: Token | None = None
        credential: Credential | None = None
        for method in identity.get("methods") or []:
            data = identity.get(method) or {}
            if method == "password":
                user = self._by_password(data.get("user") or {})
            elif method == "token":
                parent = self.tokens.find(data.get("id"))
                if parent is None:
                    raise ApiError(404, self.tokens.missing(data.get("id")))
                if parent.credential:
                    raise _forbidden("rescope an application credential token")
                user = parent.user
            elif method == "application_credential":
                credential = self._by_credential(data)
                user = self.cloud.users[credential.user_id]
            else:
                refusal = unauthenticated(request)
                refusal.message = "Attempted to authenticate with an unsupported method."
                refusal.more = {"identity": {"methods": _METHODS}}
                raise refusal
        return user, parent, credential

    def _by_password(self, data: Json) -> User:
        for user in self.cloud.users.values():
            same = data.get("id") == user.id if "id" in data else data.get("name") == user.name
            if same and secrets.compare_digest(str(data.get("password", "")).encode(), user.password.encode()):
                return user
        raise ApiError(401, UNAUTHENTICATED)

    def _by_credential(self, data: Json) -> Credential:
        wanted = data.get("user") or {}
        for credential in self.tokens.credentials.values():
            if "id" in data:
                same = data["id"] == credential.id
            else:
                owner = self.cloud.users[credential.user_id]
                same = data.get("name") == credential.name and (
                    wanted.get("id") == owner.id or wanted.get("name") == owner.name
                )
            ended = credential.expires is not None and credential.expires <= now()
            if same and not ended and secrets.compare_digest(str(data.get("secret", "")), credential.secret):
                return credential
        if "id" in data and data["id"] not in self.tokens.credentials:
            raise ApiError(404, f"Could not find Application Credential: {data['id']}.")
        raise ApiError(401, UNAUTHENTICATED)

    def _scope(self, scope: Any, user: User) -> Project | None:
        if scope is None:
            return self.cloud.projects.get(user.default_project_id or "")
        if not isinstance(scope, dict) or "project" not in scope:
            return None
        wanted = scope["project"]
        for project in self.cloud.projects.values():
            if wanted.get("id") == project.id or ("id" not in wanted and wanted.get("name") == project.name):
                return project
        raise ApiError(401, UNAUTHENTICATED)

    def view(self, token: Token, with_catalog: bool = True) -> Json:
        """Return a token's body."""
        view: Json = {
            "methods": token.methods,
            "user": {"domain": DOMAIN, "id": token.user.id, "name": token.user.name, "password_expires_at": None},
            "audit_ids": token.audit_ids,
            "expires_at": stamp_micro_z(token.expires),
            "issued_at": stamp_micro_z(token.issued),
        }
        if token.project:
            view["project"] = {"domain": DOMAIN, "id": token.project.id, "name": token.project.name}
            view["is_domain"] = False
            view["roles"] = [{"id": role_id(name), "name": name} for name in sorted(token.roles)]
            if with_catalog:
                view["catalog"] = self.context.catalog.entries()
        if token.credential:
            view["application_credential"] = {
                "id": token.credential.id,
                "name": token.credential.name,
                "restricted": not token.credential.unrestricted,
            }
        return view

    def _subject(self, request: web.Request, action: str) -> Token:
        bearer = self.tokens.require(request)
        text = request.headers.get("X-Subject-Token")
        if text is None:
            raise ApiError(404, "No token in the request")
        subject = self.tokens.find(text)
        allowed = bearer.roles & {"admin", "service"} or text == bearer.text
        if not allowed and not (subject and subject.user is bearer.user):
            raise _forbidden(action)
        if subject is None:
            raise ApiError(404, self.tokens.missing(text))
        return subject

    async def validate(self, request: web.Request) -> web.Response:
        """Show another token; HEAD only says that it is valid."""
        subject = self._subject(request, "validate_token")
        body = {"token": self.view(subject, "nocatalog" not in request.query)}
        return answer(body, 200, {"X-Subject-Token": subject.text, "Vary": "X-Auth-Token"})

    async def revoke(self, request: web.Request) -> web.Response:
        """End a token."""
        self.tokens.revoke(self._subject(request, "revoke_token").text)
        return empty()

    # Projects, users, roles

    def _links(self, path: str) -> Json:
        return {"self": f"{self.context.url}/identity/v3/{path}", "previous": None, "next": None}

    def _listing(self, request: web.Request, name: str, records: list[Json]) -> web.Response:
        links = {"self": f"{self.context.url}{request.path_qs}", "previous": None, "next": None}
        for key in ("name", "id", "type", "service_id", "interface", "region_id"):
            if key in request.query:
                records = [record for record in records if record.get(key) == request.query[key]]
        return answer({name: records, "links": links})

    def _admin(self, request: web.Request, action: str) -> Token:
        token = self.tokens.require(request)
        if not token.is_admin:
            raise _forbidden(action)
        return token

    def _project(self, project: Project) -> Json:
        return {
            "id": project.id,
            "name": project.name,
            "domain_id": DOMAIN["id"],
            "description": "",
            "enabled": True,
            "parent_id": DOMAIN["id"],
            "is_domain": False,
            "tags": [],
            "options": {},
            "links": {"self": f"{self.context.url}/identity/v3/projects/{project.id}"},
        }

    def _user(self, user: User) -> Json:
        view: Json = {
            "id": user.id,
            "name": user.name,
            "domain_id": DOMAIN["id"],
            "enabled": True,
            "password_expires_at": None,
            "options": {},
            "links": {"self": f"{self.context.url}/identity/v3/users/{user.id}"},
        }
        if user.default_project_id:
            view["default_project_id"] = user.default_project_id
        return view

    def _role(self, name: str) -> Json:
        return {
            "id": role_id(name),
            "name": name,
            "domain_id": None,
            "description": None,
            "options": {} if name == "service" else {"immutable": True},
        }

    def _domain(self) -> Json:
        return {
            **DOMAIN,
            "enabled": True,
            "description": "The default domain",
            "tags": [],
            "options": {},
            "links": {"self": f"{self.context.url}/identity/v3/domains/{DOMAIN['id']}"},
        }

    async def own_projects(self, request: web.Request) -> web.Response:
        """List the projects the bearer may scope to."""
        user = self.tokens.require(request).user
        return answer(
            {
                "projects": [self._project(self.cloud.projects[key]) for key in user.roles],
                "links": self._links("auth/projects"),
            }
        )

    async def projects(self, request: web.Request) -> web.Response:
        """List all projects."""
        self._admin(request, "list_projects")
        return self._listing(request, "projects", [self._project(item) for item in self.cloud.projects.values()])

    async def project(self, request: web.Request) -> web.Response:
        """Show a project to an administrator or to one of its own."""
        token = self.tokens.require(request)
        key = request.match_info["id"]
        if not token.is_admin and token.project_id != key:
            raise _forbidden("get_project")
        if key not in self.cloud.projects:
            raise ApiError(404, f"Could not find project: {key}.")
        return answer({"project": self._project(self.cloud.projects[key])})

    async def users(self, request: web.Request) -> web.Response:
        """List all users."""
        self._admin(request, "list_users")
        return self._listing(request, "users", [self._user(item) for item in self.cloud.users.values()])

    def _user_of(self, request: web.Request, key: str, action: str) -> User:
        token = self.tokens.require(request)
        if not token.is_admin and token.user.id != key:
            raise _forbidden(action)
        if key not in self.cloud.users:
            raise ApiError(404, f"Could not find user: {key}.")
        return self.cloud.users[key]

    async def user(self, request: web.Request) -> web.Response:
        """Show a user."""
        return answer({"user": self._user(self._user_of(request, request.match_info["id"], "get_user"))})

    async def user_projects(self, request: web.Request) -> web.Response:
        """List the projects of a user."""
        user = self._user_of(request, request.match_info["id"], "list_user_projects")
        return self._listing(request, "projects", [self._project(self.cloud.projects[key]) for key in user.roles])

    async def roles(self, request: web.Request) -> web.Response:
        """List the roles."""
        self._admin(request, "list_roles")
        roles = [
            {**self._role(name), "links": {"self": f"{self.context.url}/identity/v3/roles/{role_id(name)}"}} for name in ROLES
        ]
        return self._listing(request, "roles", roles)

    async def domains(self, request: web.Request) -> web.Response:
        """List the only domain."""
        self.tokens.require(request)
        return self._listing(request, "domains", [self._domain()])

    async def domain(self, request: web.Request) -> web.Response:
        """Show the only domain."""
        self.tokens.require(request)
        if request.match_info["id"] != DOMAIN["id"]:
            raise ApiError(404, f"Could not find domain: {request.match_info['id']}.")
        return answer({"domain": self._domain()})

    async def regions(self, request: web.Request) -> web.Response:
        """List the only region."""
        self.tokens.require(request)
        region: Json = {"id": REGION, "parent_region_id": None, "description": ""}
        link = f"{self.context.url}/identity/v3/regions/{REGION}"
        return self._listing(request, "regions", [{**region, "links": {"self": link}}])

    async def services(self, request: web.Request) -> web.Response:
        """List the services."""
        self._admin(request, "list_services")
        return self._listing(request, "services", self.context.catalog.services())

    async def endpoints(self, request: web.Request) -> web.Response:
        """List the endpoints."""
        self._admin(request, "list_endpoints")
        return self._listing(request, "endpoints", self.context.catalog.endpoints())

    async def role_assignments(self, request: web.Request) -> web.Response:
        """List who has which role where."""
        self._admin(request, "list_role_assignments")
        found = [
            {
                "user": {"id": user.id},
                "scope": {"project": {"id": project}},
                "role": {"id": role_id(role)},
                "links": {
                    "assignment": f"{self.context.url}/identity/v3/projects/{project}/users/{user.id}/roles/{role_id(role)}"
                },
            }
            for user in self.cloud.users.values()
            for project, roles in user.roles.items()
            for role in sorted(roles)
            if request.query.get("user.id", user.id) == user.id
            and request.query.get("scope.project.id", project) == project
            and request.query.get("role.id", role_id(role)) == role_id(role)
        ]
        return self._listing(request, "role_assignments", found)

    def _assignment(self, request: web.Request, action: str) -> tuple[User, str, str]:
        self._admin(request, action)
        names = {role_id(name): name for name in ROLES}
        info = request.match_info
        if info["user"] not in self.cloud.users:
            raise ApiError(404, f"Could not find user: {info['user']}.")
        if info["project"] not in self.cloud.projects:
            raise ApiError(404, f"Could not find project: {info['project']}.")
        if info["role"] not in names:
            raise ApiError(404, f"Could not find role: {info['role']}.")
        return self.cloud.users[info["user"]], info["project"], names[info["role"]]

    async def grant(self, request: web.Request) -> web.Response:
        """Give a user a role in a project."""
        user, project, role = self._assignment(request, "create_grant")
        user.roles.setdefault(project, set()).add(role)
        return empty()

    async def ungrant(self, request: web.Request) -> web.Response:
        """Take a role away."""
        user, project, role = self._assignment(request, "revoke_grant")
        if role not in user.roles.get(project, set()):
            raise ApiError(
                404,
                f"Could not find role assignment with role: {role_id(role)}, user or group: {user.id}, "
                f"project, domain, or system: {project}.",
            )
        user.roles[project].discard(role)
        if not user.roles[project]:
            del user.roles[project]
        return empty()

    # Application credentials

    def _credential(self, credential: Credential) -> Json:
        return {
            "id": credential.id,
            "name": credential.name,
            "description": credential.description,
            "project_id": credential.project_id,
            "user_id": credential.user_id,
            "roles": [self._role(name) for name in sorted(credential.roles)],
            "system": None,
            "unrestricted": credential.unrestricted,
            "expires_at": None if credential.expires is None else credential.expires.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            "links": {
                "self": f"{self.context.url}/identity/v3/application_credentials/{credential.id}"
            },
        }

    def _own(self, request: web.Request, action: str) -> Token:
        token = self.tokens.require(request)
        if token.user.id != request.match_info["user"] and not (token.is_admin and action.startswith(("get", "list"))):
            raise _forbidden(action)
        if token.credential and not token.credential.unrestricted and not action.startswith(("get", "list")):
            raise ApiError(403, _NOT_BY_CREDENTIAL)
        return token

    async def credentials(self, request: web.Request) -> web.Response:
        """List a user's application credentials."""
        self._own(request, "list_application_credentials")
        user = request.match_info["user"]
        found = [self._credential(item) for item in self.tokens.credentials.values() if item.user_id == user]
        return self._listing(request, "application_credentials", found)

    async def create_credential(self, request: web.Request) -> web.Response:
        """Make an application credential for the bearer's project; the secret is shown this once."""
        token = self._own(request, "create_application_credential")
        if token.project is None:
            raise ApiError(400, "Invalid application credential: a project-scoped token is required.")
        data = (await json_body(request)).get("application_credential")
        if not isinstance(data, dict) or not data.get("name"):
            raise ApiError(400, "'name' is a required property")
        mine = (item for item in self.tokens.credentials.values() if item.user_id == token.user.id)
        if any(item.name == data["name"] for item in mine):
            raise ApiError(
                409,
                "Conflict occurred attempting to store application_credential - Duplicate entry found with name "
                f"{data['name']}.",
            )
        names = {role_id(name): name for name in ROLES}
        wanted = {str(item.get("name") or names.get(item.get("id"))) for item in data.get("roles") or []}
        if wanted - token.roles:
            raise ApiError(400, "Invalid application credential: Cannot create an application credential with unassigned role")
        expires = data.get("expires_at")
        credential = Credential(
            id=secrets.token_hex(16),
            name=data["name"],
            secret=data.get("secret") or secrets.token_urlsafe(64),
            user_id=token.user.id,
            project_id=token.project.id,
            roles=wanted or set(token.roles),
            unrestricted=data.get("unrestricted"),
            description=data.get("description"),
            expires=_moment(expires) if expires else None,
        )
        self.tokens.credentials[credential.id] = credential
        view = {**self._credential(credential), "secret": credential.secret}
        return answer({"application_credential": view}, 201)

    def _found(self, request: web.Request) -> Credential:
        credential = self.tokens.credentials.get(request.match_info["id"])
        if credential is None or credential.user_id != request.match_info["user"]:
            raise ApiError(404, f"Could not find Application Credential: {request.match_info['id']}.")
        return credential

    async def credential(self, request: web.Request) -> web.Response:
        """Show an application credential without its secret."""
        self._own(request, "get_application_credential")
        return answer({"application_credential": self._credential(self._found(request))})

    async def delete_credential(self, request: web.Request) -> web.Response:
        """Delete an application credential."""
        self._own(request, "delete_application_credential")
        del self.tokens.credentials[self._found(request).id]
        return empty()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise ApiError(400, f"Invalid input for field 'expires_at': {text} is not a date") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=now().tzinfo)
