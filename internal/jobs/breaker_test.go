// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

func TestPauseHoldsForAllJobsOfTheCredentials(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.source.Watch(watching("running"))
		w.source.Watch(watching("elsewhere", func(w *Subscription) { w.Credentials = credentials("other", "other-key") }))
		w.after(9 * time.Second)
		w.vectara.respond(func(key, id string) (vectara.Job, error) {
			if key == "key" {
				return vectara.Job{}, status(429, 30*time.Second)
			}
			return vectara.Job{ID: id, State: "started"}, nil
		})
		w.source.Watch(watching("unlucky"))
		w.after(time.Second / 2)
		w.source.Watch(watching("newcomer"))
		before := w.vectara.count("")
		elsewhere := w.vectara.count("job_elsewhere")
		w.after(29 * time.Second)
		if got := w.vectara.count("") - before - (w.vectara.count("job_elsewhere") - elsewhere); got != 0 {
			t.Errorf("%d calls through the closed gate", got)
		}
		if got := w.vectara.count("job_elsewhere") - elsewhere; got < 2 {
			t.Errorf("other credentials were asked for %d times during the pause, want about 3", got)
		}
		for _, name := range []string{"unlucky", "newcomer"} {
			if o := w.latest(watching(name)); o.reason() != RateLimited {
				t.Errorf("%s was told %+v, want RateLimited", name, o)
			}
		}
		if o := w.latest(watching("running")); o == nil || o.Job == nil {
			t.Errorf("a job that had an answer was told %+v: the pause is no news to it", o)
		}
		w.vectara.respond(inState("started"))
		w.after(12 * time.Second)
		for _, name := range []string{"unlucky", "newcomer"} {
			if o := w.latest(watching(name)); o == nil || o.Job == nil {
				t.Errorf("after the pause %s was told %+v, want its job", name, o)
			}
		}
	})
}

func TestPausesWithoutRetryAfterGrowToAMinute(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(429, 0)))
		for i := range 100 {
			w.source.Watch(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		started := w.vectara.count("")
		w.after(time.Hour)
		if got := w.vectara.count("") - started; got < 55 || got > 100 {
			t.Errorf("%d calls for 100 jobs in an hour of 429, want about one a minute", got)
		}
	})
}

func TestRefusedCredentialsAreTriedOnceInFiveMinutesForAllJobs(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(401, 0)))
		w.source.Watch(watching("first"))
		w.after(time.Second)
		for i := range 50 {
			w.source.Watch(watching(fmt.Sprint("a", i)))
		}
		w.after(5 * time.Second)
		w.expectCalls("", 3, "with a key that three jobs were refused with")
		for i := range 50 {
			if o := w.latest(watching(fmt.Sprint("a", i))); o.reason() != Unauthorized {
				t.Fatalf("job %d was told %+v, want Unauthorized", i, o)
			}
		}
		w.after(30 * time.Minute)
		w.expectCalls("", 9, "after half an hour")
		w.vectara.respond(inState("started"))
		w.after(6 * time.Minute)
		for i := range 50 {
			if o := w.latest(watching(fmt.Sprint("a", i))); o == nil || o.Job == nil {
				t.Fatalf("after the key was mended, job %d was told %+v", i, o)
			}
		}
	})
}

func TestLookAskedForByNameGoesThroughARefusedGateButNotThroughAPause(t *testing.T) {
	for name, test := range map[string]struct {
		code int
		want int
	}{
		"refused credentials are tried again": {401, 2},
		"a pause is kept":                     {429, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, ample, func(w *world) {
				w.vectara.respond(failing(status(test.code, time.Minute)))
				w.source.Watch(watching("a"))
				w.after(time.Second)
				w.vectara.respond(inState("started"))
				w.source.Watch(watching("a", func(w *Subscription) { w.Request.RequestedAt = "now" }))
				w.after(10 * time.Second)
				w.expectCalls("job_a", test.want, "after the wish")
			})
		})
	}
}

func TestClassification(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want FaultKind
	}{
		"401":                      {status(401, 0), Unauthorized},
		"403":                      {status(403, 0), PermissionDenied},
		"404":                      {status(404, 0), NotFound},
		"408":                      {status(408, 0), Unavailable},
		"409":                      {status(409, 0), Unavailable},
		"425":                      {status(425, 0), Unavailable},
		"429":                      {status(429, 0), RateLimited},
		"500":                      {status(500, 0), Unavailable},
		"501":                      {status(501, 0), Unavailable},
		"502":                      {status(502, 0), Unavailable},
		"503":                      {status(503, 0), Unavailable},
		"504":                      {status(504, 0), Unavailable},
		"599":                      {status(599, 0), Unavailable},
		"400":                      {status(400, 0), RequestRejected},
		"405":                      {status(405, 0), RequestRejected},
		"410":                      {status(410, 0), RequestRejected},
		"422":                      {status(422, 0), RequestRejected},
		"451":                      {status(451, 0), RequestRejected},
		"201":                      {status(201, 0), InvalidResponse},
		"204":                      {status(204, 0), InvalidResponse},
		"a refused client":         {&vectara.AuthError{StatusCode: 401}, Unauthorized},
		"no connection":            {&vectara.TransportError{}, Unavailable},
		"an unbelievable answer":   {&vectara.ResponseError{}, InvalidResponse},
		"a wrapped error":          {fmt.Errorf("asking: %w", status(404, 0)), NotFound},
		"an error of another kind": {errors.New("?"), Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			if got := classify(test.err); got == nil || got.Kind != test.want {
				t.Errorf("classified as %+v, want %s", got, test.want)
			}
		})
	}
	if got := classify(fmt.Errorf("asking: %w", context.Canceled)); got == nil {
		t.Error("a cancelled request was classified as none at all: a page of it would count as empty")
	}
}

func TestBackoffDoublesToItsBoundAndSpreads(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		0: 2 * time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second,
		6: MaxBackoff, 1000: MaxBackoff, -1: 2 * time.Second,
	} {
		seen := map[time.Duration]bool{}
		for seed := range uint64(100) {
			got := Backoff(failures, seed)
			if got > want || got < want*3/4 {
				t.Errorf("Backoff(%d, %d) = %v, want between three quarters of %v and all of it", failures, seed, got, want)
			}
			seen[got] = true
		}
		if len(seen) < 90 {
			t.Errorf("after %d failures 100 seeds gave only %d waits: %v", failures, len(seen), slices.Sorted(maps.Keys(seen)))
		}
	}
}

func TestCallsFromBeforeAPauseSayNothingAboutIt(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.delays = map[string]time.Duration{"job_good": 2 * time.Second}
		w.vectara.respond(func(_, id string) (vectara.Job, error) {
			if id == "job_good" {
				return vectara.Job{ID: id, State: "started"}, nil
			}
			return vectara.Job{}, status(429, 0)
		})
		w.source.Watch(watching("good"))
		for i := range 20 { // All refused together: one refusal, and not twenty in a row.
			w.source.Watch(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		if o := w.latest(watching("a0")); o == nil || o.Failures != 1 {
			t.Errorf("told %+v, want one failure", o)
		}
		w.after(1200 * time.Millisecond) // The good answer is there, the pause of up to 2 s may be over.
		before := w.vectara.count("")
		w.after(time.Second)
		if got := w.vectara.count("") - before; got > 1 {
			t.Errorf("%d calls after the pause, want one to find out whether it was long enough", got)
		}
	})
}

func TestAnswerFromBeforeAPauseDoesNotEndIt(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.delays = map[string]time.Duration{"job_good": 2 * time.Second}
		w.vectara.respond(func(_, id string) (vectara.Job, error) {
			if id == "job_good" {
				return vectara.Job{ID: id, State: "started"}, nil
			}
			return vectara.Job{}, status(429, time.Minute)
		})
		w.source.Watch(watching("good"))
		w.source.Watch(watching("a"))
		w.after(50 * time.Second)
		w.expectCalls("", 2, "during the pause")
	})
}

func TestThoseWhoWaitForTheBudgetAreToldOfAPause(t *testing.T) {
	inWorld(t, Limits{RequestsPerSecond: 0.1, Burst: 1}, func(w *world) {
		w.vectara.respond(failing(status(429, time.Minute)))
		w.source.Watch(watching("a"))
		w.source.Watch(watching("b"))
		w.after(time.Second)
		w.expectCalls("", 1, "with a budget of one")
		for _, name := range []string{"a", "b"} {
			if o := w.latest(watching(name)); o.reason() != RateLimited {
				t.Errorf("%s was told %+v, want RateLimited", name, o)
			}
		}
	})
}

func TestRequestsDuringAPauseDoNotMakeAPollLessOverdue(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(429, time.Hour)))
		w.source.Watch(watching("a"))
		w.after(time.Second)
		for i := range 60 {
			w.source.Watch(watching("a", func(s *Subscription) { s.Request.RequestedAt = strconv.Itoa(i) }))
			w.after(time.Second)
		}
		if overdue := w.source.Stats().Overdue; overdue < 50*time.Second {
			t.Errorf("after a minute of requests, the oldest poll is overdue by %v", overdue)
		}
	})
}
