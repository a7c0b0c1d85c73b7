// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	readyWithin = 75 * time.Second
	// convergeWithin is longer than the longest back-off, so that what is late is seen to come, or not to come at all.
	convergeWithin = 75 * time.Second
	settle         = 1500 * time.Millisecond

	pollInterval   = time.Second
	requestTimeout = 8 * time.Second
)

// life is one run of a script under a plan.
type life struct {
	world     *World
	number    int64
	namespace string
	record    *Record
	script    script
	vectara   *simulator.Server
	api, out  *proxy // before the API server, and before Vectara
	manager   *supervisor
	metrics   string
	names     map[string]string // of credentials, by key, client ID and token
	closers   []func()
}

// Live runs a script under a plan. It returns an error only if the harness itself failed.
func (w *World) Live(ctx context.Context, scene string, plan Plan) (*Record, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	l := &life{
		world: w, number: w.lives.Add(1), record: newRecord(scene), script: scripts[scene], names: map[string]string{},
	}
	l.namespace = fmt.Sprintf("life-%d-%d", os.Getpid(), l.number)
	defer l.close()
	if err := l.setUp(ctx, plan); err != nil {
		return nil, fmt.Errorf("setting up life %d: %w", l.number, err)
	}
	if err := l.run(ctx); err != nil {
		return nil, fmt.Errorf("life %d under the plan %s: %w", l.number, plan, err)
	}
	return l.record, nil
}

func (l *life) close() {
	for i := len(l.closers) - 1; i >= 0; i-- {
		l.closers[i]()
	}
}

// setUp starts all but the manager.
func (l *life) setUp(ctx context.Context, plan Plan) error {
	w := l.world
	if err := w.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: l.namespace}}); err != nil {
		return err
	}
	var err error
	if l.vectara, err = simulator.Start(simulator.Options{}); err != nil {
		return err
	}
	l.closers = append(l.closers, l.vectara.Close)
	other := httptest.NewServer(http.HandlerFunc(l.stray))
	l.closers = append(l.closers, other.Close)
	if l.api, err = w.apiProxy(l.record, plan); err != nil {
		return err
	}
	peer, err := url.Parse(l.vectara.URL())
	if err != nil {
		return err
	}
	l.out = &proxy{side: Vectara, peer: peer, record: l.record, plan: plan, to: &http.Transport{DisableCompression: true}}
	for _, p := range []*proxy{l.api, l.out} {
		p.otherHost, p.identify = other.URL, l.identify
		p.end = func(how Action) { l.manager.end(how) }
	}
	if err := l.api.start(&w.certificate); err != nil {
		return err
	}
	l.closers = append(l.closers, l.api.close)
	if err := l.out.start(nil); err != nil {
		return err
	}
	l.closers = append(l.closers, l.out.close)
	return l.prepareManager(ctx)
}

func (l *life) prepareManager(ctx context.Context) error {
	kubeconfig, err := l.world.kubeconfig(l.namespace, l.api.url)
	if err != nil {
		return err
	}
	metrics, err := harness.FreeAddress(ctx)
	if err != nil {
		return err
	}
	l.metrics = "http://" + metrics + "/metrics"
	flags := append([]string{
		"--kubeconfig=" + kubeconfig,
		"--endpoint=" + l.out.url, "--token-url=" + l.out.url + "/oauth2/token", "--allow-insecure-endpoints",
		"--watch-namespaces=" + l.namespace, "--leader-elect=false",
		"--metrics-bind-address=" + metrics, "--metrics-secure=false",
		"--poll-min=1s", "--poll-max=2s", "--request-timeout=" + requestTimeout.String(),
	}, l.script.flags...)
	l.manager = &supervisor{
		record: l.record, done: make(chan struct{}),
		start: func(ctx context.Context) (*harness.Manager, error) {
			return l.world.cluster.StartManager(ctx, l.world.manager, flags...)
		},
	}
	return nil
}

// run lives the life from the start of the manager to its end.
func (l *life) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go l.watchStalls(ctx)
	if err := l.watchObjects(ctx); err != nil {
		return err
	}
	if err := l.script.prepare(ctx, l); err != nil {
		return err
	}
	go l.manager.run(ctx)
	defer l.manager.stop()
	// A manager that is not ready in time is for the checks to find.
	_ = l.await(ctx, readyWithin, func() bool { return l.record.Processes[len(l.record.Processes)-1].Ready > 0 })
	// Nor are objects that are not polled in time. From the first one on, all workers run.
	_ = l.await(ctx, requestTimeout, func() bool {
		return slices.ContainsFunc(l.record.Versions, func(v Version) bool { return v.Object.IsSeen() })
	})
	_, used, err := l.manager.scrape(ctx, l.metrics)
	l.noteResources(used, err)
	if err := l.script.play(ctx, l); err != nil {
		return err
	}
	l.record.add(func(now time.Duration) { l.record.Scripted = now })
	if l.converge(ctx) {
		_ = pass(ctx, settle)
	}
	metrics, used, err := l.manager.scrape(ctx, l.metrics)
	l.noteResources(used, err)
	l.manager.stop()
	l.record.add(func(now time.Duration) { l.record.Ended = now })
	if l.manager.err != nil {
		return l.manager.err
	}
	return errors.Join(l.collect(ctx, metrics), ctx.Err())
}

func (l *life) noteResources(used Resources, err error) {
	if err != nil {
		return // The manager is being started again.
	}
	l.record.add(func(now time.Duration) {
		used.At, used.Process = now, len(l.record.Processes)
		l.record.Resources = append(l.record.Resources, used)
	})
}

// await waits until something is true of the record.
func (l *life) await(ctx context.Context, within time.Duration, is func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		ok := false
		changed := l.record.see(func() { ok = len(l.record.Processes) > 0 && is() })
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// watchStalls notes when the machine is too busy for anything.
func (l *life) watchStalls(ctx context.Context) {
	const tick, late = 50 * time.Millisecond, 150 * time.Millisecond
	for last := l.record.now(); pass(ctx, tick) == nil; last = l.record.now() {
		if now := l.record.now(); now-last > late {
			l.record.add(func(now time.Duration) { l.record.Stalls = append(l.record.Stalls, Span{last, now}) })
		}
	}
}

// watchObjects records every version of the VectaraJobs from now on, as the API server itself shows them.
func (l *life) watchObjects(ctx context.Context) error {
	watcher, err := l.world.admin.Watch(ctx, &v1alpha1.VectaraJobList{}, client.InNamespace(l.namespace))
	if err != nil {
		return err
	}
	go func() {
		defer watcher.Stop()
		for e := range watcher.ResultChan() {
			object, ok := e.Object.(*v1alpha1.VectaraJob)
			if !ok {
				continue
			}
			object.ManagedFields = nil
			l.record.add(func(now time.Duration) {
				l.record.Versions = append(l.record.Versions, Version{At: now, Deleted: e.Type == watch.Deleted, Object: object})
			})
		}
	}()
	return nil
}

// collect gathers where credentials must not be.
func (l *life) collect(ctx context.Context, metrics string) error {
	var events eventsv1.EventList
	if err := l.world.admin.List(ctx, &events, client.InNamespace(l.namespace)); err != nil {
		return err
	}
	text, err := json.Marshal(events.Items)
	if err != nil {
		return err
	}
	l.record.add(func(time.Duration) {
		l.record.Texts = append(l.record.Texts, Text{"metrics", metrics}, Text{"events", string(text)})
		for _, log := range l.manager.logs {
			l.record.Texts = append(l.record.Texts, Text{"log", log})
		}
	})
	return nil
}
