// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// metricsManager starts a manager that serves metrics, and returns their address, and how to scrape them with a token: the status
// that it responds with, 0 for none.
func (s *scene) metricsManager() (address string, scrape func(token string) int) {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	address = listener.Addr().String()
	s.must(listener.Close())
	manager := s.anotherManager("--metrics-bind-address=" + address)
	s.within(manager.AwaitReady)
	// The certificate is the manager's own, made at its start.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	s.t.Cleanup(client.CloseIdleConnections)
	return address, func(token string) int {
		request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, "https://"+address+"/metrics", http.NoBody)
		s.must(err)
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := client.Do(request)
		if err != nil {
			return 0 // It does not listen yet.
		}
		s.must(response.Body.Close())
		return response.StatusCode
	}
}

func withTimeout(d time.Duration) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) { object.Spec.RequestTimeout = &metav1.Duration{Duration: d} }
}

// account adds credentials that Vectara knows. What happens to the jobs of one account does not concern those of another,
// and a job that is alone in its account is never listed.
func (s *scene) account(name string, access simulator.Access) func(*v1alpha1.VectaraJob) {
	s.t.Helper()
	s.vectara.AddAPIKey("a-key-for-"+name, access)
	s.secret(name, map[string]string{v1alpha1.APIKeyKey: "a-key-for-" + name})
	return usesSecret(name)
}

// blockJobs adds one object for each reason for which a job cannot be seen.
func (s *scene) blockJobs() {
	s.t.Helper()
	s.secret("invalid", map[string]string{v1alpha1.APIKeyKey: "bad\nkey"})
	s.secret("refused", map[string]string{v1alpha1.APIKeyKey: "a-key-that-is-not-known"})
	for job, fault := range map[string]simulator.Fault{
		"job_paused":      {Status: http.StatusTooManyRequests, RetryAfter: "3600"},
		"job_unavailable": {Status: http.StatusServiceUnavailable},
		"job_silent":      {Hang: true},
		"job_garbled":     {Body: "<html>"},
		"job_strange":     {Status: 799},
	} {
		fault.JobID = job
		s.vectara.Inject(fault)
	}
	for _, row := range []struct {
		name, reason string
		uses         func(*v1alpha1.VectaraJob)
	}{
		{"absent", v1alpha1.ReasonCredentialsNotFound, usesSecret("absent")},
		{"invalid", v1alpha1.ReasonCredentialsInvalid, usesSecret("invalid")},
		{"refused", v1alpha1.ReasonUnauthorized, usesSecret("refused")},
		{"denied", v1alpha1.ReasonPermissionDenied, s.account("denied", simulator.Access{Denied: true})},
		{"missing", v1alpha1.ReasonJobNotFound, s.account("missing", simulator.Access{})},
		{"paused", v1alpha1.ReasonRateLimited, s.account("paused", simulator.Access{})},
		{"unavailable", v1alpha1.ReasonAPIUnavailable, s.account("unavailable", simulator.Access{})},
		{"silent", v1alpha1.ReasonAPIUnavailable, s.account("silent", simulator.Access{})},
		{"strange", v1alpha1.ReasonAPIUnavailable, s.account("strange", simulator.Access{})},
		{"garbled", v1alpha1.ReasonInvalidResponse, s.account("garbled", simulator.Access{})},
	} {
		if row.name != "missing" {
			s.job("job_"+row.name, "started")
		}
		s.create(row.name, "job_"+row.name, row.uses, withTimeout(time.Second))
		s.awaitReason(row.name, v1alpha1.ConditionSynced, row.reason)
	}
}

// requestsByCode is what Vectara's log says of requests, as the metric has it.
func (s *scene) requestsByCode() map[string]float64 {
	operations := map[simulator.Operation]string{
		simulator.OpGetJob: "get_job", simulator.OpListJobs: "list_jobs", simulator.OpToken: "token",
	}
	counts := map[string]float64{}
	for _, request := range s.vectara.Requests() {
		code := strconv.Itoa(request.Status)
		switch {
		case request.Status == 0:
			code = "none"
		case http.StatusText(request.Status) == "":
			code = "other"
		}
		counts[code+","+operations[request.Operation]]++
	}
	return counts
}

func TestMetricsTellWhatHappens(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	manager := s.measuredManager()
	s.blockJobs()

	// One in each state, the words of next year among them.
	for i, state := range []string{"queued", "started", "failed_will_retry", "unknown", "", `hostile"\{}`} {
		name := fmt.Sprint("lives", i)
		s.job("job_"+name, state)
		s.create(name, "job_"+name, pollEvery(time.Hour))
		s.await(name, "is seen", func(object *v1alpha1.VectaraJob) bool { return object.IsSeen() })
	}
	s.create("asleep", "job_asleep", suspended(true))

	// Some that end while they are watched, and one that had ended before.
	s.job("job_completes", "started")
	s.vectara.AddJob(simulator.Job{ID: "job_fails", Type: "hostile\"\\\n{}", Steps: []simulator.Step{{State: "started"}}})
	now := time.Now()
	s.vectara.AddJob(simulator.Job{ID: "job_over", Type: "rebuild_vector_index", Steps: []simulator.Step{{State: "aborted"}}, Extra: map[string]any{
		"started_at": now.Add(-2 * time.Hour), "completed_at": now.Add(-time.Hour),
	}})
	for _, name := range []string{"completes", "fails"} {
		s.create(name, "job_"+name, pollEvery(time.Second))
		s.awaitReason(name, v1alpha1.ConditionReady, "JobStarted")
	}
	s.vectara.SetState("job_completes", "completed", "")
	s.vectara.SetState("job_fails", "failed", "")
	s.awaitReason("completes", v1alpha1.ConditionReady, "JobCompleted")
	s.awaitReason("fails", v1alpha1.ConditionReady, "JobFailed")
	s.create("over", "job_over")
	s.awaitReason("over", v1alpha1.ConditionReady, "JobAborted")

	// An OAuth client, and so many jobs of one account that they are listed.
	const secret = "not-a-real-client-secret"
	s.vectara.AddClient("client", secret, time.Hour, simulator.Access{})
	s.secret("oauth", map[string]string{v1alpha1.ClientIDKey: "client", v1alpha1.ClientSecretKey: secret})
	for i := range 12 {
		name := fmt.Sprint("many", i)
		s.job("job_"+name, "queued")
		s.create(name, "job_"+name, usesSecret("oauth"), pollEvery(time.Second))
		s.awaitReason(name, v1alpha1.ConditionReady, "JobQueued")
	}
	s.within(func(ctx context.Context) error {
		return s.vectara.WaitForRequests(ctx, 3, simulator.ForOperation(simulator.OpListJobs), simulator.Responded)
	})
	for i := range 12 {
		s.change(fmt.Sprint("many", i), func(object *v1alpha1.VectaraJob) { object.Spec.PollInterval.Duration = time.Hour })
	}

	manager.await("jobs", exactly(map[string]float64{
		"queued": 13, "started": 1, "failed_will_retry": 1, "unknown": 2, "other": 1,
		"completed": 1, "failed": 1, "aborted": 1, "unseen": 11,
	}))
	manager.await("jobs_suspended", exactly(map[string]float64{"": 1}))
	manager.await("jobs_blocked", exactly(map[string]float64{
		"CredentialsNotFound": 1, "CredentialsInvalid": 1, "Unauthorized": 1, "PermissionDenied": 1, "JobNotFound": 1,
		"RateLimited": 1, "APIUnavailable": 3, "InvalidResponse": 1,
	}))
	manager.await("sessions", exactly(map[string]float64{"closed": 8, "refused": 1, "paused": 1}))
	manager.await("api_requests_total", s.requestsByCode)
	manager.await("job_run_seconds", exactly(map[string]float64{
		"completed,replace_filter_attributes": 1, "failed,other": 1, "aborted,rebuild_vector_index": 1,
	}))
	manager.await("jobs_ended_total", exactly(map[string]float64{"completed,replace_filter_attributes": 1, "failed,other": 1}))
	manager.await("completion_lag_seconds", exactly(map[string]float64{"": 2}))

	manager.awaitBudget()
	seen := manager.families()
	expectTimes(t, seen)
	expectListsAddUp(t, seen)
	expectNoNames(t, seen, s)
	expectNoProblems(t, manager.scrape())
}

// expectTimes checks what was observed of the three jobs that ended.
func expectTimes(t *testing.T, seen families) {
	t.Helper()
	for _, metric := range seen[metricPrefix+"job_run_seconds"].GetMetric() {
		observed := metric.GetHistogram()
		if observed.GetSampleCount() == 0 {
			continue
		}
		least, most := 0.0, patience.Seconds()
		if metric.GetLabel()[0].GetValue() == "aborted" {
			least, most = 3600, 3600
		}
		if sum := observed.GetSampleSum(); sum < least || sum > most {
			t.Errorf("the run time of %v is %v s, want from %v to %v", metric.GetLabel(), sum, least, most)
		}
	}
	// They were polled once a second.
	lag := seen[metricPrefix+"completion_lag_seconds"].GetMetric()[0].GetHistogram()
	if sum := lag.GetSampleSum(); sum <= 0 || sum > patience.Seconds() {
		t.Errorf("two ends of jobs were shown %v s late in sum", sum)
	}
}

// expectListsAddUp checks that the metrics of walks agree with those of requests.
func expectListsAddUp(t *testing.T, seen families) {
	t.Helper()
	walks, pages := seen.values("walks_total"), seen.values("walk_pages_total")
	if got := walks["complete,mirror"] + walks["satisfied,mirror"]; got < 1 || len(walks) != 15 {
		t.Errorf("the walks are %v, want some for the mirror, and a value for each purpose and outcome", walks)
	}
	requests := seen.values("api_requests_total")
	if lists := requests["200,list_jobs"]; pages["mirror"]+pages["ended"] != lists || pages["discovery"] != 0 {
		t.Errorf("the pages are %v, and %v lists got a response", pages, lists)
	}
	if got := seen.values("walk_page_jobs")[""]; got != requests["200,list_jobs"] {
		t.Errorf("%v pages had their jobs counted, of %v", got, requests["200,list_jobs"])
	}
}

// awaitBudget waits until as many calls have come to an end as the budget has let through: now and then one is under way.
func (m *measured) awaitBudget() {
	m.scene.t.Helper()
	let, made := 0.0, 0.0
	err := wait.PollUntilContextTimeout(m.scene.ctx, 200*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		seen := m.families()
		let, made = seen.values("budget_wait_seconds")[""], 0
		for labels, n := range seen.values("api_requests_total") {
			if !strings.HasSuffix(labels, ",token") {
				made += n
			}
		}
		return made == let, nil
	})
	if err != nil {
		m.scene.t.Errorf("the budget let %v calls through, and %v were made", let, made)
	}
}

// expectNoNames checks that no label of the operator's own says anything about whom it is for.
func expectNoNames(t *testing.T, seen families, s *scene) {
	t.Helper()
	var objects v1alpha1.VectaraJobList
	s.must(admin.List(s.ctx, &objects, client.InNamespace(s.namespace)))
	private := []string{s.namespace, apiKey, "hostile"}
	for i := range objects.Items {
		object := &objects.Items[i]
		private = append(private, object.Spec.JobID)
		if strings.ContainsAny(object.Name, "0123456789") { // Others are words that a label may have, such as paused.
			private = append(private, object.Name)
		}
	}
	own := seen.own()
	if len(own) < 15 {
		t.Errorf("there are %d metrics: %v", len(own), slices.Sorted(maps.Keys(own)))
	}
	series := 0
	for name, family := range own {
		for _, metric := range family.GetMetric() {
			series++
			for _, pair := range metric.GetLabel() {
				for _, word := range private {
					if strings.Contains(pair.GetValue(), word) {
						t.Errorf("%s has the label %v", name, pair)
					}
				}
			}
		}
	}
	if series > 120 {
		t.Errorf("there are %d series, histograms counted once", series)
	}
}

// expectNoProblems has Prometheus' linter check all that a manager serves. Of metrics that are not ours, it has an
// opinion of its own.
func expectNoProblems(t *testing.T, text []byte) {
	t.Helper()
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		t.Error(err)
	}
	for _, problem := range problems {
		if strings.HasPrefix(problem.Metric, metricPrefix) {
			t.Errorf("%s: %s", problem.Metric, problem.Text)
		}
	}
}

func TestMetricsCountDiscoveries(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	manager := s.measuredManager()
	s.startedAgo("job_a", time.Minute)
	s.startedAgo("job_b", time.Minute)
	s.discover("all")
	s.discover("without-credentials", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.SecretRef.Name = "absent" })
	s.discover("asleep", func(d *v1alpha1.VectaraJobDiscovery) {
		yes := true
		d.Spec.Suspend = &yes
	})
	manager.await("discoveries", exactly(map[string]float64{"True": 1, "False": 1}))
	manager.await("discovered_jobs_total", exactly(map[string]float64{"": 2}))
	seen := manager.families()
	if got := seen.values("walks_total")["complete,discovery"]; got < 1 {
		t.Errorf("%v lists were read to their end for discoveries", got)
	}
	if got := seen.values("walk_pages_total")["discovery"]; got < 1 {
		t.Errorf("%v pages came for discoveries", got)
	}
}
