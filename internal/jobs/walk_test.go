// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// account is a Vectara whose jobs can be listed.
type account struct {
	*fakeVectara
	jobs     map[string]vectara.Job
	unlisted map[string]bool // jobs that lists do not show
	lists    []vectara.ListQuery
	spoil    func(n int, page *vectara.Page) error // changes the nth page, from 0
}

// inAccount runs a test in a world whose Vectara has jobs that are all running, the first one the oldest.
func inAccount(t *testing.T, limits Limits, running int, test func(*world, *account)) {
	t.Helper()
	inWorld(t, limits, func(w *world) {
		a := &account{fakeVectara: w.vectara, jobs: map[string]vectara.Job{}, unlisted: map[string]bool{}}
		for i := range running {
			a.add(fmt.Sprint("a", i), "started", time.Duration(i)*time.Second)
		}
		w.vectara.respond(func(_, id string) (vectara.Job, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if job, ok := a.jobs[id]; ok {
				return job, nil
			}
			return vectara.Job{}, status(404, 0)
		})
		w.vectara.list = a.page
		test(w, a)
	})
}

// add adds a job that was created some time after the epoch of the fake clock, or changes its state.
func (a *account) add(name, state string, created time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	a.jobs["job_"+name] = vectara.Job{ID: "job_" + name, State: state, CreatedAt: epoch.Add(created)}
}

func (a *account) set(name, state string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	job := a.jobs["job_"+name]
	job.State = state
	a.jobs["job_"+name] = job
}

func (a *account) page(query vectara.ListQuery) (vectara.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.lists)
	a.lists = append(a.lists, query)
	var matching []vectara.Job
	for id, job := range a.jobs {
		if (len(query.States) == 0 || slices.Contains(query.States, job.State)) &&
			(query.CreatedAfter.IsZero() || job.CreatedAt.After(query.CreatedAfter)) && !a.unlisted[id] {
			matching = append(matching, job)
		}
	}
	slices.SortFunc(matching, func(x, y vectara.Job) int {
		return cmp.Or(y.CreatedAt.Compare(x.CreatedAt), cmp.Compare(x.ID, y.ID))
	})
	from, _ := strconv.Atoi(query.PageKey)
	from = min(from, len(matching))
	to := min(from+query.Limit, len(matching))
	page := vectara.Page{Jobs: slices.Clone(matching[min(from, to):to])}
	if to < len(matching) {
		page.NextPageKey = strconv.Itoa(to)
	}
	if a.spoil != nil {
		if err := a.spoil(n, &page); err != nil {
			return vectara.Page{}, err
		}
	}
	return page, nil
}

func (a *account) pages() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.lists)
}

// minutely looks once a minute.
func minutely(w *Subscription) { w.Schedule = every(time.Minute) }

// observeAll watches the running jobs as a restarted operator does.
func (w *world) observeAll(n int, changes ...func(*Subscription)) {
	for i := range n {
		w.source.Watch(watching(fmt.Sprint("a", i), append([]func(*Subscription){settled, minutely}, changes...)...))
	}
}

func TestManyRunningJobsAreListed(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 1000, func(w *world, a *account) {
		w.observeAll(1000)
		w.after(time.Minute + 5*time.Second)
		for i := range 1000 {
			if w.latest(watching(fmt.Sprint("a", i), settled, minutely)) == nil {
				t.Fatalf("job %d was not looked at within a minute", i)
			}
		}
		pages, gets := a.pages(), w.vectara.count("")
		w.after(10 * time.Minute)
		if got := a.pages() - pages; got < 90 || got > 110 {
			t.Errorf("%d pages for 10 looks at 1,000 jobs, want about 100", got)
		}
		if got := w.vectara.count("") - gets; got != 0 {
			t.Errorf("%d jobs were asked for one by one", got)
		}
		if got := w.wakesOf("a7"); got != 1 {
			t.Errorf("woken %d times by looks that brought nothing new", got)
		}
	})
}

func TestFewJobsAreAskedForOneByOne(t *testing.T) {
	inAccount(t, ample, 1, func(w *world, a *account) {
		w.observeAll(1)
		w.after(time.Hour)
		if a.pages() != 0 {
			t.Errorf("%d pages for one job", a.pages())
		}
	})
}

func TestJobThatLeftTheListIsAskedForOnce(t *testing.T) {
	for _, after := range []string{"completed", "failed", "aborted", "a_state_of_next_year"} {
		t.Run(after, func(t *testing.T) {
			inAccount(t, ample, 300, func(w *world, a *account) {
				w.observeAll(300)
				w.after(90 * time.Second)
				a.set("a7", after)
				w.after(40 * time.Second)
				w.expectCalls("job_a7", 1, "after it left the list")
				o := w.latest(watching("a7", settled, minutely))
				if o == nil || o.Job == nil || o.Job.State != after {
					t.Errorf("told %+v, want the state %s", o, after)
				}
				if got := w.vectara.count(""); got != 1 {
					t.Errorf("%d jobs were asked for alone, want the one", got)
				}
			})
		})
	}
}

func TestAbsenceAloneChangesNothing(t *testing.T) {
	inAccount(t, ample, 300, func(w *world, a *account) {
		a.unlisted["job_a7"] = true
		w.observeAll(300)
		w.after(10*time.Minute + 5*time.Second)
		if o := w.latest(watching("a7", settled, minutely)); o == nil || o.Job == nil || o.Job.State != "started" {
			t.Errorf("a job that lists do not show was told as %+v", o)
		}
		if got := w.vectara.count("job_a7"); got < 9 || got > 12 {
			t.Errorf("a job that lists do not show was asked for %d times in 10 minutes, want once a minute", got)
		}
		if got := w.wakesOf("a7"); got != 1 {
			t.Errorf("woken %d times, want once", got)
		}
	})
}

func TestIncompleteSweepConcludesNothingFromAbsence(t *testing.T) {
	for name, spoil := range map[string]func(n int, page *vectara.Page) error{
		"a page fails": func(n int, _ *vectara.Page) error { return when(n == 1, status(503, 0)) },
		"a page times out": func(n int, _ *vectara.Page) error {
			return when(n == 1, &vectara.TransportError{Kind: vectara.KindTimeout})
		},
		"lists are forbidden":        func(int, *vectara.Page) error { return status(403, 0) },
		"lists are nonsense":         func(int, *vectara.Page) error { return &vectara.ResponseError{} },
		"an element is unreadable":   func(n int, page *vectara.Page) error { page.Dropped = 1; page.Jobs = page.Jobs[1:]; return nil },
		"the paging runs in circles": func(n int, page *vectara.Page) error { page.NextPageKey = "100"; return nil },
		"a page is empty": func(n int, page *vectara.Page) error {
			page.Jobs = nil
			page.NextPageKey = fmt.Sprint("k", n)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			inAccount(t, ample, 300, func(w *world, a *account) {
				a.spoil = spoil
				w.observeAll(300)
				w.after(3 * time.Minute)
				for i := range 300 {
					o := w.latest(watching(fmt.Sprint("a", i), settled, minutely))
					if o == nil || o.Job == nil {
						t.Fatalf("job %d was told as %+v", i, o)
					}
				}
				if got := a.pages(); got > 40 {
					t.Errorf("%d pages were asked for although lists do not work", got)
				}
				if got := w.vectara.count(""); got > 4*300 {
					t.Errorf("%d calls for 300 jobs in 3 minutes", got)
				}
				a.mu.Lock()
				a.spoil = nil
				a.mu.Unlock()
				w.after(12 * time.Minute)
				gets := w.vectara.count("")
				w.after(10 * time.Minute)
				if got := w.vectara.count("") - gets; got != 0 {
					t.Errorf("lists work again, and %d jobs were asked for one by one", got)
				}
			})
		})
	}
}

func when(yes bool, err error) error {
	if yes {
		return err
	}
	return nil
}

func TestListThatCostsMoreThanItSavesIsGivenUp(t *testing.T) {
	inAccount(t, ample, 5000, func(w *world, a *account) {
		w.observeAll(10) // Ten of five thousand: 50 pages.
		w.after(30 * time.Minute)
		if got := a.pages(); got > 4*10 {
			t.Errorf("%d pages for ten jobs in half an hour, want at most 10 at each of three tries", got)
		}
		if got := w.vectara.count(""); got < 250 || got > 350 {
			t.Errorf("%d calls for ten jobs in half an hour, want about 300", got)
		}
	})
}

func TestManyJobsThatEndTogetherAreListedToo(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 2000, func(w *world, a *account) {
		w.observeAll(2000)
		w.after(90 * time.Second)
		for i := range 2000 {
			a.set(fmt.Sprint("a", i), "completed")
		}
		gets := w.vectara.count("")
		w.after(70 * time.Second)
		for i := range 2000 {
			if o := w.latest(watching(fmt.Sprint("a", i), settled, minutely)); o == nil || o.Job == nil || o.Job.State != "completed" {
				t.Fatalf("after its end job %d was told as %+v", i, o)
			}
		}
		if got := w.vectara.count("") - gets; got != 0 {
			t.Errorf("%d jobs were asked for one by one", got)
		}
	})
}

func TestRecentJobsAreListedWithoutTheOldOnes(t *testing.T) {
	inAccount(t, ample, 1000, func(w *world, a *account) {
		w.observeAll(1000)
		w.after(90 * time.Second)
		for i := range 50 {
			name := fmt.Sprint("new", i)
			a.add(name, "started", 10000*time.Hour+time.Duration(i)*time.Second)
			w.source.Watch(watching(name, func(w *Subscription) { w.Schedule = every(2 * time.Second) }))
		}
		w.after(10 * time.Second)
		before, gets := a.pages(), w.vectara.count("")
		w.after(20 * time.Second)
		recent, all := 0, 0
		for _, query := range a.lists[before:] {
			if query.CreatedAfter.IsZero() || query.CreatedAfter.Year() < 2001 {
				all++
			} else {
				recent++
			}
		}
		if recent < 8 || recent > 14 {
			t.Errorf("%d pages of recent jobs for ten looks at fifty of them", recent)
		}
		if all > 11 {
			t.Errorf("%d pages of all jobs in 20 s: the old ones are looked at once a minute", all)
		}
		if got := w.vectara.count("") - gets; got != 0 {
			t.Errorf("%d jobs were asked for one by one", got)
		}
	})
}

func TestCrowdOfNewObjectsIsListed(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 5000, func(w *world, a *account) {
		for i := range 5000 {
			w.source.Watch(watching(fmt.Sprint("a", i), minutely))
		}
		w.after(15 * time.Second)
		for i := range 5000 {
			if w.latest(watching(fmt.Sprint("a", i), minutely)) == nil {
				t.Fatalf("job %d waits for its first answer after 15 s", i)
			}
		}
	})
}

func TestNewcomerDoesNotWaitForASweep(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 5000, func(w *world, a *account) {
		w.observeAll(5000)
		a.add("newcomer", "started", time.Hour)
		w.after(62 * time.Second) // A sweep of 50 pages is under way, and the burst is used up.
		w.source.Watch(watching("newcomer"))
		w.after(200 * time.Millisecond)
		if w.latest(watching("newcomer")) == nil {
			w.t.Error("the newcomer waits amid a walk")
		}
	})
}

func TestPagesKeepTheBudget(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 2, Burst: 4}, 3000, func(w *world, a *account) {
		w.observeAll(3000)
		w.after(5 * time.Minute)
		if got, most := a.pages()+w.vectara.count(""), 4+2*300+1; got > most {
			t.Errorf("%d calls, and the budget is %d", got, most)
		}
	})
}

func TestListIsRefusedWithTheCredentials(t *testing.T) {
	inAccount(t, ample, 300, func(w *world, a *account) {
		w.observeAll(300)
		w.after(90 * time.Second)
		refuse := func(int, *vectara.Page) error { return status(401, 0) }
		a.mu.Lock()
		a.spoil = refuse
		a.mu.Unlock()
		w.vectara.respond(failing(status(401, 0)))
		before := a.pages() + w.vectara.count("")
		w.after(4 * time.Minute)
		if got := a.pages() + w.vectara.count("") - before; got > 4 {
			t.Errorf("%d calls with refused credentials, want a page, two jobs and a probe", got)
		}
		if o := w.latest(watching("a7", settled, minutely)); o.reason() != Unauthorized {
			t.Errorf("told %+v, want Unauthorized", o)
		}
	})
}

// TestLaterAnswerIsNotOverwrittenByAnEarlierOne has a page that was asked for before a job ended arrive after the answer
// that says so.
func TestLaterAnswerIsNotOverwrittenByAnEarlierOne(t *testing.T) {
	inAccount(t, ample, 300, func(w *world, a *account) {
		w.observeAll(300)
		w.after(90 * time.Second)
		a.mu.Lock()
		a.listDelay = 20 * time.Second
		a.mu.Unlock()
		w.after(45 * time.Second) // The next sweep is under way: the page is made out, and takes its time.
		a.set("a7", "completed")
		asking := watching("a7", settled, minutely, func(w *Subscription) { w.Request.RequestedAt = "now" })
		w.source.Watch(asking)
		w.after(time.Second)
		if o := w.latest(asking); o == nil || o.Job == nil || o.Job.State != "completed" {
			t.Fatalf("told %+v, want the end of the job", o)
		}
		w.after(30 * time.Second)
		if o := w.latest(asking); o.Job.State != "completed" {
			t.Errorf("an older page overwrote a newer answer: %+v", o)
		}
	})
}

func TestEveryoneLeavesDuringASweep(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 1, Burst: 1}, 1000, func(w *world, a *account) {
		w.observeAll(1000)
		w.after(65 * time.Second)
		for i := range 1000 {
			w.source.Unwatch(Key{"ns", fmt.Sprint("a", i)})
		}
		pages := a.pages()
		w.after(time.Hour)
		if got := a.pages() - pages; got > 1 {
			t.Errorf("%d pages for nobody", got)
		}
		if got := len(w.source.sessions); got != 0 {
			t.Errorf("%d sessions are left", got)
		}
	})
}

func TestLookThatAPageBroughtIsNotMadeAgain(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 3000, func(w *world, a *account) {
		for i := range 3000 { // Many more new ones than the budget allows to be asked for.
			w.source.Watch(watching(fmt.Sprint("a", i), minutely))
		}
		w.after(55 * time.Second)
		if got := w.vectara.count("") + a.pages(); got > 500 {
			t.Errorf("%d calls for 3,000 new jobs, which 30 pages bring", got)
		}
	})
}

func TestListBringsEverybodyBackAfterAnOutage(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 5000, func(w *world, a *account) {
		w.observeAll(5000)
		w.after(90 * time.Second)
		healthy := w.vectara.answer
		w.vectara.respond(failing(status(503, 0)))
		a.mu.Lock()
		a.spoil = func(int, *vectara.Page) error { return status(503, 0) }
		a.mu.Unlock()
		w.after(10 * time.Minute)
		w.vectara.respond(healthy)
		a.mu.Lock()
		a.spoil = nil
		a.mu.Unlock()
		for i := range 5000 {
			a.set(fmt.Sprint("a", i), "failed_will_retry")
		}
		w.after(minCoolDown + 90*time.Second)
		for i := range 5000 {
			if o := w.latest(watching(fmt.Sprint("a", i), settled, minutely)); o == nil || o.Job == nil || o.Job.State != "failed_will_retry" {
				t.Fatalf("two minutes after the outage job %d was told as %+v", i, o)
			}
		}
	})
}

func TestLookAskedForByNameGoesOutWhenThePauseIsOver(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(401, 0)))
		w.source.Watch(watching("a"))
		w.after(time.Second)
		w.vectara.respond(failing(status(429, time.Minute)))
		w.source.Watch(watching("a", func(w *Subscription) { w.Request.RequestedAt = "now" }))
		w.after(time.Second)
		w.vectara.respond(inState("started"))
		asking := watching("a", func(w *Subscription) { w.Request.RequestedAt = "now, please" })
		w.source.Watch(asking)
		w.after(65 * time.Second)
		if o := w.latest(asking); o == nil || o.Job == nil {
			t.Errorf("after the pause: %+v, want the job", o)
		}
	})
}
