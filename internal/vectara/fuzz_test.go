// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzDecodeJob holds for any body whatsoever: no panic; a job that is returned has the ID that was requested, strings in UTF-8 and
// times that survive RFC 3339; and a credential in it is gone afterwards.
func FuzzDecodeJob(f *testing.F) {
	for _, body := range []string{
		jobBody(), "", "null", "{}", "[]", `{"id":7}`, jobBody() + "x", `{"id":"job_other"}`,
		`{"id":"` + testID + `","corpus_keys":["a",1,null],"comment":"` + testKey + `"}`,
		`{"id":"` + testID + `","type":null,"state":{},"corpus_keys":"x","created_at":7}`,
		`{"id":"` + testID + `","created_at":"0001-01-01T00:00:00.5Z","started_at":"9999-12-31t23:59:59-23:59","completed_at":"2026-01-02T03:04:60Z"}`,
		"{\"id\":\"" + testID + "\",\"comment\":\"\xff\\ud800\\u0000\"}",
		`{"id":"` + testID + `","id":"job_2","Id":"job_3"}`,
	} {
		f.Add([]byte(body))
	}
	redactor := newRedactor(testKey)
	f.Fuzz(func(t *testing.T, body []byte) {
		job, bad := decodeJob(body, testID)
		if bad != nil {
			if !reflect.DeepEqual(job, Job{}) || bad.problem == "" {
				t.Fatalf("refused with %+v and job %+v", bad, job)
			}
			return
		}
		redactor.redactJob(&job)
		if job.ID != testID {
			t.Fatalf("got ID %q", job.ID)
		}
		for _, text := range append(job.CorpusKeys, job.Type, job.State, job.CreatedByUsername, job.Comment) {
			if !utf8.ValidString(text) || strings.Contains(text, testKey) {
				t.Fatalf("got text %q", text)
			}
		}
		for _, at := range []time.Time{job.CreatedAt, job.StartedAt, job.CompletedAt} {
			wantTimeSurvives(t, at)
		}
	})
}

// wantTimeSurvives writes a time as RFC 3339, in full and to the second, and reads it again.
func wantTimeSurvives(t *testing.T, at time.Time) {
	t.Helper()
	if at.IsZero() {
		return
	}
	for layout, want := range map[string]time.Time{time.RFC3339Nano: at, time.RFC3339: at.Truncate(time.Second)} {
		text := at.Format(layout)
		again, err := time.Parse(time.RFC3339, text)
		if err != nil || !again.Equal(want) || again.IsZero() || !strings.HasSuffix(text, "Z") {
			t.Fatalf("%v became %s and then %v (%v)", at, text, again, err)
		}
	}
}

// FuzzErrorResponse holds for any error body: no panic, everything bounded, on one line, in UTF-8, and without credentials.
func FuzzErrorResponse(f *testing.F) {
	for _, seed := range []struct {
		status int
		body   string
	}{
		{403, `{"messages":["no","` + testKey + `"],"request_id":"r-1"}`},
		{404, `{"messages":"gone","request_id":7,"id":"x"}`},
		{429, "slow down"},
		{500, `{"messages":["a\nb\u2028c\u202e",1,null,[],{}]}`},
		{502, "<html>"},
		{401, `{"error":"invalid_client","error_description":"` + testKey + `"}`},
		{400, "{\"messages\":[\"\xff\xfe\"]}"},
		{200, `{"error":"x"}`},
	} {
		f.Add(seed.status, []byte(seed.body))
	}
	redactor := newRedactor(testKey)
	f.Fuzz(func(t *testing.T, code int, body []byte) {
		got := response{status: code, body: body}
		failed := redactor.apiError(OperationGetJob, got)
		refused := redactor.authError(got)
		if len(failed.Messages) > maxMessages {
			t.Fatalf("got %d messages", len(failed.Messages))
		}
		for _, message := range append(failed.Messages, refused.Description) {
			wantSanitized(t, message, maxMessageLength)
		}
		wantSanitized(t, failed.RequestID, maxRequestIDLength)
		wantSanitized(t, refused.Code, maxOAuthErrorLength)
		wantSanitized(t, failed.Error(), 16<<10)
		wantSanitized(t, refused.Error(), 16<<10)
		if err := redactor.refusal(got); err == nil && code != http.StatusOK {
			t.Fatalf("a %d is taken for a token", code)
		}
	})
}

func wantSanitized(t *testing.T, text string, limit int) {
	t.Helper()
	if len(text) > limit || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.Contains(text, testKey) {
		t.Fatalf("got text %q", text)
	}
}
