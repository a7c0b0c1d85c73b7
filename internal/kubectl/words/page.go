// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// Page is all that is to be said of one VectaraJob.
type Page struct {
	Job *v1alpha1.VectaraJob
	// Events are the events about it, the oldest first.
	Events []corev1.Event
	// NoEvents is why there are none, if they could not be had.
	NoEvents string
	// Now is the present time. Times are written in its zone.
	Now time.Time
}

// WriteTo writes the page.
func (p Page) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	p.head(&b)
	writeAdvice(&b, Advice(p.Job))
	p.timeline(&b)
	conditions{
		kind: v1alpha1.VectaraJobKind, meanings: jobMeanings,
		all: p.Job.Status.Conditions, observed: p.Job.IsObserved(), now: p.Now,
	}.write(&b)
	writeEvents(&b, p.Events, p.NoEvents, p.Now)
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

func (p Page) head(b *strings.Builder) {
	job := p.Job
	fmt.Fprintf(b, "%s/%s: %s\n\n", job.Namespace, job.Name, p.headline())
	writeField(b, "Job", job.Spec.JobID)
	writeField(b, "Type", string(job.Status.Type))
	writeField(b, "Corpora", strings.Join(job.Status.CorpusKeys, ", "))
	writeField(b, "Started by", job.Status.CreatedByUsername)
	writeField(b, "Secret", job.Spec.SecretRef.Name)
	writeField(b, "Polling", Polling(job, p.Now))
	paragraph(b, "  Comment:    ", plaintext.OneLine(job.Status.Comment))
	if outcome.Of(job) == outcome.Blocked {
		paragraph(b, "  Blocked by: ", Why(job))
	}
}

// headline is the whole story in one line.
func (p Page) headline() string {
	job, fault := p.Job, fault(p.Job)
	switch what := outcome.Of(job); {
	case what.IsFinal():
		text := what.String()
		if took := Took(job); took > 0 {
			text += " after " + Long(took)
		}
		return text + ", " + Long(p.Now.Sub(Since(job))) + " ago"
	case what == outcome.Blocked && job.IsSuspended():
		return "suspended, " + LastKnown(job)
	case what == outcome.Blocked:
		return "blocked, " + LastKnown(job)
	case fault != nil:
		return fmt.Sprintf("%s; %s; not confirmed for %s", lastState(job), unconfirmed(fault.Reason), Long(p.Now.Sub(fault.LastTransitionTime.Time)))
	case !job.IsSeen():
		return State(job)
	default:
		return State(job) + " for " + Long(p.Now.Sub(Since(job)))
	}
}

// jobMeanings are what a condition of a VectaraJob says when it is True, False and Unknown.
var jobMeanings = map[string][3]string{
	v1alpha1.ConditionReady:       {"The job completed", "The job has not completed", "It is not known whether the job completed"},
	v1alpha1.ConditionSynced:      {"Status is what Vectara says now", "Status may be out of date", "Status may be out of date"},
	v1alpha1.ConditionReconciling: {"The outcome is open", "", ""},
	v1alpha1.ConditionStalled:     {"Waiting alone will not make the job complete", "", ""},
}
