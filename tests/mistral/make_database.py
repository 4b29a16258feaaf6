# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes Mistral's tables, in Mistral's own environment; its migrations do not run on SQLite."""

from __future__ import annotations

import sys

from mistral import config
from mistral.db.v2 import api

config.parse_args(["--config-file", sys.argv[1]])
api.setup_db()
