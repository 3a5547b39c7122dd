# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The newest supported Python that runs and can make virtual environments: from PATH, or one that pyenv holds.
PYTHON ?= $(shell for python in python3.13 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13.*[0-9]/bin/python \
	python3.12 python3.11 python3.10 python3 python; do \
	"$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null && echo "$$python" && break; done)
VENV := .venv
RUNNER := $(VENV)/bin/python -m tests.runner
INSTALLED := .build/installed

.DEFAULT_GOAL := help
.PHONY: help demo quick target test test-sanity lint test-unit test-integration test-simulator test-attack test-switches test-traffic test-versions docs benchmark build lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp ## Play the life of a shared desktop flow against a local Dataverse
	@$(RUNNER) install > /dev/null
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/$(INSTALLED)" \
		PYTHONPATH="$(CURDIR)/$(INSTALLED)" $(VENV)/bin/python examples/demo/demo.py

quick: $(VENV)/test.stamp ## Run pytest in the working tree: ARGS="-k share", TESTS=simulator/tests or a file
	@$(VENV)/bin/python -m tests.runner.quick $(or $(TESTS),tests/unit) $(ARGS)

target: $(VENV)/test.stamp ## Run integration targets: NAME=team, through both doors or DOOR=worker|module
	@$(VENV)/bin/python -m tests.runner.target $(NAME) $(if $(DOOR),--door $(DOOR))

test: $(VENV)/test.stamp ## Run all checks and tests and end with one line of counts
	@$(RUNNER)

test-sanity: $(VENV)/test.stamp ## Run ansible-test's sanity tests
	@$(RUNNER) sanity

lint: $(VENV)/test.stamp ## Check sources, types, documentation, changelog, licences and the artifact; CHECKS="mypy reuse"
	@$(if $(CHECKS),$(VENV)/bin/python -m tests.runner.lint $(CHECKS),$(RUNNER) lint)

test-unit: $(VENV)/test.stamp ## Run the collection's unit tests
	@$(RUNNER) unit

test-integration: $(VENV)/test.stamp ## Run the installed artifact against the simulator, through both doors
	@$(RUNNER) integration-module integration-worker

test-simulator: $(VENV)/test.stamp ## Run the simulator's own tests
	@$(RUNNER) simulator

test-attack: $(VENV)/test.stamp ## Attack: PARTS="faults kills", SEED=2, SHARE=full|gate|100, ONLY="kills upgrade *"
	@$(VENV)/bin/python -m tests.runner.attack $(PARTS) $(if $(SEED),--seed $(SEED)) $(if $(SHARE),--share $(SHARE)) \
		$(if $(ONLY),--only "$(ONLY)")

test-traffic: $(VENV)/test.stamp ## Hold the names in what the demo and earlier stages sent against real metadata
	@$(RUNNER) demo traffic

test-switches: $(VENV)/test.stamp ## Test each unknown of real tenants in each position: SWITCHES="visible_shares", ALSO=kills
	@$(VENV)/bin/python -m tests.runner.switches $(SWITCHES) $(if $(ALSO),--also $(ALSO))

test-versions: $(VENV)/test.stamp ## Run unit tests and smoke targets with the oldest and the newest supported versions
	@$(RUNNER) versions

docs: $(VENV)/test.stamp ## Build the documentation site in .build/docs
	@$(RUNNER) docs

benchmark: $(VENV)/test.stamp ## Measure tasks through each door, deployments, the requests of sharing, a plan, and peak memory
	@$(RUNNER) checkout > /dev/null
	@failed=0; for script in doors deployments sharing plan memory; do \
		PATH="$(CURDIR)/$(VENV)/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.build/checkout" \
			PYTHONPATH="$(CURDIR)/.build/checkout" $(VENV)/bin/python tests/benchmark/$$script.py || failed=1; done; exit $$failed

build: $(VENV)/run.stamp ## Build the collection's artifact in .build/artifact
	@$(RUNNER) build

lock: ## Renew the pinned versions in requirements/*.txt (needs uv)
	uv pip compile --universal --python-version 3.10 --no-annotate --no-header --upgrade \
		requirements/run.in simulator/pyproject.toml --output-file requirements/run.txt
	uv pip compile --universal --python-version 3.10 --no-annotate --no-header --upgrade \
		requirements/test.in simulator/pyproject.toml --constraint requirements/run.txt --output-file requirements/test.txt

clean: ## Remove all that the other targets made
	rm -rf .build .venv .venv-* .ansible .mypy_cache .pytest_cache .ruff_cache collections tests/output

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Needs Python 3.10 or newer with its venv module."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/%.stamp: requirements/%.txt simulator/pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable simulator
	@touch $@
