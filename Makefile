# `make` alone lists the targets. Each one installs nothing outside the tree
# except the Debian packages that the tests run against (see scripts/).

.DEFAULT_GOAL := help
.PHONY: help demo chaos cluster-demo build test test-rust test-e2e lint fmt fuzz bench bench-expressions docs clean

OSTRO := target/release/ostro
export PYTHONDONTWRITEBYTECODE := 1

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Upgrade four throw-away servers over SSH, one of which fails, and mend it
	@cargo build --release --locked --quiet --bin ostro --example demo
	@target/release/examples/demo --ostro $(OSTRO)

build: ## Build the program: target/release/ostro
	cargo build --release --locked --bin ostro

test: lint test-rust test-e2e ## Everything that CI runs

lint: ## Formatting and lints; warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings

test-rust: ## Unit, property, simulation and documentation tests
	scripts/cargo-test

test-e2e: ## End to end: the real client, sshd, SMTP and HTTP against the program
	cargo build --locked --quiet --bin ostro
	OSTRO=target/debug/ostro scripts/e2e

# The original as a service on loopback; it is not part of this tree.
ORACLE := ../shared/oracle/oracle
ORACLE_PORT := 8993

.PHONY: oracle
oracle: build ## Record what the original does (tests/differential) and compare; needs it at ../shared
	@test -x $(ORACLE) || { echo "there is no $(ORACLE)"; exit 1; }
	scripts/python-venv tests/e2e/requirements.txt
	$(ORACLE) up --port $(ORACLE_PORT) --fresh --set engine.execution_integrity_check_delay=-1
	@trap '$(ORACLE) down --port $(ORACLE_PORT)' EXIT; \
	.cache/venv/bin/python tests/differential/record.py http://127.0.0.1:$(ORACLE_PORT)/v2 $(ALL)
	OSTRO=$(OSTRO) scripts/e2e -k differential

.PHONY: schemathesis
schemathesis: build ## Requests against the OpenAPI document (EXAMPLES=100 of each kind), and hostile ones
	EXAMPLES=$${EXAMPLES:-100} HOSTILE=$${HOSTILE:-100000} OSTRO=$(OSTRO) scripts/e2e -k 'schemathesis or hostile'

fuzz: ## Random expressions and definitions, 10 million of each kind (CASES=…)
	CASES=$${CASES:-10000000} cargo test --release --locked -p language --test fuzz -- --nocapture --test-threads=3

# SEEDS=n runs that many (from FIRST), SEED=n repeats one and tells each event.
.PHONY: sim bench-cost bench-large
sim: ## Simulated executions with faults: SEEDS=100000, or SEED=7 to replay one
	SEEDS=$${SEEDS:-100000} cargo test --profile sim --locked -p testkit --test simulation -- --nocapture

bench-cost: ## What a completion costs among 100 to 100,000 tasks or items
	FULL=1 cargo test --release --locked -p store --test cost -- --nocapture --test-threads=1

bench-large: build ## Executions of 10,000 to 100,000 tasks or items: time and memory
	python3 benches/large.py $(OSTRO)

fmt: ## Format the code
	cargo fmt --all

cluster-demo: build ## Three nodes on one PostgreSQL; one is killed in the middle of an upgrade of servers
	@scripts/debian-packages postgresql
	@scripts/cluster-demo $(OSTRO)

chaos: build ## Four nodes on one PostgreSQL, and FAULTS=50 of kill, sleep, cut network, database crash
	@scripts/debian-packages postgresql
	python3 tests/chaos/campaign.py $(OSTRO)

bench: build ## Compare with the peers, the original and the machine's limits; writes docs/benchmarks.md
	python3 benches/peers/compare.py --write

.PHONY: bench-service
bench-service: build ## Measure latency, memory and start time; prints a table
	python3 benches/service.py

bench-expressions: ## Compare expressions with yaql and Jinja2 from the package index; prints tables
	cargo build --release --locked --quiet -p language --example expressions
	scripts/python-venv benches/expressions/requirements.txt .cache/venv-expressions
	.cache/venv-expressions/bin/python benches/expressions/compare.py target/release/examples/expressions

docs: ## Write docs/functions.md and docs/openapi.json anew
	UPDATE_DOCS=1 cargo test --locked --quiet -p language --test functions
	UPDATE_DOCS=1 cargo test --locked --quiet -p server openapi

.PHONY: bench-events
bench-events: build ## Measure the event stream with 1,000 readers
	python3 benches/events.py

.PHONY: bench-nodes
bench-nodes: build ## Measure 1, 2, 4 and 8 nodes on one PostgreSQL
	@scripts/debian-packages postgresql
	python3 benches/nodes.py $(OSTRO)

.PHONY: bench-timers
bench-timers: build ## Measure 100,000 sleeping timers and 10,000 cron triggers (5 min)
	python3 benches/timers.py

.PHONY: bench-lists bench-lists-postgres
bench-lists: build ## Measure lists out of 1,000,000 executions, 2 GiB in target/ meanwhile (ROWS=…)
	cargo build --release --locked --quiet -p store --example lists
	python3 benches/lists/lists.py --rows $${ROWS:-1000000}

bench-lists-postgres: build ## The same on PostgreSQL, with a copy of the rows (5 GiB in target/ meanwhile)
	@scripts/debian-packages postgresql
	cargo build --release --locked --quiet -p store --example lists
	python3 benches/lists/lists.py --postgres --rows $${ROWS:-1000000}

clean: ## Remove what was built and installed below this folder
	rm -rf target .cache
