// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const (
	// patience is for how long a test waits for what must come.
	patience = time.Minute
	apiKey   = "zqt_not-a-real-key_7d1c5e"
	jobID    = "job_3Kx9QpVn2mZr8YbLc5TdWe"
)

// scene is a namespace with a Vectara and an operator of its own, and a watch of all that the example does there.
type scene struct {
	t         *testing.T
	namespace string
	vectara   *simulator.Server
	actions   watch.Interface
}

func newScene(t *testing.T) *scene {
	t.Helper()
	t.Parallel()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "example-"}}
	s := &scene{t: t}
	s.must(admin.Create(t.Context(), namespace))
	s.namespace = namespace.Name
	var err error
	s.vectara, err = simulator.Start(simulator.Options{})
	s.must(err)
	t.Cleanup(s.vectara.Close)
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(apiKey)
	s.startOperator()
	s.actions, err = admin.Watch(t.Context(), &batchv1.JobList{}, client.InNamespace(s.namespace))
	s.must(err)
	t.Cleanup(s.actions.Stop)
	return s
}

func (s *scene) startOperator() {
	s.t.Helper()
	manager, err := cluster.StartManager(s.t.Context(), operator,
		"--endpoint="+s.vectara.URL(), "--token-url="+s.vectara.TokenURL(), "--allow-insecure-endpoints",
		"--watch-namespaces="+s.namespace, "--leader-elect=false", "--poll-min=1s", "--poll-max=1s")
	s.must(err)
	s.t.Cleanup(func() {
		manager.Stop()
		if s.t.Failed() {
			s.t.Logf("the operator's log:\n%s", manager.Output())
		}
	})
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	s.must(manager.AwaitReady(ctx))
}

// startExample starts a replica of the follower. The function that it returns ends it, and returns when it has ended.
func (s *scene) startExample(funcs interceptor.Funcs) (stop func()) {
	s.t.Helper()
	return s.startController(setUp, funcs)
}

// startController does the same with any controller.
func (s *scene) startController(setUp func(ctrl.Manager) error, funcs interceptor.Funcs) (stop func()) {
	s.t.Helper()
	mgr, err := ctrl.NewManager(asFollower(), ctrl.Options{
		Scheme:     scheme,
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{s.namespace: {}}},
		Controller: config.Controller{SkipNameValidation: new(true)},
		Metrics:    metricsserver.Options{BindAddress: "0"},
		NewClient: func(config *rest.Config, options client.Options) (client.Client, error) {
			cached, err := client.NewWithWatch(config, options)
			return interceptor.NewClient(cached, funcs), err
		},
	})
	s.must(err)
	s.must(setUp(mgr))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("the example ended: %v", err)
		}
	}
	s.t.Cleanup(stop)
	return stop
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) secret(key string) {
	s.t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: v1alpha1.DefaultCredentialsSecretName},
		Type:       v1alpha1.CredentialsSecretType,
		StringData: map[string]string{v1alpha1.APIKeyKey: key},
	}
	err := admin.Create(s.t.Context(), secret)
	if apierrors.IsAlreadyExists(err) {
		err = admin.Update(s.t.Context(), secret)
	}
	s.must(err)
}

// job adds a job to Vectara.
func (s *scene) job(id, state string) {
	s.vectara.AddJob(simulator.Job{ID: id, Type: "replace_filter_attributes", Steps: []simulator.Step{{State: state}}})
}

func (s *scene) createParent(name string) *corev1.ConfigMap {
	s.t.Helper()
	parent := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace, Name: name, Annotations: map[string]string{jobIDAnnotation: jobID},
		},
		Data: map[string]string{"image": "registry.example.com/smoke-test:1"},
	}
	s.must(admin.Create(s.t.Context(), parent))
	return parent
}

// await watches the kind of a list in the namespace until an object is as wanted.
func await[T client.Object](s *scene, list client.ObjectList, what string, wanted func(T) bool) T {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	// Without a resource version, a watch begins with all that is there.
	stream, err := admin.Watch(ctx, list, client.InNamespace(s.namespace))
	s.must(err)
	defer stream.Stop()
	var last T
	for {
		select {
		case event, open := <-stream.ResultChan():
			object, ok := event.Object.(T)
			if !open || !ok {
				s.t.Fatalf("waiting until %s: the watch ended with %+v; last was %+v", what, event.Object, last)
			}
			if last = object; event.Type != watch.Deleted && wanted(object) {
				return object
			}
		case <-ctx.Done():
			s.t.Fatalf("waiting until %s: %v; last was %+v", what, ctx.Err(), last)
		}
	}
}

// awaitTold waits until a parent was told an outcome of the job that it names.
func (s *scene) awaitTold(name string, outcome v1alpha1.Outcome) *corev1.ConfigMap {
	s.t.Helper()
	return await(s, &corev1.ConfigMapList{}, fmt.Sprintf("%s is told %s", name, outcome), func(parent *corev1.ConfigMap) bool {
		return parent.Name == name && parent.Annotations[outcomeAnnotation] == told(parent, outcome)
	})
}

// awaitOutcome waits until the operator wrote an outcome into a VectaraJob.
func (s *scene) awaitOutcome(outcome v1alpha1.Outcome) *v1alpha1.VectaraJob {
	s.t.Helper()
	return await(s, &v1alpha1.VectaraJobList{}, "a VectaraJob is "+string(outcome), func(job *v1alpha1.VectaraJob) bool {
		return job.Outcome() == outcome
	})
}

// actionsTaken are the names of all batch Jobs that were ever created in the namespace, in order. It adds one of its own,
// so that it need not guess whether more of them will come.
func (s *scene) actionsTaken() []string {
	s.t.Helper()
	sentinel := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "sentinel"}}
	sentinel.Spec.Template.Spec = corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "none", Image: "none"}},
	}
	s.must(admin.Create(s.t.Context(), sentinel))
	timeout := time.After(patience)
	var names []string
	for {
		select {
		case event := <-s.actions.ResultChan():
			job, ok := event.Object.(*batchv1.Job)
			if !ok {
				s.t.Fatalf("the watch brought %+v", event.Object)
			}
			switch {
			case job.Name == sentinel.Name:
				return names
			case event.Type == watch.Added:
				names = append(names, job.Name)
			}
		case <-timeout:
			s.t.Fatalf("waiting for what was done; so far %s", strings.Join(names, ", "))
		}
	}
}

// wantActions fails the test unless exactly these were taken.
func (s *scene) wantActions(want ...string) {
	s.t.Helper()
	if got := s.actionsTaken(); strings.Join(got, " ") != strings.Join(want, " ") {
		s.t.Errorf("the actions taken are %q, want %q", got, want)
	}
}
