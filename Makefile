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

# No cached results (-count=1): the go command cannot know that a test runs bin/manager or reads config/.
.PHONY: test
test: controlplane build $(GOTESTSUM) ## Run all tests with the race detector, in minutes
	@[[ -n "$(RACE)" ]] || echo "test: no C compiler found, which the race detector needs: running without it" >&2
	@KUBEBUILDER_ASSETS="$(ASSETS)" $(GOTESTSUM) --format pkgname -- $(RACE) -count=1 -timeout 10m ./...

.PHONY: bench
bench: controlplane build ## Measure the manager with 100, 1,000 and 10,000 jobs, in about 20 minutes (BENCH_ARGS="--sizes=100 ...")
	@echo "bench: starting; the results go to bin/bench.json too"
	@go build -o bin/bench ./test/bench
	@KUBEBUILDER_ASSETS="$(ASSETS)" exec bin/bench $(BENCH_ARGS)

##@ Generate

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
docs: $(CRD_REF_DOCS) ## Refresh docs/api.md from the API's Go comments
	@echo "docs: docs/api.md"
	@mkdir -p docs
	@$(CRD_REF_DOCS) --log-level=ERROR --source-path=api/v1alpha1 --config=hack/crd-ref-docs.yaml \
		--renderer=markdown --output-path=docs/api.md

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the Go code and order its imports
	@$(GOLANGCI_LINT) fmt

##@ Verify

.PHONY: verify
verify: verify-generate verify-tidy verify-fmt verify-vet lint verify-manifests verify-docs ## Run every check but the tests
	@echo "verify: all is well"

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Check the Go code, the API types against the Kubernetes API conventions included
	@echo "lint"
	@$(GOLANGCI_LINT) run

.PHONY: verify-generate
verify-generate: $(CONTROLLER_GEN) $(CRD_REF_DOCS) ## Check that generated files are fresh
	@echo "verify-generate"
	@hack/verify-generate.sh

.PHONY: verify-tidy
verify-tidy: ## Check that go.mod and go.sum of every module are tidy
	@for module in . hack/controlplane hack/lint hack/tools; do \
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
	@go vet ./...

.PHONY: verify-manifests
verify-manifests: controlplane $(KUSTOMIZE) ## Check config/ and the YAML in the docs on a real API server, by strict dry runs
	@echo "verify-manifests"
	@KUBEBUILDER_ASSETS="$(ASSETS)" go run ./hack/verifymanifests --kustomize=$(KUSTOMIZE)

.PHONY: verify-docs
verify-docs: build ## Check links, commands, paths, flags and reasons in README.md and docs/
	@echo "verify-docs"
	@go run ./hack/verifydocs --manager=bin/manager

##@ Use with a cluster (of the current kubeconfig)

.PHONY: install
install: $(KUSTOMIZE) ## Install the CRD
	@$(KUSTOMIZE) build config/crd | $(KUBECTL) apply --server-side -f -

.PHONY: uninstall
uninstall: $(KUSTOMIZE) ## Delete the CRD, and with it every VectaraJob
	@$(KUSTOMIZE) build config/crd | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: deploy
deploy: $(KUSTOMIZE) ## Install the CRD and the operator (IMG=image:tag)
	@echo "deploy: $(IMG)"
	@$(render) | $(KUBECTL) apply --server-side -f -

.PHONY: undeploy
undeploy: $(KUSTOMIZE) ## Delete the operator and the CRD, and with it every VectaraJob
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
