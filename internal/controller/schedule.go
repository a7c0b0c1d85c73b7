// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"hash/fnv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

const (
	// recheckRefused and recheckRejected are how often a job is polled that only a person can help.
	recheckRefused  = 5 * time.Minute
	recheckRejected = 10 * time.Minute

	// jitter is the share by which an interval is made longer or shorter.
	jitter = 0.1

	// ageShare is the share of the time in the present state after which a job is polled again, so that a change is seen
	// after about a tenth of what it took.
	ageShare = 10
)

// PollBounds are the bounds of the adaptive interval.
type PollBounds struct {
	// Min and Max are at least 1 s, Min not above Max.
	Min, Max time.Duration
}

// schedule says when the job of one object is polled. It depends on the object alone, so that it survives restarts and
// status events. It implements jobs.Schedule.
type schedule struct {
	seed     uint64
	finished bool
	graceEnd time.Time
	fixed    time.Duration // spec.pollInterval; 0 means adaptive
	bounds   PollBounds
	// unpolled says that nothing is known from Vectara about the job, or about the credentials.
	unpolled bool
	// What status says of the job: its state, when it was first seen in it (zero if never), and since when it is in it.
	state            v1alpha1.JobState
	firstSeen, since time.Time
}

var _ jobs.Schedule = schedule{}

func newSchedule(object *v1alpha1.VectaraJob, bounds PollBounds) schedule {
	s := schedule{
		seed:      seedOf(string(object.UID)),
		finished:  object.IsFinished(),
		graceEnd:  graceEnd(object),
		fixed:     durationOr(object.Spec.PollInterval, 0),
		bounds:    bounds,
		unpolled:  true,
		state:     object.Status.State,
		firstSeen: timeOf(object.Status.LastTransitionTime),
		since:     stateSince(object),
	}
	if synced := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionSynced); synced != nil {
		s.unpolled = synced.Reason == v1alpha1.ReasonCredentialsNotFound || synced.Reason == v1alpha1.ReasonCredentialsInvalid
	}
	return s
}

// First implements jobs.Schedule. The last poll time is not recorded, so after a restart the first polls of active jobs are
// spread over one interval, and over PollBounds.Max if that is shorter.
func (s schedule) First(now time.Time) time.Time {
	if s.unpolled {
		return now
	}
	window := s.bounds.Max
	if !s.firstSeen.IsZero() {
		window = min(window, s.interval(s.since, now))
	}
	return now.Add(time.Duration(jobs.Fraction(s.seed, uint64(now.UnixNano())) * float64(window)))
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
		return o.Answered.Add(s.jittered(s.interval(s.sinceOf(o), o.Answered), salt))
	}
}

func (s schedule) afterFault(o jobs.Observation, salt uint64) time.Duration {
	backoff := jobs.Backoff(o.Failures, s.seed^salt)
	if o.Fault.Kind == jobs.NotFound && o.Answered.Before(s.graceEnd) {
		return backoff
	}
	switch o.Fault.Kind {
	case jobs.Unauthorized, jobs.PermissionDenied:
		return s.jittered(recheckRefused, salt)
	case jobs.NotFound, jobs.RequestRejected:
		return s.jittered(recheckRejected, salt)
	default:
		return max(backoff, min(o.Fault.RetryAfter, jobs.MaxBackoff))
	}
}

// sinceOf is when the job entered the state in which it was observed.
func (s schedule) sinceOf(o jobs.Observation) time.Time {
	state, firstSeen := v1alpha1.JobState(plaintext.Clip(o.Job.State, maxState)), o.Answered
	if !o.StateSince.IsZero() {
		return o.StateSince
	}
	if !s.firstSeen.IsZero() && s.state == state {
		firstSeen = s.firstSeen
	}
	return entered(state, o.Job.CreatedAt, o.Job.StartedAt, firstSeen, o.Answered)
}

// interval is the time between two polls, at a time, of a job that entered its state some time ago.
func (s schedule) interval(since, at time.Time) time.Duration {
	if s.fixed > 0 {
		return s.fixed
	}
	return min(max(at.Sub(since)/ageShare, s.bounds.Min), s.bounds.Max)
}

func (s schedule) jittered(d time.Duration, salt uint64) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*jobs.Fraction(s.seed, salt)))
}

// stateSince is when the job entered the state that status shows; zero if it was never seen.
func stateSince(object *v1alpha1.VectaraJob) time.Time {
	status, seen := object.Status, timeOf(object.Status.LastTransitionTime)
	return entered(status.State, timeOf(status.CreatedAt), timeOf(status.StartedAt), seen, seen)
}

// entered is when a job entered a state: when Vectara says so, or else when it was first seen in it. What Vectara says is
// ignored if it is later than now: its clock is ahead.
func entered(state v1alpha1.JobState, created, started, firstSeen, now time.Time) time.Time {
	at := map[v1alpha1.JobState]time.Time{v1alpha1.JobStateQueued: created, v1alpha1.JobStateStarted: started}[state]
	if at.IsZero() || at.After(now) {
		return firstSeen
	}
	return at
}

func seedOf(uid string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(uid)) // A hash never fails to write.
	return hash.Sum64()
}
