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
	// is taken for one of them is one in ten thousand million.
	digestBytes = 6
	digestChars = 8

	// maxHandled bounds the memory of a discovery: 160 kB in its status.
	maxHandled = 20_000

	// maxGroups is how many groups the CRD takes.
	maxGroups = 512
)

// latest is the last time that the API server takes.
var latest = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)

// digest stands for a job in the memory of a discovery.
type digest string

func digestOf(jobID string) digest {
	sum := sha256.Sum256([]byte(jobID))
	return digest(base64.StdEncoding.EncodeToString(sum[:digestBytes]))
}

// handled is the memory of a discovery: the jobs that have had their VectaraJob, and a time before which each was created.
type handled map[digest]time.Time

// readHandled takes the memory out of a status.
func readHandled(groups []v1alpha1.HandledJobs) handled {
	h := handled{}
	for _, group := range groups {
		for rest := group.Digests; len(rest) >= digestChars; rest = rest[digestChars:] {
			h[digest(rest[:digestChars])] = group.CreatedBefore.Time
		}
	}
	return h
}

func (h handled) has(jobID string) bool {
	_, ok := h[digestOf(jobID)]
	return ok
}

// add remembers a job. One without a time of creation, or with one that is still to come, counts as created now.
func (h handled) add(jobID string, created, now time.Time) {
	if created.IsZero() || created.After(now) {
		created = now
	}
	h[digestOf(jobID)] = created.Add(time.Second) // The time may have a fraction, of which status keeps none.
}

// forget drops the jobs that were created before the window began. Those that are on the list all the same, as Vectara does
// not say when they were created or said something else before, count as created now.
func (h handled) forget(start time.Time, listed []jobs.Found, now time.Time) {
	onList := map[digest]bool{}
	for _, job := range listed {
		onList[digestOf(job.ID)] = true
	}
	for d, createdBefore := range h {
		switch {
		case createdBefore.After(start):
		case onList[d]:
			h[d] = now
		default:
			delete(h, d)
		}
	}
}

// write puts the memory into the form of a status, always the same one for the same memory: in groups of a grain each, or of
// a coarser one if these were more than the CRD takes. A time that is later than the true one does no harm: the job is
// remembered for longer.
func (h handled) write(grain time.Duration) []v1alpha1.HandledJobs {
	groups := h.groups(grain)
	for len(groups) > maxGroups {
		grain *= 2 // So that the groups of a coarser grain are ones of a finer grain too, when they are read back.
		groups = h.groups(grain)
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
func (h handled) groups(grain time.Duration) map[int64][]string {
	groups := map[int64][]string{}
	for d, createdBefore := range h {
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

// grainOf is how exactly a window wants the times of creation remembered: in about a hundred groups. Without an end to the
// window nothing is ever forgotten, and a year is exact enough.
func grainOf(lookBack time.Duration) time.Duration {
	if lookBack <= 0 {
		return 365 * 24 * time.Hour
	}
	return max((lookBack / 100).Truncate(time.Minute), time.Minute)
}
