// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/labels"
)

// noEnv is an environment without variables.
func noEnv(string) (string, bool) { return "", false }

// parse parses arguments in an empty environment, and wants no error.
func parse(t *testing.T, args ...string) Options {
	t.Helper()
	options, err := ParseOptions(args, noEnv, t.Output())
	if err != nil {
		t.Fatalf("ParseOptions(%q): %v", args, err)
	}
	return options
}

func TestDefaultsAreValid(t *testing.T) {
	options := parse(t)
	if len(options.namespaces) != 0 || options.rootCAs != nil || !options.selector.Empty() {
		t.Errorf("By default the namespaces are %q, the roots %v and the selector %q; want all namespaces, the system's roots and all objects",
			options.namespaces, options.rootCAs, options.selector)
	}
	if options.Zap.Development {
		t.Error("By default the log is not for production")
	}
}

func TestEachBadValueNamesItsFlagAndWhatWasExpected(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatalf("Writing a file: %v", err)
	}
	for _, test := range []struct {
		name, flag, value, want string
	}{
		{"an endpoint that is no URL", "endpoint", "api.vectara.io", "an absolute URL"},
		{"an empty endpoint", "endpoint", "", "an absolute URL"},
		{"an endpoint in clear text", "endpoint", "http://api.vectara.io", "https://"},
		{"an endpoint of another scheme", "endpoint", "ftp://api.vectara.io", "https://"},
		{"an endpoint with a query", "endpoint", "https://api.vectara.io?x=y", "without query"},
		{"an endpoint with a fragment", "endpoint", "https://api.vectara.io#x", "without query and fragment"},
		{"an endpoint with a bad port", "endpoint", "https://api.vectara.io:0", "a port between 1 and 65535"},
		{"a token URL in clear text", "token-url", "http://auth.vectara.io/oauth2/token", "https://"},
		{"a token URL without a host", "token-url", "https:///oauth2/token", "with a host"},
		{"a file that is not there", "ca-file", "/does/not/exist.pem", "no such file"},
		{"a file without certificates", "ca-file", empty, "expected PEM certificates"},
		{"a shortest interval of nothing", "poll-min", "0s", "a duration from 1s to 24h, got 0s"},
		{"a shortest interval that is too short", "poll-min", "999ms", "a duration from 1s to 24h, got 999ms"},
		{"a shortest interval above the longest", "poll-min", "2m", "at most --poll-max, got 2m0s above 1m0s"},
		{"a longest interval that is too long", "poll-max", "24h0m1s", "a duration from 1s to 24h, got 24h0m1s"},
		{"a negative longest interval", "poll-max", "-1m", "a duration from 1s to 24h, got -1m0s"},
		{"a request timeout that is too short", "request-timeout", "500ms", "a duration from 1s to 5m, got 500ms"},
		{"a request timeout that is too long", "request-timeout", "5m1s", "a duration from 1s to 5m, got 5m1s"},
		{"no requests at all", "requests-per-second", "0", "a number from 0.1 to 100000, got 0"},
		{"less than no requests", "requests-per-second", "-5", "a number from 0.1 to 100000, got -5"},
		{"requests without number", "requests-per-second", "NaN", "a number from 0.1 to 100000, got NaN"},
		{"requests without end", "requests-per-second", "+Inf", "a number from 0.1 to 100000, got +Inf"},
		{"a burst of nothing", "burst", "0", "a number from 1 to 100000, got 0"},
		{"no workers", "max-concurrent-reconciles", "0", "a number from 1 to 1000, got 0"},
		{"too many workers", "max-concurrent-reconciles", "1001", "a number from 1 to 1000, got 1001"},
		{"a namespace in capitals", "watch-namespaces", "search,Finance", `names of namespaces with commas between them, got "Finance"`},
		{"namespaces with spaces between them", "watch-namespaces", "search finance", `got "search finance"`},
		{"a selector that is none", "watch-label-selector", "shard=(", "a label selector such as shard=a"},
		{"a Lease in capitals", "leader-election-id", "Lease", `the name of a Lease (lower-case letters, digits, - and .), got "Lease"`},
		{"a Lease without a name", "leader-election-id", "", "the name of a Lease"},
		{"a namespace of the Lease with a dot", "leader-election-namespace", "a.b", `the name of a namespace, got "a.b"`},
		{"a metrics address without a port", "metrics-bind-address", "localhost", `host:port, :port, or 0 to switch it off, got "localhost"`},
		{"a metrics port that does not exist", "metrics-bind-address", ":65536", "host:port, :port, or 0"},
		{"a metrics port by name", "metrics-bind-address", ":https", "host:port, :port, or 0"},
		{"no metrics address", "metrics-bind-address", "", "host:port, :port, or 0"},
		{"a metrics certificate that is not there", "metrics-cert-path", "/does/not/exist", "a folder with tls.crt and tls.key"},
		{"a probe address without a colon", "health-probe-bind-address", "8081", "host:port, :port, or 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseOptions([]string{"--" + test.flag + "=" + test.value}, noEnv, t.Output())
			if err == nil {
				t.Fatal("There is no error")
			}
			if message := err.Error(); !strings.HasPrefix(message, "--"+test.flag+": ") || !strings.Contains(message, test.want) {
				t.Errorf("The error is %q, want it to start with the flag, and %q in it", message, test.want)
			}
		})
	}
}

func TestEveryBadValueIsReportedAtOnce(t *testing.T) {
	_, err := ParseOptions([]string{"--burst=0", "--poll-max=0s", "--endpoint=x", "--poll-min=0s"}, noEnv, t.Output())
	if err == nil {
		t.Fatal("There is no error")
	}
	var flags []string
	for line := range strings.Lines(err.Error()) {
		name, _, _ := strings.Cut(line, ":")
		flags = append(flags, name)
	}
	if want := []string{"--burst", "--endpoint", "--poll-max", "--poll-min"}; !slices.Equal(flags, want) {
		t.Errorf("The errors are about %q, want %q", flags, want)
	}
}

func TestAPasswordInAURLIsNotShown(t *testing.T) {
	for _, flag := range []string{"endpoint", "token-url"} {
		for _, value := range []string{"https://user:hunter2@api.vectara.io", "https://user:hunter2@api.vectara.io:%zz", "https://api.vectara.io?key=hunter2"} {
			_, err := ParseOptions([]string{"--" + flag + "=" + value}, noEnv, t.Output())
			if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "--"+flag+": ") {
				t.Errorf("--%s=%s gives %v, want an error without the password", flag, value, err)
			}
		}
	}
}

func TestGoodValues(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
	}{
		{"an endpoint with a path", []string{"--endpoint=https://vectara.example.com/api/"}},
		{"an endpoint with a port", []string{"--endpoint=https://vectara.example.com:8443"}},
		{"clear text where the administrator allows it", []string{"--allow-insecure-endpoints", "--endpoint=http://localhost:8080", "--token-url=http://localhost:8080/oauth2/token"}},
		{"the shortest intervals", []string{"--poll-min=1s", "--poll-max=1s"}},
		{"the longest intervals", []string{"--poll-min=24h", "--poll-max=24h"}},
		{"the smallest limits", []string{"--request-timeout=1s", "--requests-per-second=0.1", "--burst=1", "--max-concurrent-reconciles=1"}},
		{"the largest limits", []string{"--request-timeout=5m", "--requests-per-second=100000", "--burst=100000", "--max-concurrent-reconciles=1000"}},
		{"no leader election, whatever the Lease", []string{"--leader-elect=false", "--leader-election-id="}},
		{"no listeners", []string{"--metrics-bind-address=0", "--health-probe-bind-address=0"}},
		{"listeners on loopback", []string{"--metrics-bind-address=127.0.0.1:8443", "--health-probe-bind-address=[::1]:8081"}},
		{"any free port", []string{"--metrics-bind-address=:0", "--health-probe-bind-address=:0"}},
	} {
		t.Run(test.name, func(t *testing.T) { parse(t, test.args...) })
	}
}

func TestWhatTheOptionsStandFor(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "roots.pem")
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, root, 0o600); err != nil {
		t.Fatalf("Writing a file: %v", err)
	}

	options := parse(t, "--ca-file="+file, "--watch-namespaces=search, finance", "--watch-label-selector=shard in (a,b)", "--poll-min=3s")
	if options.rootCAs == nil {
		t.Error("The roots of --ca-file are not trusted")
	}
	if want := []string{"search", "finance"}; !slices.Equal(options.namespaces, want) {
		t.Errorf("The namespaces are %q, want %q", options.namespaces, want)
	}
	if !options.selector.Matches(labels.Set{"shard": "a"}) || options.selector.Matches(labels.Set{"shard": "c"}) {
		t.Errorf("The selector is %q", options.selector)
	}
	if options.PollMin != 3*time.Second {
		t.Errorf("PollMin is %v, want 3s", options.PollMin)
	}
}
