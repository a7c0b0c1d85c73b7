// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const (
	// sickFor is how long the jobs of the neighbours fail.
	sickFor = 13 * time.Second
	// rechecks is how many polls of a finished job are requested, one after the other: so many that what each leaves behind is seen.
	rechecks = 80
)

// neighbour is a job that fails, in the sole company of healthy ones that use the same credentials.
type neighbour struct {
	name  string
	fault simulator.Fault
}

func neighbours() []neighbour {
	return []neighbour{
		{"hangs", simulator.Fault{Hang: true}},
		{"refused", simulator.Fault{Status: http.StatusUnauthorized}},
		{"fails", simulator.Fault{Status: http.StatusServiceUnavailable}},
		{"limited", simulator.Fault{Status: http.StatusTooManyRequests, RetryAfter: "8", Times: 1}},
	}
}

// prepareNeighbours makes a failing job beside two healthy ones for each kind of failure, each with credentials of its own,
// and some jobs that are odd in another way.
func prepareNeighbours(ctx context.Context, l *life) error {
	for _, n := range neighbours() {
		if err := l.addKey(ctx, n.name); err != nil {
			return err
		}
		for _, name := range []string{n.name, n.name + "-well", n.name + "-too"} {
			l.addJob(name, "closed", "started")
			if err := l.createObject(ctx, name, "job_"+name, n.name); err != nil {
				return err
			}
			l.expect(Expected{Object: name, State: "started", Synced: v1alpha1.ReasonSynced})
		}
		// A list would show all three, and nobody would see what fails.
		l.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Credential: l.keyOf(n.name), Status: http.StatusForbidden})
	}
	for _, name := range []string{ownSecret, "echoed", "early"} {
		if err := l.addKey(ctx, name); err != nil {
			return err
		}
	}
	l.vectara.AddJob(simulator.Job{ID: "job_talkative", Steps: []simulator.Step{{State: "started", Comment: strings.Repeat("Batch done. ", 10_000)}}})
	l.addJob("echoed", "closed", "started")
	l.addJob("asked", "closed", "completed")
	l.addJob("waits", "closed", "started")
	for _, e := range []Expected{
		{Object: "talkative", State: "started", Synced: v1alpha1.ReasonSynced},
		{Object: "echoed", Synced: v1alpha1.ReasonRequestRejected},
		{Object: "asked", State: "completed", Synced: v1alpha1.ReasonPermissionDenied},
		{Object: "early", State: "started", Synced: v1alpha1.ReasonSynced, Alone: true},
		{Object: "waits", State: "started", Synced: v1alpha1.ReasonSynced},
	} {
		secret := ownSecret
		switch e.Object {
		case "echoed", "early": // Alone, as a list would show it.
			secret = e.Object
		case "waits":
			secret = "comes-later"
		}
		if err := l.createObject(ctx, e.Object, "job_"+e.Object, secret); err != nil {
			return err
		}
		l.expect(e)
	}
	l.vectara.Inject(simulator.Fault{
		JobID: "job_echoed", Status: http.StatusBadRequest,
		Body: `{"messages":["x-api-key ` + l.keyOf("echoed") + ` may not do this"]}`,
	})
	return l.createDiscovery(ctx)
}

// playNeighbours has the neighbours fail for a while, creates what was late, and requests polls of a job that has ended.
func playNeighbours(ctx context.Context, l *life) error {
	l.addJob("found", "found", "started")
	if err := pass(ctx, time.Second); err != nil {
		return err
	}
	var heal []func()
	defer func() {
		for _, end := range heal {
			end()
		}
	}()
	for _, n := range neighbours() {
		fault := n.fault
		fault.Operation, fault.JobID = simulator.OpGetJob, "job_"+n.name
		heal = append(heal, l.vectara.Inject(fault))
	}
	// The body is longer than what is read of an error.
	l.vectara.Inject(simulator.Fault{
		Operation: simulator.OpGetJob, JobID: "job_asked", Status: http.StatusForbidden,
		Body: `{"messages":["` + strings.Repeat("The index is closed. ", 10_000) + `"]}`,
	})
	if err := l.addKey(ctx, "comes-later"); err != nil {
		return err
	}
	l.addJob("early", "closed", "started")
	for range rechecks {
		if err := pass(ctx, sickFor/rechecks); err != nil {
			return err
		}
		var object *v1alpha1.VectaraJob
		l.record.see(func() { object = l.record.last("asked") })
		if object != nil && object.IsFinished() && object.Annotations[v1alpha1.RequestedAtAnnotation] == object.Status.LastHandledReconcileAt {
			if err := l.requestPoll(ctx, object.DeepCopy(), reasonOf(object)); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepareLists makes some jobs that it pays to list, with credentials that nothing else uses. One of them changes its state now
// and then.
func prepareLists(ctx context.Context, l *life) error {
	for _, name := range []string{ownSecret, "listed"} {
		if err := l.addKey(ctx, name); err != nil {
			return err
		}
	}
	l.addJob("found", "found", "started")
	l.vectara.AddJob(simulator.Job{ID: "job_one", CorpusKeys: []string{"closed"}, Steps: []simulator.Step{
		{State: "queued", For: 12 * time.Second},
		{State: "started", For: 8 * time.Second},
		{State: "failed_will_retry", For: 8 * time.Second},
		{State: "started"},
	}})
	for _, name := range []string{"one", "two", "three", "four", "five", "six"} {
		if name != "one" {
			l.addJob(name, "closed", "started")
		}
		if err := l.createObject(ctx, name, "job_"+name, "listed"); err != nil {
			return err
		}
		l.expect(Expected{Object: name, State: "started", Synced: v1alpha1.ReasonSynced})
	}
	return l.createDiscovery(ctx)
}

// playLists waits for as long as lists may cool down after one that failed.
func playLists(ctx context.Context, _ *life) error { return pass(ctx, coolDown+10*time.Second) }

// addKey makes an API key and the Secret that holds it. Both have the same name.
func (l *life) addKey(ctx context.Context, name string) error {
	key := l.canary(name)
	l.vectara.AddAPIKey(key, simulator.Access{})
	l.name(key, name)
	return l.putSecret(ctx, name, name, map[string]string{v1alpha1.APIKeyKey: key})
}

// keyOf is the key of that name.
func (l *life) keyOf(name string) string {
	for key, other := range l.keys() {
		if other == name {
			return key
		}
	}
	return ""
}

func (l *life) expect(e Expected) {
	l.record.add(func(time.Duration) { l.record.Expected = append(l.record.Expected, e) })
}
