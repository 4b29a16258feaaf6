# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a host is being verified after the work, and its versions before and after."""

from __future__ import annotations

try:
    import sqlalchemy as sa
    from alembic import op
except ImportError:
    sa = op = None  # type: ignore[assignment]

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply."""
    op.add_column("hosts", sa.Column("verifying", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("hosts", sa.Column("version_before", sa.String(255), nullable=True))
    op.add_column("hosts", sa.Column("version", sa.String(255), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("hosts", "version")
    op.drop_column("hosts", "version_before")
    op.drop_column("hosts", "verifying")
