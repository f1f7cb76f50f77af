# Everything a person or a machine does with this checkout. `make demo` and `make test` need nothing but a Swift 6 toolchain.
.DEFAULT_GOAL := help
SWIFT ?= swift
# A target that imports what it does not declare fails the build: the arrows of docs/architecture.md, held by the compiler.
CHECKED := --explicit-target-dependency-import-check error

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup:  ## installs the C libraries this machine lacks, and nothing where all is there
	@scripts/setup

build: setup  ## a release binary: .build/release/lethe
	$(SWIFT) build -c release --product lethe $(CHECKED)

test: setup lint  ## builds and runs every test
	$(SWIFT) build --build-tests $(CHECKED)
	SWIFT_BACKTRACE=unwind=fast,interactive=no $(SWIFT) test --skip-build --no-parallel

demo: build  ## the whole story on a simulated account, in a minute
	@.build/release/lethe demo

tamper: setup  ## 200,000 attacks on audit logs, 500 edits of bundles and certificates, 200 of workspaces; nothing may pass
	LETHE_TAMPER_ROUNDS=200000 LETHE_BUNDLE_ROUNDS=500 LETHE_CERTIFICATE_EDITS=500 LETHE_WORKSPACE_EDITS=200 \
		$(SWIFT) test --filter 'TamperTests|BundleEditTests|EditedCertificateTests|FoundByTamperingTests'

simulate: setup  ## 100,000 whole lives of a workspace; nothing that must hold may break
	$(SWIFT) build -c release --product lethe-worlds
	.build/release/lethe-worlds 100000

kill: setup  ## 1,000 kill -9 at random moments, over ingest, sync, erase, resume and run
	LETHE_KILLS=125 $(SWIFT) test --filter 'aRequestIsAnsweredWhateverIsKilled|aKilledRunIsFinished'

fuzz: setup  ## 1,000,000 seeded files for the policy reader; none may crash or hang it
	LETHE_FUZZ=1000000 $(SWIFT) test --filter FuzzTests

mutate: setup  ## breaks each guard of Tests/Mutations/guards.txt; the tests must notice every one
	scripts/mutate

bench: build  ## figures for docs/benchmarks.md, as ratios against a reference in the same run
	$(SWIFT) build -c release --product lethe-bench
	scripts/bench

format:  ## formats the Swift sources in place
	$(SWIFT) format -i -r --parallel Sources Tests Package.swift

SCRIPTS := .ci/run $(filter-out scripts/mutate,$(wildcard scripts/*)) $(wildcard Sources/*/Assets/*.sh)

lint:  ## refuses what `make format` would change, shell that shellcheck would, and guards that are no more where they were
	$(SWIFT) format lint --strict -r --parallel Sources Tests Package.swift
	@if command -v shellcheck >/dev/null 2>&1; then shellcheck $(SCRIPTS); \
	else echo "lint: shellcheck is not installed, the shell scripts are not checked" >&2; fi
	scripts/mutate --check

docs:  ## API documentation of the rooms, from their doc comments
	scripts/docs

clean:  ## removes what was built
	rm -rf .build .build-*

.PHONY: help setup build test demo tamper simulate mutate kill fuzz bench format lint docs clean
