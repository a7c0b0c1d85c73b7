// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"net/http"
	"strings"
	"time"
)

// Bounds on the wait that an answer may ask for.
const (
	minRetryAfter = time.Second
	maxRetryAfter = time.Hour
)

// parseRetryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or an
// HTTP-date. It clamps the wait to between 1 s and 1 h; a date in the past becomes 1 s, since it
// says that now is the time. Anything else, negative seconds among it, is 0 and means that
// nothing was asked for.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, ok := parseSeconds(value); ok {
		return clamp(time.Duration(seconds)*time.Second, minRetryAfter, maxRetryAfter)
	}
	if date, err := http.ParseTime(value); err == nil {
		return clamp(date.Sub(now), minRetryAfter, maxRetryAfter)
	}
	return 0
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

func clamp(d, least, most time.Duration) time.Duration {
	return max(least, min(d, most))
}
