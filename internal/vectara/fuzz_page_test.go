// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzDecodePage holds for any body whatsoever: no panic; each element of the list is either a job or counted; nothing exceeds its
// bound; all text is UTF-8 and free of credentials. What the elements are is encoding/json's word, not that of our own walk.
func FuzzDecodePage(f *testing.F) {
	for _, body := range []string{
		pageBody(2, 2, "next"), emptyPage, "", "null", "{}", "[]", "{} x", `{"jobs":{}}`, `{"jobs":null,"metadata":[]}`,
		`{"jobs":[1,null,"a",[],{},{"id":7},{"id":"` + testKey + `"}],"metadata":{"page_key":7}}`,
		`{"jobs":[{"id":"\ud800","comment":"]}\"","corpus_keys":["a",{"b":[]}]}],"metadata":{"page_key":"` + testKey + `"}}`,
		"{\t\"\\u006aobs\" : [ ] ,\n\"jobs\" : [ {\"id\" : \"\xff\" , \"created_at\":\"0001-01-01T00:00:00.5Z\" } ] }\r",
		`{"jobs":[` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `,-1.5e+3,true]}`,
		`{"jobs":[` + strings.Repeat("0,", maxElements) + `0]}`,
	} {
		f.Add([]byte(body))
	}
	redactor := newRedactor(testKey)
	f.Fuzz(func(t *testing.T, body []byte) {
		page, bad := decodePage(body)
		if bad == nil {
			bad = redactor.redactPage(&page)
		}
		if bad != nil {
			if bad.problem == "" {
				t.Fatal("refused without a reason")
			}
			return
		}
		if got, want := len(page.Jobs)+page.Dropped, elementsOf(t, body); got != want || got > maxElements {
			t.Fatalf("got %d jobs and %d dropped of %d elements", len(page.Jobs), page.Dropped, want)
		}
		if len(page.NextPageKey) > maxPageKeyLength {
			t.Fatalf("the page key has %d bytes", len(page.NextPageKey))
		}
		for _, job := range page.Jobs {
			wantBoundedJob(t, job)
		}
	})
}

func elementsOf(t *testing.T, body []byte) int {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatalf("a page that is not JSON was read: %v", err)
	}
	if fields["jobs"] == nil {
		return 0
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(fields["jobs"], &elements); err != nil {
		t.Fatalf("jobs that are no list were read: %v", err)
	}
	return len(elements)
}

func wantBoundedJob(t *testing.T, job Job) {
	t.Helper()
	if job.ID == "" || len(job.CorpusKeys) > maxCorpusKeys {
		t.Fatalf("got ID %q and %d corpora", job.ID, len(job.CorpusKeys))
	}
	for _, text := range append(job.CorpusKeys, job.ID, job.Type, job.State, job.CreatedByUsername, job.Comment) {
		if len(text) > maxJobText || !utf8.ValidString(text) || strings.Contains(text, testKey) {
			t.Fatalf("got text %q", text)
		}
	}
	for _, at := range []time.Time{job.CreatedAt, job.StartedAt, job.CompletedAt} {
		wantTimeSurvives(t, at)
	}
}

// FuzzParseObject holds our walk over an object to what encoding/json makes of it.
func FuzzParseObject(f *testing.F) {
	for _, data := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":{"b":[1,"}",{}]},"c":"\"","a":null}`, "{\"a\"\n:\t\"x\\\\\"\r, \"b\" : [ ] }",
		`{"\u0061\"":-1.5E+3,"":true}`, `[1]`, `"a"`, `null`, `1`, `{"a":}`, `{"a":1,}`, `{"a":1}}`, "{\"\xff\":1}", "",
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want map[string]json.RawMessage
		err := json.Unmarshal(data, &want)
		got, ok := parseObject(data)
		if ok != (err == nil && want != nil) {
			t.Fatalf("read: %v, but encoding/json says %v", ok, err)
		}
		if !ok || !utf8.Valid(data) {
			return // Names that are not UTF-8 stay as they are: none of them is one of ours.
		}
		if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
			t.Fatalf("got %q, want %q", got, want)
		}
		for name, member := range got {
			if string(member) != string(want[name]) {
				t.Fatalf("%q is %q, want %q", name, member, want[name])
			}
		}
	})
}
