# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process beside the event source that answers what wants no action, and asks for what never came.

It is started by the source and ends with it. Both talk in lines of JSON over its standard input and output, see :mod:`.lines`.
What is decided, and how, is the same code as behind the role vnf_maintenance; whatever it cannot settle is left to the playbook.
"""
