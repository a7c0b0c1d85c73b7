// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		value string
		want  time.Duration
	}{
		"nothing":                        {"", 0},
		"seconds":                        {"30", 30 * time.Second},
		"seconds between spaces":         {" 30 ", 30 * time.Second},
		"no seconds are one":             {"0", time.Second},
		"an hour is the most":            {"3601", time.Hour},
		"more digits than a number has":  {strings.Repeat("9", 400), time.Hour},
		"leading zeros":                  {"0000000000000000000000007", 7 * time.Second},
		"a date":                         {"Sun, 01 Mar 2026 12:01:30 GMT", 90 * time.Second},
		"a date of RFC 850":              {"Sunday, 01-Mar-26 12:01:30 GMT", 90 * time.Second},
		"a date of C":                    {"Sun Mar  1 12:01:30 2026", 90 * time.Second},
		"a date in the past is a second": {"Sun, 01 Mar 2026 11:00:00 GMT", time.Second},
		"a date of the past century":     {"Thu, 01 Jan 1970 00:00:00 GMT", time.Second},
		"a date far off is an hour":      {"Fri, 31 Dec 9999 23:59:59 GMT", time.Hour},
		"negative seconds are ignored":   {"-5", 0},
		"a sign is ignored":              {"+5", 0},
		"a fraction is ignored":          {"1.5", 0},
		"words are ignored":              {"soon", 0},
		"other digits are ignored":       {"٣", 0},
		"two values are ignored":         {"1, 2", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := parseRetryAfter(http.Header{"Retry-After": {tc.value}}, now); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestRetryAfterCountsFromTheDateOfTheResponse(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		until, sent string
		want        time.Duration
	}{
		"our clock is right":               {"Sun, 01 Mar 2026 12:01:30 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", 90 * time.Second},
		"our clock is ten years behind":    {"Sat, 01 Mar 2036 12:01:30 GMT", "Sat, 01 Mar 2036 12:00:00 GMT", 90 * time.Second},
		"our clock is ten years ahead":     {"Tue, 01 Mar 2016 12:01:30 GMT", "Tue, 01 Mar 2016 12:00:00 GMT", 90 * time.Second},
		"the response was sent later":      {"Sun, 01 Mar 2026 12:01:30 GMT", "Sun, 01 Mar 2026 13:00:00 GMT", time.Second},
		"the response was sent long ago":   {"Sun, 01 Mar 2026 12:01:30 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", time.Hour},
		"the response has no date":         {"Sun, 01 Mar 2026 12:01:30 GMT", "", 90 * time.Second},
		"the date of the response is none": {"Sun, 01 Mar 2026 12:01:30 GMT", "today", 90 * time.Second},
		"seconds need no date":             {"30", "Thu, 01 Jan 1970 00:00:00 GMT", 30 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Retry-After": {tc.until}, "Date": {tc.sent}}
			if got := parseRetryAfter(header, now); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}
