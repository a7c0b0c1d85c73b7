// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	troubleshooting = "docs/troubleshooting.md"
	soonSection     = "How soon each is seen"
	// machineSlack is what a busy machine may add to the time that the page promises.
	machineSlack = 30 * time.Second
)

var (
	reasonInCell = regexp.MustCompile("`([A-Z]\\w+)`")
	anchorInCell = regexp.MustCompile(`\]\([^)#]*#([\w-]+)\)`)
	timeInCell   = regexp.MustCompile(`^(\d+) (s|min)\b`)
)

// soonTable is the table of the page about how soon each incident is seen: the times by reason of a condition, and by the anchor
// of what is to be done about a symptom or an alert.
func soonTable(t *testing.T) map[string]time.Duration {
	t.Helper()
	times := map[string]time.Duration{}
	for _, cells := range tableUnder(t, soonSection) {
		within := timeInCell.FindStringSubmatch(cells[len(cells)-1])
		if within == nil {
			t.Errorf("no time in %q", cells)
			continue
		}
		number, err := strconv.Atoi(within[1])
		if err != nil {
			t.Fatal(err)
		}
		unit := map[string]time.Duration{"s": time.Second, "min": time.Minute}[within[2]]
		for _, key := range keysIn(cells[0]) {
			if _, twice := times[key]; twice {
				t.Errorf("%s is in the table twice", key)
			}
			times[key] = time.Duration(number) * unit
		}
	}
	if len(times) == 0 {
		t.Fatalf("%s has no table under %q", troubleshooting, soonSection)
	}
	return times
}

func keysIn(cell string) []string {
	var keys []string
	for _, pattern := range []*regexp.Regexp{reasonInCell, anchorInCell} {
		for _, match := range pattern.FindAllStringSubmatch(cell, -1) {
			keys = append(keys, match[1])
		}
	}
	return keys
}

// tableUnder are the cells of the rows of the first table under a heading of the page.
func tableUnder(t *testing.T, heading string) [][]string {
	t.Helper()
	_, section, found := strings.Cut(readRepository(t, troubleshooting), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", troubleshooting, heading)
	}
	var rows [][]string
	for line := range strings.Lines(section) {
		switch {
		case strings.HasPrefix(line, "|"):
			rows = append(rows, strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | "))
		case len(rows) > 0:
			return rows[2:] // Without the head and the line of dashes.
		}
	}
	t.Fatalf("there is no table under %q", heading)
	return nil
}

func readRepository(t *testing.T, name string) string {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// seenSoon holds the page to the time that it took to see something.
func seenSoon(t *testing.T, key string, took time.Duration) {
	t.Helper()
	within, ok := soonTable(t)[key]
	if !ok {
		t.Errorf("the table under %q in %s lacks %s", soonSection, troubleshooting, key)
		return
	}
	if took > within+machineSlack {
		t.Errorf("%s was seen after %v, and the page says within %v", key, took.Round(time.Millisecond), within)
	}
	t.Logf("%s: seen after %v", key, took.Round(10*time.Millisecond))
}

// newestReason is what a condition says of a discovery: what needs a person first, then what goes on, then what was achieved.
func newestReason(d *v1alpha1.VectaraJobDiscovery) string {
	for _, kind := range []string{v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling, v1alpha1.ConditionReady} {
		if c := meta.FindStatusCondition(d.Status.Conditions, kind); c != nil {
			return c.Reason
		}
	}
	return ""
}

// incident is something that is seen in Kubernetes. The rows of the table of conditions and the stages of a discovery are others.
type incident struct {
	key   string // in the table of the page
	flags []string
	// prepare sets the scene, and returns what causes the incident and returns when it is seen.
	prepare func(*scene) (happens func())
}

func incidents() []incident {
	return []incident{
		{"ready-is-unknown", nil, func(s *scene) func() {
			fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 503})(s)
			return func() {
				s.create("a", "job_a")
				s.awaitReason("a", v1alpha1.ConditionReady, "APIUnavailable")
				contains(s.t, "kubectl get", s.kubectl("get", "vj", "a"), "Unknown", "APIUnavailable")
			}
		}},
		{"blocked", defaultPolling, func(s *scene) func() {
			s.reach("started", "JobStarted")
			return func() {
				s.must(admin.Delete(s.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: v1alpha1.DefaultCredentialsSecretName}}))
				s.awaitReason("a", v1alpha1.ConditionStalled, "CredentialsNotFound")
				s.plugin("", "status", "a").expect(s.t, 0, "blocked", "kubectl vectara login")
			}
		}},
		{"polls-fail-or-are-overdue", defaultPolling, func(s *scene) func() {
			s.reach("started", "JobStarted")
			return func() {
				s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Status: 503})
				s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable")
				contains(s.t, "kubectl get -o wide", s.kubectl("get", "vj", "a", "-o", "wide"), "JobStarted", "APIUnavailable")
			}
		}},
		{"stuck-in-one-state", defaultPolling, func(s *scene) func() {
			s.job("job_a", "started")
			s.create("a", "job_a", pollEvery(time.Hour))
			s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
			return func() {
				s.kubectl("annotate", "vj", "a", v1alpha1.RequestedAtAnnotation+"=now")
				s.kubectl("wait", "vj", "a", "--for=jsonpath={.status.lastHandledReconcileAt}=now", "--timeout="+patience.String())
			}
		}},
		{"nothing-happens-at-all", nil, func(s *scene) func() {
			s.manager.Stop()
			return func() {
				s.create("a", "job_a")
				s.create("asleep", "job_a", suspended(true))
				s.plugin("", "status", "a").expect(s.t, 0, "nothing has been written for this VectaraJob")
				contains(s.t, "kubectl get", s.kubectl("get", "vj", "asleep"), "SUSPENDED", "true")
			}
		}},
		{"the-operator-may-not-write-or-watch", nil, func(s *scene) func() {
			s.manager.Stop()
			proxy := s.startManagerBehindProxy()
			s.reach("started", "JobStarted")
			proxy.Refuse(http.StatusForbidden, statusWrite("a"))
			return func() {
				s.vectara.SetState("job_a", "completed", "")
				s.awaitEvent("a", "WriteRefused")
			}
		}},
		{"the-operator-is-not-ready", nil, func(s *scene) func() {
			s.manager.Stop()
			proxy := s.startManagerBehindProxy()
			return func() {
				proxy.Refuse(http.StatusForbidden, func(r *http.Request) bool {
					return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/vectarajobs")
				})
				proxy.CutWatches()
				s.eventually("the manager says that it is not ready", func() bool { return s.manager.Probe(s.ctx, "/readyz") != nil })
			}
		}},
		{"status-is-older-than-expected", defaultPolling, func(s *scene) func() {
			s.reach("started", "JobStarted")
			return func() {
				s.vectara.SetState("job_a", "failed_will_retry", "")
				s.awaitReason("a", v1alpha1.ConditionReady, "JobRetrying")
			}
		}},
		{"events-are-missing", defaultPolling, func(s *scene) func() {
			s.reach("started", "JobStarted")
			return func() {
				s.vectara.SetState("job_a", "completed", "")
				s.awaitEvent("a", "JobCompleted")
			}
		}},
		{"debugging", nil, func(s *scene) func() {
			s.reachDiscovered()
			return func() {
				s.startedAgo("job_b", 0)
				// The next list may be a minute and some seconds away, which is longer than a test waits otherwise.
				s.kubectl("wait", "vjd", "legal", "--for=jsonpath={.status.mirroredJobs}=2", "--timeout=2m")
				contains(s.t, "kubectl get", s.kubectl("get", "vj"), s.discoveredName("legal", "job_b"))
			}
		}},
		{"a-vectarajob-is-gone", defaultPolling, func(s *scene) func() {
			s.job("job_a", "started")
			s.create("a", "job_a", func(object *v1alpha1.VectaraJob) { object.Spec.TTLSecondsAfterFinished = new(int32) })
			s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
			return func() {
				s.vectara.SetState("job_a", "completed", "")
				s.awaitGone("a")
				s.eventually("the log says it", func() bool { return strings.Contains(s.manager.Output(), "Deleted the resource") })
			}
		}},
		{"waiting", defaultPolling, func(s *scene) func() {
			s.reach("started", "JobStarted")
			return func() {
				waits := s.intoPipe("wait", "a")
				s.vectara.SetState("job_a", "failed", "")
				if code := waits.end(); code != 2 {
					s.t.Errorf("kubectl vectara wait ended with %d, want 2", code)
				}
			}
		}},
		{v1alpha1.ReasonCreatingJobs, nil, func(s *scene) func() {
			s.manager.Stop()
			s.crowd(150)
			proxy := s.startManagerBehindProxy()
			var created atomic.Int32
			_, release := proxy.Hold(func(r *http.Request) bool { // All but the first hundred, which are created at once.
				return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/vectarajobs") && created.Add(1) > 100
			})
			s.t.Cleanup(release)
			return func() {
				s.discover("legal")
				s.awaitDiscoveryReason("legal", v1alpha1.ConditionReconciling, v1alpha1.ReasonCreatingJobs)
			}
		}},
		{v1alpha1.ReasonTooManyJobs, nil, func(s *scene) func() {
			s.startedAgo("job_a", time.Minute)
			s.discover("legal", suspendedDiscovery)
			discovery := s.discovery("legal")
			var remembered strings.Builder
			for i := range 20_000 { // As many as it can remember.
				fmt.Fprintf(&remembered, "%08d", i)
			}
			discovery.Status.HandledJobs = []v1alpha1.HandledJobs{{CreatedBefore: metav1.Now(), Digests: remembered.String()}}
			s.must(admin.Status().Update(s.ctx, discovery))
			return func() {
				s.changeDiscovery("legal", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Suspend = nil })
				s.awaitDiscoveryReason("legal", v1alpha1.ConditionStalled, v1alpha1.ReasonTooManyJobs)
			}
		}},
	}
}

// crowd has Vectara run many jobs.
func (s *scene) crowd(n int) {
	for i := range n {
		s.startedAgo(fmt.Sprint("job_", i), time.Minute)
	}
}

// TestHowSoonSymptomsAreSeen causes what the page begins with.
func TestHowSoonSymptomsAreSeen(t *testing.T) {
	for _, i := range incidents() {
		t.Run(i.key, func(t *testing.T) {
			s := newScene(t, i.flags...)
			_, err := pluginFolder() // What builds the plugin is not to be measured.
			s.must(err)
			happens := i.prepare(s)
			began := time.Now()
			happens()
			seenSoon(t, i.key, time.Since(began))
		})
	}
}

// TestHowSoonEachIsSeenIsComplete compares what the table names with what there is, and with what is caused by a test.
func TestHowSoonEachIsSeenIsComplete(t *testing.T) {
	caused := map[string]bool{}
	for _, kind := range []string{v1alpha1.VectaraJobKind, v1alpha1.VectaraJobDiscoveryKind} {
		for _, reason := range goldenReasons(t, kind) {
			caused[reason] = true
		}
	}
	for _, i := range incidents() {
		caused[i.key] = true
	}
	wanted := map[string]bool{}
	for _, name := range []string{"conditions.go", "discovery.go"} {
		for _, reason := range reasonsIn(t, "api/v1alpha1/"+name) {
			wanted[reason] = true
			if !caused[reason] {
				t.Errorf("no test causes %s and measures it", reason)
			}
		}
	}
	for _, row := range tableUnder(t, "What to do") {
		for _, symptom := range keysIn(row[len(row)-1]) {
			wanted[symptom] = true
			if !caused[symptom] {
				t.Errorf("no test causes the symptom that %s is about and measures it", symptom)
			}
		}
	}
	// The times of alerts are held by test/prometheus/alerts, and test/prometheus/live causes each.
	for _, alert := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(readRepository(t, "config/prometheus/rules.yaml"), -1) {
		wanted[strings.ToLower(alert[1])] = true
	}
	got, want := slices.Sorted(maps.Keys(soonTable(t))), slices.Sorted(maps.Keys(wanted))
	if !slices.Equal(got, want) {
		t.Errorf("the table has\n%v\nwant\n%v", got, want)
	}
}

// goldenReasons are the reasons in the objects that other tests take from the API server, with the time that each took.
func goldenReasons(t *testing.T, kind string) []string {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(repository, goldenFolder(kind), "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are %d golden files: %v", len(files), err)
	}
	var reasons []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, reason := range regexp.MustCompile(`reason: (\w+)`).FindAllStringSubmatch(string(content), -1) {
			reasons = append(reasons, reason[1])
		}
	}
	return reasons
}

// reasonsIn are the values of the constants for reasons in a file.
func reasonsIn(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, readRepository(t, name), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	ast.Inspect(file, func(node ast.Node) bool {
		constant, ok := node.(*ast.ValueSpec)
		if !ok || len(constant.Values) != 1 || !strings.HasPrefix(constant.Names[0].Name, "Reason") {
			return true
		}
		if literal, ok := constant.Values[0].(*ast.BasicLit); ok {
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons = append(reasons, value)
		}
		return true
	})
	if len(reasons) == 0 {
		t.Fatalf("%s has no reasons", name)
	}
	return reasons
}
