# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every difference between the lab and the real services that stays, and why."""

from __future__ import annotations

from .compare import Accepted

_FAKE = "Nova's fake hypervisor, which the lab does not imitate: it is to look like KVM"
_AGENTS = "no agents of Neutron run"
_LEVELS = "Tacker loses the levels when it rolls a change of the package back; VNFs of the lab go on scaling"
_PORT = "the lab has no Heat: the port of a server that is replaced goes with it"
_SCHEMA = "behind the sentence that the lab gives too, the service prints its JSON Schema"

ACCEPTED = [
    Accepted("*", "body.server*.OS-EXT-SRV-ATTR:root_device_name", f"{_FAKE}; it says /dev/sda"),
    Accepted("*", "body.server*.OS-EXT-STS:power_state", f"{_FAKE}; a paused guest says that it runs"),
    Accepted("hypervisors: *", "body.hypervisor*.uptime", f"{_FAKE}; it has no uptime"),
    Accepted("*", "body.floatingip*.status", f"{_AGENTS}; a floating IP is never reported ACTIVE"),
    Accepted("a server on the network: the port after the move", "body.ports.0.status", f"{_AGENTS}; a moved port stays DOWN"),
    Accepted(
        "a server on the network: *", "body.ports.0.binding:vif_*", "a mechanism driver of the tests; the lab shows Open vSwitch"
    ),
    Accepted("credentials: * (schema)", "body.error.message", _SCHEMA),
    Accepted("placement: * (schema)", "body.errors.0.detail", _SCHEMA),
]
TACKER = [
    Accepted("*", "headers.www-authenticate", "the address of Keystone as it stands in the configuration of tests/tacker"),
    Accepted("VNF healed: afterwards", "body.instantiatedVnfInfo.extCpInfo.*.extLinkPortId", _PORT),
    Accepted("VNF healed: afterwards", "body.instantiatedVnfInfo.extCpInfo.*.id", _PORT),
    Accepted("VNF healed: afterwards", "body.instantiatedVnfInfo.extVirtualLinkInfo.0.extLinkPorts.*", _PORT),
    Accepted("VNF change failed: after the rollback", "body.instantiatedVnfInfo.maxScaleLevels", _LEVELS),
    Accepted("VNF change failed: after the rollback", "body.instantiatedVnfInfo.scaleStatus", _LEVELS),
    Accepted("VNF healed: afterwards", "body.instantiatedVnfInfo.vnfcResourceInfo.*.vnfcCpInfo.0.vnfExtCpId", _PORT),
]
