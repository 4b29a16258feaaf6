# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Starting and ending processes by pid file; source it from bash after settings.sh. A pid file holds "<pid> <kernel start
# time>", so that a number that is in use again by somebody else is never mistaken for ours.
# shellcheck shell=bash

started_at() {  # PID: its kernel start time; nothing for one that has ended
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  stat=${stat##*) }
  # shellcheck disable=SC2086  # the fields are wanted one by one
  set -- $stat
  if [ "$1" != Z ]; then echo "${20}"; fi
}

is_alive() {  # NAME
  local pid when
  [ -s "$RUN/$1.pid" ] || return 1
  read -r pid when < "$RUN/$1.pid"
  [ -n "$when" ] && [ "$(started_at "$pid")" = "$when" ]
}

launch() {  # NAME COMMAND...: in the background, in a process group of its own
  local name=$1; shift
  if is_alive "$name"; then return 0; fi
  setsid "$@" >> "$LOGS/$name.log" 2>&1 < /dev/null &
  echo "$! $(started_at $!)" > "$RUN/$name.pid"
}

finish() {  # NAME [SECONDS]: ask it to end, wait, then kill what is left of its own group
  local name=$1 limit=${2:-20} pid when i
  if is_alive "$name"; then
    # shellcheck disable=SC2034
    read -r pid when < "$RUN/$name.pid"
    kill -TERM "$pid" 2>/dev/null || true
    for ((i = 0; i < limit * 10; i++)); do
      is_alive "$name" || break
      sleep 0.1
    done
    if is_alive "$name"; then echo "$name did not end within $limit s and is killed" >&2; fi
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$RUN/$name.pid"
}

killed() {  # NAME: what a power cut does to it
  local pid when
  is_alive "$1" || { echo "$1 does not run" >&2; return 1; }
  # shellcheck disable=SC2034
  read -r pid when < "$RUN/$1.pid"
  kill -KILL -- "-$pid"
  rm -f "$RUN/$1.pid"
}

port_open() { (exec 3<> "/dev/tcp/$OPENSTACK_IP/$1") 2>/dev/null; }

wait_port() {  # NAME PORT [SECONDS]
  local i
  for ((i = 0; i < ${3:-120} * 5; i++)); do
    if port_open "$2"; then return 0; fi
    is_alive "$1" || { echo "$1 has ended early, see $LOGS/$1.log" >&2; tail -n 20 "$LOGS/$1.log" >&2; return 1; }
    sleep 0.2
  done
  echo "$1 does not listen on port $2, see $LOGS/$1.log" >&2
  return 1
}

wait_http() {  # NAME PORT [SECONDS]: until it answers a request; uwsgi listens long before its application does
  wait_port "$@"
  curl --silent --show-error --noproxy '*' --output /dev/null --max-time "${3:-120}" "http://$OPENSTACK_IP:$2/" ||
    { echo "$1 does not answer, see $LOGS/$1.log" >&2; return 1; }
}
