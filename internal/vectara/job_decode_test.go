// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDecodeJobLosesNothingButWhatIsMalformed(t *testing.T) {
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	base := Job{ID: testID, State: "started", Comment: "hello", CreatedAt: created}
	const rest = `"state":"started","comment":"hello","created_at":"2026-01-02T03:04:05Z"`
	thousand := strings.Split(strings.Repeat("corpus ", 1000), " ")[:1000]
	at := func(name, value string) string { return `"` + name + `":"` + value + `"` }

	cases := map[string]struct {
		field string
		want  func(*Job)
	}{
		"nothing else":                {`"x":0`, func(*Job) {}},
		"a new field":                 {`"progress":{"percent":[1,{"a":null}]}`, func(*Job) {}},
		"a new state":                 {at("state", "paused_by_gremlins"), func(j *Job) { j.State = "paused_by_gremlins" }},
		"a new type":                  {at("type", "teleport"), func(j *Job) { j.Type = "teleport" }},
		"a field in another case":     {at("STATE", "failed"), func(*Job) {}},
		"a state of null":             {`"state":null`, func(j *Job) { j.State = "" }},
		"a numeric state":             {`"state":3`, func(j *Job) { j.State = "" }},
		"a field twice":               {`"state":"failed","state":"completed"`, func(j *Job) { j.State = "completed" }},
		"a comment that is an object": {`"comment":{"text":"hello"}`, func(j *Job) { j.Comment = "" }},
		"a comment of several lines":  {`"comment":"a\nb"`, func(j *Job) { j.Comment = "a\nb" }},
		"a comment not in UTF-8":      {"\"comment\":\"a\xffb\"", func(j *Job) { j.Comment = "a\ufffdb" }},
		"half a surrogate":            {`"comment":"a\ud800b"`, func(j *Job) { j.Comment = "a\ufffdb" }},
		"corpora":                     {`"corpus_keys":["a","b"]`, func(j *Job) { j.CorpusKeys = []string{"a", "b"} }},
		"no corpora":                  {`"corpus_keys":[]`, func(*Job) {}},
		"corpora of null":             {`"corpus_keys":null`, func(*Job) {}},
		"corpora that are no list":    {`"corpus_keys":"legal"`, func(*Job) {}},
		"corpora that are no strings": {`"corpus_keys":["a",1,null,["b"],{"c":1},"d"]`, func(j *Job) { j.CorpusKeys = []string{"a", "d"} }},
		"a thousand corpora":          {`"corpus_keys":["` + strings.Join(thousand, `","`) + `"]`, func(j *Job) { j.CorpusKeys = thousand }},
		"a malformed time":            {at("started_at", "yesterday"), func(*Job) {}},
		"a time as a number":          {`"started_at":1767323045`, func(*Job) {}},
		"a time of null":              {`"created_at":null`, func(j *Job) { j.CreatedAt = time.Time{} }},
		"a time without a zone":       {at("started_at", "2026-01-02T03:04:05"), func(*Job) {}},
		"a time that does not exist":  {at("started_at", "2026-02-30T03:04:05Z"), func(*Job) {}},
		"a time in lower case":        {at("started_at", "2026-01-02t03:04:05z"), func(j *Job) { j.StartedAt = created }},
		"a time in another zone":      {at("started_at", "2026-01-02T08:34:05+05:30"), func(j *Job) { j.StartedAt = created }},
		"a time with a fraction":      {at("started_at", "2026-01-02T03:04:05.000000001Z"), func(j *Job) { j.StartedAt = created.Add(1) }},
		"the zero time":               {at("started_at", "0001-01-01T00:00:00Z"), func(*Job) {}},
		"the zero time to the second": {at("started_at", "0001-01-01T00:00:00.9Z"), func(*Job) {}},
		"a time before year 1 in UTC": {at("started_at", "0001-01-01T00:00:00+01:00"), func(*Job) {}},
		"a time of year 0":            {at("started_at", "0000-06-01T00:00:00Z"), func(*Job) {}},
		"a time of year 10000 in UTC": {at("started_at", "9999-12-31T23:59:59-01:00"), func(*Job) {}},
		"a time of year 12345":        {at("started_at", "12345-01-01T00:00:00Z"), func(*Job) {}},
		"the last time there is": {at("started_at", "9999-12-31T23:59:59Z"), func(j *Job) {
			j.StartedAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			want := base
			tc.want(&want)
			got, bad := decodeJob([]byte(` {"id":"`+testID+`",`+rest+","+tc.field+"}\n"), testID)
			if bad != nil {
				t.Fatalf("the body was refused: %s", bad.problem)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func BenchmarkDecodeJob(b *testing.B) {
	typical := []byte(`{"id":"` + testID + `","type":"replace_filter_attributes","corpus_keys":["legal"],"state":"started",` +
		`"created_at":"2026-01-02T03:04:05Z","started_at":"2026-01-02T03:04:06Z","created_by_username":"jdoe"}`)
	thousand := []byte(`{"id":"` + testID + `","corpus_keys":["` + strings.Repeat(`legal","`, 999) + `legal"]}`)
	redactor := newRedactor(testKey)
	for name, body := range map[string][]byte{"typical": typical, "a thousand corpora": thousand} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				job, bad := decodeJob(body, testID)
				if bad != nil {
					b.Fatal(bad.problem)
				}
				redactor.redactJob(&job)
			}
		})
	}
}
