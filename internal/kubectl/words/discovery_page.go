// SPDX-License-Identifier: Apache-2.0

package words

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// What the operator does when spec does not say otherwise.
const (
	defaultLookBack = 24 * time.Hour
	defaultInterval = time.Minute
)

// DiscoveryPage is all that is to be said of one VectaraJobDiscovery.
type DiscoveryPage struct {
	Discovery *v1alpha1.VectaraJobDiscovery
	// Events are the events about it, the oldest first.
	Events []corev1.Event
	// NoEvents is why there are none, if they could not be had.
	NoEvents string
	// Now is the present time. Times are written in its zone.
	Now time.Time
}

// WriteTo writes the page.
func (p DiscoveryPage) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	discovery := p.Discovery
	fmt.Fprintf(&b, "%s/%s: %s\n\n", discovery.Namespace, discovery.Name, DiscoveryHeadline(discovery, p.Now))
	p.spec(&b)
	p.counts(&b)
	if why := whyNot(discovery); standingOf(discovery) == standsBlocked {
		paragraph(&b, "  Blocked by: ", why)
	} else {
		paragraph(&b, "  Reason:     ", why)
	}
	writeAdvice(&b, DiscoveryAdvice(discovery))
	conditions{
		kind: v1alpha1.VectaraJobDiscoveryKind, meanings: discoveryMeanings, all: discovery.Status.Conditions,
		observed: isObserved(discovery), now: p.Now,
	}.write(&b)
	writeEvents(&b, p.Events, p.NoEvents, p.Now)
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// spec writes which jobs match, and what becomes of them.
func (p DiscoveryPage) spec(b *strings.Builder) {
	spec := &p.Discovery.Spec
	writeField(b, "Corpora", joined(spec.CorpusKeys))
	writeField(b, "Types", joined(spec.Types))
	writeField(b, "States", joined(spec.States))
	writeField(b, "Window", p.window())
	writeField(b, "Secret", cmp.Or(spec.SecretRef.Name, v1alpha1.DefaultCredentialsSecretName))
	interval := defaultInterval
	if spec.Interval != nil {
		interval = spec.Interval.Duration
	}
	writeField(b, "Interval", Short(interval))
	if ttl := spec.Template.Spec.TTLSecondsAfterFinished; ttl != nil {
		writeField(b, "Kept for", Long(time.Duration(*ttl)*time.Second)+" after the job has ended")
	}
}

func joined[T ~string](values []T) string {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		texts = append(texts, string(value))
	}
	return strings.Join(texts, ", ")
}

func (p DiscoveryPage) window() string {
	lookBack := defaultLookBack
	switch spec := &p.Discovery.Spec; {
	case spec.CreatedAfter != nil:
		return "jobs created after " + spec.CreatedAfter.In(p.Now.Location()).Format(time.DateTime+" MST")
	case spec.LookBack != nil:
		lookBack = spec.LookBack.Duration
	}
	return "jobs created in the last " + Short(lookBack)
}

// counts writes how many jobs match, have a VectaraJob and wait for one, and when that was counted.
func (p DiscoveryPage) counts(b *strings.Builder) {
	status := &p.Discovery.Status
	if status.LastSweepTime == nil {
		writeField(b, "Listed", "never completely")
	} else {
		at := status.LastSweepTime
		writeField(b, "Listed", fmt.Sprintf("%s, %s ago (the time is updated once an hour while nothing changes)",
			at.In(p.Now.Location()).Format(time.DateTime+" MST"), Short(p.Now.Sub(at.Time))))
	}
	if status.ObservedJobs != nil {
		writeField(b, "Matching", number(status.ObservedJobs))
	}
	if status.MirroredJobs != nil {
		text := number(status.MirroredJobs)
		if most := p.Discovery.Spec.MaxJobs; most > 0 {
			text += fmt.Sprintf(" of at most %d at the same time", most)
		}
		writeField(b, "Mirrored", text)
	}
	if status.WaitingJobs != nil {
		writeField(b, "Waiting", number(status.WaitingJobs))
	}
	writeField(b, "Created", fmt.Sprintf("%d so far", status.CreatedJobs))
}

// discoveryMeanings are what a condition of a VectaraJobDiscovery says when it is True, False and Unknown.
var discoveryMeanings = map[string][3]string{
	v1alpha1.ConditionReady: {
		"No job waits for a VectaraJob", "Not every job that matches has had its VectaraJob",
		"It is not known which jobs match",
	},
	v1alpha1.ConditionReconciling: {"The operator is still at work", "", ""},
	v1alpha1.ConditionStalled:     {"Waiting alone does not help", "", ""},
}
