# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of the maintenance conversation (private to this collection).

Names of states, their old spellings, replies, actions, and which session state may follow which. Pure: no I/O, nothing but the
standard library, so that the service, the modules and the tests mean the same by a word.
"""

from __future__ import annotations

import dataclasses
import typing as t

MAINTENANCE = "MAINTENANCE"
SCALE_IN = "SCALE_IN"
PREPARE_MAINTENANCE = "PREPARE_MAINTENANCE"
START_MAINTENANCE = "START_MAINTENANCE"
PLANNED_MAINTENANCE = "PLANNED_MAINTENANCE"
INSTANCE_ACTION_DONE = "INSTANCE_ACTION_DONE"
MAINTENANCE_COMPLETE = "MAINTENANCE_COMPLETE"
MAINTENANCE_DONE = "MAINTENANCE_DONE"
MAINTENANCE_FAILED = "MAINTENANCE_FAILED"

SESSION_STATES = (
    MAINTENANCE,
    SCALE_IN,
    PREPARE_MAINTENANCE,
    START_MAINTENANCE,
    PLANNED_MAINTENANCE,
    MAINTENANCE_COMPLETE,
    MAINTENANCE_DONE,
    MAINTENANCE_FAILED,
)
MESSAGE_STATES = (
    MAINTENANCE,
    SCALE_IN,
    PREPARE_MAINTENANCE,
    PLANNED_MAINTENANCE,
    INSTANCE_ACTION_DONE,
    MAINTENANCE_COMPLETE,
)
# Messages about certain instances; the reply names an action for each of them.
INSTANCE_STATES = (PREPARE_MAINTENANCE, PLANNED_MAINTENANCE)

# What the specifications, the Doctor project and its documents have called the same thing.
SPELLINGS = {
    "IN_SCALE": SCALE_IN,
    "DOWN_SCALE": SCALE_IN,
    "ADMIN_ACTION_DONE": INSTANCE_ACTION_DONE,
    "PLANNED_MAINTANANCE": PLANNED_MAINTENANCE,
}
ACCEPTED_SPELLINGS = (*MESSAGE_STATES, *SPELLINGS)

MIGRATE = "MIGRATE"
LIVE_MIGRATE = "LIVE_MIGRATE"
OWN_ACTION = "OWN_ACTION"
ACTIONS = (MIGRATE, LIVE_MIGRATE, OWN_ACTION)

HOST_DIALECT = "host"
INSTANCE_DIALECT = "instance"

WORKFLOW_DEFAULT = "default"
WORKFLOW_VNF = "vnf"
WORKFLOWS = (WORKFLOW_DEFAULT, WORKFLOW_VNF)

HOST_WAITING = "WAITING"
HOST_DRAINING = "DRAINING"
HOST_IN_MAINTENANCE = "IN_MAINTENANCE"
HOST_COMPLETE = "MAINTENANCE_COMPLETE"
HOST_FAILED = "FAILED"
HOST_STATES = (HOST_WAITING, HOST_DRAINING, HOST_IN_MAINTENANCE, HOST_COMPLETE, HOST_FAILED)
# The host states that other services hear about (event ``maintenance.host``).
PUBLISHED_HOST_STATES = (HOST_IN_MAINTENANCE, HOST_COMPLETE)

MOVING = "MOVING"
MOVED = "MOVED"
MOVE_FAILED = "FAILED"
MOVE_STATES = (MOVING, MOVED, MOVE_FAILED)

PENDING = "pending"
ACKNOWLEDGED = "acknowledged"
REFUSED = "refused"
EXPIRED = "expired"
CANCELLED = "cancelled"
INFORMED = "informed"
MESSAGE_STATUSES = (PENDING, ACKNOWLEDGED, REFUSED, EXPIRED, CANCELLED, INFORMED)

# What people want of a run, and what they can say; see ``/v1/sessions/{sid}/control``.
RUNNING = "running"
PAUSED = "paused"
ABORTING = "aborting"
CONTROL_STATES = (RUNNING, PAUSED, ABORTING)
PAUSE = "pause"
RESUME = "resume"
ABORT = "abort"
SKIP_HOST = "skip_host"
UNSKIP_HOST = "unskip_host"
APPROVE = "approve"
CONTROL_ACTIONS = (PAUSE, RESUME, ABORT, SKIP_HOST, UNSKIP_HOST, APPROVE)

EVENT_PROJECT = "maintenance.scheduled"
EVENT_HOST = "maintenance.host"
EVENT_SESSION = "maintenance.session"

ACK = "ACK"
NACK = "NACK"

_BETWEEN_HOSTS = frozenset({SCALE_IN, PREPARE_MAINTENANCE, START_MAINTENANCE, PLANNED_MAINTENANCE, MAINTENANCE_COMPLETE})
_FOLLOWERS: t.Mapping[str, frozenset[str]] = {
    MAINTENANCE: frozenset({SCALE_IN, PREPARE_MAINTENANCE, START_MAINTENANCE, MAINTENANCE_COMPLETE}),
    SCALE_IN: frozenset({PREPARE_MAINTENANCE, START_MAINTENANCE}),
    PREPARE_MAINTENANCE: frozenset({START_MAINTENANCE, SCALE_IN}),
    START_MAINTENANCE: _BETWEEN_HOSTS,
    PLANNED_MAINTENANCE: _BETWEEN_HOSTS,
    MAINTENANCE_COMPLETE: frozenset({MAINTENANCE_DONE}),
    MAINTENANCE_DONE: frozenset(),
    MAINTENANCE_FAILED: frozenset(),
}


def canonical(state: str) -> str:
    """Return today's name of a message state; a name nobody knows comes back as it is."""
    return SPELLINGS.get(state, state)


def may_follow(present: str, wanted: str) -> bool:
    """Whether a runner may bring a session from one state into another; staying is always allowed."""
    if present == wanted:
        return True
    if wanted == MAINTENANCE_FAILED:
        return present != MAINTENANCE_DONE
    return wanted in _FOLLOWERS.get(present, frozenset())


def wants_actions(state: str) -> bool:
    """Whether a message of this state is about certain instances, so that the reply names an action for each."""
    return canonical(state) in INSTANCE_STATES


def wants_reply(state: str) -> bool:
    """Whether somebody waits for the reply to a message of this state."""
    return canonical(state) != INSTANCE_ACTION_DONE


def dialect_of(workflow: str) -> str:
    """Return the dialect in which a session of this workflow speaks."""
    return INSTANCE_DIALECT if workflow == WORKFLOW_VNF else HOST_DIALECT


@dataclasses.dataclass(frozen=True)
class ReplyState:
    """A reply's ``state``, taken apart."""

    acknowledged: bool
    state: str

    @property
    def text(self) -> str:
        """The state as it is written today."""
        return f"{ACK if self.acknowledged else NACK}_{self.state}"


def parse_reply_state(text: str) -> ReplyState | None:
    """Take ``ACK_<state>`` or ``NACK_<state>`` apart, old spellings included; None when it is neither."""
    verdict, separator, rest = text.partition("_")
    state = canonical(rest)
    if not separator or verdict not in (ACK, NACK) or state not in MESSAGE_STATES:
        return None
    return ReplyState(verdict == ACK, state)
