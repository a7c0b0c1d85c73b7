// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

const testDiscovery = "legal"

type discoveryOption func(*v1alpha1.VectaraJobDiscovery)

// discovery is one that was applied an hour before noon and that the operator has not reconciled yet, as the API server
// fills in its defaults and as options change it.
func discovery(options ...discoveryOption) *v1alpha1.VectaraJobDiscovery {
	object := &v1alpha1.VectaraJobDiscovery{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:         testNamespace,
			Name:              testDiscovery,
			UID:               "0f1b7c1e-6f7e-4d0b-9c1c-6f4a1c9b2a10",
			Generation:        1,
			CreationTimestamp: *timestamp(noon.Add(-time.Hour)),
		},
		Spec:   v1alpha1.VectaraJobDiscoverySpec{SecretRef: v1alpha1.SecretReference{Name: testSecret}, MaxJobs: 1000},
		Status: v1alpha1.VectaraJobDiscoveryStatus{ObservedGeneration: -1},
	}
	for _, option := range options {
		option(object)
	}
	return object
}

func withMaxJobs(n int32) discoveryOption {
	return func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = n }
}

// withResult has the last list, half an hour before noon, have had a result.
func withResult(found discoveryResult) discoveryOption {
	return func(d *v1alpha1.VectaraJobDiscovery) {
		found.request = listRequestOf(d)
		if found.listing != nil {
			listing := *found.listing
			listing.Asked, listing.Answered = ago(30*time.Minute), ago(30*time.Minute)
			found.listing = &listing
		}
		d.Status = nextDiscoveryStatus(d, found, ago(30*time.Minute))
	}
}

// listed are jobs on a list, each a minute older than the next one; the last is an hour old.
func listed(jobIDs ...string) []jobs.Found {
	var found []jobs.Found
	for i, id := range jobIDs {
		found = append(found, jobs.Found{ID: id, CreatedAt: ago(time.Hour + time.Duration(len(jobIDs)-1-i)*time.Minute)})
	}
	return found
}

// manyIDs are so many job IDs, whose order is that of their numbers.
func manyIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("job_%05d", i)
	}
	return ids
}

// list is a complete list that was made two seconds to one before noon.
func list(found ...jobs.Found) *jobs.Listing {
	slices.SortFunc(found, func(a, b jobs.Found) int { return strings.Compare(a.ID, b.ID) })
	return &jobs.Listing{
		Asked: ago(2 * time.Second), Answered: ago(time.Second), Request: jobs.Request{Generation: 1}, Since: ago(24 * time.Hour), Jobs: found,
	}
}

// made are the VectaraJobs that a discovery created for jobs.
func made(d *v1alpha1.VectaraJobDiscovery, jobIDs ...string) []v1alpha1.VectaraJob {
	var all []v1alpha1.VectaraJob
	for _, id := range jobIDs {
		all = append(all, *discovered(d, id))
	}
	return all
}

// byHand are VectaraJobs that somebody wrote for jobs.
func byHand(jobIDs ...string) []v1alpha1.VectaraJob {
	var all []v1alpha1.VectaraJob
	for _, id := range jobIDs {
		all = append(all, *job(func(object *v1alpha1.VectaraJob) { object.Name, object.Spec.JobID = "by-hand-"+id[len("job_"):], id }))
	}
	return all
}

// ownedBy are VectaraJobs for jobs that something else controls.
func ownedBy(kind string, jobIDs ...string) []v1alpha1.VectaraJob {
	all := byHand(jobIDs...)
	for i := range all {
		all[i].OwnerReferences = []metav1.OwnerReference{{APIVersion: "example.com/v1", Kind: kind, Name: "x", UID: "x", Controller: ptr.To(true)}}
	}
	return all
}

func idsOf(found []jobs.Found) []string {
	var ids []string
	for _, job := range found {
		ids = append(ids, job.ID)
	}
	return ids
}

// discoveryAsStored is a discovery with a status as it comes back from the API server: through JSON, in local time.
func discoveryAsStored(t *testing.T, object *v1alpha1.VectaraJobDiscovery, status v1alpha1.VectaraJobDiscoveryStatus) *v1alpha1.VectaraJobDiscovery {
	t.Helper()
	encoded, err := json.Marshal(status)
	if err != nil {
		t.Fatalf("Encoding the status: %v", err)
	}
	stored := object.DeepCopy()
	stored.Status = v1alpha1.VectaraJobDiscoveryStatus{}
	if err := json.Unmarshal(encoded, &stored.Status); err != nil {
		t.Fatalf("Decoding the status: %v", err)
	}
	return stored
}
