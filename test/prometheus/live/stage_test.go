// SPDX-License-Identifier: Apache-2.0

package live

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// namespace is where the test's VectaraJobs are.
const namespace = "search"

// stage is a control plane with the operator's manifests, and a Vectara.
type stage struct {
	*harness.ControlPlane

	t       *testing.T
	admin   client.Client
	vectara *simulator.Server
	manager string // the binary
}

func newStage(t *testing.T) *stage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s := &stage{t: t}
	var err error
	s.manager, err = harness.BuildManager(ctx, t.TempDir())
	s.must(err)
	s.ControlPlane, err = harness.StartControlPlane("")
	s.must(err)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	s.must(s.Install(ctx))
	scheme := runtime.NewScheme()
	s.must(clientgoscheme.AddToScheme(scheme))
	s.must(v1alpha1.AddToScheme(scheme))
	s.admin, err = client.New(s.Config, client.Options{Scheme: scheme})
	s.must(err)
	s.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	s.vectara, err = simulator.Start(simulator.Options{})
	s.must(err)
	t.Cleanup(s.vectara.Close)
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) create(object client.Object) {
	s.t.Helper()
	s.must(s.admin.Create(s.t.Context(), object))
}

// startManager starts a manager that serves metrics to those whom the API server lets, and returns where.
func (s *stage) startManager(flags ...string) (*harness.Manager, string) {
	s.t.Helper()
	manager, address := s.launchManager(flags...)
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	s.must(manager.AwaitReady(ctx))
	return manager, address
}

// launchManager starts a manager, and does not wait for it to be ready.
func (s *stage) launchManager(flags ...string) (*harness.Manager, string) {
	s.t.Helper()
	address, err := harness.FreeAddress(s.t.Context())
	s.must(err)
	manager, err := s.StartManager(s.t.Context(), s.manager, append([]string{
		"--endpoint=" + s.vectara.URL(), "--token-url=" + s.vectara.TokenURL(), "--allow-insecure-endpoints",
		"--poll-min=1s", "--poll-max=2s", "--metrics-bind-address=" + address,
		// Longer than the test, so that a call that gets no response stays under way.
		"--request-timeout=5m",
	}, flags...)...)
	s.must(err)
	s.t.Cleanup(func() {
		manager.Stop()
		if s.t.Failed() {
			s.t.Logf("the log of the manager at %s:\n%s", address, manager.Output())
		}
	})
	return manager, address
}

// scraper is a token of the service account that config/prometheus lets read the metrics.
func (s *stage) scraper() string {
	s.t.Helper()
	rendered, err := s.Kubectl(s.t.Context(), "kustomize", "config/prometheus")
	s.must(err)
	var binding rbacv1.ClusterRoleBinding
	s.find(rendered, "ClusterRoleBinding", &binding)
	s.create(&binding)
	subject := binding.Subjects[0]
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: subject.Namespace, Name: subject.Name}}
	s.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: subject.Namespace}})
	s.create(account)
	request := &authenticationv1.TokenRequest{}
	s.must(s.admin.SubResource("token").Create(s.t.Context(), account, request))
	return request.Status.Token
}

// find reads the one object of a kind in a stream of manifests.
func (s *stage) find(stream, kind string, into any) {
	s.t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(stream), 4096)
	for {
		var object unstructured.Unstructured
		if err := decoder.Decode(&object); err != nil {
			s.t.Fatalf("finding a %s: %v", kind, err)
		}
		if object.GetKind() == kind {
			s.must(runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into))
			return
		}
	}
}

// account makes a Secret with a key of its own that Vectara knows.
func (s *stage) account(name string, access simulator.Access) {
	s.t.Helper()
	s.vectara.AddAPIKey("key-of-"+name, access)
	s.secret(name)
}

func (s *stage) secret(name string) {
	s.t.Helper()
	s.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Type:       v1alpha1.CredentialsSecretType,
		StringData: map[string]string{v1alpha1.APIKeyKey: "key-of-" + name},
	})
}

// job adds a job to Vectara that lives through steps.
func (s *stage) job(name string, steps ...simulator.Step) {
	s.vectara.AddJob(simulator.Job{ID: "job_" + name, Type: string(v1alpha1.JobTypeRebuildVectorIndex), Steps: steps})
}

// mirror makes a VectaraJob that uses the credentials of an account.
func (s *stage) mirror(name, account string) {
	s.t.Helper()
	s.create(&v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.VectaraJobSpec{
			JobID:        "job_" + name,
			SecretRef:    v1alpha1.SecretReference{Name: account},
			PollInterval: &metav1.Duration{Duration: time.Second},
		},
	})
}

// discover makes a VectaraJobDiscovery that uses the credentials of an account.
func (s *stage) discover(account string) {
	s.t.Helper()
	s.create(&v1alpha1.VectaraJobDiscovery{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: account},
		Spec:       v1alpha1.VectaraJobDiscoverySpec{SecretRef: v1alpha1.SecretReference{Name: account}},
	})
}

// requestPoll has a job polled now.
func (s *stage) requestPoll(name string) {
	s.t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.RequestedAtAnnotation, time.Now().Format(time.RFC3339Nano))
	object := &v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	s.must(s.admin.Patch(s.t.Context(), object, client.RawPatch("application/merge-patch+json", []byte(patch))))
}

// apply applies manifests as the administrator.
func (s *stage) apply(manifests string) {
	s.t.Helper()
	command := s.KubectlCommand(s.t.Context(), "apply", "--server-side", "-f", "-")
	command.Stdin = strings.NewReader(manifests)
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Run(); err != nil {
		s.t.Fatalf("kubectl apply: %v\n%s", err, &said)
	}
}
