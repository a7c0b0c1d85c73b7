// SPDX-License-Identifier: Apache-2.0

package words

import (
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// What the operator does unless its administrator or spec says otherwise. When it looked last stands nowhere, since a
// look that brings nothing new costs no write. So no more can be said than about how often it looks.
const (
	shortestPause = 2 * time.Second
	longestPause  = time.Minute
	ageShare      = 10
)

// Looks says about how often the operator looks at the job, or what makes it look. It is empty when it does not look any
// more.
func Looks(job *v1alpha1.VectaraJob, now time.Time) string {
	switch {
	case job.IsSuspended(), outcome.Of(job).IsFinal():
		return ""
	case trouble(job) != nil:
		return looksInTrouble(trouble(job).Reason)
	case job.Spec.PollInterval != nil:
		return "looks about every " + Short(job.Spec.PollInterval.Duration)
	case !job.IsSeen():
		return ""
	default:
		age := now.Sub(Since(job))
		return "looks about every " + Short(min(max(age/ageShare, shortestPause), longestPause))
	}
}

func looksInTrouble(reason string) string {
	switch reason {
	case v1alpha1.ReasonCredentialsNotFound, v1alpha1.ReasonCredentialsInvalid:
		return "looks when the Secret changes"
	case v1alpha1.ReasonUnauthorized, v1alpha1.ReasonPermissionDenied:
		return "looks about every 5m, and when the Secret changes"
	case v1alpha1.ReasonJobNotFound:
		return "looks about every 10m, more often while the VectaraJob is new"
	case v1alpha1.ReasonRateLimited:
		return "looks when Vectara allows it"
	default:
		return "tries again within a minute or so"
	}
}
