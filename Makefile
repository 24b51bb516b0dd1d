# Every target sets up what it needs. A machine with Python 3.10 to 3.14, make and git is enough.
#
#   make demo                     a stand-in Jira, through the tap, into a real PostgreSQL
#   make demo JIRA_URL=https://…  the same with a Jira of yours; credentials from the environment or .env
#   make test                     lint, types and the tap's tests
#   make quick                    a minute's worth of them
#   make dbt                      the dbt package: every model built and tested, both products
#   make test-orchestrators       meltano.yml, and examples/: cron, systemd, Airflow, Dagster

PYTHON ?= python3
WORKERS ?= 3

VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(VENV)/tools
# Targets beside the one that the demo and the tests load into.
TARGETS := duckdb pipelinewise jsonl
# Other extractors for Jira, for `make bench BENCH_FLAGS=--peers`.
PEERS := $(addprefix peer-,singer airbyte)
QUICK := tests/test_house.py tests/test_check.py tests/e2e/test_messages.py tests/e2e/test_audit.py \
	tests/exactness/test_checks.py tests/exactness/test_workers.py
SOURCES := $(wildcard tap_jira sandbox demo bench tests)

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

.DEFAULT_GOAL := help
.PHONY: help demo test quick dbt targets lint types pytest mutants bench catalog soak audit lock clean \
	browser dist test-release test-orchestrators docs

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.demo $(TOOLS)/dbt/.done
	@$(BIN)/python -m demo $(if $(JIRA_URL),--url "$(JIRA_URL)") $(DEMO_FLAGS)

# Types and tests side by side: a type checker keeps one core busy.
test: lint
	@$(MAKE) --no-print-directory -j 2 types pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy $(addprefix -p ,$(SOURCES))

# A minute: what shows most mistakes soonest.
quick: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/mypy $(addprefix -p ,$(SOURCES))
	$(BIN)/pytest -n $(WORKERS) $(QUICK)

pytest: $(VENV)/.dev
	$(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder \
		--ignore tests/dbt --ignore tests/orchestrators $(PYTEST_FLAGS)

# The models of dbt/ on what the tap and the target load from the sandbox; DBT_FLAGS="-k current"
# tries some of it. With DBT_SQL=FILE DBT_DATABASE=postgresql://… it writes them as plain SQL for that
# database instead (DBT_FLAGS="--schema jira_ready --kind table").
dbt: $(VENV)/.dev $(TOOLS)/dbt/.done $(if $(DBT_SQL),,$(TOOLS)/duckdb/.done $(TOOLS)/browser/.done browser)
	$(BIN)/$(if $(DBT_SQL),python -m demo.plain_sql "$(DBT_SQL)" --database "$(DBT_DATABASE)",pytest tests/dbt) $(DBT_FLAGS)

# Everything of the full catalog into further targets, which need environments of their own.
targets: $(VENV)/.dev $(foreach target,$(TARGETS),$(TOOLS)/$(target)/.done)
	$(BIN)/pytest tests/targets.py

# Do the tests notice? Single changes of the core (tests/mutants/catalogue.py), each in a copy of the
# tree, against the tests that must fail by it; at least nine in ten must. Half an hour or so;
# MUTANTS_FLAGS="--only worklogs" tries those of one file, or of one effect.
mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants --jobs $(WORKERS) $(MUTANTS_FLAGS)

# A few minutes; BENCH_FLAGS=--large measures the memory of 100,000 issues too, --quick next to nothing,
# and --peers other extractors for Jira and nothing else.
bench: $(VENV)/.dev $(TOOLS)/tap/.done \
	$(if $(findstring --peers,$(BENCH_FLAGS)),$(PEERS:%=$(TOOLS)/%/.done),$(TOOLS)/dbt/.done)
	$(BIN)/python -m bench --python $(TOOLS)/tap/bin/python $(BENCH_FLAGS)

# README, docs/, meltano.yml and catalog/: the parts that follow from the tap itself.
catalog: $(VENV)/.dev
	$(BIN)/python -m tests.generated

# What a release is made of, in dist/: wheel and sdist, the same bytes from the same commit. And
# build/tap-jira.cdx.json: what is installed with them from the lock, as an SBOM.
dist: $(TOOLS)/build/.done $(TOOLS)/release/.done
	rm -rf dist build/installed
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} \
		$(TOOLS)/build/bin/python -m hatchling build
	$(TOOLS)/release/bin/twine check --strict dist/*
	$(TOOLS)/release/bin/check-wheel-contents dist/*.whl
	$(BIN)/python -m venv --without-pip build/installed
	$(INSTALLED) --require-hashes -r constraints/tap.txt
	$(INSTALLED) --no-index --find-links dist --pre tap-jira
	$(TOOLS)/release/bin/cyclonedx-py environment --output-reproducible -o build/tap-jira.cdx.json \
		build/installed/bin/python
INSTALLED = $(BIN)/python -m pip --python build/installed/bin/python install -qq

# Builds it twice, installs it on every Python at hand, and looks at the workflows that publish it;
# and whether the site is as strict as it should be.
test-release: $(VENV)/.dev $(foreach tool,build release docs,$(TOOLS)/$(tool)/.done)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile tests/releases.py tests/site.py

# The documentation, as a site in build/site. A link that leads nowhere is an error.
docs: $(TOOLS)/docs/.done
	$(TOOLS)/docs/bin/python -m tests.docs_site build/docs
	$(TOOLS)/docs/bin/zensical build --clean --strict

# meltano.yml and each example by the orchestrator that it is made for, through failures and kills;
# ORCHESTRATORS_FLAGS="-k airflow" tries some of it.
test-orchestrators: $(VENV)/.dev $(foreach tool,airflow dagster meltano,$(TOOLS)/$(tool)/.done)
	$(BIN)/pytest tests/orchestrators $(ORCHESTRATORS_FLAGS)

soak: $(VENV)/.dev
	$(BIN)/python -m tests.faults.soak --runs $${SOAK_RUNS:-100} $(SOAK_FLAGS)
	$(BIN)/python -m tests.faults.soak --days $${SOAK_DAYS:-365} --issues 60 $(SOAK_FLAGS)

# Needs a network: asks a vulnerability database about every locked package.
audit: $(TOOLS)/audit/.done
	$(TOOLS)/audit/bin/pip-audit --disable-pip --require-hashes -r constraints/dev.txt
	$(TOOLS)/audit/bin/pip-audit --disable-pip --require-hashes -r constraints/meltano.txt

# The locks: what pyproject.toml asks for, resolved for every supported Python and platform.
# LOCK_FLAGS=--upgrade takes the newest releases.
LOCK = $(TOOLS)/lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.10 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras $(LOCK_FLAGS)
lock: $(TOOLS)/lock/.done
	$(LOCK) --group dev -o constraints/dev.txt
	$(LOCK) --group demo -c constraints/dev.txt -o constraints/demo.txt
	$(LOCK) -c constraints/dev.txt -o constraints/tap.txt
	$(subst compile pyproject.toml,compile,$(LOCK)) --group sandbox -c constraints/dev.txt \
		-o constraints/sandbox.txt
	$(foreach tool,build meltano dbt browser audit release docs dagster lock $(TARGETS) $(PEERS),$(subst compile pyproject.toml,compile,$(LOCK)) \
		--group $(tool) -o constraints/$(tool).txt;)
# pip does not find fastapi's hashes if its line has the extras that Airflow asks for.
	$(subst --no-strip-extras,--strip-extras,$(subst compile pyproject.toml,compile,$(LOCK))) \
		--group airflow -o constraints/airflow.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .meltano
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The Chromium that the page is looked at with: from the distribution, where that may be done here.
browser:
	@command -v chromium google-chrome >/dev/null || { [ "$$(id -u)" = 0 ] && \
		command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
		echo "There is no Chromium: the tests that look at the page are skipped."

# One environment for the project, filled by the lock that a target needs.
$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 15))' || \
		{ echo "Python 3.10 to 3.14 is needed: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo $(VENV)/.dev: $(VENV)/.%: constraints/%.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "Installing what constraints/$*.txt lists into $(VENV) …"
	@$(BIN)/python -m pip install -qq --require-hashes -r constraints/$*.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

# Tools whose needs clash with the project's keep to environments of their own.
$(TOOLS)/%/.done: constraints/%.txt | $(VENV)/pyvenv.cfg
	@echo "Installing what constraints/$*.txt lists into $(TOOLS)/$* …"
	@$(BIN)/python -m venv $(TOOLS)/$*
	@$(TOOLS)/$*/bin/python -m pip install -qq --require-hashes -r $<
	@touch $@
