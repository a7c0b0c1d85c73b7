// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDecodePageDropsWhatIsNoJobAndKeepsTheRest(t *testing.T) {
	first, last := Job{ID: "job_1", State: "started"}, Job{ID: "job_9", State: "queued"}
	cases := map[string]struct {
		between string // elements between the first job and the last one
		want    []Job
		dropped int
	}{
		"nothing else":                  {"", nil, 0},
		"a job with nothing but an ID":  {`{"id":"job_2"}`, []Job{{ID: "job_2"}}, 0},
		"a job with an unknown state":   {`{"id":"job_2","state":"paused"}`, []Job{{ID: "job_2", State: "paused"}}, 0},
		"a job with a new field":        {`{"id":"job_2","steps":[{"id":"job_3"},"]"]}`, []Job{{ID: "job_2"}}, 0},
		"a job with a malformed field":  {`{"id":"job_2","state":7,"comment":"hm"}`, []Job{{ID: "job_2", Comment: "hm"}}, 0},
		"the same job again":            {`{"id":"job_1"}`, []Job{{ID: "job_1"}}, 0},
		"an ID that GetJob refuses":     {`{"id":"../corpora"}`, []Job{{ID: "../corpora"}}, 0},
		"an ID that is written escaped": {`{"\u0069d":"job\u005f2"}`, []Job{{ID: "job_2"}}, 0},
		"brackets within a string":      {`{"id":"job_2","comment":"]}\"],[{"}`, []Job{{ID: "job_2", Comment: `]}"],[{`}}, 0},
		"no ID":                         {`{"state":"started"}`, nil, 1},
		"an ID of null":                 {`{"id":null}`, nil, 1},
		"an ID of nothing":              {`{"id":""}`, nil, 1},
		"a numeric ID":                  {`{"id":2}`, nil, 1},
		"an ID in another case":         {`{"ID":"job_2"}`, nil, 1},
		"an ID that is taken back":      {`{"id":"job_2","id":null}`, nil, 1},
		"an empty object":               {`{}`, nil, 1},
		"null":                          {`null`, nil, 1},
		"a bare ID":                     {`"job_2"`, nil, 1},
		"a list of jobs":                {`[{"id":"job_2"}]`, nil, 1},
		"three that are no objects":     {`1, true ,-2.5e3`, nil, 3},
		"good and bad ones": {
			`{"id":"job_2"}, null, {"id":"job_3"}`, []Job{{ID: "job_2"}, {ID: "job_3"}}, 1,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			elements := []string{`{"id":"job_1","state":"started"}`, tc.between, `{"id":"job_9","state":"queued"}`}
			if tc.between == "" {
				elements = []string{elements[0], elements[2]}
			}
			body := ` {"jobs" : [ ` + strings.Join(elements, " ,\n") + " ] , \"metadata\":{\"page_key\":\"k\"}}\r\n"
			got, bad := decodePage([]byte(body))
			if bad != nil {
				t.Fatalf("the page was refused: %s", bad.problem)
			}
			want := Page{Jobs: append(append([]Job{first}, tc.want...), last), NextPageKey: "k", Dropped: tc.dropped}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestDecodePageFindsTheEnd(t *testing.T) {
	longest := strings.Repeat("k", maxPageKeyLength)
	one := []Job{{ID: "job_1"}}
	cases := map[string]struct {
		body string
		want Page
	}{
		"a page key":                     {`{"jobs":[{"id":"job_1"}],"metadata":{"page_key":"next"}}`, Page{Jobs: one, NextPageKey: "next"}},
		"the longest page key":           {`{"metadata":{"page_key":"` + longest + `"}}`, Page{NextPageKey: longest}},
		"a page key before the jobs":     {`{"metadata":{"page_key":"next"},"jobs":[{"id":"job_1"}]}`, Page{Jobs: one, NextPageKey: "next"}},
		"a page key amid new fields":     {`{"metadata":{"total":7,"page_key":"next","x":{}}}`, Page{NextPageKey: "next"}},
		"a page key that is escaped":     {`{"metadata":{"page_key":"a\/b\u003d"}}`, Page{NextPageKey: "a/b="}},
		"a page key of null":             {`{"jobs":[{"id":"job_1"}],"metadata":{"page_key":null}}`, Page{Jobs: one}},
		"an empty page key":              {`{"jobs":[{"id":"job_1"}],"metadata":{"page_key":""}}`, Page{Jobs: one}},
		"no page key":                    {`{"jobs":[{"id":"job_1"}],"metadata":{}}`, Page{Jobs: one}},
		"a page key in another case":     {`{"jobs":[{"id":"job_1"}],"metadata":{"Page_Key":"x"}}`, Page{Jobs: one}},
		"a page key outside of metadata": {`{"jobs":[{"id":"job_1"}],"page_key":"x"}`, Page{Jobs: one}},
		"metadata of null":               {`{"jobs":[{"id":"job_1"}],"metadata":null}`, Page{Jobs: one}},
		"no metadata":                    {`{"jobs":[{"id":"job_1"}]}`, Page{Jobs: one}},
		"an empty list":                  {`{"jobs":[],"metadata":{"page_key":"next"}}`, Page{NextPageKey: "next"}},
		"an empty list with space":       {"{\"jobs\":[ \n ]}", Page{}},
		"jobs of null":                   {`{"jobs":null,"metadata":{"page_key":null}}`, Page{}},
		"no jobs":                        {`{"metadata":{"page_key":"next"}}`, Page{NextPageKey: "next"}},
		"an empty object":                {`{}`, Page{}},
		"jobs and metadata twice": {
			`{"jobs":7,"metadata":7,"jobs":[{"id":"job_1"}],"metadata":{"page_key":7,"page_key":"next"}}`, Page{Jobs: one, NextPageKey: "next"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, bad := decodePage([]byte(tc.body))
			if bad != nil {
				t.Fatalf("the page was refused: %s", bad.problem)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func TestDecodePageRefusesWhatWouldEndAListTooEarly(t *testing.T) {
	const (
		noList     = "the jobs in the body are not a list"
		noMetadata = "the metadata in the body are not an object"
		noKey      = "the page key in the body is not a string"
	)
	many := func(n int) string { return strings.Repeat(`{"id":"a"},`, n-1) + `{"id":"a"}` }
	cases := map[string]struct{ body, want string }{
		"nothing":                 {``, problemNoObject},
		"null":                    {`null`, problemNoObject},
		"a bare list":             {`[{"id":"job_1"}]`, problemNoObject},
		"a text":                  {`"jobs"`, problemNoObject},
		"HTML":                    {`<html>`, problemNoObject},
		"half a page":             {`{"jobs":[{"id":"job_1"}`, problemNoObject},
		"two pages":               {`{"jobs":[]}{"jobs":[]}`, problemNoObject},
		"a comma at the end":      {`{"jobs":[{"id":"job_1"},]}`, problemNoObject},
		"jobs by ID":              {`{"jobs":{"job_1":{"id":"job_1"}}}`, noList},
		"jobs as text":            {`{"jobs":"none"}`, noList},
		"jobs as a number":        {`{"jobs":0}`, noList},
		"jobs of false":           {`{"jobs":false}`, noList},
		"a list that is replaced": {`{"jobs":[],"jobs":{}}`, noList},
		"metadata as a list":      {`{"jobs":[],"metadata":[]}`, noMetadata},
		"metadata as text":        {`{"jobs":[],"metadata":"next"}`, noMetadata},
		"metadata of true":        {`{"jobs":[],"metadata":true}`, noMetadata},
		"a numeric page key":      {`{"jobs":[],"metadata":{"page_key":2}}`, noKey},
		"a page key of false":     {`{"jobs":[],"metadata":{"page_key":false}}`, noKey},
		"a page key as an object": {`{"jobs":[],"metadata":{"page_key":{"a":1}}}`, noKey},
		"a page key as a list":    {`{"jobs":[],"metadata":{"page_key":["a"]}}`, noKey},
		"a page key that is too long": {
			`{"metadata":{"page_key":"` + strings.Repeat("k", maxPageKeyLength+1) + `"}}`, "the page key in the body is longer than 4 KiB",
		},
		"a job too many":     {`{"jobs":[` + many(maxElements+1) + `]}`, "the body holds more than 1000 jobs"},
		"a dropped too many": {`{"jobs":[` + many(maxElements) + `,null]}`, "the body holds more than 1000 jobs"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			page, bad := decodePage([]byte(tc.body))
			if bad == nil || bad.problem != tc.want {
				t.Fatalf("got page %+v and problem %+v, want %q", page, bad, tc.want)
			}
			if !reflect.DeepEqual(page, Page{}) {
				t.Errorf("the refused page is %+v", page)
			}
		})
	}
}

// TestListAndGetReadAJobAlike keeps a job from changing with the way by which it was requested.
func TestListAndGetReadAJobAlike(t *testing.T) {
	long := strings.Repeat("é", maxJobText)
	fields := `"state":"` + long + `","corpus_keys":["` + strings.Repeat(`legal","`, maxCorpusKeys) + `legal","` + long + `"],` +
		`"created_at":"2026-01-02T03:04:05+05:30","comment":"` + long + testKey + `","type":"t ` + testKey + `"`
	body := `{"id":"` + testID + `",` + fields + `}`
	redactor := newRedactor(testKey)

	job, bad := decodeJob([]byte(body), testID)
	if bad != nil {
		t.Fatal(bad.problem)
	}
	redactor.redactJob(&job)
	page, bad := decodePage([]byte(`{"jobs":[` + body + `]}`))
	if bad == nil {
		bad = redactor.redactPage(&page)
	}
	if bad != nil {
		t.Fatal(bad.problem)
	}
	if len(page.Jobs) != 1 || !reflect.DeepEqual(page.Jobs[0], job) {
		t.Errorf("the list has %+v\nand the job is %+v", page.Jobs, job)
	}
	if want := strings.Repeat("é", maxJobText/2); job.State != want || job.Comment != want {
		t.Errorf("a text of %d bytes was cut off at %d and %d", len(long), len(job.State), len(job.Comment))
	}
	if len(job.CorpusKeys) != maxCorpusKeys || job.Type != "t "+hidden {
		t.Errorf("got %d corpora and type %q", len(job.CorpusKeys), job.Type)
	}
	if want := time.Date(2026, 1, 1, 21, 34, 5, 0, time.UTC); job.CreatedAt != want {
		t.Errorf("got creation at %v, want %v", job.CreatedAt, want)
	}
}
