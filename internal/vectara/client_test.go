// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"strings"
	"testing"
)

func TestNewClient(t *testing.T) {
	base := Options{Endpoint: DefaultEndpoint, TokenURL: DefaultTokenURL}
	cases := map[string]struct {
		mutate func(*Options)
		want   string // a part of the error; empty means that there is none
	}{
		"the defaults are fine":                  {mutate: func(*Options) {}},
		"a path prefix is fine":                  {mutate: func(o *Options) { o.Endpoint = "https://vectara.example/prefix/" }},
		"a port is fine":                         {mutate: func(o *Options) { o.Endpoint = "https://vectara.example:8443" }},
		"an upper-case scheme is fine":           {mutate: func(o *Options) { o.Endpoint = "HTTPS://vectara.example" }},
		"http is fine if it was allowed":         {mutate: func(o *Options) { o.Endpoint, o.AllowInsecure = "http://127.0.0.1:80", true }},
		"no endpoint":                            {func(o *Options) { o.Endpoint = "" }, "Endpoint: expected an absolute URL"},
		"no token URL":                           {func(o *Options) { o.TokenURL = "" }, "TokenURL: expected an absolute URL"},
		"http":                                   {func(o *Options) { o.Endpoint = "http://vectara.example" }, "Endpoint: expected a URL that starts with https://"},
		"http for tokens":                        {func(o *Options) { o.TokenURL = "http://vectara.example" }, "TokenURL: expected a URL that starts with https://"},
		"another scheme, though http is allowed": {func(o *Options) { o.Endpoint, o.AllowInsecure = "ftp://vectara.example", true }, "https:// or http://"},
		"a relative URL":                         {func(o *Options) { o.Endpoint = "vectara.example/v2" }, "absolute URL"},
		"a URL without a host":                   {func(o *Options) { o.Endpoint = "https://:443/v2" }, "absolute URL"},
		"an opaque URL":                          {func(o *Options) { o.Endpoint = "https:vectara.example" }, "absolute URL"},
		"a port that does not exist":             {func(o *Options) { o.Endpoint = "https://vectara.example:65536" }, "port"},
		"user info":                              {func(o *Options) { o.Endpoint = "https://me:hunter2hunter2@vectara.example" }, "without user info"},
		"user info in a URL that is broken":      {func(o *Options) { o.Endpoint = "https://me:hunter2hunter2@vectara.example:port" }, "absolute URL"},
		"a query":                                {func(o *Options) { o.TokenURL = "https://vectara.example/token?a=b" }, "without query and fragment"},
		"an empty query":                         {func(o *Options) { o.Endpoint = "https://vectara.example?" }, "without query and fragment"},
		"a fragment":                             {func(o *Options) { o.Endpoint = "https://vectara.example#" }, "without query and fragment"},
		"a user agent that breaks the line":      {func(o *Options) { o.UserAgent = "me\r\nX-Evil: 1" }, "UserAgent: expected printable ASCII"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			options := base
			tc.mutate(&options)
			client, err := NewClient(options)
			switch {
			case tc.want == "" && err != nil:
				t.Fatalf("unexpected error: %v", err)
			case tc.want == "" && client == nil:
				t.Fatal("no client")
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Fatalf("got error %v, want one with %q", err, tc.want)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Fatalf("the error shows the password: %v", err)
			}
		})
	}
}

func TestResourceStaysOneSegmentUnderTheBase(t *testing.T) {
	cases := map[string]struct{ endpoint, segment, want string }{
		"no prefix":                    {"https://a.example", "job_1", "https://a.example/v2/jobs/job_1"},
		"a trailing slash":             {"https://a.example/", "job_1", "https://a.example/v2/jobs/job_1"},
		"a prefix":                     {"https://a.example/on/prem/", "job_1", "https://a.example/on/prem/v2/jobs/job_1"},
		"a prefix that is not clean":   {"https://a.example/x//y/../z", "job_1", "https://a.example/x//y/../z/v2/jobs/job_1"},
		"a prefix with escapes":        {"https://a.example/a%2Fb%20c/", "job_1", "https://a.example/a%2Fb%20c/v2/jobs/job_1"},
		"a prefix ending in an escape": {"https://a.example/a%2F/", "job_1", "https://a.example/a%2F/v2/jobs/job_1"},
		"all that an ID may hold":      {"https://a.example", "job_a.b~c:d=e+f-g_H9", "https://a.example/v2/jobs/job_a.b~c:d=e+f-g_H9"},
		"a step upwards":               {"https://a.example", "job_../../corpora", "https://a.example/v2/jobs/job_..%2F..%2Fcorpora"},
		"a query":                      {"https://a.example", "job_?x#y", "https://a.example/v2/jobs/job_%3Fx%23y"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			client, err := NewClient(Options{Endpoint: tc.endpoint, TokenURL: DefaultTokenURL})
			if err != nil {
				t.Fatal(err)
			}
			if got := resource(client.endpoint, "v2", "jobs", tc.segment).String(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
