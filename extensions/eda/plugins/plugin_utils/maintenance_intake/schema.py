# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the journal."""

from __future__ import annotations

import sqlalchemy as sa

VERSION = "1"

# A delivery is one message of one project, from its first webhook until it is over.
WAITING = "waiting"  # to be handed on at due_at
HANDED_ON = "handed_on"  # given to the rulebook; nobody has taken it in hand until due_at
HELD = "held"  # somebody works on it until due_at
DONE = "done"
DROPPED = "dropped"
OVER = (DONE, DROPPED)

metadata = sa.MetaData()

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.String(255), nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    # The order of arrival; never used again, also when the last rows have been removed.
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("project_id", sa.String(255), nullable=False),
    sa.Column("session_id", sa.String(255), nullable=False),
    sa.Column("state", sa.String(32), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),  # of the state in the protocol's order
    sa.Column("message", sa.Text),  # JSON; gone when it is over
    sa.Column("vnf_ids", sa.Text, nullable=False),  # JSON list
    sa.Column("size", sa.Integer, nullable=False),  # of the message, in bytes; 0 when it is over
    sa.Column("received_at", sa.Double, nullable=False),
    sa.Column("deadline", sa.Double),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("due_at", sa.Double, nullable=False),  # when the status ends by itself; of what is over, when it ended
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),  # attempts that did not end well; a restart is none
    sa.Column("releases", sa.Integer, nullable=False),  # attempts that were given back, or that nobody has begun with
    sa.Column("batch", sa.String(32)),
    sa.Column("taken", sa.Boolean, nullable=False),  # somebody took in hand something of its batch
    sa.Column("listener", sa.String(255)),
    sa.Column("wants", sa.Text),  # JSON list: the VNFs whose locks it waits for, until wants_until
    sa.Column("wants_until", sa.Double, nullable=False),
    sa.Column("lost", sa.Integer, nullable=False),  # the attempt whose lease ran out and whose locks another one took
    sa.Column("outcome", sa.String(1000)),
    sa.Index("deliveries_due", "status", "due_at"),
    sa.Index("deliveries_size", "status", "size"),
    sa.Index("deliveries_session", "project_id", "session_id"),
    sa.Index("deliveries_batch", "batch"),
    sqlite_autoincrement=True,
)

# What a message is known by (a digest), and which delivery it belongs to.
marks = sa.Table(
    "marks",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True),
    sa.Column("delivery", sa.String(32), nullable=False, index=True),
)

# Posts that must not be taken a second time (a digest).
posts = sa.Table(
    "posts",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True),
    sa.Column("at", sa.Double, nullable=False, index=True),
)

locks = sa.Table(
    "locks",
    metadata,
    sa.Column("project_id", sa.String(255), primary_key=True),
    sa.Column("vnf_id", sa.String(255), primary_key=True),
    sa.Column("delivery", sa.String(32), nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("until", sa.Double, nullable=False),
)
