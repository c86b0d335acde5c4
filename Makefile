# Everything a newcomer needs: `make demo`, `make test`. See README.md.
SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
# Shims of version managers exist without working, so each candidate is asked.
PYTHON ?= $(shell for p in $(CANDIDATES); do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Where the environment keeps Python from saving what it compiles, each of the tests' hubs would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/compiled

.PHONY: help demo demo-cluster test check browser pictures prove prove-cluster secure audit sbom mutants bench bench-growth lock clean
help:
	@echo "make demo        three sandboxes and a hub, in a browser;  make demo ONCE=1 does one round and ends"
	@echo "make demo-cluster  the same with two processes for pages and three that sync, over PostgreSQL; takes ONCE=1 too"
	@echo "make test        static checks and all tests"
	@echo "make check       ruff, mypy, import-linter"
	@echo "make prove       the proofs of sync in full: planner oracle, 2,000 simulated seeds, every crash point, every cell of the fault matrix, every test on both databases, the largest published files (an hour or so)"
	@echo "make prove-cluster  processes over one PostgreSQL while one after another is killed, for five minutes; CLUSTER=--help says what can be asked"
	@echo "make secure      who may what, forged sign-ins, hostile requests, formulas in LibreOffice, a soak of ten minutes (SOAK=60 for one)"
	@echo "make audit       bandit on our code, pip-audit on what we depend on: needs the internet, and fails without; OFFLINE=1 for the code alone"
	@echo "make sbom        what the hub is made of: build/sbom.cdx.json"
	@echo "make browser     every page for every role, in every language, light and dark, by axe-core in Chromium; pictures in build/screens"
	@echo "make pictures    docs/dashboard.png and docs/conflict.png made anew"
	@echo "make mutants     each protection taken away and named mistakes made in a copy, and which test or proof notices each"
	@echo "make bench       what the hub's work costs beside its floor, dlt and the Singer SDK; SIZE=100000 RUNS=3"
	@echo "make bench-growth  the same by number of records and of connections, as pictures; SIZES='10000 100000' CONNECTIONS='10 100 1000'"
	@echo "make lock        make the lock files anew"

$(VENV)/base:
	@test -n "$(PYTHON)" || { echo "Commons Hub needs Python 3.11 or newer; none was found. Install it, for example: apt install python3 python3-venv"; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments. Install one package and try again:  apt install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/demo: $(VENV)/base requirements.lock pyproject.toml
	@echo "Installing what the hub needs, from requirements.lock"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/test: $(VENV)/base requirements-dev.lock pyproject.toml
	@echo "Installing what the hub and its tests need, from requirements-dev.lock"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/demo

demo: $(VENV)/demo
	@$(BIN)/hub demo $(if $(ONCE),--once)

demo-cluster: $(VENV)/test
	@$(BIN)/hub demo --cluster $(if $(ONCE),--once)

check: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(BIN)/python -m pytest -n auto --dist worksteal --conformance-part 17 --postgresql-part 3 --pages-part 3 --hypothesis-profile bounded

SEEDS ?= 2000
prove: $(VENV)/test
	$(BIN)/python -m tests.oracle --examples 5000
	$(BIN)/python -m tests.simulation --count $(SEEDS)
	$(BIN)/python -m tests.crash
	$(BIN)/python -m pytest -n auto --dist worksteal
	$(BIN)/python -m pytest -n auto --dist worksteal -m whole tests/crash tests/door tests/web/test_schemathesis.py

prove-cluster: $(VENV)/test
	$(BIN)/python -m pytest -m whole tests/cluster
	$(BIN)/python -m tests.cluster $(CLUSTER)

SOAK ?= 600
secure: $(VENV)/test
	$(BIN)/python -m pytest -n auto --dist worksteal tests/gate tests/web/test_access.py tests/web/test_canaries.py tests/web/test_safety.py tests/connectors/test_transport_addresses.py tests/connectors/test_transport_json.py tests/hostile
	HUB_SOAK_SECONDS=$(SOAK) $(BIN)/python -m pytest -s -m secure tests

audit: $(VENV)/test
	$(BIN)/bandit --quiet -ll -r -c pyproject.toml hub connectors mappings schemas
	$(if $(OFFLINE),@echo 'What we depend on was not asked about.',@$(BIN)/python -m tests.gate.advisories requirements.lock)

sbom: $(VENV)/test
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.cdx.json
	@echo "build/sbom.cdx.json names $$(grep -c '"bom-ref": "requirements-L' build/sbom.cdx.json) packages."

browser: $(VENV)/test
	HUB_SCREENSHOTS=$(abspath build)/screens $(BIN)/python -m pytest -n auto --dist worksteal tests/browser

pictures: $(VENV)/test
	$(BIN)/python -m tests.browser.pictures docs

mutants: $(VENV)/test
	$(BIN)/python -m tests.mutants.protections
	$(BIN)/python -m tests.mutants

PEERS := build/peers/.venv
$(PEERS)/ready: tests/benchmarks/peers/requirements.txt | $(VENV)/base
	@$(PYTHON) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r $<
	@touch $@

SIZE ?= 10000
RUNS ?= 3
bench: $(VENV)/test $(PEERS)/ready
	$(BIN)/python -m tests.benchmarks --size $(SIZE) --runs $(RUNS)

bench-growth: $(VENV)/test
	$(BIN)/python -m tests.benchmarks.growth --sizes "$(or $(SIZES),10000 100000)" --connections "$(or $(CONNECTIONS),10 100 1000)"

LOCK = $(BIN)/pip-compile --quiet --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock: $(VENV)/base
	@$(PIP) install pip-tools
	@$(LOCK) --extra build -o requirements.lock pyproject.toml
	@$(LOCK) --all-extras -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist *.egg-info
