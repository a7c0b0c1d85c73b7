// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	// program is Prometheus, whose version go.mod pins. The tag leaves out what finds targets in clouds.
	program = "github.com/prometheus/prometheus/cmd/prometheus"
	tags    = "remove_all_sd"

	scrapeInterval = time.Second
	// patience is for how long the test waits for what must come.
	patience = 90 * time.Second
	// pollInterval is how often the test checks.
	pollInterval = 250 * time.Millisecond
)

// server is a Prometheus that runs as a process.
type server struct {
	*harness.Process
	prometheusv1.API

	t      *testing.T
	folder string
	// token is what it shows when it scrapes.
	token string
}

// buildPrometheus builds the server once for all tests, from the module that this test belongs to.
func buildPrometheus(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "prometheus")
	command := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", binary, program)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building Prometheus: %v\n%s", err, output)
	}
	return binary
}

// startPrometheus starts a server with rules, which scrapes the targets with a token.
func startPrometheus(t *testing.T, binary, token string, rules []byte, targets ...string) *server {
	t.Helper()
	s := &server{t: t, folder: t.TempDir(), token: token}
	s.write("rules.yaml", rules)
	s.configure(targets...)
	address, err := harness.FreeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary,
		"--config.file="+filepath.Join(s.folder, "prometheus.yaml"),
		"--storage.tsdb.path="+filepath.Join(s.folder, "data"),
		"--web.listen-address="+address,
		"--log.level=warn",
	)
	if s.Process, err = harness.StartProcess(command); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("Prometheus' log:\n%s", s.Output())
		}
	})
	client, err := api.NewClient(api.Config{Address: "http://" + address})
	if err != nil {
		t.Fatal(err)
	}
	s.API = prometheusv1.NewAPI(client)
	s.await("Prometheus responds", func(ctx context.Context) bool { return ready(ctx, "http://"+address+"/-/ready") })
	return s
}

func ready(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request) //nolint:forbidigo // The context has a deadline, and the peer is our own.
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// configure writes the configuration, in which the targets are scraped as the ServiceMonitor says.
func (s *server) configure(targets ...string) {
	s.t.Helper()
	s.write("prometheus.yaml", scrapeConfig(s.t, s.token, filepath.Join(s.folder, "rules.yaml"), targets))
}

// reload has the server read its configuration again.
func (s *server) reload(targets ...string) {
	s.t.Helper()
	s.configure(targets...)
	s.Signal(syscall.SIGHUP)
}

func (s *server) write(name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), content, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// await checks until something is so.
func (s *server) await(what string, so func(context.Context) bool) {
	s.t.Helper()
	err := wait.PollUntilContextTimeout(s.t.Context(), pollInterval, patience, true, func(ctx context.Context) (bool, error) {
		select {
		case <-s.Done():
			return false, fmt.Errorf("the server ended: %w", s.Err())
		default:
			return so(ctx), nil
		}
	})
	if err != nil {
		s.t.Fatalf("waiting until %s: %v", what, err)
	}
}

// firing are the names of the alerts that fire now.
func (s *server) firing(ctx context.Context) map[string]bool {
	found, err := s.Alerts(ctx)
	if err != nil {
		s.t.Logf("getting the alerts: %v", err)
		return nil
	}
	names := map[string]bool{}
	for _, alert := range found.Alerts {
		if alert.State == prometheusv1.AlertStateFiring {
			names[string(alert.Labels[model.AlertNameLabel])] = true
		}
	}
	return names
}

// number is the value of a query that has one series; NaN if it has none.
func (s *server) number(ctx context.Context, query string) float64 {
	value, _, _, err := s.Query(ctx, query, time.Time{})
	if err != nil {
		s.t.Logf("%s: %v", query, err)
	}
	if vector, ok := value.(model.Vector); ok && len(vector) == 1 {
		return float64(vector[0].Value)
	}
	return math.NaN()
}

// hasData reports whether a query has had a value that is a number at some time since the start.
func (s *server) hasData(ctx context.Context, query string, start time.Time) bool {
	value, warnings, _, err := s.QueryRange(ctx, query, prometheusv1.Range{Start: start, End: time.Now(), Step: scrapeInterval})
	if err != nil || len(warnings) > 0 {
		s.t.Logf("%s: %v, %v", query, err, warnings)
	}
	matrix, _ := value.(model.Matrix)
	for _, series := range matrix {
		for _, sample := range series.Values {
			if !math.IsNaN(float64(sample.Value)) {
				return true
			}
		}
	}
	return false
}
