// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// textWidth is how wide running text gets, in characters.
const textWidth = 100

// writeField writes a name and a value on a line, and nothing if there is no value.
func writeField(b *strings.Builder, name, value string) {
	if value != "" {
		fmt.Fprintf(b, "  %-11s %s\n", name+":", plaintext.Clip(plaintext.OneLine(value), textWidth))
	}
}

func writeAdvice(b *strings.Builder, lines []string) {
	if len(lines) == 0 {
		return
	}
	b.WriteString("\nWhat to do:\n")
	for _, line := range lines {
		fmt.Fprintf(b, "  %s\n", line)
	}
}

// conditions are the conditions of an object, to be explained.
type conditions struct {
	// kind is that of the object.
	kind string
	// meanings are what each condition says when it is True, False and Unknown.
	meanings map[string][3]string
	all      []metav1.Condition
	// observed says that they were made for the present spec.
	observed bool
	now      time.Time
}

func (s conditions) write(b *strings.Builder) {
	b.WriteString("\nConditions:\n")
	if len(s.all) == 0 {
		fmt.Fprintf(b, "  none: nothing has been written for this %s; if it is older than a minute, look for errors in the operator's log\n", s.kind)
		return
	}
	if !s.observed {
		b.WriteString("  They were made for an earlier spec: the present one has not been observed.\n")
	}
	said := map[string]bool{}
	for _, kind := range []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionSynced, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	} {
		if c := meta.FindStatusCondition(s.all, kind); c != nil {
			s.condition(b, c, said)
		}
	}
}

// condition writes a condition, with its message unless that was said already: several have the same. The time is that of
// the status: when the reason last changed is not recorded.
func (s conditions) condition(b *strings.Builder, c *metav1.Condition, said map[string]bool) {
	at := map[metav1.ConditionStatus]int{metav1.ConditionTrue: 0, metav1.ConditionFalse: 1, metav1.ConditionUnknown: 2}[c.Status]
	meaning, message := s.meanings[c.Type][at], plaintext.OneLine(c.Message)
	fmt.Fprintf(b, "  %-11s  %-7s  %s (%s for %s; now %s).\n", c.Type, c.Status, meaning, c.Status,
		Long(s.now.Sub(c.LastTransitionTime.Time)), plaintext.OneLine(c.Reason))
	said[meaning+"."] = true
	if !said[message] {
		paragraph(b, strings.Repeat(" ", 24), message)
	}
	said[message] = true
}

// writeEvents writes the events about an object, the oldest first, or why they cannot be read.
func writeEvents(b *strings.Builder, events []corev1.Event, unreadable string, now time.Time) {
	b.WriteString("\nEvents:\n")
	if unreadable != "" {
		fmt.Fprintf(b, "  cannot be read: %s\n", plaintext.OneLine(unreadable))
		return
	}
	if len(events) == 0 {
		b.WriteString("  none, or none any more: a cluster keeps them for an hour, mostly\n")
	}
	for i := range events {
		event := &events[i]
		label := fmt.Sprintf("  %s ago  %-8s ", pad(Short(now.Sub(EventTime(event))), 7), event.Type)
		paragraph(b, label, plaintext.OneLine(event.Reason+": "+event.Message))
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
