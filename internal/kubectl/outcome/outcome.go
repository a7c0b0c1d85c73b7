// SPDX-License-Identifier: Apache-2.0

// Package outcome says what has become of a VectaraJob for somebody who waits for it.
package outcome

import (
	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// Outcome is how waiting for a VectaraJob ends. Its number is the exit code of the command that waited, and the lower of
// two that are not zero is the worse one.
type Outcome int

// The outcomes. 1 is left out: it is the exit code of every error, as with kubectl.
const (
	// Open says that the job may still complete by itself. It is no outcome, and no exit code.
	Open Outcome = -1
	// Completed says that the job ended well.
	Completed Outcome = 0
	// Failed says that the job ended badly.
	Failed Outcome = 2
	// Aborted says that the job was ended before it was done.
	Aborted Outcome = 3
	// Deleted says that the VectaraJob was deleted before its job was seen to end.
	Deleted Outcome = 4
	// Blocked says that the job has not ended, and that nothing more will be known of it until somebody does something.
	Blocked Outcome = 5
	// TimedOut says that the time that was given was over first.
	TimedOut Outcome = 6
)

// Of says what has become of a VectaraJob: Open, Completed, Failed, Aborted or Blocked. A VectaraJob that is suspended is
// blocked too, unless its job has ended: the operator leaves it alone until somebody resumes it.
func Of(job *v1alpha1.VectaraJob) Outcome {
	switch job.Outcome() {
	case v1alpha1.OutcomeCompleted:
		return Completed
	case v1alpha1.OutcomeFailed:
		return Failed
	case v1alpha1.OutcomeAborted:
		return Aborted
	case v1alpha1.OutcomeBlocked:
		return Blocked
	default:
		if job.IsSuspended() {
			return Blocked
		}
		return Open
	}
}

// IsFinal reports whether the job has ended, well or badly.
func (o Outcome) IsFinal() bool { return o == Completed || o == Failed || o == Aborted }

// String is the outcome in a word or two, to stand after a name and a colon.
func (o Outcome) String() string {
	switch o {
	case Completed:
		return "completed"
	case Failed:
		return "failed"
	case Aborted:
		return "aborted"
	case Deleted:
		return "deleted"
	case Blocked:
		return "blocked"
	case TimedOut:
		return "timed out"
	default:
		return "open"
	}
}

// Worst is the worst of some outcomes, none of which is Open. Of none it is Completed.
func Worst(outcomes ...Outcome) Outcome {
	worst := Completed
	for _, o := range outcomes {
		if o != Completed && (worst == Completed || o < worst) {
			worst = o
		}
	}
	return worst
}
