#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Writes every configuration file below $OPENSTACK_DIR (same input, same files).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"

umask 077
mkdir -p "$ETC"/{keystone,glance,placement,neutron/plugins/ml2,nova,aodh,ceilometer,rabbitmq,heat,tacker} "$RUN" "$LOGS" \
  "$OPENSTACK_DIR"/{keystone,glance/images,nova,neutron,rabbitmq,tacker/csar,tacker/images}
[ -s "$OPENSTACK_DIR/secret" ] || /usr/bin/python3 -c 'import secrets; print(secrets.token_hex(16))' > "$OPENSTACK_DIR/secret"
P=$(cat "$OPENSTACK_DIR/secret")  # one for all accounts of this installation

AMQP=rabbit://openstack:$P@$OPENSTACK_IP:$PORT_AMQP/
KS=http://$OPENSTACK_IP:$PORT_KEYSTONE
db() { echo "mysql+pymysql://openstack:$P@$OPENSTACK_IP:$PORT_MYSQL/$1?charset=utf8"; }

account() {  # NAME: keystoneauth's options of a service's user
  cat <<END
auth_type = password
auth_url = $KS
username = $1
password = $P
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
END
}

token_check() {  # NAME: keystonemiddleware
  cat <<END
[keystone_authtoken]
www_authenticate_uri = $KS
service_token_roles_required = true
$(account "$1")
END
}

# The bus carries what the tests send, nothing of the services' own.
quiet='[oslo_messaging_notifications]
driver = noop'
bus='[oslo_messaging_rabbit]
rabbit_retry_interval = 1'

cat > "$ETC/rabbitmq/rabbitmq.conf" <<END
listeners.tcp.local = $OPENSTACK_IP:$PORT_AMQP
default_user = openstack
default_pass = $P
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
log.console = true
log.console.level = warning
log.file = false
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 100MB
END
echo '[].' > "$ETC/rabbitmq/enabled_plugins"

cat > "$ETC/keystone/keystone.conf" <<END
[DEFAULT]
use_stderr = true
[database]
connection = $(db keystone)
[cache]
# One process, so what it remembers is right; a token then costs a tenth of a second less.
backend = dogpile.cache.memory
[token]
provider = fernet
expiration = 86400
[identity]
# A quarter of a second less for each token that is asked for; the passwords are of no worth.
password_hash_rounds = 4
[fernet_tokens]
key_repository = $OPENSTACK_DIR/keystone/fernet-keys
[fernet_receipts]
key_repository = $OPENSTACK_DIR/keystone/fernet-keys
[credential]
key_repository = $OPENSTACK_DIR/keystone/credential-keys
$quiet
END

cp /etc/glance/glance-api-paste.ini "$ETC/glance/"
cat > "$ETC/glance/glance-api.conf" <<END
[DEFAULT]
use_stderr = true
bind_host = $OPENSTACK_IP
bind_port = $PORT_GLANCE
workers = 0
enabled_backends = files:file
[glance_store]
default_backend = files
[files]
filesystem_store_datadir = $OPENSTACK_DIR/glance/images
[os_glance_staging_store]
filesystem_store_datadir = $OPENSTACK_DIR/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = $OPENSTACK_DIR/glance/tasks
[database]
connection = $(db glance)
[paste_deploy]
flavor = keystone
config_file = $ETC/glance/glance-api-paste.ini
$quiet
$(token_check glance)
END

cat > "$ETC/placement/placement.conf" <<END
[DEFAULT]
use_stderr = true
[placement_database]
connection = $(db placement)
[api]
auth_strategy = keystone
$(token_check placement)
END

cat > "$ETC/neutron/neutron.conf" <<END
[DEFAULT]
use_stderr = true
state_path = $OPENSTACK_DIR/neutron
core_plugin = ml2
service_plugins = router
transport_url = $AMQP
api_paste_config = /etc/neutron/api-paste.ini
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
[nova]
$(account nova)
[oslo_concurrency]
lock_path = $OPENSTACK_DIR/neutron/lock
[database]
connection = $(db neutron)
$bus
$quiet
$(token_check neutron)
END
cat > "$ETC/neutron/plugins/ml2/ml2_conf.ini" <<END
[ml2]
type_drivers = local
tenant_network_types = local
mechanism_drivers = bind_everything
END
# Neutron finds its drivers by the entry points of installed packages.
python=$OPENSTACK_DIR/neutron/python
mkdir -p "$python/ml2_driver-1.dist-info"
cp "$here/ml2_driver.py" "$python/"
printf 'Metadata-Version: 2.1\nName: ml2-driver\nVersion: 1\n' > "$python/ml2_driver-1.dist-info/METADATA"
printf '[neutron.ml2.mechanism_drivers]\nbind_everything = ml2_driver:BindEverything\n' > "$python/ml2_driver-1.dist-info/entry_points.txt"

cat > "$ETC/nova/nova.conf" <<END
[DEFAULT]
use_stderr = true
my_ip = $OPENSTACK_IP
state_path = $OPENSTACK_DIR/nova
transport_url = $AMQP
enabled_apis = osapi_compute
osapi_compute_listen = $OPENSTACK_IP
osapi_compute_listen_port = $PORT_NOVA
osapi_compute_workers = 1
compute_driver = $OPENSTACK_DRIVER
# One vCPU is one vCPU: a full host really refuses another server.
cpu_allocation_ratio = 1.0
ram_allocation_ratio = 1.0
disk_allocation_ratio = 1.0
reserved_host_memory_mb = 0
max_concurrent_live_migrations = 4
# A dead nova-compute is called down after half a minute; by default it reports every 10 s and is called down after 60 s.
report_interval = 3
service_down_time = 30
# The scheduler hears from each host which servers are on it; by default every 120 s. Live migrations are not told in between.
scheduler_instance_sync_interval = 20
[api]
auth_strategy = keystone
[api_database]
connection = $(db nova_api)
[database]
connection = $(db nova)
[quota]
instances = 200
cores = 400
ram = 819200
[conductor]
workers = 1
[scheduler]
workers = 1
[filter_scheduler]
# Servers asked for at the same moment must not all land on the first empty host.
shuffle_best_same_weighed_hosts = true
[oslo_concurrency]
lock_path = $OPENSTACK_DIR/nova/lock
[wsgi]
api_paste_config = /etc/nova/api-paste.ini
[vnc]
enabled = false
[glance]
endpoint_override = http://$OPENSTACK_IP:$PORT_GLANCE
[cinder]
catalog_info = volumev3::publicURL
[placement]
$(account placement)
[neutron]
$(account neutron)
[service_user]
send_service_user_token = true
$(account nova)
$bus
$quiet
$(token_check nova)
END
for number in $(seq "$OPENSTACK_COMPUTES"); do
  mkdir -p "$OPENSTACK_DIR/nova/compute-$number"
  cat > "$ETC/nova/compute-$number.conf" <<END
[DEFAULT]
host = compute-$number
state_path = $OPENSTACK_DIR/nova/compute-$number
[oslo_concurrency]
lock_path = $OPENSTACK_DIR/nova/compute-$number/lock
END
done

# Aodh's middleware would read /etc/aodh/aodh.conf.
sed "s#^oslo_config_project = aodh#&\noslo_config_file = $ETC/aodh/aodh.conf#" /etc/aodh/api-paste.ini > "$ETC/aodh/api-paste.ini"
cat > "$ETC/aodh/aodh.conf" <<END
[DEFAULT]
use_stderr = true
transport_url = $AMQP
event_alarm_cache_ttl = $OPENSTACK_ALARM_CACHE
[api]
paste_config = $ETC/aodh/api-paste.ini
[database]
connection = $(db aodh)
[listener]
workers = 1
[notifier]
workers = 1
[evaluator]
workers = 1
[service_credentials]
interface = internal
$(account aodh)
$bus
$(token_check aodh)
END

cat > "$ETC/ceilometer/ceilometer.conf" <<END
[DEFAULT]
use_stderr = true
transport_url = $AMQP
event_pipeline_cfg_file = $ETC/ceilometer/event_pipeline.yaml
[notification]
workers = 1
pipelines = event
[event]
definitions_cfg_file = $ETC/ceilometer/event_definitions.yaml
$bus
END

cat > "$ETC/heat/heat.conf" <<END
[DEFAULT]
use_stderr = true
transport_url = $AMQP
num_engine_workers = 1
server_keystone_endpoint_type = internal
# The user's roles at hand are handed on; servers alone need no stack domain.
deferred_auth_method = trusts
trusts_delegated_roles =
# Servers get their user data as it is: no metadata service to call back.
default_user_data_format = RAW
convergence_engine = false
[heat_all]
enabled_services = engine,api
[heat_api]
bind_host = $OPENSTACK_IP
bind_port = $PORT_HEAT
workers = 1
[paste_deploy]
api_paste_config = /etc/heat/api-paste.ini
[database]
connection = $(db heat)
[clients]
endpoint_type = internalURL
[clients_keystone]
auth_uri = $KS
[trustee]
auth_type = password
auth_url = $KS
username = heat
password = $P
user_domain_name = Default
$quiet
$(token_check heat)
END

cat > "$ETC/tacker/tacker.conf" <<END
[DEFAULT]
auth_strategy = keystone
bind_host = $OPENSTACK_IP
bind_port = $PORT_TACKER
api_paste_config = $TACKER_VENV/etc/tacker/api-paste.ini
state_path = $OPENSTACK_DIR/tacker
# One process: its API and its conductor talk within it.
transport_url = fake:///
use_stderr = true
[database]
connection = sqlite:///$OPENSTACK_DIR/tacker/tacker.sqlite
[coordination]
backend_url = file://$OPENSTACK_DIR/tacker
[vnf_package]
vnf_package_csar_path = $OPENSTACK_DIR/tacker/csar
[glance_store]
default_backend = file
filesystem_store_datadir = $OPENSTACK_DIR/tacker/images
[v2_vnfm]
endpoint = http://$OPENSTACK_IP:$PORT_TACKER
[v2_nfvo]
test_callback_uri = false
test_grant_zone_list = nova
$quiet
$(token_check tacker)
END

cloud() {  # NAME USER PROJECT
  cat <<END
  $1:
    auth:
      auth_url: $KS/v3
      username: $2
      password: $P
      project_name: $3
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
    interface: public
    identity_api_version: 3
END
}
{
  echo "clouds:"
  cloud admin admin admin
  cloud demo demo demo
  cloud demo2 demo2 demo2
  cloud session-api session-api service
} > "$OPENSTACK_DIR/clouds.yaml"
