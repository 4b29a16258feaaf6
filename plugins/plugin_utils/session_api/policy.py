# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what: defaults in code, each rule overridable in the policy file."""

from __future__ import annotations

from .auth import Identity
from .errors import Forbidden
from .libraries import cfg, oslo_policy

ADMIN = "rule:admin_required"
PROJECT = "rule:project_itself"
BOTH = f"{ADMIN} or {PROJECT}"

SEE_ALL = "maintenance:see_all"
CREATE = "maintenance:create_session"
CHANGE = "maintenance:change_session"
DELETE = "maintenance:delete_session"
RUN = "maintenance:run_session"
CONTROL = "maintenance:control_session"
READ_PROJECT = "maintenance:read_project"
REPLY = "maintenance:reply"
READ_CONSTRAINTS = "maintenance:read_constraints"
WRITE_CONSTRAINTS = "maintenance:write_constraints"
METRICS = "maintenance:metrics"
PROBE = "maintenance:probe"
EXTEND = "maintenance:extend_message"
SUBSCRIBE = "maintenance:subscribe"
READ_SUBSCRIPTIONS = "maintenance:read_subscriptions"
DELETE_SUBSCRIPTIONS = "maintenance:delete_subscriptions"
RESEND = "maintenance:resend"

_RULES = (
    ("admin_required", "role:admin", "An administrator."),
    ("project_itself", "project_id:%(project_id)s", "The project that is addressed."),
    (SEE_ALL, ADMIN, "See every session, message and constraint, not only those of the own project."),
    (CREATE, ADMIN, "Open a session."),
    (CHANGE, ADMIN, "Continue a failed session."),
    (DELETE, ADMIN, "Delete a session."),
    (RUN, ADMIN, "Take a session's lease and write its progress."),
    (CONTROL, ADMIN, "Pause, resume and abort a session's run, skip its hosts and approve its waves."),
    (READ_PROJECT, BOTH, "Read a project's instances in a session."),
    (REPLY, PROJECT, "Reply to a message; never for another project."),
    (READ_CONSTRAINTS, BOTH, "Read constraints."),
    (WRITE_CONSTRAINTS, BOTH, "Write and delete constraints."),
    (METRICS, ADMIN, "Read the service's figures."),
    (PROBE, ADMIN, "Send probe events, which reach no project."),
    (EXTEND, PROJECT, "Ask for more time to reply to a message; never for another project."),
    (SUBSCRIBE, PROJECT, "Make and change subscriptions to direct delivery, and see a new secret; never for another project."),
    (READ_SUBSCRIPTIONS, BOTH, "Read a project's subscriptions and deliveries; secrets are never shown."),
    (DELETE_SUBSCRIPTIONS, BOTH, "Delete subscriptions."),
    (RESEND, BOTH, "Send a delivery again."),
)


class Policy:
    """Answers whether a caller may do something to what belongs to a project."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        """Load the defaults and what the policy file overrides."""
        self._enforcer = oslo_policy.Enforcer(conf)
        for name, check, description in _RULES:
            self._enforcer.register_default(oslo_policy.RuleDefault(name, check, description))
        self._enforcer.load_rules()

    def allows(self, identity: Identity, rule: str, project_id: str | None = None) -> bool:
        """Whether the caller passes the rule; ``project_id`` is the project that is addressed."""
        # An empty project on both sides must not look like a match.
        target = {"project_id": project_id or "-"}
        return bool(self._enforcer.authorize(rule, target, identity.credentials()))

    def demand(self, identity: Identity, rule: str, project_id: str | None = None) -> None:
        """Raise when the caller does not pass the rule."""
        if not self.allows(identity, rule, project_id):
            raise Forbidden(f"rule {rule} does not allow it")

    def scope(self, identity: Identity) -> str | None:
        """Return the project whose things the caller sees; None for one who sees all."""
        return None if self.allows(identity, SEE_ALL) else identity.project_id
