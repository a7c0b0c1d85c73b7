// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/operator"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	// patience is for how long a test waits for what must come.
	patience = time.Minute
	apiKey   = "zqt_not-a-real-key_7d1c5e"
)

// scene is a namespace, a Vectara and a manager of a test's own.
type scene struct {
	t         *testing.T
	ctx       context.Context
	cluster   *harness.ControlPlane
	admin     client.WithWatch
	namespace string
	vectara   *simulator.Server
	manager   *harness.Manager
	flags     []string
}

// newScene sets a scene, with an API key that may see everything in the default Secret. Flags come after those that
// every scene has.
func newScene(t *testing.T, flags ...string) *scene {
	t.Helper()
	s := emptyScene(t, simulator.Options{}, flags...)
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.startManager()
	return s
}

// emptyScene is a scene without credentials, and with the manager not started.
func emptyScene(t *testing.T, options simulator.Options, flags ...string) *scene {
	t.Helper()
	t.Parallel()
	return sceneOn(t, cluster, admin, options, flags...)
}

// sceneOn is a scene on a control plane of its own.
func sceneOn(t *testing.T, cluster *harness.ControlPlane, admin client.WithWatch, options simulator.Options, flags ...string) *scene {
	t.Helper()
	s := &scene{t: t, ctx: t.Context(), cluster: cluster, admin: admin}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	s.must(admin.Create(s.ctx, namespace))
	s.namespace = namespace.Name
	server, err := simulator.Start(options)
	s.must(err)
	t.Cleanup(server.Close)
	s.vectara = server
	s.flags = append([]string{
		"--endpoint=" + server.URL(), "--token-url=" + server.TokenURL(), "--allow-insecure-endpoints",
		"--watch-namespaces=" + s.namespace, "--leader-elect=false", "--poll-min=1s", "--poll-max=2s",
	}, flags...)
	return s
}

func (s *scene) startManager() {
	s.t.Helper()
	s.manager = s.anotherManager()
	s.within(s.manager.AwaitReady)
}

// anotherManager starts a manager that is stopped at the end of the test, and does not wait for it to be ready.
func (s *scene) anotherManager(flags ...string) *harness.Manager {
	s.t.Helper()
	manager, err := s.launch(flags...)
	s.must(err)
	s.t.Cleanup(func() {
		manager.Stop()
		if strings.Contains(manager.Output(), "DATA RACE") {
			s.t.Errorf("the manager has a data race:\n%s", manager.Output())
		}
		if s.t.Failed() {
			s.t.Logf("the manager's log:\n%s", manager.Output())
		}
	})
	return manager
}

func (s *scene) launch(flags ...string) (*harness.Manager, error) {
	flags = append(slices.Clone(s.flags), flags...)
	if lease := leaseOf(flags); lease != harness.Lease {
		if err := s.cluster.GrantLease(s.ctx, lease); err != nil {
			return nil, err
		}
	}
	return s.cluster.StartManager(s.ctx, binary, flags...)
}

// parsing is held by whoever parses the manager's flags: one of them is a variable of controller-runtime.
var parsing sync.Mutex

// leaseOf is the name of a manager's Lease. Managers that watch different objects make up different ones.
func leaseOf(flags []string) string {
	parsing.Lock()
	defer parsing.Unlock()
	options, err := operator.ParseOptions(flags, func(string) (string, bool) { return "", false }, io.Discard)
	if err != nil || !options.LeaderElect { // Some tests have wrong flags.
		return harness.Lease
	}
	return options.LeaderElectionID
}

func (s *scene) within(what func(context.Context) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	s.must(what(ctx))
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// secret creates a Secret for the operator, or replaces what it holds.
func (s *scene) secret(name string, data map[string]string) {
	s.t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Type:       v1alpha1.CredentialsSecretType,
		StringData: data,
	}
	err := s.admin.Create(s.ctx, secret)
	if apierrors.IsAlreadyExists(err) {
		err = s.admin.Update(s.ctx, secret)
	}
	s.must(err)
}

// object is a VectaraJob that is not created yet.
func (s *scene) object(name, jobID string, changes ...func(*v1alpha1.VectaraJob)) *v1alpha1.VectaraJob {
	object := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Spec:       v1alpha1.VectaraJobSpec{JobID: jobID},
	}
	for _, change := range changes {
		change(object)
	}
	return object
}

func (s *scene) create(name, jobID string, changes ...func(*v1alpha1.VectaraJob)) *v1alpha1.VectaraJob {
	s.t.Helper()
	object := s.object(name, jobID, changes...)
	s.must(s.admin.Create(s.ctx, object))
	return object
}

// job adds a job to Vectara that is in a state for good.
func (s *scene) job(id, state string) {
	s.vectara.AddJob(simulator.Job{
		ID: id, Type: "replace_filter_attributes", CorpusKeys: []string{"legal"}, CreatedByUsername: "jdoe",
		Steps: []simulator.Step{{State: state}},
	})
}

func (s *scene) get(name string) *v1alpha1.VectaraJob {
	s.t.Helper()
	var object v1alpha1.VectaraJob
	s.must(s.admin.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, &object))
	return &object
}

// change changes an object, again if somebody else was faster.
func (s *scene) change(name string, mutate func(*v1alpha1.VectaraJob)) *v1alpha1.VectaraJob {
	s.t.Helper()
	for {
		object := s.get(name)
		mutate(object)
		err := s.admin.Update(s.ctx, object)
		if apierrors.IsConflict(err) {
			continue
		}
		s.must(err)
		return object
	}
}

// await watches an object until it is as wanted, and returns it. A nil object means that it is gone.
func (s *scene) await(name, what string, wanted func(*v1alpha1.VectaraJob) bool) *v1alpha1.VectaraJob {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	last, err := awaitObject(ctx, s.admin, s.namespace, name, wanted)
	if err != nil {
		text, _ := yaml.Marshal(last) //nolint:errchkjson // For the reader of a failure.
		s.t.Fatalf("waiting until %s %s: %v; it is\n%s", name, what, err, text)
	}
	return last
}

func awaitObject(ctx context.Context, admin client.WithWatch, namespace, name string, wanted func(*v1alpha1.VectaraJob) bool) (*v1alpha1.VectaraJob, error) {
	var last *v1alpha1.VectaraJob
	for {
		var list v1alpha1.VectaraJobList
		options := &client.ListOptions{Namespace: namespace, FieldSelector: fields.OneTermEqualSelector("metadata.name", name)}
		if err := admin.List(ctx, &list, options); err != nil {
			return last, err
		}
		last = nil
		if len(list.Items) == 1 {
			last = &list.Items[0]
		}
		if wanted(last) {
			return last, nil
		}
		options.Raw = &metav1.ListOptions{ResourceVersion: list.ResourceVersion}
		stream, err := admin.Watch(ctx, &v1alpha1.VectaraJobList{}, options)
		if err != nil {
			return last, err
		}
		found, err := follow(ctx, stream, &last, wanted)
		stream.Stop()
		if found || err != nil {
			return last, err
		}
	}
}

func follow(ctx context.Context, stream watch.Interface, last **v1alpha1.VectaraJob, wanted func(*v1alpha1.VectaraJob) bool) (bool, error) {
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case event, open := <-stream.ResultChan():
			if !open {
				return false, nil
			}
			object, ok := event.Object.(*v1alpha1.VectaraJob)
			if !ok {
				return false, fmt.Errorf("the watch delivered %T", event.Object)
			}
			*last = object
			if event.Type == watch.Deleted {
				*last = nil
			}
			if wanted(*last) {
				return true, nil
			}
		}
	}
}

// awaitReason waits until a condition has a reason.
func (s *scene) awaitReason(name, condition, reason string) *v1alpha1.VectaraJob {
	s.t.Helper()
	return s.await(name, condition+" is "+reason, func(object *v1alpha1.VectaraJob) bool {
		return object != nil && reasonOf(object, condition) == reason
	})
}

func (s *scene) awaitGone(name string) {
	s.t.Helper()
	s.await(name, "is gone", func(object *v1alpha1.VectaraJob) bool { return object == nil })
}

func reasonOf(object *v1alpha1.VectaraJob, condition string) string {
	if c := meta.FindStatusCondition(object.Status.Conditions, condition); c != nil {
		return c.Reason
	}
	return ""
}

// awaitCalls waits until Vectara was polled for a job so many times, and responded.
func (s *scene) awaitCalls(jobID string, n int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	if err := s.vectara.WaitForRequests(ctx, n, simulator.ForJob(jobID), simulator.Responded); err != nil {
		s.t.Fatalf("waiting for call %d for %s: %v", n, jobID, err)
	}
}

// writes are the operator's writes in the scene's namespace.
func (s *scene) writes(match ...func(auditv1.Event) bool) []auditv1.Event {
	s.t.Helper()
	events, err := s.cluster.OperatorRequests(append(match, harness.IsWrite(s.namespace))...)
	s.must(err)
	return events
}

// jobWrites counts the operator's writes to VectaraJobs.
func (s *scene) jobWrites() int {
	s.t.Helper()
	return len(s.writes(harness.OnResource("vectarajobs")))
}

// awaitEvent waits for an event about an object. Events may come some time after what they report.
func (s *scene) awaitEvent(name, reason string) {
	s.t.Helper()
	err := wait.PollUntilContextTimeout(s.ctx, 200*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		return slices.ContainsFunc(s.events(name), func(event eventsv1.Event) bool { return event.Reason == reason }), nil
	})
	if err != nil {
		s.t.Fatalf("waiting for the event %s of %s: %v", reason, name, err)
	}
}

// events are the events about an object.
func (s *scene) events(name string) []eventsv1.Event {
	s.t.Helper()
	var list eventsv1.EventList
	s.must(s.admin.List(s.ctx, &list, client.InNamespace(s.namespace), client.MatchingFields{"regarding.name": name}))
	return list.Items
}

func pollEvery(d time.Duration) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) { object.Spec.PollInterval = &metav1.Duration{Duration: d} }
}

func requestedAt(value string) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) {
		metav1.SetMetaDataAnnotation(&object.ObjectMeta, v1alpha1.RequestedAtAnnotation, value)
	}
}

func suspended(yes bool) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) { object.Spec.Suspend = &yes }
}
