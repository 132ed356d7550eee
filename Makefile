# agentaudit: build, run and check. `make help` lists the targets.
#
# Everything is built from this tree and the Go module proxy; nothing is installed outside it. Binaries go to bin/,
# pinned tools to .tools/ (each one a module of its own under tools/, checksums and all), both ignored by git.
# Every file is made once and remade only when something that it depends on has changed.

SHELL         := /bin/bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS     += --no-print-directory

GO        ?= go
PKGS      ?= ./...
TESTFLAGS ?=
TIMEOUT   ?= 20m
BENCH     ?= .
BENCHTIME ?= 1s
FUZZTIME  ?= 10s
SOAKFLAGS ?= -duration 2m
LAKEFLAGS ?=

TOOLS       := .tools
COLLECTOR   := bin/otelcol-agentaudit
CLI         := bin/agentaudit
CLIENTS     := testdata/clients
MINIO_VERSION := v0.0.0-20260212201848-7aac2a2c5b7c
STATIC      := CGO_ENABLED=0
BUILDFLAGS  := -trimpath -ldflags='-s -w'
PINNED      := $(notdir $(patsubst %/,%,$(dir $(wildcard tools/*/go.mod))))
GO_SOURCES  := $(shell find cmd exporter extension internal processor -name '*.go' -not -name '*_test.go' 2>/dev/null)
EMBEDDED    := $(shell find cmd exporter extension internal processor -type f \( -name '*.json' -o -name '*.yaml' -o -name '*.sql' -o -name '*.html' -o -name '*.css' -o -name '*.js' -o -name '*.svg' \) -not -path '*/testdata/*' 2>/dev/null)
BENCH_DIRS  := $(wildcard internal processor exporter extension)

##@ Use

.PHONY: demo
demo: build ## Record an agent run in a local bucket and show what an auditor gets
	@scripts/demo.sh

.PHONY: run
run: build ## Run the collector in the foreground with config.yaml (Ctrl-C stops it)
	$(COLLECTOR) --config config.yaml

.PHONY: build
build: $(COLLECTOR) $(CLI) ## Build bin/otelcol-agentaudit (the collector) and bin/agentaudit (the auditors' command)

##@ Check

.PHONY: test
test: build $(TOOLS)/versitygw $(TOOLS)/.cxx ## Run every test, end-to-end tests against a real S3 server included
	$(GO) test -race -timeout $(TIMEOUT) $(TESTFLAGS) $(PKGS)
	$(MAKE) simulate

.PHONY: simulate
simulate: ## Live 100,000 simulated lives of an exporter, its disk and its bucket (docs/durability.md)
	$(GO) test -count=1 -timeout $(TIMEOUT) -run 'TestSimulation$$' ./exporter/agentaudits3exporter

.PHONY: test-s3
test-s3: build $(TOOLS)/versitygw $(TOOLS)/minio ## Run the object stores' and the policies' tests against versitygw and MinIO (builds MinIO once: minutes)
	AGENTAUDIT_MINIO="$(CURDIR)/$(TOOLS)/minio" $(GO) test -count=1 -timeout $(TIMEOUT) $(TESTFLAGS) ./internal/objstore/... ./docs/deploy/...

.PHONY: soak
soak: build $(TOOLS)/versitygw ## Kill the collector and fail its bucket for minutes, then look for losses (SOAKFLAGS='-duration 2m -seed 1 -bucket s3')
	$(GO) run ./test/soak $(SOAKFLAGS)

.PHONY: test-clients
test-clients: build $(CLIENTS)/node_modules ## Run real agent frameworks against the built collector (needs Node)
	$(GO) test -tags clients -count=1 -timeout $(TIMEOUT) ./test/clients/

.PHONY: test-web
test-web: build $(TOOLS)/.chromium ## Look at every page of `agentaudit serve` in a real browser (installs Debian's Chromium)
	$(GO) test -tags browser -count=1 -timeout 5m $(TESTFLAGS) ./test/web/

.PHONY: load-serve
load-serve: build ## Send 2,000 live events a second into `agentaudit serve` for a minute, with five open feeds
	$(GO) run ./test/web/load

.PHONY: lint
lint: $(TOOLS)/golangci-lint $(TOOLS)/mdatagen ## Check style, import arrows, generated files and go.mod
	$(TOOLS)/golangci-lint run $(PKGS)
	$(GO) vet $(PKGS)
	$(GO) mod tidy -diff
	scripts/check-generated.sh

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (default 10s) each
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh $(addprefix ./,$(addsuffix /...,$(BENCH_DIRS)))

.PHONY: bench
bench: ## Benchmark the hot paths (BENCH=regexp, BENCHTIME=1s)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) $(addprefix ./,$(addsuffix /...,$(BENCH_DIRS)))

.PHONY: bench-pipeline
bench-pipeline: build ## Load the built collector: nop, stock components and ours side by side
	$(GO) run ./test/benchpipeline

.PHONY: bench-lake
bench-lake: $(TOOLS)/.cxx ## Time what an auditor waits for: first fetch, a session, each report (LAKEFLAGS='-events 10000000')
	$(GO) run ./test/benchlake $(LAKEFLAGS)

.PHONY: redaction-score
redaction-score: ## Measure what redaction finds and misses, into docs/redaction.md
	$(GO) run ./internal/redact/cmd/score -o docs/redaction.md

##@ Maintain

.PHONY: generate
generate: $(TOOLS)/mdatagen ## Regenerate what is generated (component metadata, JSON Schema)
	PATH="$(CURDIR)/$(TOOLS):$$PATH" $(GO) generate ./...

.PHONY: docs
docs: build docs-screens ## Regenerate docs/tour.md: what each command of an auditor prints about a recorded run
	scripts/tour.sh

.PHONY: docs-screens
docs-screens: $(TOOLS)/.chromium ## Take the pictures of the page in docs/screens
	AGENTAUDIT_SCREENS="$(CURDIR)/docs/screens" $(GO) test -tags browser -count=1 -timeout 5m -run 'TestPages$$' ./test/web/

.PHONY: record
record: $(CLIENTS)/node_modules ## Record what real agent frameworks send, to testdata/recorded-local/ (needs Node)
	$(GO) run ./test/clients/record

.PHONY: tools
tools: $(addprefix $(TOOLS)/,$(PINNED)) $(TOOLS)/.chromium ## Install the pinned tools into .tools/, and Debian's Chromium

.PHONY: clean
clean: ## Remove what was built (the tools and the audit data stay)
	rm -rf bin build

.PHONY: distclean
distclean: clean ## Remove the tools too (the audit data stays)
	rm -rf $(TOOLS)

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ocb writes main.go and a go.mod of its own; both depend only on the manifest and on our go.mod.
build/main.go: builder-config.yaml go.mod go.sum $(TOOLS)/builder
	$(TOOLS)/builder --config builder-config.yaml --skip-compilation
	@touch $@

# Compiled here rather than by ocb, so that a change of our code costs one `go build` from the cache. -mod=mod lets the
# generated module take in a dependency that our code began to use since ocb last ran.
$(COLLECTOR): build/main.go $(GO_SOURCES) $(EMBEDDED)
	@mkdir -p $(@D)
	cd build && $(STATIC) $(GO) build -mod=mod $(BUILDFLAGS) -o ../$@ .
	@touch $@

# With cgo, for the auditors' SQL engine. CGO_ENABLED=0 builds a command that does without.
$(CLI): go.mod go.sum $(GO_SOURCES) $(EMBEDDED) $(TOOLS)/.cxx
	@mkdir -p $(@D)
	$(GO) build $(BUILDFLAGS) -o $@ ./cmd/agentaudit
	@touch $@

# The engine is C++ in a static library: its linking wants libstdc++, which Debian keeps with g++.
$(TOOLS)/.cxx:
	@mkdir -p $(@D)
	@[ -e "$$(gcc -print-file-name=libstdc++.so)" ] || [ "$$($(GO) env CGO_ENABLED)" = 0 ] || apt-get install -y --no-install-recommends g++
	@touch $@

# The page's tests look at it in a browser. Chromium comes from Debian: there is none on the Go module proxy, and a distribution keeps it up to date.
$(TOOLS)/.chromium:
	@mkdir -p $(@D)
	@command -v chromium >/dev/null || apt-get install -y --no-install-recommends chromium
	@touch $@

$(CLIENTS)/node_modules: $(CLIENTS)/package-lock.json
	cd $(CLIENTS) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# An external server for tests only. It is AGPL: run, never linked, and so no module of ours names it.
$(TOOLS)/minio:
	@mkdir -p $(@D)
	GOBIN="$(CURDIR)/$(@D)" $(STATIC) $(GO) install $(BUILDFLAGS) github.com/minio/minio@$(MINIO_VERSION)

# One module per tool: their dependencies meet neither ours nor each other's.
$(TOOLS)/%: tools/%/go.mod tools/%/go.sum
	@mkdir -p $(@D)
	cd tools/$* && GOBIN="$(CURDIR)/$(@D)" $(GO) install tool
	@touch $@
