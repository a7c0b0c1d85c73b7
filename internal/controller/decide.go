// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// notFoundGrace is how long a new object may name a job that Vectara does not know yet: whoever started the job may be
// faster than Vectara's own bookkeeping.
const notFoundGrace = time.Minute

// scope is everything that a decision about a VectaraJob depends on.
type scope struct {
	object *v1alpha1.VectaraJob
	// credentials are those in the object's Secret; noCredentials is why there are none.
	credentials   vectara.Credentials
	noCredentials *fault
	// observation is what the source knows of the job; nil if nothing yet.
	observation *jobs.Observation

	now            time.Time
	bounds         PollBounds
	requestTimeout time.Duration
}

// decision is everything that follows from a scope.
type decision struct {
	status v1alpha1.VectaraJobStatus
	// subscription is what to watch from now on; nil if nothing.
	subscription *jobs.Subscription
	// delete says that the object's time to live is over.
	delete bool
	// requeueAfter is how long it is until time alone changes something; 0 if it never does.
	requeueAfter time.Duration
	// fault is why status is not confirmed; nil if nothing new is known about that.
	fault *fault
}

// decide decides everything about an object: status, what to watch, whether to delete it, and when to come back.
func decide(s scope) decision {
	if s.isLeftAlone() {
		return decision{status: s.object.Status}
	}
	d := decision{fault: s.fault()}
	if d.fault != nil && d.fault.reason == v1alpha1.ReasonJobNotFound {
		// Within the grace period nobody has to act yet.
		d.requeueAfter = max(graceEnd(s.object).Sub(s.now), 0)
		d.fault.blocking = d.requeueAfter == 0
	}
	next := s
	next.object = withNextStatus(s, d.fault)
	d.status = next.object.Status
	d.subscription = next.subscription()

	if ttl := s.object.Spec.TTLSecondsAfterFinished; ttl != nil && next.object.IsFinished() && next.object.IsSeen() {
		left := d.status.LastTransitionTime.Add(time.Duration(*ttl) * time.Second).Sub(s.now)
		d.delete, d.requeueAfter = left <= 0, max(left, 0)
	}
	return d
}

// isLeftAlone reports whether nothing at all is done about the object.
func (s scope) isLeftAlone() bool {
	return s.object.IsSuspended() || !s.object.DeletionTimestamp.IsZero()
}

// isPolled reports whether there is something to poll for the object.
func (s scope) isPolled() bool {
	return !s.isLeftAlone() && !isSettled(s.object)
}

// fault is why the job cannot be seen at present; nil if it can, or if nothing is known.
func (s scope) fault() *fault {
	switch {
	case !s.isPolled():
		return nil
	case s.noCredentials != nil:
		return s.noCredentials
	case s.overdue() != nil:
		return faultOf(s.overdue(), s.object.Spec.SecretRef.Name, toPoll)
	case s.isAnswered() && s.observation.Fault != nil:
		return faultOf(s.observation.Fault, s.object.Spec.SecretRef.Name, toPoll)
	}
	return nil
}

// isAnswered reports whether the observation is one of a poll that counts. After the end, only the requested poll does.
func (s scope) isAnswered() bool {
	return s.isPolled() && s.noCredentials == nil && s.observation != nil && !s.observation.Asked.IsZero() &&
		(!s.object.IsFinished() || s.observation.Request.RequestedAt == requestOf(s.object).RequestedAt)
}

// overdue is why the next poll is late; nil if it is not. A job that has just ended needs no other poll.
func (s scope) overdue() *jobs.Fault {
	if s.observation == nil || s.isAnswered() && s.observation.Job != nil && v1alpha1.JobState(s.observation.Job.State).IsFinal() {
		return nil
	}
	return s.observation.Overdue
}

// acknowledged is the request that status shows as processed: that of the poll, or, when there can be no poll, the present generation.
// A requested poll that cannot be made stays pending.
func (s scope) acknowledged() jobs.Request {
	request := jobs.Request{Generation: s.object.Status.ObservedGeneration, RequestedAt: s.object.Status.LastHandledReconcileAt}
	if s.isAnswered() {
		request.Generation = max(request.Generation, s.observation.Request.Generation)
		if s.observation.Request.RequestedAt != "" {
			request.RequestedAt = s.observation.Request.RequestedAt
		}
	}
	if isSettled(s.object) || s.noCredentials != nil || s.overdue() != nil {
		request.Generation = s.object.Generation
	}
	return request
}

// subscription is what to watch for the object; nil if nothing.
func (s scope) subscription() *jobs.Subscription {
	if !s.isPolled() || s.noCredentials != nil {
		return nil
	}
	object := s.object
	return &jobs.Subscription{
		Key:         jobs.Key(client.ObjectKeyFromObject(object)),
		UID:         string(object.UID),
		JobID:       object.Spec.JobID,
		Created:     timeOf(object.Status.CreatedAt),
		Credentials: s.credentials,
		Timeout:     durationOr(object.Spec.RequestTimeout, s.requestTimeout),
		Request:     requestOf(object),
		Urgent:      object.Status.ObservedGeneration != object.Generation || isRequestPending(object),
		Schedule:    newSchedule(object, s.bounds),
	}
}

// durationOr is a duration of a specification, or the fallback if it is absent.
func durationOr(d *metav1.Duration, fallback time.Duration) time.Duration {
	return ptr.Deref(d, metav1.Duration{Duration: fallback}).Duration
}

// graceEnd is when a job that Vectara does not know counts as missing; zero if it always does.
func graceEnd(object *v1alpha1.VectaraJob) time.Time {
	if object.IsSeen() {
		return time.Time{}
	}
	return object.CreationTimestamp.Add(notFoundGrace)
}

// isSettled reports whether there is nothing more to poll for the object, ever.
func isSettled(object *v1alpha1.VectaraJob) bool {
	return object.IsFinished() && !isRequestPending(object)
}

// isRequestPending reports whether the annotation requests a poll that has not been made yet.
func isRequestPending(object *v1alpha1.VectaraJob) bool {
	return requestOf(object).RequestedAt != object.Status.LastHandledReconcileAt
}

// requestOf is the request of an object. Removing the annotation requests nothing.
func requestOf(object *v1alpha1.VectaraJob) jobs.Request {
	return requestBy(object, object.Status.LastHandledReconcileAt)
}

// requestBy is the request of an object whose last processed request is given.
func requestBy(object client.Object, last string) jobs.Request {
	requestedAt := plaintext.Clip(object.GetAnnotations()[v1alpha1.RequestedAtAnnotation], maxRequest)
	return jobs.Request{Generation: object.GetGeneration(), RequestedAt: cmp.Or(requestedAt, last)}
}
