// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "k8s.io/apimachinery/pkg/util/json"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// all stands for everything that may be found of a job, one after the other.
const all uint8 = 255

const jobCRD = "../../config/crd/bases/jobs.vectara.io_vectarajobs.yaml"

// FuzzAdmittedObject holds for any VectaraJob that the CRD admits, its status included, whoever wrote that: it can be decoded; each decision
// about it is made without a panic; each status that is decided on is admitted in turn, and the next poll is neither in the past nor
// later than the schedule's bounds.
//
// What was found of the job is one thing at a time, or all of them.
func FuzzAdmittedObject(f *testing.F) {
	everything := everythingFound()
	for _, spec := range []string{
		`{"jobID":"job_a"}`, `{"jobID":"job_a","secretRef":{}}`, `{"jobID":"job_a","secretRef":{"name":"a.b-1"},"suspend":true}`,
		`{"jobID":"job_AZaz09._~:=+-","pollInterval":"1h30m5.5s","requestTimeout":"10s","suspend":false,"ttlSecondsAfterFinished":3600}`,
		`{"jobID":"job_a","pollInterval":"24h","requestTimeout":"5m0s","ttlSecondsAfterFinished":2147483647}`,
		`{"jobID":"job_a","pollInterval":"1000000us","requestTimeout":"1000000000ns","ttlSecondsAfterFinished":0}`,
		`{"jobID":"job_a","pollInterval":"999999h","ttlSecondsAfterFinished":5e9}`, `{"jobID":"job_..","unknown":[1,{}]}`, `null`, `[]`, `1e400`,
	} {
		f.Add([]byte(spec), []byte(`{}`), "now", int64(2), all)
	}
	for _, before := range histories {
		object := before.object()
		status, err := json.Marshal(object.Status)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(`{"jobID":"job_a","ttlSecondsAfterFinished":60}`), status, object.Annotations[v1alpha1.RequestedAtAnnotation], int64(1), all)
	}
	full, err := json.Marshal(map[string]any{"observedGeneration": 1, "conditions": othersConditions(maxConditions)})
	if err != nil {
		f.Fatal(err)
	}
	for _, status := range []string{
		string(full), `{"observedGeneration":-1}`, `{"observedGeneration":9223372036854775807,"state":"completed"}`, `{"state":"completed","completedAt":"0001-01-01T00:00:01Z"}`,
		`{"state":"queued","createdAt":"9999-12-31T23:59:59Z","lastTransitionTime":"9999-12-31T23:59:59Z"}`,
		`{"state":"started","startedAt":"0001-01-01T00:00:01Z","lastTransitionTime":"0001-01-01T00:00:01Z","lastHandledReconcileAt":"now"}`,
		`{"conditions":[{"type":"Synced","status":"Unknown","reason":"CredentialsNotFound","message":"","lastTransitionTime":"2026-01-31T12:00:00Z"}]}`,
		`{"conditions":[{"type":"example.com/Mine","status":"True","reason":"X","message":"…","lastTransitionTime":"2026-01-31T12:00:00Z"}]}`,
		`{"corpusKeys":[],"comment":"\u0000\ud800","state":"COMPLETED"}`,
	} {
		f.Add([]byte(`{"jobID":"job_a","pollInterval":"5s"}`), []byte(status), "", int64(1), all)
	}
	crd := newAdmission(f, jobCRD)
	f.Fuzz(func(t *testing.T, spec, status []byte, requestedAt string, generation int64, which uint8) {
		if content, ok := objectOf(spec, status); ok {
			wantDecisions(t, crd, content, requestedAt, generation, everything, which)
		}
	})
}

// FuzzAdmittedValues does the same to objects whose fields are there, with any values in them.
func FuzzAdmittedValues(f *testing.F) {
	const day, second = "2026-01-31T12:00:00Z", "0001-01-01T00:00:01Z"
	crd, everything := newAdmission(f, jobCRD), everythingFound()
	for i := range everything {
		f.Add(testJobID, testSecret, "30s", "10s", int64(60), "started", "legal", day, "moved", "Synced", "Synced", int64(1), uint8(i))
	}
	f.Add("job_.", "a.b-1", "24h", "5m", int64(0), "completed", "", second, "\u0000\u202e", "example.com/Mine", "X_y", int64(-1), uint8(3))
	f.Add("job_=", "", "1000000us", "1h1m1ms", int64(math.MaxInt32), "failed_will_retry", "\u754c", "9999-12-31T23:59:59Z", "", "Stalled", "A", int64(math.MaxInt64), uint8(7))
	f.Fuzz(func(t *testing.T, jobID, secret, interval, timeout string, ttl int64, state, corpus, at, comment, kind, reason string, observed int64, which uint8) {
		content := contentOf(map[string]any{
			"jobID": jobID, "secretRef": map[string]any{"name": secret}, "pollInterval": interval, "requestTimeout": timeout, "ttlSecondsAfterFinished": ttl,
		}, map[string]any{
			"state": state, "type": state, "corpusKeys": []any{corpus, corpus}, "createdAt": at, "startedAt": at, "lastTransitionTime": at, "comment": comment,
			"observedGeneration": observed, "lastHandledReconcileAt": comment,
			"conditions": []any{map[string]any{"type": kind, "status": "False", "reason": reason, "message": comment, "lastTransitionTime": at}},
		})
		wantDecisions(t, crd, content, comment, observed, everything, which)
	})
}

// wantDecisions decides about an object if it is admitted.
func wantDecisions(t *testing.T, crd *admission, content map[string]any, requestedAt string, generation int64, everything []gathered, which uint8) {
	t.Helper()
	if crd.refusals(t, content) != nil {
		return
	}
	object := decoded(t, content)
	object.Generation = max(generation, 1)
	object.CreationTimestamp = *timestamp(noon.Add(-time.Hour))
	if requestedAt != "" {
		withRequestedAt(requestedAt)(object)
	}
	for i, found := range everything {
		if which != all && i != int(which)%len(everything) {
			continue
		}
		d := decide(scopeOf(object.DeepCopy(), found, noon))
		next := object.DeepCopy()
		next.Status = d.status
		if errs := crd.refusals(t, encodedObject(t, next)); errs != nil {
			t.Fatalf("the operator's own status is refused: %v\n%+v\n%+v", errs, object.Status, found)
		}
		if d.requeueAfter < 0 {
			t.Fatalf("the object comes back %v ago", -d.requeueAfter)
		}
		if d.subscription != nil {
			wantSaneSchedule(t, next, d.subscription.Schedule, found)
		}
	}
}

// othersConditions are conditions that somebody else wrote.
func othersConditions(count int) []metav1.Condition {
	var all []metav1.Condition
	for i := range count {
		all = append(all, metav1.Condition{
			Type: fmt.Sprint("example.com/Condition", i), Status: metav1.ConditionTrue, Reason: "Auditor", LastTransitionTime: *timestamp(noon.Add(-time.Hour)),
		})
	}
	return all
}

// objectOf puts an object together as it arrives at an API server.
func objectOf(spec, status []byte) (map[string]any, bool) {
	var values [2]any
	for i, data := range [][]byte{spec, status} {
		if err := kjson.Unmarshal(data, &values[i]); err != nil {
			return nil, false
		}
	}
	return contentOf(values[0], values[1]), true
}

func contentOf(spec, status any) map[string]any {
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": v1alpha1.VectaraJobKind,
		"metadata": map[string]any{"namespace": testNamespace, "name": testName, "uid": "8d1c7a52"},
		"spec":     spec, "status": status,
	}
}

// decoded reads an object as the operator's client does.
func decoded(t *testing.T, content map[string]any) *v1alpha1.VectaraJob {
	t.Helper()
	data, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	var object v1alpha1.VectaraJob
	if err := kjson.Unmarshal(data, &object); err != nil {
		t.Fatalf("an object that was admitted cannot be decoded: %v\n%s", err, data)
	}
	return &object
}

func encodedObject(t *testing.T, object *v1alpha1.VectaraJob) map[string]any {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// everythingFound is nothing, each state and each fault.
func everythingFound() []gathered {
	all := []gathered{{}}
	for _, row := range stateRows {
		all = append(all, answer(row.state))
	}
	for _, row := range faultRows {
		all = append(all, row.found)
	}
	return all
}

func wantSaneSchedule(t *testing.T, object *v1alpha1.VectaraJob, s jobs.Schedule, found gathered) {
	t.Helper()
	longest := time.Duration(float64(testBounds.Max) * (1 + jitter))
	if object.Spec.PollInterval != nil {
		longest = max(longest, time.Duration(float64(object.Spec.PollInterval.Duration)*(1+jitter)))
	}
	if first := s.First(noon); first.Before(noon) || first.After(noon.Add(longest)) {
		t.Fatalf("the first poll comes after %v", first.Sub(noon))
	}
	o := found.observation
	if o == nil || o.Asked.IsZero() {
		return
	}
	if o.Fault != nil {
		longest = max(longest, time.Duration(float64(recheckRejected)*(1+jitter)))
	}
	if next := s.Next(*o); !next.IsZero() && (!next.After(o.Answered) || next.After(o.Answered.Add(longest))) {
		t.Fatalf("the next poll comes after %v", next.Sub(o.Answered))
	}
	if meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionReconciling) && meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionStalled) {
		t.Fatal("Reconciling and Stalled are there together")
	}
}
