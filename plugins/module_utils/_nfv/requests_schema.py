# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Schemas of request bodies: ETSI GS NFV-SOL003 3.3.1, as far as Tacker takes them (private to this collection).

Stricter than Tacker in one thing: a name that the specification does not have is refused, where Tacker would drop it without a
word. It is Python and not JSON because a module that runs elsewhere takes only Python files along.
"""

from __future__ import annotations

import typing as t

Schema = dict[str, t.Any]


def _object(required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def _list(items: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


def _map(values: Schema, least: int = 0) -> Schema:
    return {"type": "object", "additionalProperties": values, **({"minProperties": least} if least else {})}


def _one_of(*names: str) -> Schema:
    return {"enum": [*names]}


def _text(most: int | None = None, least: int = 0) -> Schema:
    return {"type": "string", **({"maxLength": most} if most else {}), **({"minLength": least} if least else {})}


IDENTIFIER = _text(255, 1)
ADDRESS = {"type": "string", "pattern": r"^[0-9a-fA-F:.]+$"}
COUNT = {"type": "integer", "minimum": 1}

# SOL013 7.2.2 with Tacker's bounds: a text has at most 1024 characters, save in what describes a VIM.
_KEY = r"^[a-zA-Z0-9\-_:. /]{1,1024}$"
_VALUE = {"type": ["array", "string", "object", "null", "boolean", "number"], "maxLength": 1024}
PAIRS = {"type": "object", "propertyNames": {"pattern": _KEY}, "additionalProperties": _VALUE}
VIM_PAIRS = {"type": "object", "propertyNames": {"pattern": _KEY}}

RESOURCE = _object(
    ("resourceId",), vimConnectionId=IDENTIFIER, resourceProviderId=IDENTIFIER, resourceId=IDENTIFIER,
    vimLevelResourceType=_text(255),
)  # fmt: skip
# 4.4.1.6
VIM = _object(
    ("vimType",), vimId=_text(255), vimType=IDENTIFIER, interfaceInfo=VIM_PAIRS, accessInfo=VIM_PAIRS, extra=VIM_PAIRS
)  # fmt: skip
VIMS = _map(VIM)

# 4.4.1.10c
IP_ADDRESSES = {
    **_object(
        ("type",), type=_one_of("IPV4", "IPV6"), fixedAddresses=_list(ADDRESS, 1), numDynamicAddresses=COUNT,
        addressRange=_object(("minAddress", "maxAddress"), minAddress=ADDRESS, maxAddress=ADDRESS), subnetId=IDENTIFIER,
    ),
    "oneOf": [{"required": [name]} for name in ("numDynamicAddresses", "fixedAddresses", "addressRange")],
}  # fmt: skip
ETHERNET = {
    **_object(
        macAddress={"type": "string", "pattern": "^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$"}, segmentationId=_text(),
        ipAddresses=_list(IP_ADDRESSES),
    ),
    "anyOf": [{"required": ["macAddress"]}, {"required": ["ipAddresses"]}],
}  # fmt: skip
# 4.4.1.10, 4.4.1.10a, 4.4.1.10b
CP_PROTOCOL = _object(("layerProtocol",), layerProtocol=_one_of("IP_OVER_ETHERNET"), ipOverEthernet=ETHERNET)
CP_CONFIG = _object(parentCpConfigId=IDENTIFIER, linkPortId=IDENTIFIER, cpProtocolData=_list(CP_PROTOCOL))
EXT_CP = _object(("cpdId", "cpConfig"), cpdId=IDENTIFIER, cpConfig=_map(CP_CONFIG, 1))
# 4.4.1.11, 4.4.1.14
EXT_LINK = _object(
    ("id", "resourceId", "extCps"), id=IDENTIFIER, vimConnectionId=IDENTIFIER, resourceProviderId=IDENTIFIER,
    resourceId=IDENTIFIER, extCps=_list(EXT_CP, 1),
    extLinkPorts=_list(_object(("id", "resourceHandle"), id=IDENTIFIER, resourceHandle=RESOURCE)),
)  # fmt: skip
# 4.4.1.12
MANAGED_LINK = _object(
    ("id", "vnfVirtualLinkDescId", "resourceId"), id=IDENTIFIER, vnfVirtualLinkDescId=IDENTIFIER, vimConnectionId=IDENTIFIER,
    resourceProviderId=IDENTIFIER, resourceId=IDENTIFIER, extManagedMultisiteVirtualLinkId=IDENTIFIER,
    vnfLinkPort=_list(_object(("vnfLinkPortId", "resourceHandle"), vnfLinkPortId=IDENTIFIER, resourceHandle=RESOURCE)),
)  # fmt: skip

# 4.4.1.5, 5.5.3.12
PRODUCT_VERSION = _object(("vnfSoftwareVersion",), vnfSoftwareVersion=_text(), vnfdVersions=_list(_text()))
PRODUCT = _object(("vnfProductName",), vnfProductName=_text(), versions=_list(PRODUCT_VERSION))
PRODUCTS = _list(_object(("vnfProvider",), vnfProvider=_text(), vnfProducts=_list(PRODUCT)))
INSTANCE_FILTER = _object(
    vnfdIds=_list(IDENTIFIER), vnfProductsFromProviders=PRODUCTS, vnfInstanceIds=_list(IDENTIFIER),
    vnfInstanceNames=_list(_text()),
)  # fmt: skip
NOTIFICATIONS = (
    "VnfLcmOperationOccurrenceNotification", "VnfIdentifierCreationNotification", "VnfIdentifierDeletionNotification"
)  # fmt: skip
OPERATIONS = ("INSTANTIATE", "SCALE", "CHANGE_VNFPKG", "TERMINATE", "HEAL", "CHANGE_EXT_CONN", "MODIFY_INFO")
STATES = ("STARTING", "PROCESSING", "COMPLETED", "FAILED_TEMP", "FAILED", "ROLLING_BACK", "ROLLED_BACK")
NOTIFICATION_FILTER = _object(
    vnfInstanceSubscriptionFilter=INSTANCE_FILTER, notificationTypes=_list(_one_of(*NOTIFICATIONS)),
    operationTypes=_list(_one_of(*OPERATIONS)), operationStates=_list(_one_of(*STATES)),
)  # fmt: skip
# SOL013 8.3.4
SUBSCRIBER = _object(
    ("authType",), authType=_list(_one_of("BASIC", "OAUTH2_CLIENT_CREDENTIALS"), 1),
    paramsBasic=_object(("userName", "password"), userName=_text(), password=_text()),
    paramsOauth2ClientCredentials=_object(
        ("clientId", "clientPassword", "tokenEndpoint"), clientId=_text(), clientPassword=_text(), tokenEndpoint=_text()
    ),
)  # fmt: skip

# 5.5.2.3 to 5.5.2.15
BODIES: dict[str, Schema] = {
    "CreateVnfRequest": _object(
        ("vnfdId",), vnfdId=IDENTIFIER, vnfInstanceName=_text(255), vnfInstanceDescription=_text(1024), metadata=PAIRS
    ),
    "InstantiateVnfRequest": _object(
        ("flavourId",), flavourId=IDENTIFIER, instantiationLevelId=IDENTIFIER, extVirtualLinks=_list(EXT_LINK),
        extManagedVirtualLinks=_list(MANAGED_LINK), vimConnectionInfo=VIMS, localizationLanguage=_text(255),
        additionalParams=PAIRS, extensions=PAIRS, vnfConfigurableProperties=PAIRS,
    ),
    "TerminateVnfRequest": _object(
        ("terminationType",), terminationType=_one_of("FORCEFUL", "GRACEFUL"), gracefulTerminationTimeout=COUNT,
        additionalParams=PAIRS,
    ),
    "ScaleVnfRequest": _object(
        ("type", "aspectId"), type=_one_of("SCALE_OUT", "SCALE_IN"), aspectId=IDENTIFIER, numberOfSteps=COUNT,
        additionalParams=PAIRS,
    ),
    # vnfcInstanceId is from SOL002; Tacker takes it here.
    "HealVnfRequest": _object(cause=_text(255), vnfcInstanceId=_list(IDENTIFIER), additionalParams=PAIRS),
    "ChangeExtVnfConnectivityRequest": _object(
        ("extVirtualLinks",), extVirtualLinks=_list(EXT_LINK), vimConnectionInfo=VIMS, additionalParams=PAIRS
    ),
    "ChangeCurrentVnfPkgRequest": _object(
        ("vnfdId", "additionalParams"), vnfdId=IDENTIFIER, extVirtualLinks=_list(EXT_LINK),
        extManagedVirtualLinks=_list(MANAGED_LINK), vimConnectionInfo=VIMS, additionalParams=PAIRS, extensions=PAIRS,
        vnfConfigurableProperties=PAIRS,
    ),
    "VnfInfoModificationRequest": _object(
        vnfInstanceName=_text(255), vnfInstanceDescription=_text(1024), vnfdId=IDENTIFIER, vnfConfigurableProperties=PAIRS,
        metadata=PAIRS, extensions=PAIRS, vimConnectionInfo=VIMS,
        vnfcInfoModifications=_list(
            _object(("id", "vnfcConfigurableProperties"), id=IDENTIFIER, vnfcConfigurableProperties=PAIRS)
        ),
    ),
    "LccnSubscriptionRequest": _object(
        ("callbackUri",), filter=NOTIFICATION_FILTER, callbackUri=_text(255, 1), authentication=SUBSCRIBER,
        verbosity=_one_of("FULL", "SHORT"),
    ),
}  # fmt: skip
