// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// output collects what a run prints, and lets a test wait for a line.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.changed = make(chan struct{})
	return o.text.Write(data)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// waitFor returns the pattern's first group once the pattern was printed.
func (o *output) waitFor(t *testing.T, pattern string, ended <-chan int) string {
	t.Helper()
	wanted := regexp.MustCompile(pattern)
	for {
		o.mu.Lock()
		text, changed := o.text.String(), o.changed
		o.mu.Unlock()
		if match := wanted.FindStringSubmatch(text); match != nil {
			return match[1]
		}
		select {
		case <-changed:
		case code := <-ended:
			t.Fatalf("it ended with %d and printed %q", code, text)
		}
	}
}

// running is a simulator in the course of a test.
type running struct {
	out, errOut *output
	stop        context.CancelFunc
	ended       chan int
}

func launch(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{out: newOutput(), errOut: newOutput(), stop: stop, ended: make(chan int, 1)}
	go func() { r.ended <- run(ctx, append(args, "--address", "127.0.0.1:0"), r.out, r.errOut) }()
	t.Cleanup(stop)
	return r
}

// clientThatTrusts the authorities in PEM form, and leaves no connection behind.
func clientThatTrusts(pem []byte) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true},
		Timeout:   30 * time.Second,
	}
}

func get(t *testing.T, client *http.Client, url, key string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-api-key", key)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestTheBuiltInDemoIsServedUntilTheStop(t *testing.T) {
	r := launch(t)
	url := r.out.waitFor(t, `endpoint +(http://127\.0\.0\.1:\d+)\n`, r.ended)
	key := r.out.waitFor(t, `API key +(demo-key-\S+)\n`, r.ended)
	job := r.out.waitFor(t, `job +(job_demo_completes_\S+)\n`, r.ended)
	r.out.waitFor(t, `token URL +(http://\S+/oauth2/token)\n`, r.ended)
	if body := get(t, clientThatTrusts(nil), url+"/v2/jobs/"+job, key); !strings.Contains(body, `"state":"queued"`) {
		t.Errorf("the job is %s", body)
	}
	r.stop()
	if code := <-r.ended; code != 0 {
		t.Errorf("the exit code is %d", code)
	}
	log := r.errOut.String()
	if strings.Count(log, "msg=request") != 1 || strings.Contains(log, key) {
		t.Errorf("it logged %s", log)
	}
}

func TestAScenarioIsServedOverTLS(t *testing.T) {
	dir := t.TempDir()
	scenario := filepath.Join(dir, "scenario.yaml")
	content := "apiKeys: [{key: private-key}]\njobs: [{id: job_mine, steps: [{state: aborted}]}]\n"
	if err := os.WriteFile(scenario, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	r := launch(t, "--scenario", scenario, "--tls-dir", filepath.Join(dir, "new", "tls"), "--latency", "1ms")
	url := r.out.waitFor(t, `endpoint +(https://\S+)\n`, r.ended)
	ca, err := os.ReadFile(r.out.waitFor(t, `CA file +(\S+)\n`, r.ended))
	if err != nil {
		t.Fatal(err)
	}
	r.out.waitFor(t, `job +(job_mine)\n`, r.ended)
	if body := get(t, clientThatTrusts(ca), url+"/v2/jobs/job_mine", "private-key"); !strings.Contains(body, `"state":"aborted"`) {
		t.Errorf("the job is %s", body)
	}
	if strings.Contains(r.out.String(), "private-key") {
		t.Error("the keys of a file are printed")
	}
	r.stop()
	if code := <-r.ended; code != 0 {
		t.Errorf("the exit code is %d", code)
	}
}

func TestWrongCommandLines(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("jobs: [{id: job_a, colour: red}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{name: "help", args: []string{"--help"}, code: 0, want: "-scenario"},
		{name: "an unknown flag", args: []string{"--port", "1"}, code: 2, want: "-port"},
		{name: "an argument", args: []string{"serve"}, code: 2, want: `unexpected argument "serve"`},
		{name: "an address of the network", args: []string{"--address", "0.0.0.0:0"}, code: 1, want: "loopback"},
		{name: "a scenario that is not there", args: []string{"--scenario", bad + ".not"}, code: 1, want: "no such file"},
		{name: "a scenario with a mistake", args: []string{"--scenario", bad}, code: 1, want: `bad.yaml: scenario: jobs[0]: unknown field "colour"`},
		{name: "a directory that cannot be made", args: []string{"--address", "127.0.0.1:0", "--tls-dir", bad}, code: 1, want: "bad.yaml"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := newOutput()
			if code := run(t.Context(), test.args, out, out); code != test.code {
				t.Errorf("the exit code is %d, want %d", code, test.code)
			}
			if !strings.Contains(out.String(), test.want) {
				t.Errorf("it printed %q, want %q in it", out.String(), test.want)
			}
		})
	}
}
