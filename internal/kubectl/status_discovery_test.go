// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// full has as many VectaraJobs as there may be.
func full(discovery *v1alpha1.VectaraJobDiscovery) {
	status := &discovery.Status
	status.ObservedGeneration, status.LastSweepTime = discovery.Generation, ptr.To(metav1.Now())
	status.ObservedJobs, status.MirroredJobs, status.WaitingJobs = ptr.To(int32(12)), ptr.To(int32(9)), ptr.To(int32(3))
	for kind, is := range map[string]metav1.ConditionStatus{
		v1alpha1.ConditionReady: metav1.ConditionFalse, v1alpha1.ConditionStalled: metav1.ConditionTrue,
	} {
		status.Conditions = append(status.Conditions, metav1.Condition{
			Type: kind, Status: is, Reason: v1alpha1.ReasonMaxJobsReached, Message: "3 wait.", LastTransitionTime: metav1.Now(),
		})
	}
}

func forbidden(resource string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", nil)
}

func TestStatusOfJobsAndDiscoveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("started", "")), vectaraJobDiscovery("legal", full))
		w.expect("", []string{"status"}, 0, "a      started   0s")
		jobs, discoveries, _ := strings.Cut(w.out.String(), "\n\n")
		if !strings.HasPrefix(jobs, "NAME ") || strings.Contains(jobs, "legal") {
			t.Errorf("the first table is\n%s", jobs)
		}
		if fields := strings.Join(strings.Fields(discoveries), " "); fields !=
			"DISCOVERY STATE MATCHING MIRRORED WAITING LISTED NOTE legal blocked 12 9 3 0s MaxJobsReached: 3 wait." {
			t.Errorf("the second table is\n%s", discoveries)
		}
	})
}

func TestStatusOfDiscoveriesOnly(t *testing.T) {
	w := newWorld(t, vectaraJobDiscovery("legal"), vectaraJob("a", elsewhere))
	w.expect("", []string{"status"}, 0)
	if text := w.out.String(); !strings.HasPrefix(text, "DISCOVERY ") || !strings.Contains(text, "legal       not listed yet ") {
		t.Errorf("it wrote\n%s", text)
	}
}

func TestStatusOfOneDiscovery(t *testing.T) {
	for _, name := range []string{"legal", "vjd/legal", "discovery/legal", "vectarajobdiscovery.jobs.vectara.io/legal"} {
		w := newWorld(t, vectaraJobDiscovery("legal", full), vectaraJob("a"))
		w.expect("", []string{"status", name}, 0, "search/legal: blocked for", "Waiting:    3\n", "What to do:", "Events:")
	}
}

func TestStatusOfANameThatBothKindsHave(t *testing.T) {
	w := newWorld(t, vectaraJobDiscovery("legal"), vectaraJob("legal"))
	w.expect("", []string{"status", "legal"}, 1, `"legal" is the name of a VectaraJob and of a VectaraJobDiscovery: expected vj/legal or vjd/legal`)
	w.expect("", []string{"status", "vj/legal"}, 0, "Job:        job_of-legal\n")
	w.expect("", []string{"status", "vjd/legal"}, 0, "Window:     jobs created in the last 24h\n")
}

func TestStatusPrintsObjectsOfBothKinds(t *testing.T) {
	w := newWorld(t, vectaraJobDiscovery("legal"), vectaraJob("a"))
	w.expect("", []string{"status", "-o", "name"}, 0, "vectarajob.jobs.vectara.io/a\nvectarajobdiscovery.jobs.vectara.io/legal\n")
	w.expect("", []string{"status", "-o", "yaml"}, 0, "kind: List\n", "  kind: VectaraJob\n", "  kind: VectaraJobDiscovery\n")
	w.expect("", []string{"status", "legal", "-o", "jsonpath={.kind}"}, 0, "VectaraJobDiscovery")
}

func TestStatusForSomebodyWhoMayNotReadDiscoveries(t *testing.T) {
	w := newWorld(t, vectaraJobDiscovery("legal"), vectaraJob("a"))
	w.funcs.List = func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		if _, ok := list.(*v1alpha1.VectaraJobDiscoveryList); ok {
			return forbidden("vectarajobdiscoveries")
		}
		return c.List(ctx, list, options...)
	}
	w.funcs.Get = func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		if _, ok := object.(*v1alpha1.VectaraJobDiscovery); ok {
			return forbidden("vectarajobdiscoveries")
		}
		return c.Get(ctx, key, object, options...)
	}
	w.expect("", []string{"status"}, 0, "a      not seen yet", "warning: VectaraJobDiscoveries are not shown: ")
	w.expect("", []string{"status", "a"}, 0, "search/a: not seen yet\n")
	w.expect("", []string{"status", "legal"}, 1, `vectarajobs.jobs.vectara.io "legal" not found`, "vectarajobdiscoveries is forbidden")
}

func TestWaitRefusesADiscovery(t *testing.T) {
	w := newWorld(t, vectaraJobDiscovery("legal"))
	w.expect("", []string{"wait", "vjd/legal"}, 1,
		`"vjd/legal" is a VectaraJobDiscovery, which does not end`, "use -l jobs.vectara.io/discovery=legal")
}
