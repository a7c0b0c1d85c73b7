// SPDX-License-Identifier: Apache-2.0

package words

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// maxNote is how much of a comment or message stands in a table, in characters.
const maxNote = 60

// Table writes a line for each job: those that need somebody first, then those that are under way, then those that have
// ended, the latest first.
func Table(w io.Writer, jobs []v1alpha1.VectaraJob, now time.Time, withNamespace bool) error {
	jobs = slices.Clone(jobs)
	slices.SortStableFunc(jobs, func(a, b v1alpha1.VectaraJob) int { return order(&a, &b) })
	table := printers.GetNewTabWriter(w)
	row := func(namespace string, cells ...string) {
		if withNamespace {
			cells = append([]string{namespace}, cells...)
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	row("NAMESPACE", "NAME", "STATE", "FOR", "TYPE", "NOTE")
	for i := range jobs {
		job := &jobs[i]
		row(job.Namespace, job.Name, stateCell(job), Short(now.Sub(forCell(job))),
			plaintext.OneLine(string(job.Status.Type)), plaintext.Clip(note(job), maxNote))
	}
	return table.Flush()
}

func order(a, b *v1alpha1.VectaraJob) int {
	return cmp.Or(
		cmp.Compare(priority(a), priority(b)),
		Since(b).Compare(Since(a))*direction(a),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
	)
}

func priority(job *v1alpha1.VectaraJob) int {
	switch what := outcome.Of(job); {
	case what == outcome.Blocked:
		return 0
	case !what.IsFinal():
		return 1
	default:
		return 2
	}
}

// direction has what ended last come first, and what is under way for the longest time.
func direction(job *v1alpha1.VectaraJob) int {
	if outcome.Of(job).IsFinal() {
		return 1
	}
	return -1
}

// stateCell is the state of the job, or what is in the way of knowing it.
func stateCell(job *v1alpha1.VectaraJob) string {
	switch {
	case outcome.Of(job) != outcome.Blocked:
		return State(job)
	case job.IsSuspended():
		return "suspended"
	default:
		return outcome.Blocked.String()
	}
}

// forCell is since when that is so, as far as it is known.
func forCell(job *v1alpha1.VectaraJob) time.Time {
	stalled := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled)
	switch {
	case outcome.Of(job) == outcome.Blocked && !job.IsSuspended() && stalled != nil:
		return stalled.LastTransitionTime.Time
	case job.IsSeen():
		return Since(job)
	default:
		return job.CreationTimestamp.Time
	}
}

// note is the reason why a job is not as it should be.
func note(job *v1alpha1.VectaraJob) string {
	what := outcome.Of(job)
	switch {
	case what == outcome.Blocked && job.IsSuspended():
		return LastKnown(job)
	case what == outcome.Blocked:
		return Why(job)
	case fault(job) != nil:
		return fault(job).Reason + ": " + fault(job).Message
	default:
		return plaintext.OneLine(job.Status.Comment)
	}
}
