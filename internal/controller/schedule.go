// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"hash/fnv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

const (
	// recheckDenied and recheckNotFound are how often a job is looked at that only a person can help.
	recheckDenied   = 5 * time.Minute
	recheckNotFound = 10 * time.Minute

	// notFoundGrace is for how long a new object may name a job that Vectara does not know yet: whoever started the job
	// may be faster than Vectara's own bookkeeping.
	notFoundGrace = time.Minute

	// firstLook is the time after the creation of an object within which the operator has come upon its job. A state
	// that it first saw later than that is one that it saw begin.
	firstLook = 10 * time.Second

	// jitter is the share by which an interval is made longer or shorter.
	jitter = 0.1

	// ageShare is the share of the time that a job has been in its state after which it is looked at again, so that a
	// change is seen after about a tenth of what it took.
	ageShare = 10
)

// PollBounds are the bounds of the adaptive interval.
type PollBounds struct {
	// Min and Max are at least 1 s, Min not above Max.
	Min, Max time.Duration
}

// schedule says when the job of one object is asked. It is made of the object alone, so that it survives restarts and
// is the same however often the object is looked at. It implements jobs.Schedule.
type schedule struct {
	seed     uint64
	created  time.Time
	seen     bool
	finished bool
	state    v1alpha1.JobState
	since    time.Time     // when the job came into its state
	fixed    time.Duration // spec.pollInterval; 0 means adaptive
	bounds   PollBounds
	unheard  bool // whether nothing that Vectara said is known of the job, or of the credentials
}

var _ jobs.Schedule = schedule{}

func newSchedule(job *v1alpha1.VectaraJob, bounds PollBounds) schedule {
	s := schedule{
		seed:     seedOf(string(job.UID)),
		created:  job.CreationTimestamp.Time,
		seen:     job.IsSeen(),
		finished: job.IsFinished(),
		state:    job.Status.State,
		since:    stateSince(job),
		bounds:   bounds,
		unheard:  true,
	}
	if job.Spec.PollInterval != nil {
		s.fixed = job.Spec.PollInterval.Duration
	}
	if synced := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionSynced); synced != nil {
		s.unheard = synced.Reason == v1alpha1.ReasonCredentialsNotFound || synced.Reason == v1alpha1.ReasonCredentialsInvalid
	}
	return s
}

// First implements jobs.Schedule. When the last look was is not written down anywhere, so after a restart every active
// job is looked at within one interval, and within PollBounds.Max if that is shorter. Each object has a place of its own
// in that time, which stays the same for as long as the interval does: restarts do not put it off again and again.
func (s schedule) First(now time.Time) time.Time {
	if s.unheard {
		return now
	}
	window := s.bounds.Max
	if s.seen {
		window = min(window, s.interval(s.since, now))
	}
	first := now.Truncate(window).Add(time.Duration(jobs.Fraction(s.seed, 0) * float64(window)))
	if !first.After(now) {
		first = first.Add(window)
	}
	return first
}

// Next implements jobs.Schedule.
func (s schedule) Next(o jobs.Observation) time.Time {
	salt := uint64(o.Asked.UnixNano())
	switch {
	case o.Fault != nil && s.finished:
		return time.Time{}
	case o.Fault != nil:
		return o.Answered.Add(s.afterFault(o, salt))
	case v1alpha1.JobState(o.Job.State).IsFinal():
		return time.Time{}
	default:
		return o.Answered.Add(s.jittered(s.interval(s.sinceWhen(o), o.Answered), salt))
	}
}

func (s schedule) afterFault(o jobs.Observation, salt uint64) time.Duration {
	backoff := jobs.Backoff(o.Failures, s.seed^salt)
	switch o.Fault.Kind {
	case jobs.Unauthorized:
		return s.jittered(jobs.RefusedPause, salt)
	case jobs.PermissionDenied:
		return s.jittered(recheckDenied, salt)
	case jobs.NotFound:
		if s.mayYetAppear(o.Answered) {
			return backoff
		}
		return s.jittered(recheckNotFound, salt)
	default:
		return max(backoff, min(o.Fault.RetryAfter, jobs.MaxBackoff))
	}
}

// mayYetAppear reports whether a 404 may be due to the job being very new.
func (s schedule) mayYetAppear(now time.Time) bool {
	return !s.seen && now.Before(s.created.Add(notFoundGrace))
}

// sinceWhen is when the job came into the state in which it was observed.
func (s schedule) sinceWhen(o jobs.Observation) time.Time {
	switch {
	case !s.seen:
		return entered(v1alpha1.JobState(o.Job.State), o.Job.CreatedAt, o.Job.StartedAt, o.Answered)
	case v1alpha1.JobState(o.Job.State) == s.state:
		return s.since
	default:
		return o.Answered
	}
}

// interval is the time between two looks, at a time, at a job that came into its state some time ago.
func (s schedule) interval(since, at time.Time) time.Duration {
	if s.fixed > 0 {
		return s.fixed
	}
	return min(max(at.Sub(since)/ageShare, s.bounds.Min), s.bounds.Max)
}

func (s schedule) jittered(d time.Duration, salt uint64) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*jobs.Fraction(s.seed, salt)))
}

// stateSince is when the job came into its present state. The operator knows it if it saw the job in another state
// before. Otherwise, on coming upon the job, it goes by what Vectara says, unless that is later than what it saw itself,
// which only clocks that disagree explain.
func stateSince(job *v1alpha1.VectaraJob) time.Time {
	if !job.IsSeen() {
		return time.Time{}
	}
	since := job.Status.LastTransitionTime.Time
	if since.Sub(job.CreationTimestamp.Time) > firstLook {
		return since
	}
	var created, started time.Time
	if job.Status.CreatedAt != nil {
		created = job.Status.CreatedAt.Time
	}
	if job.Status.StartedAt != nil {
		started = job.Status.StartedAt.Time
	}
	return entered(job.Status.State, created, started, since)
}

// entered is when a job came into the state in which it was come upon: when Vectara says so, or else when it was seen. A
// time later than that is of a clock that disagrees.
func entered(state v1alpha1.JobState, created, started, seen time.Time) time.Time {
	var at time.Time
	switch state {
	case v1alpha1.JobStateQueued:
		at = created
	case v1alpha1.JobStateStarted:
		at = started
	default:
		return seen
	}
	if at.IsZero() || at.After(seen) {
		return seen
	}
	return at
}

func seedOf(uid string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(uid)) // A hash never fails to write.
	return hash.Sum64()
}
