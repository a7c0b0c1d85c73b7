// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"testing"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// wholeSuite reports whether no test was left out: a part of them does not use every permission.
func wholeSuite() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}

// checkPermissions compares what config/rbac grants the operator with what all managers of all tests asked for, by the API
// server's audit log. A permission that no test needs is one that somebody with the operator's token would have for nothing.
func checkPermissions(ctx context.Context) error {
	manifests, err := cluster.Kubectl(ctx, "kustomize", "config/default")
	if err != nil {
		return err
	}
	granted, err := harness.Granted(manifests)
	if err != nil {
		return err
	}
	requests, err := cluster.OperatorRequests(harness.ByConfig)
	if err != nil {
		return err
	}
	if problems := harness.ComparePermissions(granted, requests); len(problems) > 0 {
		return fmt.Errorf("config/rbac and the audit log of all tests differ:\n%w", errors.Join(problems...))
	}
	fmt.Printf("permissions: %d granted, all used, in %d requests\n", len(granted), len(requests))
	return nil
}

// TestManagerWatchesAllNamespaces is what the permissions in all namespaces are for: every other test has its manager watch a
// single one, and has no Lease or one of another name. Its client lists before it watches, as it does with an API server that
// cannot send what there is on a watch.
func TestManagerWatchesAllNamespaces(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	manager, err := cluster.StartManagerWith(s.ctx, binary, []string{"KUBE_FEATURE_WatchListClient=false"},
		"--endpoint="+s.vectara.URL(), "--token-url="+s.vectara.TokenURL(), "--allow-insecure-endpoints",
		"--leader-election-id="+harness.Lease,       // Without it, the name is one for the selector.
		"--watch-label-selector=scene="+s.namespace) // No object of another test has this label.
	s.must(err)
	t.Cleanup(manager.Stop)
	s.within(manager.AwaitReady)
	s.job("job_a", "completed")
	s.create("a", "job_a", func(object *v1alpha1.VectaraJob) { object.Labels = map[string]string{"scene": s.namespace} })
	s.awaitReason("a", v1alpha1.ConditionReady, v1alpha1.ReasonJobCompleted)
	for _, resource := range []string{"secrets", "vectarajobs", "vectarajobdiscoveries"} {
		reads, err := cluster.OperatorRequests(harness.OnResource(resource), func(event auditv1.Event) bool {
			return event.Verb == "list" && event.ObjectRef.Namespace == ""
		})
		s.must(err)
		if len(reads) == 0 {
			t.Errorf("%s were not listed in all namespaces at once: this tests nothing", resource)
		}
	}
}
