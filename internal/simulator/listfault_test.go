// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// listFault completes a fault of lists.
func listFault(fault simulator.Fault) simulator.Fault {
	fault.Operation = simulator.OpListJobs
	return fault
}

func TestFaultsThatChangeLists(t *testing.T) {
	// Of the eight jobs, 0 and 4 are queued, 3 and 7 have failed. They have been known for 10 s.
	tests := []struct {
		name  string
		fault simulator.Fault
		query string
		want  []string // of each page, from the first to the last
	}{
		{name: "a lag shorter than the jobs are known shows all", fault: simulator.Fault{Lag: 10 * time.Second}, want: []string{"7 6 5 4 3 2 1 0"}},
		{name: "a lag longer than the jobs are known shows none", fault: simulator.Fault{Lag: 11 * time.Second}, want: []string{""}},
		{name: "omitted jobs are on no page", fault: simulator.Fault{Omit: ids(7, 5, 0)}, query: "limit=3", want: []string{"6 4 3", "2 1"}},
		{name: "an empty list has one page", fault: simulator.Fault{Empty: true}, query: "limit=3", want: []string{""}},
		{name: "pages are smaller than the limit", fault: simulator.Fault{PageSize: 3}, query: "limit=100", want: []string{"7 6 5", "4 3 2", "1 0"}},
		{name: "pages are no larger than the limit", fault: simulator.Fault{PageSize: 100}, query: "limit=5", want: []string{"7 6 5 4 3", "2 1 0"}},
		{
			name:  "filtering after paging leaves pages empty",
			fault: simulator.Fault{FilterAfterPaging: true}, query: "limit=2&state=queued", want: []string{"", "4", "", "0"},
		},
		{
			name:  "filtering after paging does not show what the key may not see",
			fault: simulator.Fault{FilterAfterPaging: true}, query: "limit=3&corpus_key=corpus0", want: []string{"6", "3", "0"},
		},
		{
			name:  "several changes at once",
			fault: simulator.Fault{Omit: ids(6), PageSize: 2, FilterAfterPaging: true}, query: "state=failed", want: []string{"7", "3", "", ""},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := start(t, simulator.Options{})
			for _, job := range sample(8) {
				h.AddJob(job)
			}
			h.clock.advance(10 * time.Second)
			h.Inject(listFault(test.fault))
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.everyPage(t, query); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if got := h.getJob(t, "job_7"); got.status != http.StatusOK {
				t.Errorf("a GET of a job got %d: the fault is one of lists", got.status)
			}
		})
	}
}

// everyPage follows the page keys and returns the numbers of the jobs on each page.
func (h *harness) everyPage(t *testing.T, query url.Values) []string {
	t.Helper()
	var pages []string
	for {
		shown, next := h.page(t, testKey, query)
		page := ""
		for i, id := range shown {
			if i > 0 {
				page += " "
			}
			var n int
			if _, err := fmt.Sscanf(id, "job_%d", &n); err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			page += fmt.Sprint(n)
		}
		pages = append(pages, page)
		if next == "" {
			return pages
		}
		query.Set("page_key", next)
	}
}

func TestAListLagsByWhenAJobWasAddedAndNotByItsCreation(t *testing.T) {
	h := start(t, simulator.Options{})
	h.Inject(listFault(simulator.Fault{Lag: 5 * time.Second}))
	h.AddJob(simulator.Job{ID: "job_0", CreatedAt: epoch.Add(-time.Hour)})
	for _, want := range []int{0, 1} {
		if got, _ := h.page(t, testKey, nil); len(got) != want {
			t.Errorf("%d jobs are listed, want %d", len(got), want)
		}
		h.clock.advance(5 * time.Second)
	}
}

func TestAListThatRecovers(t *testing.T) {
	h := startWithJob(t)
	h.Inject(listFault(simulator.Fault{Empty: true, Times: 2}))
	for _, want := range []int{0, 0, 1} {
		if got, _ := h.page(t, testKey, nil); len(got) != want {
			t.Errorf("%d jobs are listed, want %d", len(got), want)
		}
	}
}

func TestAFaultOfOneCredential(t *testing.T) {
	const other = "another-key"
	t.Run("an API key", func(t *testing.T) {
		h := startWithJob(t)
		h.AddAPIKey(other, simulator.Access{})
		h.Inject(simulator.Fault{Credential: other, Status: 503})
		for key, want := range map[string]int{testKey: 200, other: 503} {
			for _, path := range []string{"/v2/jobs", "/v2/jobs/" + testJob} {
				if got := h.do(t, http.MethodGet, h.URL()+path, "", withKey(key)); got.status != want {
					t.Errorf("%s of %s got %d, want %d", path, key, got.status, want)
				}
			}
		}
		if got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs", "", nil); got.status != http.StatusUnauthorized {
			t.Errorf("a request without credentials got %d", got.status)
		}
	})
	t.Run("a client, its token requests and its tokens", func(t *testing.T) {
		h := startWithClient(t, time.Minute)
		h.AddClient("another-client", testSecret, time.Minute, simulator.Access{})
		token, _ := h.token(t, "another-client", testSecret).object(t)["access_token"].(string)
		remove := h.Inject(simulator.Fault{Credential: "another-client", Status: 503})
		if got := h.token(t, testClient, testSecret); got.status != http.StatusOK {
			t.Errorf("the other client's token request got %d", got.status)
		}
		if got := h.token(t, "another-client", testSecret); got.status != http.StatusServiceUnavailable {
			t.Errorf("the client's token request got %d", got.status)
		}
		for _, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
			if got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs", "", withToken(token)); got.status != want {
				t.Errorf("a list with the client's token got %d, want %d", got.status, want)
			}
			remove()
		}
	})
}
