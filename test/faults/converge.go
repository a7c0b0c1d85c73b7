// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// forPeople are the reasons for which the operator waits for minutes, as a person is to act.
var forPeople = []string{
	v1alpha1.ReasonUnauthorized, v1alpha1.ReasonPermissionDenied, v1alpha1.ReasonJobNotFound, v1alpha1.ReasonRequestRejected,
}

// expectedOf is how the objects are to be in the end, the discovered one included.
func (r *Record) expectedOf() []Expected {
	expected := slices.Clone(r.Expected)
	for _, name := range r.objects() {
		if strings.HasPrefix(name, discoveryName) {
			expected = append(expected, Expected{Object: name, State: "started", Synced: v1alpha1.ReasonSynced})
		}
	}
	if len(expected) == len(r.Expected) {
		expected = append(expected, Expected{Object: discoveryName + "-*", State: "started", Synced: v1alpha1.ReasonSynced})
	}
	return expected
}

// isAsExpected reports whether an object is as it is to be.
func (r *Record) isAsExpected(e Expected) bool {
	object := r.last(e.Object)
	if e.Gone || object == nil {
		return e.Gone && object == nil
	}
	return string(object.Status.State) == e.State && reasonOf(object) == e.Synced
}

func (r *Record) converged() bool {
	return !slices.ContainsFunc(r.expectedOf(), func(e Expected) bool { return !r.isAsExpected(e) })
}

// reasonOf is the reason of Synced.
func reasonOf(object *v1alpha1.VectaraJob) string {
	if c := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionSynced); c != nil {
		return c.Reason
	}
	return ""
}

// converge waits until all objects are as expected. Meanwhile it acts as a person would: it requests a poll where the
// operator waits for a person. It reports whether they came to be, within a time after the last fault: meanwhile there may be more.
func (l *life) converge(ctx context.Context) bool {
	const attempts = 4
	asked := map[string]string{} // the version for which a poll was requested
	requests := 0
	for {
		var stuck []*v1alpha1.VectaraJob
		done, again, late := false, false, false
		changed := l.record.see(func() {
			done = l.record.converged()
			late = l.record.now() > l.record.lastFault()+convergeWithin
			for _, e := range l.record.expectedOf() {
				object := l.record.last(e.Object)
				if object == nil || l.record.isAsExpected(e) {
					again = again || strings.HasPrefix(e.Object, discoveryName)
					continue
				}
				reason := reasonOf(object)
				if !e.Alone && slices.Contains(forPeople, reason) && requests < attempts*len(l.record.Expected) &&
					object.Annotations[v1alpha1.RequestedAtAnnotation] == object.Status.LastHandledReconcileAt {
					stuck = append(stuck, object.DeepCopy())
				}
			}
		})
		if done {
			l.record.add(func(now time.Duration) { l.record.Converged = now })
			return true
		}
		if late {
			return false
		}
		for _, object := range stuck {
			if asked[object.Name] != object.ResourceVersion {
				asked[object.Name] = object.ResourceVersion
				requests++
				_ = l.requestPoll(ctx, object, reasonOf(object)) // Whoever deleted it meanwhile wins.
			}
		}
		if again {
			l.helpDiscovery(ctx, asked)
		}
		select {
		case <-changed:
		case <-time.After(time.Second):
		case <-ctx.Done():
			return false
		}
	}
}

// helpDiscovery requests a list, if the discovery waits for a person.
func (l *life) helpDiscovery(ctx context.Context, asked map[string]string) {
	var discovery v1alpha1.VectaraJobDiscovery
	if l.world.admin.Get(ctx, client.ObjectKey{Namespace: l.namespace, Name: discoveryName}, &discovery) != nil {
		return // It is tried again.
	}
	stalled := meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionStalled)
	if stalled == nil || !slices.Contains(forPeople, stalled.Reason) || asked[discoveryName] == discovery.ResourceVersion {
		return
	}
	asked[discoveryName] = discovery.ResourceVersion
	_ = l.requestPoll(ctx, &discovery, stalled.Reason) // As above.
}
