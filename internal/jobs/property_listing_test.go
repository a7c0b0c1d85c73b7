// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// listActor is a resource that lists jobs, and what it was told.
type listActor struct {
	subscription ListSubscription
	secret       string
	touched      time.Time // when it last wanted something else
	gone         bool
	told         *Listing
	toldAt       time.Time
}

// listers plans who lists jobs, and when they change their minds.
func (s *simulation) listers(troubled time.Duration) {
	r := s.random
	for i := range max(r.IntN(7)-3, 0) {
		secret := fmt.Sprint("secret", r.IntN(len(s.keys)))
		var states []string
		switch r.IntN(4) {
		case 0:
			states = activeStates
		case 1:
			states = []string{"started", "failed"}
		}
		subscription := ListSubscription{
			Key: Key{"ns", fmt.Sprint("lister", i)}, UID: "1", Credentials: s.credentialsOf(s.keys[secret]), Request: Request{Generation: 1},
			States: states, Window: Window{LookBack: randomDuration(r, time.Minute, 2*time.Hour)},
			Match:    func(job *vectara.Job) bool { return len(states) == 0 || slices.Contains(states, job.State) },
			Interval: randomDuration(r, 10*time.Second, 5*time.Minute),
			Enqueue:  s.enqueueLister,
		}
		if r.IntN(3) == 0 {
			subscription.Listed = s.began.Add(-randomDuration(r, time.Minute, time.Hour))
		}
		s.plan(s.within(troubled), func() {
			s.mu.Lock()
			s.lists[subscription.Key] = &listActor{subscription: subscription, secret: secret, touched: time.Now()}
			s.mu.Unlock()
			s.readList(subscription.Key)
		})
		for n := range r.IntN(4) {
			change := func(a *listActor) { a.subscription.Request.Generation++ }
			switch r.IntN(5) {
			case 0:
				change = func(a *listActor) { a.subscription.Request.RequestedAt = fmt.Sprint(n) }
			case 1:
				key := fmt.Sprint(s.keys[secret], "-", n)
				change = func(a *listActor) { a.subscription.Credentials, a.told = s.credentialsOf(key), nil }
			case 2:
				if r.IntN(2) == 0 {
					s.plan(s.within(s.end.Sub(s.began)), func() { s.forgetList(subscription.Key) })
					continue
				}
			case 3:
				window := Window{LookBack: randomDuration(r, time.Minute, 2*time.Hour)}
				change = func(a *listActor) { a.subscription.Window = window }
			}
			s.plan(s.within(troubled), func() { s.changeList(subscription.Key, change) })
		}
	}
}

func (s *simulation) forgetList(key Key) {
	s.mu.Lock()
	if a, ok := s.lists[key]; ok {
		a.gone, a.touched = true, time.Now()
	}
	s.mu.Unlock()
	s.source.UnwatchList(key)
}

func (s *simulation) changeList(key Key, change func(*listActor)) {
	s.mu.Lock()
	if a, ok := s.lists[key]; ok && !a.gone {
		change(a)
		a.touched = time.Now()
	}
	s.mu.Unlock()
	s.readList(key)
}

// readList has an actor read what is known, and finds fault if it was not told of that.
func (s *simulation) readList(key Key) {
	s.mu.Lock()
	a, ok := s.lists[key]
	if !ok || a.gone {
		s.mu.Unlock()
		return
	}
	subscription := a.subscription
	s.mu.Unlock()

	l, ok := s.source.WatchList(subscription)

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case a.touched.Equal(time.Now()) || a.toldAt.Equal(time.Now()):
	case ok != (a.told != nil):
		s.failf("%s reads %+v, and was told %+v", key.Name, l, a.told)
	case ok && (!l.sameResult(a.told) || l.Request != a.told.Request):
		s.failf("%s reads %+v without having been enqueued, and was told %+v", key.Name, l, a.told)
	}
}

// enqueueLister judges what the source has to tell somebody who lists. The source calls it with its lock held.
func (s *simulation) enqueueLister(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	a, w := s.lists[key], s.source.listSubscribers[key]
	switch {
	case w == nil || w.latest == nil:
		s.failf("%s is enqueued, and there is nothing to read", key.Name)
		return
	case a.gone && !a.touched.Equal(now):
		s.failf("%s is enqueued after it was forgotten", key.Name)
		return
	}
	l := *w.latest
	client := w.list.session.api.(*simulatedClient) // The source has no others.
	if client.key != keyOf(a.subscription.Credentials) {
		if !a.touched.Equal(now) {
			s.failf("%s is told what was seen with other credentials", key.Name)
		}
		return
	}
	if a.told != nil && (l.Asked.Before(a.told.Asked) || a.told.sameResult(&l) && a.told.Request == l.Request) {
		s.failf("%s is told %+v after %+v", key.Name, l, a.told)
	}
	if l.Answered.After(now) || l.Answered.Before(l.Asked) || (l.Jobs != nil) && l.Fault != nil ||
		!slices.IsSortedFunc(l.Jobs, cmpIDs) {
		s.failf("%s is told nonsense: %+v", key.Name, l)
	}
	for _, found := range l.Jobs {
		if !client.listed(a, found, l) {
			s.failf("%s is told of %s, which no list brought that matches", key.Name, found.ID)
		}
	}
	if l.Fault == nil && !l.Truncated {
		a.subscription.Listed = l.Asked
	}
	a.told, a.toldAt = &l, now
	time.AfterFunc(time.Second, func() { s.readList(key) })
}

func cmpIDs(a, b Found) int { return cmp.Compare(a.ID, b.ID) }

// listed reports whether an answer brought a job that was wanted, in the time of a listing.
func (c *simulatedClient) listed(actor *listActor, found Found, l Listing) bool {
	for q, answers := range c.answers {
		if q.id != found.ID || q.sent.Before(l.Asked) || q.sent.After(l.Answered) {
			continue
		}
		for _, a := range answers {
			if a.step < 0 {
				continue
			}
			job := c.account.lives[found.ID].job(a.step)
			if actor.subscription.Match(&job) && !job.CreatedAt.Before(l.Since) && job.CreatedAt.Equal(found.CreatedAt) {
				return true
			}
		}
	}
	return false
}

// isListed reports whether somebody wants jobs listed with a client's credentials.
func (s *simulation) isListed(c *simulatedClient, now time.Time) bool {
	for _, a := range s.lists {
		if a.touched.Equal(now) || !a.gone && keyOf(a.subscription.Credentials) == c.key {
			return true
		}
	}
	return false
}

// judgeLists finds fault with what those know who list, after a calm time.
func (s *simulation) judgeLists() {
	if s.account.lists != "" {
		return
	}
	for key, a := range s.lists {
		w := s.source.listSubscribers[key]
		if a.gone || w == nil {
			continue
		}
		// The calls for all jobs, alone and on pages of three, may come before the list's last page.
		queue := float64(4*len(s.account.lives)+2*len(s.actors)) / s.limits.RequestsPerSecond
		patience := 3*a.subscription.Interval + time.Duration(queue*float64(time.Second)) +
			time.Duration(len(s.account.lives)+40)*s.account.latency + 2*time.Minute
		if s.calm.Add(patience).After(s.end) {
			continue
		}
		if w.latest == nil || w.latest.Fault != nil || w.latest.Request != a.subscription.Request || w.latest.Asked.Before(s.end.Add(-patience)) {
			s.failf("%s has waited for a list for %v: %+v", key.Name, time.Since(a.touched), w.latest)
			continue
		}
		if w.latest.Since.After(a.subscription.Window.Start(w.latest.Asked)) {
			s.failf("%s is told of jobs since %v, and wants them since %v", key.Name, w.latest.Since, a.subscription.Window.Start(w.latest.Asked))
		}
		before, after := s.matchingLives(a, w.latest.Since, s.end.Add(-patience)), s.matchingLives(a, w.latest.Since, s.end)
		if !slices.Equal(before, after) || !slices.Equal(before, s.matchingLives(a, w.latest.Since, w.latest.Asked)) {
			continue // Not for long enough.
		}
		var got []string
		for _, found := range w.latest.Jobs {
			got = append(got, found.ID)
		}
		if !slices.Equal(got, after) {
			s.failf("%s knows of %v, and %v match", key.Name, got, after)
		}
	}
}

// matchingLives are the jobs created since a time that a list of a moment must bring.
func (s *simulation) matchingLives(a *listActor, since, at time.Time) []string {
	var ids []string
	for _, job := range s.account.matching(vectara.ListQuery{States: a.subscription.States}, at) {
		if !job.CreatedAt.Before(since) {
			ids = append(ids, job.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
