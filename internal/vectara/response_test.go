// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestStatusesOtherThan200AreAPIErrors(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		status  int
		body    string
		headers []string
		want    APIError
		text    string
	}{
		"a 403 as specified": {
			status: 403, body: `{"messages":["Access denied.","Ask your admin."],"request_id":"r-1"}`,
			want: APIError{StatusCode: 403, Messages: []string{"Access denied.", "Ask your admin."}, RequestID: "r-1"},
			text: "get job: 403 Forbidden: Access denied.; Ask your admin.",
		},
		"a 404 as specified": {
			status: 404, body: `{"id":"` + testID + `","messages":["Job not found."],"request_id":"r-2"}`,
			want: APIError{StatusCode: 404, Messages: []string{"Job not found."}, RequestID: "r-2"},
			text: "get job: 404 Not Found: Job not found.",
		},
		"a 401 with an API key": {
			status: 401, body: `{}`,
			want: APIError{StatusCode: 401}, text: "get job: 401 Unauthorized",
		},
		"a 429 with seconds to wait": {
			status: 429, headers: []string{"Retry-After", "17"},
			want: APIError{StatusCode: 429, RetryAfter: 17 * time.Second}, text: "get job: 429 Too Many Requests",
		},
		"a 503 with a time to wait until": {
			status: 503, headers: []string{"Retry-After", "Sun, 01 Mar 2026 12:00:40 GMT", "Date", "Sun, 01 Mar 2026 12:00:00 GMT"},
			want: APIError{StatusCode: 503, RetryAfter: 40 * time.Second}, text: "get job: 503 Service Unavailable",
		},
		"HTML": {
			status: 502, body: "<html><h1>Bad Gateway</h1></html>", headers: []string{"Content-Type", "text/html"},
			want: APIError{StatusCode: 502}, text: "get job: 502 Bad Gateway",
		},
		"plain text":          {status: 500, body: "boom", want: APIError{StatusCode: 500}, text: "get job: 500 Internal Server Error"},
		"JSON, not an object": {status: 500, body: `["boom"]`, want: APIError{StatusCode: 500}, text: "get job: 500 Internal Server Error"},
		"JSON null":           {status: 500, body: `null`, want: APIError{StatusCode: 500}, text: "get job: 500 Internal Server Error"},
		"one message in place of a list": {
			status: 400, body: `{"messages":"bad","request_id":7}`,
			want: APIError{StatusCode: 400, Messages: []string{"bad"}}, text: "get job: 400 Bad Request: bad",
		},
		"messages that are no strings": {
			status: 400, body: `{"messages":[1,null,"kept",{"a":"b"},["x"],""," \n "],"request_id":null}`,
			want: APIError{StatusCode: 400, Messages: []string{"kept"}}, text: "get job: 400 Bad Request: kept",
		},
		"control characters": {
			status: 400, body: `{"messages":["a\nb\u0000c\u001b[31m\u2028d\u202ee\u007f"],"request_id":"r\r\n1"}`,
			want: APIError{StatusCode: 400, Messages: []string{"a b c [31m d e"}, RequestID: "r  1"},
			text: "get job: 400 Bad Request: a b c [31m d e",
		},
		"a success that is not 200": {status: 202, body: jobBody(), want: APIError{StatusCode: 202}, text: "get job: 202 Accepted"},
		"no content":                {status: 204, want: APIError{StatusCode: 204}, text: "get job: 204 No Content"},
		"a status nobody knows":     {status: 599, want: APIError{StatusCode: 599}, text: "get job: status 599"},
		"a body too large to be an error": {
			status: 400, body: `{"messages":["` + strings.Repeat("x", maxErrorBody) + `"]}`,
			want: APIError{StatusCode: 400}, text: "get job: 400 Bad Request",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			server := serve(t, responding(tc.status, tc.body, tc.headers...))
			session := keySession(t, server.URL, func(o *Options) { o.Now = func() time.Time { return now } })
			_, err := session.GetJob(within(t), testID)
			var got *APIError
			if !errors.As(err, &got) {
				t.Fatalf("got error %v, want an APIError", err)
			}
			tc.want.Operation = OperationGetJob
			if !reflect.DeepEqual(*got, tc.want) {
				t.Errorf("got  %+v\nwant %+v", *got, tc.want)
			}
			if err.Error() != tc.text {
				t.Errorf("got  %q\nwant %q", err, tc.text)
			}
		})
	}
}

func TestErrorBodiesAreBounded(t *testing.T) {
	messages := make([]string, 30)
	for i := range messages {
		messages[i] = fmt.Sprint(i, strings.Repeat("é", 600))
	}
	body := encoded(t, map[string]any{"messages": messages, "request_id": strings.Repeat("é", 100)})
	_, err := keySession(t, serve(t, responding(http.StatusForbidden, body)).URL).GetJob(within(t), testID)
	var got *APIError
	if !errors.As(err, &got) {
		t.Fatalf("got error %v, want an APIError", err)
	}
	if len(got.Messages) != 10 {
		t.Errorf("got %d messages, want 10", len(got.Messages))
	}
	for i, message := range got.Messages {
		if len(message) != 1023 && len(message) != 1024 || !strings.HasPrefix(messages[i], message) {
			t.Errorf("message %d has %d bytes: %q", i, len(message), message)
		}
	}
	if got.RequestID != strings.Repeat("é", 64) {
		t.Errorf("got request ID %q", got.RequestID)
	}
}

func TestResponsesThatCannotBeBelieved(t *testing.T) {
	const cut = "the body is cut short"
	cases := map[string]struct {
		handler http.HandlerFunc
		want    ResponseError
	}{
		"not JSON":         {responding(200, "<hello>"), ResponseError{Problem: "the body is not a JSON object"}},
		"nothing":          {responding(200, ""), ResponseError{Problem: "the body is not a JSON object"}},
		"null":             {responding(200, "null"), ResponseError{Problem: "the body is not a JSON object"}},
		"a list":           {responding(200, "["+jobBody()+"]"), ResponseError{Problem: "the body is not a JSON object"}},
		"half an object":   {responding(200, `{"id":"`+testID+`"`), ResponseError{Problem: "the body is not a JSON object"}},
		"trailing garbage": {responding(200, jobBody()+"x"), ResponseError{Problem: "the body is not a JSON object"}},
		"two objects":      {responding(200, jobBody()+jobBody()), ResponseError{Problem: "the body is not a JSON object"}},
		"too deep":         {responding(200, `{"a":`+strings.Repeat("[", 20000)), ResponseError{Problem: "the body is not a JSON object"}},
		"no ID":            {responding(200, `{"state":"completed","request_id":"r-1"}`), ResponseError{Problem: "the job in the body has no ID", RequestID: "r-1"}},
		"an ID of null":    {responding(200, `{"id":null}`), ResponseError{Problem: "the job in the body has no ID"}},
		"a numeric ID":     {responding(200, `{"id":7}`), ResponseError{Problem: "the job in the body has no ID"}},
		"another job":      {responding(200, `{"id":"job_other","state":"completed"}`), ResponseError{Problem: "the body is about another job"}},
		"another case":     {responding(200, strings.ToLower(jobBody())), ResponseError{Problem: "the body is about another job"}},
		"an ID named Id":   {responding(200, `{"Id":"`+testID+`"}`), ResponseError{Problem: "the job in the body has no ID"}},
		"a redirect":       {responding(302, "", "Location", "/login"), ResponseError{StatusCode: 302, Problem: "redirects are not followed"}},
		"a bad redirect":   {responding(307, "", "Location", "http://a b:c%"), ResponseError{StatusCode: 307, Problem: "redirects are not followed"}},
		"not modified":     {responding(304, ""), ResponseError{StatusCode: 304, Problem: "redirects are not followed"}},
		"declared as huge": {responding(200, "{", "Content-Length", "1048577"), ResponseError{Problem: "the body is larger than 1 MiB"}},
		"a byte too many":  {responding(200, padded(1<<20+1)), ResponseError{Problem: "the body is larger than 1 MiB"}},
		"endless":          {endless, ResponseError{Problem: "the body is larger than 1 MiB"}},
		"a gzip bomb":      {bomb(t), ResponseError{Problem: "the body is larger than 1 MiB"}},
		"cut short":        {responding(200, jobBody(), "Content-Length", "1000"), ResponseError{Problem: cut}},
		"cut in a chunk":   {cutChunk, ResponseError{Problem: cut}},
		"cut gzip": {func(w http.ResponseWriter, _ *http.Request) {
			writeZipped(w, jobBodyZipped[:len(jobBodyZipped)-6])
		}, ResponseError{Problem: cut}},
		"gzip that is none": {responding(200, jobBody(), "Content-Encoding", "gzip"), ResponseError{Problem: "the body cannot be decompressed"}},
		"gzip with a wrong checksum": {func(w http.ResponseWriter, _ *http.Request) {
			corrupt := append([]byte(nil), jobBodyZipped...)
			corrupt[len(corrupt)-8] ^= 1
			writeZipped(w, corrupt)
		}, ResponseError{Problem: "the body cannot be decompressed"}},
		"another protocol": {switchProtocol, ResponseError{StatusCode: 101, Problem: "the server wants to leave HTTP"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			job, err := keySession(t, serve(t, tc.handler).URL).GetJob(within(t), testID)
			var got *ResponseError
			if !errors.As(err, &got) {
				t.Fatalf("got job %+v and error %v, want a ResponseError", job, err)
			}
			tc.want.Operation = OperationGetJob
			if tc.want.StatusCode == 0 {
				tc.want.StatusCode = http.StatusOK
			}
			if *got != tc.want {
				t.Errorf("got  %+v\nwant %+v", *got, tc.want)
			}
		})
	}
}

func TestTheLargestResponseIsRead(t *testing.T) {
	server := serve(t, responding(http.StatusOK, padded(1<<20)))
	if _, err := keySession(t, server.URL).GetJob(within(t), testID); err != nil {
		t.Fatal(err)
	}
}

func TestTheDeadlineCoversTheBody(t *testing.T) {
	for name, status := range map[string]int{"of a job": 200, "of an error": 500} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, `{"id":`)
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			})
			ctx := newExpiring(t)
			session := keySession(t, server.URL, func(o *Options) {
				transport := newTransport(nil)
				o.Transport = transportFunc(func(request *http.Request) (*http.Response, error) {
					defer ctx.expire()
					return transport.RoundTrip(request)
				})
			})
			_, err := session.GetJob(ctx, testID)
			if status == http.StatusOK {
				wantTransportError(t, err, KindTimeout, "no complete response from 127.0.0.1 within 20s")
				return
			}
			var got *APIError
			if !errors.As(err, &got) || got.StatusCode != status || got.Messages != nil {
				t.Errorf("got error %v, want what was known by then: an APIError %d", err, status)
			}
		})
	}
}

func TestCancellationIsReturnedAsSuch(t *testing.T) {
	arrived := make(chan struct{})
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-arrived
		cancel()
	}()
	_, err := keySession(t, server.URL).GetJob(ctx, testID)
	wantCanceled(t, err)
}

// bodyFunc is a body that is read by a function.
type bodyFunc func() error

func (f bodyFunc) Read([]byte) (int, error) { return 0, f() }
func (bodyFunc) Close() error               { return nil }

func TestCancellationWithinABodyIsReturnedAsSuch(t *testing.T) {
	cases := map[string]struct {
		status int
		seen   error // what reading the body says by then
	}{
		"of a job":                        {http.StatusOK, context.Canceled},
		"of a job, which seems cut short": {http.StatusOK, io.ErrUnexpectedEOF},
		"of an error":                     {http.StatusInternalServerError, context.Canceled},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			session := keySession(t, DefaultEndpoint, func(o *Options) {
				o.Transport = transportFunc(func(*http.Request) (*http.Response, error) {
					body := bodyFunc(func() error {
						cancel()
						return tc.seen
					})
					return &http.Response{StatusCode: tc.status, ContentLength: -1, Body: body}, nil
				})
			})
			_, err := session.GetJob(ctx, testID)
			wantCanceled(t, err)
		})
	}
}

func wantCanceled(t *testing.T, err error) {
	t.Helper()
	var broken *TransportError
	if !errors.Is(err, context.Canceled) || errors.As(err, &broken) {
		t.Errorf("got error %#v, want context.Canceled", err)
	}
}
