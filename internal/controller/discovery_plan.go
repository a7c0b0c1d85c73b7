// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	defaultLookBack = 24 * time.Hour
	defaultInterval = time.Minute

	// maxCreations is how many VectaraJobs are created before status is written.
	maxCreations = 100

	// maxJobID is the longest job ID that a VectaraJob accepts, in characters.
	maxJobID = 512
)

// jobIDPattern is what the CRD requires of a job ID.
var jobIDPattern = regexp.MustCompile(`^job_[A-Za-z0-9._~:=+-]+$`)

// windowOf is the window of a discovery.
func windowOf(discovery *v1alpha1.VectaraJobDiscovery) jobs.Window {
	if after := discovery.Spec.CreatedAfter; after != nil {
		return jobs.Window{Since: after.Time}
	}
	return jobs.Window{LookBack: durationOr(discovery.Spec.LookBack, defaultLookBack)}
}

func intervalOf(discovery *v1alpha1.VectaraJobDiscovery) time.Duration {
	return durationOr(discovery.Spec.Interval, defaultInterval)
}

// matcher reports which jobs match a discovery, apart from its window. It depends on the specification alone.
func matcher(spec v1alpha1.VectaraJobDiscoverySpec) func(*vectara.Job) bool {
	return func(job *vectara.Job) bool {
		return len(job.ID) <= maxJobID && jobIDPattern.MatchString(job.ID) &&
			(len(spec.States) == 0 || slices.Contains(spec.States, v1alpha1.JobState(job.State))) &&
			(len(spec.Types) == 0 || slices.Contains(spec.Types, v1alpha1.JobType(job.Type))) &&
			(len(spec.CorpusKeys) == 0 || slices.ContainsFunc(job.CorpusKeys, func(key string) bool {
				return slices.Contains(spec.CorpusKeys, key)
			}))
	}
}

// discoveryPlan is what to do about the jobs of a listing.
type discoveryPlan struct {
	// create are the jobs that get a VectaraJob now, the oldest first.
	create []jobs.Found
	// adopt are those that have one of ours which is not in the memory, because status was not written.
	adopt []jobs.Found
	// leave are those that somebody else has given one.
	leave []jobs.Found
	// later is how many more get one after this.
	later int
	// excess is how many get none because there are spec.maxJobs VectaraJobs.
	excess int
	// forgone is how many get none because the memory is full.
	forgone int
	// present is how many VectaraJobs of the discovery there are before that.
	present int
}

// planDiscovery decides which jobs of a listing get a VectaraJob. The namespace holds the VectaraJobs present, and those for the
// jobs expected, which the cache does not show yet.
func planDiscovery(
	discovery *v1alpha1.VectaraJobDiscovery, memory processed, present []v1alpha1.VectaraJob, expected []string, found []jobs.Found,
) discoveryPlan {
	own, others := map[string]bool{}, map[string]bool{}
	for _, id := range expected {
		own[id] = true
	}
	for i := range present {
		job := &present[i]
		switch controller := metav1.GetControllerOfNoCopy(job); {
		case controller != nil && controller.UID == discovery.UID:
			own[job.Spec.JobID] = true
		case controller == nil || controller.Kind != v1alpha1.VectaraJobDiscoveryKind:
			others[job.Spec.JobID] = true
		}
	}
	found = slices.SortedStableFunc(slices.Values(found), func(a, b jobs.Found) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})

	plan := discoveryPlan{present: len(own)}
	room, free := int(discovery.Spec.MaxJobs)-len(own), maxProcessed-len(memory)
	for _, job := range found {
		switch {
		case memory.has(job.ID):
		case free <= 0:
			plan.forgone++
		case own[job.ID]:
			plan.adopt = append(plan.adopt, job)
			free--
		case others[job.ID]:
			plan.leave = append(plan.leave, job)
			free--
		case room <= 0:
			plan.excess++
		default:
			if len(plan.create) < maxCreations {
				plan.create = append(plan.create, job)
			} else {
				plan.later++
			}
			room--
			free--
		}
	}
	return plan
}

// nameAlphabet becomes one of lower-case letters and digits, which names may have.
var nameAlphabet = base32.HexEncoding.WithPadding(base32.NoPadding)

// discoveredName is the name of the VectaraJob for a job: always the same one, so that creating it twice fails.
func discoveredName(discovery, jobID string) string {
	sum := sha256.Sum256([]byte(jobID))
	return discovery + "-" + strings.ToLower(nameAlphabet.EncodeToString(sum[:10]))
}

// discovered is the VectaraJob for a job.
func discovered(discovery *v1alpha1.VectaraJobDiscovery, jobID string) *v1alpha1.VectaraJob {
	template := discovery.Spec.Template
	controls := true
	return &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   discovery.Namespace,
			Name:        discoveredName(discovery.Name, jobID),
			Labels:      labelsOf(discovery),
			Annotations: annotationsOf(template),
			// The owner is not blocked from being deleted, which would need more rights.
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.VectaraJobDiscoveryKind,
				Name: discovery.Name, UID: discovery.UID, Controller: &controls,
			}},
		},
		Spec: v1alpha1.VectaraJobSpec{
			JobID:                   jobID,
			SecretRef:               discovery.Spec.SecretRef,
			PollInterval:            template.Spec.PollInterval,
			RequestTimeout:          template.Spec.RequestTimeout,
			TTLSecondsAfterFinished: template.Spec.TTLSecondsAfterFinished,
		},
	}
}

// reservedPrefix is that of the labels and annotations that no template sets.
const reservedPrefix = v1alpha1.GroupName + "/"

// labelsOf are the labels of the VectaraJobs of a discovery.
func labelsOf(discovery *v1alpha1.VectaraJobDiscovery) map[string]string {
	all := unreserved(discovery.Spec.Template.Metadata.Labels)
	all[v1alpha1.DiscoveryLabel] = discovery.Name
	return all
}

func annotationsOf(template v1alpha1.VectaraJobTemplate) map[string]string {
	if all := unreserved(template.Metadata.Annotations); len(all) > 0 {
		return all
	}
	return nil
}

// unreserved copies labels or annotations, except for those that are the operator's.
func unreserved[V ~string](from map[string]V) map[string]string {
	all := map[string]string{}
	for key, value := range from {
		if !strings.HasPrefix(key, reservedPrefix) {
			all[key] = string(value)
		}
	}
	return all
}
