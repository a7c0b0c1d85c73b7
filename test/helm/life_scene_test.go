// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	// patience is for how long a test waits for what must come.
	patience = time.Minute
	apiKey   = "zqt_not-a-real-key_9c31fa"
	// namespace is where the VectaraJobs are.
	namespace = "search"
	// prometheus is the service account that serviceMonitor names by default, and its namespace.
	prometheus, monitoring = "prometheus-k8s", "monitoring"
	metricsSecret          = "metrics-certificate"
)

// scene is a control plane, a Vectara that serves TLS, and the manager's binary.
type scene struct {
	*harness.ControlPlane

	t       *testing.T
	admin   client.Client
	clients *kubernetes.Clientset
	vectara *simulator.Server
	binary  string
	jobs    int
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t}
	var err error
	s.binary, err = harness.BuildManager(t.Context(), t.TempDir())
	must(t, err)
	s.vectara, err = simulator.Start(simulator.Options{TLS: true})
	must(t, err)
	t.Cleanup(s.vectara.Close)
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.ControlPlane, err = harness.StartControlPlane("")
	must(t, err)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, v1alpha1.AddToScheme(scheme))
	s.admin, err = client.New(s.Config, client.Options{Scheme: scheme})
	must(t, err)
	s.clients, err = kubernetes.NewForConfig(s.Config)
	must(t, err)
	must(t, s.Apply(t.Context(), read(t, "testdata", "monitoring-crds.yaml")))
	for _, name := range []string{namespace, monitoring, harness.OperatorNamespace} {
		s.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	s.create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: monitoring, Name: prometheus}})
	s.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: v1alpha1.DefaultCredentialsSecretName},
		Type:       v1alpha1.CredentialsSecretType, StringData: map[string]string{v1alpha1.APIKeyKey: apiKey},
	})
	s.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: harness.OperatorNamespace, Name: metricsSecret},
		Type:       corev1.SecretTypeTLS,
		Data:       certificate(t, release+"-controller-manager-metrics-service."+harness.OperatorNamespace+".svc"),
	})
	return s
}

func (s *scene) create(object client.Object) {
	s.t.Helper()
	must(s.t, s.admin.Create(s.t.Context(), object))
}

// kubectl runs kubectl as the administrator.
func (s *scene) kubectl(arguments ...string) string {
	s.t.Helper()
	out, err := s.Kubectl(s.t.Context(), arguments...)
	must(s.t, err)
	return out
}

// certificate is a Secret's data for a server of that name. It is its own authority.
func certificate(t *testing.T, name string) map[string][]byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return map[string][]byte{
		"tls.crt": certificate, "ca.crt": certificate, "tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}
}

// values writes values for the chart, with those that lead to the scene's Vectara, and returns the file.
func (s *scene) values(more map[string]any) string {
	s.t.Helper()
	values := map[string]any{"vectara": map[string]any{
		"endpoint": s.vectara.URL(), "tokenURL": s.vectara.TokenURL(), "caBundle": string(s.vectara.CAPEM()),
	}}
	maps.Copy(values, more)
	content, err := yaml.Marshal(values)
	must(s.t, err)
	file := filepath.Join(s.t.TempDir(), "values.yaml")
	must(s.t, os.WriteFile(file, content, 0o600))
	return file
}

func (s *scene) deployment() *appsv1.Deployment {
	s.t.Helper()
	var deployment appsv1.Deployment
	key := client.ObjectKey{Namespace: harness.OperatorNamespace, Name: release + "-controller-manager"}
	must(s.t, s.admin.Get(s.t.Context(), key, &deployment))
	return &deployment
}

// manager is the manager of the Deployment that is installed, as a process.
type manager struct {
	*harness.Manager

	metrics string // its address
}

// start runs the manager as a kubelet would: as the Deployment's service account, with its arguments, its variables and the files of its
// volumes. What only a pod has comes by variables, which arguments win over.
func (s *scene) start() *manager {
	s.t.Helper()
	pod := s.deployment().Spec.Template.Spec
	if pod.ServiceAccountName != harness.ServiceAccount {
		s.t.Fatalf("The pods run as %s", pod.ServiceAccountName)
	}
	kubeconfig, err := s.OperatorKubeconfig(s.t.Context())
	must(s.t, err)
	probes, err := harness.FreeAddress(s.t.Context())
	must(s.t, err)
	metrics, err := harness.FreeAddress(s.t.Context())
	must(s.t, err)
	container := pod.Containers[0]
	folder := s.t.TempDir()
	arguments := append([]string{}, container.Args...)
	for _, mount := range container.VolumeMounts {
		s.mount(pod.Volumes, mount.Name, filepath.Join(folder, mount.MountPath))
		for i := range arguments {
			arguments[i] = strings.ReplaceAll(arguments[i], mount.MountPath, filepath.Join(folder, mount.MountPath))
		}
	}
	command := exec.Command(s.binary, arguments...) // It is stopped as Kubernetes does it.
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig,
		"VECTARA_JOB_OPERATOR_LEADER_ELECTION_NAMESPACE="+harness.OperatorNamespace,
		"VECTARA_JOB_OPERATOR_HEALTH_PROBE_BIND_ADDRESS="+probes,
		"VECTARA_JOB_OPERATOR_METRICS_BIND_ADDRESS="+metrics)
	for _, variable := range container.Env {
		if variable.ValueFrom == nil && !strings.Contains(variable.Value, "$(") {
			command.Env = append(command.Env, variable.Name+"="+variable.Value)
		}
	}
	process, err := harness.StartProcess(command)
	must(s.t, err)
	m := &manager{Manager: &harness.Manager{Process: process, Probes: "http://" + probes}, metrics: metrics}
	s.t.Cleanup(func() {
		m.Stop()
		if s.t.Failed() {
			s.t.Logf("the manager's log, started with %q:\n%s", arguments, m.Output())
		}
	})
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	must(s.t, m.AwaitReady(ctx))
	return m
}

// mount writes the files of a volume.
func (s *scene) mount(volumes []corev1.Volume, name, folder string) {
	s.t.Helper()
	must(s.t, os.MkdirAll(folder, 0o700))
	files := map[string][]byte{}
	for _, volume := range volumes {
		switch {
		case volume.Name != name:
		case volume.ConfigMap != nil:
			source, err := s.clients.CoreV1().ConfigMaps(harness.OperatorNamespace).Get(s.t.Context(), volume.ConfigMap.Name, metav1.GetOptions{})
			must(s.t, err)
			for key, text := range source.Data {
				files[key] = []byte(text)
			}
		case volume.Secret != nil:
			source, err := s.clients.CoreV1().Secrets(harness.OperatorNamespace).Get(s.t.Context(), volume.Secret.SecretName, metav1.GetOptions{})
			must(s.t, err)
			for _, item := range volume.Secret.Items {
				files[item.Path] = source.Data[item.Key]
			}
		}
	}
	if len(files) == 0 {
		s.t.Fatalf("There is nothing in the volume %s", name)
	}
	for file, content := range files {
		must(s.t, os.WriteFile(filepath.Join(folder, file), content, 0o600))
	}
}

// mirrors runs the manager that is installed, creates a VectaraJob, and waits until it is ready. It returns the manager, still running.
func (s *scene) mirrors() *manager {
	s.t.Helper()
	m := s.start()
	s.jobs++
	id := fmt.Sprintf("job_%d", s.jobs)
	s.vectara.AddJob(simulator.Job{ID: id, Type: "replace_filter_attributes", Steps: []simulator.Step{{State: "completed"}}})
	job := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("a-%d", s.jobs)},
		Spec:       v1alpha1.VectaraJobSpec{JobID: id},
	}
	s.create(job)
	err := wait.PollUntilContextTimeout(s.t.Context(), 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := s.admin.Get(ctx, client.ObjectKeyFromObject(job), job)
		return err == nil && meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionReady), err
	})
	if err != nil {
		s.t.Fatalf("Waiting for a VectaraJob to be ready: %v; its status is %+v", err, job.Status)
	}
	return m
}

// mayListSecrets asks the API server whether the operator may list Secrets somewhere; "" means everywhere.
func (s *scene) mayListSecrets(namespace string) bool {
	s.t.Helper()
	review, err := s.clients.AuthorizationV1().SubjectAccessReviews().Create(s.t.Context(), &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               harness.OperatorUser,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "secrets", Namespace: namespace},
		},
	}, metav1.CreateOptions{})
	must(s.t, err)
	return review.Status.Allowed
}

// scrape gets the metrics as the ServiceMonitor tells Prometheus to, and returns them.
func (s *scene) scrape(m *manager) string {
	s.t.Helper()
	monitor := &unstructured.Unstructured{}
	monitor.SetGroupVersionKind(schema.GroupVersionKind{Group: "monitoring.coreos.com", Version: "v1", Kind: "ServiceMonitor"})
	must(s.t, s.admin.Get(s.t.Context(), client.ObjectKey{Namespace: harness.OperatorNamespace, Name: release + "-controller-manager"}, monitor))
	var spec struct {
		Endpoints []struct {
			Path      string `json:"path"`
			TLSConfig struct {
				ServerName string `json:"serverName"`
				CA         struct {
					Secret corev1.SecretKeySelector `json:"secret"`
				} `json:"ca"`
			} `json:"tlsConfig"`
		} `json:"endpoints"`
	}
	fields, ok := monitor.Object["spec"].(map[string]any)
	if !ok {
		s.t.Fatal("The ServiceMonitor has no spec")
	}
	must(s.t, runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &spec))
	endpoint := spec.Endpoints[0]
	secret, err := s.clients.CoreV1().Secrets(harness.OperatorNamespace).Get(s.t.Context(), endpoint.TLSConfig.CA.Secret.Name, metav1.GetOptions{})
	must(s.t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(secret.Data[endpoint.TLSConfig.CA.Secret.Key])
	token, err := s.clients.CoreV1().ServiceAccounts(monitoring).CreateToken(s.t.Context(), prometheus, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(s.t, err)
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "https://"+m.metrics+endpoint.Path, http.NoBody)
	must(s.t, err)
	request.Header.Set("Authorization", "Bearer "+token.Status.Token)
	scraper := &http.Client{Timeout: patience, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: endpoint.TLSConfig.ServerName, MinVersion: tls.VersionTLS12},
	}}
	defer scraper.CloseIdleConnections()
	response, err := scraper.Do(request)
	must(s.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(s.t, err)
	if response.StatusCode != http.StatusOK {
		s.t.Fatalf("A scrape returns %s: %s", response.Status, body)
	}
	return string(body)
}
