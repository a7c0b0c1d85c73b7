// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"sync"
	"time"
)

// watchGrace is for how long a list or watch may fail before the operator says that it is not ready: a restart of the API server
// takes less.
const watchGrace = 30 * time.Second

// watchMonitor keeps which lists and watches of the caches fail. A cache that was filled once goes on saying that it is synced
// however old it gets.
type watchMonitor struct {
	now func() time.Time

	mu      sync.Mutex
	failing map[string]failingWatch // by the path of the request
}

// failingWatch is since when a list or watch fails, and how the last attempt ended.
type failingWatch struct {
	since time.Time
	last  string
}

// watched are the resources that the caches hold.
var watched = []string{"vectarajobs", "vectarajobdiscoveries", "secrets"}

func newWatchMonitor(now func() time.Time) *watchMonitor {
	return &watchMonitor{now: now, failing: map[string]failingWatch{}}
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// wrap is a transport that lets the monitor see how each list and watch begins.
func (m *watchMonitor) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if request.Method == http.MethodGet && slices.Contains(watched, path.Base(request.URL.Path)) && request.Context().Err() == nil {
			m.note(request.URL.Path, response, err)
		}
		return response, err
	})
}

func (m *watchMonitor) note(name string, response *http.Response, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && response.StatusCode == http.StatusOK {
		delete(m.failing, name)
		return
	}
	failure, ok := m.failing[name]
	if !ok {
		failure.since = m.now()
	}
	failure.last = "no response"
	if err == nil {
		failure.last = response.Status
	}
	m.failing[name] = failure
}

// failingFor returns for how long lists and watches have failed, by resource.
func (m *watchMonitor) failingFor() map[string]time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	longest := map[string]time.Duration{}
	for name, failure := range m.failing {
		resource := path.Base(name)
		longest[resource] = max(longest[resource], m.now().Sub(failure.since))
	}
	return longest
}

// ready is a readiness check: no list or watch has been failing for some time.
func (m *watchMonitor) ready(*http.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.failing)) {
		if failure := m.failing[name]; m.now().Sub(failure.since) > watchGrace {
			return fmt.Errorf("the manager cannot watch %s (last: %s): may it list and watch them, and is the CRD installed?", path.Base(name), failure.last)
		}
	}
	return nil
}
