// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// discoveryScope is everything that a decision about a discovery depends on.
type discoveryScope struct {
	discovery *v1alpha1.VectaraJobDiscovery
	// noCredentials is why there are no credentials; nil if there are.
	noCredentials *fault
	// listing is the newest one; nil if there is none yet.
	listing *jobs.Listing
	// present are the VectaraJobs of the namespace, and expected the jobs of those that the cache does not show yet.
	present  []v1alpha1.VectaraJob
	expected []string
	// unwritten are jobs that have got a VectaraJob which status does not have.
	unwritten []jobs.Found
	// selector is what the labels of a VectaraJob must match to be watched by this operator; nil means anything.
	selector labels.Selector
	now      time.Time
}

// discoveryResult is what follows from a scope, and, once the plan was carried out, what came of it. Without a fault, there is
// a listing.
type discoveryResult struct {
	request jobs.Request
	listing *jobs.Listing
	fault   *fault

	plan discoveryPlan
	// memory are the jobs that have had a VectaraJob; nil if that is not to be written.
	memory processed
	// created are the jobs that have got a VectaraJob, including those whose one is only now remembered.
	created []jobs.Found
	// mirrored is how many VectaraJobs of the discovery there are, and waiting how many jobs have not had one.
	mirrored, waiting int
	// unseen are the corpora of the discovery on which no job works, as far as is known.
	unseen []string
	// refused is why a VectaraJob could not be created; empty if none was refused.
	refused string
	// unwatched says that VectaraJobs with the template's labels would not be watched, so that none is created.
	unwatched bool
}

// decideDiscovery decides which VectaraJobs to create; nil means that there is nothing to do or to say yet.
func decideDiscovery(s discoveryScope) *discoveryResult {
	discovery, listing := s.discovery, s.listing
	switch {
	case s.noCredentials != nil:
		// A requested list stays pending until there are credentials.
		request := jobs.Request{Generation: discovery.Generation, RequestedAt: discovery.Status.LastHandledReconcileAt}
		return &discoveryResult{request: request, fault: s.noCredentials}
	case listing == nil || listing.Request.Generation != discovery.Generation:
		return nil
	case listing.Fault != nil:
		return &discoveryResult{request: listing.Request, fault: faultOf(listing.Fault, discovery.Spec.SecretRef.Name, toList)}
	}

	r := &discoveryResult{request: listing.Request, listing: listing, unseen: unseenCorpora(discovery, listing, s.present)}
	memory := readProcessed(discovery.Status.HandledJobs)
	if r.complete() {
		memory.forget(memoryStart(discovery, listing), listing.Jobs, s.now)
	}
	for _, job := range s.unwritten {
		if !memory.has(job.ID) {
			memory.add(job.ID, job.CreatedAt, s.now)
			r.created = append(r.created, job)
		}
	}
	r.plan = planDiscovery(discovery, memory, s.present, s.expected, listing.Jobs)
	r.mirrored, r.waiting = r.plan.present, len(r.plan.create)+r.plan.later+r.plan.excess+r.plan.forgone
	if s.selector != nil && !s.selector.Matches(labels.Set(labelsOf(discovery))) {
		r.unwatched, r.plan.create, r.created = true, nil, nil
		return r
	}
	r.memory = memory
	r.created = append(r.created, r.plan.adopt...)
	r.remember(r.plan.adopt, s.now)
	r.remember(r.plan.leave, s.now)
	return r
}

// carriedOut adds to a result what was created of its plan.
func (r *discoveryResult) carriedOut(made []jobs.Found, err error, now time.Time) {
	r.created = append(r.created, made...)
	r.remember(made, now)
	r.mirrored, r.waiting = r.mirrored+len(made), r.waiting-len(made)
	if err != nil {
		r.refused = err.Error()
	}
}

func (r *discoveryResult) remember(found []jobs.Found, now time.Time) {
	for _, job := range found {
		r.memory.add(job.ID, job.CreatedAt, now)
	}
}

// complete reports whether the listing has all jobs that match.
func (r *discoveryResult) complete() bool {
	return r.listing != nil && r.listing.Fault == nil && !r.listing.Truncated
}

// memoryStart is since when jobs are remembered: the start of the window, or the last list in status if that is earlier, as
// a list after a restart reaches back to it.
func memoryStart(discovery *v1alpha1.VectaraJobDiscovery, listing *jobs.Listing) time.Time {
	if last := timeOf(discovery.Status.LastSweepTime); !last.IsZero() && last.Before(listing.Since) {
		return last
	}
	return listing.Since
}

// discoveryRequeue is how long it is until time alone changes something about a discovery; 0 if it never does.
func discoveryRequeue(discovery *v1alpha1.VectaraJobDiscovery, status v1alpha1.VectaraJobDiscoveryStatus, result *discoveryResult, now time.Time) time.Duration {
	if result.plan.later > 0 {
		return cachePause
	}
	wait := time.Duration(0)
	if status.LastSweepTime != nil {
		wait = max(status.LastSweepTime.Add(lastSweepTimeRefresh+time.Second).Sub(now), time.Minute)
	}
	if startsLater(discovery, now) {
		begins := discovery.Spec.CreatedAfter.Sub(now) + time.Second
		return min(begins, cmp.Or(wait, begins))
	}
	return wait
}
