// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"strings"
	"time"
)

// staleAfter is how long a poll may be overdue before the object has to say so.
const staleAfter = 30 * time.Second

// expectPunctual expects the jobs whose names have a prefix to have been polled when due, since the mark.
func (w *livenessWorld) expectPunctual(prefix string, limit time.Duration) {
	w.Helper()
	if late, name := w.latest(prefix); late > limit {
		others := w.which(prefix, func(s *watchingObject) bool { return max(s.late, w.lateness(s, time.Now())) > limit })
		w.Errorf("%s was polled %v late, want at most %v; so were %d in all", name, late, limit, len(others))
	}
}

// expectNobodySaid expects that no object whose name has a prefix ever said anything but that all is well, or nothing of some
// kinds if there are any.
func (w *livenessWorld) expectNobodySaid(prefix string, kinds ...FaultKind) {
	w.Helper()
	if names := w.which(prefix, saidAny(kinds...)); len(names) > 0 {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.Errorf("%d objects said that something is wrong, %s for one: %v", len(names), names[0], w.subscribers[names[0]].said)
	}
}

func saidAny(kinds ...FaultKind) func(*watchingObject) bool {
	return func(s *watchingObject) bool {
		for kind := range s.said {
			if len(kinds) == 0 {
				return true
			}
			for _, k := range kinds {
				if k == kind {
					return true
				}
			}
		}
		return false
	}
}

// expectAllSay expects what every object whose name has a prefix says at present.
func (w *livenessWorld) expectAllSay(prefix string, kind FaultKind) {
	w.Helper()
	if names := w.which(prefix, func(s *watchingObject) bool { return s.says != kind }); len(names) > 0 {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.Errorf("%d of %d objects do not say %q after %v, %s for one: it says %q",
			len(names), len(w.of(prefix)), kind, time.Since(w.began), names[0], w.subscribers[names[0]].says)
	}
}

// expectConfirmedSince expects every job whose name has a prefix to have been asked for with success since a time.
func (w *livenessWorld) expectConfirmedSince(prefix string, from time.Time) {
	w.Helper()
	if names := w.which(prefix, func(s *watchingObject) bool { return s.confirmed.Before(from) }); len(names) > 0 {
		w.Errorf("%d jobs were not polled in the last %v, %s for one", len(names), time.Since(from), names[0])
	}
}

// expectNoOldNews expects every object whose job has been overdue for so long that it has to say so, to say so.
func (w *livenessWorld) expectNoOldNews(prefix string) {
	w.Helper()
	const reading = 5 * time.Second // what a source may take to notice
	stale := w.which(prefix, func(s *watchingObject) bool {
		return s.says == "" && time.Since(s.due) > staleAfter+reading
	})
	if len(stale) > 0 {
		w.Errorf("%d objects say that all is well, and were overdue for more than %v: %s for one", len(stale), staleAfter, stale[0])
	}
}

// expectRequests expects no more requests than so many; a limit below 0 is none.
func (w *livenessWorld) expectRequests(when string, got, limit requestCount) {
	w.Helper()
	var excess []string
	check := func(what string, got, limit int) {
		if limit >= 0 && got > limit {
			excess = append(excess, fmt.Sprintf("at most %d %s", limit, what))
		}
	}
	check("GETs", got.gets, limit.gets)
	check("pages", got.pages, limit.pages)
	check("walks", got.walks, limit.walks)
	check("token requests", got.tokens, limit.tokens)
	if len(excess) > 0 {
		w.Errorf("%s: %v, want %s", when, got, strings.Join(excess, ", "))
	}
}
