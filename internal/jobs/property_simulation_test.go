// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// simulation is a source, the account that it asks, and the actors whom it tells, all made up from a seed. First calls
// fail and credentials change; then comes a calm time, at the end of which everybody must know everything.
type simulation struct {
	random  *rand.Rand
	began   time.Time
	calm    time.Time // from when everything that went wrong is forgiven
	end     time.Time
	limits  Limits
	source  *Source
	account *simulatedAccount
	script  []event

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
	troubled := randomDuration(r, time.Minute, 20*time.Minute)
	s.calm = s.began.Add(troubled + RefusedPause + 3*time.Minute)
	s.end = s.calm.Add(25 * time.Minute)
	for i := range int(randomDuration(r, 5, 60)) {
		id := fmt.Sprint("job_", i)
		s.account.lives[id] = randomLife(r, id, s.began.Add(time.Duration(r.Float64()*float64(s.end.Sub(s.began))/2)))
	}
	s.people(troubled)
	s.misfortunes(troubled)
	s.listers(troubled)
	s.source = NewSource(s.open, s.limits, s.wake)
	slices.SortStableFunc(s.script, func(a, b event) int { return a.at.Compare(b.at) })
	return s
}

// within returns a moment in the time after the beginning.
func (s *simulation) within(d time.Duration) time.Time {
	return s.began.Add(time.Duration(s.random.Float64() * float64(d)))
}

func (s *simulation) plan(at time.Time, do func()) { s.script = append(s.script, event{at, do}) }

// people plans who watches what, and when they change their minds.
func (s *simulation) people(troubled time.Duration) {
	r, load := s.random, 0.0
	for i := range len(s.account.lives) + r.IntN(10) - 2 {
		secret := fmt.Sprint("secret", r.IntN(3)/2)
		schedule := cadence{seed: r.Uint64()}
		load += 1 / (2 * shortest).Seconds()
		if r.IntN(2) == 0 {
			schedule.fixed = randomDuration(r, 5*time.Second, 2*time.Minute)
			load += 1 / schedule.fixed.Seconds()
		}
		watch := Watch{
			Key: Key{"ns", fmt.Sprint("actor", i)}, UID: "1", JobID: fmt.Sprint("job_", r.IntN(len(s.account.lives))),
			Credentials: credentials(secret, secret),
			Timeout:     10 * time.Second, Request: Request{Generation: 1}, Urgent: r.IntN(3) == 0, Schedule: schedule,
		}
		arrives := s.began
		if r.IntN(2) == 0 {
			arrives = s.within(troubled * 5 / 4)
		}
		s.plan(arrives, func() { s.arrive(watch) })
		s.moods(watch.Key, troubled)
	}
	for i := range r.IntN(4) {
		s.rotation(Key{"ns", fmt.Sprint("secret", i%2)}, s.within(troubled))
	}
	s.limits = Limits{RequestsPerSecond: load * math.Pow(50, r.Float64()-0.5), Burst: 1 + r.IntN(40)}
}

// moods plans how an actor changes its mind.
func (s *simulation) moods(key Key, troubled time.Duration) {
	r := s.random
	restless := s.within(troubled)
	for i := range r.IntN(8) {
		at, name := s.within(troubled+15*time.Minute), strconv.FormatUint(r.Uint64(), 36)
		if i < 3 {
			// Several changes of mind while a call may be under way.
			restless = restless.Add(randomDuration(r, time.Millisecond, 10*time.Second))
			at = restless
		}
		switch r.IntN(7) {
		case 0:
			s.plan(at, func() { s.forget(key) })
		case 1:
			uid := name
			s.plan(at, func() { s.change(key, func(a *actor) { s.renew(a, uid) }) })
		case 2, 3:
			s.plan(at, func() {
				s.change(key, func(a *actor) {
					a.wish(Request{a.watch.Request.Generation + 1, a.watch.Request.RequestedAt}, time.Now())
				})
			})
		case 4, 5:
			s.plan(at, func() {
				s.change(key, func(a *actor) { a.wish(Request{a.watch.Request.Generation, name}, time.Now()) })
			})
		default:
			schedule := cadence{seed: r.Uint64(), fixed: time.Duration(r.IntN(2)) * 20 * time.Second}
			s.plan(at, func() { s.change(key, func(a *actor) { a.watch.Schedule, a.touched = schedule, time.Now() }) })
		}
	}
}

// rotation plans that the credentials of a Secret change, and sometimes that they change back. Not everybody takes them
// over at once.
func (s *simulation) rotation(secret Key, at time.Time) {
	keys := []string{secret.Name + strconv.FormatUint(s.random.Uint64(), 36)}
	if s.random.IntN(2) == 0 {
		keys = append(keys, secret.Name)
	}
	for _, key := range keys {
		spread := randomDuration(s.random, time.Millisecond, 5*time.Second)
		for i := range 70 {
			who := Key{"ns", fmt.Sprint("actor", i)}
			s.plan(at.Add(time.Duration(s.random.Float64()*float64(spread))), func() {
				s.change(who, func(a *actor) { s.rekey(a, secret, key) })
			})
		}
		at = at.Add(spread + randomDuration(s.random, time.Millisecond, time.Minute))
	}
}

// misfortunes plans what goes wrong.
func (s *simulation) misfortunes(troubled time.Duration) {
	kinds := append(slices.Clone(callTroubles), listTroubles...)
	for range s.random.IntN(12) {
		from := s.within(troubled)
		to := from.Add(randomDuration(s.random, time.Second, 5*time.Minute))
		s.account.troubles = append(s.account.troubles, trouble{
			from: from, to: earlier(to, s.began.Add(troubled)), secret: fmt.Sprint("secret", s.random.IntN(2)),
			share: s.random.Float64(), what: kinds[s.random.IntN(len(kinds))],
		})
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// open gives the source a session with the account.
func (s *simulation) open(c vectara.Credentials) API {
	client := &simulatedClient{
		simulation: s, key: c.APIKey, answers: map[question][]answer{}, asking: map[string]int{}, brought: map[string]time.Time{},
		tokens: float64(s.limits.Burst), counted: time.Now(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, client)
	return client
}

func (s *simulation) failf(format string, args ...any) {
	if len(s.failures) < 5 {
		s.failures = append(s.failures, fmt.Sprintf("after %v: ", time.Since(s.began))+fmt.Sprintf(format, args...))
	}
}

func (s *simulation) arrive(watch Watch) {
	s.mu.Lock()
	now := time.Now()
	s.actors[watch.Key] = &actor{
		watch: watch, joined: now, touched: now, seen: -1,
		wished: map[int64]time.Time{watch.Request.Generation: now}, asked: map[string]time.Time{watch.Request.RequestedAt: now},
	}
	s.mu.Unlock()
	s.read(watch.Key)
}

func (s *simulation) forget(key Key) {
	s.mu.Lock()
	if a, ok := s.actors[key]; ok {
		a.gone, a.touched = true, time.Now()
	}
	s.mu.Unlock()
	s.source.Forget(key)
}

// change has an actor want something else.
func (s *simulation) change(key Key, change func(*actor)) {
	s.mu.Lock()
	if a, ok := s.actors[key]; ok && !a.gone {
		change(a)
	}
	s.mu.Unlock()
	s.read(key)
}

// renew makes another actor of the same name out of one.
func (s *simulation) renew(a *actor, uid string) {
	now := time.Now()
	watch := a.watch
	watch.UID, watch.Request, watch.Urgent = uid, Request{Generation: 1}, true
	*a = actor{
		watch: watch, joined: now, touched: now, seen: -1,
		wished: map[int64]time.Time{1: now}, asked: map[string]time.Time{"": now},
	}
}

// rekey gives an actor other credentials, if it uses that Secret.
func (s *simulation) rekey(a *actor, secret Key, key string) {
	if a.watch.Credentials.Secret != secret || a.watch.Credentials.Vectara.APIKey == key {
		return
	}
	a.watch.Credentials.Vectara.APIKey = key
	a.joined, a.touched = time.Now(), time.Now()
	if a.told != nil && (a.told.Fault != nil || a.told.Request != a.watch.Request) {
		a.told = nil // Trouble may be over.
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
