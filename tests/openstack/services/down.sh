#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Ends the processes that up.sh started, by their pid files and nothing else; "down.sh --purge" removes the state as well.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"
. "$here/processes.sh"

# First everything that talks to the bus and the database, side by side; then those two.
if [ -d "$RUN" ]; then
  shopt -s nullglob
  for file in "$RUN"/*.pid; do
    name=$(basename "$file" .pid)
    case $name in mariadb | rabbitmq | epmd) ;; *) finish "$name" 15 & ;; esac
  done
  wait
  finish rabbitmq 30
  finish epmd 5
  finish mariadb 30
fi
if [ "${1:-}" = --purge ] && [ -e "$OPENSTACK_DIR/done-mariadb" ]; then
  rm -rf -- "$OPENSTACK_DIR"
fi
