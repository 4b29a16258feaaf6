#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One process of the loopback OpenStack: service.sh start|stop|kill NAME...; "kill" is a power cut.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"
. "$here/processes.sh"
. "$here/services.sh"

verb=${1:?start, stop or kill}; shift
own_environment
for name in "$@"; do
  case $verb in
    start) start_service "$name" && await_service "$name" ;;
    stop) finish "$name" ;;
    kill) killed "$name" ;;
    *) echo "start, stop or kill, not $verb" >&2; exit 2 ;;
  esac
done
