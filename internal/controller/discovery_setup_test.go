// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"maps"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func TestChangesOfADiscoveryThatMatter(t *testing.T) {
	for _, test := range []struct {
		name   string
		change discoveryOption
		want   bool
	}{
		{"a new generation", func(d *v1alpha1.VectaraJobDiscovery) { d.Generation = 2 }, true},
		{"a request", func(d *v1alpha1.VectaraJobDiscovery) {
			metav1.SetMetaDataAnnotation(&d.ObjectMeta, v1alpha1.RequestedAtAnnotation, "now")
		}, true},
		{"a deletion that a finalizer holds up", discoveryBeingDeleted, true},
		{"another discovery of the same name", func(d *v1alpha1.VectaraJobDiscovery) { d.UID = "another" }, true},
		{"what the operator wrote", withResult(came()), false},
		{"a label", func(d *v1alpha1.VectaraJobDiscovery) { d.Labels = map[string]string{"team": "search"} }, false},
		{"a resync", func(*v1alpha1.VectaraJobDiscovery) {}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (predicate.Funcs{UpdateFunc: changedByUser}).Update(event.UpdateEvent{ObjectOld: discovery(), ObjectNew: discovery(test.change)}); got != test.want {
				t.Errorf("That it passes is %t, want %t", got, test.want)
			}
		})
	}
	if p := (predicate.Funcs{UpdateFunc: changedByUser}); !p.Create(event.CreateEvent{Object: discovery()}) || !p.Delete(event.DeleteEvent{Object: discovery()}) {
		t.Error("A discovery that comes or goes does not pass")
	}
}

func TestTheDiscoveriesThatWaitForASecret(t *testing.T) {
	named := func(name, secret string) *v1alpha1.VectaraJobDiscovery {
		return discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Name, d.Spec.SecretRef.Name = name, secret })
	}
	elsewhere := discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Namespace = "elsewhere" })
	w := newDiscoveryWorld(t, named("a", testSecret), named("b", "other"), named("c", testSecret), elsewhere)
	var names []string
	for _, request := range w.waitingFor(t.Context(), secret()) {
		names = append(names, request.Namespace+"/"+request.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{testNamespace + "/a", testNamespace + "/c"}) {
		t.Errorf("Enqueued are %q", names)
	}
}

// TestAVectaraJobThatGoesMakesRoom is what "jobs beyond spec.maxJobs wait until some of these are deleted" rests on.
func TestAVectaraJobThatGoesMakesRoom(t *testing.T) {
	for _, test := range []struct {
		name   string
		object client.Object
		want   map[reconcile.Request]time.Duration
	}{
		{"one of the discovery", &made(discovery(), "job_a")[0], map[reconcile.Request]time.Duration{discoveryRequest: roomPause}},
		{"one that somebody wrote", &byHand("job_a")[0], nil},
		{"one that something else owns", &ownedBy("Workflow", "job_a")[0], nil},
		{"something else that a discovery owns", secret(), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newDiscoveryWorld(t)
			queue := &delayedQueue{}
			handler := w.whenDeleted()
			handler.Create(t.Context(), event.CreateEvent{Object: test.object}, queue)
			handler.Update(t.Context(), event.UpdateEvent{ObjectOld: test.object, ObjectNew: test.object}, queue)
			handler.Generic(t.Context(), event.GenericEvent{Object: test.object}, queue)
			if len(queue.later) > 0 {
				t.Errorf("One that is there still has %v reconciled", queue.later)
			}
			handler.Delete(t.Context(), event.DeleteEvent{Object: test.object}, queue)
			if !maps.Equal(queue.later, test.want) {
				t.Errorf("Reconciled are %v, want %v", queue.later, test.want)
			}
		})
	}
}
