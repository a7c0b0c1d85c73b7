// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const testKey = canaryPrefix + "T3STK3Y0123456789ABCDEFGHI"

// newGoodRecord is a life of ten seconds in which all goes well: the object "a" follows its job from started to
// completed, and "b" has other credentials and a job that goes on.
func newGoodRecord() *Record {
	r := newRecord("life")
	r.Processes = []Process{{Started: 1, Ready: time.Second, Ended: 10 * time.Second, How: "stop"}}
	r.Credentials = []Credentials{{0, "own", "first"}, {0, "other", "other"}}
	r.Canaries = []Canary{{"first key", testKey}}
	r.Resources = []Resources{{At: time.Second, Process: 1, Goroutines: 50, Descriptors: 10}, {At: 10 * time.Second, Process: 1, Goroutines: 55, Descriptors: 12}}
	r.Expected = []Expected{{Object: "a", State: "completed", Synced: "Synced"}, {Object: "b", State: "started", Synced: "Synced"}, {Object: "discovery-1", State: "started", Synced: "Synced"}}
	r.Scripted, r.Converged, r.Ended = 7*time.Second, 8*time.Second, 10*time.Second
	for at := 1 * time.Second; at < 10*time.Second; at += time.Second {
		state := "started"
		if at >= 7*time.Second {
			state = "completed"
		}
		if at <= 7*time.Second {
			get(r, at, "a", "first", state)
		}
		get(r, at, "b", "other", "started")
		get(r, at, "discovery-1", "other", "started")
	}
	version(r, 1100*time.Millisecond, "a", "own", "started", nil)
	version(r, 1100*time.Millisecond, "b", "other", "started", nil)
	version(r, 1100*time.Millisecond, "discovery-1", "other", "started", nil)
	version(r, 7100*time.Millisecond, "a", "own", "completed", nil)
	return r
}

// get adds a poll that brought a job in a state.
func get(r *Record, at time.Duration, name, credential, state string) *Request {
	q := &Request{
		Side: Vectara, Kind: KindGet, Number: len(r.Requests) + 1, Process: 1, Method: http.MethodGet, URL: "/v2/jobs/job_" + name,
		Header: http.Header{"X-Api-Key": {testKey}}, JobID: "job_" + name, Credential: credential, Sent: at, Ended: at + 10*time.Millisecond,
		Peer: http.StatusOK, Status: http.StatusOK, Complete: true, Response: fmt.Appendf(nil, `{"id":"job_%s","state":%q}`, name, state),
	}
	r.Requests = append(r.Requests, q)
	return q
}

// fail makes a poll one that brought a status.
func fail(q *Request, status int) {
	q.Status, q.Response = status, []byte(`{"messages":["Injected."]}`)
	q.Fault = &Fault{Side: Vectara, Index: q.Number, Times: 1, Action: Status, Arg: fmt.Sprint(status)}
}

// version adds a version of an object, whose Synced is False if there is a fault.
func version(r *Record, at time.Duration, name, secret, state string, fault *metav1.Condition) *v1alpha1.VectaraJob {
	object := &v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "uid-1", ResourceVersion: fmt.Sprint(len(r.Versions) + 1), Generation: 1}}
	object.Spec.JobID, object.Spec.SecretRef.Name = "job_"+name, secret
	object.Status.State, object.Status.ObservedGeneration = v1alpha1.JobState(state), 1
	if state != "" {
		object.Status.LastTransitionTime = &metav1.Time{Time: time.Unix(1, 0)}
	}
	if fault == nil {
		fault = &metav1.Condition{Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSynced}
	}
	fault.Type = v1alpha1.ConditionSynced
	object.Status.Conditions = []metav1.Condition{*fault}
	r.Versions = append(r.Versions, Version{At: at, Object: object})
	return object
}

func unsynced(reason, message string) *metav1.Condition {
	return &metav1.Condition{Status: metav1.ConditionFalse, Reason: reason, Message: message}
}

// statusWrite adds a write of the status of "b" that the API server took.
func statusWrite(r *Record, at time.Duration, version string) {
	answer, _ := json.Marshal(metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{UID: "uid-1", ResourceVersion: version}})
	r.Requests = append(r.Requests, &Request{
		Side: API, Kind: KindStatus, Number: 1, Process: 1, Object: "b", Sent: at, Ended: at + time.Millisecond, Peer: http.StatusOK,
		Status: http.StatusOK, Complete: true, Response: answer,
	})
}

func TestRecordInWhichAllIsWellViolatesNothing(t *testing.T) {
	for _, v := range Check(newGoodRecord()) {
		t.Error(v)
	}
}

func TestEachInvariantHasARecordThatViolatesIt(t *testing.T) {
	for name, test := range map[string]struct {
		invariant, text string
		change          func(*Record)
	}{
		"status that Vectara never returned": {"I1", "never returned", func(r *Record) {
			version(r, 8*time.Second, "b", "other", "queued", nil)
		}},
		"status of another credential's response": {"I1", "never returned", func(r *Record) {
			get(r, 3*time.Second, "b", "first", "paused")
			version(r, 4*time.Second, "b", "other", "paused", nil)
		}},
		"status of a response that was cut": {"I1", "never returned", func(r *Record) {
			get(r, 3*time.Second, "b", "other", "paused").Complete = false
			version(r, 4*time.Second, "b", "other", "paused", nil)
		}},
		"older observation overwrites a newer one": {"I2", "older than what it overwrites", func(r *Record) {
			get(r, 500*time.Millisecond, "b", "other", "queued")
			version(r, 8*time.Second, "b", "other", "queued", nil)
		}},
		"finished job goes back": {"I2", "had ended", func(r *Record) {
			get(r, 9*time.Second, "a", "first", "queued")
			version(r, 9100*time.Millisecond, "a", "own", "queued", nil)
		}},
		"finished job is polled": {"I3", "polled again", func(r *Record) { get(r, 9*time.Second, "a", "first", "completed") }},
		"finished job is polled after a restart": {"I3", "polled again", func(r *Record) {
			get(r, 9*time.Second, "a", "first", "completed").Process = 2
		}},
		"write that changes only a time": {"I4", "nothing that counts", func(r *Record) {
			version(r, 3*time.Second, "b", "other", "started", nil).Status.Conditions[0].LastTransitionTime = metav1.Now()
		}},
		"write of what is there already": {"I4", "was there already", func(r *Record) { statusWrite(r, 5*time.Second, "2") }},
		"message that changes while the fault is the same": {"I4", "message of the same fault", func(r *Record) {
			fail(get(r, 2500*time.Millisecond, "b", "other", ""), http.StatusServiceUnavailable)
			version(r, 3*time.Second, "b", "other", "started", unsynced("APIUnavailable", "HTTP 503 (request ID 1)"))
			version(r, 4*time.Second, "b", "other", "started", unsynced("APIUnavailable", "HTTP 503 (request ID 2)")).Generation = 2
		}},
		"mark of another's fault": {"I5", "nothing that happened to its own requests", func(r *Record) {
			fail(r.Requests[0], http.StatusForbidden)
			version(r, 3*time.Second, "b", "other", "started", unsynced("PermissionDenied", ""))
		}},
		"object that waits for another's call": {"I5", "was not polled", func(r *Record) {
			for _, q := range r.Requests {
				if q.JobID == "job_b" && q.Sent > 2*time.Second && q.Sent < 7*time.Second {
					q.JobID, q.URL, q.Response = "job_c", "/v2/jobs/job_c", []byte(`{"id":"job_c"}`)
				}
			}
		}},
		"key in the log": {"I6", "in the log", func(r *Record) { r.Texts = append(r.Texts, Text{"log", "error: " + testKey}) }},
		"key in status":  {"I6", "in the object b", func(r *Record) { r.Versions[1].Object.Status.Comment = testKey }},
		"key in a URL":   {"I6", "in the URL", func(r *Record) { r.Requests[1].URL += "?key=" + testKey }},
		"key in another header": {"I6", "in the header Referer", func(r *Record) {
			r.Requests[1].Header.Set("Referer", "https://x/"+testKey)
		}},
		"request to another host": {"I6", "another host", func(r *Record) { r.Strays = append(r.Strays, &Request{Method: http.MethodGet}) }},
		"call past its deadline": {"I7", "its deadline", func(r *Record) {
			q := get(r, 2*time.Second, "b", "other", "")
			q.Complete, q.Ended = false, 60*time.Second
		}},
		"body without a bound": {"I7", "bytes", func(r *Record) {
			q := get(r, 2*time.Second, "b", "other", "")
			q.Complete, q.Bytes = false, 64<<20
		}},
		"goroutines that stay":  {"I7", "goroutines", func(r *Record) { r.Resources[1].Goroutines = 500 }},
		"descriptors that stay": {"I7", "descriptors", func(r *Record) { r.Resources[1].Descriptors = 500 }},
		"memory without a bound": {"I7", "memory", func(r *Record) {
			r.Resources[1].PeakMemory = 1 << 30
		}},
		"object that never comes to be as it should": {"I8", "expected", func(r *Record) {
			r.Converged, r.Expected[1].State = 0, "completed"
		}},
		"object that comes to be too late": {"I8", "until all was well", func(r *Record) { r.Converged = 100 * time.Second }},
		"object that does not stay": {"I8", "did not stay", func(r *Record) {
			version(r, 9500*time.Millisecond, "b", "other", "started", unsynced("APIUnavailable", ""))
		}},
		"manager that ends by itself": {"I8", "by itself", func(r *Record) { r.Processes[0].How = "" }},
		"manager that is never ready": {"I8", "never ready", func(r *Record) { r.Processes[0].Ready = 0 }},
		"call before the time that Vectara named": {"I8", "asked for a pause", func(r *Record) {
			q := r.Requests[1]
			fail(q, http.StatusTooManyRequests)
			q.Fault.Arg = "429,5"
		}},
		"status that is old and says that it is not": {"I9", "last poll was", func(r *Record) {
			r.Ended, r.Converged = 60*time.Second, 60*time.Second
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newGoodRecord()
			test.change(r)
			for _, v := range Check(r) {
				if v.Invariant == test.invariant && strings.Contains(v.Text, test.text) {
					return
				}
			}
			t.Errorf("no violation of %s that says %q, but %v", test.invariant, test.text, Check(r))
		})
	}
}

func TestWhatHasAReasonViolatesNothing(t *testing.T) {
	for name, change := range map[string]func(*Record){
		"poll after the end that was requested": func(r *Record) {
			get(r, 9*time.Second, "a", "first", "completed")
			r.Asked = append(r.Asked, Asked{At: 8500 * time.Millisecond, Object: "a"})
		},
		"mark of an own fault": func(r *Record) {
			fail(get(r, 2500*time.Millisecond, "b", "other", ""), http.StatusForbidden)
			version(r, 3*time.Second, "b", "other", "started", unsynced("PermissionDenied", ""))
			version(r, 4*time.Second, "b", "other", "started", nil)
		},
		"machine that stood still": func(r *Record) {
			for _, q := range r.Requests {
				if q.JobID == "job_b" && q.Sent > 2*time.Second && q.Sent < 7*time.Second {
					q.JobID, q.URL, q.Response = "job_c", "/v2/jobs/job_c", []byte(`{"id":"job_c"}`)
				}
			}
			r.Stalls = []Span{{2 * time.Second, 6 * time.Second}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newGoodRecord()
			change(r)
			for _, v := range Check(r) {
				t.Error(v)
			}
		})
	}
}

func TestAFaultAfterConvergenceMayUndoIt(t *testing.T) {
	r := newGoodRecord()
	fail(get(r, 9*time.Second, "b", "other", ""), http.StatusServiceUnavailable)
	version(r, 9500*time.Millisecond, "b", "other", "started", unsynced("APIUnavailable", ""))
	if violations := checkStability(r); len(violations) > 0 {
		t.Errorf("%v, though a fault came after all was well", violations)
	}
}
