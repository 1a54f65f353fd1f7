# What there is to do here; each target says what for.

BIN      := bin/eljefe
AGENT    := bin/eljefe-agent
PAGE     := internal/server/web/dist/index.html
PAGE_SRC := $(shell find ui -path ui/node_modules -prune -o -path ui/e2e -prune -o -type f -print)
# Agents are updated to what is newer, so that a version has an order also where there is no tag yet.
VERSION  := $(shell git describe --tags --dirty 2>/dev/null || { n=$$(git rev-list --count HEAD 2>/dev/null) && echo "v0.0.0-$$n-g$$(git describe --always --dirty)"; })
BENCH_EVENTS ?= 1000000,5000000,20000000
LDFLAGS  := -s -w $(if $(VERSION),-X main.version=$(VERSION))

# The version is given above; asking git again fails where the folder is another user's.
export GOFLAGS := $(strip -buildvcs=false $(GOFLAGS))

.PHONY: help run build windows packages check test vm bench fuzz clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: ## build, then run the server with demo data in ./data (or DATA_DIR)
	@scripts/setup.sh run
	@$(MAKE) --no-print-directory build
	@exec scripts/run.sh

build: ## build the page, the agents for all systems, bin/eljefe that has them in it, and bin/eljefe-agent
	@scripts/setup.sh build
	@$(MAKE) -s --no-print-directory $(PAGE)
	@VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' scripts/agents.sh
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/eljefe
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(AGENT) ./cmd/eljefe-agent

windows: ## build the agent for Windows: bin/eljefe-agent-amd64.exe and -arm64.exe
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(AGENT)-amd64.exe ./cmd/eljefe-agent
	GOOS=windows GOARCH=arm64 CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(AGENT)-arm64.exe ./cmd/eljefe-agent

packages: ## build the agent's packages that belong to nobody yet, for all systems, into bin/packages
	@VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' scripts/packages.sh

$(PAGE): $(PAGE_SRC)
	npm --prefix ui run --silent build

check: ## format, vet, staticcheck, builds for all systems, short tests; before each commit
	@scripts/setup.sh run
	@scripts/verify.sh check

test: ## everything: check, races, browser, the agent for Windows on Wine
	@scripts/setup.sh test
	@scripts/verify.sh test

vm: ## try the agent on several Linux kernels, in virtual machines; MACHINES names some
	@scripts/setup.sh vm
	@scripts/vm/run.sh $(MACHINES)

bench: build ## run all benchmarks; BENCH_EVENTS says how many events the largest store
	go test -run '^$$' -bench . -benchmem -timeout 60m ./...
	$(BIN) bench --events $(BENCH_EVENTS)

fuzz: ## run every fuzz test for FUZZTIME (30s)
	@scripts/fuzz.sh

clean: ## remove what was built; data/ stays
	rm -rf bin ui/node_modules
	find internal/server/web/dist internal/installer/carried/dist -mindepth 1 ! -name .gitkeep -delete
