// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// latency is how long Vectara takes for each answer.
const latency = 20 * time.Millisecond

// readyWithin bounds how long the manager may take until its caches are filled.
const readyWithin = 2 * time.Minute

// world is everything that runs.
type world struct {
	options options
	report  *report
	record  *record
	secrets *canaries

	folder   string
	cluster  *harness.ControlPlane
	scheme   *runtime.Scheme
	admin    client.Client
	clients  *kubernetes.Clientset
	vectara  *simulator.Server
	proxy    *proxy
	manager  *harness.Manager
	accounts [accounts]*account
	unwatch  context.CancelFunc

	etcd, apiServer int // process IDs
	metrics, pprof  string
}

// start brings up everything but the manager.
func (w *world) start(ctx context.Context) error {
	var err error
	if w.folder, err = os.MkdirTemp("", "soak-"); err != nil {
		return err
	}
	if w.cluster, err = harness.StartControlPlane(w.folder); err != nil {
		return err
	}
	if w.etcd, err = childProcess("etcd"); err != nil {
		return err
	}
	if w.apiServer, err = childProcess("kube-apiserver"); err != nil {
		return err
	}
	if err := w.cluster.Install(ctx); err != nil {
		return err
	}
	w.scheme = runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(w.scheme), v1alpha1.AddToScheme(w.scheme)); err != nil {
		return err
	}
	if w.admin, err = client.New(w.cluster.Config, client.Options{Scheme: w.scheme}); err != nil {
		return err
	}
	if w.clients, err = kubernetes.NewForConfig(w.cluster.Config); err != nil {
		return err
	}
	// The log is off: what is needed of it is the counts.
	if w.vectara, err = simulator.Start(simulator.Options{Latency: latency, MaxLog: -1}); err != nil {
		return err
	}
	server := strings.TrimSuffix(strings.TrimPrefix(w.cluster.Config.Host, "https://"), "/")
	if w.proxy, err = startProxy(ctx, server); err != nil {
		return err
	}
	for i := range w.accounts {
		w.accounts[i] = newAccount(i)
		if err := w.open(ctx, w.accounts[i]); err != nil {
			return err
		}
	}
	return w.watch(ctx)
}

// open makes the namespaces of an account, with credentials and a discovery in them.
func (w *world) open(ctx context.Context, a *account) error {
	a.admit(w.vectara, w.secrets)
	for _, name := range a.namespaces {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if err := errors.Join(w.admin.Create(ctx, namespace), w.admin.Create(ctx, a.object(name))); err != nil {
			return err
		}
	}
	return w.admin.Create(ctx, &v1alpha1.VectaraJobDiscovery{
		ObjectMeta: metav1.ObjectMeta{Namespace: a.namespaces[0], Name: "found"},
		Spec: v1alpha1.VectaraJobDiscoverySpec{
			CorpusKeys: []string{a.foundCorpus()},
			LookBack:   &metav1.Duration{Duration: lookBack},
			Interval:   &metav1.Duration{Duration: discoverEvery},
			Template:   v1alpha1.VectaraJobTemplate{Spec: v1alpha1.VectaraJobTemplateSpec{TTLSecondsAfterFinished: ptr.To[int32](90)}},
		},
	})
}

// startManager starts the manager, which reaches the API server through the proxy, and waits until it is ready.
func (w *world) startManager(ctx context.Context) error {
	addresses := make([]string, 2)
	for i := range addresses {
		var err error
		if addresses[i], err = harness.FreeAddress(ctx); err != nil {
			return err
		}
	}
	w.metrics, w.pprof = "http://"+addresses[0]+"/metrics", "http://"+addresses[1]+"/debug/pprof/"
	flags := []string{
		"--endpoint=" + w.vectara.URL(), "--token-url=" + w.vectara.TokenURL(), "--allow-insecure-endpoints",
		// One replica, so that what it holds on to is that of one process.
		"--leader-elect=false",
		"--metrics-bind-address=" + addresses[0], "--metrics-secure=false", "--pprof-bind-address=" + addresses[1],
	}
	if w.options.pollMax > 0 {
		flags = append(flags, "--poll-max="+w.options.pollMax.String())
	}
	if w.options.timeout > 0 {
		flags = append(flags, "--request-timeout="+w.options.timeout.String())
	}
	proxied := *w.cluster
	proxied.Config = rest.CopyConfig(w.cluster.Config)
	proxied.Config.Host = "https://" + w.proxy.address()
	var err error
	if w.manager, err = proxied.StartManager(ctx, w.options.manager, flags...); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return w.manager.AwaitReady(bounded)
}

// vectaraPort is where the simulator listens.
func (w *world) vectaraPort() int {
	port, _ := strconv.Atoi(w.vectara.URL()[strings.LastIndex(w.vectara.URL(), ":")+1:])
	return port
}

// stop ends everything, and leaves the manager's log beside the results if something was violated.
func (w *world) stop() error {
	if w.unwatch != nil {
		w.unwatch()
	}
	var problems []error
	if w.manager != nil {
		w.manager.Stop()
		if len(w.report.Violations) > 0 && w.options.json != "" {
			problems = append(problems, os.WriteFile(w.options.json+".manager.log", []byte(w.manager.Output()), 0o600))
		}
	}
	if w.proxy != nil {
		w.proxy.close()
	}
	if w.vectara != nil {
		w.vectara.Close()
	}
	if w.cluster != nil {
		problems = append(problems, w.cluster.Stop())
	}
	if w.folder != "" {
		problems = append(problems, os.RemoveAll(filepath.Clean(w.folder)))
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}
