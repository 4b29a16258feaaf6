# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Settings of the loopback OpenStack; source it from bash. Each can be set in the environment beforehand.
# shellcheck shell=bash

export OPENSTACK_DIR=${OPENSTACK_DIR:-/var/tmp/nfv-maintenance-openstack}  # all state: databases, logs, pids, configuration
export OPENSTACK_COMPUTES=${OPENSTACK_COMPUTES:-4}                         # compute-1 to compute-N
export OPENSTACK_DRIVER=${OPENSTACK_DRIVER:-fake.MediumFakeDriver}         # 10 vCPUs, 8 GiB, 1028 GB a host
export OPENSTACK_ALARM_CACHE=${OPENSTACK_ALARM_CACHE:-0}                   # seconds in which Aodh may overlook a new alarm; its default is 60
export OPENSTACK_TACKER=${OPENSTACK_TACKER:-yes}                           # with Heat and Tacker
export OPENSTACK_IP=127.0.0.1                                              # never anything but loopback

export PORT_MYSQL=${PORT_MYSQL:-3306}
export PORT_AMQP=${PORT_AMQP:-5672}
export PORT_AMQP_DIST=${PORT_AMQP_DIST:-25672}
export PORT_EPMD=${PORT_EPMD:-4369}
export PORT_KEYSTONE=${PORT_KEYSTONE:-5000}
export PORT_GLANCE=${PORT_GLANCE:-9292}
export PORT_PLACEMENT=${PORT_PLACEMENT:-8778}
export PORT_NEUTRON=${PORT_NEUTRON:-9696}
export PORT_NOVA=${PORT_NOVA:-8774}
export PORT_AODH=${PORT_AODH:-8042}
export PORT_HEAT=${PORT_HEAT:-8004}
export PORT_TACKER=${PORT_TACKER:-9890}

# Not exported: RabbitMQ takes some of these names for its own.
# shellcheck disable=SC2034
{
  SERVICES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  RUN=$OPENSTACK_DIR/run
  LOGS=$OPENSTACK_DIR/log
  ETC=$OPENSTACK_DIR/etc
  TACKER_VENV=${TACKER_VENV:-$(cd "$SERVICES/../../.." && pwd)/.cache/tacker-venv}  # also for tests/tacker
}
