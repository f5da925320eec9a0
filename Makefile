# Everything that `make run` and `make test` need is installed into this folder: a virtual
# environment with Node in it, and the CDK CLI. Python 3.11 or later, make and git come first.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name))))
export PATH := $(CURDIR)/.venv/bin:$(PATH)

RECORDS ?= 1000
SEED ?= 1

.PHONY: run test truth-aws check faults example bench clean setup

run: setup  ## deploy the app to an AWS on this machine, and run it there
	fan-out local run

test: check  ## what CI runs: format, lint, types, tests, coverage
	coverage erase
	coverage run -m pytest --numprocesses 2 --dist loadfile
	coverage combine --quiet
	coverage report

truth-aws: setup  ## run the cases of tests/truth in a real account, with credentials of your own
	python tests/truth/aws.py

check: setup  ## format, lint and types alone
	ruff format --check .
	ruff check .
	mypy

faults: setup  ## every kind of fault on RECORDS records each; SEED decides which are bad
	python -m pytest tests/faults --records $(RECORDS) --seed $(SEED) -p no:randomly -q

example: setup  ## a real job with real data: the nearest airport of each
	python examples/airports/run.py

bench: setup  ## planning and local runs, measured against named alternatives
	python benchmarks/planning.py
	python benchmarks/local_run.py

setup: .venv/installed node_modules/installed

.venv/installed: requirements.txt requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

node_modules/installed: package.json package-lock.json .venv/installed
	npm ci --loglevel=error --no-audit --no-fund
	touch $@

clean:  ## remove all that was installed or made
	rm -rf .venv node_modules cdk.out build dist *.egg-info .coverage .coverage.* \
		.hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
