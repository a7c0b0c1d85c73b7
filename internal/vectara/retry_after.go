// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"net/http"
	"strings"
	"time"
)

// Bounds on the wait that a response may request.
const (
	minRetryAfter = time.Second
	maxRetryAfter = time.Hour
)

// parseRetryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or an
// HTTP-date. A date counts from the Date header of the same response, so that a clock that is off does
// not matter; without one, from now. It clamps the wait to between 1 s and 1 h; a date in the past
// becomes 1 s, since it says that now is the time. Anything else, negative seconds among it, is 0 and
// means that nothing was requested.
func parseRetryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, ok := parseSeconds(value); ok {
		return max(minRetryAfter, min(time.Duration(seconds)*time.Second, maxRetryAfter))
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(header.Get("Date")); err == nil {
		now = sent
	}
	return max(minRetryAfter, min(until.Sub(now), maxRetryAfter))
}

// parseSeconds reads digits. It stops counting far above any bound of this package, so that no number
// of digits overflows.
func parseSeconds(digits string) (seconds int64, ok bool) {
	const enough = 1 << 30
	if digits == "" {
		return 0, false
	}
	for _, digit := range []byte(digits) {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		seconds = min(seconds*10+int64(digit-'0'), enough)
	}
	return seconds, true
}
