// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"net/url"
	"strconv"
	"time"
)

// MaxPageSize is how many jobs a page may hold at most.
const MaxPageSize = 100

// ListQuery selects the jobs to list. The zero value selects the first page of all jobs.
type ListQuery struct {
	// States are the states that a job may be in; empty means any.
	States []string
	// CreatedAfter leaves out jobs that were created at that time or before; zero means none. It is sent
	// in whole seconds, rounded down, so that a fraction never costs a job.
	CreatedAfter time.Time
	// Limit is how many jobs the page may hold, 1 to MaxPageSize; anything else means MaxPageSize.
	Limit int
	// PageKey is the NextPageKey of the page before, with the rest of the query the same; empty for the first page.
	PageKey string
}

// Page is one part of a list of jobs. Vectara documents neither its order nor how pages fare while
// jobs come and go: a job may be on two pages of a list, or on none.
type Page struct {
	// Jobs are what could be read, in Vectara's order. They can be up to 1000 if Vectara ignores
	// Limit; more are a *ResponseError. Their IDs are Vectara's words: none is empty, but they need
	// not be IDs that GetJob accepts.
	Jobs []Job
	// NextPageKey is the page key of the next page: at most 4 KiB, empty at the end.
	NextPageKey string
	// Dropped counts the elements of the page that could not be read: no objects, or without a string for an ID.
	Dropped int
}

// values is the query of a request's URL.
func (q ListQuery) values() url.Values {
	limit := q.Limit
	if limit < 1 || limit > MaxPageSize {
		limit = MaxPageSize
	}
	values := url.Values{"limit": {strconv.Itoa(limit)}}
	if len(q.States) > 0 {
		values["state"] = q.States
	}
	if !q.CreatedAfter.IsZero() {
		values.Set("after", q.CreatedAfter.UTC().Format(time.RFC3339))
	}
	if q.PageKey != "" {
		values.Set("page_key", q.PageKey)
	}
	return values
}
