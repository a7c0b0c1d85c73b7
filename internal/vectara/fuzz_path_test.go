// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

// FuzzJobPath holds for any ID: it is either refused, or it is the last segment of the URL's path, whole, under whatever prefix, also
// for a server that unescapes or cleans paths, and becomes no query, fragment, host or user info.
func FuzzJobPath(f *testing.F) {
	for _, id := range []string{
		testID, "job_a.b~c:d=e+f-g_H9", "job_..", "job_.", "job_../../corpora", "job_..%2f..%2fcorpora", "job_%2e%2e", `job_..\x`,
		"job_a?b=c", "job_a#b", "job_a;b", "job_a b", "job_a@b", "job_a//b", "job_\x00", "job_\r\nX-Evil: 1", "job_\u202e", "job_\xff",
		"job_", "", "JOB_a", "job_" + strings.Repeat("a", maxIDLength-4), "job_" + strings.Repeat("a", maxIDLength-3),
	} {
		f.Add(id)
	}
	var bases []*url.URL
	for _, prefix := range []string{"", "/on/prem", "/a%2Fb%20c"} {
		base, err := parseURL("Endpoint", DefaultEndpoint+prefix, false)
		if err != nil {
			f.Fatal(err)
		}
		bases = append(bases, base)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if checkID(id) != nil {
			return
		}
		if len(id) > maxIDLength || !strings.HasPrefix(id, "job_") || !visibleASCII(id) {
			t.Fatalf("%q was accepted", id)
		}
		for _, base := range bases {
			text := resource(base, "v2", "jobs", id).String()
			parsed, err := url.Parse(text)
			if err != nil {
				t.Fatalf("%q makes a URL that is none: %v", id, err)
			}
			want := base.String() + "/v2/jobs/" + id
			if text != want || parsed.Path != base.Path+"/v2/jobs/"+id || parsed.Host != base.Host || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
				t.Fatalf("%q makes the URL %s, want %s", id, text, want)
			}
			if cleaned := path.Clean(parsed.Path); cleaned != parsed.Path {
				t.Fatalf("%q is another path once it is cleaned: %s", id, cleaned)
			}
		}
	})
}
