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

"$here/services/install.sh"
if ! is_alive keystone; then trap '"$here/services/down.sh"' EXIT; fi
"$here/services/up.sh"
cd "$here/../.."
.venv/bin/python -m pytest tests/openstack --durations 15 "$@"
