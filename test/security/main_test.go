// SPDX-License-Identifier: Apache-2.0

package security

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	// patience is for how long a test waits for what must come.
	patience = time.Minute
	apiKey   = "zqt_not-a-real-key_4b8e02"
	// watched is the namespace that config/namespaced grants the operator.
	watched = "search"
)

// What all tests share.
var (
	cluster *harness.ControlPlane
	admin   client.Client
	tenant  client.Client // of a person with the built-in role "edit" in the watched namespace
	vectara *simulator.Server
	manager *harness.Manager
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run sets up an operator that has the permissions of config/namespaced.
func run(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp("", "security-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	binary, err := harness.BuildManager(ctx, folder)
	if err != nil {
		return 0, err
	}
	if vectara, err = simulator.Start(simulator.Options{}); err != nil {
		return 0, err
	}
	defer vectara.Close()
	vectara.AddAPIKey(apiKey, simulator.Access{})
	if cluster, err = harness.StartControlPlane(""); err != nil {
		return 0, err
	}
	defer func() {
		if stopErr := cluster.Stop(); err == nil {
			err = stopErr
		}
	}()
	if err := install(ctx); err != nil {
		return 0, err
	}
	manager, err = cluster.StartManager(ctx, binary, "--watch-namespaces="+watched, "--leader-elect=false",
		"--endpoint="+vectara.URL(), "--token-url="+vectara.TokenURL(), "--allow-insecure-endpoints", "--poll-min=1s", "--poll-max=2s")
	if err != nil {
		return 0, err
	}
	defer manager.Stop()
	if err := manager.AwaitReady(ctx); err != nil {
		return 0, err
	}
	code = m.Run()
	if code != 0 {
		fmt.Fprintf(os.Stderr, "the manager's log:\n%s", manager.Output())
	}
	return code, nil
}

func install(ctx context.Context) error {
	scheme := kruntime.NewScheme()
	for _, add := range []func(*kruntime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	var err error
	if admin, err = client.New(cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if err := admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: watched}}); err != nil {
		return err
	}
	const name = "tenant"
	config := rest.CopyConfig(cluster.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: []string{"system:authenticated"}}
	if tenant, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	edit := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: watched, Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
	}
	if err := admin.Create(ctx, edit); err != nil {
		return err
	}
	if err := cluster.InstallFrom(ctx, "config/namespaced"); err != nil {
		return err
	}
	if err := cluster.StartControllerManager("resourcequota-controller", "clusterrole-aggregation-controller"); err != nil {
		return err
	}
	return admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: watched, Name: v1alpha1.DefaultCredentialsSecretName},
		Type:       v1alpha1.CredentialsSecretType,
		StringData: map[string]string{v1alpha1.APIKeyKey: apiKey},
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await waits until something holds, and fails the test with the last error if it does not. It works in cleanups too.
func await(t *testing.T, what string, holds func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(context.WithoutCancel(t.Context()), 200*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = holds(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("waiting until %s: %v (last: %v)", what, err, last)
	}
}

// apply applies a kustomization as it is shipped, and deletes what it brought at the end of the test.
func apply(t *testing.T, folder string) {
	t.Helper()
	t.Cleanup(func() {
		if _, err := cluster.Kubectl(context.Background(), "delete", "-k", folder, "--ignore-not-found"); err != nil {
			t.Error(err)
		}
	})
	must(t, cluster.Apply(t.Context(), []byte(kustomize(t, folder))))
}

func kustomize(t *testing.T, folder string) string {
	t.Helper()
	rendered, err := cluster.Kubectl(t.Context(), "kustomize", folder)
	must(t, err)
	return rendered
}
