#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_download
short_description: Fetch a file or an archive for the work on hosts
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Fetches a file once, and puts it in its place only when it has the checksum. A file that is there with that checksum is kept,
    and nothing is asked of the network.
  - Archives (tar, also compressed, and zip) are unpacked beside it on demand. Nothing inside gets out of its folder, and devices
    and owners inside are not taken over.
  - Size and time are bounded. Of an address only host and path are shown, since what follows may hold a secret.
options:
  name:
    description: What the file is called, in its folder too. Letters, digits, dots, hyphens and underscores.
    type: str
    required: true
  url:
    description: Where it is, http or https, without a user and password in it. It is shown in no output.
    type: str
    required: true
  checksum:
    description: V(sha256:) and the hexadecimal digits, or the same with V(sha384) or V(sha512).
    type: str
    required: true
  directory:
    description: Folder for it, which is made when it is not there, for you only.
    type: path
    required: true
  unpack:
    description: Whether it is an archive that is to be unpacked into the folder C(<name>.d).
    type: bool
    default: false
  max_bytes:
    description: Most bytes that may be fetched, and most that may be inside an archive. The default is 8 GiB.
    type: int
    default: 8589934592
  timeout:
    description: Seconds for fetching it.
    type: int
    default: 1800
  url_username:
    description: User for HTTP basic authentication. Without it none is used.
    type: str
  url_password:
    description: Password of O(url_username).
    type: str
  ca_cert:
    description: File with the certificates of the authorities that are trusted. Without it the system's are used.
    type: path
attributes:
  check_mode:
    support: full
    description: Says whether it would be fetched, and asks nothing of the network.
  diff_mode:
    support: none
    description: The content of files is not shown.
"""

EXAMPLES = r"""
- name: Fetch the new firmware once
  nfv.maintenance.maintenance_download:
    name: firmware
    url: https://mirror.example/firmware-7.tar.gz
    checksum: sha256:0f4b1b4a1f2b3d7c6e5a49382716f5e4d3c2b1a0918273645546372819aabbcc
    directory: /var/cache/maintenance
    unpack: true
  register: result
"""

RETURN = r"""
maintenance_download:
  description: Where it is now.
  returned: success
  type: dict
  contains:
    name:
      description: As given.
      type: str
      sample: firmware
    path:
      description: The file; with O(unpack=true) the folder with what was inside.
      type: str
      sample: /var/cache/maintenance/firmware.d
    file:
      description: The file.
      type: str
      sample: /var/cache/maintenance/firmware
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._downloads.fetch import Source
from ansible_collections.nfv.maintenance.plugins.module_utils._downloads.place import Download
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_file_module

RETURNS = "maintenance_download"
SPEC: Spec = {
    "name": {"type": "str", "required": True},
    # Many mirrors sign their addresses.
    "url": {"type": "str", "required": True, "no_log": True},
    "checksum": {"type": "str", "required": True},
    "directory": {"type": "path", "required": True},
    "unpack": {"type": "bool", "default": False},
    "max_bytes": {"type": "int", "default": 8 * 1024**3},
    "timeout": {"type": "int", "default": 1800},
    "url_username": {"type": "str"},
    "url_password": {"type": "str", "no_log": True},
    "ca_cert": {"type": "path"},
}


def run(params: Params, module: object, check_mode: bool) -> Result:
    """Fetch and unpack; the rules are in :mod:`module_utils._downloads`."""
    del module
    source = Source(
        params["url"], params["url_username"], params["url_password"], params["ca_cert"], params["max_bytes"], params["timeout"]
    )
    download = Download(params["name"], params["checksum"], params["directory"], params["unpack"])
    return download.ensure(source, check_mode=check_mode)


def main() -> None:
    """Entry point."""
    run_file_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
