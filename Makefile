# Every command of the project. "make" alone lists them.

SHELL := /usr/bin/env bash -o pipefail
.SHELLFLAGS := -ec
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

MODULE := github.com/vectara-job-operator/vectara-job-operator
ifndef VERSION
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo v0.0.0-dev)
endif

# The image that "make deploy" runs.
IMAGE_NAME := ghcr.io/vectara-job-operator/vectara-job-operator
IMG ?= $(IMAGE_NAME):$(VERSION)

# etcd, kube-apiserver, kube-controller-manager and kubectl for tests: our own, unless the user has set this variable.
ASSETS := $(or $(KUBEBUILDER_ASSETS),$(CURDIR)/bin/controlplane)

# The kubectl for install and deploy: the user's, or else the pinned one.
KUBECTL ?= $(shell command -v kubectl || echo "$(ASSETS)/kubectl")

TOOLS := $(CURDIR)/bin/tools
CONTROLLER_GEN := $(TOOLS)/controller-gen
CRD_REF_DOCS := $(TOOLS)/crd-ref-docs
GOLANGCI_LINT := $(TOOLS)/golangci-lint
GOTESTSUM := $(TOOLS)/gotestsum
KUSTOMIZE := $(TOOLS)/kustomize

# Arguments for "make run". A manager outside the cluster has no namespace of its own to keep a lease in.
ARGS ?= --leader-elect=false

##@ General

.PHONY: help
help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "; printf "Usage: make TARGET\n"} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: controlplane build ## Watch real VectaraJobs follow simulated jobs, in a minute (KEEP=1 leaves all running)
	@echo "demo: starting"
	@go build -o bin/demo ./hack/demo
	@KUBEBUILDER_ASSETS="$(ASSETS)" exec bin/demo

##@ Build and run

.PHONY: build
build: ## Build bin/manager
	@echo "build: bin/manager $(VERSION)"
	@CGO_ENABLED=0 go build -trimpath -ldflags "-X $(MODULE)/internal/version.Version=$(VERSION)" -o bin/manager ./cmd

.PHONY: kubectl-plugin
kubectl-plugin: ## Build bin/kubectl-vectara, the plugin "kubectl vectara"
	@echo "kubectl-plugin: bin/kubectl-vectara $(VERSION)"
	@CGO_ENABLED=0 go build -trimpath -ldflags "-X $(MODULE)/internal/version.Version=$(VERSION)" -o bin/kubectl-vectara ./cmd/kubectl-vectara

.PHONY: run
run: build ## Run the manager here, against the cluster of the current kubeconfig (ARGS="--flag=value ...")
	@bin/manager $(ARGS)

.PHONY: controlplane
controlplane: ## Build the pinned etcd, kube-apiserver, kube-controller-manager and kubectl, once
	@hack/controlplane/build.sh "$(CURDIR)/bin/controlplane"

.PHONY: clean
clean: ## Delete everything that was built: the pinned control plane takes minutes to build again
	@rm -rf bin
	@echo "clean: bin/ deleted"

##@ Test

.PHONY: test-unit
test-unit: $(GOTESTSUM) ## Run the tests that need no control plane, in seconds once compiled
	@$(GOTESTSUM) --format pkgname -- $$(go list ./... | grep -vE '^$(MODULE)/test(/|$$)')

# Go's race detector is linked by a C compiler.
RACE := $(if $(shell command -v "$$(go env CC)"),-race)

# Modules of their own, so that who imports the operator's API need not resolve what they import: Flux, Cluster API and a
# whole Prometheus, which take minutes to compile the first time, and would again for the race detector.
TEST_MODULES := test/thirdparty test/prometheus

# No cached results (-count=1): the go command cannot know that a test runs bin/manager or reads config/.
.PHONY: test
test: controlplane build $(GOTESTSUM) ## Run all tests with the race detector, in minutes
	@[[ -n "$(RACE)" ]] || echo "test: no C compiler found, which the race detector needs: running without it" >&2
	@KUBEBUILDER_ASSETS="$(ASSETS)" $(GOTESTSUM) --format pkgname -- $(RACE) -count=1 -timeout 20m ./...
	@for module in $(TEST_MODULES); do \
		echo "test: $$module"; \
		(cd "$$module" && KUBEBUILDER_ASSETS="$(ASSETS)" $(GOTESTSUM) --format pkgname -- -count=1 -timeout 20m ./...); \
	done

.PHONY: bench
bench: controlplane build ## Measure the manager with 100, 1,000 and 10,000 jobs, in about 20 minutes (BENCH_ARGS="--sizes=100 ...")
	@echo "bench: starting; the results go to bin/bench.json too"
	@go build -o bin/bench ./test/bench
	@KUBEBUILDER_ASSETS="$(ASSETS)" exec bin/bench $(BENCH_ARGS)

##@ Generate

.PHONY: golden
golden: controlplane ## Refresh the objects in config/argocd that tests take from the API server
	@UPDATE_GOLDEN=1 KUBEBUILDER_ASSETS="$(ASSETS)" go test ./test/e2e -count=1 \
		-run 'TestConditionsOfANewObject|TestStagesBesidesTheRows|TestStagesOfADiscovery|TestJobThatIsNotFoundStalls'

.PHONY: generate
generate: $(CONTROLLER_GEN) ## Refresh deep copies, apply configurations, the CRD and the manager's role
	@echo "generate: api/v1alpha1, config/crd/bases, config/rbac/role.yaml"
	@$(CONTROLLER_GEN) paths=./api/... \
		object:headerFile=hack/boilerplate.go.txt \
		applyconfiguration:headerFile=hack/boilerplate.go.txt \
		crd output:crd:dir=config/crd/bases
	@$(CONTROLLER_GEN) paths=./internal/controller/... paths=./internal/operator/... \
		rbac:roleName=manager-role output:rbac:dir=config/rbac

.PHONY: docs
docs: docs-api docs-metrics docs-kubectl ## Refresh what is generated in docs/

.PHONY: docs-api
docs-api: $(CRD_REF_DOCS)
	@echo "docs: docs/api.md"
	@$(CRD_REF_DOCS) --log-level=ERROR --source-path=api/v1alpha1 --config=hack/crd-ref-docs.yaml \
		--renderer=markdown --output-path=docs/api.md
	@sed -E -f hack/crd-ref-docs.sed docs/api.md >docs/api.md.new && mv -f docs/api.md.new docs/api.md

.PHONY: docs-metrics
docs-metrics:
	@echo "docs: docs/metrics.md"
	@go run ./hack/metricsdocs >docs/metrics.md.new && mv -f docs/metrics.md.new docs/metrics.md

# A test compares this page, so that "make verify" need not.
.PHONY: docs-kubectl
docs-kubectl:
	@echo "docs: docs/kubectl-vectara.md"
	@go test ./internal/kubectl -run Documentation -update >/dev/null

DASHBOARD := config/grafana/vectara-job-operator.json

.PHONY: dashboard
dashboard: ## Refresh the Grafana dashboard from its Go code
	@echo "dashboard: $(DASHBOARD)"
	@cd test/prometheus && go run ./cmd/dashboard >"$(CURDIR)/$(DASHBOARD).new"
	@mv -f $(DASHBOARD).new $(DASHBOARD)

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the Go code and order its imports
	@$(GOLANGCI_LINT) fmt

##@ Verify

.PHONY: verify
verify: verify-generate verify-tidy verify-fmt verify-vet lint verify-manifests verify-docs verify-demo ## Run every check but the tests
	@echo "verify: all is well"

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Check the Go code, the API types against the Kubernetes API conventions included
	@for module in . $(TEST_MODULES); do \
		echo "lint: $$module"; \
		(cd "$$module" && $(GOLANGCI_LINT) run --config="$(CURDIR)/.golangci.yml"); \
	done

.PHONY: verify-generate
verify-generate: $(CONTROLLER_GEN) $(CRD_REF_DOCS) ## Check that generated files are fresh
	@echo "verify-generate"
	@hack/verify-generate.sh

.PHONY: verify-tidy
verify-tidy: ## Check that go.mod and go.sum of every module are tidy
	@for module in . hack/controlplane hack/lint hack/tools $(TEST_MODULES); do \
		echo "verify-tidy: $$module"; \
		(cd "$$module" && go mod tidy -diff >/dev/null) || { echo "not tidy: run 'go mod tidy' in $$module" >&2; exit 1; }; \
	done

.PHONY: verify-fmt
verify-fmt: $(GOLANGCI_LINT) ## Check the format of the Go code
	@echo "verify-fmt"
	@$(GOLANGCI_LINT) fmt --diff || { echo "badly formatted: run 'make fmt'" >&2; exit 1; }

.PHONY: verify-vet
verify-vet: ## Run go vet
	@echo "verify-vet"
	@for module in . $(TEST_MODULES); do (cd "$$module" && go vet ./...); done

.PHONY: verify-manifests
verify-manifests: controlplane $(KUSTOMIZE) ## Check config/ and the YAML in the docs on a real API server, by strict dry runs
	@echo "verify-manifests"
	@KUBEBUILDER_ASSETS="$(ASSETS)" go run ./hack/verifymanifests --kustomize=$(KUSTOMIZE)

.PHONY: verify-docs
verify-docs: build ## Check links, commands, paths, flags and reasons in README.md and docs/
	@echo "verify-docs"
	@go run ./hack/verifydocs --manager=bin/manager

.PHONY: verify-demo
verify-demo: controlplane build ## Run the demo, and check that its excerpts in the docs are fresh ("make demo DOCS=update" refreshes them)
	@echo "verify-demo"
	@go build -o bin/demo ./hack/demo
	@KUBEBUILDER_ASSETS="$(ASSETS)" DOCS=check bin/demo >bin/demo.log || { tail -n 30 bin/demo.log >&2; exit 1; }

##@ Use with a cluster (of the current kubeconfig)

.PHONY: install
install: $(KUSTOMIZE) ## Install the CRDs
	@$(KUSTOMIZE) build config/crd | $(KUBECTL) apply --server-side -f -

.PHONY: uninstall
uninstall: $(KUSTOMIZE) ## Delete the CRDs, and with them every VectaraJob
	@$(KUSTOMIZE) build config/crd | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: deploy
deploy: $(KUSTOMIZE) ## Install the CRDs and the operator (IMG=image:tag)
	@echo "deploy: $(IMG)"
	@$(render) | $(KUBECTL) apply --server-side -f -

.PHONY: undeploy
undeploy: $(KUSTOMIZE) ## Delete the operator and the CRDs, and with them every VectaraJob
	@$(render) | $(KUBECTL) delete --ignore-not-found -f -

# Prints config/default with the image IMG. Works on a copy: no file of the tree changes.
render = copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT; cp -R config "$$copy"; \
	(cd "$$copy/config/default" && $(KUSTOMIZE) edit set image controller=$(IMG) && $(KUSTOMIZE) build .)

# Tools are built when they are first needed, and again when their pins change.

$(CONTROLLER_GEN): PACKAGE := sigs.k8s.io/controller-tools/cmd/controller-gen
$(CRD_REF_DOCS): PACKAGE := github.com/elastic/crd-ref-docs
$(GOTESTSUM): PACKAGE := gotest.tools/gotestsum
$(KUSTOMIZE): PACKAGE := sigs.k8s.io/kustomize/kustomize/v5

$(CONTROLLER_GEN) $(CRD_REF_DOCS) $(GOTESTSUM) $(KUSTOMIZE): hack/tools/go.mod hack/tools/go.sum
	@echo "tools: building $(@F) (once)"
	@cd hack/tools && CGO_ENABLED=0 go build -trimpath -o $@.new $(PACKAGE) && mv -f $@.new $@

$(GOLANGCI_LINT): hack/lint/go.mod hack/lint/go.sum hack/lint/main.go
	@echo "tools: building $(@F) (once, about a minute)"
	@cd hack/lint && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $@.new . && mv -f $@.new $@
