#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Has Galaxy's importer take the artifact as the server would, but for linting, which "make lint" does. It complains and goes on, so
# what it says is looked at, too. It lives in an environment of its own, because it wants older libraries than ours.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.cache/galaxy-importer
if [ ! -e "$venv/.complete" ]; then
  echo "Installing galaxy-importer in $venv (about a minute)"
  rm -rf "$venv"
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'galaxy-importer>=0.4.30' 'ansible-core>=2.18'
  touch "$venv/.complete"
fi
printf '[galaxy-importer]\nRUN_ANSIBLE_LINT = false\nRUN_ANSIBLE_TEST = false\nRUN_FLAKE8 = false\n' > "$venv/importer.cfg"
artifact=$PWD/build/release/nfv-maintenance-$(sed -n "s/^version: //p" galaxy.yml).tar.gz
importer=$PWD/$venv
said=$importer/said.log
# Where it runs it leaves a file with its result.
if ! (cd "$venv" && env -u PYTHONPATH PATH="$importer/bin:$PATH" GALAXY_IMPORTER_CONFIG="$importer/importer.cfg" \
  "$importer/bin/python" -m galaxy_importer.main "$artifact") > "$said" 2>&1 || grep -E '^(WARNING|ERROR)' "$said"; then
  cat "$said" >&2
  echo "galaxy-importer does not take $(basename "$artifact"), or complains: see above" >&2
  exit 1
fi
echo "galaxy-importer takes $(basename "$artifact") without a complaint"
