// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// affliction is a fault of Vectara that hits one job of an account.
type affliction struct {
	name   string // also that of its objects
	fault  simulator.Fault
	reason string // of Synced
	// shared says that all jobs of the account have to wait with the job.
	shared bool
}

// blocks reports whether a person has to act, so that Ready does not stay as it was and a recheck has to be requested.
func (a affliction) blocks() bool {
	return a.reason != "APIUnavailable" && a.reason != "InvalidResponse" && !a.shared
}

func (a affliction) victim() string    { return a.name + "-victim" }
func (a affliction) bystander() string { return a.name + "-bystander" }

// jobOf is the ID of the job of an object.
func jobOf(object string) string { return "job_" + object }

// afflictions are all faults that can be told apart by what the object says. Redirects lead to the given host.
func afflictions(elsewhere string) []affliction {
	var all []affliction
	for reason, codes := range map[string][]int{
		"Unauthorized": {401}, "PermissionDenied": {403}, "JobNotFound": {404}, "RequestRejected": {400, 405, 406, 410, 413, 422, 451},
		"APIUnavailable":  {408, 409, 425, 500, 501, 502, 503, 504, 599},
		"InvalidResponse": {204, 206},
	} {
		for _, code := range codes {
			all = append(all, affliction{name: fmt.Sprint("status-", code), fault: simulator.Fault{Status: code}, reason: reason})
		}
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		redirect := simulator.Fault{Status: code, Redirect: elsewhere}
		all = append(all, affliction{name: fmt.Sprint("redirect-", code), fault: redirect, reason: "InvalidResponse"})
	}
	past := time.Now().Add(-time.Minute).UTC()
	for name, value := range map[string]string{
		"seconds": "2", "date": past.Format(http.TimeFormat), "rfc850": past.Format("Monday, 02-Jan-06 15:04:05 GMT"), "asctime": past.Format(time.ANSIC),
		"negative": "-5", "garbage": "soon", "absent": "",
	} {
		limit := simulator.Fault{Status: 429, RetryAfter: value}
		all = append(all, affliction{name: "retry-after-" + name, fault: limit, reason: "RateLimited", shared: true})
	}
	twice := `{"id":"job_twice-victim","state":"completed"}{"id":"job_twice-victim","state":"completed"}`
	return append(all,
		affliction{name: "hang", fault: simulator.Fault{Hang: true}, reason: "APIUnavailable"},
		affliction{name: "trickle", fault: simulator.Fault{Trickle: time.Second}, reason: "APIUnavailable"},
		affliction{name: "reset", fault: simulator.Fault{Reset: true}, reason: "APIUnavailable"},
		affliction{name: "truncated", fault: simulator.Fault{Truncate: true}, reason: "InvalidResponse"},
		affliction{name: "twice", fault: simulator.Fault{Body: twice}, reason: "InvalidResponse"},
		affliction{name: "not-json", fault: simulator.Fault{Body: "<html>"}, reason: "InvalidResponse"},
		affliction{name: "content-type", fault: simulator.Fault{ContentType: "text/html"}, reason: "InvalidResponse"},
		affliction{name: "endless", fault: simulator.Fault{Endless: true}, reason: "InvalidResponse"},
		affliction{name: "gzip-bomb", fault: simulator.Fault{GzipBomb: true}, reason: "InvalidResponse"},
		affliction{name: "headers", fault: simulator.Fault{Header: http.Header{"X-Long": {strings.Repeat("x", 128<<10)}}}, reason: "InvalidResponse"},
		affliction{name: "another-job", fault: simulator.Fault{Body: `{"id":"job_other","state":"completed"}`}, reason: "InvalidResponse"},
	)
}

// TestFaultsOfOneJob has each fault hit a job that was seen running, in an account of its own, while another job of the account goes
// on: what was mirrored stays, the other job is followed to its end, and once the fault is over, so is the first one.
func TestFaultsOfOneJob(t *testing.T) {
	s := newScene(t, "--request-timeout=2s")
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Status: 403}) // A list would bring the job in spite of the fault.
	thief, err := simulator.Start(simulator.Options{})
	s.must(err)
	t.Cleanup(thief.Close)
	all := afflictions(thief.URL() + "/v2/jobs/job_a")
	before := map[string]*v1alpha1.VectaraJob{}
	for _, a := range all {
		key := "key-of-" + a.name
		s.vectara.AddAPIKey(key, simulator.Access{})
		s.secret(a.name, map[string]string{v1alpha1.APIKeyKey: key})
		for _, name := range []string{a.victim(), a.bystander()} {
			s.job(jobOf(name), "started")
			s.create(name, jobOf(name), func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = a.name })
		}
	}
	for _, a := range all {
		before[a.name] = s.awaitReason(a.victim(), v1alpha1.ConditionReady, "JobStarted")
		s.awaitReason(a.bystander(), v1alpha1.ConditionReady, "JobStarted")
	}

	remove := map[string]func(){}
	for _, a := range all {
		a.fault.Operation, a.fault.JobID = simulator.OpGetJob, jobOf(a.victim())
		remove[a.name] = s.vectara.Inject(a.fault)
	}
	for _, a := range all {
		s.expectAfflicted(a, before[a.name])
	}
	for _, a := range all {
		if !a.shared {
			s.vectara.SetState(jobOf(a.bystander()), "completed", "")
		}
	}
	for _, a := range all {
		if !a.shared {
			s.awaitReason(a.bystander(), v1alpha1.ConditionReady, "JobCompleted")
		}
	}

	for _, a := range all {
		remove[a.name]()
		s.vectara.SetState(jobOf(a.victim()), "completed", "")
		if a.blocks() {
			s.change(a.victim(), requestedAt("now"))
		}
	}
	for _, a := range all {
		healed := s.awaitReason(a.victim(), v1alpha1.ConditionReady, "JobCompleted")
		if got := reasonOf(healed, v1alpha1.ConditionSynced); got != "Synced" {
			t.Errorf("%s: after the fault Synced is %s", a.name, got)
		}
	}
	if got := len(thief.Requests()); got != 0 {
		t.Errorf("%d requests followed a redirect", got)
	}
}

// expectAfflicted waits until the job's object tells of the fault, and wants the rest as it was before.
func (s *scene) expectAfflicted(a affliction, before *v1alpha1.VectaraJob) {
	s.t.Helper()
	object := s.awaitReason(a.victim(), v1alpha1.ConditionSynced, a.reason)
	ready, want := reasonOf(object, v1alpha1.ConditionReady), "JobStarted"
	if a.blocks() {
		want = a.reason
	}
	if ready != want {
		s.t.Errorf("%s: Ready is %s, want %s", a.name, ready, want)
	}
	blocked := meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionStalled)
	if blocked != a.blocks() || blocked == meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionReconciling) {
		s.t.Errorf("%s: Stalled is %v, want %v, and Reconciling otherwise", a.name, blocked, a.blocks())
	}
	object, before = object.DeepCopy(), before.DeepCopy()
	object.Status.Conditions, before.Status.Conditions = nil, nil
	if got, want := healthless(object), healthless(before); got != want {
		s.t.Errorf("%s: the fault changed what was mirrored:\n%s\nwas\n%s", a.name, got, want)
	}
}
