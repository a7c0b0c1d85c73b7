// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	slowPause    = 300 * time.Millisecond
	endlessBytes = 256 << 20
	bombBytes    = 512 << 20
)

// answer sends a response of the proxy's own making.
func (t *trip) answer() {
	switch t.fault.Action {
	case Status:
		t.answerStatus()
	case Redirect:
		status, err := strconv.Atoi(t.fault.Arg)
		if err != nil {
			status = http.StatusTemporaryRedirect
		}
		t.w.Header().Set("Location", t.proxy.otherHost+t.r.URL.RequestURI())
		t.send(status, "text/plain", []byte("Moved."))
	case Garbage:
		t.answerGarbage()
	case OtherID:
		t.send(http.StatusOK, "application/json", []byte(`{"id":"job_of_somebody_else","state":"completed"}`))
	case EmptyList:
		t.send(http.StatusOK, "application/json", []byte(`{"jobs":[],"metadata":{"page_key":null}}`))
	case Slow:
		t.answerSlowly()
	case Endless:
		t.answerEndlessly()
	case Bomb:
		t.w.Header().Set("Content-Encoding", "gzip")
		t.send(http.StatusOK, "application/json", bomb())
	default:
		panic("faults: an action that cannot be parsed: " + t.fault.Action)
	}
}

func (t *trip) send(status int, contentType string, body []byte) {
	t.w.Header().Set("Content-Type", contentType)
	t.head(status)
	if t.write(body) {
		t.complete()
	}
}

// answerStatus answers as the argument says: a status, and what is in Retry-After behind a comma.
func (t *trip) answerStatus() {
	number, retryAfter, _ := strings.Cut(t.fault.Arg, ",")
	status, err := strconv.Atoi(number)
	if err != nil {
		status = http.StatusServiceUnavailable
	}
	if retryAfter != "" {
		t.w.Header().Set("Retry-After", retryAfter)
	}
	text := fmt.Sprintf("Injected: %d.", status)
	body, contentType := map[string]any{"messages": []string{text}, "request_id": fmt.Sprintf("injected-%d", t.request.Number)}, "application/json"
	switch {
	case t.request.Kind == KindToken:
		body = map[string]any{"error": "invalid_client", "error_description": text}
	case t.proxy.side == API:
		body = map[string]any{
			"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": text, "code": status, "reason": apiReasons[status],
		}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // Nothing in it cannot be encoded.
	}
	t.send(status, contentType, encoded)
}

var apiReasons = map[int]string{
	http.StatusUnauthorized: "Unauthorized", http.StatusForbidden: "Forbidden", http.StatusNotFound: "NotFound",
	http.StatusConflict: "Conflict", http.StatusGone: "Expired", http.StatusUnprocessableEntity: "Invalid", http.StatusTooManyRequests: "TooManyRequests",
	http.StatusInternalServerError: "InternalError", http.StatusServiceUnavailable: "ServiceUnavailable", http.StatusGatewayTimeout: "Timeout",
}

// answerGarbage answers 200 with what the API would never send.
func (t *trip) answerGarbage() {
	id, contentType := t.request.JobID, "application/json"
	job := func(fields string) string {
		if t.request.Kind != KindGet {
			return `{"jobs":[{` + fields + `}]}`
		}
		return fmt.Sprintf(`{"id":%q,%s}`, id, fields)
	}
	var body string
	switch t.fault.Arg {
	case "html":
		body, contentType = "<html><body>Please log in.</body></html>", "text/html"
	case "empty":
	case "array":
		body = "[]"
	case "truncated":
		body = fmt.Sprintf(`{"id":%q,"state":"comp`, id)
	case "twice":
		body = job(`"state":"completed"`) + job(`"state":"completed"`)
	case "nulls":
		body = "null"
	default:
		body = strings.Repeat("{\"a\":", 20_000)
	}
	t.send(http.StatusOK, contentType, []byte(body))
}

// answerSlowly sends a body a byte at a time until the manager gives up.
func (t *trip) answerSlowly() {
	t.w.Header().Set("Content-Type", "application/json")
	t.head(http.StatusOK)
	for _, b := range []byte(t.opening() + strings.Repeat("a", 1<<20)) {
		if !t.write([]byte{b}) {
			return
		}
		t.wait(slowPause)
	}
}

func (t *trip) answerEndlessly() {
	t.w.Header().Set("Content-Type", "application/json")
	t.head(http.StatusOK)
	chunk := bytes.Repeat([]byte("a"), 64<<10)
	if !t.write([]byte(t.opening())) {
		return
	}
	for sent := 0; sent < endlessBytes && t.ctx.Err() == nil; sent += len(chunk) {
		if !t.write(chunk) {
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// opening is the beginning of a likely body, up to and into a string.
func (t *trip) opening() string {
	switch t.request.Kind {
	case KindToken:
		return `{"token_type":"Bearer","access_token":"`
	case KindList:
		return `{"jobs":[],"padding":"`
	default:
		return fmt.Sprintf(`{"id":%q,"comment":"`, t.request.JobID)
	}
}

// bomb is a body of about half a megabyte that unpacks to 512 MiB of white space.
var bomb = sync.OnceValue(func() []byte {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = io.CopyN(zip, spaces{}, bombBytes) // Writing to a buffer does not fail.
	_ = zip.Close()
	return packed.Bytes()
})

type spaces struct{}

// Read implements io.Reader.
func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
