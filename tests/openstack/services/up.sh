#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Configures and starts the loopback OpenStack; on its first run it makes databases and accounts too. Again: starts only what
# is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"
. "$here/processes.sh"
. "$here/services.sh"
began=$(date +%s)
step() { echo "$(($(date +%s) - began)) s: $*"; }

"$here/configure.sh"
# What Ceilometer has to know of maintenance comes from the role that operators use; the agent reads it when it starts.
checkout=$(cd "$here/../../.." && pwd)
events() { (cat "$ETC"/ceilometer/event_*.yaml 2>/dev/null || true) | sha256sum; }
before=$(events)
ANSIBLE_HOME=$OPENSTACK_DIR/ansible ANSIBLE_COLLECTIONS_PATH=$checkout/.cache/collections ANSIBLE_LOCALHOST_WARNING=false \
  "$checkout/.venv/bin/ansible-playbook" nfv.maintenance.telemetry_events -e telemetry_events_directory="$ETC/ceilometer" \
  -e telemetry_events_service= -e telemetry_events_backup=false -e ansible_python_interpreter=/usr/bin/python3 \
  > "$LOGS/telemetry-events.log" 2>&1 ||
  { tail -n 20 "$LOGS/telemetry-events.log" >&2; echo "Role telemetry_events failed, see $LOGS/telemetry-events.log" >&2; exit 1; }
if [ "$before" != "$(events)" ]; then finish ceilometer-notification; fi
own_environment
P=$(cat "$OPENSTACK_DIR/secret")

once() {  # MARK COMMAND...: once in the life of the state directory
  local mark=$1; shift
  [ -e "$OPENSTACK_DIR/done-$mark" ] && return 0
  "$@" >> "$LOGS/setup-$mark.log" 2>&1 || {
    tail -n 20 "$LOGS/setup-$mark.log" >&2; echo "Setting up $mark failed, see $LOGS/setup-$mark.log" >&2; return 1; }
  touch "$OPENSTACK_DIR/done-$mark"
}

ports=(mariadb "$PORT_MYSQL" rabbitmq "$PORT_AMQP" keystone "$PORT_KEYSTONE" glance-api "$PORT_GLANCE" placement-api "$PORT_PLACEMENT"
  neutron-api "$PORT_NEUTRON" nova-api "$PORT_NOVA" aodh-api "$PORT_AODH")
if [ "$OPENSTACK_TACKER" = yes ]; then ports+=(heat "$PORT_HEAT" tacker "$PORT_TACKER"); fi
for ((i = 0; i < ${#ports[@]}; i += 2)); do
  if ! is_alive "${ports[i]}" && port_open "${ports[i + 1]}"; then
    echo "Port ${ports[i + 1]} (for ${ports[i]}) is taken by a process that is not ours; choose others, see $here/settings.sh" >&2
    exit 1
  fi
done

# --- database and bus ------------------------------------------------------------------------------------------------------
me=$(id -un)
once mariadb mariadb-install-db --no-defaults --user="$me" --datadir="$OPENSTACK_DIR/mysql" \
  --auth-root-authentication-method=socket --auth-root-socket-user="$me" --skip-test-db
start_service mariadb
start_service rabbitmq
await_service mariadb
make_databases() {
  local name
  for name in keystone glance placement neutron nova_api nova nova_cell0 aodh heat; do
    echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8;"
    echo "GRANT ALL ON $name.* TO 'openstack'@'$OPENSTACK_IP' IDENTIFIED BY '$P';"
  done | mariadb --no-defaults --socket="$RUN/mysql.sock" --user="$me"
}
once databases make_databases
step "the database is up"

# --- schemas -----------------------------------------------------------------------------------------------------------
nova=(--config-file "$ETC/nova/nova.conf")
setup_keystone() {
  local manage=(keystone-manage --config-file "$ETC/keystone/keystone.conf")
  local owner=(--keystone-user "$me" --keystone-group "$(id -gn)") url=http://$OPENSTACK_IP:$PORT_KEYSTONE/v3/
  mkdir -p "$OPENSTACK_DIR"/keystone/{fernet-keys,credential-keys}
  chmod 700 "$OPENSTACK_DIR"/keystone/{fernet-keys,credential-keys}
  "${manage[@]}" db_sync && "${manage[@]}" fernet_setup "${owner[@]}" && "${manage[@]}" credential_setup "${owner[@]}" &&
    OS_BOOTSTRAP_PASSWORD=$P "${manage[@]}" bootstrap --bootstrap-region-id RegionOne \
      --bootstrap-admin-url "$url" --bootstrap-internal-url "$url" --bootstrap-public-url "$url"
}
setup_nova() {
  nova-manage "${nova[@]}" api_db sync && nova-manage "${nova[@]}" cell_v2 map_cell0 || return 1
  if ! nova-manage "${nova[@]}" cell_v2 list_cells | grep -q ' cell1 '; then
    nova-manage "${nova[@]}" cell_v2 create_cell --name cell1 || return 1
  fi
  nova-manage "${nova[@]}" db sync
}
jobs=()
once keystone setup_keystone & jobs+=($!)
once glance glance-manage --config-file "$ETC/glance/glance-api.conf" db_sync & jobs+=($!)
once placement placement-manage --config-file "$ETC/placement/placement.conf" db sync & jobs+=($!)
once neutron neutron-db-manage --config-file "$ETC/neutron/neutron.conf" \
  --config-file "$ETC/neutron/plugins/ml2/ml2_conf.ini" upgrade head & jobs+=($!)
once nova setup_nova & jobs+=($!)
once aodh aodh-dbsync --config-file "$ETC/aodh/aodh.conf" & jobs+=($!)
if [ "$OPENSTACK_TACKER" = yes ]; then once heat heat-manage --config-file "$ETC/heat/heat.conf" db_sync & jobs+=($!); fi
for job in "${jobs[@]}"; do wait "$job"; done
step "the schemas are there"

# --- services ------------------------------------------------------------------------------------------------------------
for name in keystone placement-api aodh-api; do start_service "$name"; done
await_service keystone
await_service rabbitmq
step "Keystone and the bus are up"
start_service neutron-api
start_service glance-api
await_service glance-api
accounts=(/usr/bin/python3 "$here/accounts.py")
once accounts "${accounts[@]}" accounts
step "accounts, catalogue, image and flavors are there"
for name in nova-conductor nova-scheduler nova-api; do start_service "$name"; done
await_service placement-api
since=$began
for number in $(seq "$OPENSTACK_COMPUTES"); do
  if is_alive "compute-$number"; then since=0; fi
  start_service "compute-$number"
done
for name in $(all_services); do start_service "$name"; done
for name in $(all_services); do await_service "$name"; done
step "all interfaces answer"
"${accounts[@]}" hypervisors "$OPENSTACK_COMPUTES" "$since" nova-manage "${nova[@]}" cell_v2 discover_hosts
for name in $(all_services); do
  is_alive "$name" || { tail -n 20 "$LOGS/$name.log" >&2; echo "$name has ended, see $LOGS/$name.log" >&2; exit 1; }
done
step "OpenStack is up; OS_CLIENT_CONFIG_FILE=$OPENSTACK_DIR/clouds.yaml, clouds admin, demo, demo2"
