#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs Mistral in a virtual environment of its own, once. A second call waits for the first and finds it done. Needs no root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=${MISTRAL_VENV:-$here/../../.cache/mistral-venv}

mkdir -p "$(dirname "$venv")"
exec 9> "$venv.lock"
flock 9
if [ -e "$venv/.complete" ]; then exit 0; fi
echo "Installing Mistral in $venv (about a minute)"
rm -rf "$venv"
"${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" 9>&-
touch "$venv/.complete"
