#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs Tacker in a virtual environment of its own, once, for the tests in this directory and for those on the real OpenStack
# services. A second call waits for the first and finds it done. Needs no root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../openstack/services/settings.sh"

mkdir -p "$(dirname "$TACKER_VENV")"
exec 9> "$TACKER_VENV.lock"
flock 9
if [ -e "$TACKER_VENV/.complete" ]; then exit 0; fi
echo "Installing Tacker in $TACKER_VENV (about a minute)"
rm -rf "$TACKER_VENV"
"${PYTHON:-python3}" -m venv "$TACKER_VENV"
"$TACKER_VENV/bin/pip" install --quiet --disable-pip-version-check -r "$here/../openstack/services/tacker.txt" 9>&-
touch "$TACKER_VENV/.complete"
