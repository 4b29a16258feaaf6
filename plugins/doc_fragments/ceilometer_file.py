# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of FILE_SPEC in module_utils/_telemetry/files.py."""

from __future__ import annotations


class ModuleDocFragment:
    # Which file it is, the modules say.
    DOCUMENTATION = r"""
options:
  path:
    type: path
    required: true
  packaged:
    description:
      - Where O(path) does not exist, Ceilometer uses a file of its own. The new file begins with that one's content, since it
        takes its place.
      - Without this option it is looked for in the Python that runs the module. V(/dev/null) begins with nothing.
    type: path
  backup:
    description: Whether the former file is kept beside the new one, with the time in its name.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Says what would be changed, and writes nothing.
  diff_mode:
    support: full
    description: Shows the file before and after.
requirements:
  - PyYAML, which Ceilometer itself needs
"""
