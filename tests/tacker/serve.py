# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker in one process, looking at Heat often: serve.py --config-file FILE (run by the Python of Tacker's own environment).

Tacker itself looks every 5 seconds, which is all that would make its operations last here.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "openstack" / "services"))

import tacker_server

if __name__ == "__main__":
    tacker_server.main(look_every=0.2)
