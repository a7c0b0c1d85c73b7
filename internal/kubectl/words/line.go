// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// Line says how a job stands, without times, so that it is the same for as long as nothing changed.
func Line(job *v1alpha1.VectaraJob) string {
	switch what := outcome.Of(job); {
	case what.IsFinal():
		return ended(job, what)
	case what == outcome.Blocked:
		return "blocked: " + Why(job)
	case fault(job) != nil:
		return fmt.Sprintf("%s; %s: %s", lastState(job), fault(job).Reason, fault(job).Message)
	default:
		return State(job)
	}
}

// lastState is the state of a job that cannot be confirmed at present.
func lastState(job *v1alpha1.VectaraJob) string {
	if !job.IsSeen() {
		return State(job)
	}
	return LastKnown(job)
}

func ended(job *v1alpha1.VectaraJob, what outcome.Outcome) string {
	text := what.String()
	if took := Took(job); took > 0 {
		text += " after " + Short(took)
	}
	if job.Status.Comment != "" {
		text += ": " + plaintext.OneLine(job.Status.Comment)
	}
	return text
}

// Live says how a job stands at a time: in which state, for how long, and about how often it is polled. What matters most comes
// first, as the end may be cut.
func Live(job *v1alpha1.VectaraJob, now time.Time) string {
	text := Standing(job, now)
	if polling := Polling(job, now); polling != "" {
		text += ", " + polling
	}
	return text
}

// Standing says how a job stands at a time: in which state, and for how long.
func Standing(job *v1alpha1.VectaraJob, now time.Time) string {
	fault := fault(job)
	switch {
	case job.IsSuspended():
		return "suspended"
	case outcome.Of(job) == outcome.Blocked && fault != nil:
		return fmt.Sprintf("blocked by %s, not confirmed for %s", fault.Reason, Short(now.Sub(fault.LastTransitionTime.Time)))
	case fault != nil:
		return fmt.Sprintf("%s, %s, not confirmed for %s", State(job), fault.Reason, Short(now.Sub(fault.LastTransitionTime.Time)))
	case !job.IsSeen():
		return fmt.Sprintf("%s, created %s ago", State(job), Short(now.Sub(job.CreationTimestamp.Time)))
	default:
		return fmt.Sprintf("%s for %s", State(job), Short(now.Sub(Since(job))))
	}
}

// Why says why a job is blocked.
func Why(job *v1alpha1.VectaraJob) string {
	stalled := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled)
	switch {
	case job.IsSuspended():
		return "suspended: the operator leaves it alone while spec.suspend is true"
	case stalled != nil:
		return plaintext.OneLine(stalled.Reason + ": " + stalled.Message)
	default:
		return "for an unknown reason"
	}
}
