# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# How each process of the loopback OpenStack is started; source it from bash after processes.sh.
# shellcheck shell=bash

own_environment() {
  umask 022
  export no_proxy=$OPENSTACK_IP,localhost NO_PROXY=$OPENSTACK_IP,localhost
  export PATH=/usr/bin:/bin:/usr/sbin:/sbin PYTHONDONTWRITEBYTECODE=1
  unset PYTHONPATH
  # Somebody's cloud credentials have no business here.
  local name
  for name in ${!OS_@}; do unset "$name"; done
  cd "$OPENSTACK_DIR" || return 1
}

all_services() {  # in the order in which they are started
  echo mariadb rabbitmq keystone placement-api aodh-api neutron-api glance-api nova-conductor nova-scheduler nova-api
  seq -f 'compute-%g' "$OPENSTACK_COMPUTES"
  echo aodh-listener aodh-notifier aodh-evaluator ceilometer-notification
  if [ "$OPENSTACK_TACKER" = yes ]; then echo heat tacker; fi
}

web() {  # NAME PORT THREADS FILE [OPTIONS]: one process of uwsgi; its log names each request
  local name=$1 port=$2 threads=$3 file=$4; shift 4
  launch "$name" uwsgi --plugin python3 --need-app --http-socket "$OPENSTACK_IP:$port" \
    --wsgi-file "$file" --processes 1 --threads "$threads" --enable-threads --lazy-apps \
    --die-on-term --buffer-size 65535 --listen 100 --add-header "Connection: close" --procname-prefix "$name " "$@"
}

start_service() {  # NAME
  local me
  me=$(id -un)
  case $1 in
    mariadb)
      launch mariadb mariadbd --no-defaults --user="$me" --datadir="$OPENSTACK_DIR/mysql" \
        --socket="$RUN/mysql.sock" --pid-file="$RUN/mysql-own" \
        --bind-address="$OPENSTACK_IP" --port="$PORT_MYSQL" --skip-name-resolve --skip-log-bin \
        --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-buffer-pool-size=128M \
        --performance-schema=0 --max-connections=400 ;;
    rabbitmq)
      # Erlang keeps its cookie in HOME; everything of it listens on loopback only.
      if ! port_open "$PORT_EPMD"; then
        launch epmd env ERL_EPMD_ADDRESS="$OPENSTACK_IP" epmd -address "$OPENSTACK_IP" -port "$PORT_EPMD"
        wait_port epmd "$PORT_EPMD"
      fi
      launch rabbitmq env -u RABBITMQ_NODE_PORT HOME="$OPENSTACK_DIR/rabbitmq" \
        ERL_EPMD_ADDRESS="$OPENSTACK_IP" ERL_EPMD_PORT="$PORT_EPMD" \
        RABBITMQ_NODENAME=nfv@localhost RABBITMQ_DIST_PORT="$PORT_AMQP_DIST" \
        RABBITMQ_CONFIG_FILE="$ETC/rabbitmq/rabbitmq" RABBITMQ_CONF_ENV_FILE=/dev/null \
        RABBITMQ_ENABLED_PLUGINS_FILE="$ETC/rabbitmq/enabled_plugins" \
        RABBITMQ_MNESIA_BASE="$OPENSTACK_DIR/rabbitmq/mnesia" RABBITMQ_LOG_BASE="$OPENSTACK_DIR/rabbitmq/log" \
        RABBITMQ_PID_FILE="$RUN/rabbitmq-own" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}" \
        /usr/lib/rabbitmq/bin/rabbitmq-server ;;
    keystone) web keystone "$PORT_KEYSTONE" 4 /usr/bin/keystone-wsgi-public --env OS_KEYSTONE_CONFIG_DIR="$ETC/keystone" ;;
    placement-api) web placement-api "$PORT_PLACEMENT" 4 /usr/bin/placement-api --env OS_PLACEMENT_CONFIG_DIR="$ETC/placement" ;;
    aodh-api) web aodh-api "$PORT_AODH" 2 /usr/bin/aodh-api --pyargv "--config-file=$ETC/aodh/aodh.conf" ;;
    neutron-api)
      web neutron-api "$PORT_NEUTRON" 1 "$SERVICES/neutron_wsgi.py" --env OS_NEUTRON_CONFIG_DIR="$ETC/neutron" \
        --pythonpath "$OPENSTACK_DIR/neutron/python" ;;
    glance-api) launch glance-api glance-api --config-file "$ETC/glance/glance-api.conf" ;;
    nova-*) launch "$1" "$1" --config-file "$ETC/nova/nova.conf" ;;
    compute-*)
      launch "$1" /usr/bin/python3 -c 'from nova.cmd.compute import main; main()' \
        --config-file "$ETC/nova/nova.conf" --config-file "$ETC/nova/$1.conf" ;;
    aodh-*) launch "$1" "$1" --config-file "$ETC/aodh/aodh.conf" ;;
    ceilometer-notification) launch "$1" ceilometer-agent-notification --config-file "$ETC/ceilometer/ceilometer.conf" ;;
    heat) launch heat heat-all --config-file "$ETC/heat/heat.conf" ;;
    tacker) launch tacker "$TACKER_VENV/bin/python" "$SERVICES/tacker_server.py" --config-file "$ETC/tacker/tacker.conf" ;;
    *) echo "No such service: $1. There are: $(all_services | tr '\n' ' ')" >&2; return 2 ;;
  esac
}

await_service() {  # NAME: until it can be used
  case $1 in
    mariadb) wait_port mariadb "$PORT_MYSQL" ;;
    rabbitmq) wait_port rabbitmq "$PORT_AMQP" ;;
    keystone) wait_http keystone "$PORT_KEYSTONE" ;;
    placement-api) wait_http placement-api "$PORT_PLACEMENT" ;;
    aodh-api) wait_http aodh-api "$PORT_AODH" ;;
    neutron-api) wait_http neutron-api "$PORT_NEUTRON" ;;
    glance-api) wait_http glance-api "$PORT_GLANCE" ;;
    nova-api) wait_http nova-api "$PORT_NOVA" ;;
    heat) wait_http heat "$PORT_HEAT" ;;
    tacker) wait_http tacker "$PORT_TACKER" ;;
  esac
}
