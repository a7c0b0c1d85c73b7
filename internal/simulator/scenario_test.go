// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// scenarioBase uses every kind of entry.
const scenarioBase = `
apiKeys:
- key: demo-key-1
  corpora: [legal]
  requestsPerSecond: 5
  username: jdoe
- key: demo-key-2
  denied: true
clients:
- id: demo-client
  secret: demo-secret
  lifetime: 90s
  corpora: [sales]
jobs:
- id: job_one
  type: bulk_delete_documents
  corpusKeys: [legal, sales]
  createdByUsername: jdoe
  createdAt: 2026-03-01T12:00:00Z
  startOnFirstGet: true
  steps:
  - {state: queued, for: 1500ms}
  - {state: failed, comment: gone}
  extra: {progress: 3, comment: null}
faults:
- operation: get-job
  jobID: job_one
  times: 1
  after: 2
  status: 503
  body: down
  contentType: text/plain
  header: {x-extra: "1"}
  retryAfter: "7"
  delay: 5ms
- {redirect: "/x", hang: true, reset: true, truncate: true, endless: true, gzipBomb: true, trickle: 6ms}
- {operation: list-jobs, credential: demo-key-1, lag: 5s, omit: [job_one], empty: true, pageSize: 7, filterAfterPaging: true}
`

func TestLoadScenario(t *testing.T) {
	got, err := simulator.LoadScenario([]byte(scenarioBase))
	if err != nil {
		t.Fatal(err)
	}
	want := simulator.Scenario{
		APIKeys: []simulator.APIKey{
			{Key: "demo-key-1", Access: simulator.Access{Corpora: []string{"legal"}, RequestsPerSecond: 5, Username: "jdoe"}},
			{Key: "demo-key-2", Access: simulator.Access{Denied: true}},
		},
		Clients: []simulator.Client{{
			ID: "demo-client", Secret: "demo-secret", Lifetime: 90 * time.Second,
			Access: simulator.Access{Corpora: []string{"sales"}},
		}},
		Jobs: []simulator.Job{{
			ID:                "job_one",
			Type:              "bulk_delete_documents",
			CorpusKeys:        []string{"legal", "sales"},
			CreatedByUsername: "jdoe",
			CreatedAt:         epoch,
			StartOnFirstGet:   true,
			Steps:             []simulator.Step{{State: "queued", For: 1500 * time.Millisecond}, {State: "failed", Comment: "gone"}},
			Extra:             map[string]any{"progress": 3.0, "comment": nil},
		}},
		Faults: []simulator.Fault{
			{
				Operation: simulator.OpGetJob, JobID: "job_one", Times: 1, After: 2, Status: 503, Body: "down",
				ContentType: "text/plain", Header: http.Header{"X-Extra": {"1"}}, RetryAfter: "7", Delay: 5 * time.Millisecond,
			},
			{Redirect: "/x", Header: http.Header{}, Hang: true, Reset: true, Truncate: true, Endless: true, GzipBomb: true, Trickle: 6 * time.Millisecond},
			{
				Operation: simulator.OpListJobs, Credential: "demo-key-1", Header: http.Header{},
				Lag: 5 * time.Second, Omit: []string{"job_one"}, Empty: true, PageSize: 7, FilterAfterPaging: true,
			},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAnEmptyScenarioIsEmpty(t *testing.T) {
	if got, err := simulator.LoadScenario(nil); err != nil || !reflect.DeepEqual(got, simulator.Scenario{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestScenarioErrorsNameTheEntry(t *testing.T) {
	tests := []struct {
		name     string
		old, new string // the mutation of the base
		want     []string
	}{
		{name: "not YAML", old: "apiKeys:", new: "apiKeys: [", want: []string{"yaml"}},
		{name: "not a mapping", old: scenarioBase, new: "- a", want: []string{"array"}},
		{name: "an unknown list", old: "clients:", new: "users:", want: []string{`unknown field "users"`}},
		{name: "an unknown field of a job", old: "type:", new: "kind:", want: []string{"jobs[0]", `unknown field "kind"`}},
		{name: "an unknown field of a key", old: "denied:", new: "deny:", want: []string{"apiKeys[1]", `unknown field "deny"`}},
		{name: "an unknown field of a step", old: "{state: failed, comment: gone}", new: "{state: failed, until: 2s}", want: []string{"jobs[0]", `unknown field "until"`}},
		{name: "a field given twice", old: "  times: 1", new: "  times: 1\n  times: 2", want: []string{`"times" already set`}},
		{name: "a field of a wrong type", old: "times: 1", new: "times: often", want: []string{"faults[0]", "times", "want a whole number"}},
		{name: "a comment that YAML takes for a boolean", old: "comment: gone", new: "comment: no", want: []string{"jobs[0]", "comment", "want text", "bool"}},
		{name: "a switch of a wrong type", old: "hang: true", new: "hang: 1", want: []string{"faults[1]", "hang", "want true or false"}},
		{name: "a number of a wrong type", old: "requestsPerSecond: 5", new: "requestsPerSecond: five", want: []string{"apiKeys[0]", "want a number"}},
		{name: "an entry of a wrong type", old: "- key: demo-key-2\n  denied: true", new: "- somebody", want: []string{"apiKeys[1]", "want a mapping"}},
		{name: "a corpus list of a wrong type", old: "corpora: [legal]", new: "corpora: legal", want: []string{"apiKeys[0]", "corpora", "want a list"}},
		{name: "a duration without a unit", old: "1500ms", new: "15", want: []string{"jobs[0]", "15", "duration"}},
		{name: "a duration of an unknown unit", old: "1500ms", new: "15 parsecs", want: []string{"jobs[0]", "15 parsecs", "duration"}},
		{name: "a negative duration", old: "1500ms", new: "-1s", want: []string{"jobs[0]", "job_one", "steps[0]", "negative"}},
		{name: "a step before the last that does not end", old: "{state: queued, for: 1500ms}", new: "{state: queued}", want: []string{"jobs[0]", "steps[0]", "for is missing"}},
		{name: "a time that is none", old: "2026-03-01T12:00:00Z", new: "yesterday", want: []string{"jobs[0]", "yesterday"}},
		{name: "a job without ID", old: "- id: job_one", new: "- id: ''", want: []string{"jobs[0]", "id is missing"}},
		{name: "a key without key", old: "- key: demo-key-2\n  denied", new: "- denied", want: []string{"apiKeys[1]", "key is missing"}},
		{name: "a negative rate limit", old: "requestsPerSecond: 5", new: "requestsPerSecond: -5", want: []string{"apiKeys[0]", "requestsPerSecond"}},
		{name: "the same key twice", old: "demo-key-2", new: "demo-key-1", want: []string{"apiKeys[1]", "the same as apiKeys[0]"}},
		{name: "a client without ID", old: "- id: demo-client", new: "- id: ''", want: []string{"clients[0]", "id is missing"}},
		{name: "a client without secret", old: "secret: demo-secret", new: "secret: ''", want: []string{"clients[0]", "secret is missing"}},
		{name: "a negative lifetime", old: "90s", new: "-90s", want: []string{"clients[0]", "lifetime"}},
		{name: "an unknown operation", old: "operation: get-job", new: "operation: get", want: []string{"faults[0]", `operation "get"`, "get-job"}},
		{name: "an impossible status", old: "status: 503", new: "status: 42", want: []string{"faults[0]", "status 42"}},
		{name: "a change of lists without their operation", old: "operation: list-jobs", new: "operation: token", want: []string{"faults[2]", "list-jobs"}},
		{name: "a negative count", old: "after: 2", new: "after: -2", want: []string{"faults[0]", "negative"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			mutated := strings.Replace(scenarioBase, test.old, test.new, 1)
			if mutated == scenarioBase {
				t.Fatalf("the mutation of %q has no effect", test.old)
			}
			_, err := simulator.LoadScenario([]byte(mutated))
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "demo-secret") || strings.Contains(err.Error(), "demo-key-") {
				t.Errorf("the error has a credential in it: %v", err)
			}
		})
	}
}

func TestApply(t *testing.T) {
	h := start(t, simulator.Options{})
	scenario, err := simulator.LoadScenario([]byte(scenarioBase))
	if err != nil {
		t.Fatal(err)
	}
	scenario.Faults = scenario.Faults[:1]
	h.Apply(scenario)
	h.AddAPIKey(testKey, simulator.Access{})
	var got []int
	for range 4 {
		got = append(got, h.getJob(t, "job_one").status)
	}
	if !slices.Equal(got, []int{200, 200, 503, 200}) {
		t.Errorf("got %v", got)
	}
	if got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs", "", withKey("demo-key-2")); got.status != 403 {
		t.Errorf("the denied key got %d", got.status)
	}
	if got := h.token(t, "demo-client", "demo-secret").object(t); got["expires_in"] != 90.0 {
		t.Errorf("the client got %v", got)
	}
}

// The demo has five stories; the fifth is a job that nobody added.
func TestDemoScenario(t *testing.T) {
	scenario := simulator.DemoScenario()
	h := start(t, simulator.Options{})
	h.Apply(scenario)
	key := scenario.APIKeys[0].Key
	read := func(id string) (int, map[string]any) {
		got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs/"+id, "", withKey(key))
		return got.status, got.object(t)
	}
	admitted := regexp.MustCompile(`^job_demo_([a-z]+)_[A-Za-z0-9]{32}$`)
	lives := map[string][]string{}
	for _, job := range scenario.Jobs {
		name := admitted.FindStringSubmatch(job.ID)
		if name == nil {
			t.Fatalf("the ID %s is not like the others", job.ID)
		}
		if status, _ := read(job.ID); status != http.StatusOK {
			lives[name[1]] = []string{http.StatusText(status)}
		}
	}
	for range 26 {
		for _, job := range scenario.Jobs {
			name := admitted.FindStringSubmatch(job.ID)[1]
			status, object := read(job.ID)
			state, _ := object["state"].(string)
			if seen := lives[name]; status == http.StatusOK && (len(seen) == 0 || seen[len(seen)-1] != state) {
				lives[name] = append(seen, state)
			}
		}
		h.clock.advance(time.Second)
	}
	want := map[string][]string{
		"completes": {"queued", "started", "completed"},
		"fails":     {"queued", "started", "failed"},
		"retries":   {"queued", "started", "failed_will_retry", "started", "completed"},
		"forbidden": {"Forbidden"},
	}
	if !maps.EqualFunc(lives, want, slices.Equal) {
		t.Errorf("got  %v\nwant %v", lives, want)
	}
	if status, _ := read("job_demo_missing_9Qp3KxmZr8YbLVn2c5TdWeE5gBv7CoNi"); status != http.StatusNotFound {
		t.Errorf("the status of an unknown job is %d", status)
	}
	for _, client := range scenario.Clients {
		if got := h.token(t, client.ID, client.Secret); got.status != http.StatusOK {
			t.Errorf("client %s gets no token: %s", client.ID, got.body)
		}
	}
}
