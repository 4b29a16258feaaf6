# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be wrong before the source probes."""

from __future__ import annotations


class ArgumentError(ValueError):
    """An argument of the source, a target, or what one of them names, is missing or wrong."""
