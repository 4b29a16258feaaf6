# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the migrations on the connection that the service hands over."""

from __future__ import annotations

try:
    from alembic import context
except ImportError:
    context = None  # type: ignore[assignment]


def run() -> None:
    """Bring the database to the wanted revision inside the caller's transaction."""
    context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
    context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic runs this file
    run()
