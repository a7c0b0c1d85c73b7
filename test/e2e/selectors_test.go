// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func TestObjectsAreFoundByWhatIsSelectable(t *testing.T) {
	s := newSchemaScene(t)
	for i, state := range []v1alpha1.JobState{"started", "completed", "completed"} {
		object := s.create(fmt.Sprint("a", i), fmt.Sprint("job_", i), func(object *v1alpha1.VectaraJob) {
			if state == "started" {
				object.Spec.SecretRef.Name = "team-search"
			}
		})
		object.Status.State, object.Status.Type = state, "bulk_delete_documents"
		s.must(admin.Status().Update(s.ctx, object))
	}
	s.discover("a")
	s.discover("b", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.SecretRef.Name = "team-search" })
	for selector, want := range map[string]int{
		"vj status.state=completed":                                   2,
		"vj status.state=completed,spec.jobID=job_1":                  1,
		"vj status.type=bulk_delete_documents":                        3,
		"vj spec.secretRef.name=team-search":                          1,
		"vj spec.secretRef.name=team-search,status.state!=started":    0,
		"vj spec.secretRef.name=vectara-credentials":                  2,
		"vjd spec.secretRef.name=team-search":                         1,
		"vectarajobdiscovery spec.secretRef.name=vectara-credentials": 1,
		"vectara spec.secretRef.name=team-search":                     2, // Of both kinds.
	} {
		kind, selector, _ := strings.Cut(selector, " ")
		names, err := cluster.Kubectl(s.ctx, "get", kind, "-n", s.namespace, "--field-selector", selector, "-o", "name")
		s.must(err)
		if got := len(strings.Fields(names)); got != want {
			t.Errorf("%s of %s finds %d objects, want %d", selector, kind, got, want)
		}
	}
}
