// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	olm "github.com/operator-framework/api/pkg/operators/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const apiKey = "zut_0123456789"

// scene is a control plane with the CRDs of the bundle, a Vectara, and the manager's binary.
type scene struct {
	*harness.ControlPlane

	t       *testing.T
	clients *kubernetes.Clientset
	vectara *simulator.Server
	binary  string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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
	s.clients, err = kubernetes.NewForConfig(s.Config)
	must(t, err)
	// Everything of the bundle but what only OLM knows.
	names, err := filepath.Glob(filepath.Join(bundle.folder, "manifests", "*.yaml"))
	must(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, ".clusterserviceversion.yaml") {
			continue
		}
		text, err := os.ReadFile(name)
		must(t, err)
		must(t, s.Apply(t.Context(), text))
	}
	for _, crd := range bundle.V1CRDs {
		s.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/"+crd.Name)
	}
	return s
}

// kubectl runs kubectl as the administrator.
func (s *scene) kubectl(arguments ...string) string {
	s.t.Helper()
	output, err := s.Kubectl(s.t.Context(), arguments...)
	must(s.t, err)
	return output
}

func (s *scene) namespace(name string) {
	s.t.Helper()
	_, err := s.clients.CoreV1().Namespaces().Create(s.t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	must(s.t, err)
}

// TestExamplesAreAccepted has a real API server check each example against its CRD.
func TestExamplesAreAccepted(t *testing.T) {
	s := newScene(t)
	var examples []map[string]any
	must(t, json.Unmarshal([]byte(bundle.CSV.Annotations["alm-examples"]), &examples))
	kinds := map[any]bool{}
	for _, example := range examples {
		kinds[example["kind"]] = true
		text, err := json.Marshal(example)
		must(t, err)
		file := filepath.Join(t.TempDir(), "example.json")
		must(t, os.WriteFile(file, text, 0o600))
		s.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", file)
	}
	for _, owned := range bundle.CSV.Spec.CustomResourceDefinitions.Owned {
		if !kinds[owned.Kind] {
			t.Errorf("there is no example of %s", owned.Kind)
		}
	}
}

// TestInstallModes does what OLM does for each install mode, and expects the manager to mirror jobs in the namespaces that
// are meant, and in no other.
func TestInstallModes(t *testing.T) {
	s := newScene(t)
	s.namespace(harness.OperatorNamespace)
	_, err := s.clients.CoreV1().ServiceAccounts(harness.OperatorNamespace).Create(t.Context(),
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: deployment(t).Spec.Template.Spec.ServiceAccountName}}, metav1.CreateOptions{})
	must(t, err)
	all := []string{harness.OperatorNamespace, "one", "two", "three"}
	for _, name := range all[1:] {
		s.namespace(name)
	}
	for _, name := range all {
		_, err := s.clients.CoreV1().Secrets(name).Create(t.Context(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "vectara-credentials"}, Type: "jobs.vectara.io/credentials",
			StringData: map[string]string{"api-key": apiKey},
		}, metav1.CreateOptions{})
		must(t, err)
	}
	targets := map[olm.InstallModeType][]string{
		olm.InstallModeTypeOwnNamespace:    {harness.OperatorNamespace},
		olm.InstallModeTypeSingleNamespace: {"one"},
		olm.InstallModeTypeMultiNamespace:  {"one", "two"},
		olm.InstallModeTypeAllNamespaces:   nil,
	}
	for _, mode := range bundle.CSV.Spec.InstallModes {
		t.Run(string(mode.Type), func(t *testing.T) {
			meant, known := targets[mode.Type]
			if !known || !mode.Supported {
				t.Fatalf("%s is not supported, or not known", mode.Type)
			}
			s := *s
			s.t = t
			s.try(strings.ToLower(string(mode.Type)), meant, all)
		})
	}
}

// try installs the operator for some namespaces, or for all when there are none, and creates a job in each.
func (s *scene) try(job string, meant, all []string) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	s.grant(ctx, job, meant)
	s.vectara.AddJob(simulator.Job{ID: "job_" + job, Steps: []simulator.Step{{State: "completed"}}})
	for _, namespace := range all {
		must(s.t, s.Apply(ctx, []byte("apiVersion: jobs.vectara.io/v1alpha1\nkind: VectaraJob\nmetadata: {name: "+job+", namespace: "+namespace+"}\n"+
			"spec: {jobID: job_"+job+"}\n")))
	}
	roots := filepath.Join(s.t.TempDir(), "ca.pem")
	must(s.t, os.WriteFile(roots, s.vectara.CAPEM(), 0o600))
	manager, err := s.StartManagerWith(ctx, s.binary, s.environment(meant),
		"--endpoint="+s.vectara.URL(), "--token-url="+s.vectara.TokenURL(), "--ca-file="+roots)
	must(s.t, err)
	defer manager.Stop()
	must(s.t, manager.AwaitReady(ctx))

	if len(meant) == 0 {
		meant = all
	}
	for _, namespace := range meant {
		if _, err := s.Kubectl(ctx, "wait", "-n", namespace, "--for=condition=Ready", "--timeout=60s", "vectarajob/"+job); err != nil {
			s.t.Fatalf("%v\n%s", err, manager.Output())
		}
	}
	for _, namespace := range all {
		conditions := s.kubectl("get", "-n", namespace, "vectarajob/"+job, "-o", "jsonpath={.status.conditions}")
		if mirrored := conditions != ""; mirrored != slices.Contains(meant, namespace) {
			s.t.Errorf("mirrored in %s: %v", namespace, mirrored)
		}
	}
	if strings.Contains(manager.Output(), "forbidden") {
		s.t.Errorf("something was forbidden:\n%s", manager.Output())
	}
}

// environment is what a pod of the bundle's Deployment sets of the manager's flags. OLM annotates the pod with the namespaces that
// are meant.
func (s *scene) environment(meant []string) []string {
	var environment []string
	for _, variable := range deployment(s.t).Spec.Template.Spec.Containers[0].Env {
		switch from := variable.ValueFrom; {
		case !strings.HasPrefix(variable.Name, "VECTARA_JOB_OPERATOR_"):
		case from == nil:
			environment = append(environment, variable.Name+"="+variable.Value)
		case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.annotations['olm.targetNamespaces']":
			environment = append(environment, variable.Name+"="+strings.Join(meant, ","))
		default:
			s.t.Fatalf("%s is taken from %v", variable.Name, from)
		}
	}
	return environment
}

// grant makes the roles that OLM makes. Permissions hold in the namespaces that are meant and in the operator's own, or everywhere
// if all are meant; cluster permissions hold everywhere.
func (s *scene) grant(ctx context.Context, name string, meant []string) {
	s.t.Helper()
	strategy := bundle.CSV.Spec.InstallStrategy.StrategySpec
	subjects := []rbacv1.Subject{{
		Kind: "ServiceAccount", Namespace: harness.OperatorNamespace, Name: deployment(s.t).Spec.Template.Spec.ServiceAccountName,
	}}
	client := s.clients.RbacV1()
	everywhere := rules(strategy.ClusterPermissions)
	if len(meant) == 0 {
		everywhere = append(everywhere, rules(strategy.Permissions)...)
	}
	role := metav1.ObjectMeta{Name: name}
	_, err := client.ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: role, Rules: everywhere}, metav1.CreateOptions{})
	must(s.t, err)
	_, err = client.ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: role, Subjects: subjects, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: name},
	}, metav1.CreateOptions{})
	must(s.t, err)
	s.t.Cleanup(func() {
		must(s.t, client.ClusterRoleBindings().Delete(context.WithoutCancel(ctx), name, metav1.DeleteOptions{}))
	})
	if len(meant) == 0 {
		return
	}
	namespaces := append([]string{harness.OperatorNamespace}, meant...)
	for i, namespace := range namespaces {
		if i > 0 && namespace == harness.OperatorNamespace {
			continue
		}
		_, err := client.Roles(namespace).Create(ctx, &rbacv1.Role{ObjectMeta: role, Rules: rules(strategy.Permissions)}, metav1.CreateOptions{})
		must(s.t, err)
		_, err = client.RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: role, Subjects: subjects, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: name},
		}, metav1.CreateOptions{})
		must(s.t, err)
		s.t.Cleanup(func() {
			must(s.t, client.RoleBindings(namespace).Delete(context.WithoutCancel(ctx), name, metav1.DeleteOptions{}))
		})
	}
}
