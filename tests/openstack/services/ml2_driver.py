# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mechanism driver of Neutron's ML2 plug-in that calls every port bound.

No agent runs here; without it each port would end as "binding_failed", and Nova would refuse a server that has one.
"""

from __future__ import annotations

import typing as t

from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api


class BindEverything(api.MechanismDriver):
    """Binds a port on any host to the first segment of its network."""

    def initialize(self) -> None:
        """Nothing is needed."""

    def bind_port(self, context: t.Any) -> None:
        """Take the first segment."""
        for segment in context.segments_to_bind:
            context.set_binding(segment[api.ID], portbindings.VIF_TYPE_OTHER, {}, status="ACTIVE")
            return
