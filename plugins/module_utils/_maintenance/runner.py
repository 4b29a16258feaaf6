# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only the present runner of a session may write (private to this collection).

A lease makes one process the runner. Its token is a number that grows with every new holder, and the service refuses the writes
of an older one, so a runner that was thought dead and wakes up does no harm.
"""

from __future__ import annotations

import typing as t

from .._ensure import Record
from .._errors import CollectionError, ServiceError, WaitTimeout
from .._wait import wait_for
from . import messages
from .proxy import MaintenanceProxy

_CONFLICT = 409
# What a session is told of an instance at registration; whatever else is given (a snapshot has more) is left out.
INSTANCE_KEYS = ("id", "name", "project_id", "host")


def take_lease(proxy: MaintenanceProxy, session_id: str, holder: str, ttl: int, timeout: float) -> Record:
    """Become the runner; waits for the lease of another one to expire or to be released.

    :raises WaitTimeout: naming the holder and when its lease expires.
    """
    present: Record = {}

    def attempt() -> Record | None:
        try:
            return proxy.take_lease(session_id, holder, ttl)
        except ServiceError as exc:
            present.clear()
            present.update(_lease_in(exc))
            if exc.status != _CONFLICT or not present.get("holder"):
                raise
        return None

    try:
        return wait_for(
            attempt,
            f"the lease of session {session_id}",
            timeout,
            seen=lambda: f"runner {present.get('holder')} holds it until {present.get('expires_at')}",
            next_step="let that runner end or stop it; its lease runs out by itself",
            interval=1.0,
            longest=3.0,
        )
    except WaitTimeout as exc:
        exc.details.update({"holder": present.get("holder"), "expires_at": present.get("expires_at")})
        raise


def keep_lease(proxy: MaintenanceProxy, session_id: str, lease_token: int, holder: str, ttl: int) -> None:
    """Renew the lease while something is waited for.

    :raises CollectionError: when somebody else has become the runner.
    """
    lease = proxy.take_lease(session_id, holder, ttl)
    if lease.get("token") != lease_token:
        raise CollectionError(
            f"The lease of session {session_id} was lost while waiting: token {lease_token} of runner {holder} is now "
            f"{lease.get('token')}. Next: start the run again, it goes on where the session is",
            session_id=session_id,
        )


def check_instances(instances: t.Iterable[Record]) -> None:
    """A session cannot do without the id and the owner of an instance."""
    for one in instances:
        if not one.get("id") or not one.get("project_id"):
            raise CollectionError(f"Each of instances needs id and project_id; this one has {one}")


def register_instances(
    proxy: MaintenanceProxy,
    session: Record,
    lease_token: int | None,
    instances: list[Record],
    project_name: t.Callable[[str], str],
    *,
    check_mode: bool,
) -> bool:
    """Make the inventory what it should be; returns whether it was not.

    :param project_name: what people call a project; its id where nobody knows.
    """
    wanted = sorted((_identity(one) for one in instances), key=lambda one: str(one["id"]))
    present = sorted((_identity(one) for one in session["instances"]), key=lambda one: str(one["id"]))
    if wanted == present:
        return False
    if not check_mode:
        told = [{**one, **_named(str(one["project_id"]), project_name)} for one in wanted]
        session["instances"] = proxy.put_instances(session["session_id"], needed(lease_token, "instances"), told)
    return True


def record_state(
    proxy: MaintenanceProxy, session: Record, lease_token: int | None, wanted: str, reason: str | None = None, *, check_mode: bool
) -> bool:
    """Bring the session into a state; returns whether it was in another one."""
    if wanted == session["state"]:
        return False
    if not messages.may_follow(str(session["state"]), wanted):
        raise CollectionError(
            f"Session {session['session_id']} is {session['state']}, which {wanted} may not follow",
            session_id=session["session_id"],
        )
    if not check_mode:
        proxy.set_state(session["session_id"], needed(lease_token, "session_state"), wanted, reason)
    session["state"] = wanted
    return True


def record_hosts(
    proxy: MaintenanceProxy, session: Record, lease_token: int, wanted: t.Mapping[str, Record], *, check_mode: bool
) -> tuple[list[Record], list[Record], bool]:
    """Write the progress of hosts; returns them before and after, and whether anything differed.

    :param wanted: by the name of the host; what is None stays as it is.
    """
    known = {str(host["name"]): host for host in session["hosts"]}
    # A session that was opened without hosts takes them as they come; the service knows which one was.
    before = [known.get(name, {"name": name}) for name in wanted]
    after = []
    for host in before:
        name = str(host["name"])
        told = {key: value for key, value in wanted[name].items() if value is not None}
        if not check_mode and any(host.get(key) != value for key, value in told.items()):
            after.append(proxy.put_host(session["session_id"], lease_token, name, **told))
        else:
            after.append({**host, **told})
    return before, after, before != after


def needed(lease_token: int | None, option: str) -> int:
    """The token, or an error that says where it comes from."""
    if lease_token is None:
        raise CollectionError(f"{option} is written by the runner only. Next: give runner, which takes the lease, or lease_token")
    return lease_token


def _identity(instance: Record) -> Record:
    return {key: instance.get(key) for key in INSTANCE_KEYS}


def _named(project_id: str, project_name: t.Callable[[str], str]) -> Record:
    name = project_name(project_id)
    return {"project_name": name} if name != project_id else {}


def _lease_in(exc: ServiceError) -> Record:
    """The present lease inside a refusal."""
    response = getattr(exc.__cause__, "response", None)
    try:
        body = response.json() if response is not None else {}
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    lease = body.get("lease", body)
    return lease if isinstance(lease, dict) else {}
