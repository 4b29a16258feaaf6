#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs the packages of Debian 12 (OpenStack Zed) that the tests run, and Tacker in a virtual environment of its own.
# Starts and configures no service: the configuration is our own, below $OPENSTACK_DIR; /etc/<service> is never written.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"

. /etc/os-release
if [ "${VERSION_CODENAME:-}" != bookworm ]; then
  echo "The real services come from the packages of Debian 12 (bookworm); this is ${PRETTY_NAME:-another system}." >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "Installing the packages of the real services needs root; you are $(id -un)." >&2
  exit 1
fi

packages=(
  mariadb-server rabbitmq-server curl
  uwsgi-core uwsgi-plugin-python3 python3-pymysql
  keystone glance-api placement-api neutron-server
  nova-api nova-conductor nova-scheduler  # the compute service is in python3-nova; its package would add qemu and libvirt
  aodh-api aodh-evaluator aodh-notifier aodh-listener
  ceilometer-agent-notification python3-openstacksdk
)
if [ "$OPENSTACK_TACKER" = yes ]; then packages+=(heat-api heat-engine); fi

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done

began=$(date +%s)
mkdir -p "$OPENSTACK_DIR"
log=$OPENSTACK_DIR/install.log

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q &&
    apt-get install -q -y --no-install-recommends \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "${missing[@]}"
}

finished() {  # JOB WHAT LOG
  wait "$1" || { tail -n 20 "$3" >&2; echo "$2 could not be installed, see $3" >&2; exit 1; }
  echo "$2 installed after $(($(date +%s) - began)) s"
}

# Side by side: one waits for the network while the other unpacks.
tacker=
if [ "$OPENSTACK_TACKER" = yes ] && [ ! -e "$TACKER_VENV/.complete" ]; then
  "$here/../../tacker/install.sh" > "$OPENSTACK_DIR/install-tacker.log" 2>&1 &
  tacker=$!
fi
if [ "${#missing[@]}" -gt 0 ]; then
  echo "Installing ${#missing[@]} packages and what they need (2 to 3 minutes)"
  # Maintainer scripts would start daemons on the default ports.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
  fi
  install_packages > "$log" 2>&1 &
  finished $! "Packages" "$log"
fi
if [ -n "$tacker" ]; then finished "$tacker" "Tacker" "$OPENSTACK_DIR/install-tacker.log"; fi
