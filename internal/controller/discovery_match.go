// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// namedValues is how many corpora, types or states a message names.
const namedValues = 5

// discoveredAll is Ready when no job waits for a VectaraJob. That no job matches may be a mistake in spec, so it says what was
// looked for. Nothing in the message changes from one list to the next unless the jobs do.
func discoveredAll(discovery *v1alpha1.VectaraJobDiscovery, result discoveryResult, now time.Time) metav1.Condition {
	reason, message := v1alpha1.ReasonJobsDiscovered, "Every job that matches has had its VectaraJob."
	if len(result.listing.Jobs) == 0 {
		reason, message = v1alpha1.ReasonNoJobMatches, "No job matches. "+lookedFor(discovery, now)
		if !result.listing.Any {
			message += " Vectara lists no job at all in this window."
		}
	}
	if len(result.unseen) > 0 {
		message += fmt.Sprintf(" No job on the list works on %s: check spec.corpusKeys.", firstOf(result.unseen))
	}
	return condition(v1alpha1.ConditionReady, metav1.ConditionTrue, reason, message)
}

// lookedFor says which jobs match, in a sentence.
func lookedFor(discovery *v1alpha1.VectaraJobDiscovery, now time.Time) string {
	var text string
	switch window := windowOf(discovery); {
	case window.LookBack > 0:
		text = fmt.Sprintf("The window begins %s ago", hours(window.LookBack))
	default:
		text = "The window begins " + window.Since.UTC().Format(time.RFC3339)
		if startsLater(discovery, now) {
			text += ", which is in the future"
		}
	}
	for _, list := range []struct {
		name   string
		values []string
	}{
		{"corpora", discovery.Spec.CorpusKeys}, {"types", texts(discovery.Spec.Types)}, {"states", texts(discovery.Spec.States)},
	} {
		if len(list.values) > 0 {
			text += fmt.Sprintf("; %s: %s", list.name, firstOf(list.values))
		}
	}
	return text + "."
}

// startsLater reports whether the window begins in the future, so that no job can match yet.
func startsLater(discovery *v1alpha1.VectaraJobDiscovery, now time.Time) bool {
	after := discovery.Spec.CreatedAfter
	return after != nil && after.After(now)
}

// unseenCorpora are the corpora of a discovery on which no job of a list works, nor any that the namespace mirrors with the same
// credentials. An empty list says nothing of corpora.
func unseenCorpora(discovery *v1alpha1.VectaraJobDiscovery, listing *jobs.Listing, present []v1alpha1.VectaraJob) []string {
	if !listing.Any || listing.Truncated {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(discovery.Spec.CorpusKeys), func(key string) bool {
		return slices.Contains(listing.CorpusKeys, key) || slices.ContainsFunc(present, func(job v1alpha1.VectaraJob) bool {
			return job.Spec.SecretRef.Name == discovery.Spec.SecretRef.Name && slices.Contains(job.Status.CorpusKeys, key)
		})
	})
}

// hours is a duration as spec has it, such as 24h.
func hours(d time.Duration) string {
	text := d.String()
	for _, zero := range []struct{ long, short string }{{"m0s", "m"}, {"h0m", "h"}} {
		if strings.HasSuffix(text, zero.long) {
			text = strings.TrimSuffix(text, zero.long) + zero.short
		}
	}
	return text
}

func texts[T ~string](values []T) []string {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		texts = append(texts, plaintext.OneLine(string(value)))
	}
	return texts
}

// firstOf lists the first few of some values.
func firstOf(values []string) string {
	if len(values) > namedValues {
		values = append(slices.Clone(values[:namedValues]), plaintext.Ellipsis)
	}
	return strings.Join(values, ", ")
}
