// SPDX-License-Identifier: Apache-2.0

package words

import (
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// The operator's defaults. The last poll time is not recorded, as a poll that finds no change costs no write, so only the
// interval can be given, and only roughly.
const (
	minInterval = 2 * time.Second
	maxInterval = time.Minute
	ageShare    = 10
)

// Polling says about how often the job is polled, or what makes the operator poll it. It is empty when the job is not polled
// any more.
func Polling(job *v1alpha1.VectaraJob, now time.Time) string {
	switch {
	case job.IsSuspended(), outcome.Of(job).IsFinal():
		return ""
	case fault(job) != nil:
		return pollingAfter(fault(job).Reason)
	case job.Spec.PollInterval != nil:
		return "polled about every " + Short(job.Spec.PollInterval.Duration)
	case !job.IsSeen():
		return ""
	default:
		age := now.Sub(Since(job))
		return "polled about every " + Short(min(max(age/ageShare, minInterval), maxInterval))
	}
}

func pollingAfter(reason string) string {
	switch reason {
	case v1alpha1.ReasonCredentialsNotFound, v1alpha1.ReasonCredentialsInvalid:
		return "polled when the Secret changes"
	case v1alpha1.ReasonUnauthorized, v1alpha1.ReasonPermissionDenied:
		return "polled about every 5m, and when the Secret changes"
	case v1alpha1.ReasonJobNotFound:
		return "polled about every 10m, more often while the VectaraJob is new"
	case v1alpha1.ReasonRequestRejected:
		return "polled about every 10m"
	case v1alpha1.ReasonRateLimited:
		return "polled when the rate limit allows it"
	default:
		return "polled again within about a minute"
	}
}
