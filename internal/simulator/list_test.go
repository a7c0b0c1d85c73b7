// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// page requests one page and returns its IDs and the key of the next.
func (h *harness) page(t testing.TB, key string, query url.Values) (ids []string, next string) {
	t.Helper()
	got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs?"+query.Encode(), "", withKey(key))
	if got.status != http.StatusOK {
		t.Fatalf("the response to a page is %d %s", got.status, got.body)
	}
	object := got.object(t)
	for _, job := range object["jobs"].([]any) {
		ids = append(ids, job.(map[string]any)["id"].(string))
	}
	next, _ = object["metadata"].(map[string]any)["page_key"].(string)
	return ids, next
}

// pages follows the page keys to the end. It also checks that only the last page is short.
func (h *harness) pages(t testing.TB, query url.Values) []string {
	t.Helper()
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil {
		limit = 10
	}
	query.Del("page_key")
	var all []string
	for {
		ids, next := h.page(t, testKey, query)
		all = append(all, ids...)
		if next == "" {
			return all
		}
		if len(ids) != limit {
			t.Fatalf("a page that is not the last has %d jobs, want %d", len(ids), limit)
		}
		query.Set("page_key", next)
	}
}

// sample makes jobs one minute apart, job_0 the oldest, of changing states and corpora. Three of
// them were created at the same time.
func sample(n int) []simulator.Job {
	jobs := make([]simulator.Job, n)
	for i := range jobs {
		jobs[i] = simulator.Job{
			ID:         fmt.Sprintf("job_%d", i),
			CorpusKeys: []string{fmt.Sprintf("corpus%d", i%3), "shared"},
			CreatedAt:  epoch.Add(time.Duration(min(i, n-3)) * time.Minute),
			Steps:      []simulator.Step{{State: []string{"queued", "started", "completed", "failed"}[i%4]}},
		}
	}
	return jobs
}

func TestListFilters(t *testing.T) {
	tests := []struct {
		name  string
		query string
		want  []string
	}{
		{name: "everything, newest first, ten at most", want: ids(23, 22, 21, 20, 19, 18, 17, 16, 15, 14)},
		{name: "a limit", query: "limit=3", want: ids(23, 22, 21)},
		{name: "one state", query: "state=queued", want: ids(20, 16, 12, 8, 4, 0)},
		{name: "two states", query: "state=queued&state=failed&limit=4", want: ids(23, 20, 19, 16)},
		{name: "a state that nobody has", query: "state=aborted", want: nil},
		{name: "one corpus", query: "corpus_key=corpus0", want: ids(21, 18, 15, 12, 9, 6, 3, 0)},
		{name: "two corpora, each job once", query: "corpus_key=corpus0&corpus_key=shared&limit=2", want: ids(23, 22)},
		{name: "a corpus and a state", query: "corpus_key=corpus0&state=queued", want: ids(12, 0)},
		{name: "created after a job, without that job", query: "after=2026-03-01T12:19:00Z", want: ids(23, 22, 21, 20)},
		{name: "created after, in another zone", query: "after=2026-03-01T21:18:59.5%2B09:00&limit=100", want: ids(23, 22, 21, 20, 19)},
		{name: "an empty page key", query: "page_key=&limit=1", want: ids(23)},
		{name: "a parameter that is not known", query: "sort=id&limit=1", want: ids(23)},
	}
	h := start(t, simulator.Options{})
	// The order of adding must not matter, but for those created at the same time.
	jobs := sample(24)
	for _, job := range append(slices.Clone(jobs[10:]), jobs[:10]...) {
		h.AddJob(job)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := h.page(t, testKey, query); !slices.Equal(got, test.want) {
				t.Errorf("got  %v\nwant %v", got, test.want)
			}
		})
	}
}

func ids(numbers ...int) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = fmt.Sprintf("job_%d", n)
	}
	return out
}

func TestListFollowsTheStatesInTime(t *testing.T) {
	h := startWithJob(t)
	for _, want := range []string{"queued", "started", "completed"} {
		if got, _ := h.page(t, testKey, url.Values{"state": {want}}); len(got) != 1 {
			t.Errorf("the job is not listed as %s", want)
		}
		h.clock.advance(8 * time.Second)
	}
}

func TestListShowsOnlyWhatTheKeyMaySee(t *testing.T) {
	h := start(t, simulator.Options{})
	for _, job := range sample(12) {
		h.AddJob(job)
	}
	h.AddAPIKey("narrow", simulator.Access{Corpora: []string{"corpus1", "shared"}})
	if got, _ := h.page(t, "narrow", nil); !slices.Equal(got, ids(10, 7, 4, 1)) {
		t.Errorf("got %v", got)
	}
}

// Whatever the limit and the filters, following the page keys shows each matching job once.
func TestPagingShowsEachJobOnce(t *testing.T) {
	h := start(t, simulator.Options{})
	jobs := sample(57)
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
	for _, job := range jobs {
		h.AddJob(job)
	}
	for _, filter := range []string{"", "state=queued", "state=queued&state=started&corpus_key=corpus1", "after=2026-03-01T12:30:00Z"} {
		query, err := url.ParseQuery(filter)
		if err != nil {
			t.Fatal(err)
		}
		query.Set("limit", "100")
		want := h.pages(t, query)
		for limit := 1; limit <= 60; limit++ {
			query.Set("limit", strconv.Itoa(limit))
			if got := h.pages(t, query); !slices.Equal(got, want) {
				t.Fatalf("filter %q, limit %d:\ngot  %v\nwant %v", filter, limit, got, want)
			}
		}
		if filter == "" && len(want) != len(jobs) {
			t.Errorf("%d of %d jobs were listed", len(want), len(jobs))
		}
	}
}

func TestPagingIsStableWhileJobsComeAndGo(t *testing.T) {
	h := start(t, simulator.Options{})
	for _, job := range sample(12) {
		h.AddJob(job)
	}
	query := url.Values{"limit": {"4"}}
	first, next := h.page(t, testKey, query)
	// The job that the page key stands for goes, and a new one comes.
	h.RemoveJob(first[3])
	h.AddJob(simulator.Job{ID: "job_new", CreatedAt: epoch.Add(24 * time.Hour)})
	query.Set("page_key", next)
	if got, _ := h.page(t, testKey, query); !slices.Equal(got, ids(7, 6, 5, 4)) {
		t.Errorf("the second page is %v", got)
	}
}

func TestEndOfList(t *testing.T) {
	for form, want := range map[simulator.EndOfList]string{
		simulator.EndNull:   `{"jobs":[],"metadata":{"page_key":null}}`,
		simulator.EndAbsent: `{"jobs":[],"metadata":{}}`,
		simulator.EndEmpty:  `{"jobs":[],"metadata":{"page_key":""}}`,
	} {
		h := start(t, simulator.Options{EndOfList: form})
		if got := h.get(t, "/v2/jobs"); got.body != want {
			t.Errorf("%q: got %s, want %s", form, got.body, want)
		}
	}
}
