# Needs a Swift toolchain (6.2 or later) and, where something is missing, apt-get: as root or through sudo.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build

CONFIG ?= gateway.json
PYTHON ?= python3
PEERS := .build/peers
# With Swift's libraries inside, a program starts and calls quicker, and runs where no toolchain is installed.
RELEASE := -c release --static-swift-stdlib
SOURCES := Package.swift $(wildcard Sources Tests Benchmarks)

.PHONY: run build test bench bench-agent bench-tools deps peers python format lint clean

## Serves gateway.json, or CONFIG=file.
run: build
	@echo "the agent, in another terminal: $$(swift build $(RELEASE) --show-bin-path)/agent-bridge ask --help (docs/agent.md)"
	exec "$$(swift build $(RELEASE) --show-bin-path)/mcp-gateway" serve --config $(CONFIG)

build: deps
	swift build $(RELEASE) --product mcp-gateway
	swift build $(RELEASE) --product reference-server
	swift build $(RELEASE) --product agent-bridge
	swift build $(RELEASE) --product scripted-llm

## Every test, against the third-party clients and servers too. Those that start processes run one after another: side by
## side they would measure each other's patience.
PROCESS_TESTS := IntegrationTests|MCPClientTests

test: deps peers
	swift build --build-tests
	@started=$$SECONDS; log=.build/test.log; status=0; : > $$log; \
	swift test --skip-build --skip '$(PROCESS_TESTS)' 2>&1 | tee -a $$log || status=$$?; \
	swift test --skip-build --no-parallel --filter '$(PROCESS_TESTS)' 2>&1 | tee -a $$log || status=$$?; \
	echo; echo "== Summary (everything: $$log)"; \
	grep -aE '^✘ Test .* (recorded an issue|failed after)' $$log | grep -av 'Test run with' | cut -c1-300 || true; \
	if (( $$(grep -acE ' Test run with [1-9][0-9]* tests? ' $$log) != 2 )); then \
	  echo "the tests did not come to their end"; (( status != 0 )) || status=1; fi; \
	grep -aE ' Test run with [0-9]+ tests? .*(passed|failed)' $$log || true; \
	echo "exit code $$status, $$((SECONDS - started)) s after the build"; \
	exit $$status

## What the gateway costs, as one table; see docs/performance.md.
bench: build bench-tools
	$(PYTHON) Benchmarks/run --binaries "$$(swift build $(RELEASE) --show-bin-path)"

## What the agent costs and how it holds up under many users, behind the real gateway; see docs/performance.md.
bench-agent: build
	swift build $(RELEASE) --product agent-bridge
	swift build $(RELEASE) --product scripted-llm
	swift build $(RELEASE) --product agent-load
	@command -v $(PYTHON) >/dev/null || $(MAKE) --no-print-directory python-packages
	$(PYTHON) Benchmarks/agent/run --binaries "$$(swift build $(RELEASE) --show-bin-path)"

# Installs what of $(1) is not installed. The package lists are fetched only when it does not work without: they may be
# missing, as on a new machine, or too old.
define install
	@missing=(); \
	for package in $(1); do \
	  dpkg -s "$$package" 2>/dev/null | grep -q '^Status: .* installed$$' || missing+=("$$package"); \
	done; \
	if (( $${#missing[@]} == 0 )); then exit 0; fi; \
	echo "installing $${missing[*]}"; \
	apt=(env DEBIAN_FRONTEND=noninteractive apt-get); \
	if (( $$(id -u) != 0 )); then \
	  command -v sudo >/dev/null || { echo "neither root nor sudo: install $${missing[*]} first" >&2; exit 1; }; \
	  apt=(sudo "$${apt[@]}"); \
	fi; \
	"$${apt[@]}" install -y -q --no-install-recommends "$${missing[@]}" \
	  || { "$${apt[@]}" update -q && "$${apt[@]}" install -y -q --no-install-recommends "$${missing[@]}"; }
endef

## The libraries that the gateway is linked with.
deps:
	@command -v swift >/dev/null || { echo "swift is missing: install a Swift toolchain" >&2; exit 1; }
	$(call install,libcurl4-openssl-dev libssl-dev pkg-config)

# The load, and the proxy to compare with.
bench-tools:
	@command -v $(PYTHON) >/dev/null || $(MAKE) --no-print-directory python-packages
	$(call install,wrk nginx-light)

## The Python environments of the third-party clients and servers.
peers: $(PEERS)/sdk1/stamp $(PEERS)/sdk2/stamp $(PEERS)/tasks/stamp $(PEERS)/agent/stamp $(PEERS)/dial/stamp

# An interpreter without venv, as Debian ships it, is not enough. git is what mcp-server-git works on, tmux is the
# terminal that the agent's commands are tried in.
python:
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || $(MAKE) --no-print-directory python-packages
	@command -v git >/dev/null || $(MAKE) --no-print-directory git-package
	@command -v tmux >/dev/null || $(MAKE) --no-print-directory tmux-package

.PHONY: python-packages git-package tmux-package
python-packages:
	$(call install,python3 python3-venv)
git-package:
	$(call install,git)
tmux-package:
	$(call install,tmux)

# Made anew when its requirements change. The stamp is written last: without it the environment is half made.
$(PEERS)/%/stamp: Tests/Peers/requirements-%.txt | python
	rm -rf $(PEERS)/$*
	mkdir -p $(PEERS)
	$(PYTHON) -m venv $(PEERS)/$*
	$(PEERS)/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-input --requirement $<
	cp $< $@

format:
	swift format --in-place --parallel --configuration .swift-format --recursive $(SOURCES)

lint:
	swift format lint --strict --parallel --configuration .swift-format --recursive $(SOURCES)

clean:
	rm -rf .build
