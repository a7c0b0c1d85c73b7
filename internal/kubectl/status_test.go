// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func elsewhere(job *v1alpha1.VectaraJob) { job.Namespace = "archive" }

func labelled(job *v1alpha1.VectaraJob) { job.Labels = map[string]string{"batch": "night"} }

func event(about, reason string, age time.Duration) *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "search", Name: about + "." + reason},
		InvolvedObject: corev1.ObjectReference{UID: vectaraJob(about).UID},
		Type:           "Normal", Reason: reason, Message: "It happened.", LastTimestamp: metav1.NewTime(time.Now().Add(-age)),
	}
}

func TestStatusOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("started", "")), vectaraJob("b", blockedBy("Unauthorized"), labelled), vectaraJob("c", elsewhere, labelled))
		w.expect("", []string{"status"}, 0, "NAME ", "b      blocked   0s", "a      started   0s")
		if text := w.out.String(); strings.Contains(text, "c ") || strings.Contains(text, "NAMESPACE") {
			t.Errorf("another namespace is shown:\n%s", text)
		}
		w.expect("", []string{"status", "-A", "-l", "batch=night"}, 0, "NAMESPACE   NAME", "archive     c", "search      b")
	})
}

func TestStatusOfNone(t *testing.T) {
	w := newWorld(t)
	w.expect("", []string{"status"}, 0, `No VectaraJobs or VectaraJobDiscoveries found in the namespace "search".`)
	w.expect("", []string{"status", "-A"}, 0, "No VectaraJobs or VectaraJobDiscoveries found in any namespace.")
	if got := w.out.String(); got != "" {
		t.Errorf("standard output is %q", got)
	}
}

func TestStatusOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("started", "")), vectaraJob("b"),
			event("a", "Second", time.Minute), event("a", "First", time.Hour), event("b", "Other", 0))
		w.expect("", []string{"status", "vj/a"}, 0, "search/a: started for 0 seconds\n", "Timeline", "Conditions:")
		_, events, _ := strings.Cut(w.out.String(), "Events:")
		if first, second := strings.Index(events, "First: It happened."), strings.Index(events, "Second: "); first < 0 || second < first ||
			strings.Contains(events, "Other") {
			t.Errorf("the events are\n%s", events)
		}
	})
}

func TestStatusForSomebodyWhoMayNotReadEvents(t *testing.T) {
	w := newWorld(t, vectaraJob("a"))
	w.funcs.List = func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "events"}, "", nil)
	}
	w.expect("", []string{"status", "a"}, 0, "search/a: not seen yet\n", "Events:\n  cannot be read: events is forbidden")
}

func TestStatusPrintsObjects(t *testing.T) {
	w := newWorld(t, vectaraJob("a", inState("started", "")), vectaraJob("b"))
	w.expect("", []string{"status", "a", "-o", "json"}, 0)
	var one v1alpha1.VectaraJob
	if err := json.Unmarshal([]byte(w.out.String()), &one); err != nil || one.Kind != "VectaraJob" || one.Status.State != "started" {
		t.Errorf("-o json gave %s (%v)", w.out.String(), err)
	}
	w = newWorld(t, vectaraJob("a", inState("started", "")), vectaraJob("b"))
	w.expect("", []string{"status", "-o", "yaml"}, 0, "kind: List\n", "  kind: VectaraJob\n", "    name: b\n")
	w = newWorld(t, vectaraJob("a"), vectaraJob("b"))
	w.expect("", []string{"status", "-o", "name"}, 0, "vectarajob.jobs.vectara.io/a\nvectarajob.jobs.vectara.io/b\n")
}

func TestStatusRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		complaint string
	}{
		"two names":                    {[]string{"a", "b"}, "expected the name of one VectaraJob or VectaraJobDiscovery, or none, got 2 arguments"},
		"a name and a selector":        {[]string{"a", "-l", "x=y"}, "expected a name, or else -l and -A"},
		"a name and namespaces":        {[]string{"a", "-A"}, "expected a name, or else -l and -A"},
		"a name that is none":          {[]string{"A b"}, `"A b" is no name`},
		"a name that is not here":      {[]string{"b"}, `"b" not found: there is neither a VectaraJob nor a VectaraJobDiscovery of this name in the namespace "search"`},
		"a job that is not here":       {[]string{"vj/b"}, `vectarajobs.jobs.vectara.io "b" not found`},
		"a discovery that is not here": {[]string{"vjd/a"}, `vectarajobdiscoveries.jobs.vectara.io "a" not found`},
		"another resource":             {[]string{"pod/a"}, `"pod/a" is not a VectaraJob or VectaraJobDiscovery: expected a name`},
		"a resource without a name":    {[]string{"vjd/"}, `"" is no name`},
	} {
		t.Run(name, func(t *testing.T) {
			newWorld(t, vectaraJob("a")).expect("", append([]string{"status"}, test.arguments...), 1, "error: ", test.complaint)
		})
	}
}
