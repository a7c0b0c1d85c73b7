// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const metricPrefix = "vectara_job_operator_"

// measured is a manager whose metrics can be read.
type measured struct {
	*harness.Manager
	scene *scene
	url   string
}

// measuredManager starts a manager that serves metrics to everybody, and waits until it is ready.
func (s *scene) measuredManager(flags ...string) *measured {
	s.t.Helper()
	address, err := harness.FreeAddress(s.ctx)
	s.must(err)
	manager := s.anotherManager(append(flags, "--metrics-bind-address="+address, "--metrics-secure=false")...)
	s.within(manager.AwaitReady)
	return &measured{Manager: manager, scene: s, url: "http://" + address + "/metrics"}
}

// scrape reads the metrics as text.
func (m *measured) scrape() []byte {
	m.scene.t.Helper()
	response, err := http.Get(m.url) //nolint:forbidigo // The peer is our own.
	m.scene.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	m.scene.must(err)
	if response.StatusCode != http.StatusOK {
		m.scene.t.Fatalf("the metrics return %s:\n%s", response.Status, body)
	}
	return body
}

// families are the metrics of one scrape, by name.
type families map[string]*dto.MetricFamily

func (m *measured) families() families {
	m.scene.t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	parsed, err := parser.TextToMetricFamilies(bytes.NewReader(m.scrape()))
	m.scene.must(err)
	return parsed
}

// own are the metrics that the operator itself defines.
func (f families) own() families {
	own := maps.Clone(f)
	maps.DeleteFunc(own, func(name string, _ *dto.MetricFamily) bool { return !strings.HasPrefix(name, metricPrefix) })
	return own
}

// values are the values of a metric by those of its labels, with commas between them in the order of the labels' names.
// What counts of a histogram is how much was observed.
func (f families) values(name string) map[string]float64 {
	values := map[string]float64{}
	for _, metric := range f[metricPrefix+name].GetMetric() {
		var labels []string
		for _, pair := range metric.GetLabel() {
			labels = append(labels, pair.GetValue())
		}
		values[strings.Join(labels, ",")] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue() +
			float64(metric.GetHistogram().GetSampleCount())
	}
	return values
}

// positive leaves out what is zero.
func positive(values map[string]float64) map[string]float64 {
	values = maps.Clone(values)
	maps.DeleteFunc(values, func(_ string, value float64) bool { return value == 0 })
	return values
}

// await scrapes until a metric has the values wanted and no others but zero.
func (m *measured) await(name string, wanted func() map[string]float64) {
	m.scene.t.Helper()
	var got, want map[string]float64
	err := wait.PollUntilContextTimeout(m.scene.ctx, 200*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		want = wanted()
		got = positive(m.families().values(name))
		return maps.Equal(got, want), nil
	})
	if err != nil {
		m.scene.t.Errorf("%s is %v, want %v", name, got, want)
	}
}

func exactly(values map[string]float64) func() map[string]float64 {
	return func() map[string]float64 { return values }
}

// usesSecret has an object use credentials of its own.
func usesSecret(name string) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = name }
}
