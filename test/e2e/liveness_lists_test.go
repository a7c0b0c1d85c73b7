// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// TestListsThatWereWrongAreUsedAgain comes first, because it takes the longest.
func TestListsThatWereWrongAreUsedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		fault     simulator.Fault
		temporary bool
	}{
		"lists show new jobs late":           {fault: simulator.Fault{Lag: 5 * time.Second}},
		"lists are wrongly empty for a time": {fault: simulator.Fault{Empty: true}, temporary: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			history, tick := s.record(), s.clock()
			test.fault.Operation, test.fault.Credential = simulator.OpListJobs, apiKey
			remove := s.vectara.Inject(test.fault)
			const n = 150
			s.jobs("a", n, time.Hour)
			s.objects("a", n)
			history.await(30*time.Second, "a", n, v1alpha1.ConditionReady, "JobStarted")
			if test.temporary {
				remove()
			}
			s.awaitListsInUse(tick, n, 12)
		})
	}
}

// awaitListsInUse waits until the jobs, which are polled every 2 s, cost hardly any GETs in one of so many rounds of 6 s.
// GETs alone would use all of the request budget, 120 calls.
func (s *scene) awaitListsInUse(tick func(int), jobs, rounds int) {
	s.t.Helper()
	const round = 6
	var gets, lists int
	for range rounds {
		s.vectara.ResetLog()
		tick(round)
		gets, lists = s.calls(isGet), s.calls(isList)
		if gets <= jobs/5 && lists >= 2 {
			return
		}
	}
	s.t.Errorf("after %d s, %d jobs cost %d GETs and %d LISTs in %d s", rounds*round, jobs, gets, lists, round)
}

// TestEmptyPagesAreFollowed has an account that filters after paging, so that its first two pages show none of its jobs.
func TestEmptyPagesAreFollowed(t *testing.T) {
	s := newScene(t)
	history, tick := s.record(), s.clock()
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Credential: apiKey, PageSize: 20, FilterAfterPaging: true})
	const n, ended = 100, 40
	s.jobs("a", n, time.Hour)
	s.jobs("ended", ended, time.Minute)
	s.end("ended", ended)
	s.objects("a", n)
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobStarted")
	s.awaitListsInUse(tick, n, 3)
}

func TestFailingListDelaysNoPolls(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"LIST is rate limited": {Status: 429, RetryAfter: "2"},
		"LIST is unauthorized": {Status: 401},
		"LIST is unavailable":  {Status: 503},
		"LIST hangs":           {Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			history, tick := s.record(), s.clock()
			fault.Operation, fault.Credential = simulator.OpListJobs, apiKey
			s.vectara.Inject(fault)
			const n = 150
			s.jobs("a", n, time.Hour)
			s.objects("a", n)
			history.await(20*time.Second, "a", n, v1alpha1.ConditionReady, "JobStarted")

			s.vectara.ResetLog()
			tick(5)
			// The budget admits 100 GETs, and more are due.
			if got := s.calls(isGet); got < 50 {
				t.Errorf("%d GETs in 5 s while LIST fails, want what the budget admits", got)
			}
			if got := s.calls(isList); got > 2 {
				t.Errorf("%d LISTs in 5 s although they fail", got)
			}
			if got := history.syncedReasons("a"); !slices.Equal(got, []string{"Synced"}) {
				t.Errorf("objects said %v although every GET got a response", got)
			}
		})
	}
}

// TestRunningJobsSayThatAListPausesThem has only lists get 429: the pause that Vectara requests holds for all that share
// the credentials.
func TestRunningJobsSayThatAListPausesThem(t *testing.T) {
	s := newScene(t)
	history, tick := s.record(), s.clock()
	const n = 60
	s.jobs("a", n, time.Hour)
	s.objects("a", n)
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobStarted")
	tick(3) // Lists are in use.
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Credential: apiKey, Status: 429, RetryAfter: "40", Times: 1})
	history.await(time.Minute, "a", n, v1alpha1.ConditionSynced, "RateLimited")
	history.await(time.Minute, "a", n, v1alpha1.ConditionSynced, "Synced")
	if got := history.syncedReasons("a"); !slices.Equal(got, []string{"RateLimited", "Synced"}) {
		t.Errorf("objects said %v, want that they are rate limited and then that they are in sync", got)
	}
}

// TestCrowdOfNewObjectsIsServedByLists is ten thousand objects at 20 calls a second, scaled down: 300 pages are half the
// budget of 12 s, and GETs alone would take 24 s. The first pages have the jobs of the last objects, which do not exist yet
// when the first list begins.
func TestCrowdOfNewObjectsIsServedByLists(t *testing.T) {
	s := newScene(t, append(defaultPolling, "--requests-per-second=50", "--burst=50")...)
	history := s.record()
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, PageSize: 4})
	const n = 1200
	s.jobs("a", n, time.Hour)
	for i := range n {
		s.create(fmt.Sprint("a", i), jobID("a", i))
	}
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobStarted")
	if got := history.longestWait(); got > 16*time.Second {
		t.Errorf("an object waited %v for its first status, want 15 s at most", got)
	}
}

func TestJobsThatWaitedForTheOperatorAreNotTakenForNewOnes(t *testing.T) {
	s := emptyScene(t, simulator.Options{}, defaultPolling...)
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	const n = 300
	s.jobs("a", n, 6*time.Hour)
	s.objects("a", n)
	history := s.record()

	// For as long as the operator sees the clock alone, it is as if it was down.
	down := s.anotherManager("--watch-label-selector=clock")
	s.within(down.AwaitReady)
	tick := s.clock()
	tick(12)
	down.Stop()

	s.startManager()
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobStarted")
	tick(3)
	s.vectara.ResetLog()
	tick(10)
	// Each job is due once a minute. All of them are three pages.
	if gets, lists := s.calls(isGet), s.calls(isList); gets > n/10 || lists > 6 {
		t.Errorf("%d jobs that have been running for hours cost %d GETs and %d LISTs in 10 s", n, gets, lists)
	}
}

// TestSlowListDelaysAJobByItsOwnInterval has lists that take 30 s, 2 s for each page.
func TestSlowListDelaysAJobByItsOwnInterval(t *testing.T) {
	s := newScene(t)
	history, tick := s.record(), s.clock()
	s.vectara.Inject(simulator.Fault{
		Operation: simulator.OpListJobs, Credential: apiKey, Delay: 2 * time.Second, PageSize: 10, Omit: []string{"job_quick"},
	})
	const n = 150
	s.jobs("a", n, time.Hour)
	s.job("job_quick", "started")
	s.create("quick", "job_quick", pollEvery(time.Second))
	s.objects("a", n)
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobStarted")
	s.within(func(ctx context.Context) error { return s.vectara.WaitForRequests(ctx, 1, isList, withAPIKey) })
	tick(20)
	var longest time.Duration
	var last time.Time
	for _, request := range s.vectara.Requests(simulator.ForJob("job_quick")) {
		if !last.IsZero() {
			longest = max(longest, request.At.Sub(last))
		}
		last = request.At
	}
	longest = max(longest, time.Since(last))
	if longest > 12*time.Second {
		t.Errorf("a job with a poll interval of 1 s was not polled for %v, want its interval and 10 s at most", longest)
	}
}
