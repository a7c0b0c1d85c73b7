// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"maps"
	"slices"

	olm "github.com/operator-framework/api/pkg/operators/v1alpha1"
)

const (
	packageName = "vectara-job-operator"
	// One of the names that OLM recommends: what may not be stable yet.
	channel    = "candidate"
	maturity   = "alpha"
	repository = "https://github.com/vectara-job-operator/vectara-job-operator"
	// minKubernetes has what the CRDs use.
	minKubernetes = "1.32.0"
	summary       = "Mirrors background jobs of Vectara as Kubernetes resources"
	description   = `Mirrors background jobs of the [Vectara](https://docs.vectara.com) REST API v2 as custom resources. You start a job in
Vectara, get back an ID, and apply a VectaraJob with that ID. From then on Kubernetes knows what Vectara knows: kubectl wait, Flux, Argo CD
and other controllers can act on it with no Vectara client of their own. A VectaraJobDiscovery does the same for jobs whose IDs nobody knew
in advance.

From Vectara the operator only reads. It starts no job, and deleting a VectaraJob does not touch the job in Vectara.

Give a namespace credentials first:

    kubectl -n search create secret generic vectara-credentials \
      --type=jobs.vectara.io/credentials --from-file=api-key=/dev/stdin

The operator's flags can be set as variables in the Subscription, under spec.config.env: --poll-max is VECTARA_JOB_OPERATOR_POLL_MAX.
It watches the namespaces of its OperatorGroup, and has rights in no other.
`
)

//go:embed icon.svg
var icon []byte

// resources are what each kind leads to.
func resources(kind string) []olm.APIResourceReference {
	all := []olm.APIResourceReference{{Kind: "Secret", Version: "v1"}, {Kind: "Event", Version: "v1"}}
	if kind == "VectaraJobDiscovery" {
		all = append(all, olm.APIResourceReference{Kind: "VectaraJob", Version: "v1alpha1"})
	}
	return all
}

// xDescriptors are the hints for consoles, by path.
var xDescriptors = map[string][]string{
	"secretRef.name":               {"urn:alm:descriptor:io.kubernetes:Secret"},
	"template.spec.secretRef.name": {"urn:alm:descriptor:io.kubernetes:Secret"},
	"suspend":                      {"urn:alm:descriptor:com.tectonic.ui:booleanSwitch"},
	"conditions":                   {"urn:alm:descriptor:io.kubernetes.conditions"},
}

func bundleAnnotations() map[string]string {
	return map[string]string{
		"operators.operatorframework.io.bundle.mediatype.v1":       "registry+v1",
		"operators.operatorframework.io.bundle.manifests.v1":       "manifests/",
		"operators.operatorframework.io.bundle.metadata.v1":        "metadata/",
		"operators.operatorframework.io.bundle.package.v1":         packageName,
		"operators.operatorframework.io.bundle.channels.v1":        channel,
		"operators.operatorframework.io.bundle.channel.default.v1": channel,
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
