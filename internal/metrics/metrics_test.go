// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// newMetrics makes metrics that are registered, with a view of everything that has nothing in it.
func newMetrics(t *testing.T) (*Metrics, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	m, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	m.Show(Views{
		Sessions:    func() jobs.Stats { return jobs.Stats{} },
		Jobs:        func() ([]v1alpha1.VectaraJob, bool) { return nil, true },
		Discoveries: func() ([]v1alpha1.VectaraJobDiscovery, bool) { return nil, true },
		Writes:      func() (int, time.Duration) { return 0, 0 },
		Watches:     func() map[string]time.Duration { return nil },
	})
	return m, registry
}

// gathered are all metrics of a registry, by name.
func gathered(t *testing.T, registry *prometheus.Registry) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, family := range families {
		byName[family.GetName()] = family
	}
	return byName
}

// amounts are the values of a metric that are not 0, by "label=value,…" in the order of the labels' names. Of a histogram
// it is the sum.
func amounts(t *testing.T, registry *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for _, metric := range gathered(t, registry)[prefix+name].GetMetric() {
		var labels []string
		for _, pair := range metric.GetLabel() {
			labels = append(labels, pair.GetName()+"="+pair.GetValue())
		}
		value := metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + metric.GetHistogram().GetSampleSum()
		if value != 0 {
			values[strings.Join(labels, ",")] = value
		}
	}
	return values
}

func TestEventsAreCountedWhereTheyBelong(t *testing.T) {
	type want map[string]float64
	for _, test := range []struct {
		name   string
		happen func(*Metrics)
		metric string
		want   want
	}{
		{"a job is requested", func(m *Metrics) {
			m.RoundTripEnded(vectara.RoundTrip{Operation: vectara.OperationGetJob, StatusCode: 200, Duration: time.Second})
		}, "api_requests_total", want{"code=200,operation=get_job": 1}},
		{"a list is refused twice", func(m *Metrics) {
			m.RoundTripEnded(vectara.RoundTrip{Operation: vectara.OperationListJobs, StatusCode: 403})
			m.RoundTripEnded(vectara.RoundTrip{Operation: vectara.OperationListJobs, StatusCode: 403})
		}, "api_requests_total", want{"code=403,operation=list_jobs": 2}},
		{"no response comes", func(m *Metrics) {
			m.RoundTripEnded(vectara.RoundTrip{Operation: vectara.OperationToken})
		}, "api_requests_total", want{"code=none,operation=token": 1}},
		{"a response has a status without a name", func(m *Metrics) {
			m.RoundTripEnded(vectara.RoundTrip{Operation: vectara.OperationGetJob, StatusCode: 799})
		}, "api_requests_total", want{"code=other,operation=get_job": 1}},
		{"a response takes its time", func(m *Metrics) {
			m.RoundTripEnded(vectara.RoundTrip{Operation: vectara.OperationListJobs, StatusCode: 500, Duration: 1500 * time.Millisecond})
		}, "api_request_duration_seconds", want{"operation=list_jobs": 1.5}},
		{"a call waits for the rate limiter", func(m *Metrics) { m.LimiterWaited(250 * time.Millisecond) },
			"budget_wait_seconds", want{"": 0.25}},
		{"a page comes", func(m *Metrics) { m.PageDelivered(jobs.ForEnded, 73) }, "walk_pages_total", want{"purpose=ended": 1}},
		{"the page holds jobs", func(m *Metrics) { m.PageDelivered(jobs.ForEnded, 73) }, "walk_page_jobs", want{"": 73}},
		{"a walk ends", func(m *Metrics) { m.WalkEnded(jobs.ForDiscovery, "interrupted") },
			"walks_total", want{"outcome=interrupted,purpose=discovery": 1}},
		{"a job ends", func(m *Metrics) { m.JobRan("bulk_delete_documents", "failed", 2*time.Minute) },
			"job_run_seconds", want{"outcome=failed,type=bulk_delete_documents": 120}},
		{"a job fails", func(m *Metrics) { m.JobEnded("bulk_delete_documents", "failed") },
			"jobs_ended_total", want{"outcome=failed,type=bulk_delete_documents": 1}},
		{"a job of no type ends", func(m *Metrics) { m.JobRan("", "completed", time.Minute) },
			"job_run_seconds", want{"outcome=completed,type=other": 60}},
		{"an end is shown", func(m *Metrics) { m.EndShown(3 * time.Second) }, "completion_lag_seconds", want{"": 3}},
		{"a write is forbidden", func(m *Metrics) { m.WriteFailed("Forbidden") }, "write_failures_total", want{"reason=Forbidden": 1}},
		{"a write fails for no reason that has a name", func(m *Metrics) { m.WriteFailed("") }, "write_failures_total", want{"reason=other": 1}},
		{"an event is lost", func(m *Metrics) { m.EventLost() }, "events_lost_total", want{"": 1}},
		{"jobs are discovered", func(m *Metrics) { m.JobDiscovered(4) }, "discovered_jobs_total", want{"": 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, registry := newMetrics(t)
			test.happen(m)
			if got := amounts(t, registry, test.metric); !maps.Equal(got, map[string]float64(test.want)) {
				t.Errorf("%s is %v, want %v", test.metric, got, test.want)
			}
		})
	}
}

func TestEverySourceOfEventsHasItsNames(t *testing.T) {
	m, registry := newMetrics(t)
	for _, operation := range []string{vectara.OperationGetJob, vectara.OperationListJobs, vectara.OperationToken} {
		m.RoundTripEnded(vectara.RoundTrip{Operation: operation, StatusCode: 200})
	}
	for _, purpose := range jobs.Purposes() {
		m.PageDelivered(purpose, 1)
		for _, outcome := range jobs.Outcomes() {
			m.WalkEnded(purpose, outcome)
		}
	}
	for name, want := range map[string]int{"api_requests_total": 3, "walk_pages_total": 3, "walks_total": 15} {
		got := amounts(t, registry, name)
		if len(got) != want {
			t.Errorf("%s is %v, want %d series that are 1", name, got, want)
		}
		for labels := range got {
			if strings.Contains(labels, "="+other) {
				t.Errorf("%s does not know %s", name, labels)
			}
		}
	}
}

// hostile are words as nobody should send them.
var hostile = []string{
	"", "{}", "a\"b", "a\\b", "a\nb", "\x00", "\xff\xfe", "job_3Kx9QpVn2mZr8YbLc5TdWe", "Completed", "completed ",
	strings.Repeat("x", 1<<16), "=1+1", "$(id)", "ключ", "__name__",
}

// provoke has everything happen with every hostile word and with many numbers.
func provoke(m *Metrics) {
	objects := make([]v1alpha1.VectaraJob, 0, len(hostile))
	for i, word := range hostile {
		m.RoundTripEnded(vectara.RoundTrip{Operation: word, StatusCode: -i})
		m.PageDelivered(jobs.Purpose(word), -i)
		m.WalkEnded(jobs.Purpose(word), word)
		m.JobRan(v1alpha1.JobType(word), v1alpha1.JobState(word), -time.Second)
		m.JobEnded(v1alpha1.JobType(word), v1alpha1.JobState(word))
		objects = append(objects, job(inState(v1alpha1.JobState(word)), blocked(word)))
	}
	for code := range 2000 {
		m.RoundTripEnded(vectara.RoundTrip{Operation: vectara.OperationGetJob, StatusCode: code})
	}
	m.Show(Views{
		Sessions: func() jobs.Stats { return jobs.Stats{Closed: 1} },
		Jobs:     func() ([]v1alpha1.VectaraJob, bool) { return objects, true },
		Discoveries: func() ([]v1alpha1.VectaraJobDiscovery, bool) {
			return []v1alpha1.VectaraJobDiscovery{discovery("hostile")}, true
		},
	})
}

func TestLabelsAreBoundedWhateverComes(t *testing.T) {
	m, registry := newMetrics(t)
	provoke(m)
	families := gathered(t, registry)
	for _, d := range Definitions() {
		for _, metric := range families[d.Name].GetMetric() {
			for _, pair := range metric.GetLabel() {
				i := slices.IndexFunc(d.Labels, func(label Label) bool { return label.Name == pair.GetName() })
				if i < 0 {
					t.Errorf("%s has the label %q", d.Name, pair.GetName())
					continue
				}
				if values := d.Labels[i].Values; values != nil && pair.GetValue() != other && !slices.Contains(values, pair.GetValue()) {
					t.Errorf("%s has %s=%.100q", d.Name, pair.GetName(), pair.GetValue())
				}
			}
		}
	}
}

func TestWhatIsServedIsWhatIsDefined(t *testing.T) {
	_, registry := newMetrics(t)
	families := gathered(t, registry)
	for _, d := range Definitions() {
		family := families[d.Name]
		if family == nil {
			t.Errorf("%s is not served", d.Name)
			continue
		}
		if got := strings.ToLower(family.GetType().String()); got != string(d.Kind) {
			t.Errorf("%s is a %s, want a %s", d.Name, got, d.Kind)
		}
		if family.GetHelp() != d.Help {
			t.Errorf("%s says of itself %q, want %q", d.Name, family.GetHelp(), d.Help)
		}
		if got := len(family.GetMetric()[0].GetHistogram().GetBucket()); got != len(d.Buckets) {
			t.Errorf("%s has %d buckets, want %d", d.Name, got, len(d.Buckets))
		}
		delete(families, d.Name)
	}
	for name := range families {
		t.Errorf("%s is served and not defined", name)
	}
}

func TestSeriesAreThereFromTheStart(t *testing.T) {
	_, registry := newMetrics(t)
	families := gathered(t, registry)
	for _, d := range Definitions() {
		want := 0
		d.each(func(...string) { want++ })
		switch d.Name {
		case apiRequests.Name:
			want = 3 // 200 for each operation: others may never come.
		case buildInfo.Name:
			want = 1
		}
		if got := len(families[d.Name].GetMetric()); got != want {
			t.Errorf("%s has %d series, want %d", d.Name, got, want)
		}
	}
}

func TestLintersFindNothing(t *testing.T) {
	m, registry := newMetrics(t)
	provoke(m)
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
	for _, d := range Definitions() {
		if !strings.HasPrefix(d.Name, "vectara_job_operator_") {
			t.Errorf("%s does not begin as the others do", d.Name)
		}
		if !strings.HasSuffix(d.Help, ".") {
			t.Errorf("%s is not explained in sentences: %q", d.Name, d.Help)
		}
		if strings.HasSuffix(d.Name, "_seconds") && !strings.Contains(d.Help, "in seconds") {
			t.Errorf("%s does not say that it is in seconds: %q", d.Name, d.Help)
		}
	}
}

// In OpenMetrics, a counter's samples must end in _total, and the encoder appends it where it is missing. So names that are
// the same in both formats are right in both.
func TestOpenMetricsHasTheSameSamples(t *testing.T) {
	m, registry := newMetrics(t)
	provoke(m)
	var all []string
	for _, d := range Definitions() {
		all = append(all, d.Name)
	}
	samples := func(format expfmt.FormatType) map[string]bool {
		t.Helper()
		text, err := testutil.GatherAndFormat(registry, format, all...)
		if err != nil {
			t.Fatal(err)
		}
		if ended := bytes.HasSuffix(text, []byte("# EOF\n")); ended != (format == expfmt.TypeOpenMetrics) {
			t.Errorf("the text has an end mark: %t", ended)
		}
		names := map[string]bool{}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#") {
				names[line[:strings.IndexAny(line, "{ ")]] = true
			}
		}
		return names
	}
	plain, open := samples(expfmt.TypeTextPlain), samples(expfmt.TypeOpenMetrics)
	if len(plain) < len(Definitions()) || !maps.Equal(plain, open) {
		t.Errorf("the samples are %v as text, and %v in OpenMetrics", plain, open)
	}
}

func TestTheNewestOperatorOfAProcessIsServed(t *testing.T) {
	first, registry := newMetrics(t)
	first.JobDiscovered(1)
	second, err := New(registry)
	if err != nil {
		t.Fatalf("A second operator in the same process: %v", err)
	}
	second.JobDiscovered(2)
	first.JobDiscovered(4)
	if got := amounts(t, registry, "discovered_jobs_total")[""]; got != 2 {
		t.Errorf("discovered_jobs_total is %v, want what the second counted", got)
	}
}

func TestMeasuringAndScrapingAtTheSameTime(t *testing.T) {
	m, registry := newMetrics(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		provoke(m)
	}()
	for range 20 {
		gathered(t, registry)
	}
	<-done
	gathered(t, registry)
}

func BenchmarkScrapeOfTenThousandJobs(b *testing.B) {
	registry := prometheus.NewRegistry()
	m, err := New(registry)
	if err != nil {
		b.Fatal(err)
	}
	objects := make([]v1alpha1.VectaraJob, 10_000)
	for i := range objects {
		objects[i] = job(inState("started"), blocked(v1alpha1.ReasonAPIUnavailable))
		objects[i].Name = fmt.Sprint("a", i)
	}
	m.Show(Views{Jobs: func() ([]v1alpha1.VectaraJob, bool) { return objects, true }})
	for b.Loop() {
		if _, err := registry.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
