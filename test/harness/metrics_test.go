// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"maps"
	"strings"
	"testing"
)

func TestReadMetrics(t *testing.T) {
	const text = `# HELP requests_total Counter of requests.
# TYPE requests_total counter
requests_total{code="200",verb="PATCH",resource="vectarajobs"} 12
requests_total{path="a}b \"c\"",verb="GET"} 1.5e+03
requests_total_other{verb="PATCH"} 99
goroutines 41
goroutines_max 77
`
	samples, err := ReadMetrics(strings.NewReader(text), "requests_total", "goroutines")
	if err != nil {
		t.Fatal(err)
	}
	want := []Sample{
		{"requests_total", map[string]string{"code": "200", "verb": "PATCH", "resource": "vectarajobs"}, 12},
		{"requests_total", map[string]string{"path": `a}b \"c\"`, "verb": "GET"}, 1500},
		{"goroutines", map[string]string{}, 41},
	}
	if len(samples) != len(want) {
		t.Fatalf("got %v", samples)
	}
	for i, got := range samples {
		if got.Name != want[i].Name || got.Value != want[i].Value || !maps.Equal(got.Labels, want[i].Labels) {
			t.Errorf("got %v, want %v", got, want[i])
		}
	}
}

func TestReadMetricsRefusesWhatIsNoNumber(t *testing.T) {
	for _, text := range []string{"goroutines x", "goroutines ", `goroutines{a="b"}`} {
		t.Run(text, func(t *testing.T) {
			if samples, err := ReadMetrics(strings.NewReader(text), "goroutines"); err == nil {
				t.Errorf("got %v and no error", samples)
			}
		})
	}
}
