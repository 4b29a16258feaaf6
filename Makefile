# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHON ?= python3
HOSTS ?= 4
# More than there are cores: much of the time the tests wait for processes and simulated durations.
WORKERS ?= 3
VENV := .venv
BIN := $(abspath $(VENV))/bin
COLLECTIONS := $(abspath .cache/collections)
COLLECTION := $(COLLECTIONS)/ansible_collections/nfv/maintenance
STAMP := $(VENV)/.complete

export ANSIBLE_COLLECTIONS_PATH := $(COLLECTIONS)
export PYTHONPATH := $(COLLECTIONS)
export PATH := $(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help env lock demo rehearse test openstack-up openstack-down test-openstack test-tacker test-mistral test-chaos test-chaos-ci fuzz lint docs bench release clean

help:  ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*##/\1	/p' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, $(PYTHON) is " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12")'
	@echo "Setting up $(VENV) (once, one to four minutes)"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

$(COLLECTION):
	@mkdir -p $(dir $@) && ln -sfn $(CURDIR) $@

env: $(STAMP) $(COLLECTION)  ## set up the environment inside the checkout

lock:  ## write requirements/dev.lock anew
	$(BIN)/pip install --quiet uv && $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --upgrade requirements/dev.in -o requirements/dev.lock

demo: env  ## maintain a small cloud in the embedded lab (HOSTS=4)
	@$(BIN)/python -m lab.demo --hosts $(HOSTS)

rehearse: env  ## plan and run a maintenance in the lab on a cloud like yours (TOPOLOGY=, VARIABLES=, FAULTS=, SPEED=)
	@test -n "$(TOPOLOGY)" || { echo "TOPOLOGY= is missing: the file that the playbook nfv.maintenance.snapshot_cloud writes" >&2; exit 2; }
	@$(BIN)/python -m lab.rehearse --topology $(TOPOLOGY) \
	  $(if $(VARIABLES),--variables $(VARIABLES)) $(if $(FAULTS),--faults $(FAULTS)) $(if $(SPEED),--speed $(SPEED))

test: env  ## run all tests (TESTS= for some)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

openstack-up: env  ## install and start the real OpenStack services on loopback (root, Debian 12)
	@PYTHON=$(BIN)/python ./tests/openstack/services/install.sh && ./tests/openstack/services/up.sh

openstack-down:  ## end the real OpenStack services
	@./tests/openstack/services/down.sh

test-openstack: env  ## run the tests that need the real OpenStack services (root, Debian 12)
	@PYTHON=$(BIN)/python ./tests/openstack/run.sh

test-tacker: env  ## run the tests on the real Tacker, with a make-believe cloud below it
	@PYTHON=$(BIN)/python ./tests/tacker/install.sh
	@$(BIN)/python -m pytest tests/tacker -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 10

test-mistral: env  ## run the module for monitoring by Mistral on the real Mistral
	@PYTHON=$(BIN)/python ./tests/mistral/install.sh
	@$(BIN)/python -m pytest tests/mistral -n0 --durations 5

test-chaos: env fuzz  ## kill, lose, shuffle and fuzz for long (SEED=)
	@$(BIN)/python -m pytest tests/chaos -n0 -s

test-chaos-ci: env  ## the short part of it: the administrator's side, always the same seeds
	@$(BIN)/python -m pytest tests/chaos/ci -n0 -s --durations 10

fuzz: env  ## give the parser of webhooks a million inputs (INPUTS=, SEED=)
	@$(BIN)/python -m tests.fuzz

lint: env  ## ruff, mypy, ansible-lint, ansible-test sanity, changelog and documentation checks
	@./tests/lint.sh

docs: env  ## build the site of guides, reference and benchmarks in build/docs/html
	@./docs/build.sh

bench: env  ## measure; writes bench/results.json
	@$(BIN)/python -m bench

release: env  ## build the artifact, its bill of materials and their checksums in build/release, and try it with Galaxy's importer
	@$(BIN)/python -m release
	@PYTHON=$(BIN)/python ./release/import.sh

clean:  ## remove everything that was made here
	rm -rf $(VENV) .cache .demo build .mypy_cache .pytest_cache .ruff_cache .hypothesis .ansible tests/output
