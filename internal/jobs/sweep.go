// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// sweepDeadline bounds a sweep from its first page to its last. What takes longer is no picture of one moment any
	// more.
	sweepDeadline = 2 * time.Minute

	// pageTimeout bounds the call for one page.
	pageTimeout = 30 * time.Second
)

// The states that a list is asked for: those of jobs that are not over, and those of jobs that are. A job in a state
// that is not known yet is in neither, and is asked for alone.
var (
	activeStates = []string{"queued", "started", "failed_will_retry", "unknown"}
	finalStates  = []string{"completed", "failed", "aborted"}
)

func isActive(state string) bool { return slices.Contains(activeStates, state) }

// sweep looks at many jobs of a session with one list, page by page. Each job that a page brings is an observation like
// any other. One that is missing from a complete sweep has left the states that were listed, or cannot be listed: it is
// asked for alone. An incomplete sweep says nothing of what it did not bring.
type sweep struct {
	purpose  Purpose
	query    vectara.ListQuery
	maxPages int // more would cost more than it saves, unless they bring that many watched jobs

	began   time.Time // when the first page was asked for; the zero time before
	pages   int
	brought int // of them are watched
	others  int // of them are active, and not watched
	keys    map[string]bool
	calling bool // whether the call for a page is under way
	spoilt  bool // whether a job on it could not be read, so that one that is missing may be that one

	// share is how many of the session's listable targets were expected at first, from 0 to 1.
	share float64

	// expected are the targets that it is to bring and has not brought yet. They stand in no queue.
	expected map[*target]bool

	// collections are what it gathers for those who list jobs.
	collections map[*listWatcher]*collection
}

// newSweep makes a sweep that brings, out of some targets, those created at a time or later; all of them if it is zero.
func newSweep(purpose Purpose, states []string, targets []dated, since time.Time, maxPages int) *sweep {
	s := &sweep{
		purpose:     purpose,
		query:       vectara.ListQuery{States: states, Limit: vectara.MaxPageSize},
		maxPages:    maxPages,
		keys:        map[string]bool{},
		expected:    map[*target]bool{},
		collections: map[*listWatcher]*collection{},
	}
	if !since.IsZero() {
		s.query.CreatedAfter = since.Add(-createdMargin)
	}
	for _, d := range targets {
		if !d.created.Before(since) {
			s.expected[d.target] = true
		}
	}
	s.share = float64(len(s.expected)) / float64(max(len(targets), 1))
	return s
}

// brings reports whether a target need not be asked for alone, because the sweep will bring it. A nil sweep brings none.
func (s *sweep) brings(t *target) bool { return s != nil && s.expected[t] }

// wantsPage reports whether the next page can be asked for. A nil sweep wants none.
func (s *sweep) wantsPage() bool { return s != nil && !s.calling }

// idle reports whether there is a sweep that has nothing left to bring, and no page under way.
func (s *sweep) idle() bool {
	return s != nil && !s.calling && len(s.expected) == 0 && !s.isWanted()
}

// release leaves it to the queues when a target is looked at. A nil sweep does nothing.
func (s *sweep) release(t *target) {
	if s != nil {
		delete(s.expected, t)
	}
}

// hold takes the targets that a sweep brings out of the queues.
func (s *session) hold(sweep *sweep) {
	if sweep == nil {
		return
	}
	for t := range sweep.expected {
		s.enqueue(t, nil)
	}
}

// verdict is what a page means for the sweep.
type verdict int

const (
	// goesOn is for a page that is followed by another.
	goesOn verdict = iota
	// complete is for the last page.
	complete
	// held is for a sweep that the gate has stopped, or that has brought all that it was to bring before its end.
	held
	// interrupted is for a sweep that failed as any call may fail.
	interrupted
	// unprofitable is for a sweep that has more pages than it was to save calls, or more than anybody can want.
	unprofitable
	// unreliable is for a list whose answers cannot be made sense of, or that is refused.
	unreliable
)

func (v verdict) String() string {
	return [...]string{"goes_on", "complete", "held", "interrupted", "unprofitable", "unreliable"}[v]
}

// judge decides how the sweep goes on after a page.
func (s *sweep) judge(page vectara.Page, now time.Time) verdict {
	s.pages++
	s.spoilt = s.spoilt || page.Dropped > 0
	next := page.NextPageKey
	switch {
	case s.spoilt && !s.isWanted(), s.keys[next], next != "" && len(page.Jobs)+page.Dropped == 0:
		return unreliable // A job that could not be read, or paging that runs in a circle or leads nowhere.
	case next == "":
		return complete
	case s.tooLong(now):
		return unprofitable
	}
	s.keys[next] = true
	s.query.PageKey = next
	return goesOn
}

// tooLong reports whether the sweep is to end before the list does.
func (s *sweep) tooLong(now time.Time) bool {
	if s.isWanted() {
		return s.pages >= maxListPages || now.Sub(s.began) > listDeadline
	}
	return s.pages >= max(s.maxPages, s.brought) || now.Sub(s.began) > sweepDeadline
}

// keepsWaiting reports whether those whom the sweep is to bring have waited long enough for a list that goes on for the sake
// of somebody else.
func (s *sweep) keepsWaiting(now time.Time) bool {
	if !s.isWanted() {
		return false
	}
	return now.Sub(s.began) > holdLimit || s.purpose == ForActive && s.pages >= max(s.maxPages, s.brought)
}

// judgeFault decides what a page that failed means for lists. It means nothing for any job.
func judgeFault(fault *Fault) verdict {
	switch {
	case fault.concernsSession():
		return held
	case fault.Kind == Unavailable && (fault.StatusCode == 0 || fault.StatusCode >= 500):
		return interrupted
	default:
		return unreliable
	}
}

// pageAnswer is what came of the call for a page.
type pageAnswer struct {
	asked, answered time.Time
	page            vectara.Page
	fault           *Fault
}

// finishPage takes in what came of the call for the next page of the sweep under way.
func (s *session) finishPage(answer pageAnswer) {
	s.calls--
	s.sweep.calling = false
	s.passGate(&Observation{Asked: answer.asked, Answered: answer.answered, Fault: answer.fault})
	if answer.fault != nil {
		s.endSweep(judgeFault(answer.fault), answer.fault, answer.answered)
		s.tellAllOfGate(answer.answered)
		return
	}
	s.meter.PageCame(s.sweep.purpose, len(answer.page.Jobs))
	s.gather(answer)
	for i := range answer.page.Jobs {
		t, ok := s.targets[answer.page.Jobs[i].ID]
		if !ok {
			continue
		}
		t.unlisted, t.missing = false, false
		s.sweep.brought++
		s.sweep.release(t)
		t.tell(Observation{Asked: answer.asked, Answered: answer.answered, Job: &answer.page.Jobs[i]}, s.wake)
		s.arrange(t)
	}
	verdict := s.sweep.judge(answer.page, answer.answered)
	if verdict == goesOn && len(s.sweep.expected) == 0 && !s.sweep.isWanted() {
		verdict = held // Nothing is left to be brought.
	}
	if verdict != goesOn {
		s.endSweep(verdict, &Fault{Kind: InvalidResponse, Detail: "the pages of the list of jobs lead nowhere"}, answer.answered)
		return
	}
	if s.sweep.keepsWaiting(answer.answered) {
		waiting := s.sweep.expected
		s.sweep.expected = map[*target]bool{}
		for t := range waiting {
			s.arrange(t)
		}
	}
}

// endSweep draws the conclusions from the sweep that was under way. The fault is why it did not come to its end, where it
// was not cut short on purpose.
func (s *session) endSweep(verdict verdict, fault *Fault, now time.Time) {
	over := s.sweep
	s.sweep = nil
	s.meter.SweepEnded(over.purpose, verdict.String())
	s.handOver(over, verdict, fault, now)
	if over.spoilt {
		verdict = unreliable // for what it did not bring.
	}
	s.lister.learn(over, verdict, now)
	var missing []dated
	for t := range over.expected {
		// Of one that was looked at since the sweep began, that look knows better. Those whom a list of the ended jobs did not
		// bring were missing from the active ones before, and are still to be asked for.
		if (verdict == complete || over.purpose == ForEnded) && !t.lookedAt.After(over.began) {
			missing = append(missing, dated{t, t.created()})
			continue
		}
		s.arrange(t)
	}
	if over.purpose != ForEnded && len(over.query.States) > 0 {
		// Most of those that have left the active states have ended. When there are many, a list of those that have ended
		// brings them.
		s.sweep = s.lister.planFinal(missing, now)
		s.hold(s.sweep)
	}
	for _, d := range missing {
		if !s.sweep.brings(d.target) {
			s.askAlone(d.target, now)
		}
	}
}

// askAlone has a target asked for that a list did not bring.
func (s *session) askAlone(t *target, now time.Time) {
	t.missing = true
	for _, w := range t.watchers {
		w.due = now
	}
	s.arrange(t)
}
