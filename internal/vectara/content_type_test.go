// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

func TestBodiesOfAnotherTypeAreAnInvalidResponse(t *testing.T) {
	cases := map[string]struct {
		contentType string
		refused     bool
	}{
		"JSON":                            {"application/json", false},
		"JSON in UTF-8":                   {"application/json; charset=utf-8", false},
		"JSON in capitals":                {"Application/JSON", false},
		"JSON with a broken parameter":    {"application/json; charset", false},
		"JSON as it was called once":      {"text/json", false},
		"JSON of a vendor":                {"application/vnd.vectara.v2+json", false},
		"text, as a server may guess":     {"text/plain; charset=utf-8", false},
		"bytes, as a server may guess":    {"application/octet-stream", false},
		"nothing":                         {"", false},
		"what cannot be read":             {";;", false},
		"HTML":                            {"text/html", true},
		"HTML in UTF-8":                   {"text/html; charset=utf-8", true},
		"HTML with a broken parameter":    {"text/html; charset", true},
		"XML":                             {"application/xml", true},
		"an image":                        {"image/png", true},
		"a form":                          {"application/x-www-form-urlencoded", true},
		"several parts":                   {"multipart/form-data; boundary=x", true},
		"lines of JSON, which are no one": {"application/x-ndjson", true},
		"a stream of events":              {"text/event-stream", true},
	}
	body := `{"id":"` + testID + `","state":"started","jobs":[],"access_token":"` + testToken + `"}`
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = nil
				if tc.contentType != "" {
					w.Header().Set("Content-Type", tc.contentType)
				}
				responding(http.StatusOK, body)(w, r)
			})
			for operation, call := range calls {
				err := call(within(t), clientFor(t, server.URL))
				var got *ResponseError
				want := ResponseError{Operation: operation, StatusCode: http.StatusOK, Problem: "the body is not JSON, by its Content-Type"}
				if !tc.refused && err != nil {
					t.Errorf("%s got error %v, want none", operation, err)
				}
				if tc.refused && (!errors.As(err, &got) || *got != want) {
					t.Errorf("%s got error %#v, want %#v", operation, err, want)
				}
			}
		})
	}
}

// TestErrorsMayBeOfAnyType holds that the type of an error's body changes nothing: what is JSON in it is read.
func TestErrorsMayBeOfAnyType(t *testing.T) {
	server := serve(t, responding(http.StatusForbidden, `{"messages":["no"]}`, "Content-Type", "text/html"))
	err := calls[OperationGetJob](context.Background(), clientFor(t, server.URL))
	var got *APIError
	if !errors.As(err, &got) || len(got.Messages) != 1 {
		t.Errorf("got error %#v, want an APIError with its message", err)
	}
}
