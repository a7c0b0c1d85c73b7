// SPDX-License-Identifier: Apache-2.0

package security

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// TestQuotaHoldsForWhatADiscoveryCreates applies the sample of a ResourceQuota, made smaller: what the operator creates for a
// tenant counts as the tenant's.
func TestQuotaHoldsForWhatADiscoveryCreates(t *testing.T) {
	ctx := t.Context()
	apply(t, "config/policy/quota")
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: watched, Name: "vectara-jobs"}}
	const count = "count/vectarajobs.jobs.vectara.io"
	must(t, admin.Get(ctx, client.ObjectKeyFromObject(quota), quota))
	if _, ok := quota.Spec.Hard[count]; !ok {
		t.Fatalf("the sample does not limit %s", count)
	}
	setQuota := func(value string) {
		t.Helper()
		before := quota.DeepCopy() // The quota controller writes its status meanwhile, which a patch does not mind.
		quota.Spec.Hard[count] = resource.MustParse(value)
		must(t, admin.Patch(ctx, quota, client.MergeFrom(before)))
	}
	setQuota("3")
	await(t, "the quota is in force", func(ctx context.Context) error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(quota), quota); err != nil {
			return err
		}
		if hard, used := quota.Status.Hard[count], quota.Status.Used[count]; hard.Value() != 3 || used.Value() != 0 {
			return fmt.Errorf("%+v", quota.Status)
		}
		return nil
	})

	for i := range 5 {
		vectara.AddJob(jobOf("quota", i, "started"))
	}
	discovery := newDiscovery("quota", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.CorpusKeys = []string{"quota"} })
	must(t, tenant.Create(ctx, discovery))
	t.Cleanup(func() { must(t, admin.Delete(context.Background(), discovery)) })
	await(t, "the discovery says that the quota is used up", func(ctx context.Context) error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(discovery), discovery); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != v1alpha1.ReasonCreationFailed || !strings.Contains(ready.Message, "exceeded quota: vectara-jobs") {
			return fmt.Errorf("%+v", ready)
		}
		return nil
	})
	awaitJobs(t, "quota", 3)
	if err := tenant.Create(ctx, newJob("one-too-many", nil)); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "exceeded quota") {
		t.Errorf("one more: %v, want that the quota is exceeded", err)
	}

	// It goes on by itself once there is room.
	setQuota("10")
	awaitJobs(t, "quota", 5)
}

// jobOf is a job of a corpus.
func jobOf(corpus string, n int, state string) simulator.Job {
	return simulator.Job{
		ID: fmt.Sprintf("job_%s%d", corpus, n), Type: "bulk_delete_documents", CorpusKeys: []string{corpus},
		Steps: []simulator.Step{{State: state}},
	}
}

// awaitJobs waits until a discovery has so many VectaraJobs.
func awaitJobs(t *testing.T, discovery string, want int) {
	t.Helper()
	await(t, fmt.Sprintf("%s has %d VectaraJobs", discovery, want), func(ctx context.Context) error {
		var list v1alpha1.VectaraJobList
		if err := admin.List(ctx, &list, client.InNamespace(watched), client.MatchingLabels{v1alpha1.DiscoveryLabel: discovery}); err != nil {
			return err
		}
		if len(list.Items) != want {
			return fmt.Errorf("there are %d", len(list.Items))
		}
		return nil
	})
}
