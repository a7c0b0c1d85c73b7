// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// simulation is a source, the account that it asks, and the actors whom it tells, all made up from a seed. First calls
// fail and credentials change; then comes a calm time, at the end of which everybody must know everything.
type simulation struct {
	random    *rand.Rand
	began     time.Time
	calm      time.Time // from when everything that went wrong is forgiven
	end       time.Time
	limits    Limits
	source    *Source
	account   *simulatedAccount
	keys      map[string]string // the first key of each Secret; some have the same
	clientKey string            // what the keys begin with that are of clients that need tokens; empty if none is
	script    []event

	// mu guards all that follows, and the account. Who holds it does not call the source, which calls back.
	mu       sync.Mutex
	clients  []*simulatedClient
	actors   map[Key]*actor
	lists    map[Key]*listActor
	calls    int
	pages    int
	slowest  time.Duration // between the end of a job in the calm time and the moment when an actor was told
	failures []string
}

// event is something that happens outside of the source.
type event struct {
	at time.Time
	do func()
}

// newSimulation makes one up. It must be called in a bubble of fake time.
func newSimulation(seed uint64) *simulation {
	r := rand.New(rand.NewPCG(seed, 0))
	s := &simulation{random: r, began: time.Now(), actors: map[Key]*actor{}, lists: map[Key]*listActor{}}
	s.account = &simulatedAccount{
		accountTraits: accountTraits{
			seed:     seed,
			pageSize: []int{100, 100, 20, 3}[r.IntN(4)],
			order:    r.IntN(3),
			latency:  randomDuration(r, 5*time.Millisecond, 2*time.Second),
		},
		lives: map[string]*life{},
	}
	if r.IntN(3) == 0 {
		s.account.lists = listTroubles[r.IntN(len(listTroubles))]
	}
	s.keys = map[string]string{"secret0": "key0", "secret1": fmt.Sprint("key", r.IntN(2)), "secret2": "key1"}
	s.clientKey = []string{"", "", "key1", "key"}[r.IntN(4)]
	troubled := randomDuration(r, time.Minute, 20*time.Minute)
	s.calm = s.began.Add(troubled + RefusedPause + 3*time.Minute)
	s.end = s.calm.Add(25 * time.Minute)
	for i := range int(randomDuration(r, 5, 100)) {
		id := fmt.Sprint("job_", i)
		s.account.lives[id] = randomLife(r, id, s.began.Add(time.Duration(r.Float64()*float64(s.end.Sub(s.began))/2)))
	}
	s.people(troubled)
	s.misfortunes(troubled)
	s.listers(troubled)
	for range 60 {
		s.plan(s.within(s.end.Sub(s.began)), func() {}) // To inspect the source.
	}
	s.source = NewSource(s.open, s.limits, s.enqueue)
	s.source.secret = []byte("the same jitter each time") // So that a seed can be repeated.
	slices.SortStableFunc(s.script, func(a, b event) int { return a.at.Compare(b.at) })
	return s
}

// within returns a moment in the time after the beginning.
func (s *simulation) within(d time.Duration) time.Time {
	return s.began.Add(time.Duration(s.random.Float64() * float64(d)))
}

func (s *simulation) plan(at time.Time, do func()) { s.script = append(s.script, event{at, do}) }

// misfortunes plans what goes wrong.
func (s *simulation) misfortunes(troubled time.Duration) {
	r := s.random
	for range r.IntN(12) {
		from := s.within(troubled)
		to := from.Add(randomDuration(r, time.Second, 10*time.Minute))
		t := trouble{
			from: from, to: earlier(to, s.began.Add(troubled)), key: fmt.Sprint("key", r.IntN(2)), share: min(1.5*r.Float64(), 1),
			only: []string{anyCall, getCall, listCall, listCall, tokenCall}[r.IntN(5)], what: callTroubles[r.IntN(len(callTroubles))],
		}
		if t.only == listCall {
			t.what = listTroubles[r.IntN(len(listTroubles))]
		}
		s.account.troubles = append(s.account.troubles, t)
	}
	for i := range []int{0, 1, 2, 4}[r.IntN(4)] {
		if l, ok := s.account.lives[fmt.Sprint("job_", i)]; ok {
			l.failing, l.mended = jobTroubles[r.IntN(len(jobTroubles))], s.within(troubled)
			if r.IntN(2) == 0 {
				l.mended = s.end.Add(time.Hour) // Never.
			}
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (s *simulation) failf(format string, args ...any) {
	if len(s.failures) < 5 {
		s.failures = append(s.failures, fmt.Sprintf("after %v: ", time.Since(s.began))+fmt.Sprintf(format, args...))
	}
}

// run lets everything happen.
func (s *simulation) run(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.source.Run(ctx) })
	for _, e := range s.script {
		s.passTimeUntil(e.at)
		e.do()
		s.inspect()
	}
	s.passTimeUntil(s.end)
	s.inspect()
	s.judgeEnd()
	for key := range s.actors {
		s.forget(key)
	}
	for key := range s.lists {
		s.forgetList(key)
	}
	s.passTimeUntil(time.Now().Add(sessionIdle + RefusedPause))
	s.judgeLeftovers()
	cancel()
	running.Wait()
}

func (s *simulation) passTimeUntil(at time.Time) {
	<-time.After(time.Until(at))
	synctest.Wait()
}
