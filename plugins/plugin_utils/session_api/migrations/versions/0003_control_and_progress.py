# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people want of a run; what progress is measured by."""

from __future__ import annotations

try:
    import sqlalchemy as sa
    from alembic import op
except ImportError:
    sa = op = None  # type: ignore[assignment]

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""
    op.add_column("sessions", sa.Column("control", sa.JSON(), nullable=True))
    op.add_column("sessions", sa.Column("waiting", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("told_at", sa.DateTime(), nullable=True))
    op.add_column("hosts", sa.Column("servers", sa.Integer(), nullable=True))
    op.add_column("hosts", sa.Column("began_at", sa.DateTime(), nullable=True))
    op.add_column("hosts", sa.Column("ended_at", sa.DateTime(), nullable=True))
    op.create_index("ix_instances_on_host", "instances", ["session_id", "host"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_instances_on_host", table_name="instances")
    for table, name in (
        ("hosts", "ended_at"),
        ("hosts", "began_at"),
        ("hosts", "servers"),
        ("sessions", "told_at"),
        ("sessions", "waiting"),
        ("sessions", "control"),
    ):
        op.drop_column(table, name)
