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

	// maxCreations is how many VectaraJobs are created before the memory of them is written down.
	maxCreations = 100

	// maxJobID is the longest job ID that a VectaraJob takes, in characters.
	maxJobID = 512
)

// jobIDPattern is what the CRD demands of a job ID.
var jobIDPattern = regexp.MustCompile(`^job_[A-Za-z0-9._~:=+-]+$`)

// windowOf is the window of a discovery.
func windowOf(discovery *v1alpha1.VectaraJobDiscovery) jobs.Window {
	switch spec := discovery.Spec; {
	case spec.CreatedAfter != nil:
		return jobs.Window{Since: spec.CreatedAfter.Time}
	case spec.LookBack != nil:
		return jobs.Window{LookBack: spec.LookBack.Duration}
	default:
		return jobs.Window{LookBack: defaultLookBack}
	}
}

func intervalOf(discovery *v1alpha1.VectaraJobDiscovery) time.Duration {
	if discovery.Spec.Interval != nil {
		return discovery.Spec.Interval.Duration
	}
	return defaultInterval
}

// matcher tells which jobs match a discovery, but for its window. It is of the specification alone.
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

// discoveryPlan is what a listing asks a discovery to do.
type discoveryPlan struct {
	// create are the jobs that get a VectaraJob now, the oldest first.
	create []jobs.Found
	// adopt are those that have one which the memory does not know: of ours, because the memory was not written.
	adopt []jobs.Found
	// leave are those that somebody else has given one.
	leave []jobs.Found
	// later is how many more get one after this.
	later int
	// excess is how many get none because there are spec.maxJobs VectaraJobs.
	excess int
	// forgone is how many get none because the memory is full.
	forgone int
}

// planDiscovery decides which jobs of a listing get a VectaraJob, out of what the namespace holds: the VectaraJobs present, and
// those for the jobs unseen, which the cache does not show yet.
func planDiscovery(
	discovery *v1alpha1.VectaraJobDiscovery, memory handled, present []v1alpha1.VectaraJob, unseen []string, found []jobs.Found,
) discoveryPlan {
	own, others := map[string]bool{}, map[string]bool{}
	for _, id := range unseen {
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

	var plan discoveryPlan
	room, free := int(discovery.Spec.MaxJobs)-len(own), maxHandled-len(memory)
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
		case len(plan.create) == maxCreations:
			plan.later++
			room--
			free--
		default:
			plan.create = append(plan.create, job)
			room--
			free--
		}
	}
	return plan
}

// nameAlphabet has no capital letters, which no name may have.
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

// labelsOf are the labels of the VectaraJobs of a discovery.
func labelsOf(discovery *v1alpha1.VectaraJobDiscovery) map[string]string {
	all := map[string]string{}
	for key, value := range discovery.Spec.Template.Metadata.Labels {
		all[key] = string(value)
	}
	all[v1alpha1.DiscoveryLabel] = discovery.Name
	return all
}

func annotationsOf(template v1alpha1.VectaraJobTemplate) map[string]string {
	if len(template.Metadata.Annotations) == 0 {
		return nil
	}
	all := map[string]string{}
	for key, value := range template.Metadata.Annotations {
		all[key] = string(value)
	}
	return all
}
