// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// requestCount is what requests were made in some time.
type requestCount struct{ gets, pages, walks, tokens int }

func (u requestCount) String() string {
	return fmt.Sprintf("%d GETs, %d pages of %d walks, %d token requests", u.gets, u.pages, u.walks, u.tokens)
}

func (u requestCount) all() int { return u.gets + u.pages + u.tokens }

// after lets time pass, and returns the requests made in that time.
func (w *livenessWorld) after(d time.Duration) requestCount {
	from := time.Now()
	<-time.After(d)
	synctest.Wait()
	return w.used(from)
}

// until lets time pass until some time after the beginning.
func (w *livenessWorld) until(d time.Duration) requestCount {
	return w.after(time.Until(w.began.Add(d)))
}

// used counts the requests made since a time.
func (w *livenessWorld) used(from time.Time) requestCount {
	var u requestCount
	for _, r := range w.requests(from) {
		switch r.kind {
		case vectara.OperationGetJob:
			u.gets++
		case vectara.OperationToken:
			u.tokens++
		default:
			u.pages++
			if r.page == "" {
				u.walks++
			}
		}
	}
	return u
}

// requests returns those made since a time.
func (w *livenessWorld) requests(from time.Time) []madeRequest {
	w.account.mu.Lock()
	defer w.account.mu.Unlock()
	at, _ := slices.BinarySearchFunc(w.account.requests, from, func(r madeRequest, from time.Time) int { return r.at.Compare(from) })
	return slices.Clone(w.account.requests[at:])
}

// waitFor lets time pass until a request is made, and returns when.
func (w *livenessWorld) waitFor(most time.Duration, wanted func(madeRequest) bool) time.Time {
	w.Helper()
	from := time.Now()
	for time.Since(from) < most {
		w.after(100 * time.Millisecond)
		for _, r := range w.requests(from) {
			if wanted(r) {
				return r.at
			}
		}
	}
	w.Fatalf("a request that the test waits for was not made in %v", most)
	return time.Time{}
}
