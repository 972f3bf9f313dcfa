# The commands of this repository. `make` alone lists them.
#
# Built files go to the user's cache, so that a second clone builds only what differs. Set CARGO_TARGET_DIR to keep
# clones apart that build different versions at the same moment.

CARGO_TARGET_DIR ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/baton/target
export CARGO_TARGET_DIR
# Tests at once: most of them wait for a server or a clock, so one more than there are cores keeps the machine at work.
TEST_THREADS ?= $(shell expr $$(nproc) + 1)
# Where rustup puts cargo, for shells that don't read its profile.
export PATH := $(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test faults simulate mutants bench check fmt topics clean-run

help: ## list these commands
	@echo "Baton: the handoff of leads from marketing to sales."
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)$$/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'
	@echo
	@echo "Built files: $(CARGO_TARGET_DIR)"

demo: ## build and run a simulated company with a live board; Ctrl-C ends it (DEMO_ARGS=...)
	@scripts/install-packages.sh --demo
	@echo "building... (about 5 minutes the first time, $(CARGO_TARGET_DIR))"
	@cargo build --release --locked --bin baton
	@exec "$(CARGO_TARGET_DIR)/release/baton" demo $(DEMO_ARGS)

test: ## bring up Postgres and a real Kafka, run every test, take both down (TEST_ARGS=...)
	@scripts/install-packages.sh --test --browser
	@cargo test --locked --no-run
	@RUST_TEST_THREADS=$(TEST_THREADS) scripts/with-servers.sh --fast cargo test --locked --no-fail-fast $(TEST_ARGS)

faults: ## 200,000 records while instances, Postgres and Kafka are killed and cut (BATON_FAULTS_SEED=... repeats a run)
	@scripts/install-packages.sh --test
	@cargo test --locked --no-run --test live
	@BATON_FAULTS_RECORDS=$${BATON_FAULTS_RECORDS:-200000} BATON_FAULTS_KILLS=$${BATON_FAULTS_KILLS:-20} \
		scripts/with-servers.sh --fast cargo test --locked --test live faults:: -- --nocapture --test-threads 1

simulate: ## live through simulated histories: SEED=n for one, HISTORIES=m for so many from there on
	@SIMULATE_SEED=$(or $(SEED),0) SIMULATE_HISTORIES=$(or $(HISTORIES),1) \
		cargo test --locked --test pure -- --exact --nocapture \
		simulation::any_history_ends_with_nothing_lost_doubled_or_reordered

mutants: ## turn random places of the decisions, one at a time, and see that a test falls (SEED=n COUNT=m)
	@scripts/mutants.sh --seed $(or $(SEED),1) --count $(or $(COUNT),20)

bench: ## measure the whole path on real Kafka and Postgres with fsync on (BENCH_ARGS=...)
	@scripts/install-packages.sh --test
	@cargo build --release --locked --bin baton
	@cargo bench --locked --no-run
	@scripts/with-servers.sh cargo bench --locked $(BENCH_ARGS)

check: ## format, lints and documentation, all as errors
	@cargo fmt --all --check
	@cargo clippy --locked --all-targets -- -D warnings
	@RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
	@scripts/check-deploy.sh

fmt: ## format the code
	@cargo fmt --all

topics: ## create Baton's topics on the Kafka of KAFKA_BROKERS
	@cargo build --locked --bin baton
	@exec "$(CARGO_TARGET_DIR)/debug/baton" topics create

clean-run: ## stop servers that killed runs left behind, remove .run/
	@scripts/clean-run.sh
