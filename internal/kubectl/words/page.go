// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// textWidth is how wide running text gets, in characters.
const textWidth = 100

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
	p.advice(&b)
	p.timeline(&b)
	p.conditions(&b)
	p.events(&b)
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

func (p Page) head(b *strings.Builder) {
	job := p.Job
	fmt.Fprintf(b, "%s/%s: %s\n\n", job.Namespace, job.Name, p.headline())
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "  %-11s %s\n", name+":", Clip(Clean(value), textWidth))
		}
	}
	field("Job", job.Spec.JobID)
	field("Type", string(job.Status.Type))
	field("Corpora", strings.Join(job.Status.CorpusKeys, ", "))
	field("Started by", job.Status.CreatedByUsername)
	field("Secret", job.Spec.SecretRef.Name)
	field("Polling", Looks(job, p.Now))
	paragraph(b, "  Comment:    ", Clean(job.Status.Comment))
	if outcome.Of(job) == outcome.Blocked {
		paragraph(b, "  Blocked by: ", Why(job))
	}
}

// headline is the whole story in one line.
func (p Page) headline() string {
	job := p.Job
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
	case !job.IsSeen():
		return State(job)
	default:
		return State(job) + " for " + Long(p.Now.Sub(Since(job)))
	}
}

func (p Page) advice(b *strings.Builder) {
	lines := Advice(p.Job)
	if len(lines) == 0 {
		return
	}
	b.WriteString("\nWhat to do:\n")
	for _, line := range lines {
		fmt.Fprintf(b, "  %s\n", line)
	}
}

func (p Page) conditions(b *strings.Builder) {
	b.WriteString("\nConditions:\n")
	if len(p.Job.Status.Conditions) == 0 {
		b.WriteString("  none yet: the operator has not looked at this VectaraJob\n")
		return
	}
	if !p.Job.IsObserved() {
		b.WriteString("  The operator has not looked since spec was changed. This is what it said before.\n")
	}
	said := map[string]bool{}
	for _, kind := range []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionSynced, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	} {
		if c := meta.FindStatusCondition(p.Job.Status.Conditions, kind); c != nil {
			p.condition(b, c, said)
		}
	}
}

// meanings are what a condition says when it is True, False and Unknown.
var meanings = map[string][3]string{
	v1alpha1.ConditionReady:       {"The job completed", "The job has not completed", "Nobody knows whether the job completed"},
	v1alpha1.ConditionSynced:      {"Status is what Vectara says now", "Status may be out of date", "Status may be out of date"},
	v1alpha1.ConditionReconciling: {"The outcome is open", "", ""},
	v1alpha1.ConditionStalled:     {"Waiting alone will not make the job complete", "", ""},
}

// condition writes a condition, with its message unless that was said already: several have the same.
func (p Page) condition(b *strings.Builder, c *metav1.Condition, said map[string]bool) {
	at := map[metav1.ConditionStatus]int{metav1.ConditionTrue: 0, metav1.ConditionFalse: 1, metav1.ConditionUnknown: 2}[c.Status]
	meaning, message := meanings[c.Type][at], Clean(c.Message)
	fmt.Fprintf(b, "  %-11s  %-7s  %s (%s, for %s).\n", c.Type, c.Status, meaning, Clean(c.Reason),
		Long(p.Now.Sub(c.LastTransitionTime.Time)))
	said[meaning+"."] = true
	if !said[message] {
		paragraph(b, strings.Repeat(" ", 24), message)
	}
	said[message] = true
}

func (p Page) events(b *strings.Builder) {
	b.WriteString("\nEvents:\n")
	if p.NoEvents != "" {
		fmt.Fprintf(b, "  cannot be read: %s\n", Clean(p.NoEvents))
		return
	}
	if len(p.Events) == 0 {
		b.WriteString("  none, or none any more: a cluster keeps them for an hour, mostly\n")
	}
	for i := range p.Events {
		event := &p.Events[i]
		label := fmt.Sprintf("  %s ago  %-8s ", pad(Short(p.Now.Sub(EventTime(event))), 7), event.Type)
		paragraph(b, label, Clean(event.Reason+": "+event.Message))
	}
}

// EventTime is when an event happened last. Of the fields that can say it, few are set.
func EventTime(event *corev1.Event) time.Time {
	switch {
	case event.Series != nil:
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	case !event.EventTime.IsZero():
		return event.EventTime.Time
	default:
		return event.CreationTimestamp.Time
	}
}

// paragraph writes a label and a text that is broken into lines of the same indentation. It writes nothing if there is
// no text.
func paragraph(b *strings.Builder, label, text string) {
	if text == "" {
		return
	}
	indent := len([]rune(label))
	for i, line := range wrap(text, textWidth-indent) {
		if i > 0 {
			label = strings.Repeat(" ", indent)
		}
		b.WriteString(label + line + "\n")
	}
}

func pad(text string, width int) string { return fmt.Sprintf("%*s", width, text) }
