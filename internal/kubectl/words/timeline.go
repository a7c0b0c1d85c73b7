// SPDX-License-Identifier: Apache-2.0

package words

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// moment is one line of a timeline.
type moment struct {
	at   time.Time
	what string
	// place puts moments of the same second in the order in which they happen.
	place int
}

// timeline writes what happened when, in Vectara and here.
func (p Page) timeline(b *strings.Builder) {
	moments := p.moments()
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.place, b.place)) })
	zone, _ := p.Now.Zone()
	fmt.Fprintf(b, "\nTimeline (%s):\n", zone)
	for _, m := range moments {
		when := Short(p.Now.Sub(m.at)) + " ago"
		if m.at.After(p.Now) {
			when = "in " + Short(m.at.Sub(p.Now))
		}
		fmt.Fprintf(b, "  %s  %s  %s\n", m.at.In(p.Now.Location()).Format(time.DateTime), pad(when, 11), m.what)
	}
}

func (p Page) moments() []moment {
	job, status := p.Job, &p.Job.Status
	var moments []moment
	add := func(at *metav1.Time, what string) {
		if at != nil && !at.IsZero() {
			moments = append(moments, moment{at: at.Time, what: what, place: len(moments)})
		}
	}
	add(status.CreatedAt, "created in Vectara")
	add(status.StartedAt, "started in Vectara"+after(status.StartedAt, status.CreatedAt, " after waiting for "))
	add(&job.CreationTimestamp, "VectaraJob made")
	if what := outcome.Of(job); what.IsFinal() {
		add(status.CompletedAt, what.String()+" in Vectara"+after(status.CompletedAt, status.StartedAt, " after running for "))
	}
	add(status.LastTransitionTime, fmt.Sprintf("first seen %s by the operator", seenAs(State(job))))
	add(job.DeletionTimestamp, "VectaraJob to be deleted")
	if ttl := job.Spec.TTLSecondsAfterFinished; ttl != nil && job.IsFinished() && status.LastTransitionTime != nil {
		gone := metav1.NewTime(status.LastTransitionTime.Add(time.Duration(*ttl) * time.Second))
		add(&gone, "VectaraJob to be deleted, by its ttlSecondsAfterFinished")
	}
	return moments
}

func seenAs(state string) string {
	if strings.HasPrefix(state, "without") {
		return state
	}
	return "as " + state
}

// after says how long something took, if both ends are known and make sense.
func after(end, begin *metav1.Time, text string) string {
	if end == nil || begin == nil || end.Before(begin) {
		return ""
	}
	return text + Long(end.Sub(begin.Time))
}
