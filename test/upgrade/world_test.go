// SPDX-License-Identifier: Apache-2.0

package upgrade

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	// patience is for how long a test waits for what must come.
	patience  = 2 * time.Minute
	namespace = "search"
)

// world is a control plane and a Vectara of a test's own. Nothing is installed yet.
type world struct {
	t       *testing.T
	ctx     context.Context
	cluster *harness.ControlPlane
	admin   client.Client
	vectara *simulator.Server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cluster, err := harness.StartControlPlane("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, ctx: t.Context(), cluster: cluster}
	scheme := kruntime.NewScheme()
	w.must(clientgoscheme.AddToScheme(scheme))
	w.must(v1alpha1.AddToScheme(scheme))
	w.admin, err = client.New(cluster.Config, client.Options{Scheme: scheme})
	w.must(err)
	w.vectara, err = simulator.Start(simulator.Options{})
	w.must(err)
	t.Cleanup(w.vectara.Close)
	w.namespace()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) namespace() {
	w.t.Helper()
	w.must(w.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
}

// install applies the CRDs and the permissions of a tree.
func (w *world) install(kustomization string) {
	w.t.Helper()
	w.must(w.cluster.InstallFrom(w.ctx, kustomization))
}

// start starts a manager, and returns once it is ready. It takes part in leader election, as a pod does.
func (w *world) start(binary string) *harness.Manager {
	w.t.Helper()
	manager, err := w.cluster.StartManager(w.ctx, binary,
		"--endpoint="+w.vectara.URL(), "--token-url="+w.vectara.TokenURL(), "--allow-insecure-endpoints")
	w.must(err)
	w.t.Cleanup(func() {
		manager.Stop()
		switch {
		case strings.Contains(manager.Output(), "DATA RACE"):
			w.t.Errorf("the manager has a data race:\n%s", manager.Output())
		case w.t.Failed():
			w.t.Logf("the log of %s:\n%s", binary, manager.Output())
		}
	})
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	w.must(manager.AwaitReady(ctx))
	return manager
}

// key has Vectara accept an API key, and puts it into a Secret of the same name.
func (w *world) key(name string) {
	w.t.Helper()
	w.vectara.AddAPIKey("key-of-"+name, simulator.Access{})
	w.must(w.admin.Create(w.ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Type:       v1alpha1.CredentialsSecretType,
		StringData: map[string]string{v1alpha1.APIKeyKey: "key-of-" + name},
	}))
}

// job adds a job to Vectara that is in a state until it is changed.
func (w *world) job(id, state string, corpusKeys ...string) {
	w.vectara.AddJob(simulator.Job{
		ID: id, Type: "replace_filter_attributes", CorpusKeys: corpusKeys, CreatedByUsername: "jdoe",
		Steps: []simulator.Step{{State: state}},
	})
}

// polls counts the requests for one job.
func (w *world) polls(id string) int { return w.vectara.Count(simulator.OpGetJob, id) }

// create creates the VectaraJob for a job.
func (w *world) create(name, id string, changes ...func(*v1alpha1.VectaraJob)) {
	w.t.Helper()
	object := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.VectaraJobSpec{JobID: id},
	}
	for _, change := range changes {
		change(object)
	}
	w.must(w.admin.Create(w.ctx, object))
}

func (w *world) get(name string) *v1alpha1.VectaraJob {
	w.t.Helper()
	var object v1alpha1.VectaraJob
	w.must(w.admin.Get(w.ctx, client.ObjectKey{Namespace: namespace, Name: name}, &object))
	return &object
}

// list returns the VectaraJobs by name, all or those of a discovery.
func (w *world) list(options ...client.ListOption) map[string]v1alpha1.VectaraJob {
	w.t.Helper()
	var list v1alpha1.VectaraJobList
	w.must(w.admin.List(w.ctx, &list, append(options, client.InNamespace(namespace))...))
	jobs := map[string]v1alpha1.VectaraJob{}
	for _, job := range list.Items {
		jobs[job.Name] = job
	}
	return jobs
}

func (w *world) discovery(name string) *v1alpha1.VectaraJobDiscovery {
	w.t.Helper()
	var object v1alpha1.VectaraJobDiscovery
	w.must(w.admin.Get(w.ctx, client.ObjectKey{Namespace: namespace, Name: name}, &object))
	return &object
}

// until waits for what must come. It shows the VectaraJobs if that does not.
func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	err := wait.PollUntilContextTimeout(w.ctx, 100*time.Millisecond, patience, true, func(context.Context) (bool, error) { return so(), nil })
	if err != nil {
		text, _ := yaml.Marshal(w.list()) //nolint:errchkjson // For the reader of a failure.
		w.t.Fatalf("waiting until %s: %v; there are\n%s", what, err, text)
	}
}

// untilReason waits until Ready has a reason and status is up to date.
func (w *world) untilReason(name, reason string) {
	w.t.Helper()
	w.until(name+" says "+reason, func() bool {
		job := w.get(name)
		return reasonOf(job.Status.Conditions, v1alpha1.ConditionReady) == reason && job.Status.ObservedGeneration == job.Generation
	})
}

func reasonOf(conditions []metav1.Condition, condition string) string {
	if c := meta.FindStatusCondition(conditions, condition); c != nil {
		return c.Reason
	}
	return ""
}

func using(secret string) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) { job.Spec.SecretRef.Name = secret }
}

func keptFor(seconds int32) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) { job.Spec.TTLSecondsAfterFinished = &seconds }
}
