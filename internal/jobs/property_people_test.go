// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// credentialsOf makes credentials of the name of a key: every other one is a client that needs tokens.
func (s *simulation) credentialsOf(key string) vectara.Credentials {
	if s.clientKey != "" && key[:len(s.clientKey)] == s.clientKey {
		return vectara.Credentials{ClientID: key, ClientSecret: "secret"}
	}
	return vectara.Credentials{APIKey: key}
}

// people plans who subscribes to what, and when they change their minds.
func (s *simulation) people(troubled time.Duration) {
	r, load := s.random, 0.0
	for i := range len(s.account.lives) + r.IntN(10) - 2 {
		secret := fmt.Sprint("secret", r.IntN(len(s.keys)))
		schedule := cadence{seed: r.Uint64()}
		load += 1 / (2 * shortest).Seconds()
		if r.IntN(2) == 0 {
			schedule.fixed = randomDuration(r, 5*time.Second, 2*time.Minute)
			load += 1 / schedule.fixed.Seconds()
		}
		l := s.account.lives[fmt.Sprint("job_", r.IntN(len(s.account.lives)))]
		subscription := Subscription{
			Key: Key{"ns", fmt.Sprint("actor", i)}, UID: "1", JobID: l.id,
			Credentials: s.credentialsOf(s.keys[secret]),
			Timeout:     10 * time.Second, Request: Request{Generation: 1}, Urgent: r.IntN(3) == 0, Schedule: schedule,
		}
		if r.IntN(2) == 0 {
			subscription.Created = l.since[0]
		}
		if r.IntN(20) == 0 {
			subscription.Timeout = 5 * time.Minute
		}
		arrives := s.began
		if r.IntN(2) == 0 {
			arrives = s.within(troubled * 5 / 4)
		}
		s.plan(arrives, func() { s.arrive(subscription, secret) })
		s.moods(subscription.Key, troubled)
	}
	for range r.IntN(4) {
		s.rotation(fmt.Sprint("secret", r.IntN(len(s.keys))), s.within(troubled))
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
		switch r.IntN(8) {
		case 0:
			s.plan(at, func() { s.forget(key) })
		case 1:
			s.plan(at, func() { s.change(key, func(a *actor) { s.renew(a, name) }) })
		case 2, 3:
			s.plan(at, func() {
				s.change(key, func(a *actor) {
					a.request(Request{a.subscription.Request.Generation + 1, a.subscription.Request.RequestedAt}, time.Now())
				})
			})
		case 4, 5:
			s.plan(at, func() {
				s.change(key, func(a *actor) { a.request(Request{a.subscription.Request.Generation, name}, time.Now()) })
			})
		case 6:
			back := at.Add(randomDuration(r, time.Millisecond, time.Minute))
			s.plan(at, func() { s.goAway(key) })
			s.plan(back, func() { s.comeBack(key) })
		default:
			schedule := cadence{seed: r.Uint64(), fixed: time.Duration(r.IntN(2)) * 20 * time.Second}
			s.plan(at, func() { s.change(key, func(a *actor) { a.subscription.Schedule, a.touched = schedule, time.Now() }) })
		}
	}
}

// rotation plans that the credentials of a Secret change, and sometimes that they change back. Not everybody takes them
// over at once.
func (s *simulation) rotation(secret string, at time.Time) {
	keys := []string{s.keys[secret] + strconv.FormatUint(s.random.Uint64(), 36)}
	if s.random.IntN(2) == 0 {
		keys = append(keys, s.keys[secret])
	}
	for _, key := range keys {
		spread := randomDuration(s.random, time.Millisecond, 5*time.Second)
		for i := range len(s.account.lives) + 10 {
			who := Key{"ns", fmt.Sprint("actor", i)}
			s.plan(at.Add(time.Duration(s.random.Float64()*float64(spread))), func() {
				s.change(who, func(a *actor) { s.rekey(a, secret, key) })
			})
		}
		at = at.Add(spread + randomDuration(s.random, time.Millisecond, time.Minute))
	}
}

func (s *simulation) arrive(subscription Subscription, secret string) {
	s.mu.Lock()
	s.actors[subscription.Key] = newActor(subscription, secret)
	s.mu.Unlock()
	s.read(subscription.Key)
}

func (s *simulation) forget(key Key) {
	s.mu.Lock()
	if a, ok := s.actors[key]; ok {
		a.gone, a.touched = true, time.Now()
	}
	s.mu.Unlock()
	s.source.Unwatch(key)
}

// goAway has an actor not subscribe for a while, as a suspended resource does.
func (s *simulation) goAway(key Key) {
	s.mu.Lock()
	a, ok := s.actors[key]
	if ok && !a.gone {
		a.away, a.touched = true, time.Now()
		if a.told == nil || a.told.Asked.IsZero() { // The source forgets what it was told with its former credentials.
			a.newest, a.seen = time.Time{}, -1
		}
	}
	s.mu.Unlock()
	if ok {
		s.source.Unwatch(key)
	}
}

// comeBack has an actor subscribe again. What it was told before, it still knows.
func (s *simulation) comeBack(key Key) {
	s.change(key, func(a *actor) {
		if !a.away {
			return
		}
		now := time.Now()
		a.away, a.joined, a.touched, a.told, a.content, a.forgotten = false, now, now, nil, false, true
		a.subscription.Urgent = a.answered != a.subscription.Request
	})
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
	subscription := a.subscription
	subscription.UID, subscription.Request, subscription.Urgent = uid, Request{Generation: 1}, true
	away := a.away
	*a = *newActor(subscription, a.secret)
	a.away = away
}

// rekey gives an actor other credentials, if it uses that Secret.
func (s *simulation) rekey(a *actor, secret, key string) {
	if a.secret != secret || keyOf(a.subscription.Credentials) == key {
		return
	}
	a.subscription.Credentials = s.credentialsOf(key)
	// What has ended is not polled again with other credentials.
	// Who still subscribes after the end of a job has not made use of that.
	a.content = a.told != nil && a.told.Overdue == nil && !a.wantsMore() && !slices.Contains(finalStates, a.told.Job.State)
	a.joined, a.touched, a.told = time.Now(), time.Now(), nil
	if a.away || a.forgotten {
		a.newest, a.seen = time.Time{}, -1 // The source does not know that it is the same.
	}
}
