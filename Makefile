# Every command of the project. "make" alone lists them.

SHELL := /usr/bin/env bash -o pipefail
.SHELLFLAGS := -ec
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# One set of flags for all that is compiled, so that the control plane, the manager, the tools and the tests share what is in
# the build cache. Only the race detector needs C.
export GOFLAGS := $(strip $(filter-out -trimpath,$(GOFLAGS)) -trimpath)
export CGO_ENABLED := 0

MODULE := github.com/vectara-job-operator/vectara-job-operator
ifndef VERSION
VERSION := $(shell hack/source/source.sh version)
endif

# The image that "make image" names and "make deploy" runs. IMAGE_REPOSITORY is where releases are to be pushed.
IMAGE_REPOSITORY ?= ghcr.io/vectara-job-operator/vectara-job-operator
IMG ?= $(IMAGE_REPOSITORY):$(VERSION)

# etcd, kube-apiserver, kube-controller-manager and kubectl for tests: our own, unless the user has set this variable.
ASSETS := $(or $(KUBEBUILDER_ASSETS),$(CURDIR)/bin/controlplane)

# The kubectl for install and deploy: the user's, or else the pinned one.
KUBECTL ?= $(shell command -v kubectl || echo "$(ASSETS)/kubectl")

TOOLS := $(CURDIR)/bin/tools
ACTIONLINT := $(TOOLS)/actionlint
CONTROLLER_GEN := $(TOOLS)/controller-gen
COSIGN := $(TOOLS)/cosign
CRD_REF_DOCS := $(TOOLS)/crd-ref-docs
CYCLONEDX := $(TOOLS)/cyclonedx-gomod
GOLANGCI_LINT := $(TOOLS)/golangci-lint
GORELEASER := $(TOOLS)/goreleaser
GOTESTSUM := $(TOOLS)/gotestsum
GOVULNCHECK := $(TOOLS)/govulncheck
HELM3 := $(TOOLS)/helm3
HELM4 := $(TOOLS)/helm4
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
demo: ## Watch real VectaraJobs follow simulated jobs, in a minute (KEEP=1 leaves all running)
	@hack/controlplane/build.sh "$(CURDIR)/bin/controlplane" $(if $(KEEP),,etcd kube-apiserver kubectl)
	@$(MAKE) build
	@echo "demo: building bin/demo"
	@go build -o bin/demo ./hack/demo
	@KUBEBUILDER_ASSETS="$(ASSETS)" exec bin/demo

##@ Build and run

.PHONY: build
build: ## Build bin/manager
	@echo "build: bin/manager $(VERSION)"
	@VERSION="$(VERSION)" hack/build.sh ./cmd bin/manager

.PHONY: kubectl-plugin
kubectl-plugin: ## Build bin/kubectl-vectara, the plugin "kubectl vectara"
	@echo "kubectl-plugin: bin/kubectl-vectara $(VERSION)"
	@VERSION="$(VERSION)" hack/build.sh ./cmd/kubectl-vectara bin/kubectl-vectara

.PHONY: sbom
sbom: build $(CYCLONEDX) ## Write bin/manager.cdx.json, what bin/manager was built of (CycloneDX)
	@hack/sbom.sh $(CYCLONEDX) bin/manager "$(VERSION)" bin/manager.cdx.json

IMAGE_OUTPUT := $(CURDIR)/dist/image

.PHONY: image
image: $(CYCLONEDX) ## Pack the manager into an image, with no container engine: dist/image has a layout and archives
	@echo "image: $(IMG)"
	@VERSION="$(VERSION)" hack/image/image.sh $(CYCLONEDX) "$(IMAGE_OUTPUT)" "$(IMG)"

.PHONY: image-load
image-load: image ## Load the image into docker, podman or containerd, whichever answers
	@hack/image/load.sh "$(IMAGE_OUTPUT)"

.PHONY: image-push
image-push: image ## Push the image with its SBOMs to a registry, and print its digest (REF=registry/name:tag)
	@[[ -n "$(REF)" ]] || { echo "image-push: say where to push: make image-push REF=registry.example.com/name:tag" >&2; exit 2; }
	@"$(IMAGE_OUTPUT)/image" push --layout="$(IMAGE_OUTPUT)/oci" "$(REF)"

# A chart's version must be a semantic one: v1.2.3-4-gabcdef becomes 1.2.3-4-gabcdef, and abcdef, where there is no tag, 0.0.0-gabcdef.
CHART_VERSION = $(shell [[ "$(VERSION)" =~ ^v?[0-9]+\.[0-9]+\.[0-9]+ ]] && echo "$(patsubst v%,%,$(VERSION))" || echo "0.0.0-g$(VERSION)")

.PHONY: chart
chart: $(HELM4) ## Package the Helm chart into dist/, with the image of this version as its default
	@mkdir -p dist
	@$(HELM4) package charts/vectara-job-operator --version "$(CHART_VERSION)" --app-version "$(VERSION)" --destination dist

# An image that was pushed elsewhere is named with its digest by INSTALLER_IMAGE, which "make image-push" prints.
.PHONY: build-installer
build-installer: $(KUSTOMIZE) ## Write dist/install.yaml: all of config/default, with the image by digest, that of "make image" or INSTALLER_IMAGE
	@go run ./hack/installer --pinned="$(INSTALLER_IMAGE)" --image="$(IMG)" --layout="$(IMAGE_OUTPUT)/oci" \
		--version="$(VERSION)" --kustomize=$(KUSTOMIZE)

.PHONY: run
run: build ## Run the manager here, against the cluster of the current kubeconfig (ARGS="--flag=value ...")
	@bin/manager $(ARGS)

.PHONY: controlplane
controlplane: ## Build the pinned etcd, kube-apiserver, kube-controller-manager and kubectl, once
	@hack/controlplane/build.sh "$(CURDIR)/bin/controlplane"

.PHONY: helm
helm: $(HELM3) $(HELM4) ## Build the pinned Helm 3 and 4, once

.PHONY: clean
clean: ## Delete everything that was built: the pinned control plane takes minutes to build again
	@rm -rf bin dist
	@echo "clean: bin/ and dist/ deleted"

##@ Release

# .goreleaser.yaml says what a release is made of, and has goreleaser write it into dist/release.
CHART_ARCHIVE = dist/vectara-job-operator-$(CHART_VERSION).tgz
goreleaser = time=$$(hack/source/source.sh time); VERSION="$(VERSION)" CHART="$(CHART_ARCHIVE)" CYCLONEDX=$(CYCLONEDX) \
	SOURCE_TIME="$$time" SOURCE_DATE="$$(date -u -d "@$$time" +%Y-%m-%dT%H:%M:%SZ)" PATH="$(TOOLS):$$PATH" \
	$(GORELEASER) release --config=.goreleaser.yaml --clean
krew = go run ./hack/krew --version="$(VERSION)"

.PHONY: release-dry-run
release-dry-run: chart image build-installer $(GORELEASER) $(CYCLONEDX) ## Make all of a release in dist/release, offline: nothing is signed or published
	@echo "release-dry-run: $(VERSION)"
	@$(goreleaser) --snapshot --skip=sign
	@$(krew)

# By digest, give IMG as "make image-push" prints it.
.PHONY: bundle
bundle: $(KUSTOMIZE) ## Make the bundle for the Operator Lifecycle Manager in dist/bundle, from config/ (IMG=image@digest)
	@echo "bundle: dist/bundle $(CHART_VERSION), $(IMG)"
	@$(render) | (cd hack/olm && go run . --version="$(CHART_VERSION)" --time="$$(../source/source.sh time)" \
		--samples="$(CURDIR)/config/samples" --output="$(CURDIR)/dist/bundle")

# The workflow of this name runs it: it takes a tag that is checked out, GITHUB_TOKEN, and the workflow's identity for cosign.
.PHONY: release
release: chart image build-installer $(GORELEASER) $(CYCLONEDX) $(COSIGN) ## Make a release from a tag, sign it, and upload it as a draft (for the workflow of this name)
	@[[ "$(VERSION)" =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$$ ]] || { echo "release: $(VERSION) is no tag of a release" >&2; exit 2; }
	@$(goreleaser)
	@$(krew)

.PHONY: cosign
cosign: $(COSIGN) ## Build the pinned cosign, once

##@ Test

.PHONY: test-unit
test-unit: $(GOTESTSUM) ## Run the tests that need no control plane, in seconds once compiled
	@$(GOTESTSUM) --format pkgname -- $$(go list ./... | grep -vE '^$(MODULE)/test(/|$$)')

# Go's race detector is linked by a C compiler.
RACE := $(if $(shell command -v "$$(go env CC)"),-race)

# No cached results (-count=1): the go command cannot know that a test runs bin/manager or reads config/.
.PHONY: test
test: controlplane build $(KUSTOMIZE) $(GOTESTSUM) ## Run all tests of the operator with the race detector, in minutes
	@echo "test: about 13 minutes on two cores, and some more when nothing is compiled for the race detector and the fuzzer yet"
	@[[ -n "$(RACE)" ]] || echo "test: no C compiler found, which the race detector needs: running without it" >&2
	@CGO_ENABLED=$(if $(RACE),1,0) KUBEBUILDER_ASSETS="$(ASSETS)" $(GOTESTSUM) --format pkgname -- $(RACE) -count=1 -timeout 20m ./...
	@$(MAKE) fuzz FUZZTIME=3s

# Modules of their own, so that who imports the operator's API need not resolve what they import: Flux, Cluster API and a
# whole Prometheus. test/stranger compiles docs/library.md as its readers do, hack/image builds the image and runs it,
# test/helm needs Helm, hack/release makes a release, hack/olm makes OLM's bundle, and hack/crdcheck compares CRDs.
TEST_MODULES := test/thirdparty test/prometheus test/stranger test/helm hack/image hack/release hack/olm hack/crdcheck

# Every module: these, and those that only pin tools.
MODULES := . hack/actionlint hack/controlplane hack/cosign hack/helm3 hack/helm4 $(wildcard hack/kubernetes/v*) hack/lint hack/tools \
	test/compat $(TEST_MODULES)

# Without the race detector, which would have all of them compiled once more.
.PHONY: test-ecosystem
test-ecosystem: controlplane build helm $(CYCLONEDX) $(GORELEASER) $(KUSTOMIZE) $(GOTESTSUM) ## Run the tests with what surrounds the operator: Flux's libraries, Prometheus, Helm, the image, a release
	@echo "test-ecosystem: about 5 minutes on two cores, and 8 more when Helm and Prometheus are yet to be compiled"
	@for module in $(TEST_MODULES); do \
		echo "test-ecosystem: $$module"; \
		(cd "$$module" && KUBEBUILDER_ASSETS="$(ASSETS)" $(GOTESTSUM) --format pkgname -- -count=1 -timeout 20m ./...); \
	done

# Their API servers are built from their modules, as the control plane is.
.PHONY: test-compat
test-compat: controlplane $(GOTESTSUM) ## Run the operator on older versions of Kubernetes (the first time, building them takes about twelve minutes)
	@hack/kubernetes/build.sh "$(CURDIR)/bin/kubernetes"
	@cd test/compat && KUBEBUILDER_ASSETS="$(ASSETS)" $(GOTESTSUM) --format testname -- -count=1 -timeout 20m ./...

FUZZTIME ?= 10s

# The first time, everything is compiled anew with the fuzzer's instrumentation, in minutes. What fails is kept in testdata/fuzz.
.PHONY: fuzz
fuzz: ## Fuzz each target for a while (FUZZTIME=10s)
	@grep -rE --include='*_test.go' '^func Fuzz[A-Za-z]+\(' internal | sed -E 's|^(.*)/[^/]+:func (Fuzz[A-Za-z]+).*|\1 \2|' | sort | \
	while read -r folder target; do \
		echo "fuzz: $$folder $$target, $(FUZZTIME)"; \
		output=$$(go test "./$$folder" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x 2>&1 </dev/null) || { echo "$$output" >&2; exit 1; }; \
	done

.PHONY: bench
bench: controlplane build ## Measure the manager with 100, 1,000 and 10,000 jobs, in about 40 minutes (BENCH_ARGS="--sizes=100 ...")
	@echo "bench: starting; the results go to bin/bench.json too"
	@go build -o bin/bench ./test/bench
	@KUBEBUILDER_ASSETS="$(ASSETS)" exec bin/bench $(BENCH_ARGS)

# For how long new runs are started: minutes by default, hours by hand.
BUDGET ?= 4m

.PHONY: faults
faults: controlplane build ## Run the manager under faults and check invariants (BUDGET=2h FAULTS_ARGS="--seed=7 ...")
	@go build -o bin/faults ./test/faults/cmd/faults
	@KUBEBUILDER_ASSETS="$(ASSETS)" exec bin/faults --budget=$(BUDGET) $(FAULTS_ARGS)

.PHONY: faults-selftest
faults-selftest: controlplane ## Seed bugs in the manager, each of which the fault harness must catch (SELFTEST_ARGS="--only=follow ...")
	@echo "faults-selftest: starting"
	@mkdir -p bin && go build -o bin/selftest ./test/faults/bugs/cmd/selftest
	@KUBEBUILDER_ASSETS="$(ASSETS)" exec bin/selftest $(SELFTEST_ARGS)

.PHONY: soak
soak: controlplane build ## Run the manager for an hour while 10,000 jobs live and end and faults come (SOAK_ARGS="--duration=3h ...")
	@echo "soak: starting; the results go to bin/soak.json"
	@go build -o bin/soak ./test/soak
	@KUBEBUILDER_ASSETS="$(ASSETS)" exec bin/soak $(SOAK_ARGS)

##@ Generate

.PHONY: golden
golden: controlplane helm ## Refresh the objects in config/argocd that tests take from the API server, and what the Helm chart renders
	@UPDATE_GOLDEN=1 KUBEBUILDER_ASSETS="$(ASSETS)" go test ./test/e2e -count=1 \
		-run 'TestConditionsOfANewObject|TestStagesBesidesTheRows|TestStagesOfADiscovery|TestJobThatIsNotFoundStalls'
	@cd test/helm && UPDATE_GOLDEN=1 go test . -count=1 -run 'TestGolden'

.PHONY: generate
generate: $(CONTROLLER_GEN) ## Refresh deep copies, apply configurations, the CRDs, the manager's roles, and the chart
	@echo "generate: api/v1alpha1, config/crd/bases, config/rbac/role.yaml, config/metrics/metrics_auth_role.yaml, charts"
	@$(CONTROLLER_GEN) paths=./api/... \
		object:headerFile=hack/boilerplate.go.txt \
		applyconfiguration:headerFile=hack/boilerplate.go.txt \
		crd output:crd:dir=config/crd/bases
	@for file in config/crd/bases/*.yaml; do sed -E -f hack/crd-bounds.sed "$$file" >"$$file.new" && mv -f "$$file.new" "$$file"; done
	@$(CONTROLLER_GEN) paths=./internal/controller/... \
		rbac:roleName=manager-role output:rbac:dir=config/rbac
	@$(CONTROLLER_GEN) paths=./internal/operator/... \
		rbac:roleName=metrics-auth-role,fileName=metrics_auth_role.yaml output:rbac:dir=config/metrics
	@go run ./hack/chart

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
verify: verify-generate verify-tidy verify-modules verify-build verify-fmt verify-vet lint verify-manifests verify-crds verify-docs verify-chart verify-workflows verify-demo ## Run every check but the tests
	@echo "verify: all is well"

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Check the Go code, the API types against the Kubernetes API conventions included
	@for module in . $(TEST_MODULES) test/compat; do \
		echo "lint: $$module"; \
		(cd "$$module" && $(GOLANGCI_LINT) run --config="$(CURDIR)/.golangci.yml"); \
	done

.PHONY: verify-generate
verify-generate: $(CONTROLLER_GEN) $(CRD_REF_DOCS) ## Check that generated files are fresh
	@echo "verify-generate"
	@hack/verify-generate.sh

.PHONY: verify-tidy
verify-tidy: ## Check that go.mod and go.sum of every module are tidy
	@for module in $(MODULES); do \
		echo "verify-tidy: $$module"; \
		(cd "$$module" && go mod tidy -diff >/dev/null) || { echo "not tidy: run 'go mod tidy' in $$module" >&2; exit 1; }; \
	done

.PHONY: verify-modules
verify-modules: ## Check that the modules in the cache are those of every go.sum
	@echo "verify-modules"
	@for module in $(MODULES); do (cd "$$module" && go mod verify >/dev/null) || { echo "not as in go.sum: $$module" >&2; exit 1; }; done

.PHONY: verify-build
verify-build: ## Check that two builds in different folders are bit-identical (COLD=1 compiles everything twice)
	@echo "verify-build"
	@hack/reproducible.sh

.PHONY: vulncheck
vulncheck: $(GOVULNCHECK) ## Look for known vulnerabilities, where the database can be reached
	@hack/vulncheck.sh $(GOVULNCHECK) . $(TEST_MODULES)

.PHONY: verify-fmt
verify-fmt: $(GOLANGCI_LINT) ## Check the format of the Go code
	@echo "verify-fmt"
	@$(GOLANGCI_LINT) fmt --diff || { echo "badly formatted: run 'make fmt'" >&2; exit 1; }

.PHONY: verify-vet
verify-vet: ## Run go vet
	@echo "verify-vet"
	@for module in . $(TEST_MODULES) test/compat; do (cd "$$module" && go vet ./...); done

.PHONY: verify-manifests
verify-manifests: controlplane $(KUSTOMIZE) ## Check config/ and the YAML in the docs on a real API server, by strict dry runs
	@echo "verify-manifests"
	@KUBEBUILDER_ASSETS="$(ASSETS)" go run ./hack/verifymanifests --kustomize=$(KUSTOMIZE)

.PHONY: verify-crds
verify-crds: ## Check that the CRDs break nobody who used those of the last release, but for what hack/crdcheck/accepted.yaml lists
	@echo "verify-crds"
	@cd hack/crdcheck && go run .

.PHONY: verify-docs
verify-docs: build ## Check links, commands, paths, flags and reasons in README.md and docs/
	@echo "verify-docs"
	@go run ./hack/verifydocs --manager=bin/manager

# That its copies of files in config/ are fresh is for verify-generate to check, and what it renders for test/helm.
.PHONY: verify-chart
verify-chart: $(HELM4) ## Check the Helm chart
	@echo "verify-chart"
	@$(HELM4) lint --strict --quiet charts/vectara-job-operator

# Scripts in workflows are short; what shellcheck says about them depends on whether and which one is installed.
.PHONY: verify-workflows
verify-workflows: $(ACTIONLINT) ## Check the workflows in .github: syntax, pins, permissions, and that what they call exists
	@echo "verify-workflows"
	@$(ACTIONLINT) -shellcheck= -pyflakes=
	@go test -count=1 ./hack/workflows >/dev/null || go test -count=1 ./hack/workflows

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
uninstall: $(KUSTOMIZE) ## Delete the CRDs, and with them every VectaraJob (DRY_RUN=1 only says what)
	@KUBECTL="$(KUBECTL)" DRY_RUN="$(DRY_RUN)" hack/remove.sh uninstall $(KUSTOMIZE)

.PHONY: deploy
deploy: $(KUSTOMIZE) ## Install the CRDs and the operator (IMG=image:tag)
	@echo "deploy: $(IMG)"
	@$(render) | $(KUBECTL) apply --server-side -f -

# What is deleted is said first. With CRDS=delete, the CRDs go too, and with them every VectaraJob.
.PHONY: undeploy
undeploy: $(KUSTOMIZE) ## Delete the operator, and keep the CRDs with every VectaraJob (CRDS=delete, DRY_RUN=1)
	@KUBECTL="$(KUBECTL)" CRDS="$(CRDS)" DRY_RUN="$(DRY_RUN)" hack/remove.sh undeploy $(KUSTOMIZE)

# Prints config/default with the image IMG. Works on a copy: no file of the tree changes.
render = copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT; cp -R config "$$copy"; \
	(cd "$$copy/config/default" && $(KUSTOMIZE) edit set image controller=$(IMG) && $(KUSTOMIZE) build .)

# Tools are built when they are first needed, and again when their pins change.

$(CONTROLLER_GEN): PACKAGE := sigs.k8s.io/controller-tools/cmd/controller-gen
$(CRD_REF_DOCS): PACKAGE := github.com/elastic/crd-ref-docs
$(CYCLONEDX): PACKAGE := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
$(GOTESTSUM): PACKAGE := gotest.tools/gotestsum
$(GOVULNCHECK): PACKAGE := golang.org/x/vuln/cmd/govulncheck
$(KUSTOMIZE): PACKAGE := sigs.k8s.io/kustomize/kustomize/v5

$(CONTROLLER_GEN) $(CRD_REF_DOCS) $(CYCLONEDX) $(GOTESTSUM) $(GOVULNCHECK) $(KUSTOMIZE): hack/tools/go.mod hack/tools/go.sum
	@echo "tools: building $(@F) (once)"
	@cd hack/tools && CGO_ENABLED=0 go build -trimpath -o $@.new $(PACKAGE) && mv -f $@.new $@

# The version of Kubernetes that Helm 3 renders for if nobody says, as its own Makefile sets it. Helm 4 finds out by itself.
HELM_LDFLAGS = $(foreach package,chartutil lint/rules,-X helm.sh/helm/v3/pkg/$(package).k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/$(package).k8sVersionMinor=$$minor)

$(HELM3) $(HELM4): $(TOOLS)/helm%: hack/helm%/go.mod hack/helm%/go.sum
	@echo "tools: building $(@F) (once, one to three minutes)"
	@cd hack/helm$* && minor=$$(go list -m -f '{{.Version}}' k8s.io/client-go | cut -d. -f2) && \
		CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$(HELM_LDFLAGS)" -o $@.new helm.sh/helm/v$*/cmd/helm && mv -f $@.new $@

$(ACTIONLINT): hack/actionlint/go.mod hack/actionlint/go.sum
	@echo "tools: building $(@F) (once)"
	@cd hack/actionlint && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $@.new github.com/rhysd/actionlint/cmd/actionlint && mv -f $@.new $@

$(COSIGN): hack/cosign/go.mod hack/cosign/go.sum
	@echo "tools: building $(@F) (once, two to three minutes)"
	@cd hack/cosign && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $@.new github.com/sigstore/cosign/v3/cmd/cosign && mv -f $@.new $@

$(GORELEASER): hack/release/go.mod hack/release/go.sum
	@echo "tools: building $(@F) (once, two to three minutes)"
	@cd hack/release && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $@.new github.com/goreleaser/goreleaser/v2 && mv -f $@.new $@

$(GOLANGCI_LINT): hack/lint/go.mod hack/lint/go.sum hack/lint/main.go
	@echo "tools: building $(@F) (once, about a minute)"
	@cd hack/lint && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $@.new . && mv -f $@.new $@
