// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// life is what becomes of a job of a simulated account.
type life struct {
	id       string
	states   []string
	since    []time.Time // when each state begins; the first one is when the job is created
	gone     time.Time   // when Vectara has forgotten the job; the zero time means never
	denied   bool        // whether nobody may read it
	unlisted bool        // whether lists do not show it
}

// randomLife begins up to half an hour before a time or up to five minutes after it.
func randomLife(r *rand.Rand, id string, now time.Time) *life {
	l := &life{id: id, denied: r.IntN(20) == 0, unlisted: r.IntN(8) == 0}
	at := now.Add(-5 * time.Minute)
	if r.IntN(4) > 0 {
		at = now.Add(5 * time.Minute)
	}
	at = at.Add(-randomDuration(r, time.Second, 10*time.Minute)).Truncate(time.Millisecond)
	for range 1 + r.IntN(5) {
		l.enter([]string{"queued", "started", "started", "failed_will_retry", "unknown", "", "a_state_of_next_year"}[r.IntN(7)], at)
		at = at.Add(randomDuration(r, time.Second, 15*time.Minute))
	}
	if r.IntN(5) > 0 {
		l.enter(finalStates[r.IntN(len(finalStates))], at)
	}
	if r.IntN(10) == 0 {
		l.gone = at.Add(randomDuration(r, time.Second, 10*time.Minute))
	}
	return l
}

func (l *life) enter(state string, at time.Time) {
	l.states, l.since = append(l.states, state), append(l.since, at)
}

// step returns which of its states the job is in at a time; -1 when nobody can read it.
func (l *life) step(at time.Time) int {
	if l.denied || !l.gone.IsZero() && !at.Before(l.gone) {
		return -1
	}
	n, _ := slices.BinarySearchFunc(l.since, at, func(since, at time.Time) int {
		if since.After(at) {
			return 1
		}
		return -1
	})
	return n - 1
}

// job is the job in one of its states. No two of them look the same.
func (l *life) job(step int) vectara.Job {
	return vectara.Job{
		ID: l.id, State: l.states[step], CreatedAt: l.since[0], StartedAt: l.since[step], Comment: strconv.Itoa(step),
	}
}

// ended is when the job came into a final state; the zero time if it does not, or if nobody can read it by then.
func (l *life) ended() time.Time {
	last := len(l.states) - 1
	if !slices.Contains(finalStates, l.states[last]) || l.step(l.since[last]) != last {
		return time.Time{}
	}
	return l.since[last]
}

// accountTraits are what an account is like all the time.
type accountTraits struct {
	seed     uint64
	pageSize int           // at most that many jobs on a page, whatever was asked for
	order    int           // in which order lists are
	lists    string        // what is wrong with lists: a trouble of lists
	latency  time.Duration // at most
}

// trouble is a time in which a share of the calls with some credentials goes wrong.
type trouble struct {
	from, to time.Time
	secret   string // with whose keys
	share    float64
	what     string
}

var (
	callTroubles = []string{"429", "429 with a pause", "401", "503", "503 with a pause", "broken", "hang", "slow", "nonsense"}
	listTroubles = []string{"list 403", "list of the ended 403", "unreadable element", "circle", "empty page", "list 503"}
)

// simulatedAccount answers calls. The lock of its simulation guards it.
type simulatedAccount struct {
	accountTraits
	lives    map[string]*life
	troubles []trouble
}

// dice returns a number in [0, 1) that depends on nothing but the seed, what is asked, and when, so that a seed goes the
// same way however goroutines are scheduled.
func (a *simulatedAccount) dice(salt, key, what string, now time.Time) float64 {
	hash := fnv.New64a()
	fmt.Fprint(hash, a.seed, salt, key, what) // Writing to a hash never fails.
	return Fraction(hash.Sum64(), uint64(now.UnixNano()))
}

// troubleOf picks what goes wrong with a call; empty means nothing.
func (a *simulatedAccount) troubleOf(key, what string, now time.Time) string {
	for i, t := range a.troubles {
		if strings.HasPrefix(key, t.secret) && !now.Before(t.from) && now.Before(t.to) && a.dice(strconv.Itoa(i), key, what, now) < t.share {
			return t.what
		}
	}
	return ""
}

// delay is how long a call takes.
func (a *simulatedAccount) delay(trouble, key, what string, now time.Time) time.Duration {
	most := a.latency
	switch trouble {
	case "slow", "broken":
		most = 20 * time.Second
	case "hang":
		return time.Hour
	}
	return time.Duration(a.dice("delay", key, what, now)*float64(most)) + time.Millisecond
}

// errorOf is what a trouble of any call does to it; nil if it does no more than take time.
func (a *simulatedAccount) errorOf(trouble, key, what string, now time.Time) error {
	pause := time.Second + time.Duration(a.dice("pause", key, what, now)*float64(3*time.Minute))
	switch trouble {
	case "429":
		return status(429, 0)
	case "429 with a pause":
		return status(429, pause)
	case "401":
		return status(401, 0)
	case "503":
		return status(503, 0)
	case "503 with a pause":
		return status(503, pause)
	case "broken":
		return &vectara.TransportError{Operation: vectara.OperationGetJob, Kind: vectara.KindReset, Detail: "broken"}
	case "nonsense":
		return &vectara.ResponseError{Operation: vectara.OperationGetJob, StatusCode: 200, Problem: "nonsense"}
	default:
		return nil
	}
}

// get is the honest answer to a call for one job.
func (a *simulatedAccount) get(id string, now time.Time) (vectara.Job, error) {
	l := a.lives[id]
	step := l.step(now)
	switch {
	case step >= 0:
		return l.job(step), nil
	case l.denied:
		return vectara.Job{}, status(403, 0)
	default:
		return vectara.Job{}, status(404, 0)
	}
}

// list is the answer to a call for a page. The key of a page is how many jobs are before it, at present: while jobs come
// and go, one may be on two pages, or on none.
func (a *simulatedAccount) list(query vectara.ListQuery, trouble string, now time.Time) (vectara.Page, error) {
	final := len(query.States) == 0 || slices.Contains(query.States, "completed")
	switch {
	case trouble == "list 403", trouble == "list of the ended 403" && final:
		return vectara.Page{}, status(403, 0)
	case trouble == "list 503":
		return vectara.Page{}, status(503, 0)
	}
	matching := a.matching(query, now)
	from, _ := strconv.Atoi(query.PageKey)
	from = min(from, len(matching))
	to := min(from+min(query.Limit, a.pageSize), len(matching))
	page := vectara.Page{Jobs: matching[from:to]}
	if to < len(matching) {
		page.NextPageKey = strconv.Itoa(to)
	}
	switch trouble {
	case "unreadable element":
		page.Dropped, page.Jobs = 1, page.Jobs[:max(len(page.Jobs)-1, 0)]
	case "circle":
		page.NextPageKey = "1"
	case "empty page":
		page.NextPageKey, page.Jobs = strconv.Itoa(to), nil
	}
	return page, nil
}

func (a *simulatedAccount) matching(query vectara.ListQuery, now time.Time) []vectara.Job {
	var matching []vectara.Job
	for _, l := range a.lives {
		if step := l.step(now); step >= 0 && !l.unlisted && l.since[0].After(query.CreatedAfter) &&
			(len(query.States) == 0 || slices.Contains(query.States, l.states[step])) {
			matching = append(matching, l.job(step))
		}
	}
	slices.SortFunc(matching, func(x, y vectara.Job) int {
		switch a.order {
		case 0:
			return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), cmp.Compare(x.ID, y.ID))
		case 1:
			return cmp.Or(y.CreatedAt.Compare(x.CreatedAt), cmp.Compare(x.ID, y.ID))
		default:
			return cmp.Compare(x.ID, y.ID)
		}
	})
	return matching
}

// randomDuration is spread evenly over the orders of magnitude between two durations.
func randomDuration(r *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.Float64()))
}
