// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

const (
	// digestBytes of a SHA-256 make eight characters of base64, without padding. Among 20,000 jobs, the chance that a new one
	// is mistaken for one of them is one in ten thousand million.
	digestBytes = 6
	digestChars = 8

	// maxProcessed bounds the memory of a discovery: 160 kB in its status.
	maxProcessed = 20_000

	// maxGroups is how many groups the CRD accepts.
	maxGroups = 512
)

// latest is the last time that the API server accepts.
var latest = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)

// digest stands for a job in the memory of a discovery.
type digest string

func digestOf(jobID string) digest {
	sum := sha256.Sum256([]byte(jobID))
	return digest(base64.StdEncoding.EncodeToString(sum[:digestBytes]))
}

// processed is the memory of a discovery: the jobs that have had a VectaraJob, and a time before which each was created.
type processed map[digest]time.Time

// readProcessed reads the memory from a status.
func readProcessed(groups []v1alpha1.HandledJobs) processed {
	p := processed{}
	for _, group := range groups {
		for rest := group.Digests; len(rest) >= digestChars; rest = rest[digestChars:] {
			p[digest(rest[:digestChars])] = group.CreatedBefore.Time
		}
	}
	return p
}

func (p processed) has(jobID string) bool {
	_, ok := p[digestOf(jobID)]
	return ok
}

// add remembers a job. One without a time of creation, or with one in the future, counts as created now.
func (p processed) add(jobID string, created, now time.Time) {
	if created.IsZero() || created.After(now) {
		created = now
	}
	p[digestOf(jobID)] = created.Add(time.Second) // The time may have a fraction, of which status keeps none.
}

// forget drops the jobs that were created before the start of the window. Those that are listed all the same, because Vectara
// does not say when they were created or said something else before, count as created now.
func (p processed) forget(start time.Time, listed []jobs.Found, now time.Time) {
	onList := map[digest]bool{}
	for _, job := range listed {
		onList[digestOf(job.ID)] = true
	}
	for d, createdBefore := range p {
		switch {
		case createdBefore.After(start):
		case onList[d]:
			p[d] = now
		default:
			delete(p, d)
		}
	}
}

// equal reports whether two memories are the same.
func (p processed) equal(other processed) bool { return maps.EqualFunc(p, other, time.Time.Equal) }

// write encodes the memory for a status, always in the same way: in groups of a grain each, or of a coarser one if these were
// more than the CRD accepts. A time that is later than the true one does no harm: the job is remembered for longer.
func (p processed) write(grain time.Duration) []v1alpha1.HandledJobs {
	groups := p.groups(grain)
	for len(groups) > maxGroups {
		grain *= 2 // So that the groups of a coarser grain are ones of a finer grain too, when they are read back.
		groups = p.groups(grain)
	}
	var written []v1alpha1.HandledJobs
	for _, at := range slices.Sorted(maps.Keys(groups)) {
		slices.Sort(groups[at])
		written = append(written, v1alpha1.HandledJobs{
			CreatedBefore: metav1.NewTime(time.Unix(at, 0).UTC()),
			Digests:       strings.Join(groups[at], ""),
		})
	}
	return written
}

// groups sorts the memory by the end of the grain that the time of creation is in, in seconds since 1970.
func (p processed) groups(grain time.Duration) map[int64][]string {
	groups := map[int64][]string{}
	for d, createdBefore := range p {
		at := createdBefore.Truncate(grain)
		if at.Before(createdBefore) {
			at = at.Add(grain)
		}
		if at.After(latest) {
			at = latest
		}
		groups[at.Unix()] = append(groups[at.Unix()], string(d))
	}
	return groups
}

// grainOf is the precision of the times of creation for a window: about a hundred groups. If the window does not move, nothing
// is ever forgotten, and a year is precise enough.
func grainOf(lookBack time.Duration) time.Duration {
	if lookBack <= 0 {
		return 365 * 24 * time.Hour
	}
	return max((lookBack / 100).Truncate(time.Minute), time.Minute)
}
