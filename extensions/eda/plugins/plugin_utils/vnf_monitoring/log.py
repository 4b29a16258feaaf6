# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One name in the log for all parts of the source."""

from __future__ import annotations

import logging

logger = logging.getLogger("nfv.maintenance.vnf_monitor")
