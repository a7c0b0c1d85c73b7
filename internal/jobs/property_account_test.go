// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// The kinds of calls. A trouble may be limited to one.
const (
	anyCall   = ""
	getCall   = "GET"
	listCall  = "LIST"
	tokenCall = "token"
)

// accountTraits are what an account is like all the time.
type accountTraits struct {
	seed     uint64
	pageSize int           // at most that many jobs on a page, whatever was asked for
	order    int           // in which order lists are
	lists    string        // what is wrong with lists: a trouble; empty for nothing
	latency  time.Duration // at most
}

// trouble is a time in which a share of the calls with some credentials goes wrong.
type trouble struct {
	from, to time.Time
	key      string // that the keys of the credentials begin with
	share    float64
	only     string // the kind of calls that it is limited to
	what     string
}

var (
	callTroubles = []string{"429", "429 with a pause", "401", "503", "503 with a pause", "broken", "hang", "slow", "nonsense"}
	listTroubles = []string{
		"list 403", "list of the ended 403", "unreadable element", "circle", "empty pages", "wrongly empty", "late", "lossy",
		"429", "429 with a pause", "401", "503", "503 with a pause", "hang", "slow",
	}
	jobTroubles = []string{"401", "401", "403", "503", "hang"}
)

// lateness is how long after its creation a job is on the lists that are late.
const lateness = 90 * time.Second

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
func (a *simulatedAccount) troubleOf(kind, key, id string, now time.Time) string {
	for i, t := range a.troubles {
		if strings.HasPrefix(key, t.key) && (t.only == anyCall || t.only == kind) && !now.Before(t.from) && now.Before(t.to) &&
			a.dice(strconv.Itoa(i), key, kind+id, now) < t.share {
			return t.what
		}
	}
	switch {
	case kind == listCall:
		return a.lists
	case kind == getCall && a.lives[id].fails(now):
		return a.lives[id].failing
	default:
		return ""
	}
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
func (a *simulatedAccount) errorOf(trouble, operation, key, what string, now time.Time) error {
	pause := time.Second + time.Duration(a.dice("pause", key, what, now)*float64(3*time.Minute))
	failed := &vectara.APIError{Operation: operation}
	switch trouble {
	case "429", "401", "403", "503":
		failed.StatusCode, _ = strconv.Atoi(trouble)
	case "429 with a pause", "503 with a pause":
		failed.StatusCode, _ = strconv.Atoi(trouble[:3])
		failed.RetryAfter = pause
	case "list 403":
		failed.StatusCode = 403
	case "broken":
		return &vectara.TransportError{Operation: operation, Kind: vectara.KindReset, Detail: "broken"}
	case "nonsense":
		return &vectara.ResponseError{Operation: operation, StatusCode: 200, Problem: "nonsense"}
	default:
		return nil
	}
	return failed
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
	if trouble == "list of the ended 403" && (len(query.States) == 0 || slices.Contains(query.States, "completed")) {
		return vectara.Page{}, status(403, 0)
	}
	matching := a.matching(query, now)
	switch trouble {
	case "wrongly empty":
		return vectara.Page{}, nil
	case "late":
		matching = slices.DeleteFunc(matching, func(job vectara.Job) bool { return now.Sub(job.CreatedAt) < lateness })
	case "lossy":
		matching = slices.DeleteFunc(matching, func(job vectara.Job) bool { return a.dice("lost", "", job.ID, now) < 0.2 })
	}
	from, _ := strconv.Atoi(strings.TrimSpace(query.PageKey))
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
	case "empty pages":
		if a.dice("empty", "", query.PageKey, now) < 0.5 {
			page.NextPageKey, page.Jobs = cmp.Or(query.PageKey, "0")+" ", nil
		}
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
