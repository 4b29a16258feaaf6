#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs and starts the real services where they are not there yet, runs the tests on them ("make test-openstack"), and
# ends what it has started. Services that ran before ("make openstack-up") go on running.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/services/settings.sh"
. "$here/services/processes.sh"

# A round that was killed has left its servers, alarms and sessions behind, and the next one would find no room.
mark=$OPENSTACK_DIR/round
if [ -e "$mark" ]; then
  echo "The last round was interrupted: its services end, and everything they kept goes"
  "$here/services/down.sh" --purge
fi
"$here/services/install.sh"
if ! is_alive keystone; then trap '"$here/services/down.sh"' EXIT; fi
"$here/services/up.sh"
cd "$here/../.."
touch "$mark"
status=0
.venv/bin/python -m pytest tests/openstack --durations 15 "$@" || status=$?
rm -f "$mark"
exit "$status"
