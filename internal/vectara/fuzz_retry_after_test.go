// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzRetryAfter holds for any Retry-After and any Date: no panic, a wait of 1 s to 1 h or none, some wait for every number
// and for every date, and no word of our own clock where the response has a date.
func FuzzRetryAfter(f *testing.F) {
	const date = "Sun, 01 Mar 2026 12:00:00 GMT"
	for _, value := range []string{
		"", "0", "7", " 30 ", "-1", "+5", "1.5", "1e3", "0x10", "99999999999999999999", "1, 2", "soon", "\u0663",
		"Sun, 01 Mar 2026 12:01:30 GMT", "Sunday, 01-Mar-26 12:01:30 GMT", "Sun Mar  1 12:01:30 2026",
		"Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Sun, 29 Feb 2026 12:00:00 GMT", "Mon, 01 Jan 0000 00:00:00 GMT",
	} {
		f.Add(value, date)
		f.Add(value, "")
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value, date string) {
		header := http.Header{"Retry-After": {value}, "Date": {date}}
		wait := parseRetryAfter(header, now)
		if wait != 0 && (wait < time.Second || wait > time.Hour) {
			t.Fatalf("Retry-After %q became %v", value, wait)
		}
		trimmed := strings.TrimSpace(value)
		_, err := http.ParseTime(trimmed)
		isNumber := trimmed != "" && strings.Trim(trimmed, "0123456789") == ""
		if (wait != 0) != (isNumber || err == nil) {
			t.Fatalf("Retry-After %q became %v", value, wait)
		}
		if _, err := http.ParseTime(date); err == nil && parseRetryAfter(header, now.AddDate(10, 0, 0)) != wait {
			t.Fatalf("Retry-After %q of a response of %q depends on our clock", value, date)
		}
	})
}
