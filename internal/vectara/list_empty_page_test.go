// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"io"
	"net/http"
	"slices"
	"testing"
)

// TestListJobsGoesOnAfterAnEmptyPage is about servers that filter a page after they cut it.
func TestListJobsGoesOnAfterAnEmptyPage(t *testing.T) {
	next := map[string]string{"": "2", "2": "3", "3": "4"}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		key := r.URL.Query().Get("page_key")
		jobs := []any{}
		if key == "" || key == "4" {
			jobs = append(jobs, map[string]any{"id": testID + key})
		}
		_, _ = io.WriteString(w, encoded(t, map[string]any{"jobs": jobs, "metadata": map[string]any{"page_key": next[key]}}))
	})
	session := keySession(t, server.URL)
	var ids []string
	for query, pages := (ListQuery{}), 0; pages == 0 || query.PageKey != ""; pages++ {
		page, err := session.ListJobs(within(t), query)
		if err != nil || page.Dropped != 0 {
			t.Fatalf("page %q: got %+v and error %v", query.PageKey, page, err)
		}
		for _, job := range page.Jobs {
			ids = append(ids, job.ID)
		}
		query.PageKey = page.NextPageKey
	}
	if want := []string{testID, testID + "4"}; !slices.Equal(ids, want) {
		t.Errorf("got jobs %v, want %v", ids, want)
	}
}
