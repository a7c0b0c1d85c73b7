// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// defaultPolling undoes the short poll intervals of scenes.
var defaultPolling = []string{"--poll-min=2s", "--poll-max=60s"}

// history is what a watch has shown of the VectaraJobs in a scene's namespace.
type history struct {
	s *scene

	mu      sync.Mutex
	last    map[string]*v1alpha1.VectaraJob
	seen    map[string]time.Time       // when an object first had something of its job
	synced  map[string]map[string]bool // each reason that Synced ever had
	changed chan struct{}              // closed at the next change
}

// record watches the objects of the scene from now on.
func (s *scene) record() *history {
	s.t.Helper()
	h := &history{
		s: s, last: map[string]*v1alpha1.VectaraJob{}, seen: map[string]time.Time{}, synced: map[string]map[string]bool{},
		changed: make(chan struct{}),
	}
	watched, err := cache.New(cluster.Config, cache.Options{
		Scheme: admin.Scheme(), DefaultNamespaces: map[string]cache.Config{s.namespace: {}},
	})
	s.must(err)
	go func() { _ = watched.Start(s.ctx) }() // It ends with the test and for no other reason.
	informer, err := watched.GetInformer(s.ctx, &v1alpha1.VectaraJob{})
	s.must(err)
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    h.note,
		UpdateFunc: func(_, now any) { h.note(now) },
	})
	s.must(err)
	return h
}

func (h *history) note(object any) {
	job, ok := object.(*v1alpha1.VectaraJob)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last[job.Name] = job
	if _, ok := h.seen[job.Name]; !ok && job.IsSeen() {
		h.seen[job.Name] = time.Now()
	}
	if reason := reasonOf(job, v1alpha1.ConditionSynced); reason != "" {
		if h.synced[job.Name] == nil {
			h.synced[job.Name] = map[string]bool{}
		}
		h.synced[job.Name][reason] = true
	}
	close(h.changed)
	h.changed = make(chan struct{})
}

// await waits until n objects whose names begin with a prefix have a reason in a condition.
func (h *history) await(within time.Duration, prefix string, n int, condition, reason string) {
	h.s.t.Helper()
	ctx, cancel := context.WithTimeout(h.s.ctx, within)
	defer cancel()
	for {
		h.mu.Lock()
		have, changed := 0, h.changed
		var lacking *v1alpha1.VectaraJob
		for name, object := range h.last {
			switch {
			case !strings.HasPrefix(name, prefix):
			case reasonOf(object, condition) == reason:
				have++
			default:
				lacking = object
			}
		}
		h.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			text, _ := yaml.Marshal(lacking) //nolint:errchkjson // For the reader of a failure.
			h.s.t.Fatalf("after %v, %s is %s for %d of %d objects; one that it is not for:\n%s", within, condition, reason, have, n, text)
		}
	}
}

// syncedReasons are the reasons that Synced ever had in the objects whose names begin with a prefix.
func (h *history) syncedReasons(prefix string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]bool{}
	for name, reasons := range h.synced {
		if strings.HasPrefix(name, prefix) {
			maps.Copy(all, reasons)
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// longestWait is the longest time from the creation of an object to its first status. It is up to a second too long, as
// Kubernetes notes whole seconds of creations.
func (h *history) longestWait() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	var longest time.Duration
	for name, at := range h.seen {
		longest = max(longest, at.Sub(h.last[name].CreationTimestamp.Time))
	}
	return longest
}

func jobID(prefix string, i int) string { return fmt.Sprint("job_", prefix, i) }

// jobs adds jobs to Vectara that have been running for some time.
func (s *scene) jobs(prefix string, n int, running time.Duration) {
	started := time.Now().Add(-running).UTC()
	for i := range n {
		s.vectara.AddJob(simulator.Job{
			ID: jobID(prefix, i), Type: "replace_filter_attributes", CorpusKeys: []string{"legal"},
			CreatedAt: started.Add(-time.Second),
			Steps:     []simulator.Step{{State: "started"}},
			Extra:     map[string]any{"started_at": started.Format(time.RFC3339)},
		})
	}
}

// objects creates the objects of such jobs, some at a time.
func (s *scene) objects(prefix string, n int, changes ...func(*v1alpha1.VectaraJob)) {
	s.t.Helper()
	group, ctx := errgroup.WithContext(s.ctx)
	group.SetLimit(8)
	for i := range n {
		object := s.object(fmt.Sprint(prefix, i), jobID(prefix, i), changes...)
		group.Go(func() error { return admin.Create(ctx, object) })
	}
	s.must(group.Wait())
}

// end completes such jobs.
func (s *scene) end(prefix string, n int) {
	for i := range n {
		s.vectara.SetState(jobID(prefix, i), "completed", "")
	}
}

// calls counts the requests with the API key that all objects have but the clock.
func (s *scene) calls(match ...func(simulator.Request) bool) int {
	return len(s.vectara.Requests(append(match, withAPIKey)...))
}

func withAPIKey(request simulator.Request) bool { return request.Header.Get("X-Api-Key") == apiKey }

func respondedWith(status int) func(simulator.Request) bool {
	return func(request simulator.Request) bool { return request.Status == status }
}

func uses(secret string) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = secret }
}

var (
	isGet   = simulator.ForOperation(simulator.OpGetJob)
	isList  = simulator.ForOperation(simulator.OpListJobs)
	isToken = simulator.ForOperation(simulator.OpToken)
)
