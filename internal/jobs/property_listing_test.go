// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// listActor is a resource that lists jobs, and what it was told.
type listActor struct {
	watch   ListWatch
	joined  time.Time // when it came to have the credentials that it has
	touched time.Time // when it last wanted something else
	gone    bool
	told    *Listing
}

// listers plans who lists jobs, and when they change their minds.
func (s *simulation) listers(troubled time.Duration) {
	r := s.random
	for i := range max(r.IntN(6)-2, 0) {
		secret := fmt.Sprint("secret", r.IntN(3)/2)
		var states []string
		switch r.IntN(4) {
		case 0:
			states = activeStates
		case 1:
			states = []string{"started", "failed"}
		}
		watch := ListWatch{
			Key: Key{"ns", fmt.Sprint("lister", i)}, UID: "1", Credentials: credentials(secret, secret), Request: Request{Generation: 1},
			States: states, Window: Window{LookBack: randomDuration(r, time.Minute, 2*time.Hour)},
			Match:    func(job *vectara.Job) bool { return len(states) == 0 || slices.Contains(states, job.State) },
			Interval: randomDuration(r, 10*time.Second, 5*time.Minute),
			Wake:     s.wakeLister,
		}
		s.plan(s.within(troubled), func() {
			s.mu.Lock()
			s.lists[watch.Key] = &listActor{watch: watch, joined: time.Now(), touched: time.Now()}
			s.mu.Unlock()
			s.readList(watch.Key)
		})
		for n := range r.IntN(4) {
			change := func(a *listActor) { a.watch.Request.Generation++ }
			switch r.IntN(4) {
			case 0:
				change = func(a *listActor) { a.watch.Request.RequestedAt = fmt.Sprint(n) }
			case 1:
				change = func(a *listActor) {
					a.watch.Credentials.Vectara.APIKey = fmt.Sprint(secret, n)
					a.told, a.joined = nil, time.Now()
				}
			case 2:
				if r.IntN(2) == 0 {
					s.plan(s.within(s.end.Sub(s.began)), func() { s.forgetList(watch.Key) })
					continue
				}
			}
			s.plan(s.within(troubled), func() { s.changeList(watch.Key, change) })
		}
	}
}

func (s *simulation) forgetList(key Key) {
	s.mu.Lock()
	if a, ok := s.lists[key]; ok {
		a.gone, a.touched = true, time.Now()
	}
	s.mu.Unlock()
	s.source.ForgetList(key)
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
	watch := a.watch
	s.mu.Unlock()

	l, ok := s.source.List(watch)

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case a.touched.Equal(time.Now()):
	case ok != (a.told != nil):
		s.failf("%s reads %+v, and was told %+v", key.Name, l, a.told)
	case ok && !l.saysTheSame(a.told):
		s.failf("%s reads %+v without having been woken, and was told %+v", key.Name, l, a.told)
	}
}

// wakeLister judges what the source has to tell somebody who lists. The source calls it with its lock held.
func (s *simulation) wakeLister(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	a, w := s.lists[key], s.source.lists[key]
	switch {
	case w == nil || w.latest == nil:
		s.failf("%s is woken, and there is nothing to read", key.Name)
		return
	case a.gone && !a.touched.Equal(now):
		s.failf("%s is woken after it was forgotten", key.Name)
		return
	}
	l := *w.latest
	client := w.session.api.(*simulatedClient) // The source has no others.
	if client.key != a.watch.Credentials.Vectara.APIKey && !a.touched.Equal(now) {
		s.failf("%s is told what was seen with other credentials", key.Name)
	}
	if a.told != nil && (l.Asked.Before(a.told.Asked) || a.told.saysTheSame(&l)) {
		s.failf("%s is told %+v after %+v", key.Name, l, a.told)
	}
	if l.Answered.After(now) || l.Answered.Before(l.Asked) || !slices.IsSortedFunc(l.Jobs, byID) {
		s.failf("%s is told nonsense: %+v", key.Name, l)
	}
	for _, found := range l.Jobs {
		if !client.listed(a, found, l) {
			s.failf("%s is told of %s, which no list brought that matches", key.Name, found.ID)
		}
	}
	a.told = &l
	time.AfterFunc(time.Second, func() { s.readList(key) })
}

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
			if actor.watch.Match(&job) && !job.CreatedAt.Before(l.Since) && job.CreatedAt.Equal(found.CreatedAt) {
				return true
			}
		}
	}
	return false
}

// isListed reports whether somebody wants jobs listed with a client's credentials.
func (s *simulation) isListed(c *simulatedClient, now time.Time) bool {
	for _, a := range s.lists {
		if a.touched.Equal(now) || !a.gone && a.watch.Credentials.Vectara.APIKey == c.key {
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
		if a.gone || s.source.lists[key] == nil {
			continue
		}
		// The calls for all jobs, alone and on pages of three, may come before the list's last page.
		queue := float64(4*len(s.account.lives)+2*len(s.actors)) / s.limits.RequestsPerSecond
		patience := 3*a.watch.Interval + time.Duration(queue*float64(time.Second)) + time.Duration(len(s.account.lives)+40)*s.account.latency + time.Minute
		if s.calm.Add(patience).After(s.end) {
			continue
		}
		if a.told == nil || a.told.Fault != nil || a.told.Request != a.watch.Request {
			s.failf("%s has waited for a list for %v: %+v", key.Name, time.Since(a.touched), a.told)
			continue
		}
		before, after := s.matchingLives(a, s.end.Add(-patience)), s.matchingLives(a, s.end)
		if !slices.Equal(before, after) {
			continue // Not for long enough.
		}
		var got []string
		for _, found := range a.told.Jobs {
			got = append(got, found.ID)
		}
		if !slices.Equal(got, after) {
			s.failf("%s knows of %v, and %v match", key.Name, got, after)
		}
	}
}

// matchingLives are the jobs that a list of a moment must bring.
func (s *simulation) matchingLives(a *listActor, at time.Time) []string {
	var ids []string
	for _, job := range s.account.matching(vectara.ListQuery{States: a.watch.States}, at) {
		if !job.CreatedAt.Before(a.watch.Window.Start(at)) {
			ids = append(ids, job.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
