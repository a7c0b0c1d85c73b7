// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const page = ""
	refused, limited, down := &Fault{Kind: Unauthorized, StatusCode: 401}, &Fault{Kind: RateLimited, StatusCode: 429, RetryAfter: time.Minute}, &Fault{Kind: Unavailable, StatusCode: 503}
	notFound := &Fault{Kind: NotFound, StatusCode: 404}
	type response struct {
		job      string
		sent, at time.Duration // after the start
		fault    *Fault
	}
	outage := []response{{"a", 0, 1, down}, {"b", 0, 1, down}, {"c", 0, 1, down}, {"d", 0, 1, down}, {"e", 0, 1, down}}
	for name, test := range map[string]struct {
		responses []response
		at        time.Duration
		want      breakerState
	}{
		"a success keeps it closed":                           {[]response{{"a", 0, 1, nil}}, 2, closed},
		"one refused job is its own matter":                   {[]response{{"a", 0, 1, refused}, {"a", 2, 3, refused}}, 4, closed},
		"two refused jobs in a row open it":                   {[]response{{"a", 0, 1, refused}, {"b", 2, 3, refused}}, 4, open},
		"a success between keeps it closed":                   {[]response{{"a", 0, 1, refused}, {"c", 1, 2, nil}, {"b", 2, 3, refused}}, 4, closed},
		"a 404 between shows that the key is good":            {[]response{{"a", 0, 1, refused}, {"c", 1, 2, notFound}, {"b", 2, 3, refused}}, 4, closed},
		"a success that was under way meanwhile closes it":    {[]response{{"a", 0, 1, refused}, {"b", 0, 2, refused}, {"c", 0, 3, nil}}, 4, closed},
		"lists that are refused do not open it":               {[]response{{page, 0, 1, refused}, {page, 1, 2, refused}, {page, 2, 3, refused}}, 4, closed},
		"lists that fail do not open it":                      {[]response{{page, 0, 1, down}, {page, 0, 1, down}, {page, 0, 1, down}, {page, 0, 1, down}, {page, 0, 1, down}}, 2, closed},
		"a 429 opens it":                                      {[]response{{"a", 0, 1, limited}}, 2, open},
		"a 429 of a list opens it":                            {[]response{{page, 0, 1, limited}}, 2, open},
		"it is half-open once the pause is over":              {[]response{{"a", 0, 1, limited}}, time.Minute + 1, halfOpen},
		"a success from before the pause does not end it":     {[]response{{"a", 0, 1, limited}, {"b", 0, 2, nil}}, 3, open},
		"a success closes it":                                 {[]response{{"a", 0, 1, limited}, {"b", time.Minute + 1, time.Minute + 2, nil}}, time.Minute + 3, closed},
		"a probe that gets a 503 keeps it from closing":       {[]response{{"a", 0, 1, limited}, {"b", time.Minute + 1, time.Minute + 2, down}}, time.Minute + 3, open},
		"five jobs that fail in a row open it":                {outage, 2, open},
		"four do not":                                         {outage[:4], 2, closed},
		"one job that fails five times does not":              {[]response{outage[0], outage[0], outage[0], outage[0], outage[0]}, 2, closed},
		"a list that works shows that there is no outage":     {append(append([]response{}, outage[:4]...), response{page, 0, 1, nil}, outage[4]), 2, closed},
		"a longer pause of a request sent before is heeded":   {[]response{{"a", 0, 1, &Fault{Kind: RateLimited, RetryAfter: time.Second}}, {"b", 0, 2, limited}}, 30 * time.Second, open},
		"an outage turns into a pause if a 429 asks for that": {append(append([]response{}, outage...), response{"f", 0, 2, limited}), 50 * time.Second, open},
	} {
		t.Run(name, func(t *testing.T) {
			var b breaker
			for _, r := range test.responses {
				b.record(result{job: r.job, sent: start.Add(r.sent), answered: start.Add(r.at), fault: r.fault})
			}
			if got := b.state(start.Add(test.at)); got != test.want {
				t.Errorf("the state is %v, want %v", got, test.want)
			}
		})
	}
}
